//! The clocks that the agent brings along: that of `embassy-time`, here with a driver that stands still until the test
//! moves it, and one made of an `embedded-hal-async` delay.

mod kit;

use std::cell::{Cell, RefCell};
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use embassy_time::{Duration, MockDriver, TICK_HZ, Timer};
use embedded_hal_async::delay::DelayNs;
use kit::{Agent, CONNACK, Executor, PINGREQ, Server, TIMEOUT, silence};
use slimqtt_agent::{Clock, Connect, DelayClock, EmbassyClock, Error, Message};

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The one driver of this program, for one test at a time, some milliseconds after its start.
fn driver_at(milliseconds: u64) -> (MutexGuard<'static, ()>, &'static MockDriver) {
    static TAKEN: Mutex<()> = Mutex::new(());
    let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let driver = MockDriver::get();
    driver.reset();
    driver.advance(Duration::from_millis(milliseconds));
    (taken, driver)
}

#[test]
fn embassy_tells_whole_milliseconds_that_wrap() {
    assert_eq!(TICK_HZ, 1_000_000);
    let (_taken, driver) = driver_at(0);
    for (advance, now) in [(0, 0), (999, 0), (1, 1), (998_999, 999), (1, 1_000)] {
        driver.advance(Duration::from_ticks(advance));
        assert_eq!(EmbassyClock.now_ms(), now);
    }
    driver.advance(Duration::from_millis((1 << 32) - 1_001));
    assert_eq!(EmbassyClock.now_ms(), u32::MAX);
    driver.advance(Duration::from_ticks(999));
    assert_eq!(EmbassyClock.now_ms(), u32::MAX);
    driver.advance(Duration::from_ticks(1));
    assert_eq!(EmbassyClock.now_ms(), 0);
    // And once more, years later.
    driver.advance(Duration::from_millis((100 << 32) + 7));
    assert_eq!(EmbassyClock.now_ms(), 7);
}

#[test]
fn embassy_wakes_once_when_it_is_time() {
    // Also where the milliseconds wrap while it waits, and where they are at half.
    for start in [0, 5, (1 << 32) - 10, (1 << 31) - 10, (7 << 32) + (1 << 31) - 1] {
        let (_taken, driver) = driver_at(start);
        driver.advance(Duration::from_ticks(400));
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut context = Context::from_waker(&waker);

        let mut wait = pin!(EmbassyClock.wait_until(EmbassyClock.now_ms().wrapping_add(20)));
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Pending);
        driver.advance(Duration::from_ticks(19_599));
        assert_eq!((wakes.count(), wait.as_mut().poll(&mut context)), (0, Poll::Pending), "{start}");
        // Less than a millisecond too late, since it had begun between two of them.
        driver.advance(Duration::from_ticks(1_000));
        assert_eq!((wakes.count(), wait.as_mut().poll(&mut context)), (1, Poll::Ready(())), "{start}");
    }
}

#[test]
fn embassy_does_not_wait_for_what_has_been() {
    for start in [0, 3, 1 << 31, (1 << 32) - 1] {
        let (_taken, _driver) = driver_at(start);
        let now = EmbassyClock.now_ms();
        let mut context = Context::from_waker(Waker::noop());
        for late in [0, 1, 1 << 30, 1 << 31] {
            let wait = pin!(EmbassyClock.wait_until(now.wrapping_sub(late)));
            assert_eq!(wait.poll(&mut context), Poll::Ready(()), "{start} {late}");
        }
        // The longest that anybody waits.
        let wait = pin!(EmbassyClock.wait_until(now.wrapping_add(i32::MAX as u32)));
        assert_eq!(wait.poll(&mut context), Poll::Pending, "{start}");
    }
}

#[test]
fn embassy_waits_of_many_tasks_do_not_disturb_each_other() {
    let (_taken, driver) = driver_at((1 << 32) - 3);
    let mut wakes = [(); 3].map(|()| Arc::new(Wakes::default()));
    let now = EmbassyClock.now_ms();
    let mut waits = [5, 2, 9].map(|time| Box::pin(EmbassyClock.wait_until(now.wrapping_add(time))));
    for (wait, wakes) in waits.iter_mut().zip(&mut wakes) {
        assert!(wait.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(wakes)))).is_pending());
    }
    for woken in [[0, 1, 0], [1, 1, 0], [1, 1, 1]] {
        driver.advance(Duration::from_millis(4 - u64::from(woken == [0, 1, 0])));
        assert_eq!(wakes.each_ref().map(|it| it.count()), woken);
    }
}

/// A delay that lasts until the test's own time has come; or ends at once, too early.
struct TestDelay<'a> {
    now: &'a Cell<u32>,
    asked: &'a RefCell<Vec<u32>>,
    too_early: bool,
}

impl DelayNs for TestDelay<'_> {
    async fn delay_ns(&mut self, _: u32) {
        pending::<()>().await;
    }

    async fn delay_ms(&mut self, time: u32) {
        self.asked.borrow_mut().push(time);
        if self.too_early {
            return ready(()).await;
        }
        let began = self.now.get();
        std::future::poll_fn(
            |_| {
                if self.now.get().wrapping_sub(began) < time { Poll::Pending } else { Poll::Ready(()) }
            },
        )
        .await;
    }
}

