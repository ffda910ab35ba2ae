//! PUBLISH with QoS 2, as it goes out, and the three packets that follow.

mod kit;

use kit::{
    CompleteAgent, DUP, PUBACK, PUBCOMP, PUBREC, PUBREL, UNSUBACK, World, acknowledgement, identifier, message,
    message_at, publish_packet, publishes,
};
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{CommandError, Error};

const QOS_2: QoS = QoS::ExactlyOnce;

/// A PUBLISH packet without payload.
fn publish(topic: &str, identifier: u16) -> Vec<u8> {
    publish_packet(0x34, topic, Some(identifier), b"")
}

fn pubrec(identifier: u16) -> Vec<u8> {
    acknowledgement(PUBREC, identifier)
}

fn pubrel(identifier: u16) -> Vec<u8> {
    acknowledgement(PUBREL, identifier)
}

fn pubcomp(identifier: u16) -> Vec<u8> {
    acknowledgement(PUBCOMP, identifier)
}

#[test]
fn the_exchange_is_byte_exact_and_done_with_its_pubcomp() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let done = world.submit("publish", message_at(QOS_2, "a/b", b"21.5"));
    assert_eq!(world.sent(), b"\x34\x0B\x00\x03a/b\x00\x0121.5");
    world.answer(b"\x50\x02\x00\x01");
    assert_eq!(world.sent(), b"\x62\x02\x00\x01");
    assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
    assert_eq!((done.output(), done.polls()), (None, 1));
    world.answer(b"\x70\x02\x00\x01");
    assert_eq!((done.output(), run.output(), world.sent()), (Some(Ok(())), None, vec![]));
    world.assert_all_slots_are_free();
}

#[test]
fn mqtt_4_6_0_4_pubrels_go_out_in_the_order_of_the_pubrecs() {
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        // All at once, or one after another, or while the transport takes nothing.
        for way in 0..3 {
            let agent = CompleteAgent::<3, 32>::new();
            let mut world = World::new(&agent);
            let _run = world.open(60);
            let tasks = ["a", "b", "c"].map(|topic| world.publish_at(QOS_2, topic));
            assert_eq!(world.sent(), [publish("a", 1), publish("b", 2), publish("c", 3)].concat());
            match way {
                0 => world.answer(&order.map(pubrec).concat()),
                1 => order.map(pubrec).iter().for_each(|bytes| world.answer(bytes)),
                _ => {
                    world.server.take(0);
                    order.map(pubrec).iter().for_each(|bytes| world.answer(bytes));
                    world.server.take_all();
                }
            }
            assert_eq!(world.sent(), order.map(pubrel).concat(), "{order:?} {way}");
            for identifier in order.into_iter().rev() {
                let task = &tasks[usize::from(identifier) - 1];
                assert_eq!(task.output(), None);
                world.answer(&pubcomp(identifier));
                assert_eq!(task.output(), Some(Ok(())), "{order:?} {way}");
            }
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn a_pubrec_that_comes_again_is_answered_again() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let done = world.publish_at(QOS_2, "a");
    assert_eq!(world.sent(), publish("a", 1));
    for _ in 0..3 {
        world.answer(&pubrec(1));
        assert_eq!((world.sent(), done.output()), (pubrel(1), None));
    }
    world.answer(&pubcomp(1));
    assert_eq!((done.output(), run.output()), (Some(Ok(())), None));
    // PUBCOMP of each PUBREL.
    world.answer(&pubcomp(1));
    assert_eq!(run.output(), None);
}

#[test]
fn two_pubrecs_in_one_piece_are_answered_and_the_message_is_done_once() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let done = world.publish_at(QOS_2, "a");
    world.settle();
    assert_eq!(world.sent(), publish("a", 1));
    world.answer(&[pubrec(1), pubrec(1)].concat());
    let sent = world.sent();
    assert!(!sent.is_empty() && sent.chunks(4).all(|packet| packet == pubrel(1)), "{sent:?}");
    world.answer(&pubcomp(1));
    assert_eq!((done.output(), run.output()), (Some(Ok(())), None));
    world.assert_all_slots_are_free();
}

