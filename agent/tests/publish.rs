//! PUBLISH with QoS 0, as it goes out.

mod kit;

use kit::{Agent, CONNACK, World, message, publish_bytes, publishes};
use slimqtt_agent::CommandError;
use slimqtt_agent::wire::EncodeError;

#[test]
fn publish_is_byte_exact() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let done = world.submit("publish", message("a/b", b"21.5"));
    assert_eq!(world.sent(), b"\x30\x09\x00\x03a/b21.5");
    assert_eq!(done.output(), Some(Ok(())));
}

#[test]
fn payload_may_be_empty() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.try_submit(&message("a/b", b"")).unwrap();
    assert_eq!(world.sent(), b"\x30\x05\x00\x03a/b");
}

#[test]
fn payload_may_be_any_bytes_and_topic_any_characters_but_wildcards() {
    let agent = Agent::<1, 300>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    let payload: Vec<u8> = (0..=0xFF).collect();
    agent.try_submit(&message("/ $µ€\u{10FFFF}\u{FEFF}", &payload)).unwrap();
    let mut expected = b"\x30\x91\x02\x00\x0F/ $\xC2\xB5\xE2\x82\xAC\xF4\x8F\xBF\xBF\xEF\xBB\xBF".to_vec();
    expected.extend(&payload);
    assert_eq!(world.sent(), expected);
}

#[test]
fn mqtt_3_3_2_2_invalid_topic_fails_and_leaves_the_slot_free() {
    for topic in ["", "+", "#", "a/+", "a/#", "a+b", "\0", "a\0", "\0a"] {
        let agent = Agent::<1, 32>::new();
        let mut world = World::new(&agent);
        let expected = Err(CommandError::Invalid(EncodeError::InvalidTopicName));
        assert_eq!(agent.try_submit(&message(topic, b"1")), expected, "{topic:?}");
        let awaited = world.submit("invalid", message(topic, b"1"));
        world.settle();
        assert_eq!(awaited.output(), Some(expected), "{topic:?}");
        // The only slot.
        assert_eq!(agent.try_submit(&message("good", b"")), Ok(()), "{topic:?}");
        let _run = world.open(60);
        assert_eq!(world.sent(), publishes(&["good"]), "{topic:?}");
    }
}

#[test]
fn packet_of_the_slots_size_fits_and_one_byte_more_does_not() {
    // Five bytes are kept for the fixed header, two are the topic's length.
    let agent = Agent::<1, 20>::new();
    let mut world = World::new(&agent);
    let expected = Err(CommandError::Invalid(EncodeError::TooLarge));
    for (topic, payload) in [("abc", &b"12345678901"[..]), ("abcdefghijklmn", b"")] {
        assert_eq!(agent.try_submit(&message(topic, payload)), expected);
        let awaited = world.submit("too large", message(topic, payload));
        world.settle();
        assert_eq!(awaited.output(), Some(expected));
    }
    let _run = world.open(60);
    for (topic, payload) in [("abc", &b"1234567890"[..]), ("abcdefghijklm", b"")] {
        assert_eq!(agent.try_submit(&message(topic, payload)), Ok(()));
        assert_eq!(world.sent(), publish_bytes(topic, payload));
    }
}

#[test]
fn smallest_slot_holds_the_smallest_publish() {
    let agent = Agent::<1, 8>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    agent.try_submit(&message("a", b"")).unwrap();
    assert_eq!(world.sent(), b"\x30\x03\x00\x01a");
}

#[test]
fn a_failing_command_ends_nothing_else() {
    let agent = Agent::<3, 24>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    // The packet before it is half sent.
    world.server.take(2);
    let a = world.publish("a");
    let b = world.publish("b");
    world.settle();
    assert!(agent.try_submit(&message("#", b"")).is_err());
    assert!(agent.try_submit(&message("c", &[0; 24])).is_err());
    let bad = world.publish("c/+");
    world.settle();
    assert!(bad.output().unwrap().is_err());
    let c = world.publish("c");
    world.server.take_all();
    assert_eq!(world.sent(), publishes(&["a", "b", "c"]));
    assert_eq!([a, b, c].map(|task| task.output()), [Some(Ok(())); 3]);
    assert_eq!(run.output(), None);
}

#[test]
fn a_failing_command_lets_a_waiting_one_go_on() {
    let agent = Agent::<1, 24>::new();
    let mut world = World::new(&agent);
    agent.try_submit(&message("a", b"")).unwrap();
    let (bad, good) = (world.publish("#"), world.publish("good"));
    world.settle();
    assert_eq!((bad.output(), good.output()), (None, None));
    let _run = world.open(60);
    assert_eq!(world.sent(), publishes(&["a", "good"]));
    assert!(bad.output().unwrap().is_err());
    assert_eq!(good.output(), Some(Ok(())));
}

#[test]
fn remaining_length_takes_as_many_bytes_as_it_needs() {
    let agent = Agent::<1, 20_000>::new();
    let mut world = World::new(&agent);
    let _run = world.open(60);
    for (length, encoded) in [
        (3, &[0x03][..]),
        (127, &[0x7F]),
        (128, &[0x80, 0x01]),
        (129, &[0x81, 0x01]),
        (16_383, &[0xFF, 0x7F]),
        (16_384, &[0x80, 0x80, 0x01]),
        (19_995, &[0x9B, 0x9C, 0x01]),
    ] {
        let payload = vec![0xA5; length - 3];
        agent.try_submit(&message("t", &payload)).unwrap();
        let mut expected = vec![0x30];
        expected.extend(encoded);
        expected.extend(b"\x00\x01t");
        expected.extend(&payload);
        assert_eq!(world.sent(), expected, "{length}");
    }
}

#[test]
fn publish_goes_out_whole_in_any_fragments() {
    for limit in 1..=16 {
        let agent = Agent::<2, 32>::new();
        let mut world = World::new(&agent);
        let _run = world.open(60);
        world.server.limit_writes(limit);
        world.server.hesitate();
        agent.try_submit(&message("a", b"0123456789")).unwrap();
        let b = world.publish("b");
        let mut expected = publish_bytes("a", b"0123456789");
        expected.extend(publishes(&["b"]));
        assert_eq!(world.sent(), expected, "{limit}");
        assert_eq!(b.output(), Some(Ok(())));
    }
}

#[test]
fn the_arguments_are_not_used_after_the_command_is_in_line() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let mut payload = *b"old";
    agent.try_submit(&message("a", &payload)).unwrap();
    payload.fill(b'X');
    let _run = world.dial(60);
    world.answer(&CONNACK);
    assert_eq!(world.sent(), publish_bytes("a", b"old"));
}
