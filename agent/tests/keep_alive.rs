//! PINGREQ after silence, and the time limits of an open connection.

mod kit;

use kit::{Agent, Fault, PINGREQ, PINGRESP, TIMEOUT, World, message, publishes, silence};
use slimqtt_agent::{Error, ErrorKind};

/// How long the Server may take for PINGRESP: the next PINGREQ would be due then, if that is sooner `[MQTT-3.1.2-23]`.
fn limit(keep_alive: u16) -> u32 {
    TIMEOUT.min(silence(keep_alive))
}

#[test]
fn without_keep_alive_there_is_no_pingreq_and_a_look_at_the_clock_every_24_days() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(0);
    // The timer for CONNACK may still be set.
    world.pass(TIMEOUT);
    let polls = run.polls();
    world.pass((1 << 31) - 1);
    world.pass((1 << 31) - 1);
    assert_eq!((world.sent(), run.output()), (vec![], None));
    assert_eq!(run.polls(), polls + 2);
    agent.try_submit(&message("a", b"")).unwrap();
    assert_eq!(world.sent(), publishes(&["a"]));
    assert_eq!(world.clock.timers(), 1);
}

#[test]
fn mqtt_3_1_2_23_pingreq_follows_seven_eighths_of_keep_alive_in_silence() {
    // Shorter than the timeout, about as long, and longer.
    for keep_alive in [1, 2, 5, 6, 60, 3600, u16::MAX] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(keep_alive);
        let silence = u32::from(keep_alive) * 875;
        world.pass(silence - 1);
        assert_eq!(world.sent(), b"", "{keep_alive} s");
        world.pass(1);
        assert_eq!(world.sent(), PINGREQ, "{keep_alive} s");
        world.answer(&PINGRESP);
        assert_eq!(run.output(), None, "{keep_alive} s");
    }
}

#[test]
fn what_the_server_sends_does_not_count() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.pass(silence(60) - 1);
    world.answer(b"\x30\x03\x00\x01a");
    world.pass(1);
    assert_eq!(world.sent(), PINGREQ);
}

#[test]
fn no_pingreq_while_publishing_more_often() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    for _ in 0..20 {
        world.pass(silence(60) - 1);
        agent.try_submit(&message("a", b"")).unwrap();
        assert_eq!(world.sent(), publishes(&["a"]));
    }
    world.pass(silence(60) - 1);
    assert_eq!(world.sent(), b"");
    world.pass(1);
    assert_eq!((world.sent(), run.output()), (PINGREQ.to_vec(), None));
}

#[test]
fn one_timer_is_set_whatever_happens() {
    let agent = Agent::<4, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    for _ in 0..100 {
        world.pass(1000);
        agent.try_submit(&message("a", b"")).unwrap();
        world.settle();
        assert_eq!(world.clock.timers(), 1);
    }
    // Packets alone wake it; the timer does twice in a silence at most.
    assert!(run.polls() < 120, "{}", run.polls());
}

#[test]
fn mqtt_3_1_2_24_missing_pingresp_is_a_timeout_at_exactly_the_profiles_time_or_when_the_next_pingreq_is_due() {
    for keep_alive in [1, 3, 5, 6, 60] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(keep_alive);
        world.pass(silence(keep_alive));
        assert_eq!(world.sent(), PINGREQ);
        world.pass(limit(keep_alive) - 1);
        assert_eq!((world.sent(), run.output()), (vec![], None), "{keep_alive} s");
        world.pass(1);
        assert_eq!(run.output(), Some(Err(Error::Timeout)), "{keep_alive} s");
        assert_eq!((world.sent(), world.clock.timers()), (vec![], 0));
    }
}

#[test]
fn publishing_does_not_put_off_the_timeout() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60));
    assert_eq!(world.sent(), PINGREQ);
    for _ in 0..4 {
        world.pass(TIMEOUT / 5);
        agent.try_submit(&message("a", b"")).unwrap();
        assert_eq!(world.sent(), publishes(&["a"]));
    }
    world.pass(TIMEOUT / 5 - 1);
    assert_eq!(run.output(), None);
    world.pass(1);
    assert_eq!(run.output(), Some(Err(Error::Timeout)));
}

#[test]
fn other_packets_of_the_server_do_not_put_off_the_timeout() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60));
    for _ in 0..4 {
        world.pass(TIMEOUT / 5);
        world.answer(b"\x30\x03\x00\x01a");
        assert_eq!(run.output(), None);
    }
    world.pass(TIMEOUT / 5);
    assert_eq!(run.output(), Some(Err(Error::Timeout)));
}

#[test]
fn pingresp_at_the_last_moment_is_in_time() {
    for keep_alive in [1, 60] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(keep_alive);
        world.pass(silence(keep_alive));
        world.pass(limit(keep_alive) - 1);
        assert_eq!(world.sent(), PINGREQ);
        world.answer(&PINGRESP);
        world.pass(silence(keep_alive) - limit(keep_alive));
        assert_eq!((world.sent(), run.output()), (vec![], None));
        world.pass(1);
        assert_eq!(world.sent(), PINGREQ);
    }
}

#[test]
fn unsolicited_pingresp_is_a_protocol_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.answer(&PINGRESP);
    assert_eq!(run.output(), Some(Err(Error::Protocol)));
}

#[test]
fn a_second_pingresp_is_a_protocol_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60));
    world.answer(&PINGRESP);
    assert_eq!(run.output(), None);
    world.answer(&PINGRESP);
    assert_eq!(run.output(), Some(Err(Error::Protocol)));
}

