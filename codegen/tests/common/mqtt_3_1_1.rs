//! Any packet of MQTT 3.1.1.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use slimqtt_agent::wire::{
    Connack, Connect, ConnectReturnCode, Disconnect, EncodeError, List, PacketIdentifier, Pingreq, Pingresp, Puback,
    Pubcomp, Publish, Pubrec, Pubrel, QoS, Suback, SubackReturnCode, Subscribe, Subscription, Unsuback, Unsubscribe,
    Will,
};

pub(crate) use super::packets::mqtt_3_1_1::{Mqtt311, Packet};
use super::values::{bytes, packet_identifier, qos, text, topic_filter, topic_name};

/// What is in a packet. It owns what the packet borrows.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Connect {
        clean_session: bool,
        keep_alive: u16,
        client_identifier: String,
        will: Option<(bool, QoS, String, Vec<u8>)>,
        user_name: Option<String>,
        password: Option<Vec<u8>>,
    },
    Publish {
        dup: bool,
        qos: QoS,
        retain: bool,
        topic_name: String,
        packet_identifier: Option<PacketIdentifier>,
        message: Vec<u8>,
    },
    Subscribe(PacketIdentifier, Vec<(String, QoS)>),
    Suback(PacketIdentifier, Vec<SubackReturnCode>),
    Unsubscribe(PacketIdentifier, Vec<String>),
    /// A packet that borrows nothing.
    Plain(Packet<'static>),
}

