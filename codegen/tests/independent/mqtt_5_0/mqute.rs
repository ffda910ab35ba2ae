//! mqute-codec.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mqute_codec::codec::PacketCodec;
use mqute_codec::protocol::v5::{
    Auth, AuthProperties, ConnAck, ConnAckProperties, Connect, ConnectProperties, Disconnect, DisconnectProperties,
    Packet, PingReq, PingResp, PubAck, PubAckProperties, PubComp, PubCompProperties, PubRec, PubRecProperties, PubRel,
    PubRelProperties, Publish, PublishProperties, ReasonCode, SubAck, SubAckProperties, Subscribe, SubscribeProperties,
    TopicOptionFilter, UnsubAck, UnsubAckProperties, Unsubscribe, UnsubscribeProperties, Will, WillProperties,
};
use mqute_codec::protocol::{Credentials, Flags, QoS};
use slimqtt_agent::wire::SubscriptionIdentifier;
use slimqtt_agent::wire::mqtt_5_0::{self as wire, Properties};

use super::{
    ends_with_reason_code, has_binary_password, owned, rules, some, subscription_identifiers, user_properties,
};
use crate::common::mqtt_5_0::{Mqtt50, Packet as Ours};
use crate::compare::{Codec, Disagreement, Explanation, accepts};
use crate::input::{Input, Rule};

/// A reason string and user properties, of which it has a type for each packet.
macro_rules! of_acknowledgement {
    ($type:ident, $properties:expr) => {
        some($properties, |of| $type { reason_string: owned(of.reason_string()), user_properties: user_properties(of) })
    };
}

macro_rules! acknowledgement {
    ($type:ident $properties:ident, $packet:ident) => {{
        let properties = of_acknowledgement!($properties, $packet.properties);
        $type::new($packet.packet_identifier.get(), reason($packet.reason_code as u8), properties).into()
    }};
}

pub(super) struct MquteCodec;

impl Codec<Mqtt50> for MquteCodec {
    type Packet = Packet;

