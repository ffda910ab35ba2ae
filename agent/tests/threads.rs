//! Threads that publish while another runs the connection.

mod kit;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use std::{array, env};

use kit::{Agent, DISCONNECT, Server, connect_bytes, message};
use slimqtt_agent::request::Request;
use slimqtt_agent::{Clock, CommandError, Connect, Error};

/// Nobody sleeps so long unless a wake-up was lost.
const LOST: Duration = Duration::from_secs(10);

struct Parked {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, SeqCst);
        self.thread.unpark();
    }
}

fn block_on<T>(name: &str, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let parked = Arc::new(Parked { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(parked.clone());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        let since = Instant::now();
        while !parked.woken.swap(false, SeqCst) {
            assert!(since.elapsed() < LOST, "{name} was not woken");
            thread::park_timeout(LOST);
        }
    }
}

/// Time plays no part here.
struct NoClock;

impl Clock for NoClock {
    fn now_ms(&self) -> u32 {
        0
    }

    async fn wait_until(&self, _deadline: u32) {
        std::future::pending::<()>().await;
    }
}

/// How a thread gives its commands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Try,
    Await,
}

/// How many commands the longer tests give.
fn commands(default: u32) -> u32 {
    env::var("SLIMQTT_COMMANDS").map_or(default, |count| count.parse().expect("a number of commands"))
}

/// Polls a future by another thread each time, as an executor with several threads, or cores, may do.
async fn moving<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let (future, waker) = (future.as_mut(), context.waker());
        thread::scope(|scope| scope.spawn(|| future.poll(&mut Context::from_waker(waker))).join().unwrap())
    })
    .await
}

/// Lets each producer publish `count` messages through `COMMANDS` slots.
fn producers<const COMMANDS: usize>(ways: &[Way], count: u32, fragment: usize) {
    producers_beside::<COMMANDS>(ways, count, fragment, false);
}

/// The same; the connection may be polled by another thread each time.
fn producers_beside<const COMMANDS: usize>(ways: &[Way], count: u32, fragment: usize, moves: bool) {
    let agent = Agent::<COMMANDS, 32>::new();
    let server = Server::new();
    server.accept_first();
    server.limit_writes(fragment);
    let connect = Connect::<64>::new("room-1", 0).unwrap();
    thread::scope(|scope| {
        let connection = scope.spawn(|| {
            let (mut rx, mut tx) = server.ends();
            let run = agent.run::<64>(&mut rx, &mut tx, &NoClock, &connect, |_| {});
            if moves { block_on("the agent", moving(run)) } else { block_on("the agent", run) }
        });
        let agent = &agent;
        let threads: Vec<_> = ways
            .iter()
            .zip(0_u8..)
            .map(|(&way, producer)| scope.spawn(move || produce(agent, way, producer, count)))
            .collect();
        // All are joined before any is judged: one that failed would keep the connection open for ever.
        let results: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
        assert_eq!(block_on("disconnect", agent.submit::<()>(Request::Disconnect)), Ok(()));
        assert_eq!(connection.join().unwrap(), Ok::<(), Error>(()));
        assert!(results.iter().all(Result::is_ok));
    });

    let received = server.received();
    let packets = received.strip_prefix(&connect_bytes(0)[..]).expect("CONNECT comes first");
    let packets = packets.strip_suffix(&DISCONNECT).expect("DISCONNECT comes last");
    let mut next = vec![0; ways.len()];
    assert_eq!(packets.len() % 10, 0);
    for packet in packets.chunks_exact(10) {
        let [0x30, 8, 0, 1, b't', producer, number @ ..] = packet else {
            panic!("not one of ours: {packet:?}");
        };
        let next = &mut next[usize::from(*producer)];
        assert_eq!(u32::from_be_bytes(number.try_into().unwrap()), *next, "producer {producer}");
        *next += 1;
    }
    assert_eq!(next, vec![count; ways.len()]);
}

fn produce<const COMMANDS: usize>(agent: &Agent<COMMANDS, 32>, way: Way, producer: u8, count: u32) {
    for number in 0..count {
        let mut payload = [producer; 5];
        payload[1..].copy_from_slice(&number.to_be_bytes());
        let message = message("t", &payload);
        match way {
            Way::Await => assert_eq!(block_on("a producer", agent.submit(message)), Ok(())),
            Way::Try => {
                let since = Instant::now();
                while let Err(error) = agent.try_submit(&message) {
                    assert_eq!(error, CommandError::QueueFull);
                    assert!(since.elapsed() < LOST, "the agent was not woken");
                    thread::yield_now();
                }
            }
        }
    }
}

#[test]
fn nothing_is_lost_and_each_threads_order_is_kept() {
    producers::<3>(&[Way::Try, Way::Await, Way::Try, Way::Await], 5000, usize::MAX);
}

/// `SLIMQTT_COMMANDS=1000000 cargo test -p slimqtt-agent --test threads eight` gives a million of them.
#[test]
fn eight_threads_lose_nothing() {
    let commands = commands(100_000);
    let ways: [Way; 8] = array::from_fn(|producer| if producer % 2 == 0 { Way::Try } else { Way::Await });
    producers::<8>(&ways, commands / 8, usize::MAX);
    println!("figures: {commands} commands");
}

#[test]
fn a_connection_that_moves_between_threads_loses_nothing() {
    producers_beside::<2>(&[Way::Try, Way::Await, Way::Await], commands(3000).min(30_000) / 3, 3, true);
}

#[test]
fn threads_that_all_await_get_through_a_single_slot() {
    producers::<1>(&[Way::Await; 4], 1000, usize::MAX);
}

#[test]
fn one_thread_that_awaits_gets_through_a_single_slot() {
    producers::<1>(&[Way::Await], 5000, usize::MAX);
}

#[test]
fn fragments_of_different_packets_are_not_mixed() {
    producers::<2>(&[Way::Try, Way::Await, Way::Await], 1000, 3);
}

#[test]
fn a_connection_can_go_to_another_thread() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let agent = Agent::<1, 32>::new();
    let (mut rx, mut tx) = Server::new().ends();
    let connect = Connect::<64>::new("room-1", 0).unwrap();
    // Executors with several threads move their tasks.
    drop(assert_send(agent.run::<64>(&mut rx, &mut tx, &NoClock, &connect, |_| {})));
}
