//! The rules for a packet alone. What only one side may send may come from it; who it was is not known here.

use std::str;

use super::{PROPERTIES, WILL_PROPERTIES};
use crate::common::packets::Sender;
use crate::common::properties::{self, Kind as Value, Rules, kind, rules_of};
use crate::input::{Input, Kind, List, Rule};

pub(super) const ALL: &[Rule] = &[
    LENGTH,
    PADDED,
    ENDLESS,
    CUT,
    OVERRUN,
    LEFT_OVER,
    PACKET_TYPE,
    FIXED_HEADER_FLAGS,
    PACKET_IDENTIFIER,
    UTF_8,
    NULL_CHARACTER,
    TOPIC_NAME,
    EMPTY_TOPIC,
    EMPTY_TOPIC_NAME,
    MULTI_LEVEL_WILDCARD,
    SINGLE_LEVEL_WILDCARD,
    SHARE_NAME,
    PROTOCOL_NAME,
    PROTOCOL_VERSION,
    CONNECT_FLAGS,
    WILL_QOS_WITHOUT_WILL,
    WILL_RETAIN_WITHOUT_WILL,
    WILL_QOS,
    ACKNOWLEDGE_FLAGS,
    SESSION_PRESENT,
    CONNECT_REASON_CODE,
    PUBACK_REASON_CODE,
    PUBREL_REASON_CODE,
    SUBACK_REASON_CODE,
    UNSUBACK_REASON_CODE,
    DISCONNECT_REASON_CODE,
    AUTH_REASON_CODE,
    QOS,
    DUP,
    NO_SUBSCRIPTION,
    RESERVED_OPTIONS,
    MAXIMUM_QOS,
    RETAIN_HANDLING,
    NO_LOCAL,
    NO_REASON_CODE,
    NO_TOPIC_FILTER,
    UNKNOWN_PROPERTY,
    MISPLACED_PROPERTY,
    REPEATED_PROPERTY,
    AUTHENTICATION_METHOD,
    AUTHENTICATION_DATA,
    BYTE,
    ZERO,
    SUBSCRIPTION_IDENTIFIER,
    EXPIRY_FROM_SERVER,
];

const TEXTS: [Kind; 3] = [Kind::Text, Kind::TopicName, Kind::TopicFilter];

const fn rule(statement: &'static str, applies: fn(&Input<'_>) -> bool) -> Rule {
    Rule { statement, applies }
}

/// Whether the packet is of one of these types and has no such field, as far as can be told.
fn lacks(input: &Input<'_>, packet_types: &[u8], name: &str) -> bool {
    packet_types.contains(&input.packet_type()) && !input.any(name, |_| true) && !input.is_lost()
}

pub(super) fn connect_flags(input: &Input<'_>) -> u16 {
    input.number("connect flags").unwrap_or_default()
}

fn is_publish(input: &Input<'_>, flags: u8, is: u8) -> bool {
    input.packet_type() == 3 && input.first_byte & flags == is
}

/// Whether a level of a topic filter has this wildcard and more.
fn misplaces(filter: &str, wildcard: char) -> bool {
    filter.split('/').any(|level| level.contains(wildcard) && level.len() > 1)
}

/// Whether a packet of one of these types has another reason code.
fn has_other_code(input: &Input<'_>, packet_types: &[u8], codes: &[u8]) -> bool {
    let is_other = |code: &[u8]| !code.is_empty() && !codes.contains(&code[0]);
    packet_types.contains(&input.packet_type()) && input.any("reason code", is_other)
}

/// What a list may have from the sender that may send most.
fn rules_of_list(input: &Input<'_>, list: &List<'_>) -> Rules {
    match (list.name, input.packet_type()) {
        (WILL_PROPERTIES, _) => properties::WILL,
        (_, packet_type @ 14) => rules_of(packet_type, Sender::Client),
        (_, packet_type) => rules_of(packet_type, Sender::Server),
    }
}

/// Whether the identifiers of a list are as said. Those that do not exist are not among them.
fn any_list(input: &Input<'_>, is: impl Fn(Rules, &[u8]) -> bool) -> bool {
    input.lists.iter().any(|list| {
        let known = list.properties.iter().map(|(identifier, _)| *identifier).filter(|known| kind(*known).is_some());
        is(rules_of_list(input, list), &Vec::from_iter(known))
    })
}

