//! A clock that stands still until it is moved.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use slimqtt::Clock;

/// More often than this nobody asks for a time that has come, while the clock stands still.
const IN_VAIN: usize = 1_000;

#[derive(Default)]
struct Inner {
    now: u32,
    /// The agent has one timer: what was asked for last counts.
    timer: Option<(u32, Waker)>,
    in_vain: usize,
}

/// Milliseconds that pass when they are told to. All clones are the same clock.
#[derive(Clone, Default)]
pub struct ManualClock(Rc<RefCell<Inner>>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn starting_at(now: u32) -> Self {
        let clock = Self::default();
        clock.0.borrow_mut().now = now;
        clock
    }

    /// How long until the timer that is set, if one is.
    pub fn left(&self) -> Option<u32> {
        let inner = self.0.borrow();
        inner.timer.as_ref().map(|(deadline, _)| deadline.wrapping_sub(inner.now))
    }

    /// Lets so many milliseconds pass, and wakes who has waited for that.
    pub fn advance(&self, ms: u32) {
        let mut inner = self.0.borrow_mut();
        inner.now = inner.now.wrapping_add(ms);
        inner.in_vain = 0;
        let now = inner.now;
        let due = inner.timer.take_if(|(deadline, _)| reached(*deadline, now));
        drop(inner);
        if let Some((_, waker)) = due {
            waker.wake();
        }
    }
}

fn reached(deadline: u32, now: u32) -> bool {
    now.wrapping_sub(deadline) < 1 << 31
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u32 {
        self.0.borrow().now
    }

    async fn wait_until(&self, deadline: u32) {
        poll_fn(|context| {
            let mut inner = self.0.borrow_mut();
            if reached(deadline, inner.now) {
                inner.timer = None;
                inner.in_vain += 1;
                let spins = inner.in_vain > IN_VAIN;
                drop(inner);
                assert!(!spins, "waits for a time that has come, again and again");
                return Poll::Ready(());
            }
            inner.timer = Some((deadline, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}