#[test]
fn pingresp_before_pingreq_is_out_is_a_protocol_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    // A packet in the middle of being sent keeps PINGREQ back.
    world.server.take(3);
    agent.try_submit(&message("a", b"")).unwrap();
    world.pass(silence(60));
    world.answer(&PINGRESP);
    assert_eq!(run.output(), Some(Err(Error::Protocol)));
}

#[test]
fn malformed_pingresp_is_a_protocol_error() {
    for bytes in [&[0xD1, 0][..], &[0xD8, 0], &[0xD0, 1, 0], &[0xD0, 2, 0, 0]] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.pass(silence(60));
        assert_eq!(world.sent(), PINGREQ);
        world.answer(bytes);
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{bytes:?}");
    }
}

#[test]
fn pings_go_on_while_the_clock_wraps() {
    for keep_alive in [1, 5, 60] {
        let cycle = silence(keep_alive);
        for start in [u32::MAX - 3 * cycle - 10, u32::MAX - 3 * cycle, u32::MAX, (1 << 31) - 3 * cycle] {
            let agent = Agent::<1, 32>::new();
            let mut world = World::starting_at(&agent, start);
            let run = world.open(keep_alive);
            for _ in 0..6 {
                world.pass(cycle - 1);
                assert_eq!(world.sent(), b"", "{keep_alive} s, {start}");
                world.pass(1);
                assert_eq!(world.sent(), PINGREQ, "{keep_alive} s, {start}");
                world.answer(&PINGRESP);
                assert_eq!(run.output(), None, "{keep_alive} s, {start}");
            }
        }
    }
}

#[test]
fn timeout_holds_while_the_clock_wraps() {
    for before in [0, 1, TIMEOUT - 1, TIMEOUT] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::starting_at(&agent, u32::MAX - before - silence(60));
        let run = world.open(60);
        world.pass(silence(60));
        assert_eq!(world.sent(), PINGREQ);
        world.pass(TIMEOUT - 1);
        assert_eq!(run.output(), None);
        world.pass(1);
        assert_eq!(run.output(), Some(Err(Error::Timeout)));
    }
}

#[test]
fn pingreq_goes_before_the_commands_in_line() {
    let agent = Agent::<3, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.server.take(3);
    for topic in ["a", "b", "c"] {
        agent.try_submit(&message(topic, b"")).unwrap();
    }
    world.pass(silence(60));
    assert_eq!(world.sent(), publishes(&["a"])[..3]);
    world.server.take_all();
    let mut expected = publishes(&["a"])[3..].to_vec();
    expected.extend(PINGREQ);
    expected.extend(publishes(&["b", "c"]));
    assert_eq!(world.sent(), expected);
}

#[test]
fn a_write_that_pends_for_ever_is_a_timeout() {
    for keep_alive in [1, 60] {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(keep_alive);
        world.server.take(3);
        let torn = world.publish("a");
        world.pass(silence(keep_alive) + limit(keep_alive) - 1);
        assert_eq!((run.output(), torn.output()), (None, None));
        world.pass(1);
        assert_eq!(run.output(), Some(Err(Error::Timeout)));
        assert_eq!(world.sent(), publishes(&["a"])[..3]);
        assert_eq!(torn.output(), Some(Err(slimqtt_agent::CommandError::ConnectionLost)));
    }
}

#[test]
fn a_pingreq_that_the_transport_never_takes_is_a_timeout() {
    for taken in [0, 1] {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(taken);
        world.pass(silence(60) + TIMEOUT - 1);
        assert_eq!(run.output(), None);
        world.pass(1);
        assert_eq!(run.output(), Some(Err(Error::Timeout)));
    }
}

#[test]
fn a_flush_that_pends_for_ever_is_a_timeout() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.hold_flushes(true);
    agent.try_submit(&message("a", b"")).unwrap();
    assert_eq!(world.sent(), publishes(&["a"]));
    world.pass(silence(60) + TIMEOUT - 1);
    assert_eq!(run.output(), None);
    world.pass(1);
    assert_eq!(run.output(), Some(Err(Error::Timeout)));
}

#[test]
fn a_pingreq_that_fails_ends_the_connection() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.end_writes_after(1, kit::End::Fault(Fault::Reset));
    world.pass(silence(60));
    assert_eq!(run.output(), Some(Err(Error::Transport(ErrorKind::ConnectionReset))));
    let run = world.open(60);
    world.pass(silence(60));
    assert_eq!((world.sent(), run.output()), (PINGREQ.to_vec(), None));
}

#[test]
fn pingreq_is_flushed() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    world.pass(silence(60));
    assert_eq!(world.server.flushes().last(), Some(&world.server.taken()));
}

#[test]
fn each_connection_has_its_own_times() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.pass(silence(60));
    world.pass(TIMEOUT);
    assert_eq!(run.output(), Some(Err(Error::Timeout)));
    world.pass(1_000_000);
    let run = world.dial(10);
    world.pass(TIMEOUT - 1);
    assert_eq!(run.output(), None);
    world.answer(&kit::CONNACK);
    // Since CONNECT.
    world.pass(silence(10) - TIMEOUT);
    assert_eq!(world.sent(), b"");
    world.pass(1);
    assert_eq!(world.sent(), PINGREQ);
    world.pass(TIMEOUT - 1);
    assert_eq!(run.output(), None);
}
