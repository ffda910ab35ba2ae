//! Statements of MQTT 3.1.1 that bind a client, as far as no other test shows them. The table of all statements, with the
//! tests that show them, is `STATEMENTS.md`.

mod kit;

use std::rc::Rc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering::Relaxed};

use kit::{
    Complete, CompleteAgent, DISCONNECT, DUP, PINGREQ, PINGRESP, PUBACK, PUBCOMP, PUBREC, PUBREL, RESUMED, RETAIN,
    UNSUBACK, World, acknowledgement, connect_bytes, identifier, message, message_at, publish_packet, silence,
};
use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::{self, EncodeError, QoS, Will};
use slimqtt_agent::{CommandError, Connect, Error, FnPayload, Payload, Profile};

const QOS_1: QoS = QoS::AtLeastOnce;
const QOS_2: QoS = QoS::ExactlyOnce;

fn suback(identifier: u16) -> Vec<u8> {
    let [high, low] = identifier.to_be_bytes();
    vec![0x90, 3, high, low, 0]
}

/// A client identifier and nothing else.
const BARE: wire::Connect<'_> = wire::Connect {
    clean_session: true,
    keep_alive: 60,
    client_identifier: "c",
    will: None,
    user_name: None,
    password: None,
};

/// Splits what was sent into packets of fewer than 128 bytes.
fn packets(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    while !bytes.is_empty() {
        let (packet, rest) = bytes.split_at(2 + usize::from(bytes[1]));
        packets.push(packet);
        bytes = rest;
    }
    packets
}

#[test]
fn mqtt_1_5_3_3_a_byte_order_mark_is_handed_over() {
    for topic in ["\u{FEFF}", "\u{FEFF}a", "a\u{FEFF}b", "a\u{FEFF}"] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.answer(&publish_packet(0x30, topic, None, b"\xEF\xBB\xBF1"));
        let handled = world.handled();
        assert_eq!((&*handled[0].topic, &*handled[0].payload), (topic, &b"\xEF\xBB\xBF1"[..]));
        assert_eq!(run.output(), None);
    }
}

#[test]
fn mqtt_2_2_2_1_reserved_flags_of_all_packets_that_go_out_are_those_of_table_2_2() {
    let agent = CompleteAgent::<4, 32>::new();
    let mut world = World::new(&agent);
    let run = world.run(60);
    let mut sent = world.sent();
    world.answer(&kit::CONNACK);
    agent.try_submit(&message_at(QOS_2, "a", b"")).unwrap();
    agent.try_submit(&Request::Subscribe(&[("a", QOS_2)])).unwrap();
    agent.try_submit(&Request::Unsubscribe(&["a"])).unwrap();
    agent.try_submit(&Request::Ping).unwrap();
    sent.extend(world.sent());
    for packet in [
        acknowledgement(PUBREC, 1),
        publish_packet(0x32, "m", Some(7), b""),
        publish_packet(0x34, "m", Some(8), b""),
        acknowledgement(PUBREL, 8),
        PINGRESP.to_vec(),
    ] {
        world.answer(&packet);
        sent.extend(world.sent());
    }
    agent.try_submit(&Request::Disconnect).unwrap();
    sent.extend(world.sent());
    assert_eq!(run.output(), Some(Ok(())));
    let mut first_bytes: Vec<u8> = packets(&sent).iter().map(|packet| packet[0]).collect();
    first_bytes.sort_unstable();
    // All that a client sends.
    assert_eq!(first_bytes, [0x10, 0x34, 0x40, 0x50, 0x62, 0x70, 0x82, 0xA2, 0xC0, 0xE0]);
}

