//! The profile `device` as its user has it: it publishes, and is told what to do.

mod server;

use std::cell::RefCell;

use embassy_futures::join::join;
use server::{Server, Stopped, block_on};
use slimqtt::device::{Agent, QoS, RequestedQoS};
use slimqtt::{CommandError, Connect, Error, Message, SubackReturnCode, packet};

const CONNECT: Connect<32> = match Connect::new("device", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

/// A message, as far as these tests look at it: topic, payload, offset, QoS.
type Received = (String, Vec<u8>, usize, packet::QoS);

/// Runs a connection, beside a task of the application.
fn run<T>(agent: &Agent, server: &Server, task: impl Future<Output = T>) -> (Result<(), Error>, T, Vec<Received>) {
    let received = RefCell::<Vec<Received>>::default();
    let (mut rx, mut tx) = server.transport();
    let handler = |message: Message<'_>| {
        let Message { topic, payload, offset, qos, .. } = message;
        received.borrow_mut().push((topic.as_str().to_owned(), payload.to_owned(), offset, qos));
    };
    let connection = agent.run(&mut rx, &mut tx, &Stopped, &CONNECT, handler);
    let (ended, output) = block_on(join(connection, task));
    (ended, output, received.take())
}

#[test]
fn messages_come_to_who_has_subscribed() {
    static MQTT: Agent = Agent::new();
    let server = Server::default();
    let (ended, outcome, received) = run(&MQTT, &server, async {
        let codes = MQTT.subscribe(&[("a", RequestedQoS::AtLeastOnce), ("b", RequestedQoS::AtMostOnce)]).await?;
        MQTT.publish(QoS::AtLeastOnce, "a", b"1").await?;
        MQTT.publish(QoS::AtMostOnce, "a", b"2").await?;
        MQTT.publish(QoS::AtLeastOnce, "b", b"3").await?;
        MQTT.publish(QoS::AtLeastOnce, "c", b"4").await?;
        MQTT.unsubscribe(&["a"]).await?;
        MQTT.publish(QoS::AtLeastOnce, "a", b"5").await?;
        MQTT.disconnect().await?;
        Ok::<_, CommandError>(codes)
    });
    assert_eq!(ended, Ok(()));
    assert_eq!(outcome, Ok([SubackReturnCode::GrantedAtLeastOnce, SubackReturnCode::GrantedAtMostOnce]));
    let message = |topic: &str, payload: &[u8], qos| (topic.to_owned(), payload.to_owned(), 0, qos);
    let expected = [
        message("a", b"1", packet::QoS::AtLeastOnce),
        message("a", b"2", packet::QoS::AtMostOnce),
        message("b", b"3", packet::QoS::AtMostOnce),
    ];
    assert_eq!(received, expected);
    // It has acknowledged the one that it had to.
    assert_eq!(server.packets().iter().filter(|packet| packet[0] == 0x40).collect::<Vec<_>>(), [b"\x40\x02\0\x01"]);
}

#[test]
fn refused_subscription_is_told_beside_those_that_are_not() {
    static MQTT: Agent = Agent::new();
    let (ended, codes, _) = run(&MQTT, &Server::default(), async {
        let codes = MQTT.subscribe(&[("secret", RequestedQoS::AtMostOnce), ("a", RequestedQoS::AtMostOnce)]).await;
        MQTT.disconnect().await.unwrap();
        codes
    });
    assert_eq!((ended, codes), (Ok(()), Ok([SubackReturnCode::Failure, SubackReturnCode::GrantedAtMostOnce])));
}

#[test]
fn every_command_can_be_given_without_waiting() {
    static MQTT: Agent = Agent::new();
    let given = [
        MQTT.try_publish(QoS::AtLeastOnce, "a", b"1"),
        MQTT.try_subscribe(&[("a", RequestedQoS::AtMostOnce)]),
        MQTT.try_unsubscribe(&["a", "b"]),
        MQTT.try_disconnect(),
    ];
    assert_eq!(given, [Ok(()); 4]);
    assert_eq!(MQTT.try_unsubscribe(&["a"]), Err(CommandError::QueueFull));
    let server = Server::default();
    assert_eq!(run(&MQTT, &server, async {}).0, Ok(()));
    let expected: [&[u8]; 5] = [
        CONNECT.packet(),
        b"\x32\x06\0\x01a\0\x011",
        b"\x82\x06\0\x02\0\x01a\0",
        b"\xA2\x08\0\x03\0\x01a\0\x01b",
        b"\xE0\0",
    ];
    assert_eq!(server.packets(), expected);
}

#[test]
fn message_that_is_larger_than_the_buffer_comes_in_parts() {
    static MQTT: Agent = Agent::new();
    let server = Server::default();
    let long: Vec<u8> = (0..=255).collect();
    let (ended, outcome, received) = run(&MQTT, &server, async {
        MQTT.subscribe(&[("a", RequestedQoS::AtLeastOnce)]).await?;
        server.deliver("a", 2, &long);
        // What came before its answer has come.
        MQTT.unsubscribe(&["a"]).await?;
        MQTT.disconnect().await
    });
    assert_eq!((ended, outcome), (Ok(()), Ok(())));
    let mut offset = 0;
    for (topic, payload, start, qos) in &received {
        assert_eq!((topic.as_str(), *start, *qos), ("a", offset, packet::QoS::AtLeastOnce));
        assert_eq!(payload, &long[offset..][..payload.len()]);
        offset += payload.len();
    }
    assert_eq!(offset, long.len());
    assert_eq!(server.packets().iter().filter(|packet| packet[0] == 0x40).count(), 1);
}

#[test]
fn invalid_topic_filter_is_told_at_once() {
    static MQTT: Agent = Agent::new();
    for filter in ["", "a#", "#/a", "a+", "nul\0"] {
        let subscribed = MQTT.try_subscribe(&[(filter, RequestedQoS::AtMostOnce)]);
        assert!(matches!(subscribed, Err(CommandError::Invalid(_))), "{filter:?}");
        assert!(matches!(MQTT.try_unsubscribe(&[filter]), Err(CommandError::Invalid(_))), "{filter:?}");
    }
}
