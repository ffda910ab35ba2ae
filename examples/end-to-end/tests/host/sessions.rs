//! Sessions that outlive their connections.

use std::collections::BTreeSet;
use std::iter;
use std::thread;

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{CommandError, Connect, Error, packet};
use slimqtt_end_to_end::{Broker, Connection, Proxy, inbox, outcome, roomy};

use super::{encoded, plain};

/// Who publishes, in each direction.
const TASKS: [&str; 3] = ["a", "b", "c"];
/// How many messages each of them publishes. All of one direction may be on their way at a time.
const MESSAGES: usize = 80;
const END: &str = "end";
/// As often as this, if all that is sent is enough for it.
const CUTS: usize = 40;

fn session(client_identifier: &str) -> Connect<128> {
    encoded(&packet::Connect { clean_session: false, ..plain(client_identifier) })
}

/// Messages in both directions at the same time, over a line that is cut at any byte. Returns those that arrived in each.
fn traffic(
    agents: [&'static roomy::Agent; 2],
    qos: roomy::QoS,
    requested: roomy::RequestedQoS,
    seed: u32,
) -> [Vec<String>; 2] {
    let [agent, other] = agents;
    let mut broker = Broker::start();
    let mut subscriber = broker.watch("out", "%p");
    let proxy = Proxy::to(broker.port);
    let (handler, inbox) = inbox();
    let connection = Connection::again_and_again(agent, proxy.port, session("cut"), handler);
    let other_connection = Connection::once(other, broker.port, session("whole"), |_| {});
    outcome(agent.subscribe(&[("in", requested)])).expect("it is granted");

    proxy.cut_often(CUTS, seed);
    let publishers: Vec<_> = [(agent, "out"), (other, "in")]
        .into_iter()
        .flat_map(|(agent, topic)| TASKS.map(|task| thread::spawn(move || publish(agent, qos, topic, task))))
        .collect();
    for publisher in publishers {
        publisher.join().expect("all are acknowledged");
    }
    for topic in ["in", "out"] {
        assert_eq!(outcome(other.publish(roomy::QoS::ExactlyOnce, topic, END.as_bytes())), Ok(()));
    }

    let text = || String::from_utf8(inbox.next().payload).expect("text");
    let received: Vec<_> = iter::repeat_with(text).take_while(|text| text != END).collect();
    // All this is 8,000 bytes at the least, and the next cut never further away than 700.
    assert!(CUTS - proxy.spare() >= 10, "the line was cut in the midst of it, again and again");
    for (agent, connection) in [(agent, connection), (other, other_connection)] {
        assert_eq!(outcome(agent.disconnect()), Ok(()));
        assert_eq!(connection.ended(), Ok(()));
    }
    assert!(inbox.all().is_empty(), "nothing comes behind the last one");
    let sent = (1..).map(|count| subscriber.lines(count)[count - 1].clone()).take_while(|text| text != END).collect();
    [sent, received]
}

fn publish(agent: &roomy::Agent, qos: roomy::QoS, topic: &str, task: &str) {
    for number in 0..MESSAGES {
        assert_eq!(outcome(agent.publish(qos, topic, message(task, number).as_bytes())), Ok(()));
    }
}

fn message(task: &str, number: usize) -> String {
    format!("{task} {number}")
}

/// Without what came again, each task's messages came in their order.
fn assert_complete(messages: &[String]) {
    for task in TASKS {
        let mut seen = BTreeSet::new();
        let own: Vec<_> = messages.iter().filter(|text| text.starts_with(task) && seen.insert(*text)).collect();
        let expected: Vec<_> = (0..MESSAGES).map(|number| message(task, number)).collect();
        assert!(own.into_iter().eq(&expected), "task {task}: {messages:?}");
    }
}

#[test]
fn nothing_is_lost_at_qos_1() {
    static AGENTS: [roomy::Agent; 2] = [roomy::Agent::new(), roomy::Agent::new()];
    for messages in traffic(AGENTS.each_ref(), roomy::QoS::AtLeastOnce, roomy::RequestedQoS::AtLeastOnce, 1) {
        assert_complete(&messages);
    }
}

#[test]
fn nothing_is_lost_or_doubled_at_qos_2() {
    static AGENTS: [roomy::Agent; 2] = [roomy::Agent::new(), roomy::Agent::new()];
    for messages in traffic(AGENTS.each_ref(), roomy::QoS::ExactlyOnce, roomy::RequestedQoS::ExactlyOnce, 2) {
        assert_complete(&messages);
        assert_eq!(messages.len(), TASKS.len() * MESSAGES, "nothing came twice: {messages:?}");
    }
}

/// What PUBLISH of a message takes, with QoS 1 or 2.
fn packet_length(topic: &str, payload: &[u8]) -> usize {
    6 + topic.len() + payload.len()
}

#[test]
fn message_whose_acknowledgement_is_cut_off_is_sent_again() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let mut subscriber = broker.watch("again", "%p");
    let proxy = Proxy::to(broker.port);
    let connection = Connection::again_and_again(&MQTT, proxy.port, session("kept"), |_| {});
    for (qos, text) in [(QoS::AtLeastOnce, b"one"), (QoS::ExactlyOnce, b"two")] {
        assert_eq!(outcome(MQTT.ping()), Ok(()));
        proxy.cut_after(packet_length("again", text));
        assert_eq!(outcome(MQTT.publish(qos, "again", text)), Ok(()));
        assert_eq!(proxy.cuts_left(), 0);
    }
    broker.publish(&["-q", "2", "-t", "again", "-m", "end"]);
    // At QoS 1 the broker cannot know that it had it before.
    assert_eq!(subscriber.lines(4), ["one", "one", "two", "end"]);
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn message_fails_when_the_broker_has_no_session_for_it() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let mut subscriber = broker.watch("lost", "%p");
    let proxy = Proxy::to(broker.port);
    let connection = Connection::again_and_again(&MQTT, proxy.port, encoded(&plain("clean")), |_| {});
    for (qos, text) in [(QoS::AtLeastOnce, b"one"), (QoS::ExactlyOnce, b"two")] {
        assert_eq!(outcome(MQTT.ping()), Ok(()));
        proxy.cut_after(packet_length("lost", text));
        assert_eq!(outcome(MQTT.publish(qos, "lost", text)), Err(CommandError::SessionLost));
    }
    broker.publish(&["-q", "2", "-t", "lost", "-m", "end"]);
    // The broker had the first one, all the same. The second one it has not passed on.
    assert_eq!(subscriber.lines(2), ["one", "end"]);
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn subscriptions_and_what_came_for_them_are_kept_between_connections() {
    static MQTT: Agent = Agent::new();
    let broker = Broker::start();
    let (handler, inbox) = inbox();
    let connect = |connect| {
        let connection = Connection::once(&MQTT, broker.port, connect, handler.clone());
        assert_eq!(outcome(MQTT.ping()), Ok(()));
        connection
    };
    let disconnect = |connection: Connection| {
        assert_eq!(outcome(MQTT.disconnect()), Ok(()));
        assert_eq!(connection.ended(), Ok(()));
    };
    let connection = connect(session("sleepy"));
    outcome(MQTT.subscribe(&[("news", RequestedQoS::ExactlyOnce)])).expect("it is granted");
    disconnect(connection);

    for qos in ["0", "1", "2"] {
        broker.publish(&["-q", qos, "-t", "news", "-m", qos]);
    }
    let connection = connect(session("sleepy"));
    let come: Vec<_> = (1..=2).map(|_| inbox.next().payload).collect();
    assert_eq!(come, [b"1", b"2"], "QoS 0 is not kept");
    disconnect(connection);

    // A clean session ends the one that was kept.
    disconnect(connect(encoded(&plain("sleepy"))));
    broker.publish(&["-q", "1", "-t", "news", "-m", "nobody"]);
    disconnect(connect(session("sleepy")));
    assert!(inbox.all().is_empty());
}

#[test]
fn who_takes_over_the_session_ends_the_other_connection() {
    static FIRST: Agent = Agent::new();
    static SECOND: Agent = Agent::new();
    let broker = Broker::start();
    let first = Connection::once(&FIRST, broker.port, session("twin"), |_| {});
    assert_eq!(outcome(FIRST.ping()), Ok(()));
    let second = Connection::once(&SECOND, broker.port, session("twin"), |_| {});
    assert_eq!(outcome(SECOND.ping()), Ok(()));
    assert!(matches!(first.ended(), Err(Error::Closed | Error::Transport(_))));
    assert_eq!(outcome(SECOND.disconnect()), Ok(()));
    assert_eq!(second.ended(), Ok(()));
}

#[test]
fn more_messages_at_qos_2_than_there_is_room_for_come_over_several_connections() {
    static MQTT: Agent = Agent::new();
    static OTHER: Agent = Agent::new();
    const MESSAGES: usize = 20;
    let broker = Broker::start();
    let (handler, inbox) = inbox();
    let connection = Connection::once(&MQTT, broker.port, session("crowded"), |_| {});
    outcome(MQTT.subscribe(&[("in", RequestedQoS::ExactlyOnce)])).expect("it is granted");
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
    let other = Connection::once(&OTHER, broker.port, session("other"), |_| {});
    for number in 0..MESSAGES {
        assert_eq!(outcome(OTHER.publish(QoS::ExactlyOnce, "in", message("a", number).as_bytes())), Ok(()));
    }
    // mosquitto sends 20 at a time, if nothing else is configured.
    let connection = Connection::again_and_again(&MQTT, broker.port, session("crowded"), handler);
    for number in 0..MESSAGES {
        assert_eq!(inbox.next().payload, message("a", number).as_bytes());
    }
    for (agent, connection) in [(&MQTT, connection), (&OTHER, other)] {
        assert_eq!(outcome(agent.disconnect()), Ok(()));
        assert_eq!(connection.ended(), Ok(()));
    }
}
