//! What holds of every packet of MQTT 3.1.1, whatever is in it.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p slimqtt-codegen --test properties` looks longer.

use std::ops::Range;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use slimqtt_agent::wire::fixed_header::FixedHeader;
use slimqtt_agent::wire::{
    self, Connack, Connect, ConnectReturnCode, Disconnect, Encode, EncodeError, List, PacketIdentifier, Pingreq,
    Pingresp, Puback, Pubcomp, Publish, Pubrec, Pubrel, QoS, Reader, Suback, SubackReturnCode, Subscribe, Subscription,
    Unsuback, Unsubscribe, Will, Writer,
};

fn encoded_into(buffer: &mut [u8], packet: &dyn Encode) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new(buffer);
    packet.encode(&mut writer);
    let end = writer.finish()?;
    Ok(wire::packet(buffer, end).to_vec())
}

fn encoded(packet: &dyn Encode) -> Result<Vec<u8>, EncodeError> {
    encoded_into(&mut [0; 0xA000], packet)
}

/// A packet without its remaining length: first byte and body.
fn without_length(packet: &[u8]) -> Vec<u8> {
    let header = FixedHeader::decode(packet).unwrap().expect("a whole fixed header");
    assert_eq!(header.length + header.remaining_length, packet.len());
    [&packet[..1], &packet[header.length..]].concat()
}

macro_rules! packets {
    ($($packet:ident),+) => {
        /// Whether first byte and body are a packet. If so, they are its only encoding.
        fn is_packet(bytes: &[u8]) -> Result<bool, TestCaseError> {
            let [first_byte, body @ ..] = bytes else { return Ok(false) };
            let mut decoded = 0;
            $(if let Ok(packet) = $packet::decode(*first_byte, Reader::new(body)) {
                let again = encoded(&packet).map(|packet| without_length(&packet));
                prop_assert_eq!(again.as_deref(), Ok(bytes), "{:?}", packet);
                decoded += 1;
            })+
            prop_assert!(decoded <= 1);
            Ok(decoded == 1)
        }
    };
}

packets!(
    Connect,
    Connack,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Suback,
    Unsubscribe,
    Unsuback,
    Pingreq,
    Pingresp,
    Disconnect
);

/// What befalls the bytes of a packet.
#[derive(Debug, Clone)]
struct Damage {
    cut: Index,
    more: u8,
    /// Where, how many bytes are taken out, and which put in.
    changes: Vec<(Index, usize, Vec<u8>)>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let changes = vec((any::<Index>(), 0..2_usize, vec(any::<u8>(), 0..2)), 1..4);
    (any::<Index>(), any::<u8>(), changes).prop_map(|(cut, more, changes)| Damage { cut, more, changes })
}

impl Damage {
    /// What is near the bytes of a packet is no packet, or another one. If its length is `open`, parts of a packet may
    /// be packets too.
    fn check(&self, bytes: &[u8], open: bool) -> Result<(), TestCaseError> {
        let part = &bytes[..self.cut.index(bytes.len())];
        prop_assert!(!is_packet(part)? || open, "{:?}", part);
        let longer = [bytes, &[self.more]].concat();
        prop_assert!(!is_packet(&longer)? || open, "{:?}", longer);

        let mut damaged = bytes.to_vec();
        for (at, take, put) in &self.changes {
            if !damaged.is_empty() {
                // Lengths and flags come first: most mistakes are made there.
                let at = at.index(damaged.len().min(40));
                let end = damaged.len().min(at + take);
                damaged.splice(at..end, put.iter().copied());
                is_packet(&damaged)?;
            }
        }
        Ok(())
    }
}

/// A packet fits from its length on and no sooner.
fn check_space(packet: &dyn Encode, whole: &[u8], body: usize) -> Result<(), TestCaseError> {
    // The remaining length takes up to 4 bytes, and room for that is always kept.
    let least = Writer::FIXED_HEADER + body;
    prop_assert_eq!(encoded_into(&mut vec![0; least], packet), Ok(whole.to_vec()));
    for size in (0..8).chain([least / 2, least - 1]).filter(|&size| size < least) {
        prop_assert_eq!(encoded_into(&mut vec![0; size], packet), Err(EncodeError::TooLarge));
    }
    Ok(())
}

/// A packet is encoded to bytes that decode to it.
macro_rules! check {
    ($of:ident, $packet:expr, $damage:expr) => {
        let (packet, damage): (_, &Damage) = ($packet, &$damage);
        let whole = encoded(&packet).map_err(|error| TestCaseError::fail(format!("{error:?}: {packet:?}")))?;
        let bytes = without_length(&whole);
        let body = &bytes[1..];
        prop_assert!(($of::MIN_REMAINING_LENGTH..=$of::MAX_REMAINING_LENGTH).contains(&body.len()));
        prop_assert_eq!($of::decode(bytes[0], Reader::new(body)), Ok(packet));
        prop_assert!(is_packet(&bytes)?);
        check_space(&packet, &whole, body.len())?;
        damage.check(&bytes, $of::MAX_REMAINING_LENGTH == 268_435_455)?;
    };
}

fn text(length: Range<usize>) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => proptest::char::range('\u{1}', '\u{7F}'),
        1 => any::<char>().prop_filter("[MQTT-1.5.3-2]", |&character| character != '\0'),
    ];
    vec(character, length).prop_map(String::from_iter)
}

