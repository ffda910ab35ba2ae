//! The queue under loom: every order in which threads can enter their critical sections, up to a number of preemptions.
//!
//! Here a critical section is a lock of loom's, so each one is a place where another thread may go on instead, and a
//! thread that nobody wakes any more is found as a deadlock. What happens between two critical sections is one step for
//! loom: it knows nothing of the atomics of `core`, which are those of the session, of the slots and of `spin`. That is no
//! gap as long as these hold:
//!
//! - Of `spin`'s lock only `try_lock` is used, and nobody waits for it. Who may take it is decided in critical sections,
//!   so whether it is free there, and what goes wrong where it is not, is seen here. Its memory ordering is not.
//! - Between two critical sections only one thread changes a slot that others look at: the agent, while it sends the packet
//!   or waits for the acknowledgement. What others do with such a slot meanwhile is the same before and after.
//! - The session's atomics are the agent's own; but `stop`, which callers set in a critical section, and `kind`, which
//!   `connected` reads after one.
//!
//! Not seen either: weak memory, which Miri sees. All that threads share otherwise is shared in critical sections, whose
//! implementation has to be a barrier.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use critical_section::{Impl, RawRestoreState, set_impl};
use loom::sync::{MutexGuard, Notify};
use loom::thread::{self, JoinHandle};
use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{Agent as AnyAgent, CommandError, Connect, Error, Profile};
use slimqtt_exclusion::{NoClock, Server};

loom::lazy_static! {
    static ref LOCK: loom::sync::Mutex<()> = loom::sync::Mutex::new(());
}

loom::thread_local! {
    static HELD: Cell<Option<MutexGuard<'static, ()>>> = Cell::new(None);
}

struct Modelled;

set_impl!(Modelled);

// SAFETY: a lock excludes all other threads from `acquire` to `release`. The agent does not nest critical sections; if it
// did, loom would find the deadlock.
unsafe impl Impl for Modelled {
    unsafe fn acquire() -> RawRestoreState {
        let guard = LOCK.lock().unwrap();
        HELD.with(|held| held.set(Some(guard)));
    }

    unsafe fn release(_: RawRestoreState) {
        HELD.with(|held| drop(held.take()));
    }
}

struct Small;

impl Profile for Small {
    const TIMEOUT_MS: u32 = 5000;
    const PUBLISH: u8 = 1;
    const STOP: bool = true;
    const CONNECTED: bool = true;
    type RequestedQoS = QoS;
    type Identifiers = [AtomicU16; 0];
    type Source = ();
    type Completion = ();
}

type Agent<const COMMANDS: usize> = AnyAgent<Small, COMMANDS, 16, 8>;

const CONNECT: Connect<32> = match Connect::new("room-1", 0) {
    Ok(connect) => connect,
    Err(_) => panic!(),
};

/// A thread that sleeps. (Not by `park`: in loom, `unpark` also wakes those who wait for a lock.)
struct Sleeper(Notify);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    sleep_until(&Arc::new(Sleeper(Notify::new())), future)
}

fn sleep_until<T>(sleeper: &Arc<Sleeper>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::clone(sleeper));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        // If nobody is going to wake it, loom says that this is a deadlock. It also wakes it once for no reason.
        sleeper.0.wait();
    }
}

const fn publish<'a>(qos: QoS, topic: &'a str, payload: &'a [u8]) -> Request<'a, Small> {
    Request::Publish(Publish { qos, retain: false, topic }, payload)
}

/// A message of this producer with this number.
fn message(content: &[u8; 2]) -> Request<'_, Small> {
    publish(QoS::AtMostOnce, "t", content)
}

/// A message that the Server here never acknowledges, so that its slot stays taken, and its packet.
const STAYS: Request<'_, Small> = publish(QoS::AtLeastOnce, "t", &[9, 0]);
const STAYS_PACKET: [u8; 9] = [0x32, 7, 0, 1, b't', 0, 1, 9, 0];

/// One that nobody can send.
fn invalid() -> Request<'static, Small> {
    publish(QoS::AtMostOnce, "#", b"")
}

/// Checks a model: what `model` does before its threads run together, and after.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    let orders = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&orders);
    builder.check(move || {
        counted.fetch_add(1, SeqCst);
        model();
    });
    println!("figures: {} orders", orders.load(SeqCst));
}

/// The messages that an agent has sent: producer and number of each.
fn messages(received: &[u8]) -> Vec<[u8; 2]> {
    let packets = received.strip_prefix(CONNECT.packet()).expect("CONNECT comes first");
    let packets = packets.strip_prefix(&STAYS_PACKET).unwrap_or(packets);
    assert_eq!(packets.len() % 7, 0, "not whole: {packets:?}");
    let content = |packet: &[u8]| {
        let &[0x30, 5, 0, 1, b't', producer, number] = packet else {
            panic!("not one of ours: {packet:?}");
        };
        [producer, number]
    };
    packets.chunks_exact(7).map(content).collect()
}