#[test]
fn mqtt_2_2_2_2_any_other_flags_of_a_packet_that_comes_end_the_connection() {
    for (valid, rest) in [
        (PUBACK, &[2, 0, 1][..]),
        (PUBREC, &[2, 0, 1]),
        (PUBREL, &[2, 0, 1]),
        (PUBCOMP, &[2, 0, 1]),
        (0x90, &[3, 0, 1, 0]),
        (UNSUBACK, &[2, 0, 1]),
        (0xD0, &[0]),
    ] {
        for flags in 0..16 {
            let agent = CompleteAgent::<2, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            // PINGRESP may come, and all else may at any time.
            agent.try_submit(&Request::Ping).unwrap();
            assert_eq!(world.sent(), PINGREQ);
            let first_byte = valid & 0xF0 | flags;
            world.answer(&[&[first_byte], rest].concat());
            let expected = if first_byte == valid { None } else { Some(Err(Error::Protocol)) };
            assert_eq!(run.output(), expected, "{first_byte:#X}");
            assert!(expected.is_none() || world.sent().is_empty(), "{first_byte:#X}");
        }
    }
    for flags in 1..16 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.dial(60);
        world.answer(&[0x20 | flags, 2, 0, 0]);
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "CONNACK {flags}");
    }
}

#[test]
fn mqtt_2_3_1_2_no_packet_of_any_kind_gets_an_identifier_that_is_in_use() {
    let agent = CompleteAgent::<5, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let mut run = world.open(0);
    // Identifiers in use, with the answer that is due.
    let mut in_use: Vec<(u16, u8)> = Vec::new();
    let mut random = 1_u32;
    let mut dice = |sides: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) as usize % sides
    };
    for _ in 0..3000 {
        match dice(16) {
            0..8 if in_use.len() < 5 => {
                let (answer, at) = match dice(4) {
                    0 => (agent.try_submit(&message_at(QOS_1, "t", b"")).map(|()| PUBACK).unwrap(), 5),
                    1 => (agent.try_submit(&message_at(QOS_2, "t", b"")).map(|()| PUBREC).unwrap(), 5),
                    2 => (agent.try_submit(&Request::Subscribe(&[("t", QOS_1)])).map(|()| 0x90).unwrap(), 2),
                    _ => (agent.try_submit(&Request::Unsubscribe(&["t"])).map(|()| UNSUBACK).unwrap(), 2),
                };
                let sent = world.sent();
                let identifier = u16::from_be_bytes([sent[at], sent[at + 1]]);
                assert_ne!(identifier, 0);
                assert!(in_use.iter().all(|&(other, _)| other != identifier), "{identifier} of {in_use:?}");
                in_use.push((identifier, answer));
            }
            15 => {
                run.cancel();
                run = world.resume();
                // Subscriptions are lost with their connection.
                in_use.retain(|&(_, answer)| [PUBACK, PUBREC, PUBCOMP].contains(&answer));
                // [MQTT-2.3.1-3]: all others go out again with the identifiers that they had.
                let sent = world.sent();
                let again = packets(&sent).into_iter().map(|packet| match packet[0] {
                    PUBREL => (u16::from_be_bytes([packet[2], packet[3]]), PUBCOMP),
                    0x3A => (u16::from_be_bytes([packet[5], packet[6]]), PUBACK),
                    0x3C => (u16::from_be_bytes([packet[5], packet[6]]), PUBREC),
                    first_byte => panic!("{first_byte:#X}"),
                });
                let mut again = Vec::from_iter(again);
                again.sort_unstable();
                in_use.sort_unstable();
                assert_eq!(again, in_use);
            }
            _ if !in_use.is_empty() => {
                let (identifier, answer) = in_use.remove(dice(in_use.len()));
                world.answer(&if answer == 0x90 { suback(identifier) } else { acknowledgement(answer, identifier) });
                if answer == PUBREC {
                    in_use.push((identifier, PUBCOMP));
                    assert_eq!(world.sent(), acknowledgement(PUBREL, identifier));
                }
            }
            _ => {}
        }
    }
    assert_eq!(run.output(), None);
}

