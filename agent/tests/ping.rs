//! The ping command, and the time limits of a connection without keep-alive.

mod kit;

use kit::{CompleteAgent, DISCONNECT, PINGREQ, PINGRESP, PUBACK, TIMEOUT, World, acknowledgement, message, publishes};
use kit::{message_at, silence};
use slimqtt_agent::request::Request;
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{CommandError, Error};

#[test]
fn ping_is_byte_exact_and_done_with_pingresp() {
    for keep_alive in [0, 60] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(keep_alive);
        let done = world.submit("ping", Request::Ping);
        assert_eq!((world.sent(), done.output()), (b"\xC0\x00".to_vec(), None));
        assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
        world.answer(b"\xD0\x00");
        assert_eq!((done.output(), run.output(), world.sent()), (Some(Ok(())), None, vec![]));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn one_ping_after_another_each_has_its_answer() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let [first, second] = ["first", "second"].map(|name| world.submit(name, Request::Ping));
    assert_eq!(world.sent(), PINGREQ);
    world.answer(&PINGRESP);
    assert_eq!((first.output(), second.output(), world.sent()), (Some(Ok(())), None, PINGREQ.to_vec()));
    world.answer(&PINGRESP);
    assert_eq!((second.output(), run.output(), world.sent()), (Some(Ok(())), None, vec![]));
    world.answer(&PINGRESP);
    assert_eq!(run.output(), Some(Err(Error::Protocol)));
}

#[test]
fn a_ping_waits_for_the_answer_of_the_one_for_keep_alive() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60));
    assert_eq!(world.sent(), PINGREQ);
    let done = world.submit("ping", Request::Ping);
    assert_eq!(world.sent(), b"");
    world.answer(&PINGRESP);
    assert_eq!((world.sent(), done.output()), (PINGREQ.to_vec(), None));
    world.answer(&PINGRESP);
    assert_eq!((done.output(), run.output()), (Some(Ok(())), None));
    // That was a packet as any other.
    world.pass(silence(60) - 1);
    assert_eq!(world.sent(), b"");
    world.pass(1);
    assert_eq!(world.sent(), PINGREQ);
}

#[test]
fn other_commands_and_replies_go_out_while_pingresp_is_awaited() {
    let agent = CompleteAgent::<3, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let ping = world.submit("ping", Request::Ping);
    assert_eq!(world.sent(), PINGREQ);
    let done = world.publish("a");
    assert_eq!((world.sent(), done.output(), ping.output()), (publishes(&["a"]), Some(Ok(())), None));
    world.answer(b"\x32\x05\x00\x01b\x00\x07");
    assert_eq!(world.sent(), acknowledgement(PUBACK, 7));
}

#[test]
fn an_unasked_pingresp_is_a_protocol_error() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let waiting = world.submit("publish", message_at(QoS::AtLeastOnce, "a", b""));
    world.settle();
    world.answer(&PINGRESP);
    assert_eq!((run.output(), waiting.output()), (Some(Err(Error::Protocol)), Some(Err(CommandError::SessionLost))));
}

#[test]
fn pingresp_before_a_ping_in_line_is_begun_is_a_protocol_error() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    world.server.take(1);
    agent.try_submit(&message("a", b"")).unwrap();
    let ping = world.submit("ping", Request::Ping);
    world.settle();
    world.answer(&PINGRESP);
    assert_eq!((run.output(), ping.output()), (Some(Err(Error::Protocol)), None));
    // It was not begun.
    let _run = world.open(0);
    assert_eq!(world.sent(), PINGREQ);
}

#[test]
fn pingresp_before_the_transport_says_that_all_is_sent_counts_afterwards() {
    for taken in 0..2 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(0);
        world.server.take(taken);
        let done = world.submit("ping", Request::Ping);
        world.settle();
        world.answer(&PINGRESP);
        assert_eq!((world.sent(), done.output()), (PINGREQ[..taken].to_vec(), None));
        world.server.take_all();
        assert_eq!((world.sent(), done.output(), run.output()), (PINGREQ[taken..].to_vec(), Some(Ok(())), None));
        world.assert_all_slots_are_free();
    }
}

#[test]
fn a_missing_pingresp_is_a_timeout_without_keep_alive_at_exactly_the_profiles_time() {
    for later in [0, 1, TIMEOUT / 2, TIMEOUT, 100 * TIMEOUT] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(0);
        world.pass(later);
        let lost = world.submit("ping", Request::Ping);
        world.pass(TIMEOUT - 1);
        assert_eq!((world.sent(), run.output()), (PINGREQ.to_vec(), None), "{later}");
        world.pass(1);
        assert_eq!(run.output(), Some(Err(Error::Timeout)), "{later}");
        assert_eq!(lost.output(), Some(Err(CommandError::ConnectionLost)));
        assert_eq!(world.clock.timers(), 0);
        let _run = world.open(0);
        world.assert_all_slots_are_free();
    }
}

