//! The time of `embassy-time`.

use core::future::poll_fn;
use core::task::Poll;

use embassy_time_driver::{TICK_HZ, now, schedule_wake};

use crate::Clock;
use crate::clock::left;

const SECOND_MS: u64 = 1000;
const COMMON: u64 = greatest_common_divisor(TICK_HZ, SECOND_MS);
/// So many ticks take exactly [`MILLISECONDS`].
const TICKS: u64 = TICK_HZ / COMMON;
const MILLISECONDS: u64 = SECOND_MS / COMMON;

/// The clock of a firmware that uses `embassy-time`, with the feature of that name. It has no state: every task may have
/// one.
///
/// It asks the time driver of the firmware's HAL, at any tick rate. Milliseconds are counted since the start, rounded
/// down, and wrap after 49 days. A wait ends at its deadline or up to a millisecond later.
///
/// Who may wait is the driver's choice, as it is for a `Timer` of `embassy-time`: tasks of embassy's executor; those of
/// others, and whatever wraps wakers, if the firmware has a feature `generic-queue-N` of `embassy-time`. Else the driver
/// panics.
///
/// ```
/// use slimqtt_agent::{Backoff, Clock, EmbassyClock};
///
/// async fn connection() {
///     let mut backoff = Backoff::new(1_000, 60_000, 0x5EED);
///     loop {
///         let began = EmbassyClock.now_ms();
///         // Connect a transport, and run the agent on it, until it ends.
///         backoff.wait(&EmbassyClock, began).await;
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbassyClock;

impl Clock for EmbassyClock {
    fn now_ms(&self) -> u32 {
        milliseconds(now())
    }

    // Not `async`: that carries a panic for whoever polls it after its end.
    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            let now = now();
            let left = left(deadline, milliseconds(now));
            if left == 0 {
                return Poll::Ready(());
            }
            schedule_wake(now.saturating_add(ticks(left)), context.waker());
            Poll::Pending
        })
    }
}

/// Whole milliseconds since the start, the low 32 bits of them.
fn milliseconds(ticks: u64) -> u32 {
    divide::<TICKS>(ticks.wrapping_mul(MILLISECONDS)) as u32
}

/// As many ticks as take that long at least.
fn ticks(milliseconds: u32) -> u64 {
    divide::<MILLISECONDS>(u64::from(milliseconds) * TICKS + (MILLISECONDS - 1))
}

/// A quotient, in steps of 32 bits if need be: the routine for a division of 64 bits takes 900 bytes on a Cortex-M0.
fn divide<const BY: u64>(number: u64) -> u64 {
    if BY.is_power_of_two() || BY > 1 << 16 {
        return number / BY;
    }
    let by = BY as u32;
    let (mut quotient, mut rest) = (0, 0);
    for shift in [48, 32, 16, 0] {
        // Less than 2^32: the rest is less than 2^16.
        let digit = rest << 16 | (number >> shift) as u32 & 0xFFFF;
        quotient = quotient << 16 | u64::from(digit / by);
        rest = digit % by;
    }
    quotient
}

const fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{divide, greatest_common_divisor};

    fn is_right<const BY: u64>(number: u64) -> bool {
        divide::<BY>(number) == number / BY
    }

    proptest! {
        #[test]
        fn quotients_are_those_of_a_division(number in any::<u64>(), shift in 0..64_u32) {
            for number in [number, number >> shift, u64::MAX - (number >> shift), 0, u64::MAX] {
                // 1000 Hz and powers of two, 1 and 12 MHz, 32,768 Hz in both directions, 375 kHz; the limits; 1 GHz.
                assert!(is_right::<1>(number) && is_right::<4096>(number), "{number}");
                assert!(is_right::<1000>(number) && is_right::<12_000>(number), "{number}");
                assert!(is_right::<125>(number) && is_right::<375>(number), "{number}");
                assert!(is_right::<65_535>(number) && is_right::<65_536>(number) && is_right::<65_537>(number), "{number}");
                assert!(is_right::<1_000_000>(number), "{number}");
            }
        }
    }

    #[test]
    fn tick_rates_are_reduced() {
        for (rate, common) in [(1, 1), (1_000, 1_000), (32_768, 8), (1_000_000, 1_000), (20_480_000, 1_000)] {
            assert_eq!(greatest_common_divisor(rate, 1000), common);
        }
    }
}