    const EXPLANATIONS: &'static [Explanation] = &[
        accepts(rules::LEFT_OVER, "bytes behind the last field are ignored"),
        accepts(rules::PACKET_IDENTIFIER, "packet identifier 0 is not refused"),
        accepts(rules::NULL_CHARACTER, "only topics are searched for U+0000"),
        accepts(rules::CONNECT_FLAGS, "the reserved flag is ignored"),
        accepts(rules::WILL_QOS_WITHOUT_WILL, "the QoS of no Will is ignored"),
        accepts(rules::WILL_RETAIN_WITHOUT_WILL, "the Retain of no Will is ignored"),
        accepts(rules::ACKNOWLEDGE_FLAGS, "reserved flags are ignored"),
        accepts(rules::SESSION_PRESENT, "a refused connection may have a session"),
        accepts(rules::DUP, "DUP may come at QoS 0"),
        accepts(rules::SHARE_NAME, "shared subscriptions are not looked at"),
        accepts(rules::NO_LOCAL, "No Local may come with a shared subscription"),
        accepts(rules::BYTE, "any Payload Format Indicator of PUBLISH will do"),
        accepts(rules::ZERO, "Topic Alias 0 will do"),
        accepts(rules::SUBSCRIPTION_IDENTIFIER, "0 will do"),
        accepts(rules::AUTHENTICATION_METHOD, "AUTH may come without a method"),
        accepts(rules::EXPIRY_FROM_SERVER, "either side may say all"),
        accepts(
            Rule { statement: rules::CUT.statement, applies: |input| input.is_cut() && has_password_alone(input) },
            "a password without a user name is not read, even if it is cut",
        ),
        accepts(rules::TOPIC_NAME, "a Response Topic is not searched for wildcards"),
        accepts(rules::EMPTY_TOPIC, "a Response Topic may be empty"),
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "3.1.3.6", applies: has_binary_password },
            because: "a password is taken for text, and is binary",
        },
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "3.4.2.2.1, 3.14.2.2.1, and so on", applies: ends_with_reason_code },
            because: "what has a reason code has to have properties, or the length of none",
        },
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "3.3.2.1", applies: |input| input.any("topic name", <[u8]>::is_empty) },
            because: "a topic may not even be empty where an alias tells",
        },
        Explanation {
            how: Disagreement::ReadsOtherwise,
            rule: Rule { statement: "3.1.2.9", applies: has_password_alone },
            because: "a password without a user name is not read",
        },
        Explanation {
            how: Disagreement::WritesOtherwise,
            rule: Rule { statement: "3.4.2.2.1, 3.14.2.2.1, and so on", applies: spells_out_no_properties },
            because: "the length of no properties is written, which may be left out",
        },
    ];

    fn decode(bytes: &[u8]) -> Option<Packet> {
        let mut stream = BytesMut::from(bytes);
        let packet = PacketCodec::new(None, None).try_decode(&mut stream).ok()?;
        if stream.is_empty() { Packet::decode(packet).ok() } else { None }
    }

    fn convert(packet: &Ours<'_>) -> Option<Packet> {
        Some(match packet {
            Ours::Connect(connect) => self::connect(connect)?,
            Ours::Connack(connack) => {
                let properties = some(connack.properties, |of| ConnAckProperties {
                    session_expiry_interval: of.session_expiry_interval().map(seconds),
                    receive_maximum: of.receive_maximum().map(u16::from),
                    maximum_qos: of.maximum_qos().map(|qos| (qos as u8).try_into().unwrap()),
                    retain_available: of.retain_available(),
                    maximum_packet_size: of.maximum_packet_size().map(u32::from),
                    assigned_client_id: owned(of.assigned_client_identifier()),
                    topic_alias_maximum: of.topic_alias_maximum(),
                    reason: owned(of.reason_string()),
                    user_properties: user_properties(of),
                    wildcard_subscription_available: of.wildcard_subscription_available(),
                    subscription_id_available: of.subscription_identifier_available(),
                    shared_subscription_available: of.shared_subscription_available(),
                    server_keep_alive: of.server_keep_alive(),
                    response_info: owned(of.response_information()),
                    server_reference: owned(of.server_reference()),
                    auth_method: owned(of.authentication_method()),
                    auth_data: of.authentication_data().map(Bytes::copy_from_slice),
                });
                ConnAck::new(reason(connack.reason_code as u8), connack.session_present, properties).into()
            }
            // The same fields from both sides.
            Ours::ClientPublish(wire::ClientPublish {
                dup,
                qos,
                retain,
                topic_name,
                packet_identifier,
                properties,
                payload,
            })
            | Ours::ServerPublish(wire::ServerPublish {
                dup,
                qos,
                retain,
                topic_name,
                packet_identifier,
                properties,
                payload,
            }) => {
                let properties = some(*properties, |of| PublishProperties {
                    payload_format_indicator: of.payload_format_indicator().map(|format| format as u8),
                    message_expiry_interval: of.message_expiry_interval().map(seconds),
                    topic_alias: of.topic_alias().map(u16::from),
                    response_topic: owned(of.response_topic()),
                    correlation_data: of.correlation_data().map(Bytes::copy_from_slice),
                    user_properties: user_properties(of),
                    subscription_id: subscription_identifiers(of),
                    content_type: owned(of.content_type()),
                });
                let identifier = packet_identifier.map_or(0, u16::from);
                let flags = Flags { dup: *dup, qos: level(*qos), retain: *retain };
                Publish::new(*topic_name, identifier, properties, Bytes::copy_from_slice(payload), flags).into()
            }
            Ours::ClientPuback(packet) => acknowledgement!(PubAck PubAckProperties, packet),
            Ours::ServerPuback(packet) => acknowledgement!(PubAck PubAckProperties, packet),
            Ours::ClientPubrec(packet) => acknowledgement!(PubRec PubRecProperties, packet),
            Ours::ServerPubrec(packet) => acknowledgement!(PubRec PubRecProperties, packet),
            Ours::Pubrel(packet) => acknowledgement!(PubRel PubRelProperties, packet),
            Ours::Pubcomp(packet) => acknowledgement!(PubComp PubCompProperties, packet),
            Ours::Subscribe(subscribe) => {
                let filter = |subscription: wire::Subscription<'_>| {
                    TopicOptionFilter::new(
                        subscription.topic_filter,
                        level(subscription.maximum_qos),
                        subscription.no_local,
                        subscription.retain_as_published,
                        (subscription.retain_handling as u8).try_into().unwrap(),
                    )
                };
                let properties = some(subscribe.properties, |of| SubscribeProperties {
                    subscription_id: of.subscription_identifier().map(SubscriptionIdentifier::get),
                    user_properties: user_properties(of),
                });
                let filters = subscribe.subscriptions.iter().map(filter);
                Subscribe::new(subscribe.packet_identifier.get(), properties, filters).into()
            }
            Ours::Suback(suback) => {
                let codes = suback.reason_codes.iter().map(|code| match code {
                    wire::SubackReasonCode::GrantedAtMostOnce => ReasonCode::GrantedQos0,
                    other => reason(other as u8),
                });
                let properties = of_acknowledgement!(SubAckProperties, suback.properties);
                SubAck::new(suback.packet_identifier.get(), properties, codes).into()
            }
            Ours::Unsubscribe(unsubscribe) => {
                let properties =
                    some(unsubscribe.properties, |of| UnsubscribeProperties { user_properties: user_properties(of) });
                Unsubscribe::new(unsubscribe.packet_identifier.get(), properties, unsubscribe.topic_filters).into()
            }
            Ours::Unsuback(unsuback) => {
                let codes = unsuback.reason_codes.iter().map(|code| reason(code as u8));
                let properties = of_acknowledgement!(UnsubAckProperties, unsuback.properties);
                UnsubAck::new(unsuback.packet_identifier.get(), properties, codes).into()
            }
            Ours::Pingreq(_) => PingReq {}.into(),
            Ours::Pingresp(_) => PingResp {}.into(),
            Ours::ClientDisconnect(packet) => disconnect(packet.reason_code as u8, packet.properties),
            Ours::ServerDisconnect(packet) => disconnect(packet.reason_code as u8, packet.properties),
            Ours::ClientAuth(packet) => auth(packet.reason_code as u8, packet.properties),
            Ours::ServerAuth(packet) => auth(packet.reason_code as u8, packet.properties),
        })
    }

    fn encode(packet: &Packet) -> Option<Vec<u8>> {
        let mut buffer = BytesMut::new();
        packet.encode(&mut buffer).ok()?;
        Some(buffer.to_vec())
    }
}