/// Whether there is a property, and how its value is.
fn any_property(input: &Input<'_>, is: impl Fn(Value, &[u8]) -> bool) -> bool {
    let mut properties = input.lists.iter().flat_map(|list| &list.properties);
    properties.any(|(identifier, bytes)| kind(*identifier).is_some_and(|kind| is(kind, &bytes[1..])))
}

/// How often the packet itself has the property.
pub(super) fn count(input: &Input<'_>, identifier: u8) -> usize {
    let lists = input.lists.iter().filter(|list| list.name == PROPERTIES);
    lists.flat_map(|list| &list.properties).filter(|(other, _)| *other == identifier).count()
}

fn has(input: &Input<'_>, identifier: u8) -> bool {
    count(input, identifier) > 0
}

/// Whether this is `$share/` and no name and filter behind it.
fn lacks_share_name(filter: &str) -> bool {
    let Some(shared) = filter.strip_prefix("$share/") else { return false };
    let Some((name, filter)) = shared.split_once('/') else { return true };
    name.is_empty() || name.contains(['+', '#']) || filter.is_empty()
}

/// A topic filter, without the name of a shared subscription.
fn unshared(filter: &str) -> &str {
    let shared = filter.strip_prefix("$share/").and_then(|shared| shared.split_once('/'));
    shared.map_or(filter, |(_, filter)| filter)
}

/// The options of each subscription, and its topic filter.
fn any_subscription(input: &Input<'_>, is: impl Fn(&[u8], u8) -> bool) -> bool {
    let fields = input.fields.windows(2).filter(|pair| pair[1].name == "options" && !pair[1].bytes.is_empty());
    fields.into_iter().any(|pair| is(pair[0].bytes, pair[1].bytes[0]))
}

pub(super) const LENGTH: Rule = rule("2.1.4", |input| !input.is_whole);
pub(super) const PADDED: Rule = rule("[MQTT-1.5.5-1]", |input| {
    input.is_length_padded || input.any_of(&[Kind::Variable], |bytes| bytes.len() > 1 && bytes.ends_with(&[0]))
});
pub(super) const ENDLESS: Rule = rule("1.5.5: four bytes at most", |input| {
    input.any_of(&[Kind::Variable], |bytes| bytes.last().is_some_and(|last| last & 0x80 != 0))
});
pub(super) const CUT: Rule = rule("2.1.4: all of the fields", |input| input.is_cut());
pub(super) const OVERRUN: Rule =
    rule("2.2.2.1: the length of all properties", |input| input.lists.iter().any(|list| list.is_overrun));
pub(super) const LEFT_OVER: Rule = rule("2.1.4: nothing but the fields", |input| input.has_more());
pub(super) const PACKET_TYPE: Rule = rule("2.1.2", |input| input.packet_type() == 0);
pub(super) const FIXED_HEADER_FLAGS: Rule = rule("[MQTT-2.1.3-1]", |input| match input.packet_type() {
    3 => false,
    6 | 8 | 10 => input.first_byte & 0x0F != 2,
    _ => input.first_byte & 0x0F != 0,
});
pub(super) const PACKET_IDENTIFIER: Rule =
    rule("[MQTT-2.2.1-3]", |input| input.any_of(&[Kind::Identifier], |bytes| bytes == [0, 0]));
pub(super) const UTF_8: Rule =
    rule("[MQTT-1.5.4-1]", |input| input.any_of(&TEXTS, |bytes| str::from_utf8(bytes).is_err()));
pub(super) const NULL_CHARACTER: Rule =
    rule("[MQTT-1.5.4-2]", |input| input.any_of(&TEXTS, |bytes| bytes.contains(&0)));
pub(super) const TOPIC_NAME: Rule =
    rule("[MQTT-4.7.0-1]", |input| input.any_text(&[Kind::TopicName], |topic| topic.contains(['+', '#'])));
pub(super) const EMPTY_TOPIC: Rule = rule("[MQTT-4.7.3-1]", |input| {
    ["will topic", "response topic", "topic filter"].iter().any(|name| input.any(name, <[u8]>::is_empty))
});
pub(super) const EMPTY_TOPIC_NAME: Rule =
    rule("3.3.2.1", |input| input.any("topic name", <[u8]>::is_empty) && !has(input, 0x23));
