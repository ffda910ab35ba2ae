//! The profile `complete` against brokers that others wrote: every command, every QoS in both directions, retained messages,
//! Will, sessions that go on, large messages, and a line that breaks. What a broker does otherwise than the standard says is
//! in `Broker`, with the statement.

use std::path::Path;

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{CommandError, Connect, Error, SubackReturnCode, packet};
use slimqtt_end_to_end::{Broker as Mosquitto, Connection, Inbox, OtherBroker, Proxy, Received, inbox, outcome};

/// A broker, and what it does otherwise than the standard says.
trait Broker {
    /// Messages for a client that is away are kept for it [MQTT-3.1.2-5].
    const KEEPS_MESSAGES: bool = true;
    /// PUBREL is answered whatever has happened before [MQTT-4.3.3-2].
    const ANSWERS_PUBREL: bool = true;

    fn start() -> Self;
    fn port(&self) -> u16;

    /// At which QoS a message comes: the lower one of two [MQTT-3.8.4-6].
    fn delivered(granted: usize, published: usize) -> usize {
        granted.min(published)
    }
}

impl Broker for Mosquitto {
    fn start() -> Self {
        Self::start()
    }

    fn port(&self) -> u16 {
        self.port
    }
}

struct Aedes(OtherBroker);

impl Broker for Aedes {
    /// Not as [MQTT-4.3.3-2] says: if PUBCOMP was lost, it closes each connection on which PUBREL comes again.
    const ANSWERS_PUBREL: bool = false;

    fn start() -> Self {
        Self(OtherBroker::aedes(Path::new(env!("CARGO_TARGET_TMPDIR"))))
    }

    /// That of the message, if the subscription has any but 0: not as [MQTT-3.8.4-6] says.
    fn delivered(granted: usize, published: usize) -> usize {
        if granted == 0 { 0 } else { published }
    }

    fn port(&self) -> u16 {
        self.0.port
    }
}

struct Amqtt(OtherBroker);

impl Broker for Amqtt {
    /// Not as [MQTT-3.1.2-5] says: they are lost.
    const KEEPS_MESSAGES: bool = false;
    /// Not as [MQTT-4.3.3-2] says: on the next connection it does not know the message, and keeps silent.
    const ANSWERS_PUBREL: bool = false;

    fn start() -> Self {
        Self(OtherBroker::amqtt(Path::new(env!("CARGO_TARGET_TMPDIR"))))
    }

    /// That of the subscription, also if it is higher than that of the message: not as [MQTT-3.8.4-6] says.
    fn delivered(granted: usize, _published: usize) -> usize {
        granted
    }

    fn port(&self) -> u16 {
        self.0.port
    }
}

const QUALITIES: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
const REQUESTED: [RequestedQoS; 3] = [RequestedQoS::AtMostOnce, RequestedQoS::AtLeastOnce, RequestedQoS::ExactlyOnce];
const LEVELS: [packet::QoS; 3] = [packet::QoS::AtMostOnce, packet::QoS::AtLeastOnce, packet::QoS::ExactlyOnce];
const GRANTED: [SubackReturnCode; 3] =
    [SubackReturnCode::GrantedAtMostOnce, SubackReturnCode::GrantedAtLeastOnce, SubackReturnCode::GrantedExactlyOnce];

fn plain(client_identifier: &str) -> packet::Connect<'_> {
    let (will, user_name, password) = (None, None, None);
    packet::Connect { clean_session: true, keep_alive: 60, client_identifier, will, user_name, password }
}

fn encoded(packet: &packet::Connect<'_>) -> Connect<128> {
    Connect::from_packet(packet).expect("CONNECT fits into 128 bytes")
}

/// An agent that is connected, and what it receives.
fn client(agent: &'static Agent, port: u16, packet: &packet::Connect<'_>) -> (Connection, Inbox) {
    let (handler, inbox) = inbox();
    let connection = Connection::once(agent, port, encoded(packet), handler);
    assert_eq!(outcome(agent.ping()), Ok(()));
    (connection, inbox)
}