#[test]
fn a_missing_pingresp_is_a_timeout_with_keep_alive_at_exactly_the_profiles_time() {
    for keep_alive in [1, 2, 5, 6, 60, u16::MAX] {
        for later in [0, 1, silence(keep_alive) / 2, silence(keep_alive) - 1] {
            let agent = CompleteAgent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(keep_alive);
            world.pass(later);
            agent.try_submit(&Request::Ping).unwrap();
            // Or when the next PINGREQ would be due [MQTT-3.1.2-23].
            world.pass(TIMEOUT.min(silence(keep_alive)) - 1);
            assert_eq!((world.sent(), run.output()), (PINGREQ.to_vec(), None), "{keep_alive} s, {later}");
            world.pass(1);
            assert_eq!(run.output(), Some(Err(Error::Timeout)), "{keep_alive} s, {later}");
        }
    }
}

#[test]
fn a_ping_that_the_transport_never_takes_is_a_timeout_without_keep_alive() {
    for taken in 0..2 {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(0);
        world.pass(2 * TIMEOUT);
        world.server.take(taken);
        agent.try_submit(&Request::Ping).unwrap();
        world.pass(TIMEOUT - 1);
        assert_eq!(run.output(), None);
        world.pass(1);
        assert_eq!(run.output(), Some(Err(Error::Timeout)));
    }
}

#[test]
fn after_pingresp_there_is_no_time_limit_without_keep_alive() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    for _ in 0..3 {
        agent.try_submit(&Request::Ping).unwrap();
        world.pass(TIMEOUT - 1);
        assert_eq!(world.sent(), PINGREQ);
        world.answer(&PINGRESP);
        world.pass(10 * TIMEOUT);
        assert_eq!((world.sent(), run.output()), (vec![], None));
    }
}

#[test]
fn each_ping_has_the_whole_time() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    agent.try_submit(&Request::Ping).unwrap();
    agent.try_submit(&Request::Ping).unwrap();
    world.pass(TIMEOUT - 1);
    world.answer(&PINGRESP);
    assert_eq!(world.sent(), [PINGREQ, PINGREQ].concat());
    world.pass(TIMEOUT - 1);
    assert_eq!(run.output(), None);
    world.pass(1);
    assert_eq!(run.output(), Some(Err(Error::Timeout)));
}

#[test]
fn dropped_within_its_packet_its_answer_frees_the_slot() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    world.server.take(1);
    let ping = world.submit("ping", Request::Ping);
    world.settle();
    ping.cancel();
    world.server.take_all();
    assert_eq!(world.sent(), PINGREQ);
    assert_eq!(agent.try_submit(&message("a", b"")), Err(CommandError::QueueFull));
    world.answer(&PINGRESP);
    world.assert_all_slots_are_free();
    assert_eq!(run.output(), None);
}

#[test]
fn dropped_in_line_behind_another_it_is_not_sent() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    let first = world.submit("first", Request::Ping);
    let second = world.submit("second", Request::Ping);
    assert_eq!(world.sent(), PINGREQ);
    second.cancel();
    world.answer(&PINGRESP);
    assert_eq!((world.sent(), first.output(), run.output()), (vec![], Some(Ok(())), None));
    world.assert_all_slots_are_free();
}

#[test]
fn a_connection_that_is_pinging_may_end_in_order() {
    let agent = CompleteAgent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    let ping = world.submit("ping", Request::Ping);
    let bye = world.submit("disconnect", Request::Disconnect);
    assert_eq!(world.sent(), [PINGREQ, DISCONNECT].concat());
    assert_eq!((run.output(), bye.output()), (Some(Ok(())), Some(Ok(()))));
    assert_eq!(ping.output(), Some(Err(CommandError::ConnectionLost)));
}

#[test]
fn a_disconnect_whose_flush_pends_for_ever_is_a_timeout_without_keep_alive() {
    for later in [0, TIMEOUT / 2, 100 * TIMEOUT] {
        let agent = CompleteAgent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(0);
        world.pass(later);
        world.server.hold_flushes(true);
        agent.try_submit(&Request::Disconnect).unwrap();
        world.pass(TIMEOUT - 1);
        assert_eq!((world.sent(), run.output()), (DISCONNECT.to_vec(), None), "{later}");
        world.pass(1);
        assert_eq!(run.output(), Some(Err(Error::Timeout)), "{later}");
    }
}

#[test]
fn a_disconnect_whose_flush_is_slow_is_no_timeout_without_keep_alive() {
    let agent = CompleteAgent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    world.pass(100 * TIMEOUT);
    world.server.hold_flushes(true);
    agent.try_submit(&Request::Disconnect).unwrap();
    world.pass(TIMEOUT - 1);
    world.server.hold_flushes(false);
    assert_eq!((world.sent(), run.output()), (DISCONNECT.to_vec(), Some(Ok(()))));
}