/// What of this producer was sent.
fn of(sent: &[[u8; 2]], producer: u8) -> Vec<u8> {
    sent.iter().filter(|content| content[0] == producer).map(|content| content[1]).collect()
}

/// Threads that use an agent, while this one runs its connections.
struct Threads<const COMMANDS: usize> {
    agent: Arc<Agent<COMMANDS>>,
    /// How many have not ended, and whom the last one wakes. (Loom does not see these, and need not.)
    running: Arc<AtomicUsize>,
    waker: Arc<Mutex<Option<Waker>>>,
    /// Whether the connection has to end without them.
    stop: bool,
    handles: Vec<JoinHandle<()>>,
}

impl<const COMMANDS: usize> Threads<COMMANDS> {
    fn of(agent: &Arc<Agent<COMMANDS>>) -> Self {
        Self { agent: Arc::clone(agent), running: Arc::default(), waker: Arc::default(), stop: false, handles: vec![] }
    }

    fn spawn(&mut self, body: impl FnOnce(&Agent<COMMANDS>) + 'static) {
        let (agent, running, waker) = (Arc::clone(&self.agent), Arc::clone(&self.running), Arc::clone(&self.waker));
        running.fetch_add(1, SeqCst);
        self.handles.push(thread::spawn(move || {
            body(&agent);
            if running.fetch_sub(1, SeqCst) == 1 {
                // Unlocked before the waker is called: there, another thread may go on.
                let waker = waker.lock().unwrap().take();
                waker.into_iter().for_each(Waker::wake);
            }
        }));
    }

    /// A thread that gives a command and awaits it.
    fn submit(&mut self, content: [u8; 2]) {
        self.spawn(move |agent| assert_eq!(block_on(agent.submit(message(&content))), Ok(())));
    }

    /// As `submit`, but the command is given before the threads run: there must be no slot for it.
    fn wait(&mut self, content: [u8; 2]) {
        let agent = Arc::clone(&self.agent);
        let mut future = Box::pin(async move { agent.submit(message(&content)).await });
        let sleeper = Arc::new(Sleeper(Notify::new()));
        let waker = Waker::from(Arc::clone(&sleeper));
        assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        self.spawn(move |_| {
            sleeper.0.wait();
            assert_eq!(sleep_until(&sleeper, future), Ok(()));
        });
    }

    fn join(&mut self) {
        for handle in self.handles.drain(..) {
            handle.join().unwrap();
        }
    }
}

/// A connection: is opened, then lets commands and threads begin, and runs until it has ended, or all threads have, and so much was
/// sent as the test waits for. Returns all that was.
fn connection<const COMMANDS: usize>(
    threads: &mut Threads<COMMANDS>,
    begin: impl FnOnce(&mut Threads<COMMANDS>),
    is_over: impl Fn(&[[u8; 2]]) -> bool,
) -> (Vec<[u8; 2]>, Option<Result<(), Error>>) {
    let agent = Arc::clone(&threads.agent);
    let server = Server::default();
    let (mut rx, mut tx) = server.ends();
    let mut run = Box::pin(agent.run(&mut rx, &mut tx, &NoClock, &CONNECT, |_| {}));
    let mut nobody = Context::from_waker(Waker::noop());
    // CONNECT goes out, CONNACK comes in.
    let mut ended = run.as_mut().poll(&mut nobody);
    if ended.is_pending() {
        ended = run.as_mut().poll(&mut nobody);
    }
    if let Poll::Ready(ended) = ended {
        return (messages(&server.received()), Some(ended));
    }
    begin(threads);
    let ended = block_on(poll_fn(|context| {
        if !threads.stop {
            *threads.waker.lock().unwrap() = Some(context.waker().clone());
        }
        let ended = run.as_mut().poll(context).map(Some);
        let is_over = || !threads.stop && threads.running.load(SeqCst) == 0 && is_over(&messages(&server.received()));
        if ended.is_pending() && is_over() { Poll::Ready(None) } else { ended }
    }));
    drop(run);
    (messages(&server.received()), ended)
}

/// What threads leave for the test.
type Notes<T> = Arc<Mutex<Vec<T>>>;

