//! What the packets of MQTT 5.0 have that those of 3.1.1 have not, as bytes both ways.

use std::num::{NonZeroU16, NonZeroU32};

use slimqtt_agent::wire::mqtt_5_0::*;
use slimqtt_agent::wire::{
    self, DecodeError, Encode, EncodeError, Fault, List, Reader, SubscriptionIdentifier, Writer,
};

fn encode(packet: &dyn Encode) -> Result<Vec<u8>, EncodeError> {
    let mut buffer = [0; 1024];
    let mut writer = Writer::new(&mut buffer);
    packet.encode(&mut writer);
    let end = writer.finish()?;
    Ok(wire::packet(&buffer, end).to_vec())
}

/// A packet stands for these bytes, and they for it.
macro_rules! assert_bytes {
    ($of:ty, $packet:expr, $bytes:expr) => {
        let (packet, bytes): ($of, &[u8]) = ($packet, $bytes);
        assert_eq!(encode(&packet).as_deref(), Ok(bytes));
        assert_eq!(<$of>::decode(bytes[0], &mut Reader::new(&bytes[2..])), Ok(packet));
    };
}

/// What is wrong with these bytes, as that packet.
macro_rules! mistake {
    ($of:ty, $bytes:expr) => {{
        let bytes: &[u8] = $bytes;
        let mut reader = Reader::noting(&bytes[2..]);
        assert_eq!(<$of>::decode(bytes[0], &mut reader), Err(DecodeError), "{bytes:?}");
        // Whether somebody asks for the mistake makes no difference.
        assert_eq!(<$of>::decode(bytes[0], &mut Reader::new(&bytes[2..])), Err(DecodeError), "{bytes:?}");
        let mistake = reader.mistake().unwrap();
        (mistake.fault, place(mistake))
    }};
}

const MALFORMED: Fault = Fault::MalformedPacket;
const PROTOCOL: Fault = Fault::ProtocolError;

const PUBLISH: ClientPublish<'static> = ClientPublish {
    dup: false,
    qos: QoS::AtMostOnce,
    retain: false,
    topic_name: "t",
    packet_identifier: None,
    properties: Properties::NONE,
    payload: b"m",
};

fn one() -> NonZeroU16 {
    NonZeroU16::MIN
}

