//! Time of an `embedded-hal-async` delay, and of whatever tells what time it is.

use core::convert::Infallible;
use core::future::poll_fn;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};

use embedded_hal_async::delay::DelayNs;
use pin_project_lite::pin_project;
use spin::mutex::SpinMutex;

use crate::Clock;
use crate::clock::left;

/// The longest single delay, in milliseconds: some timers cannot do an hour.
const LONGEST: u32 = 60_000;

/// A clock made of a delay, as HALs have it, and a function that tells the time, which a delay does not. It comes with the
/// feature `embedded-hal-async`.
///
/// The function counts milliseconds and wraps at 2^32, as [`Clock::now_ms`] says: it may read a timer, or a counter that
/// an interrupt keeps. The two need not agree exactly. If a delay ends before the function says that it is time, what is
/// left is waited for; if it takes longer, so does the wait.
///
/// The delay's futures are dropped before their end again and again: each time that the agent's task runs. A delay that
/// does not stop when it is dropped is of no use here, nor is one that blocks.
///
/// There is one delay, so one wait at a time sleeps: give each task a clock of its own. A second wait at the same time is
/// in time too, but keeps its task awake until the first one is dropped.
///
/// ```
/// use core::sync::atomic::{AtomicU32, Ordering};
///
/// use embedded_hal_async::delay::DelayNs;
/// use slimqtt_agent::{Backoff, Clock, DelayClock};
///
/// // Counted by the interrupt of a timer, each millisecond.
/// static UPTIME: AtomicU32 = AtomicU32::new(0);
///
/// async fn connection(delay: impl DelayNs) {
///     let clock = DelayClock::new(delay, || UPTIME.load(Ordering::Relaxed));
///     let mut backoff = Backoff::new(1_000, 60_000, 0x5EED);
///     loop {
///         let began = clock.now_ms();
///         // Connect a transport, and run the agent on it, until it ends.
///         backoff.wait(&clock, began).await;
///     }
/// }
/// ```
#[derive(Debug)]
pub struct DelayClock<D, N> {
    delay: SpinMutex<D>,
    now_ms: N,
}

impl<D: DelayNs, N: Fn() -> u32> DelayClock<D, N> {
    /// A clock of a delay and a function for [`Clock::now_ms`].
    pub const fn new(delay: D, now_ms: N) -> Self {
        Self { delay: SpinMutex::new(delay), now_ms }
    }

    fn left(&self, deadline: u32) -> u32 {
        left(deadline, (self.now_ms)())
    }

    /// Delays until the deadline, and again: it does not end, so it carries no panic for whoever polls it after its end.
    async fn delays(&self, deadline: u32) -> Infallible {
        loop {
            // Nobody spins: another wait that has it would not end.
            if let Some(mut delay) = self.delay.try_lock() {
                delay.delay_ms(self.left(deadline).min(LONGEST)).await;
            }
            poll_again().await;
        }
    }
}

impl<D: DelayNs, N: Fn() -> u32> Clock for DelayClock<D, N> {
    fn now_ms(&self) -> u32 {
        (self.now_ms)()
    }

    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()> {
        Wait { is_over: move || self.left(deadline) == 0, delays: self.delays(deadline) }
    }
}

pin_project! {
    struct Wait<O, D> {
        is_over: O,
        #[pin]
        delays: D,
    }
}

impl<O: Fn() -> bool, D: Future<Output = Infallible>> Future for Wait<O, D> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if (this.is_over)() {
            return Poll::Ready(());
        }
        let Poll::Pending = this.delays.poll(context);
        Poll::Pending
    }
}

/// Wakes the task, and is ready when it is polled again.
fn poll_again() -> impl Future<Output = ()> {
    let mut is_woken = false;
    poll_fn(move |context| {
        if mem::replace(&mut is_woken, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}
