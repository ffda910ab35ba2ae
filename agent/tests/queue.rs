//! The line of commands, and the tasks that wait for a place in it.

mod kit;

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;

use kit::{Agent, CONNACK, World, connect_bytes, message, publish_bytes, publishes};
use slimqtt_agent::{CommandError, Error};

#[test]
fn try_submit_says_when_all_slots_are_taken() {
    let agent = Agent::<3, 32>::new();
    let mut world = World::new(&agent);
    for topic in ["a", "b", "c"] {
        assert_eq!(agent.try_submit(&message(topic, b"")), Ok(()));
    }
    assert_eq!(agent.try_submit(&message("d", b"")), Err(CommandError::QueueFull));
    assert_eq!(agent.try_submit(&message("d", b"")), Err(CommandError::QueueFull));
    let run = world.dial(60);
    let wakes = run.wakes();
    assert_eq!(agent.try_submit(&message("d", b"")), Err(CommandError::QueueFull));
    assert_eq!(run.wakes(), wakes);
    world.answer(&CONNACK);
    assert_eq!(world.sent(), publishes(&["a", "b", "c"]));
}

#[test]
fn a_full_queue_says_so_before_it_looks_at_the_arguments() {
    let agent = Agent::<1, 32>::new();
    agent.try_submit(&message("a", b"")).unwrap();
    assert_eq!(agent.try_submit(&message("#", b"")), Err(CommandError::QueueFull));
}

#[test]
fn slots_are_free_again_after_sending() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    for _ in 0..300 {
        agent.try_submit(&message("a", b"")).unwrap();
        agent.try_submit(&message("b", b"")).unwrap();
        assert_eq!(agent.try_submit(&message("c", b"")), Err(CommandError::QueueFull));
        assert_eq!(world.sent(), publishes(&["a", "b"]));
    }
}

#[test]
fn a_command_wakes_the_sleeping_agent_once() {
    let agent = Agent::<3, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let (wakes, polls) = (run.wakes(), run.polls());
    for topic in ["a", "b", "c"] {
        agent.try_submit(&message(topic, b"")).unwrap();
    }
    assert_eq!(world.sent(), publishes(&["a", "b", "c"]));
    assert_eq!((run.wakes() - wakes, run.polls() - polls), (1, 1));
}

#[test]
fn order_is_kept_among_tasks_and_both_ways_to_submit() {
    let agent = Agent::<6, 32>::new();
    let mut world = World::new(&agent);
    let _a = world.publish("a");
    let _b = world.publish("b");
    world.settle();
    agent.try_submit(&message("c", b"")).unwrap();
    let _d = world.publish("d");
    world.settle();
    agent.try_submit(&message("e", b"")).unwrap();
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["a", "b", "c", "d", "e"]));
}

#[test]
fn order_is_kept_when_slots_are_free_in_another_order() {
    let agent = Agent::<4, 32>::new();
    let mut world = World::new(&agent);
    let a = world.publish("a");
    let b = world.publish("b");
    let c = world.publish("c");
    let d = world.publish("d");
    world.settle();
    b.cancel();
    let e = world.publish("e");
    world.settle();
    a.cancel();
    c.cancel();
    let f = world.publish("f");
    let g = world.publish("g");
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["d", "e", "f", "g"]));
    assert_eq!([d, e, f, g].map(|task| task.output()), [Some(Ok(())); 4]);
}

#[test]
fn order_is_kept_when_the_first_slot_is_taken_while_a_later_one_is_sent() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let mut expected = vec![];
    let mut sent = vec![];
    // Always one packet in the air and one behind it.
    world.server.take(3);
    agent.try_submit(&message("t", &[0])).unwrap();
    world.settle();
    for i in 1..100 {
        agent.try_submit(&message("t", &[i])).unwrap();
        world.server.take(6);
        sent.extend(world.sent());
        expected.extend(publish_bytes("t", &[i - 1]));
        assert_eq!(sent[..expected.len()], expected);
    }
    assert_eq!(sent.len(), expected.len() + 3);
}

#[test]
fn line_of_255_commands_keeps_its_order() {
    let agent = Box::new(Agent::<255, 12>::new());
    let mut world = World::new(&agent);
    for i in 0..255 {
        agent.try_submit(&message("t", &[i])).unwrap();
    }
    assert_eq!(agent.try_submit(&message("t", b"")), Err(CommandError::QueueFull));
    let _run = world.open(60);
    let expected: Vec<u8> = (0..255).flat_map(|i| publish_bytes("t", &[i])).collect();
    assert_eq!(world.sent(), expected);
}

#[test]
fn submit_waits_for_a_slot_and_for_its_outcome() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    let b = world.publish("b");
    let _run = world.dial(60);
    assert_eq!((b.output(), b.polls()), (None, 1));
    world.answer(&CONNACK);
    assert_eq!(world.sent(), publishes(&["a", "b"]));
    assert_eq!(b.output(), Some(Ok(())));
}

#[test]
fn submit_resolves_when_the_packet_is_sent_not_before() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.server.take(4);
    let (a, b) = (world.publish("a"), world.publish("b"));
    world.settle();
    assert_eq!((a.output(), b.output()), (None, None));
    world.server.take(1);
    world.settle();
    assert_eq!((a.output(), b.output()), (Some(Ok(())), None));
    world.server.take_all();
    world.settle();
    assert_eq!(b.output(), Some(Ok(())));
}

