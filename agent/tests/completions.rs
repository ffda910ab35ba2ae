//! Functions that are told the outcome of a command.

mod kit;

use std::cell::RefCell;

use kit::{
    CompleteAgent, DISCONNECT, End, PINGREQ, PINGRESP, PUBACK, PUBCOMP, PUBREC, PUBREL, UNSUBACK, World,
    acknowledgement, identifier, message, message_at, publish_packet, publishes,
};
use slimqtt_agent::request::Request;
use slimqtt_agent::wire::{QoS, SubackReturnCode};
use slimqtt_agent::{CommandError, Completion, Outcome};

/// A context, and what was said.
type Call = (usize, Result<Vec<SubackReturnCode>, CommandError>);

thread_local! {
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

fn note(context: usize, outcome: Outcome<'_>) {
    CALLS.with_borrow_mut(|calls| calls.push((context, outcome.map(|codes| codes.iter().collect()))));
}

/// The calls since the last time.
fn calls() -> Vec<Call> {
    CALLS.take()
}

static ONE: Completion = Completion::new(note, 1);
static TWO: Completion = Completion::new(note, 2);
static THREE: Completion = Completion::new(note, 3);

/// Nothing was said but that all went well.
const DONE: Result<Vec<SubackReturnCode>, CommandError> = Ok(vec![]);

#[test]
fn each_kind_of_command_calls_its_function_once_when_it_is_done() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    agent.submit_then(&message("a", b""), &ONE).unwrap();
    assert_eq!(calls(), []);
    assert_eq!((world.sent(), calls()), (publishes(&["a"]), vec![(1, DONE)]));

    agent.submit_then(&message_at(QoS::AtLeastOnce, "a", b""), &TWO).unwrap();
    let sent = world.sent();
    assert_eq!((sent.len(), calls()), (7, vec![]));
    world.answer(&acknowledgement(PUBACK, identifier(&sent)));
    assert_eq!(calls(), [(2, DONE)]);

    agent.submit_then(&message_at(QoS::ExactlyOnce, "a", b""), &ONE).unwrap();
    let identified = identifier(&world.sent());
    world.answer(&acknowledgement(PUBREC, identified));
    assert_eq!(calls(), []);
    world.answer(&acknowledgement(PUBCOMP, identified));
    assert_eq!(calls(), [(1, DONE)]);

    agent.submit_then(&Request::Unsubscribe(&["a"]), &TWO).unwrap();
    // PUBREL comes first.
    let identified = identifier(&world.sent()[4..]);
    assert_eq!(calls(), []);
    world.answer(&acknowledgement(UNSUBACK, identified));
    assert_eq!(calls(), [(2, DONE)]);

    agent.submit_then(&Request::Ping, &ONE).unwrap();
    world.settle();
    assert_eq!(calls(), []);
    world.answer(&PINGRESP);
    assert_eq!(calls(), [(1, DONE)]);

    agent.submit_then(&Request::Disconnect, &TWO).unwrap();
    world.settle();
    assert_eq!((run.output(), calls()), (Some(Ok(())), vec![(2, DONE)]));
}

#[test]
fn the_function_gets_the_return_codes_of_suback() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.submit_then(&Request::Subscribe(&[("a", QoS::AtMostOnce), ("b", QoS::ExactlyOnce)]), &THREE).unwrap();
    world.settle();
    assert_eq!(calls(), []);
    world.answer(&[0x90, 4, 0, 1, 0x80, 2]);
    assert_eq!(calls(), [(3, Ok(vec![SubackReturnCode::Failure, SubackReturnCode::GrantedExactlyOnce]))]);
}

#[test]
fn nothing_is_called_for_a_command_that_was_not_queued() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    assert!(matches!(agent.submit_then(&message("#", b""), &ONE), Err(CommandError::Invalid(_))));
    agent.try_submit(&message("a", b"")).unwrap();
    assert_eq!(agent.submit_then(&message("b", b""), &TWO), Err(CommandError::QueueFull));
    let _run = world.open(60);
    assert_eq!((world.sent(), calls()), (publishes(&["a"]), vec![]));
    world.assert_all_slots_are_free();
    assert_eq!(calls(), []);
}

