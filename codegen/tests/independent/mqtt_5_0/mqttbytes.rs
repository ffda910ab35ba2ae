//! mqttbytes, once the codec of rumqtt.

use bytes::{Bytes, BytesMut};
use mqttbytes::v5::{
    ConnAck, ConnAckProperties, Connect, ConnectProperties, ConnectReturnCode, Disconnect, DisconnectProperties,
    LastWill, Login, Packet, PubAck, PubAckProperties, PubAckReason, PubComp, PubCompProperties, PubCompReason, PubRec,
    PubRecProperties, PubRecReason, PubRel, PubRelProperties, PubRelReason, Publish, PublishProperties,
    RetainForwardRule, SubAck, SubAckProperties, Subscribe, SubscribeFilter, SubscribeProperties, UnsubAck,
    UnsubAckProperties, UnsubAckReason, Unsubscribe, UnsubscribeProperties, WillProperties, read,
};
use mqttbytes::{Protocol, QoS, qos};
use slimqtt_agent::wire::mqtt_5_0::{self as wire, Properties};

use super::{
    ends_with_reason_code, has_binary_password, owned, rules, some, subscription_identifiers, user_properties,
};
use crate::common::mqtt_5_0::{Mqtt50, Packet as Ours};
use crate::compare::{Codec, Disagreement, Explanation, accepts};
use crate::input::Rule;

/// A reason string and user properties, of which it has a type for each packet.
macro_rules! acknowledgement {
    ($type:ident, $properties:expr) => {
        some($properties, |of| $type { reason_string: owned(of.reason_string()), user_properties: user_properties(of) })
    };
}

pub(super) struct Mqttbytes;

impl Codec<Mqtt50> for Mqttbytes {
    type Packet = Packet;

