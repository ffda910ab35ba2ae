//! MQTT 5.0.

mod mqttbytes;
mod mqute;
mod rules;

use proptest::prelude::*;
use slimqtt_agent::wire::mqtt_5_0::{Properties, Property};

use crate::common::mqtt_5_0::{Mqtt50, packet};
use crate::common::packets::{Sender, encoded};
use crate::common::properties::{Kind as Value, kind};
use crate::compare::{Standard, compare, decode, inputs, taken_apart};
use crate::input::{Input, Kind, Rule};

impl Standard for Mqtt50 {
    const RULES: &'static [Rule] = rules::ALL;

    const MAY_PAD_LENGTH: bool = false;

    const EXAMPLES: &'static [&'static [u8]] = &[
        b"\x10\x0E\0\x04MQTT\x04\x02\0\0\0\0\x01c",                        // version 4
        b"\x10\x0E\0\x04MQTT\x05\x03\0\0\0\0\x01c",                        // the reserved flag
        b"\x10\x0E\0\x04MQTT\x05\x0A\0\0\0\0\x01c",                        // the QoS of no Will
        b"\x10\x0E\0\x04MQTT\x05\x22\0\0\0\0\x01c",                        // the Retain of no Will
        b"\x10\x11\0\x04MQTT\x05\x42\0\0\0\0\x01c\0\x01p",                 // a password without a user name
        b"\x10\x12\0\x04MQTT\x05\x02\0\0\x04\x16\0\x01d\0\x01c",           // data of no authentication method
        b"\x10\x11\0\x04MQTT\x05\x02\0\0\x03\x21\0\0\0\x01c",              // Receive Maximum 0
        b"\x10\x13\0\x04MQTT\x05\x02\0\0\x05\x27\0\0\0\0\0\x01c",          // Maximum Packet Size 0
        b"\x10\x10\0\x04MQTT\x05\x02\0\0\x02\x17\x02\0\x01c",              // Request Problem Information 2
        b"\x10\x16\0\x04MQTT\x05\x06\0\0\0\0\0\x03\x08\0\0\0\x01w\0\0",    // an empty Response Topic
        b"\x10\x17\0\x04MQTT\x05\x06\0\0\0\0\0\x04\x08\0\x01#\0\x01w\0\0", // one with a wildcard
        b"\x10\x15\0\x04MQTT\x05\x06\0\0\0\0\0\x02\x01\x02\0\x01w\0\0",    // Payload Format Indicator 2
        b"\x20\x03\x80\0\0",                                               // a reserved flag
        b"\x20\x03\x01\x80\0",                                             // a session on a refused connection
        b"\x20\x05\0\0\x02\x24\x02",                                       // Maximum QoS 2
        b"\x20\x05\0\0\x02\x25\x02",                                       // Retain Available 2
        b"\x30\x03\0\0\0",                                                 // neither topic nor alias
        b"\x30\x07\0\x01t\x03\x23\0\0",                                    // Topic Alias 0
        b"\x30\x0A\0\x01t\x06\x23\0\x01\x23\0\x01",                        // two of them
        b"\x30\x06\0\x01t\x02\x0B\0",                                      // Subscription Identifier 0
        b"\x30\x07\0\x01t\x03\x0B\x81\0",                                  // one with more bytes than it needs
        b"\x30\x0A\0\x01t\x06\x0B\x80\x80\x80\x80\x01",                    // one of five bytes
        b"\x30\x08\0\x01t\x04\x0B\x01\x0B\x02",                            // two of them
        b"\x30\x0A\0\x01t\x06\x0B\x01\x0B\x02\x0B\x03",                    // three of them
        b"\x30\x06\0\x01t\x02\x0B\x01",                                    // only one
        b"\x30\x07\0\x01t\x03\x0B\x01\x7F",                                // what is no property behind it
        b"\x30\x05\0\x01t\x80\0",                // no properties, and their length in two bytes
        b"\x30\x07\0\x01t\x02\x23\0\x01",        // an alias longer than the properties
        b"\x30\x08\0\x01t\x04\x1F\0\x01r",       // a Reason String
        b"\x38\x04\0\x01t\0",                    // DUP at QoS 0
        b"\x30\x84\0\0\x01t\0",                  // a padded remaining length
        b"\x40\x02\0\0",                         // packet identifier 0
        b"\x40\x03\0\x01\x10",                   // a reason, no properties
        b"\x40\x04\0\x01\x10\0",                 // the same, spelled out
        b"\x40\x03\0\x01\0",                     // the default
        b"\x40\x04\0\x01\0\0",                   // and in full
        b"\x62\x03\0\x01\x92",                   // no properties
        b"\x82\x03\0\x01\0",                     // no subscription
        b"\x82\x07\0\x01\0\0\x01a\x40",          // a reserved bit
        b"\x82\x07\0\x01\0\0\x01a\x30",          // Retain Handling 3
        b"\x82\x10\0\x01\0\0\x0A$share/g/a\x04", // No Local on a shared subscription
        b"\x82\x0D\0\x01\0\0\x07$share/\x01",    // no share name
        b"\x82\x0F\0\x01\0\0\x09$share//a\x01",  // an empty one
        b"\x82\x0F\0\x01\0\0\x09$share/+/\x01",  // one with a wildcard
        b"\x82\x0D\0\x01\x04\x0B\x01\x0B\x02\0\x03a/b\x01", // two Subscription Identifiers
        b"\x90\x04\0\0\0\0",                     // packet identifier 0
        b"\x90\x03\0\x01\0",                     // no reason code
        b"\xA2\x03\0\x01\0",                     // no topic filter
        b"\xA2\x0B\0\x01\0\0\x06$share",         // no shared subscription
        b"\xC0\x01\0",                           // more than nothing
        b"\xE0\x01\x04",                         // a reason, no properties
        b"\xE0\x01\0",                           // the default
        b"\xE0\x02\0\0",                         // and in full
        b"\xE0\x07\x89\x05\x11\0\0\0\x01",       // what no one side may say
        b"\xF0\0",                               // no method
        b"\xF0\x01\x18",                         // no method
        b"\xF0\x02\x18\0",                       // no method
        b"\xF0\x06\x18\x04\x16\0\x01d",          // data, no method
    ];

    fn packets() -> BoxedStrategy<Vec<u8>> {
        packet().prop_filter_map("not a packet", |values| values.with(|packet| encoded(&packet).ok())).boxed()
    }

    fn take_apart(input: &mut Input<'_>) {
        match input.packet_type() {
            1 => {
                input.take_counted("protocol name", Kind::Text);
                if input.take("protocol version", Kind::Number, 1) != 5 {
                    // Who knows what such a packet is made of.
                    return input.lose();
                }
                let flags = input.take("connect flags", Kind::Number, 1);
                input.take("keep alive", Kind::Number, 2);
                input.take_list(PROPERTIES, take_property);
                input.take_counted("client identifier", Kind::Text);
                if flags & 0x04 != 0 {
                    input.take_list(WILL_PROPERTIES, take_property);
                    input.take_counted("will topic", Kind::TopicName);
                    input.take_counted("will payload", Kind::Binary);
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
                input.take("reason code", Kind::Number, 1);
                input.take_list(PROPERTIES, take_property);
            }
            3 => {
                input.take_counted("topic name", Kind::TopicName);
                if input.first_byte & 0x06 != 0 {
                    input.take("packet identifier", Kind::Identifier, 2);
                }
                input.take_list(PROPERTIES, take_property);
                input.take_rest("payload");
            }
            packet_type @ (4..=7 | 14) => {
                if packet_type != 14 {
                    input.take("packet identifier", Kind::Identifier, 2);
                }
                if input.has_more() {
                    input.take("reason code", Kind::Number, 1);
                }
                if input.has_more() {
                    input.take_list(PROPERTIES, take_property);
                }
            }
            packet_type @ 8..=11 => {
                input.take("packet identifier", Kind::Identifier, 2);
                input.take_list(PROPERTIES, take_property);
                while input.has_more() {
                    match packet_type {
                        8 => {
                            input.take_counted("topic filter", Kind::TopicFilter);
                            input.take("options", Kind::Number, 1);
                        }
                        10 => input.take_counted("topic filter", Kind::TopicFilter),
                        _ => _ = input.take("reason code", Kind::Number, 1),
                    }
                }
            }
            15 if input.has_more() => {
                input.take("reason code", Kind::Number, 1);
                input.take_list(PROPERTIES, take_property);
            }
            _ => {}
        }
    }

    /// The order of properties has no significance (2.2.2.2), but among those of one identifier.
    fn in_order(mut bytes: Vec<u8>) -> Vec<u8> {
        let mut lists = Vec::new();
        {
            let mut input = Input::new(&bytes);
            Self::take_apart(&mut input);
            for list in &mut input.lists {
                list.properties.sort_by_key(|(identifier, _)| *identifier);
                let sorted = list.properties.iter().flat_map(|(_, property)| property.iter().copied());
                lists.push((list.start, Vec::from_iter(sorted)));
            }
        }
        for (start, sorted) in lists {
            bytes[start..start + sorted.len()].copy_from_slice(&sorted);
        }
        bytes
    }
}

