//! Every packet of MQTT 3.1.1, valid, malformed, oversized, truncated and repeated, at every stage of a connection: the agent
//! never panics or hangs, answers what it must and nothing else, ends with the right error where the standard wants that, and
//! afterwards has all of its slots, and each command an outcome.

mod rows;
mod stages;

use slimqtt::Error;
use slimqtt::complete::{Agent, QoS};
use slimqtt_proof::packets::{PUBCOMP, PUBREC, PUBREL, Sent, connack, publish, short};
use slimqtt_proof::{End, Handled, World};

use rows::{Reaction, Row, rows};
use stages::{HELD, STAGES, Scene, Stage};

/// What the agent has made of what came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    ended: Option<Result<(), Error>>,
    /// What it has sent: first byte and identifier.
    sent: Vec<(u8, u16)>,
    /// Topics and payloads of the messages that were handed over, put together from their parts.
    handled: Vec<(String, Vec<u8>)>,
    /// Whether the command of the stage has an outcome.
    completed: bool,
}

/// What it has to make of a packet that comes so many times.
fn expected(stage: Stage, row: &Row, times: usize) -> Made {
    let mut made = Made { ended: None, sent: Vec::new(), handled: Vec::new(), completed: false };
    if stage == Stage::Disconnecting {
        // What crosses DISCONNECT is dropped, and the connection ends as it should [MQTT-3.14.4-2].
        made.ended = Some(Ok(()));
        made.completed = true;
        return made;
    }
    let protocol = Some(Err(Error::Protocol));
    let before = stage == Stage::BeforeConnack;
    match &row.reaction {
        Reaction::Connack(result) if before => made.ended = result.err().map(Err).or(protocol.filter(|_| times > 1)),
        Reaction::Protocol | Reaction::Connack(_) => made.ended = protocol,
        // [MQTT-3.2.0-1]
        _ if before => made.ended = protocol,
        Reaction::Pingresp => {
            made.completed = stage == Stage::AwaitPingresp;
            made.ended = protocol.filter(|_| times > 1 || !stage.awaits_pingresp());
        }
        Reaction::Completes { own } => {
            let awaits = match row.bytes[0] >> 4 {
                4 => stage.awaits_puback(),
                7 => stage.awaits_pubcomp(),
                _ => stage == Stage::AwaitUnsuback,
            };
            made.completed = *own && awaits;
        }
        Reaction::Suback { own, codes } => {
            let awaits = *own && stage.awaits_suback();
            made.completed = awaits && *codes == 2;
            made.ended = protocol.filter(|_| awaits && *codes != 2);
        }
        Reaction::Answered(first_byte, identifier) => made.sent = vec![(*first_byte, *identifier); times],
        Reaction::Message { topic, payload, answer } => {
            made.sent = answer.iter().copied().cycle().take(times * usize::from(answer.is_some())).collect();
            // [MQTT-4.3.3-2]
            let once = matches!(answer, Some((PUBREC, _)));
            made.handled = vec![((*topic).to_owned(), payload.clone()); if once { 1 } else { times }];
        }
        Reaction::Skipped { .. } => made.handled = vec![(String::new(), Vec::new()); times],
    }
    made
}

/// Messages, put together from their parts.
fn whole(handled: Vec<Handled>, is_complete: bool) -> Vec<(String, Vec<u8>)> {
    let mut messages: Vec<(String, Vec<u8>)> = Vec::new();
    let mut length = 0;
    for part in handled {
        if part.offset == 0 {
            messages.push((part.topic.clone(), Vec::new()));
        }
        let Some((topic, payload)) = messages.last_mut() else { panic!("a part of nothing: {part:?}") };
        assert_eq!((part.topic.as_str(), part.offset), (topic.as_str(), payload.len()), "parts in their order");
        payload.extend(part.payload);
        length = part.length;
    }
    // One that is skipped has a length, and no payload.
    if let Some((topic, payload)) = messages.last() {
        assert!(!is_complete || topic.is_empty() || payload.len() == length, "the last part is the end");
        assert!(payload.len() <= length);
    }
    messages
}

/// Looks at what the agent has made of what came, after the transport has taken what it was given before.
fn made(stage: Stage, world: &mut World<'_>, scene: &Scene, is_complete: bool) -> Made {
    world.settle();
    let ended_before = world.ended();
    world.line.take(usize::MAX);
    world.line.hold_flushes(false);
    let mut sent = world.sent();
    if stage.is_sending() {
        if ended_before.is_none() {
            assert!(!sent.is_empty(), "{stage:?}: what was begun is sent to its end");
            sent.remove(0);
        }
    } else {
        assert!(!world.is_mid_packet());
    }
    let sent = sent.into_iter().map(|sent| match sent {
        Sent::Short { first_byte, identifier } => (first_byte, identifier),
        sent => panic!("{stage:?}: nobody asked for {sent:?}"),
    });
    let sent = sent.collect();
    let completed = scene.command.is_some_and(|command| world.outcome(command).is_some_and(|outcome| outcome.is_ok()));
    Made { ended: world.ended(), sent, handled: whole(world.handled(), is_complete), completed }
}