    const EXPLANATIONS: &'static [Explanation] = &[
        accepts(rules::PADDED, "variable byte integers may have more bytes than they need"),
        accepts(rules::OVERRUN, "a property may be longer than what is left of the properties"),
        accepts(rules::LEFT_OVER, "bytes behind the last field are ignored"),
        accepts(rules::FIXED_HEADER_FLAGS, "flags are looked at in PUBLISH and DISCONNECT only"),
        accepts(rules::PACKET_IDENTIFIER, "packet identifier 0 is refused in PUBLISH only"),
        accepts(rules::NULL_CHARACTER, "strings are not searched for U+0000"),
        accepts(rules::TOPIC_NAME, "topics are not searched for wildcards"),
        accepts(rules::EMPTY_TOPIC, "topics may be empty"),
        accepts(rules::EMPTY_TOPIC_NAME, "a topic may be empty without an alias"),
        accepts(rules::MULTI_LEVEL_WILDCARD, "# may be anywhere"),
        accepts(rules::SINGLE_LEVEL_WILDCARD, "+ may be anywhere"),
        accepts(rules::SHARE_NAME, "shared subscriptions are not looked at"),
        accepts(rules::PROTOCOL_VERSION, "the decoder of 5.0 takes version 4, too"),
        accepts(rules::CONNECT_FLAGS, "the reserved flag is ignored"),
        accepts(rules::ACKNOWLEDGE_FLAGS, "reserved flags are ignored"),
        accepts(rules::SESSION_PRESENT, "a refused connection may have a session"),
        accepts(rules::DUP, "DUP may come at QoS 0"),
        accepts(rules::NO_SUBSCRIPTION, "there may be no subscription"),
        accepts(rules::RESERVED_OPTIONS, "reserved bits are ignored"),
        accepts(rules::NO_LOCAL, "No Local may come with a shared subscription"),
        accepts(rules::NO_TOPIC_FILTER, "there may be no topic filter"),
        accepts(rules::REPEATED_PROPERTY, "any property may be there more than once, and the last one counts"),
        accepts(rules::AUTHENTICATION_DATA, "authentication data may come without a method"),
        accepts(rules::BYTE, "any byte will do"),
        accepts(rules::ZERO, "0 will do"),
        accepts(rules::SUBSCRIPTION_IDENTIFIER, "0 will do"),
        accepts(rules::EXPIRY_FROM_SERVER, "either side may say all"),
        accepts(
            Rule {
                statement: rules::UNKNOWN_PROPERTY.statement,
                applies: |input| (rules::UNKNOWN_PROPERTY.applies)(input) && rules::count(input, 0x0B) > 0,
            },
            "a subscription identifier counts for one byte more, so what is behind it may be no property any more",
        ),
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "3.1.3.6", applies: has_binary_password },
            because: "a password is taken for text, and is binary",
        },
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "2.1.2: AUTH", applies: |input| input.packet_type() == 15 },
            because: "there is no AUTH",
        },
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule {
                statement: "3.14.2.1: without a reason code",
                applies: |input| input.packet_type() == 14 && input.fields.is_empty(),
            },
            because: "a DISCONNECT has to have a reason code",
        },
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule {
                statement: "3.14.2.2.1: without properties",
                applies: |input| input.packet_type() == 14 && ends_with_reason_code(input),
            },
            because: "a DISCONNECT has to have properties, or the length of none",
        },
        Explanation {
            how: Disagreement::ReadsOtherwise,
            rule: Rule {
                statement: "3.3.2.3.8",
                applies: |input| input.packet_type() == 3 && rules::count(input, 0x0B) > 1,
            },
            because: "a subscription identifier counts for one byte more, so the last property behind some may be lost",
        },
        Explanation {
            how: Disagreement::WritesOtherwise,
            rule: Rule {
                statement: "3.2.2.3.1",
                applies: |input| input.packet_type() == 2 && input.lists.iter().all(|list| list.properties.is_empty()),
            },
            because: "the length of no properties is left out in CONNACK",
        },
        Explanation {
            how: Disagreement::WritesOtherwise,
            rule: Rule { statement: "3.1.2.8", applies: |input| input.any("user name", <[u8]>::is_empty) },
            because: "an empty user name is not written",
        },
        Explanation {
            how: Disagreement::WritesOtherwise,
            rule: Rule { statement: "3.1.2.9", applies: |input| input.any("password", <[u8]>::is_empty) },
            because: "an empty password is not written",
        },
    ];

    fn decode(bytes: &[u8]) -> Option<Packet> {
        let mut stream = BytesMut::from(bytes);
        let packet = read(&mut stream, bytes.len()).ok()?;
        stream.is_empty().then_some(packet)
    }

    fn convert(packet: &Ours<'_>) -> Option<Packet> {
        Some(match packet {
            Ours::Connect(connect) => Packet::Connect(Connect {
                protocol: Protocol::V5,
                keep_alive: connect.keep_alive,
                client_id: connect.client_identifier.to_owned(),
                clean_session: connect.clean_start,
                last_will: connect.will.map(|will| LastWill {
                    topic: will.topic.to_owned(),
                    message: Bytes::copy_from_slice(will.payload),
                    qos: level(will.qos),
                    retain: will.retain,
                    properties: some(will.properties, |of| WillProperties {
                        delay_interval: of.will_delay_interval(),
                        payload_format_indicator: of.payload_format_indicator().map(|format| format as u8),
                        message_expiry_interval: of.message_expiry_interval(),
                        content_type: owned(of.content_type()),
                        response_topic: owned(of.response_topic()),
                        correlation_data: of.correlation_data().map(Bytes::copy_from_slice),
                        user_properties: user_properties(of),
                    }),
                }),
                login: login(connect)?,
                properties: some(connect.properties, |of| ConnectProperties {
                    session_expiry_interval: of.session_expiry_interval(),
                    receive_maximum: of.receive_maximum().map(u16::from),
                    max_packet_size: of.maximum_packet_size().map(u32::from),
                    topic_alias_max: of.topic_alias_maximum(),
                    request_response_info: of.request_response_information().map(u8::from),
                    request_problem_info: of.request_problem_information().map(u8::from),
                    user_properties: user_properties(of),
                    authentication_method: owned(of.authentication_method()),
                    authentication_data: of.authentication_data().map(Bytes::copy_from_slice),
                }),
            }),
            Ours::Connack(connack) => Packet::ConnAck(ConnAck {
                session_present: connack.session_present,
                code: connect_return_code(connack.reason_code),
                properties: some(connack.properties, |of| ConnAckProperties {
                    session_expiry_interval: of.session_expiry_interval(),
                    receive_max: of.receive_maximum().map(u16::from),
                    max_qos: of.maximum_qos().map(|qos| qos as u8),
                    retain_available: of.retain_available().map(u8::from),
                    max_packet_size: of.maximum_packet_size().map(u32::from),
                    assigned_client_identifier: owned(of.assigned_client_identifier()),
                    topic_alias_max: of.topic_alias_maximum(),
                    reason_string: owned(of.reason_string()),
                    user_properties: user_properties(of),
                    wildcard_subscription_available: of.wildcard_subscription_available().map(u8::from),
                    subscription_identifiers_available: of.subscription_identifier_available().map(u8::from),
                    shared_subscription_available: of.shared_subscription_available().map(u8::from),
                    server_keep_alive: of.server_keep_alive(),
                    response_information: owned(of.response_information()),
                    server_reference: owned(of.server_reference()),
                    authentication_method: owned(of.authentication_method()),
                    authentication_data: of.authentication_data().map(Bytes::copy_from_slice),
                }),
            }),
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
            }) => Packet::Publish(Publish {
                dup: *dup,
                qos: level(*qos),
                retain: *retain,
                topic: (*topic_name).to_owned(),
                pkid: packet_identifier.map_or(0, u16::from),
                properties: some(*properties, |of| PublishProperties {
                    payload_format_indicator: of.payload_format_indicator().map(|format| format as u8),
                    message_expiry_interval: of.message_expiry_interval(),
                    topic_alias: of.topic_alias().map(u16::from),
                    response_topic: owned(of.response_topic()),
                    correlation_data: of.correlation_data().map(Bytes::copy_from_slice),
                    user_properties: user_properties(of),
                    subscription_identifiers: subscription_identifiers(of).iter().map(|id| *id as usize).collect(),
                    content_type: owned(of.content_type()),
                }),
                payload: Bytes::copy_from_slice(payload),
            }),
            Ours::ClientPuback(puback) => Packet::PubAck(PubAck {
                pkid: puback.packet_identifier.get(),
                reason: puback_reason(puback.reason_code as u8),
                properties: acknowledgement!(PubAckProperties, puback.properties),
            }),
            Ours::ServerPuback(puback) => Packet::PubAck(PubAck {
                pkid: puback.packet_identifier.get(),
                reason: puback_reason(puback.reason_code as u8),
                properties: acknowledgement!(PubAckProperties, puback.properties),
            }),
            Ours::ClientPubrec(pubrec) => Packet::PubRec(PubRec {
                pkid: pubrec.packet_identifier.get(),
                reason: pubrec_reason(pubrec.reason_code as u8),
                properties: acknowledgement!(PubRecProperties, pubrec.properties),
            }),
            Ours::ServerPubrec(pubrec) => Packet::PubRec(PubRec {
                pkid: pubrec.packet_identifier.get(),
                reason: pubrec_reason(pubrec.reason_code as u8),
                properties: acknowledgement!(PubRecProperties, pubrec.properties),
            }),
            Ours::Pubrel(pubrel) => Packet::PubRel(PubRel {
                pkid: pubrel.packet_identifier.get(),
                reason: match pubrel.reason_code {
                    wire::PubrelReasonCode::Success => PubRelReason::Success,
                    wire::PubrelReasonCode::PacketIdentifierNotFound => PubRelReason::PacketIdentifierNotFound,
                },
                properties: acknowledgement!(PubRelProperties, pubrel.properties),
            }),
            Ours::Pubcomp(pubcomp) => Packet::PubComp(PubComp {
                pkid: pubcomp.packet_identifier.get(),
                reason: match pubcomp.reason_code {
                    wire::PubrelReasonCode::Success => PubCompReason::Success,
                    wire::PubrelReasonCode::PacketIdentifierNotFound => PubCompReason::PacketIdentifierNotFound,
                },
                properties: acknowledgement!(PubCompProperties, pubcomp.properties),
            }),
            Ours::Subscribe(subscribe) => {
                let filter = |subscription: wire::Subscription<'_>| SubscribeFilter {
                    path: subscription.topic_filter.to_owned(),
                    qos: level(subscription.maximum_qos),
                    nolocal: subscription.no_local,
                    preserve_retain: subscription.retain_as_published,
                    retain_forward_rule: match subscription.retain_handling {
                        wire::RetainHandling::SendAtSubscribe => RetainForwardRule::OnEverySubscribe,
                        wire::RetainHandling::SendAtNewSubscribe => RetainForwardRule::OnNewSubscribe,
                        wire::RetainHandling::DoNotSend => RetainForwardRule::Never,
                    },
                };
                Packet::Subscribe(Subscribe {
                    pkid: subscribe.packet_identifier.get(),
                    filters: subscribe.subscriptions.iter().map(filter).collect(),
                    properties: some(subscribe.properties, |of| SubscribeProperties {
                        id: of.subscription_identifier().map(|identifier| identifier.get() as usize),
                        user_properties: user_properties(of),
                    }),
                })
            }
            Ours::Suback(suback) => Packet::SubAck(SubAck {
                pkid: suback.packet_identifier.get(),
                return_codes: suback.reason_codes.iter().map(|code| (code as u8).try_into().unwrap()).collect(),
                properties: acknowledgement!(SubAckProperties, suback.properties),
            }),
            Ours::Unsubscribe(unsubscribe) => Packet::Unsubscribe(Unsubscribe {
                pkid: unsubscribe.packet_identifier.get(),
                filters: unsubscribe.topic_filters.iter().map(str::to_owned).collect(),
                properties: some(unsubscribe.properties, |of| UnsubscribeProperties {
                    user_properties: user_properties(of),
                }),
            }),
            Ours::Unsuback(unsuback) => Packet::UnsubAck(UnsubAck {
                pkid: unsuback.packet_identifier.get(),
                reasons: unsuback.reason_codes.iter().map(unsuback_reason).collect(),
                properties: acknowledgement!(UnsubAckProperties, unsuback.properties),
            }),
            Ours::Pingreq(_) => Packet::PingReq,
            Ours::Pingresp(_) => Packet::PingResp,
            Ours::ClientDisconnect(packet) => disconnect(packet.reason_code as u8, packet.properties),
            Ours::ServerDisconnect(packet) => disconnect(packet.reason_code as u8, packet.properties),
            // It has none.
            Ours::ClientAuth(_) | Ours::ServerAuth(_) => return None,
        })
    }

    fn encode(packet: &Packet) -> Option<Vec<u8>> {
        let mut buffer = BytesMut::new();
        match packet {
            Packet::Connect(packet) => packet.write(&mut buffer),
            Packet::ConnAck(packet) => packet.write(&mut buffer),
            Packet::Publish(packet) => packet.write(&mut buffer),
            Packet::PubAck(packet) => packet.write(&mut buffer),
            Packet::PubRec(packet) => packet.write(&mut buffer),
            Packet::PubRel(packet) => packet.write(&mut buffer),
            Packet::PubComp(packet) => packet.write(&mut buffer),
            Packet::Subscribe(packet) => packet.write(&mut buffer),
            Packet::SubAck(packet) => packet.write(&mut buffer),
            Packet::Unsubscribe(packet) => packet.write(&mut buffer),
            Packet::UnsubAck(packet) => packet.write(&mut buffer),
            Packet::PingReq => mqttbytes::v5::PingReq.write(&mut buffer),
            Packet::PingResp => mqttbytes::v5::PingResp.write(&mut buffer),
            Packet::Disconnect(packet) => packet.write(&mut buffer),
        }
        .ok()?;
        Some(buffer.to_vec())
    }
}

