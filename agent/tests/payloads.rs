//! Payloads that are read when they are sent.

mod kit;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use kit::{
    Complete, CompleteAgent, DUP, End, PUBACK, PUBCOMP, PUBREC, PUBREL, RETAIN, Task, World, acknowledgement, message,
    publish_packet, publishes,
};
use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::{EncodeError, QoS};
use slimqtt_agent::{CommandError, Error, FnPayload, Payload};

const LEVELS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn bytes(size: usize) -> &'static [u8] {
    leak((0..size).map(|i| (i ^ i >> 8) as u8).collect::<Vec<_>>())
}

/// In memory.
fn in_memory(size: usize) -> &'static dyn Payload {
    leak(bytes(size))
}

/// Read by a closure, in pieces of so many bytes at most, or as many as there is room for.
fn in_pieces(size: usize, piece: usize) -> &'static dyn Payload {
    let all = bytes(size);
    leak(FnPayload::new(size, move |offset, buffer: &mut [u8]| {
        let count = piece.min(buffer.len()).min(size - offset);
        buffer[..count].copy_from_slice(&all[offset..][..count]);
        count
    }))
}

/// Promises more than it has.
fn ends_early(size: usize, promised: usize) -> &'static dyn Payload {
    let all = bytes(size);
    leak(FnPayload::new(promised, move |offset, buffer: &mut [u8]| {
        let count = buffer.len().min(size.saturating_sub(offset));
        buffer[..count].copy_from_slice(&all[offset..][..count]);
        count
    }))
}

fn from(qos: QoS, payload: &'static dyn Payload) -> Request<'static, Complete> {
    Request::PublishFrom(Publish { qos, retain: false, topic: "a/b" }, payload)
}

/// The packet of such a command in the first slot.
fn packet(flags: u8, qos: QoS, payload: &[u8]) -> Vec<u8> {
    let identifier = (qos != QoS::AtMostOnce).then_some(1);
    publish_packet(0x30 | flags | (qos as u8) << 1, "a/b", identifier, payload)
}

fn cut<const COMMANDS: usize, const PACKET: usize>(
    world: &World<'_, COMMANDS, PACKET, Complete>,
    run: &Task<'_, Result<(), Error>>,
) {
    world.server.end_reads(End::Closed);
    world.settle();
    assert_eq!(run.output(), Some(Err(Error::Closed)));
}

#[test]
fn a_payload_of_any_size_is_sent_as_if_it_were_in_the_slot() {
    for qos in LEVELS {
        for size in (0..=3).chain(100..140).chain([1000]).chain(16_370..16_395).chain([2_097_145, 2_097_147]) {
            let mut payloads = vec![in_memory(size)];
            if size < 100_000 {
                payloads.push(in_pieces(size, usize::MAX));
            }
            for payload in payloads {
                let agent = CompleteAgent::<1, 32>::new();
                let mut world = World::new(&agent);
                let run = world.open(60);
                let done = world.submit("from", from(qos, payload));
                assert!(world.sent() == packet(0, qos, bytes(size)), "{qos:?} {size}");
                assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
                if qos == QoS::AtLeastOnce {
                    world.answer(&acknowledgement(PUBACK, 1));
                } else if qos == QoS::ExactlyOnce {
                    world.answer(&acknowledgement(PUBREC, 1));
                    assert_eq!(world.sent(), acknowledgement(PUBREL, 1));
                    world.answer(&acknowledgement(PUBCOMP, 1));
                }
                assert_eq!((done.output(), run.output()), (Some(Ok(())), None));
                world.assert_all_slots_are_free();
            }
        }
    }
}

#[test]
fn pieces_and_writes_of_any_size_make_the_same_packet() {
    for piece in [1, 2, 3, 7, 15, 100] {
        for limit in [1, 2, 3, 5, 8, 16, 1000] {
            for hesitates in [false, true] {
                let agent = CompleteAgent::<1, 32>::new();
                let mut world = World::new(&agent);
                let _run = world.open(60);
                world.server.limit_writes(limit);
                if hesitates {
                    world.server.hesitate();
                }
                for payload in [in_memory(150), in_pieces(150, piece)] {
                    let done = world.submit("from", from(QoS::AtMostOnce, payload));
                    assert_eq!(world.sent(), packet(0, QoS::AtMostOnce, bytes(150)), "{piece} {limit}");
                    assert_eq!(done.output(), Some(Ok(())));
                }
            }
        }
    }
}

#[test]
fn the_closure_is_asked_from_where_it_stopped_for_as_much_as_there_is_room_for() {
    let calls: &Mutex<Vec<(usize, usize)>> = leak(Mutex::new(Vec::new()));
    let payload = leak(FnPayload::new(50, |offset, buffer: &mut [u8]| {
        calls.lock().unwrap().push((offset, buffer.len()));
        buffer.fill(7);
        buffer.len()
    }));
    let agent = CompleteAgent::<1, 30>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.try_submit(&from(QoS::AtMostOnce, payload)).unwrap();
    // It fills the buffer even where that is more than is left.
    assert_eq!(world.sent(), packet(0, QoS::AtMostOnce, &[7; 50]));
    // Five bytes are kept for the fixed header, five are the topic.
    assert_eq!(*calls.lock().unwrap(), [(0, 20), (20, 20), (40, 20)]);
}

#[test]
fn nothing_is_read_before_it_is_sent() {
    static READS: AtomicUsize = AtomicUsize::new(0);
    static PAYLOAD: FnPayload<fn(usize, &mut [u8]) -> usize> = FnPayload::new(5, |_, buffer| {
        READS.fetch_add(1, Relaxed);
        buffer[..5].fill(7);
        5
    });
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let cancelled = world.submit("from", from(QoS::AtMostOnce, &PAYLOAD));
    world.settle();
    cancelled.cancel();
    agent.try_submit(&from(QoS::AtMostOnce, &PAYLOAD)).unwrap();
    let _run = world.dial(60);
    assert_eq!(READS.load(Relaxed), 0);
    world.answer(&kit::CONNACK);
    assert_eq!((world.sent(), READS.load(Relaxed)), (packet(0, QoS::AtMostOnce, &[7; 5]), 1));
}

#[test]
fn retain_goes_with_it_and_arrays_are_payloads() {
    static PAYLOAD: [u8; 4] = *b"1234";
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent
        .try_submit(&Request::PublishFrom(Publish { qos: QoS::AtLeastOnce, retain: true, topic: "a/b" }, &PAYLOAD))
        .unwrap();
    assert_eq!(world.sent(), packet(RETAIN, QoS::AtLeastOnce, b"1234"));
}

#[test]
fn commands_around_it_keep_their_order_and_a_slot_that_had_one_has_none_later() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("x", b"")).unwrap();
    agent.try_submit(&from(QoS::AtMostOnce, in_memory(100))).unwrap();
    agent.try_submit(&message("y", b"")).unwrap();
    let _run = world.open(60);
    let expected = [publishes(&["x"]), packet(0, QoS::AtMostOnce, bytes(100)), publishes(&["y"])];
    assert_eq!(world.sent(), expected.concat());
    world.assert_all_slots_are_free();
    world.assert_all_slots_are_free();
}