/// Brings an agent to a stage, sends this, and lets a look be taken.
fn on_stage(stage: Stage, deliver: impl FnOnce(&mut World<'_>), look: impl FnOnce(&mut World<'_>, &Scene)) {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    let scene = stage.reach(&mut world);
    deliver(&mut world);
    look(&mut world, &scene);
    // One that waits for CONNACK, and got it, is connected.
    stage.recover(&mut world, &scene);
}

/// The identifier that is on its way at a stage.
fn own(stage: Stage) -> u16 {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    stage.reach(&mut world).identifier
}

/// Malformed headers end a connection wherever.
fn is_bad_header(row: &Row) -> bool {
    row.bytes.len() > 4 && row.bytes[1..5].iter().all(|byte| byte & 0x80 != 0)
}

fn check(stage: Stage, row: &Row, times: usize, reads: usize) {
    let mut expected = expected(stage, row, times);
    if stage == Stage::Disconnecting && is_bad_header(row) {
        expected.ended = Some(Err(Error::Protocol));
    }
    let story = || format!("{stage:?}: {} [{}] x {times}, {reads} at a time", row.what, row.statement);
    on_stage(
        stage,
        |world| {
            world.line.split(reads, usize::MAX);
            for _ in 0..times {
                world.line.send(&row.bytes);
            }
        },
        |world, scene| assert_eq!(made(stage, world, scene, true), expected, "{}", story()),
    );
}

#[test]
fn packets_at_every_stage_in_one_piece_or_byte_by_byte_or_twice() {
    let mut count = 0;
    for stage in STAGES {
        for row in rows(own(stage)) {
            check(stage, &row, 1, usize::MAX);
            check(stage, &row, 1, 1);
            check(stage, &row, 1, 3);
            check(stage, &row, 2, usize::MAX);
            check(stage, &row, 2, 1);
            count += 5;
        }
    }
    println!("figures: {} packets at {} stages, in {count} ways", rows(1).len(), STAGES.len());
    assert!(count > 10_000, "{count}");
}

#[test]
fn a_packet_that_is_cut_short_is_not_acted_upon() {
    for stage in STAGES {
        for row in rows(own(stage)) {
            // Of a long one some lengths say it all.
            for count in (0..row.bytes.len()).filter(|count| *count < 12 || count % 97 == 0) {
                let end = if count % 2 == 0 { End::Closed } else { End::Reset };
                let deliver = |world: &mut World<'_>| {
                    world.line.send(&row.bytes[..count]);
                    world.line.end_reads(end);
                };
                on_stage(stage, deliver, |world, scene| {
                    let made = made(stage, world, scene, false);
                    let story = format!("{stage:?}: {count} bytes of {} [{}]", row.what, row.statement);
                    assert!(matches!(made.ended, Some(Err(_))), "{story}: {made:?}");
                    assert!(made.sent.is_empty(), "{story}: {made:?}");
                    // DISCONNECT is done when the transport has it.
                    assert!(!made.completed || stage == Stage::Disconnecting, "{story}: {made:?}");
                    // Parts of a large one may have been handed over, not its end.
                    if let Reaction::Message { payload, .. } = &row.reaction {
                        assert!(made.handled.iter().all(|(_, part)| part.len() < payload.len()), "{story}");
                    }
                });
            }
        }
    }
}

#[test]
fn silence_ends_where_an_answer_is_due_and_else_in_a_ping() {
    for stage in STAGES {
        on_stage(
            stage,
            |_| {},
            |world, _| {
                // The time of the profile.
                world.pass(9_999);
                assert_eq!(world.ended(), None, "{stage:?}");
                let waits = matches!(stage, Stage::BeforeConnack | Stage::Disconnecting)
                    || stage.awaits_pingresp()
                    || stage.is_sending();
                world.pass(1);
                if stage.is_sending() {
                    // A transport that takes nothing is noticed when a PINGREQ is due, and not answered.
                    world.pass(60_000);
                }
                let timeout = Some(Err(Error::Timeout));
                assert_eq!(world.ended(), timeout.filter(|_| waits), "{stage:?}");
                if !waits {
                    // A ping [MQTT-3.1.2-23], and nobody who answers it.
                    world.pass(60_000);
                    assert!(world.sent().ends_with(&[Sent::Pingreq]), "{stage:?}");
                    assert_eq!(world.ended(), timeout, "{stage:?}");
                }
            },
        );
    }
}