#[test]
fn an_unknown_pubrec_is_answered_so_that_the_server_can_end_the_exchange() {
    for identifier in [1, 2, 3, 0x101, 0xFFFF] {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.answer(&pubrec(identifier));
        assert_eq!(world.sent(), pubrel(identifier));
        world.answer(&pubcomp(identifier));
        assert_eq!((world.sent(), run.output()), (vec![], None));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn an_acknowledgement_of_another_type_does_not_complete_it() {
    for (bytes, answer) in [
        (acknowledgement(PUBACK, 1), vec![]),
        (acknowledgement(PUBCOMP, 1), vec![]),
        (acknowledgement(PUBREL, 1), pubcomp(1)),
        (acknowledgement(UNSUBACK, 1), vec![]),
        (vec![0x90, 3, 0, 1, 0], vec![]),
    ] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let done = world.publish_at(QOS_2, "a");
        assert_eq!(world.sent(), publish("a", 1));
        world.answer(&bytes);
        assert_eq!((run.output(), done.output(), world.sent()), (None, None, answer), "{bytes:?}");
        world.answer(&pubrec(1));
        assert_eq!(world.sent(), pubrel(1));
        if bytes[0] != PUBCOMP {
            world.answer(&bytes);
            assert_eq!((run.output(), done.output()), (None, None), "{bytes:?}");
        }
        world.answer(&pubcomp(1));
        assert_eq!((run.output(), done.output()), (None, Some(Ok(()))), "{bytes:?}");
    }
}

#[test]
fn the_slot_and_its_identifier_are_taken_until_pubcomp() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.try_submit(&message_at(QOS_2, "a", b"")).unwrap();
    world.settle();
    world.answer(&pubrec(1));
    assert_eq!(world.sent(), [publish("a", 1), pubrel(1)].concat());
    agent.try_submit(&message_at(QOS_2, "b", b"")).unwrap();
    assert_eq!(agent.try_submit(&message("c", b"")), Err(CommandError::QueueFull));
    assert_eq!(world.sent(), publish("b", 2));
    world.answer(&pubcomp(1));
    agent.try_submit(&message_at(QOS_2, "c", b"")).unwrap();
    let sent = world.sent();
    assert_ne!(identifier(&sent), 2);
    assert_eq!(sent, publish("c", identifier(&sent)));
}

#[test]
fn pubrec_before_the_transport_says_that_all_is_sent_counts_afterwards() {
    let packet = publish_packet(0x34, "a", Some(1), b"123");
    for taken in 0..packet.len() {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(taken);
        let done = world.submit("a", message_at(QOS_2, "a", b"123"));
        world.settle();
        world.answer(&pubrec(1));
        assert_eq!(world.sent(), packet[..taken]);
        world.server.take_all();
        assert_eq!(world.sent(), [&packet[taken..], &pubrel(1)].concat());
        world.answer(&pubcomp(1));
        assert_eq!((done.output(), run.output()), (Some(Ok(())), None), "{taken}");
    }
}

#[test]
fn pubcomp_before_the_transport_says_that_all_is_sent_counts_afterwards() {
    for taken in 0..4 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let done = world.publish_at(QOS_2, "a");
        assert_eq!(world.sent(), publish("a", 1));
        world.server.take(taken);
        world.answer(&pubrec(1));
        world.answer(&pubcomp(1));
        assert_eq!((world.sent(), done.output()), (pubrel(1)[..taken].to_vec(), None));
        world.server.take_all();
        assert_eq!(world.sent(), pubrel(1)[taken..]);
        assert_eq!((done.output(), run.output()), (Some(Ok(())), None), "{taken}");
        world.assert_all_slots_are_free();
    }
}