#[test]
fn with_qos_1_it_is_sent_again_from_its_start_after_a_cut_at_any_byte() {
    for payload in [in_memory(60), in_pieces(60, 7)] {
        let again = packet(DUP, QoS::AtLeastOnce, bytes(60));
        for first in 0..=again.len() {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = World::new(&agent);
            world.clean_session = false;
            let run = world.open(0);
            world.server.take(first);
            let done = world.submit("from", from(QoS::AtLeastOnce, payload));
            assert_eq!(world.sent(), packet(0, QoS::AtLeastOnce, bytes(60))[..first]);
            cut(&world, &run);
            // And again.
            let run = world.dial(0);
            world.server.take(again.len() - first);
            world.answer(&kit::RESUMED);
            assert_eq!(world.sent(), again[..again.len() - first], "{first}");
            cut(&world, &run);
            let _run = world.resume();
            assert_eq!((world.sent(), done.output()), (again.clone(), None), "{first}");
            world.answer(&acknowledgement(PUBACK, 1));
            assert_eq!(done.output(), Some(Ok(())));
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn with_qos_2_its_pubrel_takes_its_place() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    let done = world.submit("from", from(QoS::ExactlyOnce, in_pieces(200, 9)));
    assert_eq!(world.sent(), packet(0, QoS::ExactlyOnce, bytes(200)));
    cut(&world, &run);
    let run = world.resume();
    assert_eq!(world.sent(), packet(DUP, QoS::ExactlyOnce, bytes(200)));
    world.answer(&acknowledgement(PUBREC, 1));
    assert_eq!(world.sent(), acknowledgement(PUBREL, 1));
    cut(&world, &run);
    let _run = world.resume();
    assert_eq!((world.sent(), done.output()), (acknowledgement(PUBREL, 1), None));
    world.answer(&acknowledgement(PUBCOMP, 1));
    assert_eq!(done.output(), Some(Ok(())));
    world.assert_all_slots_are_free();
}

#[test]
fn with_qos_0_it_is_lost_in_a_cut() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    world.server.take(50);
    let lost = world.submit("from", from(QoS::AtMostOnce, in_pieces(100, 9)));
    world.settle();
    cut(&world, &run);
    assert_eq!(lost.output(), Some(Err(CommandError::ConnectionLost)));
    let _run = world.resume();
    world.assert_all_slots_are_free();
}

#[test]
fn an_acknowledgement_within_the_payload_counts_afterwards() {
    for taken in [0, 5, 20, 60, 106] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(0);
        world.server.take(taken);
        let done = world.submit("from", from(QoS::AtLeastOnce, in_pieces(100, 9)));
        world.settle();
        world.answer(&acknowledgement(PUBACK, 1));
        assert_eq!((done.output(), run.output()), (None, None));
        world.server.take_all();
        assert_eq!(world.sent(), packet(0, QoS::AtLeastOnce, bytes(100)));
        assert_eq!((done.output(), run.output()), (Some(Ok(())), None), "{taken}");
    }
}

