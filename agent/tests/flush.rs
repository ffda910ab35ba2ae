//! When the transport is told to hold nothing back.

mod kit;

use kit::{Agent, Fault, PINGREQ, World, message, publishes, silence};
use slimqtt_agent::{Error, ErrorKind};

#[test]
fn connect_is_flushed() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.dial(60);
    assert_eq!(world.server.flushes(), [20]);
}

#[test]
fn all_is_flushed_before_the_agent_rests_and_nothing_before_the_line_is_empty() {
    let agent = Agent::<3, 32>::new();
    let mut world = World::new(&agent);
    for topic in ["a", "b", "c"] {
        agent.try_submit(&message(topic, b"")).unwrap();
    }
    let _run = world.open(60);
    assert_eq!(world.server.flushes(), [20, 35]);
    agent.try_submit(&message("d", b"")).unwrap();
    world.settle();
    agent.try_submit(&message("e", b"")).unwrap();
    agent.try_submit(&message("f", b"")).unwrap();
    world.settle();
    assert_eq!(world.server.flushes(), [20, 35, 40, 50]);
}

#[test]
fn nothing_is_flushed_twice() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    for _ in 0..5 {
        world.answer(b"\x30\x03\x00\x01a");
        run.wake();
        world.pass(1000);
    }
    assert_eq!(world.server.flushes(), [20]);
}

#[test]
fn pingreq_is_flushed() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.pass(silence(60));
    assert_eq!(world.sent(), PINGREQ);
    assert_eq!(world.server.flushes(), [20, 22]);
}

#[test]
fn fragments_are_flushed_once_the_packet_is_whole() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.server.limit_writes(1);
    world.server.hesitate();
    agent.try_submit(&message("a", b"")).unwrap();
    world.settle();
    assert_eq!(world.server.flushes(), [20, 25]);
}

#[test]
fn commands_wait_for_a_flush_that_pends() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.hold_flushes(true);
    let a = world.publish("a");
    assert_eq!(world.sent(), publishes(&["a"]));
    let b = world.publish("b");
    world.answer(b"\x30\x03\x00\x01a");
    // The outcome of `a` does not wait.
    assert_eq!([a.output(), b.output()], [Some(Ok(())), None]);
    world.server.hold_flushes(false);
    assert_eq!(world.sent(), publishes(&["b"]));
    assert_eq!(world.server.flushes(), [20, 25, 30]);
    assert_eq!((b.output(), run.output()), (Some(Ok(())), None));
}

#[test]
fn a_flush_that_fails_ends_the_connection() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.fail_flushes(Fault::Broken);
    let a = world.publish("a");
    world.settle();
    assert_eq!(run.output(), Some(Err(Error::Transport(ErrorKind::BrokenPipe))));
    // The transport had taken it.
    assert_eq!(a.output(), Some(Ok(())));
    let b = world.publish("b");
    let _run = world.open(60);
    assert_eq!((world.sent(), b.output()), (publishes(&["b"]), Some(Ok(()))));
}