#[test]
fn the_function_of_a_lost_command_is_told_so() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    agent.submit_then(&Request::Subscribe(&[("a", QoS::AtMostOnce)]), &ONE).unwrap();
    agent.submit_then(&message_at(QoS::AtLeastOnce, "a", b""), &TWO).unwrap();
    world.settle();
    world.server.take(2);
    agent.submit_then(&message("b", b""), &THREE).unwrap();
    world.settle();
    world.server.end_reads(End::Closed);
    world.settle();
    assert!(run.output().is_some());
    let mut lost = calls();
    lost.sort_by_key(|call| call.0);
    assert_eq!(lost, [(1, Err(CommandError::ConnectionLost)), (3, Err(CommandError::ConnectionLost))]);
    let _run = world.open(0);
    assert_eq!(calls(), [(2, Err(CommandError::SessionLost))]);
    world.assert_all_slots_are_free();
    assert_eq!(calls(), []);
}

#[test]
fn the_function_of_a_message_that_is_sent_again_is_called_once() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        world.clean_session = false;
        let run = world.open(0);
        agent.submit_then(&message_at(qos, "a", b""), &ONE).unwrap();
        world.settle();
        run.cancel();
        let run = world.resume();
        run.cancel();
        let _run = world.resume();
        assert_eq!((world.sent().len(), calls()), (7, vec![]));
        if qos == QoS::ExactlyOnce {
            world.answer(&acknowledgement(PUBREC, 1));
            world.answer(&acknowledgement(PUBREC, 1));
            assert!(world.sent().starts_with(&acknowledgement(PUBREL, 1)));
            assert_eq!(calls(), []);
            world.answer(&acknowledgement(PUBCOMP, 1));
            world.answer(&acknowledgement(PUBCOMP, 1));
        } else {
            world.answer(&acknowledgement(PUBACK, 1));
            world.answer(&acknowledgement(PUBACK, 1));
        }
        assert_eq!(calls(), [(1, DONE)]);
        world.assert_all_slots_are_free();
    }
}

#[test]
fn futures_and_functions_and_commands_without_either_keep_out_of_each_others_way() {
    // In whichever slots.
    for shift in 0..3 {
        let agent = CompleteAgent::<3, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let mut task = None;
        for i in 0..3 {
            let command = message_at(QoS::AtLeastOnce, "a", b"");
            match (i + shift) % 3 {
                0 => {
                    task = Some(world.submit("task", command));
                    world.settle();
                }
                1 => agent.submit_then(&command, &ONE).unwrap(),
                _ => agent.try_submit(&command).unwrap(),
            }
        }
        assert_eq!(world.sent().len(), 3 * 7);
        let task = task.unwrap();
        for (identifier, i) in (1..).zip(0..3) {
            let before = task.output();
            world.answer(&acknowledgement(PUBACK, identifier));
            match (i + shift) % 3 {
                0 => assert_eq!((task.output(), calls()), (Some(Ok(())), vec![])),
                1 => assert_eq!((task.output(), calls()), (before, vec![(1, DONE)])),
                _ => assert_eq!((task.output(), calls()), (before, vec![])),
            }
        }
        assert_eq!(run.output(), None);
        world.assert_all_slots_are_free();
        assert_eq!(calls(), []);
    }
}

#[test]
fn a_future_that_waits_gets_the_slot_of_a_command_with_a_function_and_the_other_way_round() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    agent.submit_then(&message("a", b""), &ONE).unwrap();
    let b = world.publish("b");
    let _run = world.open(60);
    assert_eq!((world.sent(), b.output(), calls()), (publishes(&["a", "b"]), Some(Ok(())), vec![(1, DONE)]));
    agent.submit_then(&message("c", b""), &TWO).unwrap();
    assert_eq!((world.sent(), calls()), (publishes(&["c"]), vec![(2, DONE)]));
}

#[test]
fn tasks_that_wait_behind_commands_with_functions_sleep_while_the_connection_is_down() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    agent.submit_then(&message("a", b""), &ONE).unwrap();
    agent.submit_then(&message("b", b""), &TWO).unwrap();
    let tasks = ["c", "c", "c"].map(|topic| world.publish(topic));
    world.settle();
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["a", "b", "c", "c", "c"]));
    assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 3]);
    assert_eq!(calls(), [(1, DONE), (2, DONE)]);
}