#[test]
fn more_waiting_tasks_than_slots_all_get_through() {
    for (fragment, hesitates) in [(usize::MAX, false), (1, false), (usize::MAX, true), (2, true)] {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        world.server.limit_writes(fragment);
        if hesitates {
            world.server.hesitate();
        }
        let topics = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let tasks = topics.map(|topic| world.publish(topic));
        let sent = world.sent();
        assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 10]);
        let mut packets: Vec<&[u8]> = sent.chunks(5).collect();
        packets.sort_unstable();
        assert_eq!(packets.concat(), publishes(&topics));
    }
}

#[test]
fn more_waiting_tasks_than_places_take_turns_until_the_connection_is_back() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    let topics = ["b", "c", "d", "e", "f", "g"];
    let tasks = topics.map(|topic| world.publish(topic));
    // They may be restless, so no waiting until they rest.
    let steps = |world: &World<'_, 1, 32>| (0..100).for_each(|_| _ = world.executor.step());
    steps(&world);
    let _run = world.run(60);
    steps(&world);
    assert_eq!(world.server.received(), connect_bytes(60));
    world.server.send(&CONNACK);
    steps(&world);
    let sent = world.sent();
    assert_eq!(sent[..5], publishes(&["a"]));
    let mut packets: Vec<&[u8]> = sent[5..].chunks(5).collect();
    packets.sort_unstable();
    assert_eq!(packets.concat(), publishes(&topics));
    assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 6]);
}

/// As many awaiting tasks as there is room for, with `taken` slots taken by nobody's commands.
fn tasks_sleep_while_the_connection_is_down<const COMMANDS: usize>(taken: usize) {
    let agent = Agent::<COMMANDS, 32>::new();
    let mut world = World::new(&agent);
    for _ in 0..taken {
        agent.try_submit(&message("t", b"")).unwrap();
    }
    let tasks: Vec<_> = (0..=COMMANDS).map(|_| world.publish("w")).collect();
    world.settle();
    for task in &tasks {
        assert_eq!((task.polls(), task.wakes()), (1, 0), "{taken} of {COMMANDS}");
    }
    world.pass(1_000_000);
    // The connection fails again and again.
    for _ in 0..10 {
        let run = world.dial(60);
        world.answer(&[0x20, 2, 0, 3]);
        assert!(matches!(run.output(), Some(Err(Error::Refused(_)))));
    }
    for task in &tasks {
        assert_eq!(task.polls(), 1, "{taken} of {COMMANDS}");
    }
    let _run = world.open(60);
    let packets = taken + COMMANDS + 1;
    assert_eq!(world.sent().len(), packets * 5);
    for task in &tasks {
        assert_eq!(task.output(), Some(Ok(())));
        // One for the outcome, and a bounded number when a slot was free but another was faster.
        assert!(task.polls() <= packets + 2, "{} polls", task.polls());
    }
}

#[test]
fn one_task_more_than_slots_sleeps_while_the_connection_is_down() {
    tasks_sleep_while_the_connection_is_down::<1>(0);
    tasks_sleep_while_the_connection_is_down::<1>(1);
    for taken in 0..=2 {
        tasks_sleep_while_the_connection_is_down::<2>(taken);
    }
    for taken in 0..=5 {
        tasks_sleep_while_the_connection_is_down::<5>(taken);
    }
}

#[test]
fn a_waiting_task_that_is_polled_for_no_reason_sleeps_again() {
    for taken in 0..=2 {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        for _ in 0..taken {
            agent.try_submit(&message("t", b"")).unwrap();
        }
        let tasks = ["a", "b", "c"].map(|topic| world.publish(topic));
        world.settle();
        for _ in 0..5 {
            for task in &tasks {
                task.wake();
                world.settle();
            }
        }
        let _run = world.open(60);
        assert_eq!(world.sent().len(), 5 * (taken + 3));
        assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 3]);
    }
}

#[test]
fn who_waits_for_a_slot_needs_no_room_after_it_was_dropped() {
    for gone in 1..=4 {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        agent.try_submit(&message("t", b"")).unwrap();
        agent.try_submit(&message("t", b"")).unwrap();
        for _ in 0..gone {
            let task = world.publish("gone");
            world.settle();
            task.cancel();
        }
        // As many tasks as there is room for.
        let tasks = ["a", "b", "c"].map(|topic| world.publish(topic));
        world.settle();
        let _run = world.open(60);
        assert_eq!(world.sent().len(), 5 * 5);
        assert_eq!(tasks.map(|task| task.output()), [Some(Ok(())); 3], "{gone}");
    }
}

#[test]
fn a_submission_may_move_to_another_task() {
    for full in [false, true] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        if full {
            agent.try_submit(&message("a", b"")).unwrap();
        }
        let submission = Rc::new(RefCell::new(Box::pin(agent.submit(message("b", b"")))));
        let again = Rc::clone(&submission);
        let first =
            world.executor.spawn("first", poll_fn(move |context| submission.borrow_mut().as_mut().poll(context)));
        world.settle();
        assert_eq!(first.output(), None);
        first.cancel();
        let second = world.executor.spawn("second", poll_fn(move |context| again.borrow_mut().as_mut().poll(context)));
        world.settle();
        let _run = world.open(60);
        world.settle();
        assert_eq!(second.output(), Some(Ok(())), "{full}");
    }
}
