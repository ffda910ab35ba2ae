//! Exchanges that outlive their connection, and what becomes of those that do not.

mod kit;

use kit::{
    CONNACK, CompleteAgent, DUP, End, Fault, PUBACK, PUBCOMP, PUBREC, PUBREL, RESUMED, Task, World, acknowledgement,
    identifier, message, message_at, publish_packet, publishes,
};
use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{CommandError, Error};

type Complete<'a, const COMMANDS: usize, const PACKET: usize> = World<'a, COMMANDS, PACKET, kit::Complete>;

const LEVELS: [QoS; 2] = [QoS::AtLeastOnce, QoS::ExactlyOnce];

/// A world whose connections do not ask for a clean session.
fn world<const COMMANDS: usize, const PACKET: usize>(
    agent: &CompleteAgent<COMMANDS, PACKET>,
) -> Complete<'_, COMMANDS, PACKET> {
    let mut world = World::new(agent);
    world.clean_session = false;
    world
}

/// A PUBLISH packet without payload; an identifier goes with QoS above 0.
fn publish(flags: u8, qos: QoS, topic: &str, identifier: u16) -> Vec<u8> {
    let identifier = (qos != QoS::AtMostOnce).then_some(identifier);
    publish_packet(0x30 | flags | (qos as u8) << 1, topic, identifier, b"")
}

fn cut<const COMMANDS: usize, const PACKET: usize>(
    world: &Complete<'_, COMMANDS, PACKET>,
    run: &Task<'_, Result<(), Error>>,
) {
    world.server.end_reads(End::Closed);
    world.settle();
    assert_eq!(run.output(), Some(Err(Error::Closed)));
}

/// Acknowledges the message with this identifier to its end.
fn acknowledge<const COMMANDS: usize, const PACKET: usize>(
    world: &Complete<'_, COMMANDS, PACKET>,
    qos: QoS,
    identifier: u16,
) {
    if qos == QoS::AtLeastOnce {
        world.answer(&acknowledgement(PUBACK, identifier));
    } else {
        world.answer(&acknowledgement(PUBREC, identifier));
        assert_eq!(world.sent(), acknowledgement(PUBREL, identifier));
        world.answer(&acknowledgement(PUBCOMP, identifier));
    }
}

/// A message on its way through one connection after another. Its identifier is its place, from 1 on.
#[derive(Clone, Copy)]
struct Sent {
    topic: &'static str,
    qos: QoS,
    begun: bool,
    outcome: Option<Result<(), CommandError>>,
}

const MESSAGES: [Sent; 5] = {
    const fn message(topic: &'static str, qos: QoS) -> Sent {
        Sent { topic, qos, begun: false, outcome: None }
    }
    [
        message("a", QoS::AtLeastOnce),
        message("bb", QoS::ExactlyOnce),
        message("c", QoS::AtMostOnce),
        message("dd", QoS::AtLeastOnce),
        message("e", QoS::AtMostOnce),
    ]
};

/// What goes out for those that are not done.
fn expected(messages: &[Sent]) -> Vec<Vec<u8>> {
    let packet = |(identifier, message): (u16, &Sent)| {
        let flags = if message.begun { DUP } else { 0 };
        message.outcome.is_none().then(|| publish(flags, message.qos, message.topic, identifier))
    };
    (1..).zip(messages).filter_map(packet).collect()
}

/// The connection ends after so many bytes.
fn cut_after(messages: &mut [Sent], bytes: usize) {
    let mut start = 0;
    for (identifier, message) in (1..).zip(messages) {
        if message.outcome.is_some() {
            continue;
        }
        let end = start + publish(0, message.qos, message.topic, identifier).len();
        if message.qos == QoS::AtMostOnce {
            if end <= bytes {
                message.outcome = Some(Ok(()));
            } else if start <= bytes {
                message.outcome = Some(Err(CommandError::ConnectionLost));
            }
        } else if start <= bytes {
            message.begun = true;
        }
        start = end;
    }
}

/// The Server has no session.
fn forget(messages: &mut [Sent]) {
    for message in messages {
        if message.begun && message.outcome.is_none() {
            message.outcome = Some(Err(CommandError::SessionLost));
        }
    }
}