fn topic_name() -> impl Strategy<Value = String> {
    text(1..20).prop_map(|text| text.replace(['+', '#'], "/"))
}

fn topic_filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![1 => Just("+".to_owned()), 3 => text(0..6).prop_map(|text| text.replace(['+', '#'], "/"))];
    (vec(level, 1..5), any::<bool>()).prop_map(|(levels, all)| match levels.join("/") {
        filter if filter.is_empty() => "#".to_owned(),
        filter if all => filter + "/#",
        filter => filter,
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Around the lengths at which the remaining length grows, too.
    prop_oneof![6 => vec(any::<u8>(), 0..20), 2 => vec(any::<u8>(), 90..150), 1 => vec(any::<u8>(), 16_300..16_500)]
}

fn qos() -> impl Strategy<Value = QoS> {
    select(vec![QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce])
}

fn return_code() -> impl Strategy<Value = ConnectReturnCode> {
    (0..6_u8).prop_map(|code| ConnectReturnCode::from_u8(code).unwrap())
}

fn suback_return_code() -> impl Strategy<Value = SubackReturnCode> {
    select(vec![0, 1, 2, 0x80]).prop_map(|code| SubackReturnCode::from_u8(code).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn connect(
        (clean_session, keep_alive, client_identifier) in (any::<bool>(), any::<u16>(), text(0..20)),
        will in option::of((any::<bool>(), qos(), topic_name(), bytes())),
        (user_name, password) in (option::of(text(0..20)), option::of(bytes())),
        damage in damage(),
    ) {
        let will = will.as_ref().map(|(retain, qos, topic, message)| Will { retain: *retain, qos: *qos, topic, message });
        let connect = Connect {
            clean_session,
            keep_alive,
            client_identifier: &client_identifier,
            will,
            user_name: user_name.as_deref(),
            password: password.as_deref(),
        };
        if (client_identifier.is_empty() && !clean_session) || (password.is_some() && user_name.is_none()) {
            prop_assert_eq!(encoded(&connect), Err(EncodeError::Contradiction));
        } else {
            check!(Connect, connect, damage);
        }
    }

    #[test]
    fn connack(session_present: bool, return_code in return_code(), damage in damage()) {
        let connack = Connack { session_present, return_code };
        if session_present && return_code != ConnectReturnCode::Accepted {
            prop_assert_eq!(encoded(&connack), Err(EncodeError::Contradiction));
        } else {
            check!(Connack, connack, damage);
        }
    }

    #[test]
    fn publish(
        (dup, qos, retain) in (any::<bool>(), qos(), any::<bool>()),
        (topic_name, packet_identifier, message) in (topic_name(), any::<Option<PacketIdentifier>>(), bytes()),
        damage in damage(),
    ) {
        let (topic_name, message) = (topic_name.as_str(), message.as_slice());
        let publish = Publish { dup, qos, retain, topic_name, packet_identifier, message };
        let acknowledged = qos != QoS::AtMostOnce;
        if packet_identifier.is_some() != acknowledged || (dup && !acknowledged) {
            prop_assert_eq!(encoded(&publish), Err(EncodeError::Contradiction));
        } else {
            check!(Publish, publish, damage);
        }
    }

    #[test]
    fn puback_to_pubcomp_and_unsuback(packet_identifier: PacketIdentifier, damage in damage()) {
        check!(Puback, Puback { packet_identifier }, damage);
        check!(Pubrec, Pubrec { packet_identifier }, damage);
        check!(Pubrel, Pubrel { packet_identifier }, damage);
        check!(Pubcomp, Pubcomp { packet_identifier }, damage);
        check!(Unsuback, Unsuback { packet_identifier }, damage);
    }

    #[test]
    fn subscribe(
        packet_identifier: PacketIdentifier,
        subscriptions in vec((topic_filter(), qos()), 1..5),
        damage in damage(),
    ) {
        let subscriptions = subscriptions.iter();
        let subscriptions =
            subscriptions.map(|(topic_filter, requested_qos)| Subscription { topic_filter, requested_qos: *requested_qos });
        let subscriptions = Vec::from_iter(subscriptions);
        check!(Subscribe, Subscribe { packet_identifier, subscriptions: List::new(&subscriptions) }, damage);
    }

    #[test]
    fn suback(
        packet_identifier: PacketIdentifier,
        return_codes in vec(suback_return_code(), 1..200),
        damage in damage(),
    ) {
        check!(Suback, Suback { packet_identifier, return_codes: List::new(&return_codes) }, damage);
    }

    #[test]
    fn unsubscribe(
        packet_identifier: PacketIdentifier,
        topic_filters in vec(topic_filter(), 1..5),
        damage in damage(),
    ) {
        let topic_filters = Vec::from_iter(topic_filters.iter().map(String::as_str));
        check!(Unsubscribe, Unsubscribe { packet_identifier, topic_filters: List::new(&topic_filters) }, damage);
    }

    #[test]
    fn pingreq_pingresp_and_disconnect(damage in damage()) {
        check!(Pingreq, Pingreq, damage);
        check!(Pingresp, Pingresp, damage);
        check!(Disconnect, Disconnect, damage);
    }

    #[test]
    fn any_bytes(first_byte: u8, body in vec(prop_oneof![3 => 0..4_u8, 1 => any::<u8>()], 0..30)) {
        is_packet(&[&[first_byte], body.as_slice()].concat())?;
    }
}
