//! Submissions that are dropped before they are done.

mod kit;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use kit::{Agent, CONNACK, World, message, publish_bytes, publishes};
use slimqtt_agent::CommandError;

#[test]
fn a_submission_does_nothing_before_it_is_polled() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let submission = agent.submit::<()>(message("a", b""));
    let _run = world.open(60);
    assert_eq!(world.sent(), b"");
    assert_eq!(agent.try_submit(&message("b", b"")), Ok(()));
    drop(submission);
    assert_eq!(world.sent(), publishes(&["b"]));
}

#[test]
fn dropped_in_line_it_is_not_sent_and_its_slot_is_free_at_once() {
    // Whichever of the four it is.
    for cancelled in 0..4 {
        let agent = Agent::<4, 32>::new();
        let mut world = World::new(&agent);
        let topics = ["a", "b", "c", "d"];
        let tasks = topics.map(|topic| world.publish(topic));
        world.settle();
        assert_eq!(agent.try_submit(&message("e", b"")), Err(CommandError::QueueFull));
        tasks[cancelled].cancel();
        assert_eq!(agent.try_submit(&message("e", b"")), Ok(()));
        assert_eq!(agent.try_submit(&message("f", b"")), Err(CommandError::QueueFull));
        let _run = world.open(60);
        let mut left = topics.to_vec();
        left.remove(cancelled);
        left.push("e");
        assert_eq!(world.sent(), publishes(&left));
        for (i, task) in tasks.iter().enumerate() {
            assert_eq!(task.output(), (i != cancelled).then_some(Ok(())));
        }
    }
}

#[test]
fn dropped_behind_a_packet_that_is_being_sent_it_is_not_sent() {
    let agent = Agent::<3, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.server.take(1);
    let [a, b, c] = ["a", "b", "c"].map(|topic| world.publish(topic));
    world.settle();
    b.cancel();
    agent.try_submit(&message("d", b"")).unwrap();
    world.server.take_all();
    assert_eq!(world.sent(), publishes(&["a", "c", "d"]));
    assert_eq!([a.output(), c.output()], [Some(Ok(())); 2]);
}

#[test]
fn dropped_within_its_packet_the_packet_is_completed_and_then_its_slot_is_free() {
    for taken in 1..9 {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(taken);
        let a = world.submit("a", message("a", b"1234"));
        world.settle();
        a.cancel();
        assert_eq!(agent.try_submit(&message("b", b"")), Err(CommandError::QueueFull));
        let b = world.publish("b");
        world.settle();
        assert_eq!(b.output(), None);
        world.server.take_all();
        let mut expected = publish_bytes("a", b"1234");
        expected.extend(publishes(&["b"]));
        assert_eq!(world.sent(), expected);
        assert_eq!((b.output(), run.output()), (Some(Ok(())), None));
        assert_eq!(agent.try_submit(&message("c", b"")), Ok(()));
    }
}

#[test]
fn dropped_within_its_packet_before_the_connection_ends_its_slot_is_free() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.take(3);
    let a = world.publish("a");
    world.settle();
    a.cancel();
    run.cancel();
    assert_eq!(agent.try_submit(&message("b", b"")), Ok(()));
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["b"]));
}

#[test]
fn dropped_within_its_packet_before_the_connection_ends_its_slot_goes_to_a_waiting_one() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.take(3);
    let a = world.publish("a");
    world.settle();
    a.cancel();
    let b = world.publish("b");
    world.settle();
    run.cancel();
    world.settle();
    assert_eq!(agent.try_submit(&message("c", b"")), Err(CommandError::QueueFull));
    let _run = world.open(60);
    assert_eq!((world.sent(), b.output()), (publishes(&["b"]), Some(Ok(()))));
}

#[test]
fn dropped_when_its_packet_is_sent_but_before_it_knows_its_slot_is_free() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let a = world.publish("a");
    assert!(world.executor.step(), "the submission");
    assert!(world.executor.step(), "the agent");
    assert_eq!(world.server.received(), publishes(&["a"]));
    assert_eq!((a.polls(), a.output()), (1, None));
    assert_eq!(agent.try_submit(&message("b", b"")), Err(CommandError::QueueFull));
    let waiting = world.publish("c");
    a.cancel();
    assert_eq!(world.sent(), publishes(&["c"]));
    assert_eq!((waiting.output(), run.output()), (Some(Ok(())), None));
}

#[test]
fn dropped_when_its_packet_is_lost_but_before_it_knows_its_slot_is_free() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.take(3);
    let a = world.publish("a");
    world.settle();
    run.cancel();
    assert_eq!(agent.try_submit(&message("b", b"")), Err(CommandError::QueueFull));
    a.cancel();
    assert_eq!(agent.try_submit(&message("b", b"")), Ok(()));
}

