//! The end of everything, at once.

mod kit;

use std::cell::RefCell;
use std::rc::Rc;

use kit::{
    CompleteAgent, ManualClock, PINGREQ, PUBACK, PUBCOMP, PUBREC, PUBREL, Server, Task, Urgent, World, acknowledgement,
    connect_bytes, identifier, message, message_at, publish_bytes, publish_packet, publishes,
};
use slimqtt_agent::request::Request;
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{Clock, CommandError, Completion, Connect, Error, Outcome};

type Outcomes = Vec<(usize, Option<CommandError>)>;

thread_local! {
    static CALLS: RefCell<Outcomes> = const { RefCell::new(Vec::new()) };
}

fn note(context: usize, outcome: Outcome<'_>) {
    CALLS.with_borrow_mut(|calls| calls.push((context, outcome.err())));
}

fn calls() -> Outcomes {
    CALLS.take()
}

const STOPPED: Option<Result<(), CommandError>> = Some(Err(CommandError::Stopped));

fn assert_stopped(run: &Task<'_, Result<(), Error>>) {
    assert_eq!(run.output(), Some(Err(Error::Stopped)));
}

#[test]
fn the_connection_ends_at_once_without_disconnect() {
    for keep_alive in [0, 60] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(keep_alive);
        agent.stop();
        assert_eq!(world.sent(), b"");
        assert_stopped(&run);
        assert_eq!(world.clock.timers(), 0);
        // It can be run again.
        let run = world.open(keep_alive);
        world.assert_all_slots_are_free();
        assert_eq!(run.output(), None);
    }
}

#[test]
fn it_ends_a_connection_that_is_not_open_yet() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.dial(60);
    let queued = world.publish("a");
    world.settle();
    agent.stop();
    world.settle();
    assert_stopped(&run);
    assert_eq!(queued.output(), STOPPED);
    let run = world.open(60);
    assert_eq!((world.sent(), run.output()), (vec![], None));
}

#[test]
fn it_ends_a_connection_that_was_never_polled() {
    let agent = CompleteAgent::<1, 32>::new();
    let server = Server::new();
    let clock = ManualClock::default();
    let (mut rx, mut tx) = server.ends();
    let connect = Connect::<64>::new("room-1", 0).unwrap();
    let mut world = World::new(&agent);
    let queued = world.publish("a");
    world.settle();
    let future = agent.run::<64>(&mut rx, &mut tx, &clock, &connect, |_| {});
    agent.stop();
    let run = world.executor.spawn("run", future);
    world.settle();
    assert_stopped(&run);
    assert_eq!(queued.output(), STOPPED);
}

#[test]
fn commands_that_are_queued_fail() {
    let agent = CompleteAgent::<4, 32>::new();
    let mut world = World::new(&agent);
    let run = world.dial(0);
    let [a, b, c] = ["a", "b", "c"].map(|topic| world.publish(topic));
    let subscribe = world.subscribe("subscribe", &[("a", QoS::AtMostOnce)]);
    world.settle();
    agent.stop();
    world.settle();
    assert_stopped(&run);
    assert_eq!([a, b, c].map(|task| task.output()), [STOPPED; 3]);
    assert_eq!(subscribe.output(), Some(Err(CommandError::Stopped)));
    let _run = world.open(0);
    world.assert_all_slots_are_free();
}

#[test]
fn messages_on_their_way_fail_whatever_their_qos_and_are_not_sent_again() {
    for (qos, released) in [(QoS::AtLeastOnce, false), (QoS::ExactlyOnce, false), (QoS::ExactlyOnce, true)] {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        world.clean_session = false;
        let run = world.open(0);
        let message = world.publish_at(qos, "a");
        world.settle();
        if released {
            world.answer(&acknowledgement(PUBREC, 1));
        }
        agent.stop();
        world.settle();
        assert_stopped(&run);
        assert_eq!(message.output(), STOPPED);
        world.clean_session = true;
        let _run = world.open(0);
        assert_eq!(world.sent(), b"");
        world.assert_all_slots_are_free();
    }
}

#[test]
fn requests_on_their_way_fail_as_stopped() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let subscribe = world.subscribe("subscribe", &[("a", QoS::AtMostOnce)]);
    let unsubscribe = world.submit("unsubscribe", Request::Unsubscribe(&["a"]));
    let ping = world.submit("ping", Request::Ping);
    assert!(world.sent().ends_with(&PINGREQ));
    agent.stop();
    world.settle();
    assert_stopped(&run);
    assert_eq!(subscribe.output(), Some(Err(CommandError::Stopped)));
    assert_eq!([unsubscribe.output(), ping.output()], [STOPPED; 2]);
    let _run = world.open(0);
    world.assert_all_slots_are_free();
}

