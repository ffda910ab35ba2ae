//! Who wants to know learns that the Server has accepted the connection, and whether it had the session (3.2.2.2).

mod kit;

use kit::{CONNACK, Complete, CompleteAgent, RESUMED, World, message, publishes};
use slimqtt_agent::Error;
use slimqtt_agent::request::Request;

type Agent = CompleteAgent<2, 32>;

#[test]
fn who_waits_is_told_with_connack_and_not_before() {
    for (answer, present) in [(CONNACK, false), (RESUMED, true)] {
        let agent = Agent::new();
        let mut world = World::new(&agent);
        world.clean_session = false;
        let early = world.executor.spawn("early", agent.connected());
        world.settle();
        assert_eq!((early.output(), early.wakes()), (None, 0));
        let _run = world.dial(60);
        world.answer(&answer[..3]);
        assert_eq!((early.output(), agent.try_connected()), (None, None));
        world.answer(&answer[3..]);
        assert_eq!((early.output(), agent.try_connected()), (Some(present), Some(present)));
        let late = world.executor.spawn("late", agent.connected());
        world.settle();
        assert_eq!((late.output(), late.polls()), (Some(present), 1));
    }
}

#[test]
fn a_clean_session_was_never_there() {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    assert_eq!(agent.try_connected(), Some(false));
}

#[test]
fn however_a_connection_ends_the_next_one_is_waited_for() {
    type End = fn(&mut World<'_, 2, 32, Complete>, &Agent);
    let endings: [(&str, End); 5] = [
        ("it is cut", |world, _| world.server.end_reads(kit::End::Closed)),
        ("the Server violates the protocol", |world, _| world.answer(&CONNACK)),
        ("the agent disconnects", |_, agent| agent.try_submit(&Request::Disconnect).unwrap()),
        ("it is stopped", |_, agent| agent.stop()),
        ("the Server says nothing more", |world, _| world.pass(100_000)),
    ];
    for (what, end) in endings {
        for clean_session in [true, false] {
            let agent = Agent::new();
            let mut world = World::new(&agent);
            world.clean_session = clean_session;
            let run = world.open(60);
            end(&mut world, &agent);
            world.settle();
            assert!(run.output().is_some(), "{what}");
            assert_eq!(agent.try_connected(), None, "{what}");
            let next = world.executor.spawn("next", agent.connected());
            let _run = world.dial(60);
            assert_eq!((next.output(), agent.try_connected()), (None, None), "{what}");
            world.answer(&CONNACK);
            assert_eq!(next.output(), Some(false), "{what}");
        }
    }
}

#[test]
fn a_connection_that_was_dropped_is_none() {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    run.cancel();
    assert_eq!(agent.try_connected(), None);
}

#[test]
fn a_refusal_is_no_connection() {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    let waiting = world.executor.spawn("waiting", agent.connected());
    let run = world.dial(60);
    world.answer(&[0x20, 2, 0, 5]);
    assert!(matches!(run.output(), Some(Err(Error::Refused(_)))));
    assert_eq!((waiting.output(), agent.try_connected()), (None, None));
}

#[test]
fn who_waits_takes_no_slot_and_is_not_in_the_way_of_those_who_wait_for_one() {
    let agent = Agent::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("first", b"")).unwrap();
    let told = world.executor.spawn("told", agent.connected());
    let publishing = ["second", "third"].map(|topic| world.publish(topic));
    world.settle();
    let _run = world.open(60);
    assert_eq!(told.output(), Some(false));
    assert_eq!(publishing.map(|task| task.output()), [Some(Ok(())); 2]);
    assert_eq!(world.sent(), publishes(&["first", "second", "third"]));
}