#[test]
fn dropped_within_its_payload_the_packet_is_completed() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    world.server.take(30);
    let task = world.submit("from", from(QoS::AtMostOnce, in_pieces(100, 9)));
    world.settle();
    task.cancel();
    world.server.take_all();
    assert_eq!((world.sent(), run.output()), (packet(0, QoS::AtMostOnce, bytes(100)), None));
    world.assert_all_slots_are_free();
}

#[test]
fn a_payload_that_ends_early_fails_and_ends_its_connection_for_good() {
    for qos in LEVELS {
        for size in [0, 1, 21, 22, 59] {
            let agent = CompleteAgent::<2, 32>::new();
            let mut world = World::new(&agent);
            world.clean_session = false;
            let run = world.open(0);
            let failed = world.submit("from", from(qos, ends_early(size, 60)));
            let behind = world.publish("b");
            let sent = world.sent();
            // Nothing follows what could not be completed.
            let whole = packet(0, qos, bytes(60));
            assert_eq!(sent, whole[..whole.len() - 60 + size], "{qos:?} {size}");
            assert_eq!(run.output(), Some(Err(Error::PayloadEnded)));
            assert_eq!((failed.output(), behind.output()), (Some(Err(CommandError::PayloadEnded)), None));
            let _run = world.resume();
            assert_eq!((world.sent(), behind.output()), (publishes(&["b"]), Some(Ok(()))));
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn a_payload_that_ends_early_when_it_is_sent_again_is_not_sent_a_third_time() {
    static READS: AtomicUsize = AtomicUsize::new(0);
    static PAYLOAD: FnPayload<fn(usize, &mut [u8]) -> usize> = FnPayload::new(5, |_, buffer| {
        if READS.fetch_add(1, Relaxed) > 0 {
            return 0;
        }
        buffer[..5].fill(7);
        5
    });
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    let failed = world.submit("from", from(QoS::AtLeastOnce, &PAYLOAD));
    assert_eq!(world.sent(), packet(0, QoS::AtLeastOnce, &[7; 5]));
    cut(&world, &run);
    let run = world.dial(0);
    world.answer(&kit::RESUMED);
    assert_eq!(world.sent(), b"\x3A\x0C\x00\x03a/b\x00\x01");
    assert_eq!(run.output(), Some(Err(Error::PayloadEnded)));
    assert_eq!(failed.output(), Some(Err(CommandError::PayloadEnded)));
    let _run = world.resume();
    world.assert_all_slots_are_free();
}

#[test]
fn a_closure_that_says_it_has_written_more_than_there_was_room_for_has_written_nothing() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let failed = world.submit("from", from(QoS::AtMostOnce, leak(FnPayload::new(60, |_, _: &mut [u8]| 61))));
    world.settle();
    assert_eq!(run.output(), Some(Err(Error::PayloadEnded)));
    assert_eq!(failed.output(), Some(Err(CommandError::PayloadEnded)));
}

#[test]
fn a_payload_larger_than_a_packet_may_be_is_refused() {
    // With topic, and packet identifier, the largest remaining length.
    for (qos, largest) in [(QoS::AtMostOnce, 268_435_455 - 5), (QoS::AtLeastOnce, 268_435_455 - 7)] {
        let payload = |length| leak(FnPayload::new(length, |_, buffer: &mut [u8]| buffer.len()));
        let agent = CompleteAgent::<1, 32>::new();
        for length in [largest + 1, 268_435_455, 268_435_456, usize::MAX - 1, usize::MAX] {
            let refused = agent.try_submit(&from(qos, payload(length)));
            assert_eq!(refused, Err(CommandError::Invalid(EncodeError::TooLarge)), "{length}");
        }
        agent.try_submit(&from(qos, payload(largest))).unwrap();
        let mut world = World::new(&agent);
        let _run = world.dial(0);
        world.server.take(5);
        world.answer(&kit::CONNACK);
        assert_eq!(world.sent(), [0x30 | (qos as u8) << 1, 0xFF, 0xFF, 0xFF, 0x7F]);
    }
}

#[test]
fn invalid_topics_and_topics_that_do_not_fit_are_refused() {
    let agent = CompleteAgent::<1, 20>::new();
    let publish = |topic| Request::PublishFrom(Publish { qos: QoS::AtMostOnce, retain: false, topic }, in_memory(3));
    let invalid = Err(CommandError::Invalid(EncodeError::InvalidTopicName));
    assert_eq!(agent.try_submit(&publish("a/#")), invalid);
    let too_large = Err(CommandError::Invalid(EncodeError::TooLarge));
    // A byte of the slot is left for the payload.
    assert_eq!(agent.try_submit(&publish("1234567890123")), too_large);
    agent.try_submit(&publish("123456789012")).unwrap();
    let mut world = World::new(&agent);
    let _run = world.open(0);
    assert_eq!(world.sent(), publish_packet(0x30, "123456789012", None, bytes(3)));
}
