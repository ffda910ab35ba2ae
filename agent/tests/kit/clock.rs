//! A clock that stands still until the test moves it.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use slimqtt_agent::Clock;

#[derive(Default)]
struct Inner {
    now: u32,
    timers: Vec<(usize, u32, Waker)>,
    next_id: usize,
    /// How often since the last move somebody waited for a time that had come.
    in_vain: usize,
}

#[derive(Clone, Default)]
pub(crate) struct ManualClock(Rc<RefCell<Inner>>);

fn reached(deadline: u32, now: u32) -> bool {
    now.wrapping_sub(deadline) < 1 << 31
}

impl ManualClock {
    pub(crate) fn starting_at(now: u32) -> Self {
        let clock = Self::default();
        clock.0.borrow_mut().now = now;
        clock
    }

    /// How long until the next timer, if one is set.
    pub(crate) fn next_timer(&self) -> Option<u32> {
        let inner = self.0.borrow();
        let left = |&(_, deadline, _): &(usize, u32, Waker)| deadline.wrapping_sub(inner.now);
        inner.timers.iter().map(left).min()
    }

    pub(crate) fn timers(&self) -> usize {
        self.0.borrow().timers.len()
    }

    /// Moves time, which must not go past a timer, and wakes whom it concerns.
    pub(crate) fn advance(&self, ms: u32) {
        assert!(self.next_timer().is_none_or(|left| ms <= left), "past a timer");
        let mut inner = self.0.borrow_mut();
        inner.now = inner.now.wrapping_add(ms);
        inner.in_vain = 0;
        let now = inner.now;
        let due: Vec<_> = inner.timers.extract_if(.., |(_, deadline, _)| reached(*deadline, now)).collect();
        drop(inner);
        for (_, _, waker) in due {
            waker.wake();
        }
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u32 {
        self.0.borrow().now
    }

    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()> {
        let mut inner = self.0.borrow_mut();
        inner.next_id += 1;
        Timer { clock: self.clone(), id: inner.next_id, deadline }
    }
}

struct Timer {
    clock: ManualClock,
    id: usize,
    deadline: u32,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.0.borrow_mut();
        inner.timers.retain(|timer| timer.0 != self.id);
        if reached(self.deadline, inner.now) {
            inner.in_vain += 1;
            let spins = inner.in_vain > 100;
            drop(inner);
            assert!(!spins, "waits for a time that has come, again and again, in one poll");
            return Poll::Ready(());
        }
        inner.timers.push((self.id, self.deadline, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clock.0.borrow_mut().timers.retain(|timer| timer.0 != self.id);
    }
}
