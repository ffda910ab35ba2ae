//! SUBSCRIBE and UNSUBSCRIBE, and what the Server answers.

mod kit;

use std::cell::RefCell;
use std::future::poll_fn;

use kit::{CompleteAgent, PUBACK, PUBCOMP, UNSUBACK, World, acknowledgement, identifier};
use slimqtt_agent::request::Request;
use slimqtt_agent::wire::{EncodeError, QoS, SubackReturnCode};
use slimqtt_agent::{CommandError, Error};

const QOS_0: QoS = QoS::AtMostOnce;
const QOS_1: QoS = QoS::AtLeastOnce;
const QOS_2: QoS = QoS::ExactlyOnce;

const CODES: [SubackReturnCode; 4] = [
    SubackReturnCode::GrantedAtMostOnce,
    SubackReturnCode::GrantedAtLeastOnce,
    SubackReturnCode::GrantedExactlyOnce,
    SubackReturnCode::Failure,
];

/// One filter, with QoS 1.
fn one(filter: &'static str) -> &'static [(&'static str, QoS); 1] {
    Box::leak(Box::new([(filter, QOS_1)]))
}

/// A SUBSCRIBE packet with one filter and QoS 1.
fn subscribe_bytes(filter: &str, identifier: u8) -> Vec<u8> {
    let length = u8::try_from(filter.len()).unwrap();
    let mut packet = vec![0x82, length + 5, 0, identifier, 0, length];
    packet.extend(filter.as_bytes());
    packet.push(1);
    packet
}

fn suback(identifier: u16, codes: &[u8]) -> Vec<u8> {
    let [high, low] = identifier.to_be_bytes();
    let mut packet = vec![0x90, 2 + u8::try_from(codes.len()).unwrap(), high, low];
    packet.extend(codes);
    packet
}

fn unsuback(identifier: u16) -> Vec<u8> {
    acknowledgement(UNSUBACK, identifier)
}

#[test]
fn subscribe_is_byte_exact_and_done_with_its_suback() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let done = world.subscribe("subscribe", one("a/b"));
    assert_eq!(world.sent(), b"\x82\x08\x00\x01\x00\x03a/b\x01");
    assert_eq!(done.output(), None);
    world.answer(b"\x90\x03\x00\x01\x01");
    assert_eq!(done.output(), Some(Ok([SubackReturnCode::GrantedAtLeastOnce])));
    assert_eq!((run.output(), world.sent()), (None, vec![]));
    world.assert_all_slots_are_free();
}

#[test]
fn several_filters_go_in_one_packet_each_with_its_qos() {
    let agent = CompleteAgent::<1, 64>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let done = world.subscribe("subscribe", &[("#", QOS_0), ("a/+/b", QOS_2), ("/", QOS_1)]);
    assert_eq!(world.sent(), b"\x82\x12\x00\x01\x00\x01#\x00\x00\x05a/+/b\x02\x00\x01/\x01");
    world.answer(&suback(1, &[0, 0x80, 1]));
    let expected =
        [SubackReturnCode::GrantedAtMostOnce, SubackReturnCode::Failure, SubackReturnCode::GrantedAtLeastOnce];
    assert_eq!(done.output(), Some(Ok(expected)));
    world.assert_all_slots_are_free();
}

#[test]
fn mqtt_3_9_3_1_each_filter_gets_its_own_code() {
    for first in CODES {
        for second in CODES {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = World::new(&agent);
            let _run = world.open(60);
            let done = world.subscribe("subscribe", &[("a", QOS_0), ("b", QOS_2)]);
            world.settle();
            // A Server may grant less than was asked for, or another QoS: it is the caller who judges.
            world.answer(&suback(1, &[first as u8, second as u8]));
            assert_eq!(done.output(), Some(Ok([first, second])));
        }
    }
}

#[test]
fn unsubscribe_is_byte_exact_and_done_with_its_unsuback() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let one = world.submit("unsubscribe", Request::Unsubscribe(&["a/b"]));
    assert_eq!(world.sent(), b"\xA2\x07\x00\x01\x00\x03a/b");
    assert_eq!(one.output(), None);
    world.answer(b"\xB0\x02\x00\x01");
    assert_eq!(one.output(), Some(Ok(())));
    let several = world.submit("unsubscribe", Request::Unsubscribe(&["#", "a/+/b", "/"]));
    let sent = world.sent();
    assert_eq!([&sent[..2], &sent[4..]].concat(), b"\xA2\x0F\x00\x01#\x00\x05a/+/b\x00\x01/");
    world.answer(&unsuback(identifier(&sent)));
    assert_eq!((several.output(), run.output()), (Some(Ok(())), None));
    world.assert_all_slots_are_free();
}