#[test]
fn every_property_stands_behind_its_identifier() {
    let properties = [
        Property::SessionExpiryInterval(0x0102_0304),
        Property::AssignedClientIdentifier("c"),
        Property::ServerKeepAlive(0x0102),
        Property::AuthenticationMethod("m"),
        Property::AuthenticationData(b"d"),
        Property::ResponseInformation("i"),
        Property::ServerReference("r"),
        Property::ReasonString("s"),
        Property::ReceiveMaximum(one()),
        Property::TopicAliasMaximum(0),
        Property::MaximumQos(MaximumQoS::AtLeastOnce),
        Property::RetainAvailable(true),
        Property::UserProperty(("n", "v")),
        Property::UserProperty(("n", "w")),
        Property::MaximumPacketSize(NonZeroU32::MIN),
        Property::WildcardSubscriptionAvailable(false),
        Property::SubscriptionIdentifierAvailable(false),
        Property::SharedSubscriptionAvailable(true),
    ];
    let connack = Connack {
        session_present: false,
        reason_code: ConnectReasonCode::Success,
        properties: Properties::new(&properties),
    };
    let bytes = b"\x20\x46\0\0\x43\
        \x11\x01\x02\x03\x04\x12\0\x01c\x13\x01\x02\x15\0\x01m\x16\0\x01d\x1A\0\x01i\x1C\0\x01r\x1F\0\x01s\x21\0\x01\
        \x22\0\0\x24\x01\x25\x01\x26\0\x01n\0\x01v\x26\0\x01n\0\x01w\x27\0\0\0\x01\x28\0\x29\0\x2A\x01";
    assert_bytes!(Connack<'_>, connack, bytes);

    let connack = Connack::decode(bytes[0], &mut Reader::new(&bytes[2..])).unwrap();
    assert_eq!(connack.properties.iter().collect::<Vec<_>>(), properties);
    assert_eq!(connack.properties.server_keep_alive(), Some(0x0102));
    assert_eq!(connack.properties.user_property(), Some(("n", "v")), "the first of two");
    assert_eq!(connack.properties.topic_alias(), None);
}

#[test]
fn a_will_has_properties_of_its_own() {
    let will = [
        Property::PayloadFormatIndicator(PayloadFormatIndicator::Utf8),
        Property::MessageExpiryInterval(1),
        Property::ContentType("t"),
        Property::ResponseTopic("r"),
        Property::CorrelationData(b"d"),
        Property::WillDelayInterval(2),
    ];
    let properties = [Property::RequestProblemInformation(true), Property::RequestResponseInformation(false)];
    let connect = Connect {
        clean_start: true,
        keep_alive: 10,
        properties: Properties::new(&properties),
        client_identifier: "",
        will: Some(Will {
            retain: false,
            qos: QoS::AtLeastOnce,
            properties: Properties::new(&will),
            topic: "w",
            payload: b"p",
        }),
        user_name: None,
        // Without a user name, unlike in MQTT 3.1.1.
        password: Some(b"s"),
    };
    assert_bytes!(
        Connect<'_>,
        connect,
        b"\x10\x33\0\x04MQTT\x05\x4E\0\x0A\x04\x17\x01\x19\0\0\0\
          \x18\x01\x01\x02\0\0\0\x01\x03\0\x01t\x08\0\x01r\x09\0\x01d\x18\0\0\0\x02\0\x01w\0\x01p\0\x01s"
    );
    // In the other list, each would be misplaced.
    let swapped = Connect { properties: Properties::new(&will[5..]), ..connect };
    assert_eq!(encode(&swapped), Err(EncodeError::MisplacedProperty));
}

#[test]
fn a_list_of_properties_longer_than_one_byte_counts() {
    let pair = [Property::UserProperty(("name", "value")); 20];
    let publish = ClientPublish { properties: Properties::new(&pair), ..PUBLISH };
    let bytes = encode(&publish).unwrap();
    assert_eq!(bytes[..8], [0x30, 0x9E, 0x02, 0, 1, b't', 0x98, 0x02]);
    assert_eq!(ClientPublish::decode(bytes[0], &mut Reader::new(&bytes[3..])), Ok(publish));
}

#[test]
fn mqtt_2_2_2_properties_are_those_of_the_packet_and_once_each() {
    let alias = Property::TopicAlias(one());
    let publish =
        |properties: &[Property<'_>]| encode(&ClientPublish { properties: Properties::new(properties), ..PUBLISH });
    assert!(publish(&[alias]).is_ok());
    assert_eq!(publish(&[alias, alias]), Err(EncodeError::RepeatedProperty));
    assert_eq!(publish(&[Property::ReasonString("r")]), Err(EncodeError::MisplacedProperty));

    let properties = ("PUBLISH from client", "properties");
    // Reason String, an identifier that does not exist, one in two bytes, a value that ends too early.
    for bytes in [&b"\x30\x08\0\x01t\x04\x1F\0\x01r"[..], b"\x30\x05\0\x01t\x01\x7E", b"\x30\x07\0\x01t\x03\x81\0\x01"]
    {
        assert_eq!(mistake!(ClientPublish<'_>, bytes), (MALFORMED, properties));
    }
    assert_eq!(mistake!(ClientPublish<'_>, b"\x30\x06\0\x01t\x02\x23\x01"), (MALFORMED, properties));
    assert_eq!(mistake!(ClientPublish<'_>, b"\x30\x0A\0\x01t\x06\x23\0\x01\x23\0\x01"), (PROTOCOL, properties));
    // Longer than the packet.
    assert_eq!(mistake!(ClientPublish<'_>, b"\x30\x07\0\x01t\x04\x23\0\x01"), (MALFORMED, properties));
}

#[test]
fn mqtt_3_3_4_6_only_a_server_sends_subscription_identifiers() {
    let identifier = |value| Property::SubscriptionIdentifier(SubscriptionIdentifier::new(value).unwrap());
    let properties = [identifier(1), identifier(268_435_455)];
    let publish = ServerPublish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic_name: "t",
        packet_identifier: None,
        properties: Properties::new(&properties),
        payload: b"",
    };
    let bytes = b"\x30\x0B\0\x01t\x07\x0B\x01\x0B\xFF\xFF\xFF\x7F";
    assert_bytes!(ServerPublish<'_>, publish, bytes);
    assert_eq!(mistake!(ClientPublish<'_>, bytes), (MALFORMED, ("PUBLISH from client", "properties")));
    let publish = ClientPublish { properties: Properties::new(&properties[..1]), ..PUBLISH };
    assert_eq!(encode(&publish), Err(EncodeError::MisplacedProperty));

    // 0 (3.3.2.3.8), and more bytes than it needs [MQTT-1.5.5-1] or than there may be.
    for (bytes, fault) in [
        (&b"\x30\x06\0\x01t\x02\x0B\0"[..], PROTOCOL),
        (b"\x30\x07\0\x01t\x03\x0B\x81\0", MALFORMED),
        (b"\x30\x0A\0\x01t\x06\x0B\x80\x80\x80\x80\x01", MALFORMED),
    ] {
        assert_eq!(mistake!(ServerPublish<'_>, bytes), (fault, ("PUBLISH from server", "properties")));
    }
}

#[test]
fn a_topic_name_is_empty_where_an_alias_tells() {
    let alias = [Property::TopicAlias(one())];
    let publish = ClientPublish { topic_name: "", properties: Properties::new(&alias), ..PUBLISH };
    assert_bytes!(ClientPublish<'_>, publish, b"\x30\x07\0\0\x03\x23\0\x01m");
    assert_eq!(encode(&ClientPublish { topic_name: "", ..PUBLISH }), Err(EncodeError::Contradiction));
    let place = ("PUBLISH from client", "topic_name");
    assert_eq!(mistake!(ClientPublish<'_>, b"\x30\x04\0\0\0m"), (PROTOCOL, place));
    assert_eq!(mistake!(ClientPublish<'_>, b"\x30\x07\0\x01#\x03\x23\0\x01"), (MALFORMED, place));
}

#[test]
fn values_that_the_standard_calls_protocol_errors() {
    let properties = ("CONNACK", "properties");
    for value in [&b"\x21\0\0"[..], b"\x27\0\0\0\0", b"\x25\x02", b"\x24\x02"] {
        let mut bytes = vec![0x20, value.len() as u8 + 3, 0, 0, value.len() as u8];
        bytes.extend(value);
        assert_eq!(mistake!(Connack<'_>, &bytes), (PROTOCOL, properties), "{value:?}");
    }
    // [MQTT-3.2.2-6]
    assert_eq!(mistake!(Connack<'_>, b"\x20\x03\x01\x80\0"), (PROTOCOL, ("CONNACK", "connect_acknowledge_flags")));
    assert_eq!(mistake!(Connack<'_>, b"\x20\x03\0\x01\0"), (MALFORMED, ("CONNACK", "reason_code")));
}

#[test]
fn an_acknowledgement_ends_where_it_says_no_more() {
    let success = ServerPuback {
        packet_identifier: one(),
        reason_code: ServerPubackReasonCode::Success,
        properties: Properties::NONE,
    };
    assert_bytes!(ServerPuback<'_>, success, b"\x40\x02\0\x01");
    let quota = ServerPuback { reason_code: ServerPubackReasonCode::QuotaExceeded, ..success };
    assert_bytes!(ServerPuback<'_>, quota, b"\x40\x03\0\x01\x97");
    let reason = [Property::ReasonString("r")];
    let reason = ServerPuback { properties: Properties::new(&reason), ..success };
    assert_bytes!(ServerPuback<'_>, reason, b"\x40\x08\0\x01\0\x04\x1F\0\x01r");

    // What could have been left out may be there.
    for bytes in [&b"\x40\x03\0\x01\0"[..], b"\x40\x04\0\x01\0\0"] {
        assert_eq!(ServerPuback::decode(bytes[0], &mut Reader::new(&bytes[2..])), Ok(success));
    }
    assert_eq!(mistake!(ServerPuback<'_>, b"\x40\x01\0"), (MALFORMED, ("PUBACK from server", "packet_identifier")));
    assert_eq!(mistake!(ServerPuback<'_>, b"\x40\x05\0\x01\0\0\0"), (MALFORMED, ("PUBACK from server", "properties")));
    // Only a Server knows whether there are subscribers (3.4.2.1).
    assert_eq!(mistake!(ClientPuback<'_>, b"\x40\x03\0\x01\x10"), (MALFORMED, ("PUBACK from client", "reason_code")));
}

#[test]
fn a_disconnect_is_empty_or_has_what_its_sender_may_say() {
    let normal =
        ClientDisconnect { reason_code: ClientDisconnectReasonCode::NormalDisconnection, properties: Properties::NONE };
    assert_bytes!(ClientDisconnect<'_>, normal, b"\xE0\0");
    let expiry = [Property::SessionExpiryInterval(1)];
    let expiry = ClientDisconnect { properties: Properties::new(&expiry), ..normal };
    let bytes = b"\xE0\x07\0\x05\x11\0\0\0\x01";
    assert_bytes!(ClientDisconnect<'_>, expiry, bytes);
    // [MQTT-3.14.2-2]
    assert_eq!(mistake!(ServerDisconnect<'_>, bytes), (MALFORMED, ("DISCONNECT from server", "properties")));
    // Disconnect with Will Message is the Client's, Server busy the Server's.
    assert!(ClientDisconnect::decode(0xE0, &mut Reader::new(&[0x04])).is_ok());
    assert!(ServerDisconnect::decode(0xE0, &mut Reader::new(&[0x04])).is_err());
    assert!(ClientDisconnect::decode(0xE0, &mut Reader::new(&[0x89])).is_err());
    assert!(ServerDisconnect::decode(0xE0, &mut Reader::new(&[0x89])).is_ok());
}

#[test]
fn subscriptions_have_options_and_may_be_shared() {
    let subscription = Subscription {
        topic_filter: "$share/g/a/#",
        retain_handling: RetainHandling::DoNotSend,
        retain_as_published: true,
        no_local: false,
        maximum_qos: QoS::AtLeastOnce,
    };
    fn subscribe<'a>(subscriptions: &'a [Subscription<'a>]) -> Subscribe<'a> {
        Subscribe { packet_identifier: one(), properties: Properties::NONE, subscriptions: List::new(subscriptions) }
    }
    let subscriptions = [subscription];
    assert_bytes!(Subscribe<'_>, subscribe(&subscriptions), b"\x82\x12\0\x01\0\0\x0C$share/g/a/#\x29");

    // [MQTT-3.8.3-4]
    let no_local = Subscription { no_local: true, ..subscription };
    assert_eq!(encode(&subscribe(&[no_local])), Err(EncodeError::Contradiction));
    assert!(encode(&subscribe(&[Subscription { topic_filter: "a/#", ..no_local }])).is_ok());
    let options = ("SUBSCRIBE", "subscription_options");
    assert_eq!(mistake!(Subscribe<'_>, b"\x82\x0F\0\x01\0\0\x09$share/g/\x04").0, MALFORMED);
    assert_eq!(mistake!(Subscribe<'_>, b"\x82\x10\0\x01\0\0\x0A$share/g/a\x04"), (PROTOCOL, options));
    // QoS 3, a way to handle retained messages that there is not, a reserved bit [MQTT-3.8.3-5].
    assert_eq!(mistake!(Subscribe<'_>, b"\x82\x07\0\x01\0\0\x01a\x03"), (PROTOCOL, options));
    assert_eq!(mistake!(Subscribe<'_>, b"\x82\x07\0\x01\0\0\x01a\x30"), (PROTOCOL, options));
    assert_eq!(mistake!(Subscribe<'_>, b"\x82\x07\0\x01\0\0\x01a\x40"), (MALFORMED, options));
    // [MQTT-3.8.3-2]
    assert_eq!(mistake!(Subscribe<'_>, b"\x82\x03\0\x01\0"), (PROTOCOL, ("SUBSCRIBE", "subscriptions")));
}

#[test]
fn authentication_has_a_method() {
    let auth = |properties| ClientAuth {
        reason_code: ClientAuthReasonCode::ContinueAuthentication,
        properties: Properties::new(properties),
    };
    let both = [Property::AuthenticationMethod("m"), Property::AuthenticationData(b"d")];
    assert_bytes!(ClientAuth<'_>, auth(&both), b"\xF0\x0A\x18\x08\x15\0\x01m\x16\0\x01d");
    // 3.15.2.2.2
    assert_eq!(encode(&auth(&both[1..])), Err(EncodeError::MissingProperty));
    assert_eq!(mistake!(ClientAuth<'_>, b"\xF0\x02\x18\0"), (PROTOCOL, ("AUTH from client", "properties")));

    // 3.1.2.11.10
    let connect = Connect {
        clean_start: true,
        keep_alive: 0,
        properties: Properties::new(&both[1..]),
        client_identifier: "c",
        will: None,
        user_name: None,
        password: None,
    };
    assert_eq!(encode(&connect), Err(EncodeError::Contradiction));
    assert!(encode(&Connect { properties: Properties::new(&both), ..connect }).is_ok());
    let bytes = b"\x10\x12\0\x04MQTT\x05\x02\0\0\x04\x16\0\x01d\0\x01c";
    assert_eq!(mistake!(Connect<'_>, bytes), (PROTOCOL, ("CONNECT", "properties")));
}

#[test]
fn packets_are_encoded_when_the_program_is_compiled() {
    const PROPERTIES: &[Property<'_>] =
        &[Property::SessionExpiryInterval(0x10), Property::ReceiveMaximum(NonZeroU16::MIN)];
    const BYTES: [u8; 40] = {
        let mut buffer = [0; 40];
        let mut writer = Writer::new(&mut buffer);
        Connect {
            clean_start: true,
            keep_alive: 60,
            properties: Properties::new(PROPERTIES),
            client_identifier: "c",
            will: None,
            user_name: None,
            password: None,
        }
        .encode(&mut writer);
        assert!(writer.finish().is_ok());
        buffer
    };
    assert_eq!(BYTES[3..27], *b"\x10\x16\0\x04MQTT\x05\x02\0\x3C\x08\x11\0\0\0\x10\x21\0\x01\0\x01c");
}

#[test]
fn the_fault_is_the_reason_code_to_close_with() {
    assert_eq!(MALFORMED as u8, ServerDisconnectReasonCode::MalformedPacket as u8);
    assert_eq!(PROTOCOL as u8, ServerDisconnectReasonCode::ProtocolError as u8);
}

#[test]
fn nobody_reads_credentials_in_a_log() {
    let properties = [Property::AuthenticationMethod("method"), Property::AuthenticationData(&[201, 202])];
    let connect = Connect {
        clean_start: true,
        keep_alive: 60,
        properties: Properties::new(&properties),
        client_identifier: "c",
        will: None,
        user_name: Some("somebody"),
        password: Some(&[203, 204]),
    };
    let bytes = encode(&connect).unwrap();
    let decoded = Connect::decode(bytes[0], &mut Reader::new(&bytes[2..])).unwrap();
    for text in [format!("{connect:?}"), format!("{decoded:?}")] {
        assert!(text.contains(r#"[AuthenticationMethod("method"), AuthenticationData(..)]"#), "{text}");
        assert!(text.ends_with("user_name: Some(..), password: Some(..) }"), "{text}");
        assert!(!text.contains("20"), "{text}");
    }
}
