//! What the firmware needs of the micro:bit (nRF51822): its UART as a transport, a millisecond clock, and `exit` for
//! QEMU. Every image that slimqtt measures uses it, with MQTT and without.
#![no_std]

mod clock;
#[cfg(feature = "semihosting")]
mod exit;
mod interrupt;
mod uart;

pub use clock::Clock;
#[cfg(feature = "semihosting")]
pub use exit::exit;
pub use uart::{Rx, Tx, uart};

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

/// A register of the chip.
#[derive(Clone, Copy)]
struct Register(usize);

impl Register {
    fn read(self) -> u32 {
        // SAFETY: every `Register` of this crate is the address of a 32 bit register of the nRF51.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    fn write(self, value: u32) {
        // SAFETY: as in `read`.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    cortex_m::asm::udf()
}