#[test]
fn several_are_in_flight_and_answered_in_any_order() {
    for reversed in [false, true] {
        let agent = CompleteAgent::<3, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        let a = world.subscribe("a", one("a"));
        let b = world.submit("b", Request::Unsubscribe(&["b"]));
        let c = world.subscribe("c", one("c"));
        let unsubscribe = b"\xA2\x05\x00\x02\x00\x01b";
        assert_eq!(world.sent(), [&subscribe_bytes("a", 1), &unsubscribe[..], &subscribe_bytes("c", 3)].concat());
        let mut answers = [suback(1, &[0]), unsuback(2), suback(3, &[0x80])];
        if reversed {
            answers.reverse();
        }
        world.answer(&answers.concat());
        assert_eq!(a.output(), Some(Ok([SubackReturnCode::GrantedAtMostOnce])));
        assert_eq!(b.output(), Some(Ok(())));
        assert_eq!(c.output(), Some(Ok([SubackReturnCode::Failure])));
    }
}

#[test]
fn mqtt_3_8_4_5_another_number_of_codes_than_of_filters_is_a_protocol_error() {
    for codes in [&[0][..], &[0, 0, 0], &[0, 0, 0, 0, 0, 0]] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let lost = world.subscribe("subscribe", &[("a", QOS_0), ("b", QOS_0)]);
        world.settle();
        world.answer(&suback(1, codes));
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{codes:?}");
        assert_eq!(lost.output(), Some(Err(CommandError::ConnectionLost)), "{codes:?}");
        let _run = world.open(60);
        world.assert_all_slots_are_free();
    }
}

#[test]
fn a_malformed_answer_is_a_protocol_error() {
    let valid = [0x00, 0x01, 0x02, 0x80];
    let mut answers: Vec<_> = (0..=0xFF).filter(|code| !valid.contains(code)).map(|code| suback(1, &[code])).collect();
    answers.extend([suback(1, &[]), suback(0, &[0]), vec![0x90, 0], vec![0x90, 1, 0], vec![0x92, 3, 0, 1, 0]]);
    answers.extend([unsuback(0), vec![UNSUBACK, 0], vec![UNSUBACK, 3, 0, 1, 0], vec![UNSUBACK | 2, 2, 0, 1]]);
    for answer in answers {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let lost = world.subscribe("subscribe", one("a"));
        world.settle();
        world.answer(&answer);
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{answer:?}");
        assert_eq!(lost.output(), Some(Err(CommandError::ConnectionLost)), "{answer:?}");
    }
}

#[test]
fn an_answer_that_nobody_awaits_is_ignored() {
    for bytes in [suback(1, &[0]), suback(2, &[0, 0]), suback(0x101, &[0]), unsuback(1), unsuback(2), unsuback(0x101)] {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.answer(&bytes);
        assert_eq!((run.output(), world.sent()), (None, vec![]), "{bytes:?}");
        world.assert_all_slots_are_free();
    }
}

#[test]
fn an_answer_of_another_type_does_not_complete_it() {
    for other in [unsuback(1), acknowledgement(PUBACK, 1), acknowledgement(PUBCOMP, 1)] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let done = world.subscribe("subscribe", one("a"));
        world.settle();
        world.answer(&other);
        assert_eq!((done.output(), run.output()), (None, None), "{other:?}");
        world.answer(&suback(1, &[1]));
        assert_eq!(done.output(), Some(Ok([SubackReturnCode::GrantedAtLeastOnce])), "{other:?}");
    }
    for other in [suback(1, &[0]), acknowledgement(PUBACK, 1), acknowledgement(PUBCOMP, 1)] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let done = world.submit("unsubscribe", Request::Unsubscribe(&["a"]));
        world.settle();
        world.answer(&other);
        assert_eq!((done.output(), run.output()), (None, None), "{other:?}");
        world.answer(&unsuback(1));
        assert_eq!(done.output(), Some(Ok(())), "{other:?}");
    }
}

#[test]
fn an_answer_before_the_transport_says_that_all_is_sent_counts_afterwards() {
    let packet = subscribe_bytes("a/b", 1);
    for taken in 0..packet.len() {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(taken);
        let done = world.subscribe("subscribe", one("a/b"));
        world.settle();
        world.answer(&suback(1, &[2]));
        assert_eq!((done.output(), world.sent()), (None, packet[..taken].to_vec()));
        world.server.take_all();
        assert_eq!(world.sent(), packet[taken..]);
        assert_eq!(done.output(), Some(Ok([SubackReturnCode::GrantedExactlyOnce])), "{taken}");
        assert_eq!(run.output(), None);
    }
    for taken in 0..7 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        world.server.take(taken);
        let done = world.submit("unsubscribe", Request::Unsubscribe(&["a"]));
        world.settle();
        world.answer(&unsuback(1));
        assert_eq!(done.output(), None);
        world.server.take_all();
        world.settle();
        assert_eq!(done.output(), Some(Ok(())), "{taken}");
    }
}