#[test]
fn what_producers_are_told_is_sent_is_sent_once_and_in_their_order() {
    check(3, || {
        let agent = Arc::new(Agent::<2>::new());
        let mut threads = Threads::of(&agent);
        let accepted: [Notes<u8>; 2] = Default::default();
        let begin = |threads: &mut Threads<2>| {
            for (producer, accepted) in (0..).zip(accepted.clone()) {
                threads.spawn(move |agent| {
                    for number in 0..2 {
                        match agent.try_submit(&message(&[producer, number])) {
                            Ok(()) => accepted.lock().unwrap().push(number),
                            Err(error) => assert_eq!(error, CommandError::QueueFull),
                        }
                    }
                });
            }
        };
        let count = || accepted.iter().map(|accepted| accepted.lock().unwrap().len()).sum::<usize>();
        let (sent, ended) = connection(&mut threads, begin, |sent| sent.len() >= count());
        threads.join();
        assert_eq!(ended, None);
        for (producer, accepted) in (0..).zip(&accepted) {
            assert_eq!(of(&sent, producer), *accepted.lock().unwrap());
        }
    });
}

/// A future that is polled, then dropped; and somebody who waits for its slot.
#[test]
fn a_dropped_command_is_sent_whole_or_not_at_all_and_its_slot_is_free() {
    check(2, || {
        let agent = Arc::new(Agent::<1>::new());
        let mut threads = Threads::of(&agent);
        let outcome = Notes::default();
        let noted = Arc::clone(&outcome);
        let begin = |threads: &mut Threads<1>| {
            threads.spawn(move |agent| {
                let mut dropped = agent.submit::<()>(message(&[1, 0]));
                let mut nobody = Context::from_waker(Waker::noop());
                // It is in line, or there is no free slot, or the agent was faster.
                let outcome = (0..2).find_map(|_| match Pin::new(&mut dropped).poll(&mut nobody) {
                    Poll::Ready(outcome) => Some(outcome),
                    Poll::Pending => None,
                });
                noted.lock().unwrap().extend(outcome);
            });
            threads.submit([2, 0]);
        };
        let (sent, ended) = connection(&mut threads, begin, |_| true);
        threads.join();
        assert_eq!(ended, None);
        assert_eq!(of(&sent, 2), [0]);
        let count = of(&sent, 1).len();
        assert!(count <= 1);
        if let Some(outcome) = outcome.lock().unwrap().first() {
            assert_eq!((*outcome, count), (Ok(()), 1));
        }
        assert_eq!(agent.try_submit(&message(&[3, 0])), Ok(()));
    });
}

#[test]
fn who_waits_for_a_slot_that_is_freed_meanwhile_is_woken() {
    check(3, || {
        let agent = Arc::new(Agent::<1>::new());
        let mut threads = Threads::of(&agent);
        let begin = |threads: &mut Threads<1>| {
            threads.agent.try_submit(&message(&[0, 0])).unwrap();
            threads.submit([1, 0]);
        };
        let (sent, _) = connection(&mut threads, begin, |_| true);
        threads.join();
        assert_eq!(sent, [[0, 0], [1, 0]]);
    });
}

#[test]
fn who_waits_in_the_place_of_a_slot_that_stays_taken_is_woken() {
    check(1, || {
        let agent = Arc::new(Agent::<2>::new());
        let mut threads = Threads::of(&agent);
        let begin = |threads: &mut Threads<2>| {
            threads.agent.try_submit(&STAYS).unwrap();
            threads.agent.try_submit(&message(&[0, 0])).unwrap();
            threads.wait([1, 0]);
            threads.wait([2, 0]);
        };
        let (mut sent, _) = connection(&mut threads, begin, |_| true);
        threads.join();
        sent.sort_unstable();
        assert_eq!(sent, [[0, 0], [1, 0], [2, 0]]);
    });
}

#[test]
fn who_waits_behind_a_command_that_is_invalid_is_woken() {
    check(2, || {
        let agent = Arc::new(Agent::<1>::new());
        let mut threads = Threads::of(&agent);
        let begin = |threads: &mut Threads<1>| {
            threads.agent.try_submit(&message(&[0, 0])).unwrap();
            threads.spawn(|agent| {
                assert!(matches!(block_on(agent.submit::<()>(invalid())), Err(CommandError::Invalid(_))))
            });
            threads.submit([1, 0]);
        };
        let (sent, _) = connection(&mut threads, begin, |_| true);
        threads.join();
        assert_eq!(sent, [[0, 0], [1, 0]]);
    });
}

#[test]
fn who_waits_for_the_slot_of_a_command_that_is_dropped_is_woken() {
    check(2, || {
        let agent = Arc::new(Agent::<1>::new());
        let mut threads = Threads::of(&agent);
        let begin = |threads: &mut Threads<1>| {
            let agent = Arc::clone(&threads.agent);
            let mut dropped = Box::pin(async move { agent.submit::<()>(message(&[1, 0])).await });
            assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            threads.spawn(|_| drop(dropped));
            threads.submit([2, 0]);
        };
        let (sent, _) = connection(&mut threads, begin, |_| true);
        threads.join();
        assert!(of(&sent, 1).len() <= 1);
        assert_eq!(of(&sent, 2), [0]);
    });
}