#[test]
fn dropped_while_it_waits_for_a_slot_it_is_not_sent_and_the_others_are() {
    for cancelled in 0..3 {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        agent.try_submit(&message("x", b"")).unwrap();
        agent.try_submit(&message("y", b"")).unwrap();
        let topics = ["a", "b", "c"];
        let tasks = topics.map(|topic| world.publish(topic));
        world.settle();
        tasks[cancelled].cancel();
        let _run = world.open(60);
        let sent = world.sent();
        assert_eq!(sent[..10], publishes(&["x", "y"]));
        let mut packets: Vec<&[u8]> = sent[10..].chunks(5).collect();
        packets.sort_unstable();
        let mut left = topics.to_vec();
        left.remove(cancelled);
        assert_eq!(packets.concat(), publishes(&left));
    }
}

#[test]
fn the_first_free_slot_goes_to_whoever_still_waits() {
    for cancelled in [[0, 1], [0, 2], [1, 2]] {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        agent.try_submit(&message("x", b"")).unwrap();
        agent.try_submit(&message("y", b"")).unwrap();
        let tasks = ["a", "a", "a"].map(|topic| world.publish(topic));
        world.settle();
        cancelled.iter().for_each(|&i| tasks[i].cancel());
        let _run = world.dial(60);
        // Of the two in line, the first is sent.
        world.server.take(5);
        world.answer(&CONNACK);
        assert_eq!(agent.try_submit(&message("b", b"")), Err(CommandError::QueueFull), "{cancelled:?}");
        world.server.take_all();
        assert_eq!(world.sent(), publishes(&["x", "y", "a"]));
    }
}

#[test]
fn dropping_one_in_line_lets_a_waiting_one_in() {
    for waiting in 1..=2 {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        agent.try_submit(&message("x", b"")).unwrap();
        let a = world.publish("a");
        world.settle();
        let tasks: Vec<_> = (0..waiting).map(|_| world.publish("w")).collect();
        world.settle();
        a.cancel();
        world.settle();
        let _run = world.open(60);
        let mut expected = vec!["x"];
        expected.extend(vec!["w"; tasks.len()]);
        assert_eq!(world.sent(), publishes(&expected));
        assert!(tasks.iter().all(|task| task.output() == Some(Ok(()))));
    }
}

#[test]
fn giving_up_again_and_again_leaves_nothing_behind() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    for _ in 0..100 {
        let tasks = ["a", "b", "c"].map(|topic| world.publish(topic));
        world.settle();
        tasks.iter().for_each(|task| task.cancel());
    }
    let [y, z] = ["y", "z"].map(|topic| world.publish(topic));
    let run = world.dial(60);
    world.answer(&CONNACK);
    assert_eq!(world.sent(), publishes(&["y", "z"]));
    assert_eq!([y.output(), z.output()], [Some(Ok(())); 2]);
    assert_eq!(run.output(), None);
}

/// Counts, by its references, who may wake it.
struct Counted;

impl Wake for Counted {
    fn wake(self: Arc<Self>) {}
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Waits,
    InLine,
    Begun,
    Done,
}

#[test]
fn the_waker_of_a_dropped_submission_is_dropped_with_the_next_command_that_is_done() {
    for stage in [Stage::Waits, Stage::InLine, Stage::Begun, Stage::Done] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        if stage != Stage::Done {
            world.server.take(if stage == Stage::Begun { 2 } else { 0 });
        }
        if stage == Stage::Waits {
            agent.try_submit(&message("x", b"")).unwrap();
        }
        let counted = Arc::new(Counted);
        let waker = Waker::from(Arc::clone(&counted));
        let mut submission = agent.submit::<()>(message("a", b""));
        assert!(Pin::new(&mut submission).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        if stage != Stage::InLine {
            world.settle();
        }
        drop(submission);
        let b = world.publish("b");
        world.settle();
        world.server.take_all();
        world.settle();
        assert_eq!((b.output(), Arc::strong_count(&counted)), (Some(Ok(())), 1), "{stage:?}");
    }
}

#[test]
fn the_waker_of_a_dropped_submission_does_not_outlive_the_agent() {
    let counted = Arc::new(Counted);
    let agent = Agent::<1, 32>::new();
    agent.try_submit(&message("x", b"")).unwrap();
    let mut submission = agent.submit::<()>(message("a", b""));
    let waker = Waker::from(Arc::clone(&counted));
    assert!(Pin::new(&mut submission).poll(&mut Context::from_waker(&waker)).is_pending());
    drop((waker, submission));
    drop(agent);
    assert_eq!(Arc::strong_count(&counted), 1);
}
