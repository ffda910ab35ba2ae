//! The end of a connection, as the application wants it.

mod kit;

use kit::{Agent, CONNACK, DISCONNECT, End, Fault, PINGREQ, PINGRESP, TIMEOUT, World, message, publishes, silence};
use slimqtt_agent::request::Request;
use slimqtt_agent::{CommandError, Error, ErrorKind};

/// What goes out for these topics, then DISCONNECT.
fn and_disconnect(topics: &[&str]) -> Vec<u8> {
    let mut bytes = publishes(topics);
    bytes.extend(DISCONNECT);
    bytes
}

#[test]
fn disconnect_ends_the_connection_without_an_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let done = world.submit("disconnect", Request::Disconnect);
    assert_eq!(world.sent(), DISCONNECT);
    assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
    assert_eq!((run.output(), done.output()), (Some(Ok(())), Some(Ok(()))));
    assert_eq!(world.clock.timers(), 0);
}

#[test]
fn try_submit_disconnects_as_well() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    agent.try_submit(&Request::Disconnect).unwrap();
    assert_eq!(world.sent(), DISCONNECT);
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn mqtt_3_14_4_2_nothing_is_sent_after_disconnect() {
    let agent = Agent::<4, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.hold_flushes(true);
    let a = world.publish("a");
    let bye = world.submit("disconnect", Request::Disconnect);
    let b = world.publish("b");
    world.settle();
    agent.try_submit(&message("c", b"")).unwrap();
    // Until DISCONNECT is flushed, the connection is open.
    assert_eq!(world.sent(), and_disconnect(&["a"]));
    agent.try_submit(&message("d", b"")).unwrap();
    world.pass(1);
    assert_eq!((world.sent(), run.output()), (vec![], None));
    world.server.hold_flushes(false);
    assert_eq!(world.sent(), b"");
    assert_eq!(run.output(), Some(Ok(())));
    assert_eq!([a.output(), bye.output(), b.output()], [Some(Ok(())), Some(Ok(())), None]);
    assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
}

#[test]
fn commands_behind_disconnect_go_out_on_the_next_connection() {
    let agent = Agent::<4, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    agent.try_submit(&Request::Disconnect).unwrap();
    let b = world.publish("b");
    world.settle();
    agent.try_submit(&message("c", b"")).unwrap();
    let first = world.dial(60);
    world.answer(&CONNACK);
    assert_eq!(world.sent(), and_disconnect(&["a"]));
    assert_eq!((first.output(), b.output()), (Some(Ok(())), None));
    let second = world.open(60);
    assert_eq!(world.sent(), publishes(&["b", "c"]));
    assert_eq!((second.output(), b.output()), (None, Some(Ok(()))));
}

#[test]
fn disconnect_waits_for_a_connection() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let bye = world.submit("disconnect", Request::Disconnect);
    let run = world.dial(60);
    assert_eq!((world.sent(), run.output(), bye.output()), (vec![], None, None));
    world.answer(&CONNACK);
    assert_eq!(world.sent(), DISCONNECT);
    assert_eq!((run.output(), bye.output()), (Some(Ok(())), Some(Ok(()))));
}

#[test]
fn disconnect_goes_out_byte_by_byte() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.limit_writes(1);
    world.server.hesitate();
    agent.try_submit(&Request::Disconnect).unwrap();
    agent.try_submit(&message("a", b"")).unwrap();
    assert_eq!(world.sent(), DISCONNECT);
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn a_connection_that_ends_within_disconnect_ends_with_its_error() {
    for at in 0..2 {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.end_writes_after(at, End::Fault(Fault::Broken));
        let bye = world.submit("disconnect", Request::Disconnect);
        world.settle();
        assert_eq!(run.output(), Some(Err(Error::Transport(ErrorKind::BrokenPipe))));
        assert_eq!(bye.output(), Some(Err(CommandError::ConnectionLost)));
        // It is not sent again: the next connection stays.
        let run = world.open(60);
        assert_eq!((world.sent(), run.output()), (vec![], None));
    }
}

#[test]
fn a_flush_of_disconnect_that_fails_is_an_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.fail_flushes(Fault::Reset);
    agent.try_submit(&Request::Disconnect).unwrap();
    assert_eq!(world.sent(), DISCONNECT);
    assert_eq!(run.output(), Some(Err(Error::Transport(ErrorKind::ConnectionReset))));
}

#[test]
fn a_ping_that_is_due_goes_before_disconnect_or_not_at_all() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60) - 1);
    world.server.take(1);
    agent.try_submit(&Request::Disconnect).unwrap();
    world.pass(2);
    assert_eq!(world.sent(), DISCONNECT[..1]);
    world.server.take_all();
    assert_eq!(world.sent(), DISCONNECT[1..]);
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn disconnect_goes_out_while_pingresp_is_awaited() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60));
    assert_eq!(world.sent(), PINGREQ);
    agent.try_submit(&Request::Disconnect).unwrap();
    assert_eq!(world.sent(), DISCONNECT);
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn pingresp_that_crosses_disconnect_is_no_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60));
    world.server.hold_flushes(true);
    agent.try_submit(&Request::Disconnect).unwrap();
    world.settle();
    world.answer(&PINGRESP);
    assert_eq!(run.output(), None);
    world.server.hold_flushes(false);
    world.settle();
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn publish_that_crosses_disconnect_is_no_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.hold_flushes(true);
    agent.try_submit(&Request::Disconnect).unwrap();
    world.settle();
    world.answer(b"\x30\x03\x00\x01a");
    assert_eq!(run.output(), None);
    world.server.hold_flushes(false);
    world.settle();
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn disconnect_shortly_before_a_ping_has_time_to_be_flushed() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60) - 1);
    world.server.hold_flushes(true);
    agent.try_submit(&Request::Disconnect).unwrap();
    assert_eq!(world.sent(), DISCONNECT);
    // Where PINGREQ would be due.
    world.pass(1);
    assert_eq!((world.sent(), run.output()), (vec![], None));
    world.server.hold_flushes(false);
    world.settle();
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn a_flush_of_disconnect_that_pends_for_ever_is_a_timeout() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.hold_flushes(true);
    agent.try_submit(&Request::Disconnect).unwrap();
    world.pass(silence(60) + TIMEOUT);
    assert_eq!(run.output(), Some(Err(Error::Timeout)));
}

#[test]
fn a_server_that_closes_within_disconnect_does_not_leave_the_connection_open() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.take(1);
    agent.try_submit(&Request::Disconnect).unwrap();
    world.settle();
    // In one poll: the end comes in, then the rest of DISCONNECT can go out.
    world.server.hold_flushes(true);
    world.server.end_reads(End::Closed);
    world.server.take_all();
    world.settle();
    assert_eq!(run.output(), Some(Err(Error::Closed)));
}