pub(super) const MULTI_LEVEL_WILDCARD: Rule = rule("[MQTT-4.7.1-1]", |input| {
    let is_last = |filter: &str| filter.find('#').is_none_or(|at| at + 1 == filter.len());
    input.any_text(&[Kind::TopicFilter], |filter| misplaces(unshared(filter), '#') || !is_last(unshared(filter)))
});
pub(super) const SINGLE_LEVEL_WILDCARD: Rule =
    rule("[MQTT-4.7.1-2]", |input| input.any_text(&[Kind::TopicFilter], |filter| misplaces(unshared(filter), '+')));
pub(super) const SHARE_NAME: Rule =
    rule("[MQTT-4.8.2-1] [MQTT-4.8.2-2]", |input| input.any_text(&[Kind::TopicFilter], lacks_share_name));
pub(super) const PROTOCOL_NAME: Rule =
    rule("[MQTT-3.1.2-1]", |input| input.any("protocol name", |name| name != b"MQTT"));
pub(super) const PROTOCOL_VERSION: Rule =
    rule("[MQTT-3.1.2-2]", |input| input.number("protocol version").is_some_and(|version| version != 5));
pub(super) const CONNECT_FLAGS: Rule = rule("[MQTT-3.1.2-3]", |input| connect_flags(input) & 0x01 != 0);
pub(super) const WILL_QOS_WITHOUT_WILL: Rule =
    rule("[MQTT-3.1.2-11]", |input| connect_flags(input) & 0x04 == 0 && connect_flags(input) & 0x18 != 0);
pub(super) const WILL_RETAIN_WITHOUT_WILL: Rule =
    rule("[MQTT-3.1.2-13]", |input| connect_flags(input) & 0x04 == 0 && connect_flags(input) & 0x20 != 0);
pub(super) const WILL_QOS: Rule = rule("[MQTT-3.1.2-12]", |input| connect_flags(input) & 0x1C == 0x1C);
pub(super) const ACKNOWLEDGE_FLAGS: Rule =
    rule("[MQTT-3.2.2-1]", |input| input.number("acknowledge flags").is_some_and(|flags| flags > 1));
pub(super) const SESSION_PRESENT: Rule = rule("[MQTT-3.2.2-6]", |input| {
    input.packet_type() == 2
        && input.number("reason code").is_some_and(|code| code != 0)
        && input.number("acknowledge flags").is_some_and(|flags| flags & 1 != 0)
});
pub(super) const CONNECT_REASON_CODE: Rule = rule("[MQTT-3.2.2-8]", |input| {
    has_other_code(
        input,
        &[2],
        &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A,
            0x9B, 0x9C, 0x9D, 0x9F,
        ],
    )
});
pub(super) const PUBACK_REASON_CODE: Rule = rule("[MQTT-3.4.2-1] [MQTT-3.5.2-1]", |input| {
    has_other_code(input, &[4, 5], &[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99])
});
pub(super) const PUBREL_REASON_CODE: Rule =
    rule("[MQTT-3.6.2-1] [MQTT-3.7.2-1]", |input| has_other_code(input, &[6, 7], &[0x00, 0x92]));
pub(super) const SUBACK_REASON_CODE: Rule = rule("[MQTT-3.9.3-2]", |input| {
    has_other_code(input, &[9], &[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2])
});
pub(super) const UNSUBACK_REASON_CODE: Rule =
    rule("[MQTT-3.11.3-2]", |input| has_other_code(input, &[11], &[0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91]));
pub(super) const DISCONNECT_REASON_CODE: Rule = rule("[MQTT-3.14.2-1]", |input| {
    has_other_code(
        input,
        &[14],
        &[
            0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
            0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
        ],
    )
});
pub(super) const AUTH_REASON_CODE: Rule =
    rule("[MQTT-3.15.2-1]", |input| has_other_code(input, &[15], &[0x00, 0x18, 0x19]));
