//! Tasks that interrupt others, as executors in interrupts and RTOS tasks do.

mod kit;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::AtomicU16;

use kit::{TIMEOUT, Urgent, World, message, publishes};
use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{Agent as AnyAgent, CommandError, Payload, Profile};

/// Publishes, also what is not in memory.
enum Small {}

impl Profile for Small {
    const TIMEOUT_MS: u32 = TIMEOUT;
    type RequestedQoS = QoS;
    type Identifiers = [AtomicU16; 0];
    type Source = Option<&'static dyn Payload>;
    type Completion = ();
}

type Agent<const COMMANDS: usize> = AnyAgent<Small, COMMANDS, 32, { kit::RECEIVE }>;

thread_local! {
    static INTERRUPT: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// A payload without a byte. Whoever encodes its packet asks how long it is, and then something else happens first.
struct Interrupted;

impl Payload for Interrupted {
    fn length(&self) -> usize {
        if let Some(interrupt) = INTERRUPT.take() {
            interrupt();
        }
        0
    }

    fn read<'a>(&'a self, _offset: usize, _buffer: &'a mut [u8]) -> &'a [u8] {
        unreachable!("nothing to read")
    }
}

/// A command that publishes an empty message, and during whose encoding something else happens.
fn interrupted(topic: &str, interrupt: impl FnOnce() + 'static) -> Request<'_, Small> {
    INTERRUPT.set(Some(Box::new(interrupt)));
    Request::PublishFrom(Publish { qos: QoS::AtMostOnce, retain: false, topic }, &Interrupted)
}

fn new_agent<const COMMANDS: usize>() -> &'static Agent<COMMANDS> {
    Box::leak(Box::new(Agent::new()))
}

#[test]
fn a_task_that_interrupts_whoever_frees_a_slot_gets_it() {
    let agent = new_agent::<1>();
    let mut world = World::new(agent);
    let run = world.open(60);
    agent.try_submit(&message("a", b"")).unwrap();
    let urgent = Urgent::spawn(agent.submit(message("b", b"")));
    assert_eq!(urgent.output(), None);
    assert_eq!(world.sent(), publishes(&["a", "b"]));
    assert_eq!((urgent.output(), run.output()), (Some(Ok(())), None));
}

#[test]
fn a_task_that_interrupts_the_agent_after_its_packet_gets_the_next_slot() {
    let agent = new_agent::<1>();
    let mut world = World::new(agent);
    let run = world.open(60);
    let urgent = Urgent::spawn(async {
        for topic in ["a", "b", "c"] {
            agent.submit::<()>(message(topic, b"")).await?;
        }
        Ok::<_, CommandError>(())
    });
    assert_eq!(world.sent(), publishes(&["a", "b", "c"]));
    assert_eq!((urgent.output(), run.output()), (Some(Ok(())), None));
}

#[test]
fn a_task_that_interrupts_the_end_of_a_connection_gets_the_torn_commands_slot() {
    let agent = new_agent::<1>();
    let mut world = World::new(agent);
    let run = world.open(60);
    world.server.take(3);
    agent.try_submit(&message("a", b"")).unwrap();
    world.settle();
    let urgent = Urgent::spawn(agent.submit(message("b", b"")));
    run.cancel();
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["b"]));
    assert_eq!(urgent.output(), Some(Ok(())));
}

#[test]
fn a_task_that_interrupts_a_cancellation_gets_the_slot() {
    let agent = new_agent::<1>();
    let mut world = World::new(agent);
    let a = world.publish("a");
    world.settle();
    let urgent = Urgent::spawn(agent.submit(message("b", b"")));
    a.cancel();
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["b"]));
    assert_eq!(urgent.output(), Some(Ok(())));
}