#[test]
fn mqtt_4_4_0_1_after_a_cut_at_any_byte_messages_go_out_again_in_their_order_then_those_behind() {
    let total = expected(&MESSAGES).concat().len();
    for first in 0..=total {
        // And a second cut.
        for second in (0..=total).step_by(3) {
            for present in [true, false] {
                let agent = CompleteAgent::<5, 32>::new();
                let mut world = world(&agent);
                let mut messages = MESSAGES;
                let mut run = world.open(0);
                world.server.take(first);
                let tasks = messages.map(|message| world.publish_at(message.qos, message.topic));
                world.settle();
                for (bytes, next) in [(first, second), (second, usize::MAX)] {
                    let packets = expected(&messages).concat();
                    assert_eq!(world.sent(), packets[..bytes.min(packets.len())], "{first} {second} {present}");
                    cut(&world, &run);
                    cut_after(&mut messages, bytes);
                    run = world.dial(0);
                    world.server.take(next);
                    if present {
                        world.answer(&RESUMED);
                    } else {
                        world.answer(&CONNACK);
                        forget(&mut messages);
                    }
                }
                assert_eq!(world.sent(), expected(&messages).concat(), "{first} {second} {present}");
                for (identifier, message) in (1..).zip(&mut messages) {
                    if message.outcome.is_none() && message.qos != QoS::AtMostOnce {
                        acknowledge(&world, message.qos, identifier);
                    }
                    message.outcome.get_or_insert(Ok(()));
                }
                let outcomes = tasks.map(|task| task.output());
                assert_eq!(outcomes, messages.map(|message| message.outcome), "{first} {second} {present}");
                assert_eq!(run.output(), None);
                world.assert_all_slots_are_free();
            }
        }
    }
}

#[test]
fn whatever_ends_the_connection_the_message_goes_out_again() {
    for qos in LEVELS {
        for way in 0..7 {
            let agent = CompleteAgent::<2, 32>::new();
            let mut world = world(&agent);
            let run = world.open(60);
            let done = world.publish_at(qos, "a");
            assert_eq!(world.sent(), publish(0, qos, "a", 1));
            match way {
                0 => world.server.end_reads(End::Closed),
                1 => world.server.end_reads(End::Fault(Fault::Reset)),
                2 => {
                    world.server.end_writes_after(0, End::Fault(Fault::Broken));
                    agent.try_submit(&message("x", b"")).unwrap();
                }
                3 => world.answer(&CONNACK),
                4 => run.cancel(),
                5 => agent.try_submit(&Request::Disconnect).unwrap(),
                _ => world.pass(60_000),
            }
            world.settle();
            assert!(way == 4 || run.output().is_some(), "{way}");
            assert_eq!(done.output(), None);
            let _run = world.resume();
            assert_eq!(world.sent(), publish(DUP, qos, "a", 1), "{way}");
            acknowledge(&world, qos, 1);
            assert_eq!(done.output(), Some(Ok(())));
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn retain_and_payload_are_the_same_when_a_message_goes_out_again() {
    for qos in LEVELS {
        let agent = CompleteAgent::<1, 200>::new();
        let mut world = world(&agent);
        let run = world.open(0);
        let payload: Vec<u8> = (0..180).collect();
        let message = Request::Publish(Publish { qos, retain: true, topic: "a/b" }, &payload);
        agent.try_submit(&message).unwrap();
        let first_byte = 0x31 | (qos as u8) << 1;
        assert_eq!(world.sent(), publish_packet(first_byte, "a/b", Some(1), &payload));
        cut(&world, &run);
        let run = world.resume();
        assert_eq!(world.sent(), publish_packet(first_byte | DUP, "a/b", Some(1), &payload));
        cut(&world, &run);
        let _run = world.resume();
        assert_eq!(world.sent(), publish_packet(first_byte | DUP, "a/b", Some(1), &payload));
    }
}

#[test]
fn pubrel_goes_out_again_whatever_of_it_was_sent() {
    for taken in 0..=4 {
        for present in [true, false] {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = world(&agent);
            let run = world.open(0);
            let done = world.publish_at(QoS::ExactlyOnce, "a");
            assert_eq!(world.sent(), publish(0, QoS::ExactlyOnce, "a", 1));
            world.server.take(taken);
            world.answer(&acknowledgement(PUBREC, 1));
            let pubrel = acknowledgement(PUBREL, 1);
            assert_eq!(world.sent(), pubrel[..taken]);
            cut(&world, &run);
            assert_eq!(done.output(), None);
            if present {
                for _ in 0..3 {
                    let run = world.resume();
                    assert_eq!(world.sent(), pubrel, "{taken}");
                    cut(&world, &run);
                }
                let _run = world.resume();
                assert_eq!((world.sent(), done.output()), (pubrel, None), "{taken}");
                world.answer(&acknowledgement(PUBCOMP, 1));
                assert_eq!(done.output(), Some(Ok(())));
                world.assert_all_slots_are_free();
            } else {
                let _run = world.open(0);
                assert_eq!((world.sent(), done.output()), (vec![], Some(Err(CommandError::SessionLost))));
                world.assert_all_slots_are_free();
            }
        }
    }
}

#[test]
fn messages_and_pubrels_each_keep_their_order() {
    let agent = CompleteAgent::<4, 32>::new();
    let mut world = world(&agent);
    let run = world.open(0);
    let tasks = ["a", "b", "c", "d"].map(|topic| world.publish_at(QoS::ExactlyOnce, topic));
    world.settle();
    world.answer(&acknowledgement(PUBREC, 3));
    world.answer(&acknowledgement(PUBREC, 1));
    world.sent();
    cut(&world, &run);
    for _ in 0..2 {
        let run = world.resume();
        let sent = world.sent();
        let (pubrels, messages): (Vec<_>, _) = packets(&sent).into_iter().partition(|packet| packet[0] == PUBREL);
        assert_eq!(pubrels, [acknowledgement(PUBREL, 3), acknowledgement(PUBREL, 1)]);
        assert_eq!(
            messages,
            ["b", "d"].map(|topic| publish(DUP, QoS::ExactlyOnce, topic, if topic == "b" { 2 } else { 4 }))
        );
        cut(&world, &run);
    }
    let _run = world.resume();
    world.sent();
    for identifier in [2, 4] {
        world.answer(&acknowledgement(PUBREC, identifier));
        assert_eq!(world.sent(), acknowledgement(PUBREL, identifier));
    }
    for identifier in 1..=4 {
        world.answer(&acknowledgement(PUBCOMP, identifier));
    }
    assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 4]);
    world.assert_all_slots_are_free();
}

/// Splits what was sent into packets of fewer than 128 bytes.
fn packets(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while !bytes.is_empty() {
        let (packet, rest) = bytes.split_at(2 + usize::from(bytes[1]));
        packets.push(packet.to_vec());
        bytes = rest;
    }
    packets
}

#[test]
fn what_is_acknowledged_is_not_sent_again() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = world(&agent);
    let run = world.open(0);
    let tasks = ["a", "b", "c"].map(|topic| world.publish_at(QoS::AtLeastOnce, topic));
    world.settle();
    world.answer(&acknowledgement(PUBACK, 2));
    cut(&world, &run);
    let _run = world.resume();
    let again = [publish(DUP, QoS::AtLeastOnce, "a", 1), publish(DUP, QoS::AtLeastOnce, "c", 3)];
    assert_eq!(world.sent(), again.concat());
    assert_eq!(tasks.map(|task| task.output()), [None, Some(Ok(())), None]);
}