#[test]
fn mqtt_2_3_1_3_an_identifier_is_free_again_after_the_answer_that_ends_the_exchange() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(0);
    for _ in 0..2 {
        for kind in 0..4 {
            match kind {
                0 => agent.try_submit(&message_at(QOS_1, "t", b"")),
                1 => agent.try_submit(&message_at(QOS_2, "t", b"")),
                2 => agent.try_submit(&Request::Subscribe(&[("t", QOS_1)])),
                _ => agent.try_submit(&Request::Unsubscribe(&["t"])),
            }
            .unwrap();
            let it = identifier(&world.sent());
            let answers = match kind {
                0 => vec![acknowledgement(PUBACK, it)],
                1 => vec![acknowledgement(PUBREC, it), acknowledgement(PUBCOMP, it)],
                2 => vec![suback(it)],
                _ => vec![acknowledgement(UNSUBACK, it)],
            };
            for answer in answers {
                // There is one slot, and its identifier is in use.
                assert_eq!(agent.try_submit(&message("t", b"")), Err(CommandError::QueueFull), "{kind}");
                world.answer(&answer);
            }
            world.sent();
        }
    }
    world.assert_all_slots_are_free();
}

/// A payload that can be read once.
fn read_once() -> &'static FnPayload<impl Fn(usize, &mut [u8]) -> usize + Sync> {
    let reads = AtomicUsize::new(0);
    Box::leak(Box::new(FnPayload::new(3, move |_, buffer: &mut [u8]| {
        if reads.fetch_add(1, Relaxed) > 0 {
            return 0;
        }
        buffer[..3].fill(7);
        3
    })))
}

/// Publishes with QoS 2, and cannot be stopped.
enum Unstoppable {}

impl Profile for Unstoppable {
    const TIMEOUT_MS: u32 = kit::TIMEOUT;
    const PUBLISH: u8 = 2;
    type RequestedQoS = QoS;
    type Identifiers = [AtomicU16; 0];
    type Source = Option<&'static dyn Payload>;
    type Completion = ();
}

/// The packet identifier of the message behind one whose payload has ended early, in the same slot and session. The Server
/// knows that of the first one.
fn identifier_after_a_payload_that_ended_early<P: Profile>() -> u16 {
    let agent = slimqtt_agent::Agent::<P, 2, 32, { kit::RECEIVE }>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    agent.try_submit(&Request::PublishFrom(Publish { qos: QOS_2, retain: false, topic: "a" }, read_once())).unwrap();
    assert_eq!(world.sent(), publish_packet(0x34, "a", Some(1), &[7; 3]));
    run.cancel();
    let run = world.dial(0);
    world.answer(&RESUMED);
    assert_eq!(run.output(), Some(Err(Error::PayloadEnded)));
    let _run = world.resume();
    agent.try_submit(&message_at(QOS_2, "b", b"")).unwrap();
    let sent = world.sent();
    let identifier = u16::from_be_bytes([sent[5], sent[6]]);
    assert_eq!(sent, publish_packet(0x34, "b", Some(identifier), b""));
    identifier
}

#[test]
fn mqtt_2_3_1_3_an_identifier_that_the_server_may_know_is_not_given_again_after_a_payload_has_ended_early() {
    assert_ne!(identifier_after_a_payload_that_ended_early::<Complete>(), 1);
}

#[test]
fn mqtt_2_3_1_3_nor_by_an_agent_without_stop() {
    assert_ne!(identifier_after_a_payload_that_ended_early::<Unstoppable>(), 1);
}

#[test]
fn mqtt_3_1_2_9_connect_has_the_flags_and_the_fields_of_what_is_asked_for_in_their_order() {
    let wills = [QoS::AtMostOnce, QOS_1, QOS_2]
        .into_iter()
        .flat_map(|qos| [false, true].map(|retain| Some(Will { qos, retain, topic: "will/µ", message: b"\0\xFF" })));
    let mut flags_seen = Vec::new();
    for will in wills.chain([None]) {
        for user_name in [None, Some("µser")] {
            for password in [None, Some(&b"\0\xFE"[..])] {
                for clean_session in [false, true] {
                    let packet = wire::Connect { clean_session, will, user_name, password, ..BARE };
                    let connect = Connect::<64>::from_packet(&packet);
                    if password.is_some() && user_name.is_none() {
                        // [MQTT-3.1.2-22]
                        assert_eq!(connect.unwrap_err(), EncodeError::Contradiction);
                        continue;
                    }
                    let mut flags = u8::from(clean_session) << 1;
                    let mut payload = b"\0\x01c".to_vec();
                    if let Some(will) = will {
                        flags |= 0x04 | (will.qos as u8) << 3 | u8::from(will.retain) << 5;
                        payload.extend(b"\0\x07will/\xC2\xB5\0\x02\0\xFF");
                    }
                    if user_name.is_some() {
                        flags |= 0x80;
                        payload.extend(b"\0\x05\xC2\xB5ser");
                    }
                    if password.is_some() {
                        flags |= 0x40;
                        payload.extend(b"\0\x02\0\xFE");
                    }
                    let mut expected = vec![0x10, 10 + payload.len() as u8];
                    expected.extend(b"\0\x04MQTT\x04");
                    expected.extend([flags, 0, 60]);
                    expected.extend(payload);
                    assert_eq!(connect.unwrap().packet(), expected, "{packet:?}");
                    flags_seen.push(flags);
                }
            }
        }
    }
    // Without a Will its QoS and Retain are 0, its QoS is never 3, and bit 0 is 0.
    assert_eq!(flags_seen.len(), 42);
    assert!(flags_seen.iter().all(|flags| flags & 0x04 != 0 || flags & 0x38 == 0));
    assert!(flags_seen.iter().all(|flags| flags & 0x18 != 0x18 && flags & 0x01 == 0));
}