/// The list of the packet.
const PROPERTIES: &str = "properties";

/// The list of its Will.
const WILL_PROPERTIES: &str = "will properties";

/// Whether there is a password that is no text. 3.1.3.6 has it binary.
fn has_binary_password(input: &Input<'_>) -> bool {
    input.any("password", |password| str::from_utf8(password).is_err())
}

/// Whether it ends with the reason code, where the length of no properties may be left out.
fn ends_with_reason_code(input: &Input<'_>) -> bool {
    matches!(input.packet_type(), 4..=7 | 14) && input.fields.last().is_some_and(|field| field.name == "reason code")
}

/// Takes the value of a property off.
fn take_property(input: &mut Input<'_>, identifier: u8) -> Option<()> {
    // Numbers are told apart by the identifier in front of them.
    match kind(identifier)? {
        Value::Byte(_) => _ = input.take("byte", Kind::Number, 1),
        Value::U16 | Value::NonZeroU16 => _ = input.take("two bytes", Kind::Number, 2),
        Value::U32 | Value::NonZeroU32 => _ = input.take("four bytes", Kind::Number, 4),
        Value::Variable => _ = input.take_variable("subscription identifier"),
        Value::Text => input.take_counted("text", Kind::Text),
        Value::TopicName => input.take_counted("response topic", Kind::TopicName),
        Value::Pair => {
            input.take_counted("name", Kind::Text);
            input.take_counted("value", Kind::Text);
        }
        Value::Binary => input.take_counted("data", Kind::Binary),
    }
    Some(())
}

