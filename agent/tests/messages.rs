//! Messages that come: what their handler gets, and what the Server is told.

mod kit;

use std::cell::Cell;
use std::rc::Rc;

use kit::{
    CompleteAgent, DISCONNECT, DUP, End, Handled, PUBACK, PUBCOMP, PUBREC, PUBREL, RECEIVE, RETAIN, Task, World,
    acknowledgement, connect_bytes, message, message_at, publish_bytes, publish_packet, publishes,
};
use slimqtt_agent::request::Request;
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{CommandError, Error};

type Complete<'a, const COMMANDS: usize> = World<'a, COMMANDS, 32, kit::Complete>;

/// A message that came in one piece.
fn whole(topic: &str, payload: &[u8], qos: QoS) -> Handled {
    Handled {
        topic: topic.to_owned(),
        payload: payload.to_vec(),
        qos,
        retain: false,
        dup: false,
        offset: 0,
        length: payload.len(),
    }
}

fn qos_1(topic: &str, identifier: u16) -> Vec<u8> {
    publish_packet(0x32, topic, Some(identifier), b"")
}

fn qos_2(topic: &str, identifier: u16) -> Vec<u8> {
    publish_packet(0x34, topic, Some(identifier), b"")
}

fn cut<const COMMANDS: usize>(world: &Complete<'_, COMMANDS>, run: &Task<'_, Result<(), Error>>) {
    world.server.end_reads(End::Closed);
    world.settle();
    assert_eq!(run.output(), Some(Err(Error::Closed)));
}

fn topics<const COMMANDS: usize>(world: &Complete<'_, COMMANDS>) -> Vec<String> {
    world.handled().into_iter().map(|message| message.topic).collect()
}

#[test]
fn a_message_with_qos_0_is_handed_over_and_nothing_is_sent() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.answer(b"\x30\x09\x00\x03a/b21.5");
    assert_eq!(world.handled(), [whole("a/b", b"21.5", QoS::AtMostOnce)]);
    assert_eq!((world.sent(), run.output()), (vec![], None));
}

#[test]
fn a_message_with_qos_1_is_handed_over_and_answered_with_puback() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.answer(b"\x32\x0B\x00\x03a/b\x12\x3421.5");
    assert_eq!(world.handled(), [whole("a/b", b"21.5", QoS::AtLeastOnce)]);
    assert_eq!(world.sent(), b"\x40\x02\x12\x34");
    assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
    assert_eq!(run.output(), None);
}

#[test]
fn a_message_with_qos_2_is_handed_over_at_once_and_both_its_packets_are_answered() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.answer(b"\x34\x0B\x00\x03a/b\x12\x3421.5");
    assert_eq!(world.handled(), [whole("a/b", b"21.5", QoS::ExactlyOnce)]);
    assert_eq!(world.sent(), b"\x50\x02\x12\x34");
    world.answer(b"\x62\x02\x12\x34");
    assert_eq!((world.handled(), world.sent()), (vec![], b"\x70\x02\x12\x34".to_vec()));
    assert_eq!(run.output(), None);
}

#[test]
fn the_handler_is_told_all_flags() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        for retain in [false, true] {
            for dup in [false, true] {
                if dup && qos == QoS::AtMostOnce {
                    continue;
                }
                let agent = CompleteAgent::<1, 32>::new();
                let mut world = World::new(&agent);
                let run = world.open(60);
                let flags = if retain { RETAIN } else { 0 } | if dup { DUP } else { 0 };
                let identifier = (qos != QoS::AtMostOnce).then_some(7);
                world.answer(&publish_packet(0x30 | (qos as u8) << 1 | flags, "a", identifier, b"1"));
                assert_eq!(world.handled(), [Handled { retain, dup, ..whole("a", b"1", qos) }]);
                assert_eq!(run.output(), None);
            }
        }
    }
}

#[test]
fn payload_may_be_empty_and_identifiers_are_any() {
    for identifier in [1, 2, 0xFF, 0x100, 0xFFFF] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        world.answer(&[qos_1("a", identifier), qos_2("b", identifier)].concat());
        assert_eq!(topics(&world), ["a", "b"]);
        assert_eq!(world.sent(), [acknowledgement(PUBACK, identifier), acknowledgement(PUBREC, identifier)].concat());
    }
}