#[test]
fn mqtt_3_1_3_7_an_empty_client_identifier_needs_a_clean_session() {
    let empty = wire::Connect { client_identifier: "", ..BARE };
    let connect = Connect::<64>::from_packet(&empty).unwrap();
    assert_eq!(connect.packet(), b"\x10\x0C\0\x04MQTT\x04\x02\0\x3C\0\0");
    let kept = wire::Connect { clean_session: false, ..empty };
    assert_eq!(Connect::<64>::from_packet(&kept).unwrap_err(), EncodeError::Contradiction);
    let named = wire::Connect { clean_session: false, ..BARE };
    assert_eq!(Connect::<64>::from_packet(&named).unwrap().packet(), b"\x10\x0D\0\x04MQTT\x04\0\0\x3C\0\x01c");
}

#[test]
fn mqtt_3_1_3_10_texts_of_connect_are_utf_8_without_null_and_the_will_topic_is_a_topic_name() {
    let will = |topic| Some(Will { qos: QOS_1, retain: false, topic, message: b"" });
    for (why, packet, error) in [
        ("3.1.3-4", wire::Connect { client_identifier: "\0", ..BARE }, EncodeError::NullCharacter),
        ("3.1.3-11", wire::Connect { user_name: Some("a\0"), ..BARE }, EncodeError::NullCharacter),
        ("3.1.3-10", wire::Connect { will: will("a\0"), ..BARE }, EncodeError::InvalidTopicName),
        ("4.7.1-1", wire::Connect { will: will("a/+"), ..BARE }, EncodeError::InvalidTopicName),
        ("4.7.1-1", wire::Connect { will: will("#"), ..BARE }, EncodeError::InvalidTopicName),
        ("4.7.3-1", wire::Connect { will: will(""), ..BARE }, EncodeError::InvalidTopicName),
    ] {
        assert_eq!(Connect::<64>::from_packet(&packet).unwrap_err(), error, "{why}");
    }
    // All other characters are theirs, byte by byte.
    let text = "µ€\u{10FFFF}";
    let packet = wire::Connect { client_identifier: text, user_name: Some(text), will: will(text), ..BARE };
    let connect = Connect::<96>::from_packet(&packet).unwrap();
    assert_eq!(connect.packet().windows(text.len()).filter(|bytes| *bytes == text.as_bytes()).count(), 3);
}

#[test]
fn mqtt_3_1_0_2_connect_is_sent_once_on_a_connection() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let mut sent = Vec::new();
    for _ in 0..20 {
        agent.try_submit(&message("a", b"")).unwrap();
        world.pass(silence(60));
        world.answer(&PINGRESP);
        sent.extend(world.sent());
    }
    assert!(packets(&sent).iter().all(|packet| packet[0] != 0x10));
    assert_eq!(run.output(), None);
}

