//! The golden copies compile in a crate that is strict with itself, and do what their specs say.

use slimqtt_agent::wire::{self, DecodeError, EncodeError, List, PacketIdentifier, Reader, Writer};

macro_rules! golden {
    ($module:ident, $file:literal) => {
        #[deny(warnings, clippy::all, clippy::doc_markdown, clippy::use_self)]
        #[allow(unused_imports, reason = "not every spec needs all there is")]
        #[allow(dead_code, unreachable_pub, reason = "nobody uses all that a test declares")]
        #[allow(clippy::enum_variant_names, reason = "the standard names them")]
        mod $module {
            use core::num::{NonZeroU16, NonZeroU32};

            use slimqtt_agent::wire::{
                DecodeError, Element, Encode, EncodeError, Iter, List, Mistake, Notes, PacketIdentifier, PropertyRules,
                PropertySet, Reader, Secret, ShareableTopicFilter, SubscriptionIdentifier, TopicFilter, TopicName,
                Writer, is_shared,
            };

            include!(concat!("golden/", $file));
        }
    };
}

golden!(mqtt_3_1_1, "mqtt-3.1.1.rs");
golden!(mqtt_5_0, "mqtt-5.0.rs");
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
        assert_eq!(<$of>::decode(bytes[0], &mut Reader::new(&bytes[2..])), Ok(packet));
        assert!((<$of>::MIN_REMAINING_LENGTH..=<$of>::MAX_REMAINING_LENGTH).contains(&(bytes.len() - 2)));
    };
}