static AGAIN: CompleteAgent<1, 32> = CompleteAgent::new();
static SUBMITS: Completion = Completion::new(
    |context, outcome| {
        note(context, outcome);
        AGAIN.try_submit(&message("next", b"")).unwrap();
    },
    7,
);

#[test]
fn a_function_may_give_a_command_into_the_slot_that_has_become_free() {
    let mut world = World::new(&AGAIN);
    let run = world.open(0);
    AGAIN.submit_then(&message("a", b""), &SUBMITS).unwrap();
    assert_eq!((world.sent(), calls()), (publishes(&["a", "next"]), vec![(7, DONE)]));
    AGAIN.submit_then(&message_at(QoS::AtLeastOnce, "a", b""), &SUBMITS).unwrap();
    let sent = world.sent();
    assert_eq!(sent, publish_packet(0x32, "a", Some(identifier(&sent)), b""));
    world.answer(&acknowledgement(PUBACK, identifier(&sent)));
    assert_eq!((world.sent(), calls()), (publishes(&["next"]), vec![(7, DONE)]));
    // From the end of a connection, it is in line for the next.
    AGAIN.submit_then(&Request::Ping, &SUBMITS).unwrap();
    assert_eq!(world.sent(), PINGREQ);
    run.cancel();
    assert_eq!(calls(), [(7, Err(CommandError::ConnectionLost))]);
    let run = world.open(0);
    assert_eq!(world.sent(), publishes(&["next"]));
    // Behind DISCONNECT as well.
    AGAIN.submit_then(&Request::Disconnect, &SUBMITS).unwrap();
    assert_eq!((world.sent(), run.output(), calls()), (DISCONNECT.to_vec(), Some(Ok(())), vec![(7, DONE)]));
    let _run = world.open(0);
    assert_eq!(world.sent(), publishes(&["next"]));
    world.assert_all_slots_are_free();
}

static CHAIN: CompleteAgent<2, 32> = CompleteAgent::new();
static LINK: Completion = Completion::new(
    |context, outcome| {
        note(context, outcome);
        if CALLS.with_borrow(Vec::len) < 10 {
            CHAIN.submit_then(&message("link", b""), &LINK).unwrap();
        }
    },
    9,
);

#[test]
fn a_function_may_give_a_command_with_itself_as_the_function() {
    let mut world = World::new(&CHAIN);
    let _run = world.open(0);
    CHAIN.submit_then(&message("link", b""), &LINK).unwrap();
    assert_eq!(world.sent(), publishes(&["link"; 10]));
    assert_eq!(calls(), vec![(9, DONE); 10]);
    world.assert_all_slots_are_free();
}

#[test]
fn order_is_kept_among_commands_with_functions() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    for (topic, completion) in [("a", &TWO), ("b", &ONE), ("c", &THREE)] {
        agent.submit_then(&message(topic, b""), completion).unwrap();
    }
    let _run = world.open(0);
    assert_eq!(world.sent(), publishes(&["a", "b", "c"]));
    assert_eq!(calls(), [(2, DONE), (1, DONE), (3, DONE)]);
}

#[test]
fn the_function_is_called_when_the_transport_has_taken_the_packet_and_not_before() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(0);
    world.server.take(4);
    agent.submit_then(&message("a", b""), &ONE).unwrap();
    world.settle();
    assert_eq!(calls(), []);
    world.server.take(1);
    world.settle();
    assert_eq!(calls(), [(1, DONE)]);
}

#[test]
fn an_early_acknowledgement_calls_the_function_once() {
    for taken in 0..4 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(0);
        agent.submit_then(&message_at(QoS::ExactlyOnce, "a", b""), &ONE).unwrap();
        world.settle();
        world.server.take(taken);
        world.answer(&acknowledgement(PUBREC, 1));
        world.answer(&acknowledgement(PUBCOMP, 1));
        assert_eq!(calls(), []);
        world.server.take_all();
        assert!(world.sent().ends_with(&acknowledgement(PUBREL, 1)));
        assert_eq!(calls(), [(1, DONE)]);
    }
}