fn disconnect(agent: &Agent, connection: Connection) {
    assert_eq!(outcome(agent.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

/// (The one place where the agent's method is called.)
fn subscribe(agent: &Agent, filter: &str, qos: RequestedQoS) -> SubackReturnCode {
    let [code] = outcome(agent.subscribe(&[(filter, qos)])).expect("it is acknowledged");
    code
}

fn unsubscribe(agent: &Agent, filter: &str) {
    assert_eq!(outcome(agent.unsubscribe(&[filter])), Ok(()));
}

/// Waits for a message, and a moment longer: aedes has not quite done with a message at QoS 2 when it sends PUBCOMP, and
/// mistakes the next one, if that has the same packet identifier, for it, not as [MQTT-4.3.3-2] says.
fn acknowledged(agent: &Agent, message: impl Future<Output = Result<(), CommandError>>) {
    assert_eq!(outcome(message), Ok(()));
    // It may be lost with its connection.
    while outcome(agent.ping()).is_err() {}
}

fn brief(message: &Received) -> (&str, &[u8], packet::QoS, bool) {
    (&message.topic, &message.payload, message.qos, message.retain)
}

fn commands<B: Broker>(agent: &'static Agent) {
    let broker = B::start();
    let (connection, inbox) = client(agent, broker.port(), &plain("commands"));
    for (granted, filter) in ["in/0", "in/1/#", "+/2"].into_iter().enumerate() {
        assert_eq!(subscribe(agent, filter, REQUESTED[granted]), GRANTED[granted], "[MQTT-3.8.4-5]");
    }
    for granted in 0..LEVELS.len() {
        let topic = format!("in/{granted}");
        for (published, qos) in QUALITIES.into_iter().enumerate() {
            let text = format!("{granted} {published}");
            acknowledged(agent, agent.publish(qos, &topic, text.as_bytes()));
            let message = inbox.next();
            let expected = LEVELS[B::delivered(granted, published)];
            assert_eq!(brief(&message), (topic.as_str(), text.as_bytes(), expected, false));
        }
    }
    unsubscribe(agent, "in/1/#");
    for granted in [1, 0] {
        acknowledged(agent, agent.publish(QoS::ExactlyOnce, &format!("in/{granted}"), b"after"));
    }
    assert_eq!(inbox.next().topic, "in/0", "[MQTT-3.10.4-2]");
    assert_eq!(outcome(agent.ping()), Ok(()));
    disconnect(agent, connection);
    assert!(inbox.all().is_empty());
}

fn retained<B: Broker>(agent: &'static Agent) {
    let broker = B::start();
    let (connection, inbox) = client(agent, broker.port(), &plain("retained"));
    for qos in QUALITIES {
        acknowledged(agent, agent.publish_retained(qos, "kept", b"old"));
        acknowledged(agent, agent.publish_retained(qos, "kept", b"new"));
        subscribe(agent, "kept", RequestedQoS::ExactlyOnce);
        let message = inbox.next();
        assert_eq!((message.payload.as_slice(), message.retain), (&b"new"[..], true), "[MQTT-3.3.1-6, MQTT-3.3.1-8]");
        acknowledged(agent, agent.publish_retained(qos, "kept", b""));
        let message = inbox.next();
        assert_eq!((message.payload.as_slice(), message.retain), (&b""[..], false), "[MQTT-3.3.1-9]");
        unsubscribe(agent, "kept");
        subscribe(agent, "kept", RequestedQoS::ExactlyOnce);
        acknowledged(agent, agent.publish(qos, "kept", b"live"));
        assert_eq!(inbox.next().payload, b"live", "nothing is kept any more [MQTT-3.3.1-10]");
        unsubscribe(agent, "kept");
    }
    disconnect(agent, connection);
}

fn will<B: Broker>([agent, other]: [&'static Agent; 2]) {
    let broker = B::start();
    let (other_connection, inbox) = client(other, broker.port(), &plain("heir"));
    subscribe(other, "alive", RequestedQoS::ExactlyOnce);
    let proxy = Proxy::to(broker.port());
    let will = packet::Will { qos: packet::QoS::AtLeastOnce, retain: false, topic: "alive", message: b"no" };
    let (connection, _) = client(agent, proxy.port, &packet::Connect { will: Some(will), ..plain("mortal") });
    proxy.cut();
    assert!(matches!(connection.ended(), Err(Error::Closed | Error::Transport(_))));
    assert_eq!(inbox.next().payload, b"no", "[MQTT-3.1.2-8]");
    // Not after DISCONNECT [MQTT-3.1.2-10].
    let will = packet::Will { qos: packet::QoS::AtLeastOnce, retain: false, topic: "alive", message: b"no" };
    let (connection, _) = client(agent, broker.port(), &packet::Connect { will: Some(will), ..plain("polite") });
    disconnect(agent, connection);
    acknowledged(other, other.publish(QoS::ExactlyOnce, "alive", b"end"));
    assert_eq!(inbox.next().payload, b"end");
    disconnect(other, other_connection);
}

fn sessions<B: Broker>([agent, other]: [&'static Agent; 2]) {
    let broker = B::start();
    let session = packet::Connect { clean_session: false, ..plain("sleepy") };
    let (connection, _) = client(agent, broker.port(), &session);
    assert_eq!(subscribe(agent, "news", RequestedQoS::ExactlyOnce), GRANTED[2]);
    disconnect(agent, connection);
    let (other_connection, _) = client(other, broker.port(), &plain("other"));
    for (qos, text) in [(QoS::AtLeastOnce, b"1"), (QoS::ExactlyOnce, b"2")] {
        acknowledged(other, other.publish(qos, "news", text));
    }
    // The subscription is still there [MQTT-3.1.2-4].
    let (connection, inbox) = client(agent, broker.port(), &session);
    if B::KEEPS_MESSAGES {
        assert_eq!([inbox.next().payload, inbox.next().payload], [b"1", b"2"]);
    }
    acknowledged(other, other.publish(QoS::ExactlyOnce, "news", b"3"));
    assert_eq!(inbox.next().payload, b"3");
    disconnect(agent, connection);
    disconnect(other, other_connection);
}

fn large<B: Broker>(agent: &'static Agent) {
    const LENGTH: usize = 100_000;
    static STORED: [u8; LENGTH] = {
        let mut bytes = [0; LENGTH];
        let mut offset = 0;
        while offset < LENGTH {
            bytes[offset] = (offset ^ offset >> 8 ^ offset >> 15).wrapping_mul(0x9D) as u8;
            offset += 1;
        }
        bytes
    };
    let broker = B::start();
    let (connection, inbox) = client(agent, broker.port(), &plain("large"));
    subscribe(agent, "large", RequestedQoS::ExactlyOnce);
    for qos in QUALITIES {
        acknowledged(agent, agent.publish_from(qos, "large", &STORED));
        assert!(inbox.next().payload == STORED, "what was received is not what was sent");
    }
    disconnect(agent, connection);
}

/// Messages over a line that is cut now and then: sent again and again, none is lost, and at QoS 2 none is doubled.
fn cuts<B: Broker>([agent, other]: [&'static Agent; 2]) {
    const MESSAGES: usize = 60;
    let broker = B::start();
    let proxy = Proxy::to(broker.port());
    let (other_connection, inbox) = client(other, broker.port(), &plain("other"));
    subscribe(other, "out/#", RequestedQoS::ExactlyOnce);
    let session = encoded(&packet::Connect { clean_session: false, ..plain("cut") });
    let connection = Connection::again_and_again(agent, proxy.port, session, |_| {});
    // aedes has no session for a client without a subscription.
    subscribe(agent, "nothing", RequestedQoS::AtMostOnce);
    proxy.cut_often(10, 5);
    let mut messages = Vec::new();
    for (qos, topic) in [(QoS::AtLeastOnce, "out/1"), (QoS::ExactlyOnce, "out/2")] {
        if qos == QoS::ExactlyOnce && !B::ANSWERS_PUBREL {
            assert!(proxy.spare() < 10);
        }
        for number in 0..MESSAGES {
            let text = number.to_string();
            acknowledged(agent, agent.publish(qos, topic, text.as_bytes()));
            // One after the other: more at a time with QoS 2 than the profile has room for would end the connection.
            while messages.last().is_none_or(|last: &Received| last.payload != text.as_bytes()) {
                messages.push(inbox.next());
            }
        }
    }
    assert!(proxy.spare() < 10);
    acknowledged(other, other.publish(QoS::ExactlyOnce, "out/end", b""));
    messages.extend(std::iter::repeat_with(|| inbox.next()).take_while(|it| it.topic != "out/end"));
    let numbers = |topic: &str| -> Vec<usize> {
        let own = messages.iter().filter(|message| message.topic == topic);
        own.map(|message| str::from_utf8(&message.payload).expect("text").parse().expect("a number")).collect()
    };
    let mut at_least_once = numbers("out/1");
    at_least_once.dedup();
    assert_eq!(at_least_once, Vec::from_iter(0..MESSAGES));
    assert_eq!(numbers("out/2"), Vec::from_iter(0..MESSAGES), "[MQTT-4.3.3-2]");
    while outcome(agent.disconnect()).is_err() {}
    assert_eq!(connection.ended(), Ok(()));
    disconnect(other, other_connection);
}

/// All of it, each with agents of its own.
macro_rules! against {
    ($($module:ident: $broker:ty),+) => {$(
        mod $module {
            use super::*;

            against!($broker: commands, retained, large);

            #[test]
            fn will() {
                static AGENTS: [Agent; 2] = [Agent::new(), Agent::new()];
                super::will::<$broker>(AGENTS.each_ref());
            }

            #[test]
            fn sessions() {
                static AGENTS: [Agent; 2] = [Agent::new(), Agent::new()];
                super::sessions::<$broker>(AGENTS.each_ref());
            }

            #[test]
            fn cuts() {
                static AGENTS: [Agent; 2] = [Agent::new(), Agent::new()];
                super::cuts::<$broker>(AGENTS.each_ref());
            }
        }
    )+};
    ($broker:ty: $($test:ident),+) => {$(
        #[test]
        fn $test() {
            static AGENT: Agent = Agent::new();
            super::$test::<$broker>(&AGENT);
        }
    )+};
}

against!(mosquitto: Mosquitto, aedes: Aedes, amqtt: Amqtt);