fn connect(connect: &wire::Connect<'_>) -> Option<Packet> {
    let will = connect.will.map(|will| {
        let properties = some(will.properties, |of| WillProperties {
            delay_interval: of.will_delay_interval().map(seconds),
            payload_format_indicator: of.payload_format_indicator().map(|format| format as u8),
            message_expiry_interval: of.message_expiry_interval().map(seconds),
            content_type: owned(of.content_type()),
            response_topic: owned(of.response_topic()),
            correlation_data: of.correlation_data().map(Bytes::copy_from_slice),
            user_properties: user_properties(of),
        });
        Will::new(properties, will.topic, Bytes::copy_from_slice(will.payload), level(will.qos), will.retain)
    });
    // It takes the password for text.
    let password = connect.password.map(|password| str::from_utf8(password).map(str::to_owned));
    let password = password.transpose().ok()?;
    let credentials = connect.user_name.map(|user_name| Credentials::new(user_name, password));
    let keep_alive = seconds(connect.keep_alive.into());
    let identifier = connect.client_identifier;
    let of = connect.properties;
    if of.is_empty() {
        return Some(Connect::new(identifier, credentials, will, keep_alive, connect.clean_start).into());
    }
    let properties = ConnectProperties {
        session_expiry_interval: of.session_expiry_interval().map(seconds),
        receive_maximum: of.receive_maximum().map(u16::from),
        maximum_packet_size: of.maximum_packet_size().map(u32::from),
        topic_alias_maximum: of.topic_alias_maximum(),
        request_response_info: of.request_response_information(),
        request_problem_info: of.request_problem_information(),
        user_properties: user_properties(of),
        auth_method: owned(of.authentication_method()),
        auth_data: of.authentication_data().map(Bytes::copy_from_slice),
    };
    let clean_start = connect.clean_start;
    Some(Connect::with_properties(identifier, credentials, will, properties, keep_alive, clean_start).into())
}

fn disconnect(code: u8, properties: Properties<'_>) -> Packet {
    let properties = some(properties, |of| DisconnectProperties {
        session_expiry_interval: of.session_expiry_interval().map(seconds),
        reason_string: owned(of.reason_string()),
        user_properties: user_properties(of),
        server_reference: owned(of.server_reference()),
    });
    let code = if code == 0 { ReasonCode::NormalDisconnection } else { reason(code) };
    Disconnect::new(code, properties).into()
}

fn auth(code: u8, properties: Properties<'_>) -> Packet {
    let properties = some(properties, |of| AuthProperties {
        auth_method: owned(of.authentication_method()),
        auth_data: of.authentication_data().map(Bytes::copy_from_slice),
        reason_string: owned(of.reason_string()),
        user_properties: user_properties(of),
    });
    Auth::new(reason(code), properties).into()
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn reason(code: u8) -> ReasonCode {
    code.try_into().unwrap()
}

fn level(level: wire::QoS) -> QoS {
    (level as u8).try_into().unwrap()
}

/// Whether there is a password and no user name, as there may be.
fn has_password_alone(input: &Input<'_>) -> bool {
    rules::connect_flags(input) & 0xC0 == 0x40
}

/// Whether it has no properties, and says so where it need not.
fn spells_out_no_properties(input: &Input<'_>) -> bool {
    matches!(input.packet_type(), 4..=7 | 14) && input.lists.iter().any(|list| list.properties.is_empty())
}