#[test]
fn a_message_with_qos_1_that_comes_again_is_handed_over_again() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    for _ in 0..2 {
        world.answer(&qos_1("a", 5));
        assert_eq!((topics(&world), world.sent()), (vec!["a".to_owned()], acknowledgement(PUBACK, 5)));
    }
}

#[test]
fn a_message_with_qos_2_that_comes_again_is_answered_but_not_handed_over_again() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.answer(&qos_2("a", 5));
    assert_eq!((topics(&world), world.sent()), (vec!["a".to_owned()], acknowledgement(PUBREC, 5)));
    for flags in [0x34 | DUP, 0x34] {
        world.answer(&publish_packet(flags, "a", Some(5), b""));
        assert_eq!((world.handled(), world.sent()), (vec![], acknowledgement(PUBREC, 5)));
    }
    // After PUBREL the identifier names another message.
    world.answer(&acknowledgement(PUBREL, 5));
    assert_eq!(world.sent(), acknowledgement(PUBCOMP, 5));
    world.answer(&qos_2("b", 5));
    assert_eq!((topics(&world), world.sent()), (vec!["b".to_owned()], acknowledgement(PUBREC, 5)));
}

#[test]
fn identifiers_of_qos_1_and_of_both_directions_are_others() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let out = world.submit("out", message_at(QoS::ExactlyOnce, "out", b""));
    world.settle();
    world.sent();
    world.answer(&qos_2("a", 1));
    world.answer(&qos_1("b", 1));
    assert_eq!(topics(&world), ["a", "b"]);
    assert_eq!(world.sent(), [acknowledgement(PUBREC, 1), acknowledgement(PUBACK, 1)].concat());
    world.answer(&acknowledgement(PUBREC, 1));
    assert_eq!(world.sent(), acknowledgement(PUBREL, 1));
    world.answer(&acknowledgement(PUBREL, 1));
    assert_eq!((world.sent(), out.output()), (acknowledgement(PUBCOMP, 1), None));
    world.answer(&acknowledgement(PUBCOMP, 1));
    assert_eq!(out.output(), Some(Ok(())));
}

#[test]
fn an_unknown_pubrel_is_answered_with_pubcomp() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    for identifier in [1, 0xFFFF, 1] {
        world.answer(&acknowledgement(PUBREL, identifier));
        assert_eq!((world.sent(), run.output()), (acknowledgement(PUBCOMP, identifier), None));
    }
    assert_eq!(world.handled(), []);
}

#[test]
fn with_the_session_a_message_with_qos_2_is_handed_over_once_over_many_connections() {
    // However much of PUBREC was sent.
    for taken in 0..=4 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        world.clean_session = false;
        let run = world.open(0);
        world.server.take(taken);
        world.answer(&qos_2("a", 5));
        assert_eq!(
            (topics(&world), world.sent()),
            (vec!["a".to_owned()], acknowledgement(PUBREC, 5)[..taken].to_vec())
        );
        cut(&world, &run);
        for _ in 0..2 {
            let run = world.resume();
            // The Server sends it again, not the Client.
            assert_eq!(world.sent(), b"");
            world.answer(&publish_packet(0x34 | DUP, "a", Some(5), b""));
            assert_eq!((world.handled(), world.sent()), (vec![], acknowledgement(PUBREC, 5)));
            cut(&world, &run);
        }
        let run = world.resume();
        world.server.take(0);
        world.answer(&acknowledgement(PUBREL, 5));
        cut(&world, &run);
        // PUBCOMP was lost.
        let _run = world.resume();
        world.answer(&acknowledgement(PUBREL, 5));
        assert_eq!(world.sent(), acknowledgement(PUBCOMP, 5));
        world.answer(&qos_2("b", 5));
        assert_eq!(topics(&world), ["b"]);
    }
}