#[test]
fn mqtt_3_1_2_6_state_of_a_clean_session_is_not_used_in_the_next_one() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let lost = world.publish_at(QOS_1, "a");
    world.settle();
    world.answer(&publish_packet(0x34, "b", Some(5), b""));
    assert_eq!(world.handled().len(), 1);
    run.cancel();
    world.sent();
    world.clean_session = false;
    // With a session that this client has not begun: another one has had the same identifier in between.
    let _run = world.resume();
    assert_eq!((world.sent(), lost.output()), (vec![], Some(Err(CommandError::SessionLost))));
    world.answer(&publish_packet(0x34, "c", Some(5), b""));
    assert_eq!(world.handled().len(), 1, "another message");
}

#[test]
fn mqtt_3_1_2_23_no_silence_is_as_long_as_keep_alive_however_late_pingresp_is() {
    const STEP: u32 = 125;
    for keep_alive in [1, 2, 6] {
        for late in (0..8000).step_by(STEP as usize) {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(keep_alive);
            let (mut silence, mut answer_in) = (0, None);
            for _ in 0..30_000 / STEP {
                world.pass(STEP);
                silence += STEP;
                answer_in = answer_in.map(|left: u32| left.saturating_sub(STEP));
                if answer_in == Some(0) {
                    answer_in = None;
                    world.answer(&PINGRESP);
                }
                if run.output().is_some() {
                    // It did not wait any longer.
                    assert_eq!(run.output(), Some(Err(Error::Timeout)));
                    break;
                }
                if world.sent() == PINGREQ {
                    (silence, answer_in) = (0, Some(late.max(STEP)));
                }
                assert!(silence < u32::from(keep_alive) * 1000, "{keep_alive} s, {late} ms late");
            }
        }
    }
}

#[test]
fn mqtt_3_3_1_3_dup_and_retain_of_a_message_that_came_do_not_go_with_the_answer() {
    for qos in [QOS_1, QOS_2] {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        world.reaction = Rc::new(|| agent.try_submit(&message_at(qos, "answer", b"")).unwrap());
        let _run = world.open(60);
        let first_byte = 0x30 | (qos as u8) << 1;
        world.answer(&publish_packet(first_byte | DUP | RETAIN, "question", Some(7), b""));
        let sent = world.sent();
        assert!(packets(&sent).contains(&&*publish_packet(first_byte, "answer", Some(1), b"")), "{sent:?}");
    }
}

#[test]
fn mqtt_3_3_1_10_a_retained_message_may_be_empty() {
    for qos in [QoS::AtMostOnce, QOS_1, QOS_2] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        agent.try_submit(&Request::Publish(Publish { qos, retain: true, topic: "a" }, b"")).unwrap();
        let identifier = (qos != QoS::AtMostOnce).then_some(1);
        assert_eq!(world.sent(), publish_packet(0x30 | RETAIN | (qos as u8) << 1, "a", identifier, b""));
    }
}

#[test]
fn mqtt_3_8_3_3_a_subscribe_or_unsubscribe_without_filters_is_refused() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let invalid = Err(CommandError::Invalid(EncodeError::EmptyList));
    assert_eq!(agent.try_submit(&Request::Subscribe(&[])), invalid);
    assert_eq!(agent.try_submit(&Request::Unsubscribe(&[])), invalid);
    assert_eq!(world.sent(), b"");
    world.assert_all_slots_are_free();
}

#[test]
fn mqtt_3_8_3_4_the_options_of_a_subscription_are_its_qos_and_nothing_else() {
    for (qos, options) in [(QoS::AtMostOnce, 0), (QOS_1, 1), (QOS_2, 2)] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        agent.try_submit(&Request::Subscribe(&[("a", qos)])).unwrap();
        assert_eq!(world.sent(), [0x82, 6, 0, 1, 0, 1, b'a', options]);
    }
}

#[test]
fn mqtt_3_10_3_1_filters_of_unsubscribe_are_sent_byte_by_byte_as_those_of_subscribe() {
    for filter in ["#", "+", "/", "a", "A", "a/#", "+/+", "//", "$SYS/#", "µ/€", "a\u{30A}", "\u{E5}", "\u{FEFF}"] {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        let mut field = vec![0, filter.len() as u8];
        field.extend(filter.as_bytes());
        agent.try_submit(&Request::Subscribe(&[(filter, QoS::AtMostOnce)])).unwrap();
        assert_eq!(world.sent()[4..], [&field[..], &[0]].concat(), "{filter:?}");
        agent.try_submit(&Request::Unsubscribe(&[filter])).unwrap();
        assert_eq!(world.sent()[4..], field, "{filter:?}");
    }
}

