//! The profile `complete` over a line that is split, merged, late, cut and half-closed all the time, against a real broker:
//! at QoS 1 nothing is lost, at QoS 2 nothing is lost or doubled, in both directions at the same time. And a client that
//! cheats is found.
//!
//! For a moment, or with `SLIMQTT_LONG=1` for 10,000 messages each way and 200 reconnections at the least.

use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::{self, sleep};
use std::time::Duration;

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Connect, Message, packet};
use slimqtt_end_to_end::{Broker, Cheat, Connection, RoughLine, inbox, is_long, outcome};

/// Who publishes, in each direction.
const TASKS: [&str; 4] = ["a", "b", "c", "d"];
const END: &str = "end";

/// So many messages of each task may be on their way in.
const AHEAD: usize = 8;

/// How much is to be done.
struct Effort {
    /// Messages of each task.
    messages: usize,
    /// The longest way to the next break of the line, in bytes.
    distance: usize,
    /// Breaks, at the least.
    breaks: usize,
}

impl Effort {
    fn new() -> Self {
        if is_long() {
            Self { messages: 2_500, distance: 3_000, breaks: 200 }
        } else {
            Self { messages: 100, distance: 1_000, breaks: 20 }
        }
    }
}

/// What can be wrong with the messages that have arrived.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Lost(usize),
    Doubled(usize),
    OutOfOrder,
}

fn message(task: &str, number: usize) -> String {
    format!("{task} {number}")
}

/// Judges what has arrived of what `TASKS` have sent.
fn judge(arrived: &[String], messages: usize, exactly_once: bool) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    let first: Vec<_> = arrived.iter().filter(|text| seen.insert(text.as_str())).collect();
    let sent = messages * TASKS.len();
    let known = TASKS.iter().flat_map(|task| (0..messages).map(|number| message(task, number)));
    match known.filter(|text| !seen.contains(text.as_str())).count() {
        0 => {}
        lost => return Err(Fault::Lost(lost)),
    }
    assert_eq!(first.len(), sent, "nothing arrives that was not sent");
    if exactly_once && arrived.len() > sent {
        return Err(Fault::Doubled(arrived.len() - sent));
    }
    // Without what came again, each task's messages came in their order.
    let in_order = TASKS.iter().all(|task| {
        let own = first.iter().filter(|text| text.starts_with(task));
        own.copied().eq(&(0..messages).map(|number| message(task, number)).collect::<Vec<_>>())
    });
    if in_order { Ok(()) } else { Err(Fault::OutOfOrder) }
}

fn session(client_identifier: &str) -> Connect<64> {
    let clean_session = false;
    let (will, user_name, password) = (None, None, None);
    let packet = packet::Connect { clean_session, keep_alive: 60, client_identifier, will, user_name, password };
    Connect::from_packet(&packet).expect("CONNECT fits into 64 bytes")
}

fn publish(agent: &Agent, qos: QoS, topic: &str, task: &str, number: usize) {
    assert_eq!(outcome(agent.publish(qos, topic, message(task, number).as_bytes())), Ok(()));
}