#[test]
fn without_the_session_identifiers_of_qos_2_name_other_messages() {
    for clean_session in [false, true] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        world.clean_session = clean_session;
        let run = world.open(0);
        world.answer(&[qos_2("a", 5), qos_2("b", 6)].concat());
        assert_eq!(topics(&world), ["a", "b"]);
        cut(&world, &run);
        let _run = world.open(0);
        world.answer(&[qos_2("c", 5), qos_2("d", 7)].concat());
        assert_eq!(topics(&world), ["c", "d"]);
        assert_eq!(world.sent(), [acknowledgement(PUBREC, 5), acknowledgement(PUBREC, 7)].concat());
    }
}

#[test]
fn a_connection_that_is_refused_forgets_nothing() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    world.answer(&qos_2("a", 5));
    assert_eq!(topics(&world), ["a"]);
    cut(&world, &run);
    let run = world.dial(0);
    world.answer(&[0x20, 2, 0, 3]);
    assert!(matches!(run.output(), Some(Err(Error::Refused(_)))));
    let _run = world.resume();
    world.answer(&publish_packet(0x34 | DUP, "a", Some(5), b""));
    assert_eq!((world.handled(), world.sent()), (vec![], acknowledgement(PUBREC, 5)));
}

#[test]
fn mqtt_4_8_0_2_a_message_with_qos_2_for_which_there_is_no_room_ends_the_connection_and_comes_with_the_next() {
    // In one part and in several.
    for payload in [&[0; 1][..], &[0; 100]] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        world.clean_session = false;
        let run = world.open(0);
        world.answer(&[qos_2("a", 1), qos_2("b", 2)].concat());
        assert_eq!(topics(&world), ["a", "b"]);
        world.sent();
        // Those that are known, and all of lower QoS, need none.
        world.answer(&[publish_packet(0x34 | DUP, "a", Some(1), b""), qos_1("e", 5), publish_bytes("f", b"")].concat());
        assert_eq!(topics(&world), ["e", "f"]);
        assert_eq!(world.sent(), [acknowledgement(PUBREC, 1), acknowledgement(PUBACK, 5)].concat());
        world.answer(&publish_packet(0x34, "c", Some(3), payload));
        assert_eq!((world.handled(), world.sent(), run.output()), (vec![], vec![], Some(Err(Error::NoRoom))));
        // Places become free.
        let run = world.resume();
        world.answer(&acknowledgement(PUBREL, 1));
        world.answer(&acknowledgement(PUBREL, 2));
        assert_eq!(world.sent(), [acknowledgement(PUBCOMP, 1), acknowledgement(PUBCOMP, 2)].concat());
        world.answer(&publish_packet(0x34 | DUP, "c", Some(3), b""));
        assert_eq!((topics(&world), world.sent()), (vec!["c".to_owned()], acknowledgement(PUBREC, 3)));
        assert_eq!(run.output(), None);
    }
}

#[test]
fn a_malformed_message_is_a_protocol_error_and_neither_handed_over_nor_acknowledged() {
    for packet in [
        publish_packet(0x30, "", None, b""),
        publish_packet(0x32, "", Some(1), b""),
        publish_packet(0x30, "+", None, b""),
        publish_packet(0x32, "a/#", Some(1), b""),
        publish_packet(0x34, "a/+/b", Some(1), b""),
        publish_packet(0x30, "a\0", None, b""),
        publish_packet(0x32, "a", Some(0), b""),
        publish_packet(0x34, "a", Some(0), b""),
        publish_packet(0x36, "a", Some(1), b""),
        publish_packet(0x36 | DUP, "a", Some(1), b""),
        publish_packet(0x30 | DUP, "a", None, b""),
        b"\x30\x03\x00\x01\xFF".to_vec(),
        b"\x30\x05\x00\x03\xED\xA0\x80".to_vec(),
        b"\x30\x00".to_vec(),
        b"\x30\x01\x00".to_vec(),
        b"\x30\x02\x00\x01".to_vec(),
        b"\x32\x03\x00\x01a".to_vec(),
        b"\x32\x04\x00\x01a\x00".to_vec(),
        b"\x34\x04\x00\x01a\x00".to_vec(),
        // In parts.
        publish_packet(0x30, "", None, &[0; 40]),
        publish_packet(0x30, "+", None, &[0; 40]),
        publish_packet(0x32, "a", Some(0), &[0; 40]),
        publish_packet(0x36, "a", Some(1), &[0; 40]),
        publish_packet(0x30 | DUP, "a", None, &[0; 40]),
        b"\x30\x20\x00\x21".iter().copied().chain([b'a'; 30]).collect(),
    ] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.answer(&packet);
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{packet:?}");
        assert_eq!((world.handled(), world.sent()), (vec![], vec![]), "{packet:?}");
    }
}