fn level(level: wire::QoS) -> QoS {
    qos(level as u8).unwrap()
}

/// It has no optional user name and password, but empty ones, and takes the password for text.
fn login(connect: &wire::Connect<'_>) -> Option<Option<Login>> {
    let username = connect.user_name.unwrap_or_default();
    let password = str::from_utf8(connect.password.unwrap_or_default()).ok()?;
    Some((!username.is_empty() || !password.is_empty()).then(|| Login::new(username, password)))
}

fn disconnect(reason_code: u8, properties: Properties<'_>) -> Packet {
    Packet::Disconnect(Disconnect {
        reason_code: reason_code.try_into().unwrap(),
        properties: some(properties, |of| DisconnectProperties {
            session_expiry_interval: of.session_expiry_interval(),
            reason_string: owned(of.reason_string()),
            user_properties: user_properties(of),
            server_reference: owned(of.server_reference()),
        }),
    })
}

fn connect_return_code(code: wire::ConnectReasonCode) -> ConnectReturnCode {
    use ConnectReturnCode as Theirs;
    use wire::ConnectReasonCode as Ours;
    match code {
        Ours::Success => Theirs::Success,
        Ours::UnspecifiedError => Theirs::UnspecifiedError,
        Ours::MalformedPacket => Theirs::MalformedPacket,
        Ours::ProtocolError => Theirs::ProtocolError,
        Ours::ImplementationSpecificError => Theirs::ImplementationSpecificError,
        Ours::UnsupportedProtocolVersion => Theirs::UnsupportedProtocolVersion,
        Ours::ClientIdentifierNotValid => Theirs::ClientIdentifierNotValid,
        Ours::BadUserNameOrPassword => Theirs::BadUserNamePassword,
        Ours::NotAuthorized => Theirs::NotAuthorized,
        Ours::ServerUnavailable => Theirs::ServerUnavailable,
        Ours::ServerBusy => Theirs::ServerBusy,
        Ours::Banned => Theirs::Banned,
        Ours::BadAuthenticationMethod => Theirs::BadAuthenticationMethod,
        Ours::TopicNameInvalid => Theirs::TopicNameInvalid,
        Ours::PacketTooLarge => Theirs::PacketTooLarge,
        Ours::QuotaExceeded => Theirs::QuotaExceeded,
        Ours::PayloadFormatInvalid => Theirs::PayloadFormatInvalid,
        Ours::RetainNotSupported => Theirs::RetainNotSupported,
        Ours::QoSNotSupported => Theirs::QoSNotSupported,
        Ours::UseAnotherServer => Theirs::UseAnotherServer,
        Ours::ServerMoved => Theirs::ServerMoved,
        Ours::ConnectionRateExceeded => Theirs::ConnectionRateExceeded,
    }
}