#[test]
fn a_command_within_whose_packet_the_agent_is_stopped_fails_as_stopped() {
    for taken in 0..5 {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(0);
            world.server.take(taken);
            let torn = world.publish_at(qos, "a");
            world.settle();
            agent.stop();
            world.settle();
            assert_stopped(&run);
            assert_eq!(torn.output(), STOPPED, "{taken} {qos:?}");
            let _run = world.open(0);
            world.assert_all_slots_are_free();
        }
    }
}

#[test]
fn a_command_that_was_given_just_before_is_not_sent() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let a = world.publish("a");
    // The task gives its command; the agent has not run yet.
    assert!(world.executor.step(), "the submission");
    agent.stop();
    assert_eq!(world.sent(), b"");
    assert_stopped(&run);
    assert_eq!(a.output(), STOPPED);
}

#[test]
fn tasks_that_wait_for_a_slot_get_one() {
    for stopped_while_running in [false, true] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        agent.try_submit(&message("a", b"")).unwrap();
        let run = stopped_while_running.then(|| world.dial(0));
        let [b, c] = ["b", "c"].map(|topic| world.publish(topic));
        world.settle();
        agent.stop();
        world.settle();
        if let Some(run) = run {
            assert_stopped(&run);
        }
        assert_eq!([b.output(), c.output()], [None; 2]);
        let _run = world.open(0);
        let mut sent: Vec<_> = world.sent().chunks(5).map(<[u8]>::to_vec).collect();
        sent.sort();
        assert_eq!(sent, [publishes(&["b"]), publishes(&["c"])]);
        assert_eq!([b.output(), c.output()], [Some(Ok(())); 2]);
        world.assert_all_slots_are_free();
    }
}

#[test]
fn without_a_connection_it_clears_the_line_and_the_next_connection_runs() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    agent.stop();
    let a = world.publish("a");
    world.settle();
    agent.submit_then(&message("b", b""), const { &Completion::new(note, 1) }).unwrap();
    agent.try_submit(&message("c", b"")).unwrap();
    agent.stop();
    world.settle();
    assert_eq!((a.output(), calls()), (STOPPED, vec![(1, Some(CommandError::Stopped))]));
    agent.stop();
    let run = world.open(0);
    assert_eq!((world.sent(), run.output()), (vec![], None));
    world.assert_all_slots_are_free();
}

#[test]
fn between_connections_messages_that_were_to_be_sent_again_fail_too() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    world.clean_session = false;
    let run = world.open(0);
    let again = world.publish_at(QoS::AtLeastOnce, "a");
    let released = world.publish_at(QoS::ExactlyOnce, "b");
    world.settle();
    world.answer(&acknowledgement(PUBREC, 2));
    run.cancel();
    let queued = world.publish_at(QoS::AtLeastOnce, "c");
    world.settle();
    agent.stop();
    world.settle();
    assert_eq!([again.output(), released.output(), queued.output()], [STOPPED; 3]);
    let _run = world.open(0);
    assert_eq!(world.sent(), b"");
    world.assert_all_slots_are_free();
}

#[test]
fn stopping_twice_is_stopping_once() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    agent.stop();
    agent.stop();
    world.settle();
    assert_stopped(&run);
    agent.stop();
    let run = world.open(0);
    agent.try_submit(&message("a", b"")).unwrap();
    assert_eq!((world.sent(), run.output()), (publishes(&["a"]), None));
}

#[test]
fn stop_counts_even_where_the_connection_ends_by_itself_at_the_same_time() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let message = world.publish_at(QoS::AtLeastOnce, "a");
    world.settle();
    world.server.end_reads(kit::End::Closed);
    agent.stop();
    world.settle();
    assert_stopped(&run);
    assert_eq!(message.output(), STOPPED);
}

#[test]
fn stop_before_the_future_is_dropped_clears_the_line() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let message = world.publish_at(QoS::AtLeastOnce, "a");
    world.settle();
    agent.stop();
    run.cancel();
    world.settle();
    assert_eq!(message.output(), STOPPED);
    let run = world.open(0);
    assert_eq!((world.sent(), run.output()), (vec![], None));
}