#[test]
fn a_malformed_pubrel_is_a_protocol_error() {
    for bytes in [&[0x60, 2, 0, 5][..], &[0x6A, 2, 0, 5], &[0x62, 2, 0, 0], &[0x62, 3, 0, 5, 0], &[0x62, 1, 5]] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.answer(&qos_2("a", 5));
        assert_eq!(world.sent(), acknowledgement(PUBREC, 5));
        world.answer(bytes);
        assert_eq!((run.output(), world.sent()), (Some(Err(Error::Protocol)), vec![]), "{bytes:?}");
    }
}

#[test]
fn a_message_before_connack_is_a_protocol_error() {
    for size in [0, 40] {
        for qos in 0..3 {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.dial(60);
            world.answer(&publish_packet(0x30 | qos << 1, "a", (qos > 0).then_some(1), &vec![0; size]));
            assert_eq!(run.output(), Some(Err(Error::Protocol)));
            assert_eq!((world.handled(), world.sent()), (vec![], vec![]));
        }
    }
}

#[test]
fn messages_behind_connack_in_the_same_piece_are_handed_over() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.dial(60);
    world.answer(&[&kit::CONNACK[..], &qos_1("a", 1), &publish_bytes("b", b"")].concat());
    assert_eq!((topics(&world), world.sent()), (vec!["a".to_owned(), "b".to_owned()], acknowledgement(PUBACK, 1)));
}

/// What the handler gets of a message, by what the receive buffer holds.
fn parts(qos: QoS, topic: &str, payload: &[u8]) -> Vec<Handled> {
    let variable_header = 2 + topic.len() + if qos == QoS::AtMostOnce { 0 } else { 2 };
    let remaining_length = variable_header + payload.len();
    let fixed_header = 1 + match remaining_length {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        _ => 3,
    };
    let room = RECEIVE - fixed_header;
    let message = whole(topic, payload, qos);
    if remaining_length <= room {
        return vec![message];
    }
    if variable_header >= room {
        return vec![Handled { topic: String::new(), payload: vec![], ..message }];
    }
    let mut offset = 0;
    let part = |bytes: &[u8]| {
        let part = Handled { payload: bytes.to_vec(), offset, ..message.clone() };
        offset += bytes.len();
        part
    };
    payload.chunks(room - variable_header).map(part).collect()
}

#[test]
fn a_message_of_any_size_in_any_fragments_is_handed_over_in_parts_and_acknowledged_after_the_last() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let identifier = (qos != QoS::AtMostOnce).then_some(0x1234);
        let reply = match qos {
            QoS::AtMostOnce => vec![],
            QoS::AtLeastOnce => acknowledgement(PUBACK, 0x1234),
            QoS::ExactlyOnce => acknowledgement(PUBREC, 0x1234),
        };
        for topic in ["t", "12345678", "123456789"] {
            for size in (0..40).chain([119, 124, 125, 126, 300, 16_380, 16_381]) {
                let payload: Vec<u8> = (0..size).map(|i| i as u8).collect();
                let packet = publish_packet(0x30 | (qos as u8) << 1, topic, identifier, &payload);
                let fragments: &[_] =
                    if size > 300 { &[13, usize::MAX] } else { &[1, 2, 3, 7, 15, 16, 17, usize::MAX] };
                for &fragment in fragments {
                    let agent = CompleteAgent::<1, 32>::new();
                    let mut world = World::new(&agent);
                    let run = world.open(60);
                    let (last, head) = packet.split_last().unwrap();
                    head.chunks(fragment).for_each(|piece| world.server.send(piece));
                    // No part is the last before its last byte is there, and so nothing is acknowledged.
                    let mut handled = world.handled();
                    let expected = parts(qos, topic, &payload);
                    let skipped = expected[0].topic.is_empty();
                    assert!(skipped || handled.len() < expected.len(), "{qos:?} {topic} {size} by {fragment}");
                    assert_eq!(world.sent(), b"");
                    world.answer(&[*last]);
                    handled.extend(world.handled());
                    assert_eq!(handled, expected, "{qos:?} {topic} {size} by {fragment}");
                    let payloads: Vec<u8> = handled.iter().flat_map(|part| part.payload.clone()).collect();
                    assert!(skipped || payloads == payload);
                    assert_eq!(world.sent(), if skipped { vec![] } else { reply.clone() }, "{topic} {size}");
                    // The next packet is understood.
                    world.answer(&qos_1("n", 9));
                    assert_eq!((topics(&world), world.sent()), (vec!["n".to_owned()], acknowledgement(PUBACK, 9)));
                    assert_eq!(run.output(), None);
                }
            }
        }
    }
}

