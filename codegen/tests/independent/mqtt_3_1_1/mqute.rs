//! mqute-codec.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mqute_codec::codec::PacketCodec;
use mqute_codec::protocol::v4::{
    ConnAck, Connect, Disconnect, Packet, PingReq, PingResp, PubAck, PubComp, PubRec, PubRel, Publish, ReturnCode,
    SubAck, Subscribe, TopicQosFilter, UnsubAck, Unsubscribe, Will,
};
use mqute_codec::protocol::{Credentials, Flags, QoS};
use slimqtt_agent::wire;

use super::{Mqtt311, has_binary_password, rules};
use crate::common::mqtt_3_1_1::Packet as Ours;
use crate::compare::{Codec, Disagreement, Explanation, accepts};
use crate::input::Rule;

pub(super) struct MquteCodec;

impl Codec<Mqtt311> for MquteCodec {
    type Packet = Packet;

    const EXPLANATIONS: &'static [Explanation] = &[
        accepts(rules::LEFT_OVER, "bytes behind the last field are ignored"),
        accepts(rules::PACKET_IDENTIFIER, "packet identifier 0 is not refused in SUBACK"),
        accepts(rules::NULL_CHARACTER, "only topics are searched for U+0000"),
        accepts(rules::CONNECT_FLAGS, "the reserved flag is ignored"),
        accepts(rules::WILL_QOS_WITHOUT_WILL, "the QoS of no Will is ignored"),
        accepts(rules::WILL_RETAIN_WITHOUT_WILL, "the Retain of no Will is ignored"),
        accepts(rules::PASSWORD, "a password may come without a user name"),
        accepts(rules::CLIENT_IDENTIFIER, "an empty client identifier may come without a clean session"),
        accepts(rules::ACKNOWLEDGE_FLAGS, "reserved flags are ignored"),
        accepts(rules::SESSION_PRESENT, "a refused connection may have a session"),
        accepts(rules::DUP, "DUP may come at QoS 0"),
        accepts(
            Rule {
                statement: rules::CUT.statement,
                applies: |input| input.is_cut() && (rules::PASSWORD.applies)(input),
            },
            "a password without a user name is not read, even if it is cut",
        ),
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "3.1.3.5", applies: has_binary_password },
            because: "a password is taken for text, and is binary",
        },
        Explanation {
            how: Disagreement::Refuses,
            rule: Rule { statement: "2.2.3", applies: |input| input.is_length_padded },
            because: "a remaining length longer than need be is refused, which MQTT 5.0 began with",
        },
    ];

    fn decode(bytes: &[u8]) -> Option<Packet> {
        let mut stream = BytesMut::from(bytes);
        let packet = PacketCodec::new(None, None).try_decode(&mut stream).ok()?;
        if stream.is_empty() { Packet::decode(packet).ok() } else { None }
    }

    fn convert(packet: &Ours<'_>) -> Option<Packet> {
        Some(match packet {
            Ours::Connect(connect) => {
                let will = connect.will.map(|will| {
                    let message = Bytes::copy_from_slice(will.message);
                    Will::new(will.topic, message, level(will.qos), will.retain)
                });
                // It takes the password for text.
                let password = connect.password.map(|password| str::from_utf8(password).map(str::to_owned));
                let password = password.transpose().ok()?;
                let credentials = connect.user_name.map(|user_name| Credentials::new(user_name, password));
                let keep_alive = Duration::from_secs(connect.keep_alive.into());
                Connect::new(connect.client_identifier, credentials, will, keep_alive, connect.clean_session).into()
            }
            Ours::Connack(connack) => {
                let code = (connack.return_code as u8).try_into().unwrap();
                ConnAck::new(code, connack.session_present).into()
            }
            Ours::Publish(publish) => {
                let identifier = publish.packet_identifier.map_or(0, u16::from);
                let flags = Flags { dup: publish.dup, qos: level(publish.qos), retain: publish.retain };
                let message = Bytes::copy_from_slice(publish.message);
                Publish::new(publish.topic_name, identifier, message, flags).into()
            }
            Ours::Puback(puback) => PubAck::new(puback.packet_identifier.get()).into(),
            Ours::Pubrec(pubrec) => PubRec::new(pubrec.packet_identifier.get()).into(),
            Ours::Pubrel(pubrel) => PubRel::new(pubrel.packet_identifier.get()).into(),
            Ours::Pubcomp(pubcomp) => PubComp::new(pubcomp.packet_identifier.get()).into(),
            Ours::Subscribe(subscribe) => {
                let filter = |subscription: wire::Subscription<'_>| {
                    TopicQosFilter::new(subscription.topic_filter, level(subscription.requested_qos))
                };
                let filters = subscribe.subscriptions.iter().map(filter);
                Subscribe::new(subscribe.packet_identifier.get(), filters).into()
            }
            Ours::Suback(suback) => {
                let codes = suback.return_codes.iter().map(|code| ReturnCode::try_from(code as u8).unwrap());
                SubAck::new(suback.packet_identifier.get(), codes).into()
            }
            Ours::Unsubscribe(unsubscribe) => {
                Unsubscribe::new(unsubscribe.packet_identifier.get(), unsubscribe.topic_filters).into()
            }
            Ours::Unsuback(unsuback) => UnsubAck::new(unsuback.packet_identifier.get()).into(),
            Ours::Pingreq(_) => PingReq {}.into(),
            Ours::Pingresp(_) => PingResp {}.into(),
            Ours::Disconnect(_) => Disconnect {}.into(),
        })
    }

    fn encode(packet: &Packet) -> Option<Vec<u8>> {
        let mut buffer = BytesMut::new();
        packet.encode(&mut buffer).ok()?;
        Some(buffer.to_vec())
    }
}

fn level(level: wire::QoS) -> QoS {
    (level as u8).try_into().unwrap()
}