impl Values {
    /// What `of` makes of the packet.
    pub(crate) fn with<T>(&self, of: impl FnOnce(Packet<'_>) -> T) -> T {
        match self {
            Self::Connect { clean_session, keep_alive, client_identifier, will, user_name, password } => {
                let will = will.as_ref().map(|(retain, qos, topic, message)| Will {
                    retain: *retain,
                    qos: *qos,
                    topic,
                    message,
                });
                of(Packet::Connect(Connect {
                    clean_session: *clean_session,
                    keep_alive: *keep_alive,
                    client_identifier,
                    will,
                    user_name: user_name.as_deref(),
                    password: password.as_deref(),
                }))
            }
            Self::Publish { dup, qos, retain, topic_name, packet_identifier, message } => {
                of(Packet::Publish(Publish {
                    dup: *dup,
                    qos: *qos,
                    retain: *retain,
                    topic_name,
                    packet_identifier: *packet_identifier,
                    message,
                }))
            }
            Self::Subscribe(packet_identifier, subscriptions) => {
                let subscriptions = subscriptions.iter();
                let subscriptions = subscriptions
                    .map(|(topic_filter, requested_qos)| Subscription { topic_filter, requested_qos: *requested_qos });
                let subscriptions = Vec::from_iter(subscriptions);
                let subscriptions = List::new(&subscriptions);
                of(Packet::Subscribe(Subscribe { packet_identifier: *packet_identifier, subscriptions }))
            }
            Self::Suback(packet_identifier, return_codes) => {
                let return_codes = List::new(return_codes);
                of(Packet::Suback(Suback { packet_identifier: *packet_identifier, return_codes }))
            }
            Self::Unsubscribe(packet_identifier, topic_filters) => {
                let topic_filters = Vec::from_iter(topic_filters.iter().map(String::as_str));
                let topic_filters = List::new(&topic_filters);
                of(Packet::Unsubscribe(Unsubscribe { packet_identifier: *packet_identifier, topic_filters }))
            }
            Self::Plain(packet) => of(*packet),
        }
    }

    /// What an encoder may find wrong with the packet.
    pub(crate) fn mistakes(&self) -> Vec<EncodeError> {
        Vec::from_iter(self.is_contradictory().then_some(EncodeError::Contradiction))
    }

    /// Whether fields of the packet contradict one another.
    fn is_contradictory(&self) -> bool {
        match self {
            Self::Connect { clean_session, client_identifier, user_name, password, .. } => {
                (client_identifier.is_empty() && !clean_session) || (password.is_some() && user_name.is_none())
            }
            Self::Publish { dup, qos, packet_identifier, .. } => {
                let acknowledged = *qos != QoS::AtMostOnce;
                packet_identifier.is_some() != acknowledged || (*dup && !acknowledged)
            }
            Self::Plain(Packet::Connack(connack)) => {
                connack.session_present && connack.return_code != ConnectReturnCode::Accepted
            }
            _ => false,
        }
    }
}

pub(crate) fn connect() -> impl Strategy<Value = Values> {
    let will = option::of((any::<bool>(), qos(), topic_name(), bytes()));
    let credentials =
        (option::of(text(0..20)), option::of(prop_oneof![bytes(), text(0..20).prop_map(String::into_bytes)]));
    (any::<bool>(), any::<u16>(), text(0..20), will, credentials).prop_map(
        |(clean_session, keep_alive, client_identifier, will, (user_name, password))| Values::Connect {
            clean_session,
            keep_alive,
            client_identifier,
            will,
            user_name,
            password,
        },
    )
}

pub(crate) fn connack() -> impl Strategy<Value = Values> {
    let return_code = (0..6_u8).prop_map(|code| ConnectReturnCode::from_u8(code).unwrap());
    (any::<bool>(), return_code).prop_map(|(session_present, return_code)| {
        Values::Plain(Packet::Connack(Connack { session_present, return_code }))
    })
}

pub(crate) fn publish() -> impl Strategy<Value = Values> {
    let flags = (any::<bool>(), qos(), any::<bool>());
    (flags, topic_name(), option::of(packet_identifier()), bytes()).prop_map(
        |((dup, qos, retain), topic_name, packet_identifier, message)| Values::Publish {
            dup,
            qos,
            retain,
            topic_name,
            packet_identifier,
            message,
        },
    )
}

macro_rules! with_nothing_but_an_identifier {
    ($($function:ident: $packet:ident),+) => {
        $(pub(crate) fn $function() -> impl Strategy<Value = Values> {
            packet_identifier()
                .prop_map(|packet_identifier| Values::Plain(Packet::$packet($packet { packet_identifier })))
        })+
    };
}

with_nothing_but_an_identifier!(puback: Puback, pubrec: Pubrec, pubrel: Pubrel, pubcomp: Pubcomp, unsuback: Unsuback);

pub(crate) fn subscribe() -> impl Strategy<Value = Values> {
    (packet_identifier(), vec((topic_filter(), qos()), 1..5))
        .prop_map(|(packet_identifier, subscriptions)| Values::Subscribe(packet_identifier, subscriptions))
}

pub(crate) fn suback() -> impl Strategy<Value = Values> {
    let return_code = select(vec![0, 1, 2, 0x80]).prop_map(|code| SubackReturnCode::from_u8(code).unwrap());
    (packet_identifier(), vec(return_code, 1..200))
        .prop_map(|(packet_identifier, return_codes)| Values::Suback(packet_identifier, return_codes))
}

pub(crate) fn unsubscribe() -> impl Strategy<Value = Values> {
    (packet_identifier(), vec(topic_filter(), 1..5))
        .prop_map(|(packet_identifier, topic_filters)| Values::Unsubscribe(packet_identifier, topic_filters))
}

/// A packet with nothing in it.
pub(crate) fn empty() -> impl Strategy<Value = Values> {
    let packets = [Packet::Pingreq(Pingreq), Packet::Pingresp(Pingresp), Packet::Disconnect(Disconnect)];
    select(packets.map(Values::Plain).to_vec())
}

/// Any packet at all.
pub(crate) fn packet() -> impl Strategy<Value = Values> {
    prop_oneof![
        3 => connect(),
        1 => connack(),
        3 => publish(),
        1 => prop_oneof![puback(), pubrec(), pubrel(), pubcomp(), unsuback()],
        2 => subscribe(),
        1 => suback(),
        2 => unsubscribe(),
        1 => empty(),
    ]
}