#[test]
fn messages_of_all_qos_do_not_hold_each_other_up() {
    let agent = CompleteAgent::<4, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let exactly_once = world.publish_at(QOS_2, "a");
    let at_least_once = world.publish_at(QoS::AtLeastOnce, "b");
    let at_most_once = world.publish("c");
    let b = publish_packet(0x32, "b", Some(2), b"");
    assert_eq!(world.sent(), [publish("a", 1), b, publishes(&["c"])].concat());
    assert_eq!(at_most_once.output(), Some(Ok(())));
    world.answer(&[pubrec(1), acknowledgement(PUBACK, 2)].concat());
    assert_eq!((world.sent(), at_least_once.output()), (pubrel(1), Some(Ok(()))));
    let late = world.publish("d");
    assert_eq!((world.sent(), late.output()), (publishes(&["d"]), Some(Ok(()))));
    world.answer(&pubcomp(1));
    assert_eq!(exactly_once.output(), Some(Ok(())));
}

#[test]
fn the_exchange_works_in_any_fragments() {
    for limit in 1..=8 {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.limit_writes(limit);
        world.server.hesitate();
        let [a, b] = ["a", "b"].map(|topic| world.publish_at(QOS_2, topic));
        assert_eq!(world.sent(), [publish("a", 1), publish("b", 2)].concat());
        world.server.trickle(&[pubrec(2), pubrec(1)].concat());
        assert_eq!(world.sent(), [pubrel(2), pubrel(1)].concat());
        world.server.trickle(&[pubcomp(2), pubcomp(1)].concat());
        world.settle();
        assert_eq!([a.output(), b.output()], [Some(Ok(())); 2], "{limit}");
        assert_eq!(run.output(), None);
    }
}

#[test]
fn a_malformed_pubrec_or_pubcomp_is_a_protocol_error() {
    for first_byte in [PUBREC, PUBCOMP] {
        for bytes in [
            &[first_byte, 2, 0, 0][..],
            &[first_byte, 0],
            &[first_byte, 1, 0],
            &[first_byte, 3, 0, 1, 0],
            &[first_byte | 1, 2, 0, 1],
            &[first_byte | 2, 2, 0, 1],
        ] {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            let done = world.publish_at(QOS_2, "a");
            assert_eq!(world.sent(), publish("a", 1));
            world.answer(bytes);
            // The session was a clean one.
            let lost = Some(Err(CommandError::SessionLost));
            assert_eq!((run.output(), done.output()), (Some(Err(Error::Protocol)), lost), "{bytes:?}");
            assert_eq!(world.sent(), b"");
        }
    }
}

#[test]
fn the_smallest_slot_of_a_message_holds_its_pubrel() {
    // Five bytes are kept for the fixed header; three are the topic, two the packet identifier.
    let agent = CompleteAgent::<1, 10>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let done = world.publish_at(QOS_2, "a");
    assert_eq!(world.sent(), publish("a", 1));
    world.answer(&pubrec(1));
    assert_eq!(world.sent(), pubrel(1));
    world.answer(&pubcomp(1));
    assert_eq!(done.output(), Some(Ok(())));
}

#[test]
fn messages_that_are_given_after_a_pubrel_keep_their_order() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(60);
    let _a = world.publish_at(QOS_2, "a");
    world.settle();
    world.answer(&pubrec(1));
    let _b = world.publish_at(QOS_2, "b");
    world.settle();
    world.answer(&pubcomp(1));
    let _c = world.publish_at(QOS_2, "c");
    let sent = world.sent();
    let last = identifier(&sent[18..]);
    assert_eq!(sent, [publish("a", 1), pubrel(1), publish("b", 2), publish("c", last)].concat());
    run.cancel();
    let _run = world.resume();
    let again = |topic, identifier| publish_packet(0x34 | DUP, topic, Some(identifier), b"");
    assert_eq!(world.sent(), [again("b", 2), again("c", last)].concat());
}