#[test]
fn order_is_that_of_the_first_time_whatever_the_slots() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = world(&agent);
    let run = world.open(0);
    let _a = world.publish_at(QoS::AtLeastOnce, "a");
    let _b = world.publish_at(QoS::AtLeastOnce, "b");
    world.settle();
    world.answer(&acknowledgement(PUBACK, 1));
    world.sent();
    // In the first slot, behind the second.
    let _c = world.publish_at(QoS::AtLeastOnce, "c");
    let third = identifier(&world.sent());
    cut(&world, &run);
    let _d = world.publish_at(QoS::AtLeastOnce, "d");
    world.settle();
    let _run = world.dial(0);
    world.answer(&RESUMED);
    let again = [publish(DUP, QoS::AtLeastOnce, "b", 2), publish(DUP, QoS::AtLeastOnce, "c", third)];
    assert_eq!(world.sent(), [again.concat(), publish(0, QoS::AtLeastOnce, "d", 3)].concat());
}

#[test]
fn requests_that_are_no_messages_are_lost_with_their_connection_and_not_sent_again() {
    for present in [true, false] {
        for taken in [0, 1, usize::MAX] {
            let agent = CompleteAgent::<3, 32>::new();
            let mut world = world(&agent);
            let run = world.open(0);
            world.server.take(taken);
            let subscribe = world.subscribe("subscribe", &[("a", QoS::AtMostOnce)]);
            let unsubscribe = world.submit("unsubscribe", Request::Unsubscribe(&["a"]));
            let ping = world.submit("ping", Request::Ping);
            world.settle();
            cut(&world, &run);
            let lost = Some(Err(CommandError::ConnectionLost));
            assert_eq!(subscribe.output(), Some(Err(CommandError::ConnectionLost)));
            if taken == usize::MAX {
                assert_eq!([unsubscribe.output(), ping.output()], [lost; 2]);
            } else {
                // They were not begun.
                assert_eq!([unsubscribe.output(), ping.output()], [None; 2]);
            }
            world.server.received();
            let _run = if present { world.resume() } else { world.open(0) };
            if taken == usize::MAX {
                assert_eq!(world.sent(), b"");
            } else {
                assert_eq!(world.sent(), b"\xA2\x05\x00\x02\x00\x01a\xC0\x00");
                world.answer(b"\xB0\x02\x00\x02\xD0\x00");
                assert_eq!([unsubscribe.output(), ping.output()], [Some(Ok(())); 2]);
            }
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn an_answer_that_comes_on_the_next_connection_is_that_of_nobody() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = world(&agent);
    let run = world.open(0);
    let lost = world.subscribe("subscribe", &[("a", QoS::AtMostOnce)]);
    world.settle();
    cut(&world, &run);
    let run = world.resume();
    world.answer(&[0x90, 3, 0, 1, 0]);
    assert_eq!((run.output(), lost.output()), (None, Some(Err(CommandError::ConnectionLost))));
}

#[test]
fn without_a_session_those_that_were_not_begun_are_kept() {
    for qos in LEVELS {
        let agent = CompleteAgent::<3, 32>::new();
        let mut world = world(&agent);
        let run = world.open(0);
        let lost = world.publish_at(qos, "a");
        world.settle();
        cut(&world, &run);
        let kept = world.publish_at(qos, "b");
        world.settle();
        let run = world.open(0);
        assert_eq!(world.sent(), publish(0, qos, "b", 2));
        assert_eq!((lost.output(), kept.output()), (Some(Err(CommandError::SessionLost)), None));
        // It is gone for good.
        cut(&world, &run);
        let _run = world.resume();
        assert_eq!(world.sent(), publish(DUP, qos, "b", 2));
        acknowledge(&world, qos, 2);
        assert_eq!(kept.output(), Some(Ok(())));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn a_clean_session_forgets_what_the_one_before_has_begun() {
    for qos in LEVELS {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = world(&agent);
        let run = world.open(0);
        let lost = world.publish_at(qos, "a");
        world.settle();
        cut(&world, &run);
        world.clean_session = true;
        let _run = world.open(0);
        assert_eq!((world.sent(), lost.output()), (vec![], Some(Err(CommandError::SessionLost))));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn mqtt_3_2_2_1_a_session_where_a_clean_one_was_asked_for_is_a_protocol_error() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = world(&agent);
    let run = world.open(0);
    let done = world.publish_at(QoS::AtLeastOnce, "a");
    world.settle();
    cut(&world, &run);
    world.clean_session = true;
    let run = world.dial(0);
    world.answer(&RESUMED);
    assert_eq!((run.output(), world.sent(), done.output()), (Some(Err(Error::Protocol)), vec![], None));
    // What was in flight still is.
    world.clean_session = false;
    let _run = world.resume();
    assert_eq!(world.sent(), publish(DUP, QoS::AtLeastOnce, "a", 1));
}

#[test]
fn a_session_that_nobody_knew_of_is_taken() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = world(&agent);
    let done = world.publish_at(QoS::AtLeastOnce, "a");
    let _run = world.resume();
    assert_eq!(world.sent(), publish(0, QoS::AtLeastOnce, "a", 1));
    acknowledge(&world, QoS::AtLeastOnce, 1);
    assert_eq!(done.output(), Some(Ok(())));
}

#[test]
fn connections_that_never_open_change_nothing() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = world(&agent);
    let run = world.open(0);
    let a = world.publish_at(QoS::AtLeastOnce, "a");
    let b = world.publish_at(QoS::ExactlyOnce, "b");
    world.settle();
    world.answer(&acknowledgement(PUBREC, 2));
    cut(&world, &run);
    let c = world.publish_at(QoS::AtLeastOnce, "c");
    world.settle();
    for _ in 0..3 {
        let run = world.dial(0);
        cut(&world, &run);
        let run = world.dial(0);
        world.answer(&[0x20, 2, 0, 3]);
        assert!(matches!(run.output(), Some(Err(Error::Refused(_)))));
        world.dial(0).cancel();
    }
    assert_eq!([a.output(), b.output(), c.output()], [None; 3]);
    let _run = world.resume();
    let sent = packets(&world.sent());
    assert_eq!(sent.len(), 3);
    for packet in
        [publish(DUP, QoS::AtLeastOnce, "a", 1), acknowledgement(PUBREL, 2), publish(0, QoS::AtLeastOnce, "c", 3)]
    {
        assert!(sent.contains(&packet), "{packet:?} in {sent:?}");
    }
}

#[test]
fn cancelled_before_its_first_byte_a_message_is_never_sent() {
    for qos in LEVELS {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = world(&agent);
        let run = world.open(0);
        world.server.take(1);
        let _a = world.publish_at(qos, "a");
        let b = world.publish_at(qos, "b");
        world.settle();
        b.cancel();
        agent.try_submit(&message("c", b"")).unwrap();
        world.server.take_all();
        assert_eq!(world.sent(), [publish(0, qos, "a", 1), publishes(&["c"])].concat());
        cut(&world, &run);
        let _run = world.resume();
        assert_eq!(world.sent(), publish(DUP, qos, "a", 1));
    }
}

#[test]
fn dropped_later_its_exchange_goes_on_and_then_the_slot_is_free() {
    // Within the packet, when it is sent, when the connection is cut, when it is sent again; and with QoS 2 after PUBREC,
    // and after another cut.
    for qos in LEVELS {
        for stage in 0..6 {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = world(&agent);
            let run = world.open(0);
            let task = world.publish_at(qos, "a");
            let drop_at = |now: usize| {
                if stage == now {
                    task.cancel();
                    assert_eq!(agent.try_submit(&message("b", b"")), Err(CommandError::QueueFull), "{stage}");
                }
            };
            world.server.take(2);
            world.settle();
            drop_at(0);
            world.server.take_all();
            assert_eq!(world.sent(), publish(0, qos, "a", 1));
            drop_at(1);
            cut(&world, &run);
            drop_at(2);
            let run = world.resume();
            assert_eq!(world.sent(), publish(DUP, qos, "a", 1));
            drop_at(3);
            if qos == QoS::ExactlyOnce {
                world.answer(&acknowledgement(PUBREC, 1));
                assert_eq!(world.sent(), acknowledgement(PUBREL, 1));
                drop_at(4);
                cut(&world, &run);
                let _run = world.resume();
                assert_eq!(world.sent(), acknowledgement(PUBREL, 1));
                drop_at(5);
                world.answer(&acknowledgement(PUBCOMP, 1));
            } else {
                world.answer(&acknowledgement(PUBACK, 1));
            }
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn dropped_and_then_forgotten_by_the_server_its_slot_is_free() {
    for qos in LEVELS {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = world(&agent);
        let run = world.open(0);
        let task = world.publish_at(qos, "a");
        world.settle();
        task.cancel();
        cut(&world, &run);
        let waiting = world.publish("b");
        world.settle();
        let _run = world.open(0);
        assert_eq!((world.sent(), waiting.output()), (publishes(&["b"]), Some(Ok(()))));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn a_command_that_waits_gets_the_slot_of_one_that_is_lost() {
    for present in [true, false] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = world(&agent);
        let run = world.open(0);
        let lost = world.subscribe("subscribe", &[("a", QoS::AtMostOnce)]);
        let waiting = world.publish("b");
        world.settle();
        cut(&world, &run);
        assert_eq!(lost.output(), Some(Err(CommandError::ConnectionLost)));
        let _run = if present { world.resume() } else { world.open(0) };
        assert_eq!((world.sent(), waiting.output()), (publishes(&["b"]), Some(Ok(()))));
    }
}

#[test]
fn an_acknowledgement_that_was_early_is_lost_with_its_connection() {
    for qos in LEVELS {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = world(&agent);
        let run = world.open(0);
        world.server.take(4);
        let done = world.submit("a", message_at(qos, "a", b"123"));
        world.settle();
        world.answer(&acknowledgement(if qos == QoS::AtLeastOnce { PUBACK } else { PUBREC }, 1));
        // The end of the direction to the agent is not read while an acknowledgement waits.
        world.server.end_writes_after(0, End::Closed);
        world.server.take_all();
        world.settle();
        assert_eq!(run.output(), Some(Err(Error::Closed)));
        let _run = world.resume();
        let first_byte = 0x30 | DUP | (qos as u8) << 1;
        assert_eq!(world.sent(), publish_packet(first_byte, "a", Some(1), b"123"));
        acknowledge(&world, qos, 1);
        assert_eq!(done.output(), Some(Ok(())));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn a_subscription_that_waits_in_line_goes_out_behind_what_is_sent_again() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = world(&agent);
    let run = world.open(0);
    let _a = world.publish_at(QoS::AtLeastOnce, "a");
    world.settle();
    cut(&world, &run);
    let subscribed = world.subscribe("subscribe", &[("b", QoS::AtLeastOnce)]);
    let _run = world.resume();
    let subscribe = b"\x82\x06\x00\x02\x00\x01b\x01";
    assert_eq!(world.sent(), [&publish(DUP, QoS::AtLeastOnce, "a", 1), &subscribe[..]].concat());
    world.answer(&[0x90, 3, 0, 2, 1]);
    assert!(subscribed.output().unwrap().is_ok());
}

/// A message on its way through whatever happens.
#[derive(Debug, Clone, Copy)]
struct Numbered {
    number: u8,
    qos: u8,
    /// 0 before it was sent.
    identifier: u16,
}

/// What is on its way, in the order in which it is to be sent.
#[derive(Default)]
struct OnTheWay {
    messages: Vec<Numbered>,
    /// PUBREC has come for these.
    released: Vec<u16>,
}

impl OnTheWay {
    fn len(&self) -> usize {
        self.messages.len() + self.released.len()
    }

    /// Compares what was sent on a connection that has just been opened, or to which a message was just given.
    fn check(&mut self, sent: &[u8], opened: bool) {
        let (pubrels, packets): (Vec<_>, Vec<_>) = packets(sent).into_iter().partition(|packet| packet[0] == PUBREL);
        let mut expected = self.released.clone();
        expected.truncate(if opened { usize::MAX } else { 0 });
        assert_eq!(pubrels, expected.iter().map(|&released| acknowledgement(PUBREL, released)).collect::<Vec<_>>());
        let mut packets = packets.iter();
        for i in 0..self.messages.len() {
            let Numbered { number, qos, identifier } = self.messages[i];
            if !opened && identifier > 0 {
                continue;
            }
            let packet = packets.next().unwrap();
            let first_byte = 0x30 | qos << 1 | if identifier > 0 { DUP } else { 0 };
            if qos > 0 && identifier == 0 {
                let given = u16::from_be_bytes([packet[5], packet[6]]);
                assert!(self.released.iter().all(|&other| other != given));
                assert!(self.messages.iter().all(|message| message.identifier != given));
                self.messages[i].identifier = given;
            }
            let identifier = (qos > 0).then_some(self.messages[i].identifier);
            assert_eq!(*packet, publish_packet(first_byte, "t", identifier, &[number]), "{:?}", self.messages);
        }
        assert_eq!(packets.next(), None);
        self.messages.retain(|message| message.qos > 0);
    }
}

#[test]
fn whatever_happens_messages_and_pubrels_keep_their_order() {
    for seed in 0..20_u32 {
        let agent = CompleteAgent::<5, 32>::new();
        let mut world = world(&agent);
        let mut on_the_way = OnTheWay::default();
        let mut random = seed;
        let mut dice = |sides: usize| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 16) as usize % sides
        };
        let mut run = None;
        for number in 0..=0xFF {
            match dice(8) {
                0..4 if on_the_way.len() < 5 => {
                    let qos = QoS::from_u8(dice(3) as u8).unwrap();
                    agent.try_submit(&message_at(qos, "t", &[number])).unwrap();
                    on_the_way.messages.push(Numbered { number, qos: qos as u8, identifier: 0 });
                    if run.is_some() {
                        on_the_way.check(&world.sent(), false);
                    }
                }
                0..6 if run.is_some() && on_the_way.len() > 0 => {
                    let chosen = dice(on_the_way.len());
                    if let Some(released) = chosen.checked_sub(on_the_way.messages.len()) {
                        world.answer(&acknowledgement(PUBCOMP, on_the_way.released.remove(released)));
                        continue;
                    }
                    let Numbered { qos, identifier, .. } = on_the_way.messages.remove(chosen);
                    if qos == 1 {
                        world.answer(&acknowledgement(PUBACK, identifier));
                    } else {
                        world.answer(&acknowledgement(PUBREC, identifier));
                        assert_eq!(world.sent(), acknowledgement(PUBREL, identifier));
                        on_the_way.released.push(identifier);
                    }
                }
                6 if run.is_some() => run.take().iter().for_each(Task::cancel),
                7 if run.is_none() => {
                    run = Some(world.resume());
                    on_the_way.check(&world.sent(), true);
                }
                _ => {}
            }
        }
    }
}