/// Neither codec has empty lists of properties, but none.
fn some<'a, T>(properties: Properties<'a>, of: impl FnOnce(Properties<'a>) -> T) -> Option<T> {
    (!properties.is_empty()).then(|| of(properties))
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn user_properties(properties: Properties<'_>) -> Vec<(String, String)> {
    let pair = |property| match property {
        Property::UserProperty((name, value)) => Some((String::from(name), String::from(value))),
        _ => None,
    };
    properties.iter().filter_map(pair).collect()
}

fn subscription_identifiers(properties: Properties<'_>) -> Vec<u32> {
    let identifier = |property| match property {
        Property::SubscriptionIdentifier(identifier) => Some(identifier.get()),
        _ => None,
    };
    properties.iter().filter_map(identifier).collect()
}

#[test]
fn mqttbytes() {
    compare::<Mqtt50, mqttbytes::Mqttbytes>();
}

#[test]
fn mqute_codec() {
    compare::<Mqtt50, mqute::MquteCodec>();
}

/// The rules do not know who sends a packet: this does.
#[test]
fn each_side_sends_what_it_may() {
    let mut seen = Vec::new();
    for bytes in inputs::<Mqtt50>() {
        let input = taken_apart::<Mqtt50>(&bytes);
        if Mqtt50::RULES.iter().any(|rule| (rule.applies)(&input)) {
            continue;
        }
        let senders = Vec::from_iter(decode::<Mqtt50>(&bytes).iter().map(|packet| packet.sender()));
        let expected = match (rules::is_from_client(&input), rules::is_from_server(&input)) {
            _ if !matches!(input.packet_type(), 3..=5 | 14 | 15) => vec![None],
            (false, false) => vec![Some(Sender::Client), Some(Sender::Server)],
            (true, false) => vec![Some(Sender::Client)],
            (false, true) => vec![Some(Sender::Server)],
            (true, true) => unreachable!("{bytes:02X?}"),
        };
        assert_eq!(senders, expected, "{bytes:02X?}");
        if !seen.contains(&senders) {
            seen.push(senders);
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}
