//! Table 2-4 of MQTT 5.0: every property with its identifier, its type, and who carries it.

use slimqtt_spec::defs::{Field, FieldKind, Packet, Property, PropertyKind, Type};
use slimqtt_spec::{MQTT_5_0, load};

const WILL: &str = "will";

#[rustfmt::skip]
const TABLE: &[(u64, &str, &str, &[&str])] = &[
    (0x01, "payload_format_indicator", "Byte", &["PUBLISH", WILL]),
    (0x02, "message_expiry_interval", "Four Byte Integer", &["PUBLISH", WILL]),
    (0x03, "content_type", "UTF-8 Encoded String", &["PUBLISH", WILL]),
    (0x08, "response_topic", "UTF-8 Encoded String", &["PUBLISH", WILL]),
    (0x09, "correlation_data", "Binary Data", &["PUBLISH", WILL]),
    (0x0B, "subscription_identifier", "Variable Byte Integer", &["PUBLISH", "SUBSCRIBE"]),
    (0x11, "session_expiry_interval", "Four Byte Integer", &["CONNECT", "CONNACK", "DISCONNECT"]),
    (0x12, "assigned_client_identifier", "UTF-8 Encoded String", &["CONNACK"]),
    (0x13, "server_keep_alive", "Two Byte Integer", &["CONNACK"]),
    (0x15, "authentication_method", "UTF-8 Encoded String", &["CONNECT", "CONNACK", "AUTH"]),
    (0x16, "authentication_data", "Binary Data", &["CONNECT", "CONNACK", "AUTH"]),
    (0x17, "request_problem_information", "Byte", &["CONNECT"]),
    (0x18, "will_delay_interval", "Four Byte Integer", &[WILL]),
    (0x19, "request_response_information", "Byte", &["CONNECT"]),
    (0x1A, "response_information", "UTF-8 Encoded String", &["CONNACK"]),
    (0x1C, "server_reference", "UTF-8 Encoded String", &["CONNACK", "DISCONNECT"]),
    (0x1F, "reason_string", "UTF-8 Encoded String", &[
        "CONNACK", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBACK", "UNSUBACK", "DISCONNECT", "AUTH",
    ]),
    (0x21, "receive_maximum", "Two Byte Integer", &["CONNECT", "CONNACK"]),
    (0x22, "topic_alias_maximum", "Two Byte Integer", &["CONNECT", "CONNACK"]),
    (0x23, "topic_alias", "Two Byte Integer", &["PUBLISH"]),
    (0x24, "maximum_qos", "Byte", &["CONNACK"]),
    (0x25, "retain_available", "Byte", &["CONNACK"]),
    (0x26, "user_property", "UTF-8 String Pair", &[
        "CONNECT", "CONNACK", "PUBLISH", WILL, "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK",
        "UNSUBSCRIBE", "UNSUBACK", "DISCONNECT", "AUTH",
    ]),
    (0x27, "maximum_packet_size", "Four Byte Integer", &["CONNECT", "CONNACK"]),
    (0x28, "wildcard_subscription_available", "Byte", &["CONNACK"]),
    (0x29, "subscription_identifier_available", "Byte", &["CONNACK"]),
    (0x2A, "shared_subscription_available", "Byte", &["CONNACK"]),
];

/// The standard's name for what a property's value is on the wire.
fn type_name(property: &Property) -> &'static str {
    let PropertyKind::Value(of) = &property.kind else { return "Byte" };
    match of.value {
        Type::U8 | Type::Bool => "Byte",
        Type::U16 | Type::NonzeroU16 | Type::PacketIdentifier => "Two Byte Integer",
        Type::U32 | Type::NonzeroU32 => "Four Byte Integer",
        Type::SubscriptionIdentifier => "Variable Byte Integer",
        Type::Utf8 | Type::TopicName | Type::TopicFilter | Type::ShareableTopicFilter => "UTF-8 Encoded String",
        Type::Utf8Pair => "UTF-8 String Pair",
        Type::Binary => "Binary Data",
        Type::Rest => "none",
    }
}

/// Who carries a property: the packet itself, or the will in it.
fn carriers<'a>(packet: &'a Packet, property: &str) -> Vec<&'a str> {
    let carries = |field: &Field| match &field.kind {
        FieldKind::Properties(list) => list.iter().any(|entry| entry.name.value == property),
        _ => false,
    };
    let fields = packet.variable.iter().chain(&packet.payload);
    let carriers = fields.filter_map(|field| match &field.kind {
        FieldKind::Group(members) => members.iter().any(carries).then_some(field.name.value.as_str()),
        _ => carries(field).then_some(packet.name.value.as_str()),
    });
    carriers.collect()
}

#[test]
fn the_properties_are_those_of_table_2_4() {
    let protocol = load(&MQTT_5_0).unwrap_or_else(|report| panic!("{report}"));
    let declared: Vec<_> = protocol.properties.iter().map(|it| (it.identifier.value, it.name.value.as_str())).collect();
    let expected: Vec<_> = TABLE.iter().map(|&(identifier, name, ..)| (identifier, name)).collect();
    assert_eq!(declared, expected);

    for (property, (_, name, of, who)) in protocol.properties.iter().zip(TABLE) {
        assert_eq!(type_name(property), *of, "{name}");
        let mut carriers: Vec<_> = protocol.packets.iter().flat_map(|packet| carriers(packet, name)).collect();
        let mut who = who.to_vec();
        carriers.sort_unstable();
        who.sort_unstable();
        assert_eq!(carriers, who, "{name}");
    }
}
