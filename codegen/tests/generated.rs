//! The golden copies compile in a crate that is strict with itself, and do what their specs say.

use slimqtt_agent::wire::{self, DecodeError, EncodeError, PacketIdentifier, Reader, Writer};

macro_rules! golden {
    ($module:ident, $file:literal) => {
        #[deny(warnings, clippy::all, clippy::doc_markdown, clippy::use_self)]
        #[allow(dead_code, unreachable_pub, reason = "nobody uses all that a test declares")]
        #[allow(clippy::enum_variant_names, reason = "the standard names them")]
        mod $module {
            use slimqtt_agent::wire::{DecodeError, Encode, EncodeError, PacketIdentifier, Reader, Writer};

            include!(concat!("golden/", $file));
        }
    };
}

golden!(mqtt_3_1_1, "mqtt-3.1.1.rs");
golden!(odd, "odd.rs");

/// What an encoder writes: the whole packet.
fn encoded(encode: impl Fn(&mut Writer<'_>)) -> Result<Vec<u8>, EncodeError> {
    let mut buffer = [0; 64];
    let mut writer = Writer::new(&mut buffer);
    encode(&mut writer);
    let end = writer.finish()?;
    Ok(wire::packet(&buffer, end).to_vec())
}

/// A packet stands for these bytes, and they for it.
macro_rules! assert_bytes {
    ($of:ty, $packet:expr, $bytes:expr) => {
        let (packet, bytes): ($of, &[u8]) = ($packet, &$bytes);
        assert_eq!(encoded(|writer| packet.encode(writer)).as_deref(), Ok(bytes));
        assert_eq!(<$of>::decode(bytes[0], Reader::new(&bytes[2..])), Ok(packet));
        assert!((<$of>::MIN_REMAINING_LENGTH..=<$of>::MAX_REMAINING_LENGTH).contains(&(bytes.len() - 2)));
    };
}

macro_rules! assert_malformed {
    ($of:ty, $bytes:expr) => {
        let bytes: &[u8] = &$bytes;
        assert_eq!(<$of>::decode(bytes[0], Reader::new(&bytes[2..])), Err(DecodeError));
    };
}

#[test]
fn flags_of_a_group_are_there_with_it() {
    use mqtt_3_1_1::{Connect, QoS, Will};
    let connect = Connect {
        clean_session: true,
        keep_alive: 0x1234,
        client_identifier: "c",
        will: None,
        user_name: None,
        password: None,
    };
    let variable = |flags| [0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', 4, flags, 0x12, 0x34, 0, 1, b'c'];
    assert_bytes!(Connect<'_>, connect, variable(0x02));
    // [MQTT-3.1.2-13] and [MQTT-3.1.2-15]: without a Will, its QoS and its Retain are 0.
    assert_malformed!(Connect<'_>, variable(0x0A));
    assert_malformed!(Connect<'_>, variable(0x22));
    // [MQTT-3.1.2-3]: the reserved flag is 0.
    assert_malformed!(Connect<'_>, variable(0x03));

    let will = Will { retain: true, qos: QoS::ExactlyOnce, topic: "t", message: &[0xFF] };
    let mut bytes = variable(0x36).to_vec();
    bytes[1] += 6;
    bytes.extend([0, 1, b't', 0, 1, 0xFF]);
    assert_bytes!(Connect<'_>, Connect { will: Some(will), ..connect }, bytes);
}

#[test]
fn names_of_rust_are_names_of_fields_too() {
    use odd::{Copy, Held, Names};
    let names = Names { crate_: true, r#type: false, copy: Copy::High, self_: 1, r#gen: 2, writer: None, held: None };
    assert_bytes!(Names, names, [0x1A, 3, 0x0D, 1, 2]);
    let held = Held { first_byte: true, self_: false, reader: 5, super_: PacketIdentifier::MIN };
    let names = Names { writer: Some(0x0304), held: Some(held), ..names };
    assert_bytes!(Names, names, [0x1A, 8, 0xED, 1, 2, 3, 4, 5, 0, 1]);
    let held = Held { first_byte: false, self_: true, ..held };
    assert_bytes!(Names, Names { held: Some(held), ..names }, [0x1A, 8, 0xDD, 1, 2, 3, 4, 5, 0, 1]);
}

#[test]
fn presence_is_told_from_anywhere() {
    use odd::{Copy, Pair, Presence};
    let absent = Presence {
        signed: false,
        checked: false,
        upmost: Copy::Low,
        all: Copy::Low,
        key: None,
        copy: Copy::Low,
        early: None,
        pair: None,
        late: None,
    };
    assert_bytes!(Presence, absent, [0x20, 4, 0, 0, 0, 0]);
    let pair = Pair { marked: true, first: 1, second: Copy::Low };
    assert_bytes!(Presence, Presence { pair: Some(pair), ..absent }, [0x24, 10, 0, 0, 0, 0x40, 1, 0, 2, b'v', b'1', 0]);
    let all = Presence {
        signed: true,
        checked: true,
        upmost: Copy::High,
        all: Copy::High,
        key: Some(9),
        copy: Copy::High,
        early: Some(8),
        pair: None,
        late: Some(0x0102),
    };
    assert_bytes!(Presence, all, [0x2B, 10, 0, 0xC0, 3, 9, 0xAA, 0xB0, 8, 1, 2, 7]);

    for contradictory in
        [Presence { key: None, ..all }, Presence { signed: false, ..all }, Presence { late: None, ..all }]
    {
        assert_eq!(encoded(|writer| contradictory.encode(writer)), Err(EncodeError::Contradiction));
    }
}

#[test]
fn what_the_spec_rules_out_is_malformed() {
    use odd::Presence;
    // `early` without `late`, which it requires.
    assert_malformed!(Presence, [0x20, 5, 0, 0, 0, 0x80, 8]);
    // A flag of the group `pair` without the group.
    assert_malformed!(Presence, [0x24, 4, 0, 0, 0, 0]);
    // Other constants: `mark` is 0xAA, `version` is "v1".
    assert_malformed!(Presence, [0x21, 5, 0, 0, 0, 0xAB, 0]);
    assert_malformed!(Presence, [0x24, 10, 0, 0, 0, 0x40, 1, 0, 2, b'v', b'2', 0]);
    // Reserved bits.
    assert_malformed!(Presence, [0x20, 4, 1, 0, 0, 0]);
    // Values that an enum does not have.
    assert_malformed!(Presence, [0x20, 4, 0, 0x80, 0, 0]);
    assert_malformed!(Presence, [0x20, 4, 0, 0, 0x04, 0]);
}

#[test]
fn packets_borrow_what_their_groups_borrow() {
    use odd::{Borrows, Text};
    let borrows = Borrows { text: Some(Text { content: "a" }) };
    assert_bytes!(Borrows<'_>, borrows, [0x30, 4, 0x80, 0, 1, b'a']);
}
