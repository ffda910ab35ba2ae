//! MQTT 3.1.1.

mod mqttbytes;
mod mqute;

use std::str;

use proptest::prelude::*;

use crate::common::mqtt_3_1_1::{Mqtt311, packet};
use crate::common::packets::encoded;
use crate::compare::{Standard, compare};
use crate::input::{Input, Kind, Rule};

impl Standard for Mqtt311 {
    const RULES: &'static [Rule] = &[
        rules::LENGTH,
        rules::CUT,
        rules::LEFT_OVER,
        rules::PACKET_TYPE,
        rules::FIXED_HEADER_FLAGS,
        rules::PACKET_IDENTIFIER,
        rules::UTF_8,
        rules::NULL_CHARACTER,
        rules::TOPIC_NAME,
        rules::EMPTY_TOPIC,
        rules::MULTI_LEVEL_WILDCARD,
        rules::SINGLE_LEVEL_WILDCARD,
        rules::PROTOCOL_NAME,
        rules::PROTOCOL_LEVEL,
        rules::CONNECT_FLAGS,
        rules::WILL_QOS_WITHOUT_WILL,
        rules::WILL_RETAIN_WITHOUT_WILL,
        rules::WILL_QOS,
        rules::PASSWORD,
        rules::CLIENT_IDENTIFIER,
        rules::ACKNOWLEDGE_FLAGS,
        rules::SESSION_PRESENT,
        rules::CONNECT_RETURN_CODE,
        rules::QOS,
        rules::DUP,
        rules::NO_SUBSCRIPTION,
        rules::REQUESTED_QOS,
        rules::NO_RETURN_CODE,
        rules::SUBACK_RETURN_CODE,
        rules::NO_TOPIC_FILTER,
    ];

    const MAY_PAD_LENGTH: bool = true;

    const EXAMPLES: &'static [&'static [u8]] = &[
        b"\x10\x0D\0\x04MQTT\x05\x02\0\0\0\x01c",        // level 5
        b"\x10\x0D\0\x04MQTT\x04\x03\0\0\0\x01c",        // the reserved flag
        b"\x10\x0D\0\x04MQTT\x04\x0A\0\0\0\x01c",        // the QoS of no Will
        b"\x10\x0D\0\x04MQTT\x04\x22\0\0\0\x01c",        // the Retain of no Will
        b"\x10\x10\0\x04MQTT\x04\x42\0\0\0\x01c\0\x01p", // a password without a user name
        b"\x10\x0E\0\x04MQTT\x04\x42\0\0\0\x01c\0",      // a password without a user name, cut
        b"\x10\x0C\0\x04MQTT\x04\0\0\0\0\0",             // no client identifier, no clean session
        b"\x20\x02\x80\0",                               // a reserved flag
        b"\x20\x02\x01\x01",                             // a session on a refused connection
        b"\x30\x02\0\0",                                 // an empty topic
        b"\x38\x03\0\x01t",                              // DUP at QoS 0
        b"\x30\x83\0\0\x01t",                            // a remaining length with more bytes than it needs
        b"\x40\x02\0\0",                                 // packet identifier 0
        b"\x82\x02\0\x01",                               // no subscription
        b"\x82\x06\0\x01\0\x01t\x04",                    // a reserved bit
        b"\x90\x03\0\0\0",                               // packet identifier 0
        b"\xA2\x02\0\x01",                               // no topic filter
    ];

    fn packets() -> BoxedStrategy<Vec<u8>> {
        packet().prop_filter_map("contradictory", |values| values.with(|packet| encoded(&packet).ok())).boxed()
    }

    fn take_apart(input: &mut Input<'_>) {
        match input.packet_type() {
            1 => {
                input.take_counted("protocol name", Kind::Text);
                input.take("protocol level", Kind::Number, 1);
                let flags = input.take("connect flags", Kind::Number, 1);
                input.take("keep alive", Kind::Number, 2);
                input.take_counted("client identifier", Kind::Text);
                if flags & 0x04 != 0 {
                    input.take_counted("will topic", Kind::TopicName);
                    input.take_counted("will message", Kind::Binary);
                }
                if flags & 0x80 != 0 {
                    input.take_counted("user name", Kind::Text);
                }
                if flags & 0x40 != 0 {
                    input.take_counted("password", Kind::Binary);
                }
            }
            2 => {
                input.take("acknowledge flags", Kind::Number, 1);
                input.take("connect return code", Kind::Number, 1);
            }
            3 => {
                input.take_counted("topic name", Kind::TopicName);
                if input.first_byte & 0x06 != 0 {
                    input.take("packet identifier", Kind::Identifier, 2);
                }
                input.take_rest("message");
            }
            4..=7 | 11 => {
                input.take("packet identifier", Kind::Identifier, 2);
            }
            packet_type @ 8..=10 => {
                input.take("packet identifier", Kind::Identifier, 2);
                while input.has_more() {
                    if packet_type != 9 {
                        input.take_counted("topic filter", Kind::TopicFilter);
                    }
                    if packet_type != 10 {
                        input.take("code", Kind::Number, 1);
                    }
                }
            }
            _ => {}
        }
    }
}