#[test]
fn of_a_message_whose_topic_does_not_fit_there_is_one_part_without_topic_and_no_acknowledgement() {
    for (first_byte, identifier) in [(0x31, None), (0x32, Some(1)), (0x3C, Some(1))] {
        for topic_length in [14, 15, 16, 40, 1000] {
            for size in [0, 1, 14, 300] {
                let topic = "t".repeat(topic_length);
                let packet = publish_packet(first_byte, &topic, identifier, &vec![7; size]);
                for fragment in [1, 13, usize::MAX] {
                    let agent = CompleteAgent::<1, 32>::new();
                    let mut world = World::new(&agent);
                    let run = world.open(60);
                    packet.chunks(fragment).for_each(|piece| world.server.send(piece));
                    let expected = Handled {
                        retain: first_byte & RETAIN != 0,
                        dup: first_byte & DUP != 0,
                        length: size,
                        ..whole("", b"", QoS::from_u8(first_byte >> 1 & 3).unwrap())
                    };
                    assert_eq!(world.handled(), [expected], "{topic_length} {size}");
                    world.answer(&qos_1("n", 9));
                    assert_eq!((topics(&world), world.sent()), (vec!["n".to_owned()], acknowledgement(PUBACK, 9)));
                    assert_eq!(run.output(), None);
                }
            }
        }
    }
}

#[test]
fn a_message_with_qos_2_in_parts_that_comes_again_is_not_handed_over_again() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    let packet = |first_byte| publish_packet(first_byte, "a", Some(5), &[7; 100]);
    // The connection ends within it: it was not received.
    world.answer(&packet(0x34)[..80]);
    let begun = world.handled();
    assert!(!begun.is_empty() && begun.iter().all(|part| part.topic == "a"));
    cut(&world, &run);
    let run = world.resume();
    world.answer(&packet(0x34 | DUP));
    let handled = world.handled();
    assert_eq!(handled.iter().map(|part| part.payload.len()).sum::<usize>(), 100);
    assert_eq!((handled[0].offset, world.sent()), (0, acknowledgement(PUBREC, 5)));
    // Again on this connection and on the next.
    world.answer(&packet(0x34 | DUP));
    assert_eq!((world.handled(), world.sent()), (vec![], acknowledgement(PUBREC, 5)));
    cut(&world, &run);
    let _run = world.resume();
    world.answer(&packet(0x34 | DUP));
    assert_eq!((world.handled(), world.sent()), (vec![], acknowledgement(PUBREC, 5)));
}

#[test]
fn acknowledgements_that_the_transport_does_not_take_are_not_lost_and_keep_their_order() {
    for taken in 0..12 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(taken);
        let packets = [
            qos_1("a", 1),
            qos_2("b", 2),
            qos_1("c", 3),
            acknowledgement(PUBREL, 2),
            publish_bytes("d", b""),
            publish_packet(0x32, "e", Some(5), &[7; 30]),
            qos_2("f", 6),
        ];
        let replies = [(PUBACK, 1), (PUBREC, 2), (PUBACK, 3), (PUBCOMP, 2), (PUBACK, 5), (PUBREC, 6)];
        let replies = replies.map(|(first_byte, identifier)| acknowledgement(first_byte, identifier)).concat();
        world.answer(&packets.concat());
        // Woken for other reasons, too.
        for _ in 0..3 {
            run.wake();
            world.settle();
        }
        assert_eq!(world.sent(), replies[..taken]);
        for bytes in 1..4 {
            world.server.take(bytes);
            world.settle();
        }
        world.server.take_all();
        assert_eq!(world.sent(), replies[taken..], "{taken}");
        let mut topics = topics(&world);
        topics.dedup();
        assert_eq!(topics, ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(run.output(), None);
    }
}

