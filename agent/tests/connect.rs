//! From CONNECT to CONNACK.

mod kit;

use kit::{
    Agent, CONNACK, End, Fault, PINGREQ, PINGRESP, Server, TIMEOUT, World, connect_bytes, message, publishes, silence,
};
use slimqtt_agent::wire::{ConnectReturnCode, EncodeError};
use slimqtt_agent::{Connect, Error, ErrorKind};

#[test]
fn connect_is_byte_exact() {
    let connect = Connect::<64>::new("room-1", 0x1234).unwrap();
    let expected = b"\x10\x12\x00\x04MQTT\x04\x02\x12\x34\x00\x06room-1";
    assert_eq!(connect.packet(), expected);
    assert_eq!(connect.keep_alive(), 0x1234);
}

#[test]
fn connect_fits_into_its_length_and_three_bytes() {
    // 14 bytes and the client identifier.
    assert!(Connect::<23>::new("room-1", 0).is_ok());
    assert_eq!(Connect::<22>::new("room-1", 0).unwrap_err(), EncodeError::TooLarge);
    assert_eq!(Connect::<17>::new("", 0).unwrap().packet().len(), 14);
}

#[test]
fn mqtt_1_5_3_2_client_identifier_has_no_null_character() {
    assert_eq!(Connect::<64>::new("a\0b", 0).unwrap_err(), EncodeError::NullCharacter);
}

#[test]
fn mqtt_3_1_0_1_connect_is_first_and_alone_until_connack() {
    let agent = Agent::<3, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    let b = world.publish("b");
    let run = world.run(1);
    assert_eq!(world.sent(), connect_bytes(1));
    agent.try_submit(&message("c", b"")).unwrap();
    // Longer than keep-alive: no PINGREQ either.
    world.pass(TIMEOUT - 1);
    assert_eq!(world.sent(), b"");
    assert_eq!((run.output(), b.output()), (None, None));
}

#[test]
fn commands_from_before_the_connection_follow_connack_in_order() {
    let agent = Agent::<4, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    let b = world.publish("b");
    world.settle();
    agent.try_submit(&message("c", b"")).unwrap();
    let _run = world.dial(60);
    agent.try_submit(&message("d", b"")).unwrap();
    assert_eq!(world.sent(), b"");
    world.answer(&CONNACK);
    assert_eq!(world.sent(), publishes(&["a", "b", "c", "d"]));
    assert_eq!(b.output(), Some(Ok(())));
}

#[test]
fn refusal_ends_the_connection_with_its_return_code() {
    for (code, expected) in [
        (1, ConnectReturnCode::UnacceptableProtocolVersion),
        (2, ConnectReturnCode::IdentifierRejected),
        (3, ConnectReturnCode::ServerUnavailable),
        (4, ConnectReturnCode::BadUserNameOrPassword),
        (5, ConnectReturnCode::NotAuthorized),
    ] {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        let waiting = world.publish("a");
        let run = world.dial(60);
        world.answer(&[0x20, 2, 0, code]);
        assert_eq!(run.output(), Some(Err(Error::Refused(expected))));
        // The command was not begun, so it stays in line.
        assert_eq!((world.sent(), waiting.output()), (vec![], None));
        let _run = world.open(60);
        assert_eq!(world.sent(), publishes(&["a"]));
    }
}