const TEXTS: [Kind; 3] = [Kind::Text, Kind::TopicName, Kind::TopicFilter];

/// Whether the packet is of this type and has no such field.
fn lacks(input: &Input<'_>, packet_type: u8, name: &str) -> bool {
    input.packet_type() == packet_type && !input.any(name, |_| true)
}

fn connect_flags(input: &Input<'_>) -> u16 {
    input.number("connect flags").unwrap_or_default()
}

fn is_publish(input: &Input<'_>, flags: u8, is: u8) -> bool {
    input.packet_type() == 3 && input.first_byte & flags == is
}

/// Whether there is a password that is no text. 3.1.3.5 has it binary.
fn has_binary_password(input: &Input<'_>) -> bool {
    input.any("password", |password| str::from_utf8(password).is_err())
}

/// Whether a level of a topic filter has this wildcard and more.
fn misplaces(filter: &str, wildcard: char) -> bool {
    filter.split('/').any(|level| level.contains(wildcard) && level.len() > 1)
}

/// The rules for a packet alone.
#[rustfmt::skip] // One below the other, they are a table.
mod rules {
    use super::*;

    const fn rule(statement: &'static str, applies: fn(&Input<'_>) -> bool) -> Rule {
        Rule { statement, applies }
    }

    pub(super) const LENGTH: Rule = rule("2.2.3", |input| !input.is_whole);
    pub(super) const CUT: Rule = rule("2.2.3: all of the fields", |input| input.is_cut());
    pub(super) const LEFT_OVER: Rule = rule("2.2.3: nothing but the fields", |input| input.has_more());
    pub(super) const PACKET_TYPE: Rule = rule("2.2.1", |input| matches!(input.packet_type(), 0 | 15));
    pub(super) const FIXED_HEADER_FLAGS: Rule = rule("[MQTT-2.2.2-2]", |input| match input.packet_type() {
        3 => false,
        6 | 8 | 10 => input.first_byte & 0x0F != 2,
        _ => input.first_byte & 0x0F != 0,
    });
    pub(super) const PACKET_IDENTIFIER: Rule =
        rule("[MQTT-2.3.1-1]", |input| input.any_of(&[Kind::Identifier], |bytes| bytes == [0, 0]));
    pub(super) const UTF_8: Rule =
        rule("[MQTT-1.5.3-1]", |input| input.any_of(&TEXTS, |bytes| str::from_utf8(bytes).is_err()));
    pub(super) const NULL_CHARACTER: Rule =
        rule("[MQTT-1.5.3-2]", |input| input.any_of(&TEXTS, |bytes| bytes.contains(&0)));
    pub(super) const TOPIC_NAME: Rule =
        rule("[MQTT-4.7.1-1]", |input| input.any_text(&[Kind::TopicName], |topic| topic.contains(['+', '#'])));
    pub(super) const EMPTY_TOPIC: Rule =
        rule("[MQTT-4.7.3-1]", |input| input.any_of(&[Kind::TopicName, Kind::TopicFilter], <[u8]>::is_empty));
    pub(super) const MULTI_LEVEL_WILDCARD: Rule = rule("[MQTT-4.7.1-2]", |input| {
        let is_last = |filter: &str| filter.find('#').is_none_or(|at| at + 1 == filter.len());
        input.any_text(&[Kind::TopicFilter], |filter| misplaces(filter, '#') || !is_last(filter))
    });
    pub(super) const SINGLE_LEVEL_WILDCARD: Rule =
        rule("[MQTT-4.7.1-3]", |input| input.any_text(&[Kind::TopicFilter], |filter| misplaces(filter, '+')));
    pub(super) const PROTOCOL_NAME: Rule =
        rule("[MQTT-3.1.2-1]", |input| input.any("protocol name", |name| name != b"MQTT"));
    pub(super) const PROTOCOL_LEVEL: Rule =
        rule("[MQTT-3.1.2-2]", |input| input.number("protocol level").is_some_and(|level| level != 4));
    pub(super) const CONNECT_FLAGS: Rule = rule("[MQTT-3.1.2-3]", |input| connect_flags(input) & 0x01 != 0);
    pub(super) const WILL_QOS_WITHOUT_WILL: Rule =
        rule("[MQTT-3.1.2-13]", |input| connect_flags(input) & 0x04 == 0 && connect_flags(input) & 0x18 != 0);
    pub(super) const WILL_RETAIN_WITHOUT_WILL: Rule =
        rule("[MQTT-3.1.2-15]", |input| connect_flags(input) & 0x04 == 0 && connect_flags(input) & 0x20 != 0);
    pub(super) const WILL_QOS: Rule = rule("[MQTT-3.1.2-14]", |input| connect_flags(input) & 0x1C == 0x1C);
    pub(super) const PASSWORD: Rule = rule("[MQTT-3.1.2-22]", |input| connect_flags(input) & 0xC0 == 0x40);
    pub(super) const CLIENT_IDENTIFIER: Rule = rule("[MQTT-3.1.3-7]", |input| {
        connect_flags(input) & 0x02 == 0 && input.any("client identifier", <[u8]>::is_empty)
    });
    pub(super) const ACKNOWLEDGE_FLAGS: Rule =
        rule("3.2.2.1", |input| input.number("acknowledge flags").is_some_and(|flags| flags > 1));
    pub(super) const SESSION_PRESENT: Rule = rule("[MQTT-3.2.2-4]", |input| {
        input.number("connect return code").is_some_and(|code| code != 0)
            && input.number("acknowledge flags").is_some_and(|flags| flags & 1 != 0)
    });
    pub(super) const CONNECT_RETURN_CODE: Rule =
        rule("[MQTT-3.2.2-6]", |input| input.number("connect return code").is_some_and(|code| code > 5));
    pub(super) const QOS: Rule = rule("[MQTT-3.3.1-4]", |input| is_publish(input, 0x06, 0x06));
    pub(super) const DUP: Rule = rule("[MQTT-3.3.1-2]", |input| is_publish(input, 0x0E, 0x08));
    pub(super) const NO_SUBSCRIPTION: Rule = rule("[MQTT-3.8.3-3]", |input| lacks(input, 8, "topic filter"));
    pub(super) const REQUESTED_QOS: Rule =
        rule("[MQTT-3.8.3-4]", |input| input.packet_type() == 8 && input.any("code", |code| code > [2].as_slice()));
    pub(super) const NO_RETURN_CODE: Rule = rule("[MQTT-3.8.4-5]", |input| lacks(input, 9, "code"));
    pub(super) const SUBACK_RETURN_CODE: Rule = rule("[MQTT-3.9.3-2]", |input| {
        input.packet_type() == 9 && input.any("code", |code| code > [2].as_slice() && code != [0x80])
    });
    pub(super) const NO_TOPIC_FILTER: Rule = rule("[MQTT-3.10.3-2]", |input| lacks(input, 10, "topic filter"));
}

#[test]
fn mqttbytes() {
    compare::<Mqtt311, mqttbytes::Mqttbytes>();
}

#[test]
fn mqute_codec() {
    compare::<Mqtt311, mqute::MquteCodec>();
}