macro_rules! puback_reason {
    ($function:ident $theirs:ident) => {
        fn $function(code: u8) -> $theirs {
            match code {
                0x00 => $theirs::Success,
                0x10 => $theirs::NoMatchingSubscribers,
                0x80 => $theirs::UnspecifiedError,
                0x83 => $theirs::ImplementationSpecificError,
                0x87 => $theirs::NotAuthorized,
                0x90 => $theirs::TopicNameInvalid,
                0x91 => $theirs::PacketIdentifierInUse,
                0x97 => $theirs::QuotaExceeded,
                0x99 => $theirs::PayloadFormatInvalid,
                _ => unreachable!(),
            }
        }
    };
}

puback_reason!(puback_reason PubAckReason);
puback_reason!(pubrec_reason PubRecReason);

fn unsuback_reason(code: wire::UnsubackReasonCode) -> UnsubAckReason {
    use UnsubAckReason as Theirs;
    use wire::UnsubackReasonCode as Ours;
    match code {
        Ours::Success => Theirs::Success,
        Ours::NoSubscriptionExisted => Theirs::NoSubscriptionExisted,
        Ours::UnspecifiedError => Theirs::UnspecifiedError,
        Ours::ImplementationSpecificError => Theirs::ImplementationSpecificError,
        Ours::NotAuthorized => Theirs::NotAuthorized,
        Ours::TopicFilterInvalid => Theirs::TopicFilterInvalid,
        Ours::PacketIdentifierInUse => Theirs::PacketIdentifierInUse,
    }
}
