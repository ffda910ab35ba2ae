//! The profile `complete` as its user has it: every command, in every form.

mod server;

use std::sync::Mutex;

use embassy_futures::join::join;
use server::{Server, Stopped, block_on};
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::packet::{self, Will};
use slimqtt::{CommandError, Completion, Connect, Error, FnPayload, Message, Payload, SubackReturnCode};

const CONNECT: Connect<64> = match Connect::from_packet(&packet::Connect {
    clean_session: false,
    keep_alive: 60,
    client_identifier: "complete",
    will: Some(Will { qos: packet::QoS::AtLeastOnce, retain: true, topic: "alive", message: b"0" }),
    user_name: Some("user"),
    password: Some(b"secret"),
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 64 bytes"),
};

static TEXT: &[u8] = b"from flash";
static COMPUTED: FnPayload<fn(usize, &mut [u8]) -> usize> = FnPayload::new(300, |offset, buffer| {
    let count = buffer.len().min(300 - offset);
    buffer[..count].fill(b'x');
    count
});

/// Runs a connection, beside a task of the application. The handler is given all that comes.
fn run<T>(
    agent: &Agent,
    server: &Server,
    handler: impl FnMut(Message<'_>),
    task: impl Future<Output = T>,
) -> (Result<(), Error>, T) {
    let (mut rx, mut tx) = server.transport();
    block_on(join(agent.run(&mut rx, &mut tx, &Stopped, &CONNECT, handler), task))
}

/// The packets that all forms of publish send, one after another: their packet identifiers take turns.
fn published() -> [Vec<u8>; 4] {
    let with = |first_byte: u8, turn, payload: &[u8]| {
        let mut packet = vec![first_byte, payload.len() as u8 + 5, 0, 1, b't', turn, 1];
        packet.extend(payload);
        packet
    };
    [with(0x32, 0, b"1"), with(0x33, 1, b"1"), with(0x32, 2, TEXT), with(0x33, 3, TEXT)]
}

#[test]
fn every_command_is_awaited() {
    static MQTT: Agent = Agent::new();
    let server = Server::default();
    let (ended, outcome) = run(&MQTT, &server, |_| {}, async {
        MQTT.publish(QoS::AtLeastOnce, "t", b"1").await?;
        MQTT.publish_retained(QoS::AtLeastOnce, "t", b"1").await?;
        MQTT.publish_from(QoS::AtLeastOnce, "t", &TEXT).await?;
        MQTT.publish_retained_from(QoS::AtLeastOnce, "t", &TEXT).await?;
        let [code] = MQTT.subscribe(&[("t", RequestedQoS::ExactlyOnce)]).await?;
        MQTT.unsubscribe(&["t"]).await?;
        MQTT.ping().await?;
        MQTT.disconnect().await?;
        Ok::<_, CommandError>(code)
    });
    assert_eq!((ended, outcome), (Ok(()), Ok(SubackReturnCode::GrantedExactlyOnce)));
    let mut expected = vec![CONNECT.packet().to_owned()];
    expected.extend(published());
    let rest: [&[u8]; 4] = [b"\x82\x06\x04\x01\0\x01t\x02", b"\xA2\x05\x05\x01\0\x01t", b"\xC0\0", b"\xE0\0"];
    expected.extend(rest.map(<[u8]>::to_owned));
    assert_eq!(server.packets(), expected);
}

#[test]
fn every_command_is_tried() {
    static MQTT: Agent = Agent::new();
    let server = Server::default();
    let tries: [&dyn Fn() -> Result<(), CommandError>; 7] = [
        &|| MQTT.try_publish(QoS::AtLeastOnce, "t", b"1"),
        &|| MQTT.try_publish_retained(QoS::AtLeastOnce, "t", b"1"),
        &|| MQTT.try_publish_from(QoS::AtLeastOnce, "t", &TEXT),
        &|| MQTT.try_publish_retained_from(QoS::AtLeastOnce, "t", &TEXT),
        &|| MQTT.try_subscribe(&[("t", RequestedQoS::ExactlyOnce)]),
        &|| MQTT.try_unsubscribe(&["t"]),
        &|| MQTT.try_ping(),
    ];
    let (ended, ()) = run(&MQTT, &server, |_| {}, async {
        for tried in tries {
            assert_eq!(tried(), Ok(()));
            // What came before its answer has come.
            MQTT.ping().await.unwrap();
        }
        assert_eq!(MQTT.try_disconnect(), Ok(()));
    });
    assert_eq!(ended, Ok(()));
    let rest: [&[u8]; 3] = [b"\x82\x06\x04\x01\0\x01t\x02", b"\xA2\x05\x05\x01\0\x01t", b"\xC0\0"];
    let expected = published().into_iter().chain(rest.map(<[u8]>::to_owned));
    // Between them are PINGREQs.
    let mut tried = server.packets().into_iter().skip(1).step_by(2).collect::<Vec<_>>();
    assert_eq!(tried.len(), 8);
    assert_eq!(tried.pop().unwrap(), b"\xE0\0");
    assert_eq!(tried, expected.collect::<Vec<_>>());
}

#[test]
fn every_command_tells_its_outcome_to_a_function() {
    static MQTT: Agent = Agent::new();
    static OUTCOMES: Mutex<Vec<(usize, Vec<SubackReturnCode>)>> = Mutex::new(Vec::new());
    static COMPLETIONS: [Completion; 8] = {
        const fn completion(number: usize) -> Completion {
            Completion::new(
                |number, outcome| OUTCOMES.lock().unwrap().push((number, outcome.unwrap().into_iter().collect())),
                number,
            )
        }
        [
            completion(0),
            completion(1),
            completion(2),
            completion(3),
            completion(4),
            completion(5),
            completion(6),
            completion(7),
        ]
    };
    let [publish, retained, from, retained_from, subscribe, unsubscribe, ping, disconnect] = &COMPLETIONS;
    let server = Server::default();
    let first = [
        MQTT.publish_then(QoS::AtMostOnce, "t", b"1", publish),
        MQTT.publish_retained_then(QoS::AtLeastOnce, "t", b"1", retained),
        MQTT.publish_from_then(QoS::ExactlyOnce, "t", &TEXT, from),
        MQTT.publish_retained_from_then(QoS::AtMostOnce, "t", &TEXT, retained_from),
    ];
    assert_eq!(first, [Ok(()); 4]);
    assert_eq!(MQTT.disconnect_then(disconnect), Err(CommandError::QueueFull));
    let told = async |count| {
        while OUTCOMES.lock().unwrap().len() < count {
            embassy_futures::yield_now().await;
        }
    };
    let (ended, ()) = run(&MQTT, &server, |_| {}, async {
        told(4).await;
        let second = [
            MQTT.subscribe_then(&[("t", RequestedQoS::AtMostOnce), ("secret", RequestedQoS::AtMostOnce)], subscribe),
            MQTT.unsubscribe_then(&["t"], unsubscribe),
            MQTT.ping_then(ping),
        ];
        assert_eq!(second, [Ok(()); 3]);
        told(7).await;
        assert_eq!(MQTT.disconnect_then(disconnect), Ok(()));
    });
    assert_eq!(ended, Ok(()));
    let mut outcomes = OUTCOMES.lock().unwrap().clone();
    outcomes.sort_by_key(|(number, _)| *number);
    let codes = [SubackReturnCode::GrantedAtMostOnce, SubackReturnCode::Failure];
    let expected: Vec<_> = (0..8).map(|number| (number, if number == 4 { codes.to_vec() } else { vec![] })).collect();
    assert_eq!(outcomes, expected);
}

#[test]
fn message_with_qos_2_arrives_exactly_once_in_both_directions() {
    static MQTT: Agent = Agent::new();
    let server = Server::default();
    let mut received = Vec::new();
    let (ended, outcome) = run(
        &MQTT,
        &server,
        |message| received.push((message.payload.to_owned(), message.qos, message.is_last())),
        async {
            MQTT.subscribe(&[("t", RequestedQoS::ExactlyOnce)]).await?;
            MQTT.publish(QoS::ExactlyOnce, "t", b"1").await?;
            MQTT.ping().await?;
            MQTT.disconnect().await
        },
    );
    assert_eq!((ended, outcome), (Ok(()), Ok(())));
    assert_eq!(received, [(b"1".to_vec(), packet::QoS::ExactlyOnce, true)]);
    let sent: Vec<_> = server.packets().iter().map(|packet| packet[0]).collect();
    // PUBREL, and for what came PUBREC and PUBCOMP.
    for first_byte in [0x34, 0x62, 0x50, 0x70] {
        assert_eq!(sent.iter().filter(|sent| **sent == first_byte).count(), 1, "{first_byte:#X} in {sent:X?}");
    }
}

#[test]
fn payload_of_any_size_goes_out_and_comes_in_parts() {
    static MQTT: Agent = Agent::new();
    let server = Server::default();
    let mut received = Vec::<u8>::new();
    let (ended, outcome) = run(
        &MQTT,
        &server,
        |message| {
            assert_eq!((message.topic.as_str(), message.offset, message.length), ("t", received.len(), 300));
            received.extend(message.payload);
            assert_eq!(message.is_last(), received.len() == 300);
        },
        async {
            MQTT.subscribe(&[("t", RequestedQoS::AtMostOnce)]).await?;
            MQTT.publish_from(QoS::AtLeastOnce, "t", &COMPUTED).await?;
            // What came before its answer has come.
            MQTT.ping().await?;
            MQTT.disconnect().await
        },
    );
    assert_eq!((ended, outcome), (Ok(()), Ok(())));
    assert_eq!(received, [b'x'; 300]);
    assert_eq!(Payload::length(&COMPUTED), 300);
}

#[test]
fn handler_gives_commands() {
    static MQTT: Agent = Agent::new();
    let (ended, outcome) = run(
        &MQTT,
        &Server::default(),
        |message| assert_eq!((message.payload, MQTT.try_disconnect()), (&b"1"[..], Ok(()))),
        async {
            MQTT.subscribe(&[("t", RequestedQoS::AtMostOnce)]).await?;
            MQTT.publish(QoS::AtMostOnce, "t", b"1").await
        },
    );
    assert_eq!((ended, outcome), (Ok(()), Ok(())));
}

#[test]
fn connected_is_told_with_connack() {
    static MQTT: Agent = Agent::new();
    assert_eq!(MQTT.try_connected(), None);
    let (ended, told) = run(&MQTT, &Server::default(), |_| {}, async {
        let told = (MQTT.connected().await, MQTT.try_connected());
        MQTT.disconnect().await.unwrap();
        told
    });
    assert_eq!((ended, told), (Ok(()), (false, Some(false))));
    assert_eq!(MQTT.try_connected(), None);
}

#[test]
fn stop_ends_the_connection_and_all_commands() {
    static MQTT: Agent = Agent::new();
    let server = Server::default();
    let (ended, outcome) = run(&MQTT, &server, |_| {}, async {
        let first = MQTT.ping().await;
        let last = join(MQTT.publish(QoS::ExactlyOnce, "t", b"1"), async { MQTT.stop() }).await;
        (first, last)
    });
    assert_eq!((ended, outcome), (Err(Error::Stopped), (Ok(()), (Err(CommandError::Stopped), ()))));
    assert!(server.packets().iter().all(|packet| packet[0] != 0xE0));
    // It can be run again.
    let (ended, outcome) = run(&MQTT, &Server::default(), |_| {}, MQTT.disconnect());
    assert_eq!((ended, outcome), (Ok(()), Ok(())));
}
