//! How long to wait before a connection is tried again. MQTT leaves that to the Client.

use crate::Clock;

/// Waits between connections: the longest possible one doubles each time, up to a limit, and chance decides how much of it
/// is waited.
///
/// So a Server that has just come back is not met by all of its Clients at once, and one that is gone for long is not
/// asked all the time.
///
/// ```
/// use slimqtt_agent::{Backoff, Clock};
///
/// async fn connection(clock: impl Clock) {
///     let mut backoff = Backoff::new(1_000, 60_000, 0x5EED);
///     loop {
///         let began = clock.now_ms();
///         // Connect a transport, and run the agent on it, until it ends.
///         backoff.wait(&clock, began).await;
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    first_ms: u32,
    limit_ms: u32,
    longest_ms: u32,
    random: u32,
}

impl Backoff {
    /// Waits of up to `first_ms` after the first connection, and of up to `limit_ms` at the most, which is less than 2^31.
    ///
    /// `seed` has to be another one on each device: a serial number, or noise.
    pub const fn new(first_ms: u32, limit_ms: u32, seed: u32) -> Self {
        // The generator would never leave 0.
        let random = if seed == 0 { 1 } else { seed };
        Self { first_ms, limit_ms, longest_ms: first_ms, random }
    }

    /// How long to wait, in milliseconds, after a connection that lasted for `lasted_ms`, the attempt to make it included.
    /// One that lasted for longer than the limit was no failure: waits begin anew.
    pub const fn next_ms(&mut self, lasted_ms: u32) -> u32 {
        if lasted_ms > self.limit_ms {
            self.longest_ms = self.first_ms;
        }
        let longest = if self.longest_ms < self.limit_ms { self.longest_ms } else { self.limit_ms };
        self.longest_ms = longest.saturating_mul(2);
        self.share(longest)
    }

    /// Waits after a connection that began at `began`, as [`Clock::now_ms`] told it before the attempt to make it.
    // Not `async`: that carries a panic for whoever polls it after its end.
    pub fn wait<'a, C: Clock>(&mut self, clock: &'a C, began: u32) -> impl Future<Output = ()> + use<'a, C> {
        let now = clock.now_ms();
        let wait = self.next_ms(now.wrapping_sub(began));
        clock.wait_until(now.wrapping_add(wait))
    }

    /// A random part of a time.
    const fn share(&mut self, time: u32) -> u32 {
        // Marsaglia's xorshift. The product brings serial numbers apart, which differ in their low bits only.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        // Times a fraction of 16 bits, in two halves: a product of 64 bits would need a routine of its own.
        let fraction = self.random.wrapping_mul(0x9E37_79BB) >> 16;
        (time >> 16) * fraction + (((time & 0xFFFF) * fraction + 0xFFFF) >> 16)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::cell::Cell;
    use core::pin::pin;
    use core::task::{Context, Waker};

    use std::vec::Vec;

    use super::Backoff;
    use crate::Clock;

    /// A clock that stands still, and remembers what it was asked to wait for.
    struct Still {
        now: u32,
        asked: Cell<Option<u32>>,
    }

    impl Clock for Still {
        fn now_ms(&self) -> u32 {
            self.now
        }

        async fn wait_until(&self, deadline: u32) {
            self.asked.set(Some(deadline));
        }
    }

    #[test]
    fn the_clock_may_wrap_before_and_while_it_waits() {
        for (now, began) in [(5, u32::MAX - 5), (u32::MAX, u32::MAX - 11)] {
            let clock = Still { now, asked: Cell::new(None) };
            let (mut backoff, mut twin) = (Backoff::new(100, 1_000, 7), Backoff::new(100, 1_000, 7));
            assert!(pin!(backoff.wait(&clock, began)).poll(&mut Context::from_waker(Waker::noop())).is_ready());
            assert_eq!(clock.asked.get(), Some(now.wrapping_add(twin.next_ms(11))));
        }
    }

    #[test]
    fn the_longest_wait_doubles_up_to_the_limit() {
        // Of many devices, some wait almost as long as they may, some hardly at all, and none longer.
        let waits: Vec<[u32; 8]> = (1..2_000)
            .map(|seed| {
                let mut backoff = Backoff::new(1_000, 60_000, seed);
                [(); 8].map(|()| backoff.next_ms(10))
            })
            .collect();
        for (attempt, longest) in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].into_iter().enumerate() {
            let (least, most) = (waits.iter().map(|it| it[attempt]).min(), waits.iter().map(|it| it[attempt]).max());
            assert!(
                least.unwrap() < longest / 50 && (longest / 50 * 49..=longest).contains(&most.unwrap()),
                "{attempt}"
            );
            let mean = waits.iter().map(|it| it[attempt]).sum::<u32>() / waits.len() as u32;
            assert!((longest / 20 * 9..longest / 20 * 11).contains(&mean), "{attempt}: {mean}");
        }
    }

    #[test]
    fn a_connection_that_lasted_starts_the_waits_anew() {
        let mut backoff = Backoff::new(100, 10_000, 7);
        for _ in 0..20 {
            backoff.next_ms(10_000);
        }
        assert!((0..20).any(|_| backoff.next_ms(10_000) > 5_000));
        for _ in 0..20 {
            assert!(backoff.next_ms(10_001) <= 100);
        }
    }

    #[test]
    fn times_of_any_length_do_not_overflow() {
        for (first, limit) in [(0, 0), (1, 1), (u32::MAX, u32::MAX), (u32::MAX, 5), (7, u32::MAX)] {
            let mut backoff = Backoff::new(first, limit, 0);
            assert!((0..100).all(|_| backoff.next_ms(0) <= limit));
        }
    }
}