/// Messages in both directions at the same time. Returns what is wrong with those that went out, and those that came in.
fn traffic(
    [agent, other]: [&'static Agent; 2],
    qos: QoS,
    effort: &Effort,
    line: impl FnOnce(u16) -> RoughLine,
) -> [Result<(), Fault>; 2] {
    // As many at a time as the profile has room for.
    let mut broker = Broker::configured("allow_anonymous true\nmax_inflight_messages 8");
    let mut subscriber = broker.watch("out", "%p");
    let line = line(broker.port);
    let (mut handler, inbox) = inbox();
    let arrived: Arc<[AtomicUsize; TASKS.len()]> = Arc::default();
    let counts = Arc::clone(&arrived);
    let counting = move |message: Message<'_>| {
        if let Some((task, number)) = str::from_utf8(message.payload).ok().and_then(|text| text.split_once(' ')) {
            let task = TASKS.iter().position(|it| *it == task).expect("one of them");
            counts[task].fetch_max(1 + number.parse::<usize>().expect("a number"), SeqCst);
        }
        handler(message);
    };
    let connection = Connection::again_and_again(agent, line.port, session("rough"), counting);
    let other_connection = Connection::once(other, broker.port, session("whole"), |_| {});
    let requested = if qos == QoS::AtLeastOnce { RequestedQoS::AtLeastOnce } else { RequestedQoS::ExactlyOnce };
    // It may be lost with its connection.
    while outcome(agent.subscribe(&[("in", requested)])).is_err() {}

    let count = effort.messages;
    let out =
        TASKS.map(|task| thread::spawn(move || (0..count).for_each(|number| publish(agent, qos, "out", task, number))));
    let publishers = TASKS.into_iter().enumerate().map(|(index, task)| {
        let arrived = Arc::clone(&arrived);
        thread::spawn(move || {
            for number in 0..count {
                // Not far ahead: the broker sends all that is in line on each connection anew, and the line would break
                // again and again before one is acknowledged.
                while number > arrived[index].load(SeqCst) + AHEAD {
                    sleep(Duration::from_millis(1));
                }
                publish(other, qos, "in", task, number);
            }
        })
    });
    let publishers: Vec<_> = publishers.chain(out).collect();
    for publisher in publishers {
        publisher.join().expect("all are acknowledged");
    }
    let breaks = line.breaks();
    // From here on a cheat could swallow the end itself.
    line.spare();
    for topic in ["in", "out"] {
        assert_eq!(outcome(other.publish(QoS::ExactlyOnce, topic, END.as_bytes())), Ok(()));
    }
    let text = || String::from_utf8(inbox.next().payload).expect("text");
    let mut received: Vec<_> = iter::repeat_with(text).take_while(|text| text != END).collect();
    for (agent, connection) in [(agent, connection), (other, other_connection)] {
        // One that was being sent when the line broke for the last time is lost.
        while outcome(agent.disconnect()).is_err() {}
        assert_eq!(connection.ended(), Ok(()));
    }
    received.extend(inbox.all().into_iter().map(|message| String::from_utf8(message.payload).expect("text")));
    received.retain(|text| text != END);
    let sent: Vec<_> =
        (1..).map(|count| subscriber.lines(count)[count - 1].clone()).take_while(|text| text != END).collect();

    println!("figures: {qos:?}: {} out, {} in, {breaks:?}", sent.len(), received.len());
    assert!(breaks.sum() >= effort.breaks, "the line broke in the midst of it, again and again: {breaks:?}");
    assert!(breaks.cut > 0 && breaks.half_closed_to_client > 0 && breaks.half_closed_to_broker > 0, "{breaks:?}");
    [sent, received].map(|arrived| judge(&arrived, count, qos == QoS::ExactlyOnce))
}

#[test]
fn nothing_is_lost_at_qos_1() {
    static AGENTS: [Agent; 2] = [Agent::new(), Agent::new()];
    let effort = Effort::new();
    let line = |port| RoughLine::to(port, 1, effort.distance);
    assert_eq!(traffic(AGENTS.each_ref(), QoS::AtLeastOnce, &effort, line), [Ok(()), Ok(())]);
}

#[test]
fn nothing_is_lost_or_doubled_at_qos_2() {
    static AGENTS: [Agent; 2] = [Agent::new(), Agent::new()];
    let effort = Effort::new();
    let line = |port| RoughLine::to(port, 2, effort.distance);
    assert_eq!(traffic(AGENTS.each_ref(), QoS::ExactlyOnce, &effort, line), [Ok(()), Ok(())]);
}

#[test]
fn client_that_acknowledges_and_drops_is_found() {
    static AGENTS: [[Agent; 2]; 2] = [[Agent::new(), Agent::new()], [Agent::new(), Agent::new()]];
    let effort = Effort { messages: 100, distance: 1_000, breaks: 10 };
    for (agents, qos) in AGENTS.iter().zip([QoS::AtLeastOnce, QoS::ExactlyOnce]) {
        let line = |port| RoughLine::cheating(port, 3, effort.distance, Cheat::Swallow);
        let found = traffic(agents.each_ref(), qos, &effort, line);
        assert!(found.iter().all(|found| matches!(found, Err(Fault::Lost(1..)))), "{found:?}");
    }
}

#[test]
fn client_that_sends_and_hands_over_twice_is_found() {
    static AGENTS: [Agent; 2] = [Agent::new(), Agent::new()];
    let effort = Effort { messages: 100, distance: 1_000, breaks: 10 };
    let line = |port| RoughLine::cheating(port, 4, effort.distance, Cheat::Repeat);
    let found = traffic(AGENTS.each_ref(), QoS::ExactlyOnce, &effort, line);
    assert!(found.iter().all(|found| matches!(found, Err(Fault::Doubled(1..)))), "{found:?}");
}

#[test]
fn verdicts_are_right() {
    let all: Vec<_> = (0..2).flat_map(|number| TASKS.map(|task| message(task, number))).collect();
    assert_eq!(judge(&all, 2, true), Ok(()));
    assert_eq!(judge(&all[1..], 2, true), Err(Fault::Lost(1)));
    let doubled = [&all[..], &all[..3]].concat();
    assert_eq!(judge(&doubled, 2, false), Ok(()));
    assert_eq!(judge(&doubled, 2, true), Err(Fault::Doubled(3)));
    let backwards: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(judge(&backwards, 2, false), Err(Fault::OutOfOrder));
}