#[test]
fn the_handler_may_stop_the_agent() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    world.reaction = Rc::new(|| agent.stop());
    let run = world.open(0);
    let in_flight = world.publish_at(QoS::AtLeastOnce, "a");
    assert_eq!(world.sent(), publish_packet(0x32, "a", Some(1), b""));
    world.answer(&publish_bytes("stop", b""));
    assert_stopped(&run);
    assert_eq!((in_flight.output(), world.handled().len()), (STOPPED, 1));
    let run = world.open(0);
    world.assert_all_slots_are_free();
    assert_eq!(run.output(), None);
}

static STOPS: CompleteAgent<2, 32> = CompleteAgent::new();

#[test]
fn a_function_may_stop_the_agent() {
    static COMPLETION: Completion = Completion::new(
        |context, outcome| {
            note(context, outcome);
            STOPS.stop();
        },
        1,
    );
    let mut world = World::new(&STOPS);
    // When a packet is sent, when an acknowledgement comes, and when the connection has ended.
    for way in 0..4 {
        let run = world.open(0);
        let other = world.publish_at(QoS::AtLeastOnce, "a");
        // Other packet identifiers after each stop.
        let identifier_sent = |topic| {
            let sent = world.sent();
            let identifier = u16::from_be_bytes([sent[5], sent[6]]);
            assert_eq!(sent, publish_packet(0x32, topic, Some(identifier), b""));
            identifier
        };
        identifier_sent("a");
        let expected = match way {
            0 => {
                STOPS.submit_then(&message("b", b""), &COMPLETION).unwrap();
                None
            }
            1 => {
                STOPS.submit_then(&message_at(QoS::AtLeastOnce, "b", b""), &COMPLETION).unwrap();
                world.answer(&acknowledgement(PUBACK, identifier_sent("b")));
                None
            }
            2 => {
                STOPS.submit_then(&Request::Ping, &COMPLETION).unwrap();
                world.settle();
                run.cancel();
                Some(CommandError::ConnectionLost)
            }
            _ => {
                STOPS.submit_then(&message_at(QoS::AtLeastOnce, "b", b""), &COMPLETION).unwrap();
                world.settle();
                STOPS.stop();
                Some(CommandError::Stopped)
            }
        };
        world.settle();
        if way != 2 {
            assert_stopped(&run);
        }
        // The clean session of a connection that has ended is over before anybody stops anything.
        let ends = if way == 2 { Some(Err(CommandError::SessionLost)) } else { STOPPED };
        assert_eq!((other.output(), calls()), (ends, vec![(1, expected)]), "{way}");
        let run = world.open(0);
        world.assert_all_slots_are_free();
        run.cancel();
    }
}

static RESUBMITS: CompleteAgent<3, 32> = CompleteAgent::new();

#[test]
fn functions_that_give_a_command_when_theirs_has_failed_do_not_make_it_endless() {
    static COMPLETION: Completion = Completion::new(
        |context, outcome| {
            let failed = outcome.is_err();
            note(context, outcome);
            if failed {
                RESUBMITS.submit_then(&message("again", b""), &COMPLETION).unwrap();
            }
        },
        1,
    );
    let mut world = World::new(&RESUBMITS);
    for running in [false, true] {
        let run = running.then(|| world.dial(0));
        for _ in 0..3 {
            RESUBMITS.submit_then(&message("first", b""), &COMPLETION).unwrap();
        }
        RESUBMITS.stop();
        world.settle();
        if let Some(run) = run {
            assert_stopped(&run);
        }
        let failed = calls().len();
        assert!((3..=6).contains(&failed), "{failed}");
        // What was given then is in line.
        let _run = world.open(0);
        assert_eq!(world.sent(), publishes(&["again"; 3]));
        assert_eq!(calls(), [(1, None); 3]);
        world.assert_all_slots_are_free();
        RESUBMITS.stop();
        world.settle();
    }
}