#[test]
fn mqtt_4_1_0_1_the_state_of_a_session_is_kept_for_as_long_as_it_takes() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    let tasks = [QOS_1, QOS_2, QOS_2].map(|qos| world.publish_at(qos, "a"));
    world.settle();
    world.answer(&acknowledgement(PUBREC, 3));
    world.answer(&publish_packet(0x34, "m", Some(9), b""));
    assert_eq!(world.handled().len(), 1);
    // While a connection is open, and while there is none: the clock goes round twice each time.
    for _ in 0..4 {
        world.pass(1 << 31);
    }
    assert_eq!(run.output(), None);
    run.cancel();
    world.sent();
    for _ in 0..4 {
        world.pass(1 << 31);
    }
    let _run = world.resume();
    let sent = world.sent();
    let mut again = packets(&sent);
    again.sort_unstable();
    let [a, b] = [(QOS_1, 1), (QOS_2, 2)]
        .map(|(qos, identifier)| publish_packet(0x30 | DUP | (qos as u8) << 1, "a", Some(identifier), b""));
    assert_eq!(again, [&*a, &*b, &*acknowledgement(PUBREL, 3)]);
    world.answer(&publish_packet(0x34 | DUP, "m", Some(9), b""));
    assert_eq!((world.handled(), world.sent()), (vec![], acknowledgement(PUBREC, 9)));
    assert!(tasks.iter().all(|task| task.output().is_none()));
}

#[test]
fn mqtt_4_5_0_2_messages_that_nobody_has_subscribed_to_are_acknowledged_too() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    // In one part and in several. The handler only looks on.
    for (identifier, size) in [(1, 0), (2, 5), (3, 200)] {
        for (first_byte, reply) in [(0x32, PUBACK), (0x33, PUBACK), (0x34, PUBREC), (0x3D, PUBREC)] {
            world.answer(&publish_packet(first_byte, "t", Some(identifier), &vec![0; size]));
            assert_eq!(world.sent(), acknowledgement(reply, identifier), "{size}");
        }
        world.answer(&acknowledgement(PUBREL, identifier));
        assert_eq!((world.sent(), run.output()), (acknowledgement(PUBCOMP, identifier), None));
    }
}

#[test]
fn an_agent_without_messages_drops_each_publish_unread_and_unanswered() {
    for packet in [
        publish_packet(0x32, "a", Some(1), b""),
        publish_packet(0x34, "a", Some(1), b""),
        publish_packet(0x36, "a", Some(1), b""),
        publish_packet(0x38, "a", None, b""),
        publish_packet(0x32, "#", Some(0), b""),
        b"\x30\x03\0\x01\xFF".to_vec(),
        b"\x30\0".to_vec(),
    ] {
        let agent = kit::Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.answer(&packet);
        assert_eq!((run.output(), world.sent(), world.handled()), (None, vec![], vec![]), "{packet:?}");
    }
}

/// Receives messages up to this QoS.
enum Receives<const QOS: u8> {}

impl<const QOS: u8> Profile for Receives<QOS> {
    const TIMEOUT_MS: u32 = 5000;
    const SUBSCRIBE: bool = true;
    const RECEIVE: Option<u8> = Some(QOS);
    type RequestedQoS = QoS;
    type Identifiers = [AtomicU16; 0];
    type Source = ();
    type Completion = ();
}

/// The answer to a message with each QoS.
fn answers<const QOS: u8>() -> [Result<Vec<u8>, Error>; 3] {
    [(0x30, None), (0x32, Some(7)), (0x34, Some(7))].map(|(first_byte, identifier)| {
        let agent = slimqtt_agent::Agent::<Receives<QOS>, 1, 32, { kit::RECEIVE }>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.answer(&publish_packet(first_byte, "a", identifier, b""));
        match run.output() {
            None => Ok(world.sent()),
            Some(ended) => Err(ended.unwrap_err()),
        }
    })
}