#[test]
fn who_waits_for_a_connection_is_told_of_it() {
    check(3, || {
        let agent = Arc::new(Agent::<1>::new());
        let mut threads = Threads::of(&agent);
        threads.spawn(|agent| assert!(!block_on(agent.connected())));
        // Here it may begin to wait.
        critical_section::with(|_| {});
        let (sent, _) = connection(&mut threads, |_| {}, |_| true);
        threads.join();
        assert!(sent.is_empty());
    });
}

#[test]
fn a_command_that_meets_stop_is_sent_or_told_so() {
    check(2, || {
        let agent = Arc::new(Agent::<2>::new());
        let mut before = agent.submit::<()>(STAYS);
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut before).poll(&mut nobody).is_pending());
        let mut threads = Threads::of(&agent);
        let outcome = Notes::default();
        let told = Arc::clone(&outcome);
        let begin = |threads: &mut Threads<2>| {
            threads.spawn(move |agent| told.lock().unwrap().push(block_on(agent.submit(message(&[1, 0])))));
            threads.spawn(Agent::stop);
        };
        threads.stop = true;
        let (mut sent, ended) = connection(&mut threads, begin, |_| false);
        assert_eq!(ended, Some(Err(Error::Stopped)));
        assert_eq!(Pin::new(&mut before).poll(&mut nobody), Poll::Ready(Err(CommandError::Stopped)));
        drop(before);
        // A command that comes after the stop is one for the next connection.
        threads.stop = false;
        let (more, ended) = connection(&mut threads, |_| {}, |_| true);
        assert_eq!(ended, None);
        sent.extend(more);
        threads.join();
        let count = of(&sent, 1).len();
        match outcome.lock().unwrap()[..] {
            [Ok(())] => assert_eq!(count, 1),
            [Err(CommandError::Stopped)] => assert_eq!(count, 0),
            ref other => panic!("{other:?}"),
        }
        assert_eq!((agent.try_submit(&STAYS), agent.try_submit(&STAYS)), (Ok(()), Ok(())));
    });
}

/// A stop that finds no connection may be slow: one that begins meanwhile is not its business.
#[test]
fn a_stop_that_meets_the_beginning_of_a_connection_leaves_no_command_without_an_outcome() {
    check(3, || {
        let agent = Arc::new(Agent::<1>::new());
        let mut before = agent.submit::<()>(STAYS);
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut before).poll(&mut nobody).is_pending());
        let mut threads = Threads::of(&agent);
        threads.spawn(Agent::stop);
        // Here it may begin.
        critical_section::with(|_| {});
        let server = Server::default();
        let (mut rx, mut tx) = server.ends();
        let mut run = Box::pin(agent.run(&mut rx, &mut tx, &NoClock, &CONNECT, |_| {}));
        // CONNECT goes out, CONNACK comes in, the message goes out: all unless it is stopped.
        for _ in 0..3 {
            if run.as_mut().poll(&mut nobody).is_ready() {
                break;
            }
        }
        threads.join();
        drop(run);
        // By now it was stopped, or was sent and ended with its session.
        let outcome = Pin::new(&mut before).poll(&mut nobody);
        assert!(matches!(outcome, Poll::Ready(Err(CommandError::Stopped | CommandError::SessionLost))), "{outcome:?}");
        drop(before);
        assert_eq!(agent.try_submit(&STAYS), Ok(()));
    });
}

/// Between "this one is to be given up" and its end, its future may be dropped, and another command be given its slot.
#[test]
fn a_stop_that_meets_a_dropped_command_leaves_the_next_ones_whole() {
    check(4, || {
        let agent = Arc::new(Agent::<1>::new());
        let mut nobody = Context::from_waker(Waker::noop());
        let mut submit = |content| {
            let mut future = agent.submit::<()>(message(content));
            let outcome = Pin::new(&mut future).poll(&mut nobody);
            (future, outcome)
        };
        let (dropped, outcome) = submit(&[0, 0]);
        assert!(outcome.is_pending());
        let mut threads = Threads::of(&agent);
        threads.spawn(Agent::stop);
        threads.spawn(|agent| {
            let _ = agent.try_submit(&message(&[2, 0]));
        });
        drop(dropped);
        let (mut future, _) = submit(&[1, 0]);
        threads.join();
        let (sent, _) = connection(&mut threads, |_| {}, |_| true);
        match Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => assert_eq!(of(&sent, 1), [0]),
            // It was given up, or found no slot in time.
            Poll::Ready(Err(CommandError::Stopped)) | Poll::Pending => assert_eq!(of(&sent, 1), []),
            other => panic!("{other:?}"),
        }
    });
}