#[test]
fn more_messages_with_qos_2_than_there_is_room_for_end_the_connection() {
    /// Of the profile.
    const ROOM: u16 = 8;
    let agent = Agent::new();
    let mut world = World::new(&agent);
    Stage::Idle.reach(&mut world);
    for number in 0..ROOM {
        world.send(&publish(0x04, b"in", Some(100 + number), b"two"));
    }
    // One of them again is no new one.
    world.send(&publish(0x0C, b"in", Some(100), b"two"));
    assert_eq!(world.ended(), None);
    assert_eq!((world.handled().len(), world.sent().len()), (usize::from(ROOM), 1 + usize::from(ROOM)));
    world.send(&publish(0x04, b"in", Some(100 + ROOM), b"two"));
    assert_eq!(world.ended(), Some(Err(Error::NoRoom)), "[MQTT-4.8.0-2]");
    assert_eq!((world.handled(), world.sent()), (vec![], vec![]));
    // The next connection of the session has them released, and goes on.
    world.connect(false, 60);
    world.serve(true);
    for number in 0..ROOM {
        world.send(&short(PUBREL, 100 + number));
        assert_eq!(world.sent(), [Sent::Short { first_byte: PUBCOMP, identifier: 100 + number }]);
    }
    world.send(&publish(0x0C, b"in", Some(100 + ROOM), b"two"));
    assert_eq!((world.handled().len(), world.serve(false).len()), (1, 2));
    world.assert_all_slots_are_free();
}

#[test]
fn answers_are_as_many_as_messages_however_slowly_they_are_taken() {
    const MESSAGES: u16 = 300;
    for (flags, acknowledged) in [(0x02, false), (0x04, true)] {
        let agent = Agent::new();
        let mut world = World::new(&agent);
        Stage::Idle.reach(&mut world);
        world.line.take(0);
        for number in 1..=MESSAGES {
            world.line.send(&publish(flags, b"in", Some(number), b"again"));
            if acknowledged {
                world.line.send(&short(PUBREL, number));
            }
        }
        world.settle();
        assert!(world.line.unread() > 0, "it reads no more than it can answer");
        let mut sent = Vec::new();
        for _ in 0..3 * 4 * MESSAGES {
            world.line.take(1);
            sent.extend(world.sent());
        }
        world.line.take(usize::MAX);
        let answers = if acknowledged { 2 } else { 1 };
        assert_eq!((sent.len(), world.handled().len()), (answers * usize::from(MESSAGES), usize::from(MESSAGES)));
        let identifiers = sent.iter().map(|sent| match sent {
            Sent::Short { identifier, .. } => usize::from(*identifier),
            sent => panic!("{sent:?}"),
        });
        assert!(identifiers.eq((0..sent.len()).map(|number| 1 + number / answers)), "in their order [MQTT-4.6.0-2]");
        world.assert_all_slots_are_free();
    }
}

#[test]
fn a_session_where_a_clean_one_was_asked_for_ends_the_connection() {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    world.connect(true, 60);
    world.settle();
    world.send(&connack(true, 0));
    assert_eq!(world.ended(), Some(Err(Error::Protocol)), "[MQTT-3.2.2-1]");
    world.connect(true, 60);
    world.serve(false);
    world.assert_all_slots_are_free();
}

#[test]
fn a_server_that_always_lies_costs_no_slot_in_the_end() {
    // All stages one after another on one agent: each time the connection is ended by rubbish, and the session is lost.
    let agent = Agent::new();
    let mut world = World::new(&agent);
    for round in 0..50 {
        for stage in STAGES {
            if stage.is_sending() {
                // These look at identifiers of an agent that has sent nothing else.
                continue;
            }
            let scene = stage.reach(&mut world);
            world.send(b"\xF0\x00");
            world.line.hold_flushes(false);
            world.settle();
            assert!(world.ended().is_some(), "{stage:?} in round {round}");
            world.connect(true, 60);
            world.serve(false);
            if let Some(command) = scene.command {
                assert!(world.outcome(command).is_some(), "{stage:?}");
            }
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn messages_that_wait_for_pubrel_are_remembered_and_those_of_qos_1_are_not() {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    let scene = Stage::AwaitPubrel.reach(&mut world);
    assert!(scene.command.is_none());
    for (flags, handed_over) in [(0x0C, 0), (0x0A, 1), (0x0C, 0)] {
        world.send(&publish(flags, b"held", Some(HELD), b"two"));
        assert_eq!(world.handled().len(), handed_over);
        assert_eq!(world.sent().len(), 1);
    }
    assert_eq!(world.agent().try_publish(QoS::AtMostOnce, "out", b""), Ok(()));
    world.send(&short(PUBREL, HELD));
    world.send(&publish(0x04, b"held", Some(HELD), b"new"));
    assert_eq!(world.handled().len(), 1);
    world.serve(false);
    world.assert_all_slots_are_free();
}

#[test]
fn a_session_that_is_over_leaves_no_identifiers_that_swallow_messages_of_the_next() {
    // The Server has lost it, or it was a clean one [MQTT-3.1.2-6].
    for (clean, session_present) in [(false, false), (true, false), (false, true)] {
        let agent = Agent::new();
        let mut world = World::new(&agent);
        Stage::AwaitPubrel.reach(&mut world);
        world.connect(clean, 60);
        world.serve(session_present);
        world.send(&publish(0x04, b"in", Some(HELD), b"two"));
        assert_eq!(world.handled().len(), usize::from(!session_present), "clean {clean}, present {session_present}");
        assert_eq!(world.sent(), [Sent::Short { first_byte: PUBREC, identifier: HELD }]);
    }
}