#[test]
fn each_function_is_called_once() {
    static COMPLETIONS: [Completion; 4] =
        [Completion::new(note, 1), Completion::new(note, 2), Completion::new(note, 3), Completion::new(note, 4)];
    let agent = CompleteAgent::<4, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    agent.submit_then(&message_at(QoS::AtLeastOnce, "a", b""), &COMPLETIONS[0]).unwrap();
    agent.submit_then(&message_at(QoS::ExactlyOnce, "b", b""), &COMPLETIONS[1]).unwrap();
    world.settle();
    world.server.take(0);
    agent.submit_then(&message_at(QoS::AtLeastOnce, "c", b""), &COMPLETIONS[2]).unwrap();
    agent.submit_then(&message("d", b""), &COMPLETIONS[3]).unwrap();
    world.settle();
    agent.stop();
    world.settle();
    assert_stopped(&run);
    let mut called = calls();
    called.sort_by_key(|call| call.0);
    assert_eq!(called, [1, 2, 3, 4].map(|context| (context, Some(CommandError::Stopped))));
    let _run = world.open(0);
    world.assert_all_slots_are_free();
    assert_eq!(calls(), []);
}

#[test]
fn mqtt_2_3_1_2_packet_identifiers_that_the_server_may_still_know_are_not_given_again() {
    static COMPLETION: Completion = Completion::new(note, 1);
    for way in 0..3 {
        let agent = CompleteAgent::<2, 32>::new();
        let mut world = World::new(&agent);
        world.clean_session = false;
        let run = world.open(0);
        let command = message_at(QoS::ExactlyOnce, "a", b"");
        match way {
            0 => agent.try_submit(&command).unwrap(),
            1 => agent.submit_then(&command, &COMPLETION).unwrap(),
            _ => _ = world.submit("a", command),
        }
        let given_up = identifier(&world.sent());
        agent.stop();
        world.settle();
        assert_stopped(&run);
        // The Server waits for PUBREL: a PUBLISH with this identifier would be a duplicate.
        let _run = world.resume();
        let done = world.publish_at(QoS::ExactlyOnce, "b");
        let sent = world.sent();
        let given = identifier(&sent);
        assert_eq!(sent, publish_packet(0x34, "b", Some(given), b""));
        assert_ne!(given, given_up, "{way}");
        world.answer(&acknowledgement(PUBREC, given));
        assert_eq!(world.sent(), acknowledgement(PUBREL, given));
        world.answer(&acknowledgement(PUBCOMP, given));
        assert_eq!(done.output(), Some(Ok(())));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn packet_identifiers_stay_in_range_and_work_however_often_the_agent_is_stopped() {
    let agent = Box::new(CompleteAgent::<255, 12>::new());
    let mut world = World::new(&agent);
    let mut last = vec![];
    for _ in 0..300 {
        let run = world.open(0);
        for _ in 0..255 {
            agent.try_submit(&message_at(QoS::AtLeastOnce, "a", b"")).unwrap();
        }
        let given: Vec<u16> = world.sent().chunks(7).map(identifier).collect();
        assert!(given.iter().all(|identifier| *identifier != 0 && !last.contains(identifier)), "{given:?}");
        world.answer(&acknowledgement(PUBACK, given[1]));
        agent.try_submit(&message_at(QoS::AtLeastOnce, "a", b"")).unwrap();
        assert!(!given.contains(&identifier(&world.sent())));
        agent.stop();
        world.settle();
        assert_stopped(&run);
        last = given;
    }
}

/// A clock for connections without time limits.
struct Still;

impl Clock for Still {
    fn now_ms(&self) -> u32 {
        0
    }

    fn wait_until(&self, _deadline: u32) -> impl Future<Output = ()> {
        std::future::pending()
    }
}

#[test]
fn a_task_that_interrupts_stop_may_run_the_next_connection() {
    static AGENT: CompleteAgent<2, 32> = CompleteAgent::new();
    let mut world = World::new(&AGENT);
    let run = world.open(0);
    let server = Server::new();
    let (mut rx, mut tx) = server.ends();
    let next = Urgent::spawn(async move {
        assert_eq!(AGENT.submit::<()>(message_at(QoS::AtLeastOnce, "a", b"")).await, Err(CommandError::Stopped));
        let connect = Connect::<64>::new("room-1", 0).unwrap();
        AGENT.run::<64>(&mut rx, &mut tx, &Still, &connect, |_| {}).await
    });
    world.settle();
    AGENT.stop();
    world.settle();
    assert_stopped(&run);
    // It may be told to come back later. Else the connection is as good as any.
    if next.output() != Some(Err(Error::Busy)) {
        assert_eq!((server.received(), next.output()), (connect_bytes(0), None));
        server.send(&kit::CONNACK);
        assert_eq!(next.output(), None);
        AGENT.try_submit(&message("b", b"")).unwrap();
        assert_eq!((server.received(), next.output()), (publishes(&["b"]), None));
    }
}