#[test]
fn invalid_filters_fail_before_anything_is_queued() {
    for filter in ["", "#a", "a#", "a/#/b", "a+", "+a", "a/+b", "a\0", "##"] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        let invalid = CommandError::Invalid(EncodeError::InvalidTopicFilter);
        assert_eq!(agent.try_submit(&Request::Subscribe(one(filter))), Err(invalid), "{filter:?}");
        assert_eq!(agent.try_submit(&Request::Unsubscribe(&[filter])), Err(invalid), "{filter:?}");
        let second = Request::Subscribe(&[("a", QOS_0), (filter, QOS_0)]);
        assert_eq!(agent.try_submit(&second), Err(invalid), "{filter:?}");
        let awaited = world.subscribe("invalid", one(filter));
        assert_eq!((world.sent(), awaited.output()), (vec![], Some(Err(invalid))), "{filter:?}");
        world.assert_all_slots_are_free();
    }
}

#[test]
fn valid_filters_are_sent_as_they_are() {
    for filter in ["#", "+", "/", "a", "a/#", "/#", "+/+", "+/#", "a/+/b", "//", "$SYS/#", "µ/€"] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        agent.try_submit(&Request::Subscribe(one(filter))).unwrap();
        assert_eq!(world.sent(), subscribe_bytes(filter, 1), "{filter:?}");
    }
}

#[test]
fn packet_of_the_slots_size_fits_and_one_byte_more_does_not() {
    // Five bytes are kept for the fixed header, and five go with the filter.
    let agent = CompleteAgent::<1, 20>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let too_large = Err(CommandError::Invalid(EncodeError::TooLarge));
    assert_eq!(agent.try_submit(&Request::Subscribe(one("12345678901"))), too_large);
    let done = world.subscribe("fits", one("1234567890"));
    assert_eq!(world.sent(), subscribe_bytes("1234567890", 1));
    world.answer(&suback(1, &[0x80]));
    assert_eq!(done.output(), Some(Ok([SubackReturnCode::Failure])));
}

#[test]
fn as_many_filters_as_their_suback_fits_into_the_receive_buffer_are_answered() {
    // It has 16 bytes, and four of SUBACK are in front of the codes.
    let agent = CompleteAgent::<1, 64>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let done = world.subscribe("subscribe", &[("a", QOS_0); 12]);
    world.settle();
    let codes: [_; 12] = std::array::from_fn(|i| CODES[i % 4]);
    world.server.trickle(&suback(1, &codes.map(|code| code as u8)));
    world.settle();
    assert_eq!((done.output(), run.output()), (Some(Ok(codes)), None));
}

#[test]
fn dropped_within_its_packet_its_answer_frees_the_slot() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.take(3);
    let task = world.subscribe("subscribe", one("a"));
    world.settle();
    task.cancel();
    world.server.take_all();
    assert_eq!(world.sent(), subscribe_bytes("a", 1));
    assert_eq!(agent.try_submit(&Request::Subscribe(one("b"))), Err(CommandError::QueueFull));
    world.answer(&suback(1, &[0]));
    world.assert_all_slots_are_free();
    assert_eq!(run.output(), None);
}

#[test]
fn dropped_when_the_answer_is_there_but_before_it_knows_its_slot_is_free() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let task = world.subscribe("subscribe", one("a"));
    world.settle();
    world.server.send(&suback(1, &[0]));
    assert!(world.executor.step(), "the agent");
    assert_eq!((task.output(), task.wakes()), (None, 1));
    task.cancel();
    assert_eq!(world.sent(), subscribe_bytes("a", 1));
    world.assert_all_slots_are_free();
}

#[test]
fn the_codes_are_kept_for_a_caller_who_is_late_whatever_else_happens() {
    let agent = CompleteAgent::<2, 32>::new();
    let request = Request::Subscribe(&[("a", QOS_0), ("b", QOS_0)]);
    let submission = RefCell::new(Box::pin(agent.submit(request)));
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let first = world.executor.spawn("first", poll_fn(|context| submission.borrow_mut().as_mut().poll(context)));
    world.settle();
    first.cancel();
    world.answer(&suback(1, &[2, 0x80]));
    // The other slot is used again and again.
    for _ in 0..3 {
        let other = world.publish("x");
        world.settle();
        assert_eq!(other.output(), Some(Ok(())));
    }
    let late = world.executor.spawn("late", poll_fn(|context| submission.borrow_mut().as_mut().poll(context)));
    world.settle();
    let expected = [SubackReturnCode::GrantedExactlyOnce, SubackReturnCode::Failure];
    assert_eq!(late.output(), Some(Ok(expected)));
}
