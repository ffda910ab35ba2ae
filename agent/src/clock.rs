//! Time, as the application has it.

/// Milliseconds that count up and wrap, and a way to wait for one of them.
///
/// Only differences count, so the start is arbitrary, and wrapping after 2^32 ms (49 days) is expected. Nothing waits
/// longer than 2^31 ms.
pub trait Clock {
    /// Now, in milliseconds.
    fn now_ms(&self) -> u32;

    /// Waits until [`now_ms`](Self::now_ms) has reached `deadline`; at once if it has.
    ///
    /// It may be dropped at any time, and be called again with another deadline; the new future is made before the old one
    /// is dropped. Waking too early is harmless. Waking late delays a PINGREQ, which has an eighth of keep-alive to spare.
    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()>;
}

impl<C: Clock> Clock for &C {
    fn now_ms(&self) -> u32 {
        C::now_ms(self)
    }

    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()> {
        C::wait_until(self, deadline)
    }
}

/// How long it is until the deadline, in milliseconds; 0 if it has been reached.
#[cfg(any(feature = "embassy-time", feature = "embedded-hal-async"))]
pub(crate) const fn left(deadline: u32, now: u32) -> u32 {
    let left = deadline.wrapping_sub(now);
    if left <= i32::MAX as u32 { left } else { 0 }
}
