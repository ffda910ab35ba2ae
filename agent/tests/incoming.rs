//! What the Server sends on an open connection.

mod kit;

use kit::{Agent, CONNACK, End, Fault, PINGREQ, PINGRESP, TIMEOUT, World, message, publish_bytes, publishes, silence};
use proptest::collection::vec;
use proptest::prelude::*;
use slimqtt_agent::{Error, ErrorKind};

fn quickly() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// PUBLISH packets around the sizes of the receive buffer, of the shortest and of longer remaining lengths.
fn sizes() -> impl Iterator<Item = usize> {
    (0..40).chain([119, 124, 125, 126, 300, 16_380, 16_381, 40_000])
}

#[test]
fn a_publish_that_nobody_asked_for_is_dropped_whatever_its_size_and_fragments() {
    for size in sizes() {
        let packet = publish_bytes("t", &vec![0xD0; size]);
        for fragment in [1, 2, 3, 5, 7, 11, 16, 17, usize::MAX] {
            let agent = Agent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            for _ in 0..2 {
                for piece in packet.chunks(fragment) {
                    world.server.send(piece);
                }
                world.settle();
            }
            assert_eq!(world.server.unread(), 0, "{size} by {fragment}");
            agent.try_submit(&message("a", b"")).unwrap();
            assert_eq!(world.sent(), publishes(&["a"]), "{size} by {fragment}");
            assert_eq!(run.output(), None, "{size} by {fragment}");
        }
    }
}

#[test]
fn packets_behind_one_that_was_dropped_are_understood() {
    for size in sizes() {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.pass(silence(60));
        assert_eq!(world.sent(), PINGREQ);
        let mut bytes = publish_bytes("t", &vec![0xFF; size]);
        bytes.extend(PINGRESP);
        bytes.extend(publish_bytes("t", &vec![0xFF; size]));
        world.answer(&bytes);
        world.pass(TIMEOUT);
        assert_eq!(run.output(), None, "{size}");
    }
}

#[test]
fn commands_go_out_while_a_packet_comes_in() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    for &byte in &publish_bytes("t", &[0; 100]) {
        world.answer(&[byte]);
        agent.try_submit(&message("a", b"")).unwrap();
        assert_eq!(world.sent(), publishes(&["a"]));
    }
    assert_eq!(run.output(), None);
}

#[test]
fn remaining_length_of_more_than_four_bytes_is_a_protocol_error() {
    for first_byte in [0x30, 0x3D, 0xD0, 0x90] {
        for bytes in [
            [first_byte, 0x80, 0x80, 0x80, 0x80],
            [first_byte, 0xFF, 0xFF, 0xFF, 0xFF],
            [first_byte, 0x80, 0x80, 0x80, 0x81],
        ] {
            let agent = Agent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            world.server.trickle(&bytes[..4]);
            world.settle();
            assert_eq!(run.output(), None);
            world.answer(&bytes[4..]);
            assert_eq!(run.output(), Some(Err(Error::Protocol)), "{bytes:?}");
        }
    }
}

#[test]
fn remaining_length_of_four_bytes_is_not() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.answer(&[0x30, 0xFF, 0xFF, 0xFF, 0x7F]);
    world.answer(&[0; 1000]);
    assert_eq!((world.server.unread(), run.output()), (0, None));
}

#[test]
fn packets_that_a_server_must_not_send_now_are_protocol_errors() {
    // All types but PUBLISH: reserved ones, those of a Server, and answers to what was not asked.
    for packet_type in (0..16).filter(|&packet_type| packet_type != 3) {
        for flags in [0, 2] {
            for body in [&b""[..], b"\0\x01", b"\0\x01\0"] {
                let agent = Agent::<1, 32>::new();
                let mut world = World::new(&agent);
                let run = world.open(60);
                let mut bytes = vec![packet_type << 4 | flags, body.len() as u8];
                bytes.extend(body);
                world.answer(&bytes);
                assert_eq!(run.output(), Some(Err(Error::Protocol)), "{bytes:?}");
            }
        }
    }
}

#[test]
fn a_large_packet_that_is_no_publish_is_a_protocol_error() {
    for first_byte in [0x20, 0x40, 0x90, 0xD0] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.pass(silence(60));
        let mut bytes = vec![first_byte, 100];
        bytes.extend([0; 100]);
        world.answer(&bytes);
        assert_eq!(run.output(), Some(Err(Error::Protocol)), "{first_byte:#X}");
    }
}

