//! PUBLISH with QoS 1, as it goes out, and its acknowledgement.

mod kit;

use std::collections::BTreeSet;

use kit::{
    CompleteAgent, DISCONNECT, PUBACK, PUBCOMP, PUBREC, PUBREL, RETAIN, UNSUBACK, World, acknowledgement, identifier,
    message, message_at, publish_bytes, publish_packet, publishes,
};
use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{CommandError, Error};

/// What becomes of a message on its way when a clean session ends with its connection.
const LOST: Option<Result<(), CommandError>> = Some(Err(CommandError::SessionLost));

const QOS_1: QoS = QoS::AtLeastOnce;

/// A PUBLISH packet without payload.
fn publish(topic: &str, identifier: u16) -> Vec<u8> {
    publish_packet(0x32, topic, Some(identifier), b"")
}

fn puback(identifier: u16) -> Vec<u8> {
    acknowledgement(PUBACK, identifier)
}

#[test]
fn publish_is_byte_exact_and_done_with_its_puback() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let done = world.submit("publish", message_at(QOS_1, "a/b", b"21.5"));
    assert_eq!(world.sent(), b"\x32\x0B\x00\x03a/b\x00\x0121.5");
    assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
    assert_eq!(done.output(), None);
    world.answer(b"\x40\x02\x00\x01");
    assert_eq!((done.output(), run.output(), world.sent()), (Some(Ok(())), None, vec![]));
}

#[test]
fn retain_goes_with_qos_1() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.try_submit(&Request::Publish(Publish { qos: QOS_1, retain: true, topic: "a" }, b"1")).unwrap();
    assert_eq!(world.sent(), publish_packet(0x32 | RETAIN, "a", Some(1), b"1"));
}

#[test]
fn acknowledgements_may_come_in_any_order() {
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let agent = CompleteAgent::<3, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        let tasks = ["a", "b", "c"].map(|topic| world.publish_at(QOS_1, topic));
        assert_eq!(world.sent(), [publish("a", 1), publish("b", 2), publish("c", 3)].concat());
        let mut acknowledged = BTreeSet::new();
        for identifier in order {
            world.answer(&puback(identifier));
            acknowledged.insert(identifier);
            for (identifier, task) in (1..).zip(&tasks) {
                assert_eq!(task.output(), acknowledged.contains(&identifier).then_some(Ok(())), "{order:?}");
            }
        }
        world.assert_all_slots_are_free();
    }
}

#[test]
fn several_acknowledgements_in_one_piece_are_all_understood() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let tasks = ["a", "b", "c"].map(|topic| world.publish_at(QOS_1, topic));
    world.settle();
    world.answer(&[puback(3), puback(1), puback(2)].concat());
    assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 3]);
}

#[test]
fn an_acknowledgement_that_nobody_awaits_is_ignored() {
    for first_byte in [PUBACK, PUBCOMP, UNSUBACK] {
        // Of a free slot, of none, and the first one: nothing was published yet.
        for identifier in [1, 2, 3, 4, 0xFF, 0x100, 0x101, 0xFFFF] {
            let agent = CompleteAgent::<3, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            world.answer(&acknowledgement(first_byte, identifier));
            assert_eq!((run.output(), world.sent()), (None, vec![]), "{first_byte:#X} {identifier}");
            let done = world.publish_at(QOS_1, "a");
            assert_eq!(world.sent(), publish("a", 1));
            if identifier != 1 {
                world.answer(&acknowledgement(first_byte, identifier));
            }
            assert_eq!((run.output(), done.output()), (None, None), "{first_byte:#X} {identifier}");
            world.answer(&puback(1));
            assert_eq!(done.output(), Some(Ok(())));
            // Once more.
            world.answer(&puback(1));
            assert_eq!(run.output(), None);
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn an_acknowledgement_of_another_type_does_not_complete_it() {
    for (bytes, answer) in [
        (acknowledgement(PUBREC, 1), acknowledgement(PUBREL, 1)),
        (acknowledgement(PUBREL, 1), acknowledgement(PUBCOMP, 1)),
        (acknowledgement(PUBCOMP, 1), vec![]),
        (acknowledgement(UNSUBACK, 1), vec![]),
        (vec![0x90, 3, 0, 1, 0], vec![]),
    ] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let done = world.publish_at(QOS_1, "a");
        assert_eq!(world.sent(), publish("a", 1));
        world.answer(&bytes);
        assert_eq!((run.output(), done.output(), world.sent()), (None, None, answer), "{bytes:?}");
        world.answer(&puback(1));
        assert_eq!(done.output(), Some(Ok(())), "{bytes:?}");
    }
}

#[test]
fn a_malformed_acknowledgement_is_a_protocol_error() {
    for bytes in [
        &[PUBACK, 2, 0, 0][..],
        &[PUBACK, 0],
        &[PUBACK, 1, 0],
        &[PUBACK, 3, 0, 1, 0],
        &[PUBACK | 1, 2, 0, 1],
        &[PUBACK | 2, 2, 0, 1],
        &[PUBACK | 8, 2, 0, 1],
    ] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let done = world.publish_at(QOS_1, "a");
        world.settle();
        world.answer(bytes);
        assert_eq!((run.output(), done.output()), (Some(Err(Error::Protocol)), LOST), "{bytes:?}");
    }
}

#[test]
fn mqtt_2_3_1_2_an_identifier_in_use_is_never_given_to_another() {
    let agent = CompleteAgent::<5, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let mut in_flight = Vec::new();
    let mut random = 1_u32;
    for _ in 0..1000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let choice = (random >> 16) as usize;
        if choice & 1 == 0 && in_flight.len() < 5 {
            agent.try_submit(&message_at(QOS_1, "t", b"")).unwrap();
            let sent = world.sent();
            let identifier = u16::from_be_bytes([sent[5], sent[6]]);
            assert_eq!(sent, publish("t", identifier));
            assert!(identifier != 0 && !in_flight.contains(&identifier), "{identifier} of {in_flight:?}");
            in_flight.push(identifier);
        } else if !in_flight.is_empty() {
            let identifier = in_flight.remove(choice / 2 % in_flight.len());
            world.answer(&puback(identifier));
        }
    }
    assert_eq!(run.output(), None);
}