#[test]
fn a_message_with_a_higher_qos_than_the_agent_can_have_asked_for_is_a_protocol_error() {
    assert_eq!(answers::<0>(), [Ok(vec![]), Err(Error::Protocol), Err(Error::Protocol)]);
    assert_eq!(answers::<1>(), [Ok(vec![]), Ok(acknowledgement(PUBACK, 7)), Err(Error::Protocol)]);
}

#[test]
fn mqtt_4_6_0_2_pubacks_and_pubrecs_go_out_in_the_order_of_the_messages() {
    // All at once, one after another, while the transport takes nothing, byte by byte.
    for way in 0..4 {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        let messages: Vec<_> = [(0x32, 9), (0x34, 3), (0x32, 4), (0x34, 8), (0x3A, 1), (0x3C, 3), (0x32, 9)]
            .map(|(first_byte, identifier)| publish_packet(first_byte, "t", Some(identifier), b""))
            .into();
        match way {
            0 => world.answer(&messages.concat()),
            1 => messages.iter().for_each(|packet| world.answer(packet)),
            2 => {
                world.server.take(0);
                messages.iter().for_each(|packet| world.answer(packet));
                world.server.take_all();
            }
            _ => {
                world.server.limit_writes(1);
                world.server.hesitate();
                world.server.trickle(&messages.concat());
            }
        }
        let replies = [(PUBACK, 9), (PUBREC, 3), (PUBACK, 4), (PUBREC, 8), (PUBACK, 1), (PUBREC, 3), (PUBACK, 9)];
        let replies = replies.map(|(first_byte, identifier)| acknowledgement(first_byte, identifier));
        assert_eq!(world.sent(), replies.concat(), "{way}");
    }
}

#[test]
fn a_pubrec_for_no_message_is_answered_before_what_is_in_line() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let _tasks = ["a", "b"].map(|topic| world.publish_at(QOS_2, topic));
    world.sent();
    world.answer(&[1, 9, 2].map(|identifier| acknowledgement(PUBREC, identifier)).concat());
    assert_eq!(world.sent(), [9, 1, 2].map(|identifier| acknowledgement(PUBREL, identifier)).concat());
}

#[test]
fn mqtt_4_8_0_1_after_a_protocol_violation_nothing_more_is_sent_and_the_connection_ends() {
    for violation in [
        &kit::CONNACK[..],
        &PINGRESP,
        &DISCONNECT,
        &[0x00, 0],
        &[0xF0, 0],
        b"\x82\x06\0\x01\0\x01a\0",
        b"\x36\x05\0\x01a\0\x01",
        b"\x30\x03\0\x01#",
        b"\x30\xFF\xFF\xFF\xFF",
    ] {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(0);
        agent.try_submit(&message("a", b"")).unwrap();
        agent.try_submit(&message("b", b"")).unwrap();
        world.settle();
        // In one piece with a message that would be answered.
        world.answer(&[violation, &publish_packet(0x32, "m", Some(1), b"")].concat());
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{violation:?}");
        world.server.take_all();
        world.pass(100_000);
        assert_eq!((world.sent(), world.handled()), (vec![], vec![]), "{violation:?}");
        assert_eq!(world.clock.timers(), 0);
    }
}

#[test]
fn the_packets_of_a_connection_are_all_that_a_stream_of_bytes_has_to_carry() {
    // [MQTT-7.1.2-1]: in order and without loss, in whatever pieces.
    for limit in [1, 2, 7, 100] {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        world.server.limit_writes(limit);
        let run = world.run(60);
        assert_eq!(world.sent(), connect_bytes(60));
        world.server.trickle(&kit::CONNACK);
        let done = world.publish_at(QOS_1, "a");
        assert_eq!(world.sent(), publish_packet(0x32, "a", Some(1), b""));
        world.server.trickle(&acknowledgement(PUBACK, 1));
        agent.try_submit(&Request::Disconnect).unwrap();
        assert_eq!(world.sent(), DISCONNECT);
        assert_eq!((done.output(), run.output()), (Some(Ok(())), Some(Ok(()))));
    }
}