#[test]
fn a_task_that_interrupts_a_failing_command_gets_the_slot() {
    let agent = new_agent::<1>();
    let mut world = World::new(agent);
    let urgent = Rc::new(RefCell::new(None));
    let spawned = Rc::clone(&urgent);
    let interrupt = move || *spawned.borrow_mut() = Some(Urgent::spawn(agent.submit(message("b", b""))));
    let failed = agent.try_submit(&interrupted("#", interrupt));
    assert!(matches!(failed, Err(CommandError::Invalid(_))));
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["b"]));
    assert_eq!(urgent.take().unwrap().output(), Some(Ok(())));
}

#[test]
fn a_command_that_interrupts_another_goes_before_it() {
    let agent = new_agent::<3>();
    let mut world = World::new(agent);
    agent.try_submit(&message("a", b"")).unwrap();
    let interrupt = || agent.try_submit(&message("b", b"")).unwrap();
    agent.try_submit(&interrupted("c", interrupt)).unwrap();
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["a", "b", "c"]));
}

#[test]
fn a_slot_that_is_being_filled_is_not_free() {
    let agent = new_agent::<1>();
    let mut world = World::new(agent);
    let interrupt = || assert_eq!(agent.try_submit(&message("b", b"")), Err(CommandError::QueueFull));
    agent.try_submit(&interrupted("a", interrupt)).unwrap();
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["a"]));
}

#[test]
fn the_agent_does_not_send_what_is_being_filled() {
    let agent = new_agent::<2>();
    let mut world = World::new(agent);
    let run = world.open(60);
    let world = Rc::new(world);
    let interrupt = {
        let world = Rc::clone(&world);
        move || {
            run.wake();
            assert_eq!(world.sent(), b"");
            agent.try_submit(&message("b", b"")).unwrap();
            assert_eq!(world.sent(), publishes(&["b"]));
        }
    };
    agent.try_submit(&interrupted("a", interrupt)).unwrap();
    assert_eq!(world.sent(), publishes(&["a"]));
}

/// `waiting` tasks find the only slot being filled, by a command that is then awaited or not.
fn tasks_that_interrupt_a_command_get_slots_later(waiting: usize, awaited: bool) {
    let agent = new_agent::<1>();
    let mut world = World::new(agent);
    let tasks = Rc::new(RefCell::new(vec![]));
    let spawned = Rc::clone(&tasks);
    let command = interrupted("a", move || {
        let spawn = |_| Urgent::spawn(agent.submit(message("w", b"")));
        spawned.borrow_mut().extend((0..waiting).map(spawn));
    });
    if awaited {
        world.submit("a", command);
    } else {
        agent.try_submit(&command).unwrap();
    }
    let run = world.open(60);
    let mut expected = vec!["a"];
    expected.extend(vec!["w"; waiting]);
    assert_eq!(world.sent(), publishes(&expected));
    assert_eq!(run.output(), None);
    for task in tasks.borrow().iter() {
        assert_eq!(task.output(), Some(Ok(())));
    }
}

#[test]
fn a_task_that_interrupts_a_command_waits_for_its_slot() {
    tasks_that_interrupt_a_command_get_slots_later(1, false);
}

#[test]
fn a_task_that_interrupts_an_awaited_command_waits_for_its_slot() {
    tasks_that_interrupt_a_command_get_slots_later(1, true);
}

#[test]
fn of_two_tasks_that_wait_for_a_slot_the_one_that_takes_it_does_not_forget_the_other() {
    tasks_that_interrupt_a_command_get_slots_later(2, false);
}

#[test]
fn waiting_tasks_that_interrupt_whoever_frees_a_slot_all_get_one() {
    for taken in 1..=3 {
        let agent = new_agent::<3>();
        let mut world = World::new(agent);
        for _ in 0..taken {
            agent.try_submit(&message("t", b"")).unwrap();
        }
        // One more than there are slots: as many as need not take turns.
        let tasks: Vec<_> = (0..4).map(|_| Urgent::spawn(agent.submit(message("w", b"")))).collect();
        let _run = world.open(60);
        let mut expected = vec!["t"; taken];
        expected.extend(["w"; 4]);
        assert_eq!(world.sent(), publishes(&expected), "{taken}");
        assert!(tasks.iter().all(|task| task.output() == Some(Ok(()))), "{taken}");
    }
}