pub(super) const QOS: Rule = rule("[MQTT-3.3.1-4]", |input| is_publish(input, 0x06, 0x06));
pub(super) const DUP: Rule = rule("[MQTT-3.3.1-2]", |input| is_publish(input, 0x0E, 0x08));
pub(super) const NO_SUBSCRIPTION: Rule = rule("[MQTT-3.8.3-2]", |input| lacks(input, &[8], "topic filter"));
pub(super) const RESERVED_OPTIONS: Rule =
    rule("[MQTT-3.8.3-5]", |input| any_subscription(input, |_, options| options & 0xC0 != 0));
pub(super) const MAXIMUM_QOS: Rule =
    rule("3.8.3.1: QoS 3", |input| any_subscription(input, |_, options| options & 0x03 == 0x03));
pub(super) const RETAIN_HANDLING: Rule =
    rule("3.8.3.1: Retain Handling 3", |input| any_subscription(input, |_, options| options & 0x30 == 0x30));
pub(super) const NO_LOCAL: Rule = rule("[MQTT-3.8.3-4]", |input| {
    any_subscription(input, |filter, options| filter.starts_with(b"$share/") && options & 0x04 != 0)
});
pub(super) const NO_REASON_CODE: Rule =
    rule("[MQTT-3.8.4-6] [MQTT-3.11.3-1]", |input| lacks(input, &[9, 11], "reason code"));
pub(super) const NO_TOPIC_FILTER: Rule = rule("[MQTT-3.10.3-2]", |input| lacks(input, &[10], "topic filter"));
pub(super) const UNKNOWN_PROPERTY: Rule = rule("2.2.2.2: identifiers", |input| input.any("unknown property", |_| true));
pub(super) const MISPLACED_PROPERTY: Rule = rule("2.2.2.2: table 2-4", |input| any_list(input, Rules::has_misplaced));
pub(super) const REPEATED_PROPERTY: Rule =
    rule("3.1.2.11 and so on: more than once", |input| any_list(input, Rules::has_repeated));
pub(super) const AUTHENTICATION_METHOD: Rule =
    rule("3.15.2.2.2", |input| input.packet_type() == 15 && !has(input, 0x15) && !input.is_lost());
pub(super) const AUTHENTICATION_DATA: Rule =
    rule("3.1.2.11.10", |input| input.packet_type() == 1 && has(input, 0x16) && !has(input, 0x15));
pub(super) const BYTE: Rule = rule("3.1.2.11.6 and so on: 0 or 1", |input| {
    any_property(input, |kind, value| matches!((kind, value), (Value::Byte(most), [byte]) if *byte > most))
});
pub(super) const ZERO: Rule = rule("3.1.2.11.3, 3.1.2.11.4, 3.3.2.3.4: not 0", |input| {
    any_property(input, |kind, value| match kind {
        Value::NonZeroU16 => value == [0, 0],
        Value::NonZeroU32 => value == [0, 0, 0, 0],
        _ => false,
    })
});
pub(super) const SUBSCRIPTION_IDENTIFIER: Rule = rule("3.3.2.3.8, 3.8.2.1.2: not 0", |input| {
    any_property(input, |kind, value| kind == Value::Variable && value.iter().all(|byte| byte & 0x7F == 0))
});
pub(super) const EXPIRY_FROM_SERVER: Rule =
    rule("[MQTT-3.14.2-2]", |input| input.packet_type() == 14 && has(input, 0x11) && is_from_server(input));

/// Whether only a Client may send such a packet (3.14.2.1, [MQTT-3.14.2-2], 3.15.2.1).
pub(super) fn is_from_client(input: &Input<'_>) -> bool {
    match input.packet_type() {
        14 => has(input, 0x11) || input.number("reason code") == Some(0x04),
        15 => input.number("reason code") == Some(0x19),
        _ => false,
    }
}

/// Whether only a Server may ([MQTT-3.3.4-6], 3.4.2.1, 3.5.2.1, 3.14.2.1, 3.15.2.1).
pub(super) fn is_from_server(input: &Input<'_>) -> bool {
    let reason_code = input.number("reason code");
    match input.packet_type() {
        3 => has(input, 0x0B),
        4 | 5 => reason_code == Some(0x10),
        14 => matches!(reason_code, Some(0x87 | 0x89 | 0x8B | 0x8D..=0x8F | 0x9A..=0xA2)),
        15 => reason_code == Some(0x00),
        _ => false,
    }
}
