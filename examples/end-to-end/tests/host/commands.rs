//! Every command, and what the broker and its clients make of it.

use std::future::poll_fn;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::pin::pin;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{CommandError, Completion, Error, SubackReturnCode, packet};
use slimqtt_end_to_end::{Broker, Connection, LIMIT, inbox, outcome};

use super::{encoded, plain};

const QUALITIES: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
const REQUESTED: [RequestedQoS; 3] = [RequestedQoS::AtMostOnce, RequestedQoS::AtLeastOnce, RequestedQoS::ExactlyOnce];

#[test]
fn all_forms_of_publish_arrive_at_each_qos() {
    static MQTT: Agent = Agent::new();
    static TEXT: &[u8] = b"3";
    let mut broker = Broker::start();
    let mut subscriber = broker.watch("out/#", "%q %t %p");
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("publisher")), |_| {});
    let mut expected = Vec::new();
    for (level, qos) in QUALITIES.into_iter().enumerate() {
        assert_eq!(outcome(MQTT.publish(qos, "out/plain", b"1")), Ok(()));
        assert_eq!(outcome(MQTT.publish_retained(qos, "out/retained", b"2")), Ok(()));
        assert_eq!(outcome(MQTT.publish_from(qos, "out/from", &TEXT)), Ok(()));
        assert_eq!(outcome(MQTT.publish_retained_from(qos, "out/retained/from", b"4")), Ok(()));
        let messages = ["out/plain 1", "out/retained 2", "out/from 3", "out/retained/from 4"];
        expected.extend(messages.map(|message| format!("{level} {message}")));
    }
    assert_eq!(subscriber.lines(expected.len()), expected);
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
    broker.process.wait_for("Received DISCONNECT from publisher");
}

#[test]
fn messages_come_at_the_lower_one_of_two_qos_until_unsubscribe() {
    static MQTT: Agent = Agent::new();
    let broker = Broker::start();
    let (handler, inbox) = inbox();
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("subscriber")), handler);
    let filters = ["in/0", "in/1/#", "+/2"];
    let subscription = |level: usize| (filters[level], REQUESTED[level]);
    assert_eq!(
        outcome(MQTT.subscribe(&[subscription(0), subscription(1), subscription(2)])),
        Ok([
            SubackReturnCode::GrantedAtMostOnce,
            SubackReturnCode::GrantedAtLeastOnce,
            SubackReturnCode::GrantedExactlyOnce
        ])
    );
    let levels = [packet::QoS::AtMostOnce, packet::QoS::AtLeastOnce, packet::QoS::ExactlyOnce];
    for granted in 0..3 {
        for published in 0..3 {
            let (topic, text) = (format!("in/{granted}"), format!("{granted} {published}"));
            broker.publish(&["-q", &published.to_string(), "-t", &topic, "-m", &text]);
            let message = inbox.next();
            assert_eq!((message.topic, message.payload), (topic, text.into_bytes()));
            assert_eq!(message.qos, levels[granted.min(published)]);
            assert_eq!((message.retain, message.dup, message.parts), (false, false, 1));
        }
    }
    assert_eq!(outcome(MQTT.unsubscribe(&["in/1/#", "+/2"])), Ok(()));
    for granted in (0..3).rev() {
        broker.publish(&["-t", &format!("in/{granted}"), "-m", "after"]);
    }
    // The one that is still subscribed comes, and nothing came before it.
    assert_eq!(inbox.next().topic, "in/0");
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
    assert!(inbox.all().is_empty());
}

#[test]
fn completions_are_told_what_the_broker_said() {
    static MQTT: Agent = Agent::new();
    type Told = (usize, Vec<SubackReturnCode>);
    static TOLD: Mutex<Option<Sender<Told>>> = Mutex::new(None);
    const fn completion(number: usize) -> Completion {
        Completion::new(
            |number, outcome| {
                let codes = outcome.expect("all goes well").into_iter().collect();
                let told = TOLD.lock().expect("nobody panics with it");
                told.as_ref().expect("it was set").send((number, codes)).expect("the test listens");
            },
            number,
        )
    }
    static COMPLETIONS: [Completion; 6] =
        [completion(0), completion(1), completion(2), completion(3), completion(4), completion(5)];
    let (sender, told) = channel();
    *TOLD.lock().expect("nobody panics with it") = Some(sender);

    let broker = Broker::start();
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("completions")), |_| {});
    let filters = [("a", RequestedQoS::AtMostOnce), ("b", RequestedQoS::ExactlyOnce)];
    let commands: [&dyn Fn(&'static Completion) -> Result<(), CommandError>; 6] = [
        &|it| MQTT.publish_then(QoS::AtMostOnce, "completed", b"0", it),
        &|it| MQTT.publish_then(QoS::ExactlyOnce, "completed", b"2", it),
        &|it| MQTT.subscribe_then(&filters, it),
        &|it| MQTT.unsubscribe_then(&["a"], it),
        &|it| MQTT.ping_then(it),
        &|it| MQTT.disconnect_then(it),
    ];
    for (number, (command, completion)) in commands.iter().zip(&COMPLETIONS).enumerate() {
        assert_eq!(command(completion), Ok(()));
        let codes = match number {
            2 => vec![SubackReturnCode::GrantedAtMostOnce, SubackReturnCode::GrantedExactlyOnce],
            _ => vec![],
        };
        assert_eq!(told.recv_timeout(LIMIT), Ok((number, codes)));
    }
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn ping_is_answered() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("pinging")), |_| {});
    for _ in 0..3 {
        assert_eq!(outcome(MQTT.ping()), Ok(()));
        broker.process.wait_for("Received PINGREQ from pinging");
    }
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn stop_fails_all_commands_and_the_agent_can_run_again() {
    static MQTT: Agent = Agent::new();
    // A Server that never answers.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = silent.local_addr().expect("it has an address").port();
    let connect = encoded(&plain("stopped"));
    let mut packet = vec![0; connect.packet().len()];
    let connection = Connection::once(&MQTT, port, connect, |_| {});
    let (mut accepted, _) = silent.accept().expect("the agent connects");
    accepted.read_exact(&mut packet).expect("CONNECT comes");
    outcome(async {
        let mut command = pin!(MQTT.publish(QoS::AtLeastOnce, "stopped", b"1"));
        assert!(poll_fn(|context| Poll::Ready(command.as_mut().poll(context))).await.is_pending());
        MQTT.stop();
        assert_eq!(command.await, Err(CommandError::Stopped));
    });
    assert_eq!(connection.ended(), Err(Error::Stopped));

    let mut broker = Broker::start();
    let mut subscriber = broker.subscriber("stopped");
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("stopped")), |_| {});
    assert_eq!(outcome(MQTT.publish(QoS::AtLeastOnce, "stopped", b"3")), Ok(()));
    assert_eq!(subscriber.lines(1), ["stopped 3"]);
    MQTT.stop();
    assert_eq!(connection.ended(), Err(Error::Stopped));
    broker.process.wait_for("Client stopped closed its connection");
}