#[test]
fn connack_that_is_malformed_or_wrong_is_a_protocol_error() {
    for (why, bytes) in [
        ("return code 6", &[0x20, 2, 0, 6][..]),
        ("return code 255", &[0x20, 2, 0, 255]),
        ("reserved flag of the fixed header", &[0x21, 2, 0, 0]),
        ("reserved flag of the fixed header", &[0x28, 2, 0, 0]),
        ("reserved acknowledge flag", &[0x20, 2, 2, 0]),
        ("reserved acknowledge flag", &[0x20, 2, 0x80, 0]),
        ("session present after a clean session [MQTT-3.2.2-1]", &[0x20, 2, 1, 0]),
        ("empty", &[0x20, 0]),
        ("too short", &[0x20, 1, 0]),
        ("too long", &[0x20, 3, 0, 0, 0]),
        ("longer than the receive buffer", &[0x20, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.dial(60);
        world.answer(bytes);
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{why}");
        assert_eq!(world.sent(), b"", "{why}");
    }
}

#[test]
fn mqtt_3_2_0_1_another_packet_before_connack_is_a_protocol_error() {
    for first_byte in (0..=0xFF).filter(|byte| byte & 0xF0 != 0x20) {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.dial(60);
        world.answer(&[first_byte, 3, 0, 1, b'a']);
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{first_byte:#X}");
    }
}

#[test]
fn mqtt_3_2_0_1_a_publish_before_connect_is_a_protocol_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.server = Server::new();
    world.server.send(&[0x30, 3, 0, 1, b'a']);
    let run = world.run(60);
    world.settle();
    world.answer(&CONNACK);
    assert_eq!(run.output(), Some(Err(Error::Protocol)));
}

#[test]
fn mqtt_3_2_0_1_a_second_connack_is_a_protocol_error() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.answer(&CONNACK);
    assert_eq!(run.output(), Some(Err(Error::Protocol)));
}

#[test]
fn no_connack_is_a_timeout_at_exactly_the_profiles_time() {
    for keep_alive in [0, 1, 3, 60] {
        for start in [0, 77, u32::MAX - TIMEOUT / 2, 1 << 31] {
            let agent = Agent::<1, 32>::new();
            let mut world = World::starting_at(&agent, start);
            let run = world.dial(keep_alive);
            world.pass(TIMEOUT - 1);
            assert_eq!(run.output(), None, "{keep_alive} s, {start}");
            world.pass(1);
            assert_eq!(run.output(), Some(Err(Error::Timeout)), "{keep_alive} s, {start}");
            assert_eq!(world.clock.timers(), 0);
        }
    }
}

#[test]
fn connack_at_the_last_moment_is_in_time() {
    for keep_alive in [0, 1, 60] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.dial(keep_alive);
        world.pass(TIMEOUT - 1);
        world.answer(&CONNACK);
        world.pass(1);
        assert_eq!(run.output(), None, "{keep_alive} s");
        // Silence is measured from CONNECT.
        let due = if keep_alive == 1 { &PINGREQ[..] } else { b"" };
        assert_eq!(world.sent(), due, "{keep_alive} s");
    }
}

#[test]
fn a_connect_that_the_transport_never_takes_is_a_timeout() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    world.server.take(5);
    let run = world.run(0);
    world.pass(TIMEOUT - 1);
    assert_eq!((world.sent().len(), run.output()), (5, None));
    world.pass(1);
    assert_eq!(run.output(), Some(Err(Error::Timeout)));
}

#[test]
fn connack_may_come_byte_by_byte() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    let run = world.dial(60);
    for byte in CONNACK {
        assert_eq!(world.sent(), b"");
        world.pass(1);
        world.answer(&[byte]);
    }
    assert_eq!(world.sent(), publishes(&["a"]));
    assert_eq!(run.output(), None);
}

#[test]
fn connack_may_come_before_the_transport_has_taken_all_of_connect() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    world.server.take(19);
    let run = world.run(60);
    world.settle();
    world.answer(&CONNACK);
    let mut expected = connect_bytes(60);
    expected.extend(publishes(&["a"]));
    let mut sent = world.sent();
    assert_eq!(sent, expected[..19]);
    world.server.take_all();
    sent.extend(world.sent());
    assert_eq!(sent, expected);
    assert_eq!(run.output(), None);
}

#[test]
fn connect_goes_out_whole_in_any_fragments() {
    for limit in 1..=20 {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        world.server.limit_writes(limit);
        world.server.hesitate();
        let run = world.run(60);
        assert_eq!(world.sent(), connect_bytes(60));
        world.answer(&CONNACK);
        assert_eq!(run.output(), None);
        world.pass(silence(60));
        assert_eq!(world.sent(), PINGREQ);
        world.answer(&PINGRESP);
        assert_eq!(run.output(), None);
    }
}

#[test]
fn a_connection_that_ends_within_connect_costs_no_command() {
    for (end, expected) in [
        (End::Fault(Fault::Reset), Error::Transport(ErrorKind::ConnectionReset)),
        (End::Fault(Fault::Broken), Error::Transport(ErrorKind::BrokenPipe)),
        (End::Closed, Error::Closed),
    ] {
        for at in 0..20 {
            let agent = Agent::<2, 32>::new();
            let mut world = World::new(&agent);
            let a = world.publish("a");
            world.server.end_writes_after(at, end);
            let run = world.run(60);
            assert_eq!(world.sent(), connect_bytes(60)[..at]);
            assert_eq!(run.output(), Some(Err(expected)));
            assert_eq!(a.output(), None);
            let _run = world.open(60);
            assert_eq!(world.sent(), publishes(&["a"]));
            assert_eq!(a.output(), Some(Ok(())));
        }
    }
}

#[test]
fn a_transport_that_ends_before_connack_ends_the_connection() {
    for (end, expected) in
        [(End::Fault(Fault::Reset), Error::Transport(ErrorKind::ConnectionReset)), (End::Closed, Error::Closed)]
    {
        for bytes in 0..CONNACK.len() {
            let agent = Agent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.dial(60);
            world.server.trickle(&CONNACK[..bytes]);
            world.server.end_reads(end);
            world.settle();
            assert_eq!(run.output(), Some(Err(expected)));
        }
    }
}
