//! mqttbytes, once the codec of rumqtt.

use bytes::{Bytes, BytesMut};
use mqttbytes::v4::{
    ConnAck, Connect, ConnectReturnCode, LastWill, Login, Packet, PubAck, PubComp, PubRec, PubRel, Publish, SubAck,
    Subscribe, SubscribeFilter, SubscribeReasonCode, UnsubAck, Unsubscribe, read,
};
use mqttbytes::{Protocol, QoS, qos};
use slimqtt_agent::wire;

use super::{Mqtt311, has_binary_password, rules};
use crate::common::mqtt_3_1_1::Packet as Ours;
use crate::compare::{Codec, Disagreement, Explanation, accepts};
use crate::input::Rule;

pub(super) struct Mqttbytes;

impl Codec<Mqtt311> for Mqttbytes {
    type Packet = Packet;

    const EXPLANATIONS: &'static [Explanation] = &[
        accepts(rules::LEFT_OVER, "bytes behind the last field are ignored"),
        accepts(rules::FIXED_HEADER_FLAGS, "flags are looked at in PUBLISH only"),
        accepts(rules::PACKET_IDENTIFIER, "packet identifier 0 is refused in PUBLISH only"),
        accepts(rules::NULL_CHARACTER, "strings are not searched for U+0000"),
        accepts(rules::TOPIC_NAME, "topics are not searched for wildcards"),
        accepts(rules::EMPTY_TOPIC, "topics may be empty"),
        accepts(rules::MULTI_LEVEL_WILDCARD, "# may be anywhere"),
        accepts(rules::SINGLE_LEVEL_WILDCARD, "+ may be anywhere"),
        accepts(rules::PROTOCOL_LEVEL, "the decoder of 3.1.1 takes level 5, too"),
        accepts(rules::CONNECT_FLAGS, "the reserved flag is ignored"),
        accepts(rules::PASSWORD, "a password may come without a user name"),
        accepts(rules::CLIENT_IDENTIFIER, "an empty client identifier may come without a clean session"),
        accepts(rules::ACKNOWLEDGE_FLAGS, "reserved flags are ignored"),
        accepts(rules::SESSION_PRESENT, "a refused connection may have a session"),
        accepts(rules::DUP, "DUP may come at QoS 0"),
        accepts(rules::NO_SUBSCRIPTION, "there may be no subscription"),
        accepts(rules::REQUESTED_QOS, "reserved bits are ignored"),
        accepts(rules::NO_TOPIC_FILTER, "there may be no topic filter"),
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "3.1.3.5", applies: has_binary_password },
            because: "a password is taken for text, and is binary",
        },
        Explanation {
            how: Disagreement::WritesOtherwise,
            rule: Rule { statement: "[MQTT-3.1.2-19]", applies: |input| input.any("user name", <[u8]>::is_empty) },
            because: "an empty user name is not written",
        },
        Explanation {
            how: Disagreement::WritesOtherwise,
            rule: Rule { statement: "[MQTT-3.1.2-21]", applies: |input| input.any("password", <[u8]>::is_empty) },
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
                protocol: Protocol::V4,
                keep_alive: connect.keep_alive,
                client_id: connect.client_identifier.to_owned(),
                clean_session: connect.clean_session,
                last_will: connect.will.map(|will| LastWill {
                    topic: will.topic.to_owned(),
                    message: Bytes::copy_from_slice(will.message),
                    qos: level(will.qos),
                    retain: will.retain,
                }),
                login: login(connect)?,
            }),
            Ours::Connack(connack) => {
                let code = [
                    ConnectReturnCode::Success,
                    ConnectReturnCode::RefusedProtocolVersion,
                    ConnectReturnCode::BadClientId,
                    ConnectReturnCode::ServiceUnavailable,
                    ConnectReturnCode::BadUserNamePassword,
                    ConnectReturnCode::NotAuthorized,
                ][connack.return_code as usize];
                Packet::ConnAck(ConnAck::new(code, connack.session_present))
            }
            Ours::Publish(publish) => Packet::Publish(Publish {
                dup: publish.dup,
                qos: level(publish.qos),
                retain: publish.retain,
                topic: publish.topic_name.to_owned(),
                pkid: publish.packet_identifier.map_or(0, u16::from),
                payload: Bytes::copy_from_slice(publish.message),
            }),
            Ours::Puback(puback) => Packet::PubAck(PubAck::new(puback.packet_identifier.get())),
            Ours::Pubrec(pubrec) => Packet::PubRec(PubRec::new(pubrec.packet_identifier.get())),
            Ours::Pubrel(pubrel) => Packet::PubRel(PubRel::new(pubrel.packet_identifier.get())),
            Ours::Pubcomp(pubcomp) => Packet::PubComp(PubComp::new(pubcomp.packet_identifier.get())),
            Ours::Subscribe(subscribe) => {
                let filter = |subscription: wire::Subscription<'_>| {
                    SubscribeFilter::new(subscription.topic_filter.to_owned(), level(subscription.requested_qos))
                };
                let filters = subscribe.subscriptions.iter().map(filter).collect();
                Packet::Subscribe(Subscribe { pkid: subscribe.packet_identifier.get(), filters })
            }
            Ours::Suback(suback) => {
                let code = |code| match code {
                    wire::SubackReturnCode::Failure => SubscribeReasonCode::Failure,
                    granted => SubscribeReasonCode::Success(qos(granted as u8).unwrap()),
                };
                let codes = suback.return_codes.iter().map(code).collect();
                Packet::SubAck(SubAck::new(suback.packet_identifier.get(), codes))
            }
            Ours::Unsubscribe(unsubscribe) => Packet::Unsubscribe(Unsubscribe {
                pkid: unsubscribe.packet_identifier.get(),
                topics: unsubscribe.topic_filters.iter().map(str::to_owned).collect(),
            }),
            Ours::Unsuback(unsuback) => Packet::UnsubAck(UnsubAck::new(unsuback.packet_identifier.get())),
            Ours::Pingreq(_) => Packet::PingReq,
            Ours::Pingresp(_) => Packet::PingResp,
            Ours::Disconnect(_) => Packet::Disconnect,
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
            Packet::PingReq => mqttbytes::v4::PingReq.write(&mut buffer),
            Packet::PingResp => mqttbytes::v4::PingResp.write(&mut buffer),
            Packet::Disconnect => mqttbytes::v4::Disconnect.write(&mut buffer),
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