#[test]
fn a_delay_waits_until_its_deadline_also_over_the_wrap() {
    for start in [0, u32::MAX - 9, i32::MAX as u32 - 9] {
        let (now, asked) = (Cell::new(start), RefCell::default());
        let clock = DelayClock::new(TestDelay { now: &now, asked: &asked, too_early: false }, || now.get());
        let mut context = Context::from_waker(Waker::noop());
        let deadline = clock.now_ms().wrapping_add(20);
        let mut wait = pin!(clock.wait_until(deadline));
        assert!(wait.as_mut().poll(&mut context).is_pending());
        now.set(start.wrapping_add(19));
        assert!(wait.as_mut().poll(&mut context).is_pending());
        now.set(start.wrapping_add(20));
        assert!(wait.as_mut().poll(&mut context).is_ready());
        assert_eq!(*asked.borrow(), [20]);
        // What has been is not waited for.
        assert!(pin!(clock.wait_until(deadline)).poll(&mut context).is_ready());
        assert!(pin!(clock.wait_until(deadline.wrapping_sub(1 << 31))).poll(&mut context).is_ready());
        assert_eq!(asked.borrow().len(), 1);
    }
}

#[test]
fn a_delay_that_ends_too_early_is_begun_again() {
    let (now, asked) = (Cell::new(u32::MAX), RefCell::default());
    let clock = DelayClock::new(TestDelay { now: &now, asked: &asked, too_early: true }, || now.get());
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    let mut wait = pin!(clock.wait_until(2));
    for time in [u32::MAX, 0, 1] {
        now.set(time);
        assert!(wait.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!((wakes.count(), &asked.borrow()[..]), (3, &[3, 2, 1][..]));
    now.set(2);
    assert!(wait.as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_long_wait_is_made_of_delays_of_a_minute() {
    let (now, asked) = (Cell::new(0), RefCell::default());
    let clock = DelayClock::new(TestDelay { now: &now, asked: &asked, too_early: false }, || now.get());
    let mut context = Context::from_waker(Waker::noop());
    let mut wait = pin!(clock.wait_until(100_000));
    for time in [0, 60_000, 60_000, 99_999] {
        now.set(time);
        assert!(wait.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(*asked.borrow(), [60_000, 40_000]);
    now.set(100_000);
    assert!(wait.as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_wait_may_take_the_place_of_another_one() {
    // As the agent's task does it: the next wait is made before the last one is dropped.
    let (now, asked) = (Cell::new(0), RefCell::default());
    let clock = DelayClock::new(TestDelay { now: &now, asked: &asked, too_early: false }, || now.get());
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    let mut first = Box::pin(clock.wait_until(50));
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = Box::pin(clock.wait_until(30));
    // As long as both are there, the later one keeps itself awake.
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert_eq!((wakes.count(), asked.borrow().len()), (1, 1));
    drop(first);
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert_eq!((wakes.count(), &asked.borrow()[..]), (1, &[50, 30][..]));
    now.set(30);
    assert!(second.as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_delay_of_embassy_makes_a_clock_too() {
    let (_taken, driver) = driver_at((1 << 32) - 2);
    let clock = DelayClock::new(embassy_time::Delay, || EmbassyClock.now_ms());
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    let mut wait = pin!(clock.wait_until(3));
    assert!(wait.as_mut().poll(&mut context).is_pending());
    // A timer of the application's, for another task.
    assert!(pin!(Timer::after_millis(1)).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    driver.advance(Duration::from_millis(4));
    assert_eq!(wakes.count(), 0);
    driver.advance(Duration::from_millis(1));
    assert_eq!(wakes.count(), 1);
    assert!(wait.as_mut().poll(&mut context).is_ready());
}

/// A connection on a clock: PINGREQ is sent when it is due, and the connection ends when the answer is.
fn keeps_alive(driver: &MockDriver, clock: &impl Clock) {
    let agent = Agent::<1, 32>::new();
    let server = Server::new();
    let (mut rx, mut tx) = server.ends();
    let connect = Connect::<32>::new("room-1", 60).unwrap();
    let mut executor = Executor::default();
    let run = executor.spawn("run", async { agent.run(&mut rx, &mut tx, clock, &connect, |_: Message<'_>| {}).await });
    let pass = |milliseconds: u32| {
        driver.advance(Duration::from_millis(milliseconds.into()));
        executor.settle();
        (server.received(), run.output())
    };
    pass(0);
    server.send(&CONNACK);
    assert_eq!(pass(0), (vec![], None));
    assert_eq!(pass(silence(60) - 1), (vec![], None));
    assert_eq!(pass(1), (PINGREQ.to_vec(), None));
    assert_eq!(pass(TIMEOUT - 1), (vec![], None));
    assert_eq!(pass(1), (vec![], Some(Err(Error::Timeout))));
}

#[test]
fn connections_are_kept_alive_by_either_clock_also_over_the_wrap() {
    for start in [0, (1 << 32) - 1_000, (1 << 32) - u64::from(silence(60)) - 1_000] {
        let (_taken, driver) = driver_at(start);
        keeps_alive(driver, &EmbassyClock);
        keeps_alive(driver, &DelayClock::new(embassy_time::Delay, || EmbassyClock.now_ms()));
    }
}