#[test]
fn a_slot_is_taken_until_the_acknowledgement() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.try_submit(&message_at(QOS_1, "a", b"")).unwrap();
    agent.try_submit(&message_at(QOS_1, "b", b"")).unwrap();
    assert_eq!(world.sent(), [publish("a", 1), publish("b", 2)].concat());
    assert_eq!(agent.try_submit(&message("c", b"")), Err(CommandError::QueueFull));
    world.answer(&puback(2));
    assert_eq!(agent.try_submit(&message("c", b"")), Ok(()));
    assert_eq!(agent.try_submit(&message("d", b"")), Err(CommandError::QueueFull));
    assert_eq!(world.sent(), publishes(&["c"]));
    world.answer(&puback(1));
    world.assert_all_slots_are_free();
}

#[test]
fn commands_that_wait_for_a_slot_go_on_with_the_acknowledgements() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.try_submit(&message_at(QOS_1, "a", b"")).unwrap();
    let [b, c] = ["b", "c"].map(|topic| world.publish_at(QOS_1, topic));
    assert_eq!(world.sent(), publish("a", 1));
    world.answer(&puback(1));
    let second = world.sent();
    world.answer(&puback(identifier(&second)));
    let third = world.sent();
    // Who of those who wait is first is nobody's business.
    let mut both = [("b", &second), ("c", &third)];
    if second != publish("b", identifier(&second)) {
        both = [("b", &third), ("c", &second)];
    }
    for (topic, sent) in both {
        assert_eq!(*sent, publish(topic, identifier(sent)));
    }
    world.answer(&puback(identifier(&third)));
    assert_eq!([b.output(), c.output()], [Some(Ok(())); 2]);
}

#[test]
fn messages_with_qos_0_pass_those_that_await_acknowledgement() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let slow = world.publish_at(QOS_1, "slow");
    assert_eq!(world.sent(), publish("slow", 1));
    for topic in ["a", "b", "c"] {
        let done = world.publish(topic);
        assert_eq!((world.sent(), done.output()), (publishes(&[topic]), Some(Ok(()))));
    }
    assert_eq!(slow.output(), None);
}

#[test]
fn disconnect_does_not_wait_for_acknowledgements() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let a = world.publish_at(QOS_1, "a");
    let bye = world.submit("disconnect", Request::Disconnect);
    assert_eq!(world.sent(), [publish("a", 1), DISCONNECT.to_vec()].concat());
    assert_eq!((run.output(), bye.output(), a.output()), (Some(Ok(())), Some(Ok(())), LOST));
}

#[test]
fn an_acknowledgement_before_the_transport_says_that_all_is_sent_counts_afterwards() {
    let packet = publish_packet(0x32, "a", Some(1), b"123");
    for taken in 0..packet.len() {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(taken);
        let done = world.submit("a", message_at(QOS_1, "a", b"123"));
        world.settle();
        world.answer(&puback(1));
        assert_eq!((done.output(), run.output()), (None, None), "{taken}");
        world.server.take_all();
        assert_eq!(world.sent(), packet);
        assert_eq!((done.output(), run.output()), (Some(Ok(())), None), "{taken}");
        world.assert_all_slots_are_free();
    }
}