#[test]
fn a_stream_that_ends_ends_the_connection_wherever() {
    for (end, expected) in
        [(End::Closed, Error::Closed), (End::Fault(Fault::Reset), Error::Transport(ErrorKind::ConnectionReset))]
    {
        let packet = publish_bytes("t", &[0; 40]);
        for bytes in 0..=packet.len() {
            let agent = Agent::<1, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            world.server.trickle(&packet[..bytes]);
            world.server.end_reads(end);
            world.settle();
            assert_eq!(run.output(), Some(Err(expected)));
        }
    }
}

/// What came of a stream of bytes.
#[derive(Debug, PartialEq)]
struct Outcome {
    ended: Option<Result<(), Error>>,
    unread: usize,
    /// What a command sends afterwards, and whether the ping was answered.
    sent: Vec<u8>,
    ended_later: Option<Result<(), Error>>,
}

/// Gives these pieces to a connection that awaits CONNACK, or PINGRESP.
fn outcome(pieces: &[&[u8]], connected: bool, hesitates: bool) -> Outcome {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = if connected { world.open(60) } else { world.dial(60) };
    if connected {
        world.pass(silence(60));
        assert_eq!(world.sent(), PINGREQ);
    }
    if hesitates {
        world.server.hesitate();
    }
    for piece in pieces {
        world.server.send(piece);
    }
    world.settle();
    let (ended, unread) = (run.output(), world.server.unread());
    agent.try_submit(&message("a", b"")).unwrap();
    let sent = world.sent();
    world.pass(TIMEOUT);
    Outcome { ended, unread, sent, ended_later: run.output() }
}

/// Cuts bytes into pieces of these sizes, in turn.
fn split<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = vec![];
    for &size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

fn server_packet() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (0..60_usize).prop_map(|size| publish_bytes("t", &vec![0x20; size])),
        1 => (110..140_usize).prop_map(|size| publish_bytes("t", &vec![0xD0; size])),
        2 => Just(PINGRESP.to_vec()),
        2 => Just(CONNACK.to_vec()),
        1 => Just(vec![0x90, 3, 0, 1, 0]),
    ]
}

proptest! {
    #![proptest_config(quickly())]

    #[test]
    fn any_split_of_a_stream_comes_to_the_same(
        connected: bool,
        accepted: bool,
        hesitates: bool,
        packets in vec(server_packet(), 1..8),
        sizes in vec(1..24_usize, 1..6),
    ) {
        let mut stream = packets.concat();
        if !connected && accepted {
            stream.splice(..0, CONNACK);
        }
        let mut expected = outcome(&[&stream], connected, false);
        let mut got = outcome(&split(&stream, &sizes), connected, hesitates);
        if expected.ended.is_some() {
            // How much more a closing connection has read is its own affair.
            (expected.unread, got.unread) = (0, 0);
        }
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn any_bytes_end_the_connection_or_are_all_read(
        connected: bool,
        hesitates: bool,
        bytes in vec(any::<u8>(), 1..200),
        sizes in vec(1..24_usize, 1..6),
    ) {
        let outcome = outcome(&split(&bytes, &sizes), connected, hesitates);
        match outcome.ended {
            None => prop_assert_eq!(outcome.unread, 0),
            Some(ended) => prop_assert!(matches!(ended, Err(Error::Protocol | Error::Refused(_))), "{:?}", ended),
        }
    }

    #[test]
    fn bytes_much_like_packets_end_the_connection_or_are_all_read(
        connected: bool,
        packets in vec((any::<u8>(), 0..40_u8, any::<u8>()), 1..8),
        sizes in vec(1..24_usize, 1..6),
    ) {
        let bytes: Vec<u8> = packets
            .iter()
            // Mostly a PUBLISH, so that something comes after it.
            .flat_map(|&(first_byte, length, fill)| {
                let first_byte = if first_byte < 200 { 0x30 | first_byte & 0x0F } else { first_byte };
                let mut packet = vec![first_byte, length];
                packet.resize(2 + usize::from(length), fill);
                packet
            })
            .collect();
        let outcome = outcome(&split(&bytes, &sizes), connected, false);
        match outcome.ended {
            None => prop_assert_eq!((outcome.unread, outcome.sent.is_empty()), (0, !connected)),
            Some(ended) => prop_assert!(matches!(ended, Err(Error::Protocol | Error::Refused(_))), "{:?}", ended),
        }
    }
}
