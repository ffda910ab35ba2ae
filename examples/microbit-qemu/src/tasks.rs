//! Tasks, by the executor of embassy.

use embassy_executor::{Executor, SpawnError, SpawnToken, Spawner};

/// Runs tasks, for ever: `spawn` starts the first ones.
pub fn run(start: impl FnOnce(Spawner)) -> ! {
    let mut executor = Executor::new();
    // SAFETY: this function never returns, so its local lives for ever.
    let executor: &'static mut Executor = unsafe { core::mem::transmute(&mut executor) };
    executor.run(start)
}

/// Starts a task, if its memory is free.
pub fn spawn<F>(spawner: Spawner, task: Result<SpawnToken<F>, SpawnError>) {
    if let Ok(task) = task {
        spawner.spawn(task);
    }
}