#[test]
fn packets_behind_an_early_acknowledgement_are_not_lost() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let [a, b] = ["a", "b"].map(|topic| world.publish_at(QOS_1, topic));
    assert_eq!(world.sent(), [publish("a", 1), publish("b", 2)].concat());
    world.server.take(3);
    let c = world.publish_at(QOS_1, "c");
    world.settle();
    let message = publish_packet(0x32, "m", Some(9), b"");
    world.answer(&[puback(3), puback(1), message, puback(2)].concat());
    assert_eq!((c.output(), run.output()), (None, None));
    world.server.take_all();
    assert_eq!(world.sent(), [publish("c", 3), puback(9)].concat());
    assert_eq!([a, b, c].map(|task| task.output()), [Some(Ok(())); 3]);
    assert_eq!(world.handled().len(), 1);
}

#[test]
fn acknowledgements_are_understood_in_any_fragments_of_both_directions() {
    for limit in 1..=8 {
        for hesitates in [false, true] {
            let agent = CompleteAgent::<3, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            world.server.limit_writes(limit);
            if hesitates {
                world.server.hesitate();
            }
            let tasks = ["a", "b", "c"].map(|topic| world.publish_at(QOS_1, topic));
            // They are there before the packets are.
            world.server.trickle(&[puback(2), puback(1), puback(3)].concat());
            let sent = world.sent();
            assert_eq!(sent[..14], [publish("a", 1), publish("b", 2)].concat());
            assert_eq!(sent[14..], publish("c", 3));
            // What came before its packet was begun is that of nobody.
            for identifier in 1..=3 {
                world.answer(&puback(identifier));
            }
            assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 3], "{limit} {hesitates}");
            assert_eq!(run.output(), None);
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn the_command_that_is_acknowledged_ends_and_the_others_wait_on() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let tasks = ["a", "b", "c"].map(|topic| world.publish_at(QOS_1, topic));
    world.settle();
    assert_eq!(tasks.each_ref().map(|task| task.polls()), [1; 3]);
    let outputs = || tasks.each_ref().map(|task| task.output());
    world.answer(&puback(2));
    assert_eq!(outputs(), [None, Some(Ok(())), None]);
    // All of them look when a command is done, and when its slot is free.
    let polls = tasks.each_ref().map(|task| task.polls());
    assert!(polls.iter().all(|&polls| polls <= 3), "{polls:?}");
    // Nobody looks when nothing has ended.
    world.answer(&puback(2));
    assert_eq!(tasks.each_ref().map(|task| task.polls()), polls);
    world.answer(&[puback(3), puback(1)].concat());
    assert_eq!(outputs(), [Some(Ok(())); 3]);
}

#[test]
fn invalid_messages_fail_before_anything_is_queued() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let wildcard = world.publish_at(QOS_1, "a/+");
    let large = world.submit("large", message_at(QOS_1, "a", &[0; 23]));
    assert_eq!(world.sent(), b"");
    assert!(matches!(wildcard.output(), Some(Err(CommandError::Invalid(_)))));
    assert!(matches!(large.output(), Some(Err(CommandError::Invalid(_)))));
    // Five bytes are kept for the fixed header, five are topic and packet identifier.
    let fits = world.submit("fits", message_at(QOS_1, "a", &[0; 22]));
    assert_eq!(world.sent(), publish_packet(0x32, "a", Some(1), &[0; 22]));
    world.answer(&puback(1));
    assert_eq!(fits.output(), Some(Ok(())));
}

#[test]
fn line_of_255_messages_is_in_flight_at_once() {
    let agent = Box::new(CompleteAgent::<255, 14>::new());
    let mut world = World::new(&agent);
    let _run = world.open(60);
    for i in 0..255 {
        agent.try_submit(&message_at(QOS_1, "t", &[i])).unwrap();
    }
    let expected = (0..255).flat_map(|i| publish_packet(0x32, "t", Some(u16::from(i) + 1), &[i]));
    assert_eq!(world.sent(), expected.collect::<Vec<u8>>());
    assert_eq!(agent.try_submit(&message("t", b"")), Err(CommandError::QueueFull));
    world.answer(&puback(255));
    agent.try_submit(&message("t", b"")).unwrap();
    assert_eq!(world.sent(), publish_bytes("t", b""));
}