macro_rules! assert_malformed {
    ($of:ty, $bytes:expr) => {
        let bytes: &[u8] = &$bytes;
        assert_eq!(<$of>::decode(bytes[0], &mut Reader::new(&bytes[2..])), Err(DecodeError));
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

#[test]
fn subscriptions_are_filters_with_a_byte_of_options() {
    use mqtt_3_1_1::{QoS, Subscribe, Subscription};
    let one = Subscription { topic_filter: "a/+", requested_qos: QoS::AtLeastOnce };
    let two = Subscription { topic_filter: "#", requested_qos: QoS::AtMostOnce };
    let (packet_identifier, subscriptions) = (PacketIdentifier::MIN, [one, two]);
    let subscribe = Subscribe { packet_identifier, subscriptions: List::new(&subscriptions) };
    let bytes = [0x82, 12, 0, 1, 0, 3, b'a', b'/', b'+', 1, 0, 1, b'#', 0];
    assert_bytes!(Subscribe<'_>, subscribe, bytes);
    // What was decoded is encoded as it was.
    let decoded = Subscribe::decode(bytes[0], &mut Reader::new(&bytes[2..])).unwrap();
    assert_eq!(encoded(|writer| decoded.encode(writer)).as_deref(), Ok(&bytes[..]));

    // [MQTT-3.8.1-1]: the flags of the first byte. [MQTT-2.3.1-1]: the packet identifier.
    assert_malformed!(Subscribe<'_>, [0x80, 6, 0, 1, 0, 1, b'a', 0]);
    assert_malformed!(Subscribe<'_>, [0x82, 6, 0, 0, 0, 1, b'a', 0]);
    // [MQTT-3.8.3-3]: at least one. [MQTT-3.8.3-4]: the reserved bits and the QoS.
    assert_malformed!(Subscribe<'_>, [0x82, 2, 0, 1]);
    assert_malformed!(Subscribe<'_>, [0x82, 6, 0, 1, 0, 1, b'a', 4]);
    assert_malformed!(Subscribe<'_>, [0x82, 6, 0, 1, 0, 1, b'a', 3]);
    // [MQTT-4.7.1-2] and [MQTT-4.7.3-1]; without options.
    assert_malformed!(Subscribe<'_>, [0x82, 7, 0, 1, 0, 2, b'a', b'#', 0]);
    assert_malformed!(Subscribe<'_>, [0x82, 5, 0, 1, 0, 0, 0]);
    assert_malformed!(Subscribe<'_>, [0x82, 5, 0, 1, 0, 1, b'a']);

    let none = Subscribe { packet_identifier, subscriptions: List::new(&[]) };
    assert_eq!(encoded(|writer| none.encode(writer)), Err(EncodeError::EmptyList));
    let wrong = [Subscription { topic_filter: "a+", ..one }];
    let wrong = Subscribe { packet_identifier, subscriptions: List::new(&wrong) };
    assert_eq!(encoded(|writer| wrong.encode(writer)), Err(EncodeError::InvalidTopicFilter));
}

#[test]
fn lists_of_values_have_them_one_after_another() {
    use mqtt_3_1_1::{Suback, SubackReturnCode, Unsubscribe};
    let packet_identifier = PacketIdentifier::MAX;
    let return_codes = List::new(&[SubackReturnCode::Failure, SubackReturnCode::GrantedExactlyOnce]);
    assert_bytes!(Suback<'_>, Suback { packet_identifier, return_codes }, [0x90, 4, 0xFF, 0xFF, 0x80, 2]);
    // [MQTT-3.9.3-2]: reserved return codes.
    assert_malformed!(Suback<'_>, [0x90, 4, 0xFF, 0xFF, 0x80, 3]);
    assert_malformed!(Suback<'_>, [0x90, 2, 0xFF, 0xFF]);

    let unsubscribe = Unsubscribe { packet_identifier, topic_filters: List::new(&["a", "b"]) };
    assert_bytes!(Unsubscribe<'_>, unsubscribe, [0xA2, 8, 0xFF, 0xFF, 0, 1, b'a', 0, 1, b'b']);
    // [MQTT-3.10.3-2]: at least one. [MQTT-3.10.1-1]: the flags of the first byte.
    assert_malformed!(Unsubscribe<'_>, [0xA2, 2, 0xFF, 0xFF]);
    assert_malformed!(Unsubscribe<'_>, [0xA0, 5, 0xFF, 0xFF, 0, 1, b'a']);

    use odd::{Copy, Entry, Enums, Identifiers, Listed, Lists, Numbers, Topics};
    let entries = [
        Entry { reader: true, copy: Copy::Low, writer: 0x0102, elements: Copy::High },
        Entry { reader: false, copy: Copy::High, writer: 0, elements: Copy::Low },
    ];
    let bytes = [0x58, 10, 0x84, 7, 1, 2, 3, 0x07, 7, 0, 0, 0];
    assert_bytes!(Lists<'_>, Lists { elements: true, element: List::new(&entries) }, bytes);
    // A constant of the second element.
    assert_malformed!(Lists<'_>, [0x58, 10, 0x84, 7, 1, 2, 3, 0x07, 8, 0, 0, 0]);
    assert_bytes!(Numbers<'_>, Numbers { numbers: List::new(&[0, 0x0304]) }, [0x60, 4, 0, 0, 3, 4]);
    assert_malformed!(Numbers<'_>, [0x60, 3, 0, 0, 3]);
    assert_bytes!(Enums<'_>, Enums { enums: List::new(&[Listed::Only]) }, [0x70, 1, 0x80]);
    let identifiers = [packet_identifier];
    assert_bytes!(Identifiers<'_>, Identifiers { identifiers: List::new(&identifiers) }, [0x80, 2, 255, 255]);
    assert_malformed!(Identifiers<'_>, [0x80, 4, 0, 1, 0, 0]);
    assert_bytes!(Topics<'_>, Topics { topics: List::new(&["a", "b"]) }, [0x90, 6, 0, 1, b'a', 0, 1, b'b']);
    assert_malformed!(Topics<'_>, [0x90, 6, 0, 1, b'a', 0, 1, b'+']);
}

#[test]
fn what_one_field_requires_of_another_is_checked_on_both_sides() {
    use mqtt_3_1_1::{Connect, Publish, QoS};
    // [MQTT-3.3.1-2]: no DUP at QoS 0.
    assert_malformed!(Publish<'_>, [0x38, 3, 0, 1, b't']);
    let publish = Publish {
        dup: true,
        qos: QoS::AtMostOnce,
        retain: false,
        topic_name: "t",
        packet_identifier: None,
        message: b"",
    };
    assert_eq!(encoded(|writer| publish.encode(writer)), Err(EncodeError::Contradiction));
    let again = Publish { qos: QoS::AtLeastOnce, packet_identifier: Some(PacketIdentifier::MIN), ..publish };
    assert_bytes!(Publish<'_>, again, [0x3A, 5, 0, 1, b't', 0, 1]);

    // [MQTT-3.1.3-7]: an empty client identifier only with a clean session.
    let connect = |flags| [0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, flags, 0, 0, 0, 0];
    assert_malformed!(Connect<'_>, connect(0));
    let clean = Connect {
        clean_session: true,
        keep_alive: 0,
        client_identifier: "",
        will: None,
        user_name: None,
        password: None,
    };
    assert_bytes!(Connect<'_>, clean, connect(2));
    let kept = Connect { clean_session: false, ..clean };
    assert_eq!(encoded(|writer| kept.encode(writer)), Err(EncodeError::Contradiction));

    use odd::{Copy, Requires};
    let (high, low) = (Copy::High, Copy::Low);
    let plain = Requires {
        first: false,
        second: false,
        third: false,
        upmost: low,
        self_: false,
        key: Some(9),
        r#type: low,
        writer: &[1],
        text: "a",
    };
    assert_bytes!(Requires<'_>, plain, [0x41, 9, 0, 9, 0, 0, 1, 1, 0, 1, b'a']);
    let all = Requires {
        first: true,
        second: true,
        upmost: high,
        self_: true,
        key: None,
        r#type: high,
        writer: &[],
        text: "",
        ..plain
    };
    assert_bytes!(Requires<'_>, all, [0x4D, 6, 0xE0, 3, 0, 0, 0, 0]);
    for contradictory in [
        Requires { first: true, key: None, ..plain },
        Requires { key: None, ..plain },
        Requires { third: true, ..all },
        Requires { third: true, ..plain },
        Requires { r#type: low, ..all },
        Requires { writer: &[], ..plain },
        Requires { text: "", ..plain },
    ] {
        assert_eq!(encoded(|writer| contradictory.encode(writer)), Err(EncodeError::Contradiction));
    }
    for malformed in [
        [0x49, 8, 0, 0, 0, 1, 1, 0, 1, b'a'],
        [0x4F, 8, 0xC0, 0, 0, 1, 1, 0, 1, b'a'],
        [0x43, 8, 0, 9, 0, 0, 0, 0, 1, b'a'],
    ] {
        assert_malformed!(Requires<'_>, malformed);
    }
    assert_malformed!(Requires<'_>, [0x4D, 6, 0xE0, 0, 0, 0, 0, 0]);
}

#[test]
fn no_secret_is_printed() {
    use odd::{Copy, Key, Secrets, Token};
    let tokens = [Token { number: 1, text: "hidden" }];
    let packet = Secrets {
        r#type: 77,
        level: Copy::High,
        alias_length: 6,
        alias: Some("hidden"),
        key: Some(Key { identifier: 7, bytes: b"hidden" }),
        tokens: List::new(&tokens),
    };
    let all = "Secrets { type: .., level: .., alias_length: 6, alias: Some(..), \
               key: Some(Key { identifier: 7, bytes: .. }), tokens: [Token { number: 1, text: .. }] }";
    assert_eq!(format!("{packet:?}"), all);
    let bytes = encoded(|writer| packet.encode(writer)).unwrap();
    assert_eq!(
        Secrets::decode(bytes[0], &mut Reader::new(&bytes[2..])).map(|decoded| format!("{decoded:?}")).unwrap(),
        all
    );
    assert!(format!("{:?}", Secrets { alias: None, ..packet }).contains("alias: None"));
}
