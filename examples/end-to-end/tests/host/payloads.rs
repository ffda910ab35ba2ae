//! Messages that are much larger than the agent's buffers.

use std::fs;

use slimqtt::FnPayload;
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::packet;
use slimqtt_end_to_end::{Broker, Connection, Proxy, inbox, outcome};

use super::{encoded, plain};

const LENGTH: usize = 100_000;

/// A pattern without a short period, so that a part in the wrong place would be seen.
const fn byte(offset: usize) -> u8 {
    (offset ^ offset >> 8 ^ offset >> 15).wrapping_mul(0x9D) as u8
}

static STORED: [u8; LENGTH] = {
    let mut bytes = [0; LENGTH];
    let mut offset = 0;
    while offset < LENGTH {
        bytes[offset] = byte(offset);
        offset += 1;
    }
    bytes
};

static COMPUTED: FnPayload<fn(usize, &mut [u8]) -> usize> = FnPayload::new(LENGTH, |offset, buffer| {
    let count = buffer.len().min(LENGTH - offset);
    for (place, offset) in buffer[..count].iter_mut().zip(offset..) {
        *place = byte(offset);
    }
    count
});

/// As `mosquitto_sub` prints it.
fn hexadecimal() -> String {
    STORED.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn large_payloads_go_out_from_memory_and_from_a_function() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let mut subscriber = broker.watch("large", "%q %l %x");
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("large")), |_| {});
    let mut expected = Vec::new();
    for (level, qos) in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce].into_iter().enumerate() {
        assert_eq!(outcome(MQTT.publish_from(qos, "large", &STORED)), Ok(()));
        assert_eq!(outcome(MQTT.publish_from(qos, "large", &COMPUTED)), Ok(()));
        expected.extend(vec![format!("{level} {LENGTH} {}", hexadecimal()); 2]);
    }
    // Not assert_eq: it would print them all.
    assert!(subscriber.lines(expected.len()) == expected, "what was received is not what was sent");
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn large_messages_come_in_parts() {
    static MQTT: Agent = Agent::new();
    let broker = Broker::start();
    let (handler, inbox) = inbox();
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("large")), handler);
    outcome(MQTT.subscribe(&[("large", RequestedQoS::ExactlyOnce)])).expect("it is granted");
    let directory = tempfile::tempdir().expect("a folder for temporary files");
    let file = directory.path().join("large");
    fs::write(&file, STORED).expect("a file with the message");
    let file = file.to_str().expect("a path in UTF-8");
    for qos in ["0", "1", "2"] {
        broker.publish(&["-q", qos, "-t", "large", "-f", file]);
        let message = inbox.next();
        assert!(message.payload == STORED, "what was received is not what was sent");
        // The buffer has 128 bytes, for the header, too.
        assert!(message.parts > LENGTH / 128, "{}", message.parts);
        assert_eq!((message.topic.as_str(), message.retain, message.dup), ("large", false, false));
    }
    // The next packet begins where it should.
    broker.publish(&["-t", "large", "-m", "small"]);
    assert_eq!(inbox.next().payload, b"small");
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn large_message_that_is_cut_is_sent_and_received_again_from_its_start() {
    static SENDER: Agent = Agent::new();
    static RECEIVER: Agent = Agent::new();
    let broker = Broker::start();
    let session = |client| encoded(&packet::Connect { clean_session: false, ..plain(client) });
    let (handler, inbox) = inbox();
    let proxies = [Proxy::to(broker.port), Proxy::to(broker.port)];
    let sender = Connection::again_and_again(&SENDER, proxies[0].port, session("sender"), |_| {});
    let receiver = Connection::again_and_again(&RECEIVER, proxies[1].port, session("receiver"), handler);
    outcome(RECEIVER.subscribe(&[("large", RequestedQoS::ExactlyOnce)])).expect("it is granted");
    outcome(SENDER.ping()).expect("it is connected");
    for (qos, source) in [(QoS::AtLeastOnce, "memory"), (QoS::ExactlyOnce, "function")] {
        for proxy in &proxies {
            proxy.cut_after(LENGTH / 2);
        }
        let sent = match source {
            "memory" => outcome(SENDER.publish_from(qos, "large", &STORED)),
            _ => outcome(SENDER.publish_from(qos, "large", &COMPUTED)),
        };
        assert_eq!(sent, Ok(()));
        let message = inbox.next();
        assert!(message.payload == STORED, "what was received is not what was sent");
        assert!(message.dup, "it was cut on its way to the receiver");
        assert_eq!(proxies.each_ref().map(Proxy::cuts_left), [0, 0]);
    }
    for (agent, connection) in [(&SENDER, sender), (&RECEIVER, receiver)] {
        assert_eq!(outcome(agent.disconnect()), Ok(()));
        assert_eq!(connection.ended(), Ok(()));
    }
    assert!(inbox.all().is_empty(), "each came once");
}