#[test]
fn acknowledgements_go_between_the_commands_in_line() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.server.take(3);
    agent.try_submit(&message("a", b"")).unwrap();
    agent.try_submit(&message("b", b"")).unwrap();
    world.settle();
    world.answer(&qos_1("m", 7));
    world.server.take_all();
    assert_eq!(world.sent(), [publishes(&["a"]), acknowledgement(PUBACK, 7), publishes(&["b"])].concat());
}

#[test]
fn the_handler_may_give_commands() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    world.reaction = Rc::new(|| agent.try_submit(&message("answer", b"")).unwrap());
    let run = world.open(60);
    for _ in 0..10 {
        world.answer(&qos_1("question", 7));
        let sent = world.sent();
        let (reply, command) = (acknowledgement(PUBACK, 7), publishes(&["answer"]));
        assert!(sent == [&reply[..], &command].concat() || sent == [command, reply].concat(), "{sent:?}");
    }
    assert_eq!(run.output(), None);
    world.assert_all_slots_are_free();
}

#[test]
fn the_handler_may_find_the_queue_full() {
    let agent = CompleteAgent::<1, 32>::new();
    let refused = Cell::new(0);
    let mut world = World::new(&agent);
    world.reaction = Rc::new(|| match agent.try_submit(&message("answer", b"")) {
        Ok(()) => {}
        Err(error) => {
            assert_eq!(error, CommandError::QueueFull);
            refused.set(refused.get() + 1);
        }
    });
    let _run = world.open(60);
    world.server.take(0);
    world.answer(&[publish_bytes("a", b""), publish_bytes("b", b""), publish_bytes("c", b"")].concat());
    world.server.take_all();
    assert_eq!((world.sent(), refused.get()), (publishes(&["answer"]), 2));
}

#[test]
fn the_handler_may_disconnect() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.reaction = Rc::new(|| agent.try_submit(&Request::Disconnect).unwrap());
    let run = world.open(60);
    world.answer(&publish_bytes("a", b""));
    assert_eq!((world.sent(), run.output()), (DISCONNECT.to_vec(), Some(Ok(()))));
}

#[test]
fn messages_that_cross_disconnect_are_not_handed_over() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.hold_flushes(true);
    agent.try_submit(&Request::Disconnect).unwrap();
    assert_eq!(world.sent(), DISCONNECT);
    world.answer(&[qos_1("a", 1), qos_2("b", 2), acknowledgement(PUBREL, 3)].concat());
    assert_eq!((world.handled(), world.sent(), run.output()), (vec![], vec![], None));
    world.server.hold_flushes(false);
    assert_eq!((world.sent(), run.output()), (vec![], Some(Ok(()))));
}

#[test]
fn an_acknowledgement_counts_as_a_packet_for_keep_alive() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.pass(kit::silence(60) - 1);
    world.answer(&qos_1("a", 1));
    assert_eq!(world.sent(), acknowledgement(PUBACK, 1));
    world.pass(kit::silence(60) - 1);
    assert_eq!(world.sent(), b"");
    world.pass(1);
    assert_eq!(world.sent(), kit::PINGREQ);
}

#[test]
fn what_was_not_acknowledged_on_one_connection_is_not_on_the_next() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    world.server.take(1);
    world.answer(&[qos_1("a", 1), qos_1("b", 2)].concat());
    assert_eq!(world.sent(), [PUBACK]);
    run.cancel();
    let _run = world.resume();
    assert_eq!(world.sent(), b"");
}

#[test]
fn connect_is_sent_before_anything_else_whatever_has_come() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.run(60);
    world.server.send(&qos_1("a", 1));
    let sent = world.sent();
    assert!(sent.is_empty() || sent == connect_bytes(60));
    assert_eq!(run.output(), Some(Err(Error::Protocol)));
    assert_eq!(world.handled(), []);
}
