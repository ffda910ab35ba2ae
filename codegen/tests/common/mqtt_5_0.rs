//! Any packet of MQTT 5.0.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use slimqtt_agent::wire::mqtt_5_0::{
    ClientAuth, ClientAuthReasonCode, ClientDisconnect, ClientDisconnectReasonCode, ClientPuback,
    ClientPubackReasonCode, ClientPublish, ClientPubrec, Connack, Connect, ConnectReasonCode, Pingreq, Pingresp,
    Properties, Pubcomp, Pubrel, PubrelReasonCode, QoS, RetainHandling, ServerAuth, ServerAuthReasonCode,
    ServerDisconnect, ServerDisconnectReasonCode, ServerPuback, ServerPubackReasonCode, ServerPublish, ServerPubrec,
    Suback, SubackReasonCode, Subscribe, Subscription, Unsuback, UnsubackReasonCode, Unsubscribe, Will,
};
use slimqtt_agent::wire::{EncodeError, List, PacketIdentifier};

pub(crate) use super::packets::Sender;
pub(crate) use super::packets::mqtt_5_0::{Mqtt50, Packet};
use super::properties::{self, AnyProperty, has, rules_of};
use super::values::{bytes, packet_identifier, text, topic_filter, topic_name};

/// What is in a packet. It owns what the packet borrows.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Connect {
        clean_start: bool,
        keep_alive: u16,
        properties: Vec<AnyProperty>,
        client_identifier: String,
        will: Option<AnyWill>,
        user_name: Option<String>,
        password: Option<Vec<u8>>,
    },
    Connack(bool, ConnectReasonCode, Vec<AnyProperty>),
    Publish {
        sender: Sender,
        dup: bool,
        qos: QoS,
        retain: bool,
        topic_name: String,
        packet_identifier: Option<PacketIdentifier>,
        properties: Vec<AnyProperty>,
        payload: Vec<u8>,
    },
    Acknowledgement(Acknowledgement, PacketIdentifier, Vec<AnyProperty>),
    Subscribe(PacketIdentifier, Vec<AnyProperty>, Vec<AnySubscription>),
    Suback(PacketIdentifier, Vec<AnyProperty>, Vec<SubackReasonCode>),
    Unsubscribe(PacketIdentifier, Vec<AnyProperty>, Vec<String>),
    Unsuback(PacketIdentifier, Vec<AnyProperty>, Vec<UnsubackReasonCode>),
    Pingreq,
    Pingresp,
    Farewell(Farewell, Vec<AnyProperty>),
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP: which one, and its reason code.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Acknowledgement {
    ClientPuback(ClientPubackReasonCode),
    ServerPuback(ServerPubackReasonCode),
    ClientPubrec(ClientPubackReasonCode),
    ServerPubrec(ServerPubackReasonCode),
    Pubrel(PubrelReasonCode),
    Pubcomp(PubrelReasonCode),
}

/// What has a reason code and properties, and no more: DISCONNECT or AUTH.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Farewell {
    ClientDisconnect(ClientDisconnectReasonCode),
    ServerDisconnect(ServerDisconnectReasonCode),
    ClientAuth(ClientAuthReasonCode),
    ServerAuth(ServerAuthReasonCode),
}

#[derive(Debug, Clone)]
pub(crate) struct AnyWill {
    retain: bool,
    qos: QoS,
    properties: Vec<AnyProperty>,
    topic: String,
    payload: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(crate) struct AnySubscription {
    topic_filter: String,
    retain_handling: RetainHandling,
    retain_as_published: bool,
    no_local: bool,
    maximum_qos: QoS,
}

/// What `of` makes of the properties.
fn with_properties<T>(properties: &[AnyProperty], of: impl FnOnce(Properties<'_>) -> T) -> T {
    let properties = Vec::from_iter(properties.iter().map(AnyProperty::borrow));
    of(Properties::new(&properties))
}

impl Values {
    /// What `of` makes of the packet.
    pub(crate) fn with<T>(&self, of: impl FnOnce(Packet<'_>) -> T) -> T {
        match self {
            Self::Connect { clean_start, keep_alive, properties, client_identifier, will, user_name, password } => {
                let of_will = will.as_ref().map_or(&[][..], |will| &will.properties);
                with_properties(properties, |properties| {
                    with_properties(of_will, |of_will| {
                        let will = will.as_ref().map(|will| Will {
                            retain: will.retain,
                            qos: will.qos,
                            properties: of_will,
                            topic: &will.topic,
                            payload: &will.payload,
                        });
                        of(Packet::Connect(Connect {
                            clean_start: *clean_start,
                            keep_alive: *keep_alive,
                            properties,
                            client_identifier,
                            will,
                            user_name: user_name.as_deref(),
                            password: password.as_deref(),
                        }))
                    })
                })
            }
            &Self::Connack(session_present, reason_code, ref properties) => with_properties(properties, |properties| {
                of(Packet::Connack(Connack { session_present, reason_code, properties }))
            }),
            Self::Publish { sender, dup, qos, retain, topic_name, packet_identifier, properties, payload } => {
                let (dup, qos, retain, packet_identifier) = (*dup, *qos, *retain, *packet_identifier);
                with_properties(properties, |properties| {
                    of(match sender {
                        Sender::Client => Packet::ClientPublish(ClientPublish {
                            dup,
                            qos,
                            retain,
                            topic_name,
                            packet_identifier,
                            properties,
                            payload,
                        }),
                        Sender::Server => Packet::ServerPublish(ServerPublish {
                            dup,
                            qos,
                            retain,
                            topic_name,
                            packet_identifier,
                            properties,
                            payload,
                        }),
                    })
                })
            }
            &Self::Acknowledgement(acknowledgement, packet_identifier, ref properties) => {
                use Acknowledgement as A;
                with_properties(properties, |properties| {
                    of(match acknowledgement {
                        A::ClientPuback(reason_code) => {
                            Packet::ClientPuback(ClientPuback { packet_identifier, reason_code, properties })
                        }
                        A::ServerPuback(reason_code) => {
                            Packet::ServerPuback(ServerPuback { packet_identifier, reason_code, properties })
                        }
                        A::ClientPubrec(reason_code) => {
                            Packet::ClientPubrec(ClientPubrec { packet_identifier, reason_code, properties })
                        }
                        A::ServerPubrec(reason_code) => {
                            Packet::ServerPubrec(ServerPubrec { packet_identifier, reason_code, properties })
                        }
                        A::Pubrel(reason_code) => Packet::Pubrel(Pubrel { packet_identifier, reason_code, properties }),
                        A::Pubcomp(reason_code) => {
                            Packet::Pubcomp(Pubcomp { packet_identifier, reason_code, properties })
                        }
                    })
                })
            }
            &Self::Subscribe(packet_identifier, ref properties, ref subscriptions) => {
                let subscriptions = Vec::from_iter(subscriptions.iter().map(AnySubscription::borrow));
                let subscriptions = List::new(&subscriptions);
                with_properties(properties, |properties| {
                    of(Packet::Subscribe(Subscribe { packet_identifier, properties, subscriptions }))
                })
            }
            &Self::Suback(packet_identifier, ref properties, ref reason_codes) => {
                let reason_codes = List::new(reason_codes);
                with_properties(properties, |properties| {
                    of(Packet::Suback(Suback { packet_identifier, properties, reason_codes }))
                })
            }
            &Self::Unsubscribe(packet_identifier, ref properties, ref topic_filters) => {
                let topic_filters = Vec::from_iter(topic_filters.iter().map(String::as_str));
                let topic_filters = List::new(&topic_filters);
                with_properties(properties, |properties| {
                    of(Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, topic_filters }))
                })
            }
            &Self::Unsuback(packet_identifier, ref properties, ref reason_codes) => {
                let reason_codes = List::new(reason_codes);
                with_properties(properties, |properties| {
                    of(Packet::Unsuback(Unsuback { packet_identifier, properties, reason_codes }))
                })
            }
            Self::Pingreq => of(Packet::Pingreq(Pingreq)),
            Self::Pingresp => of(Packet::Pingresp(Pingresp)),
            &Self::Farewell(farewell, ref properties) => with_properties(properties, |properties| {
                of(match farewell {
                    Farewell::ClientDisconnect(reason_code) => {
                        Packet::ClientDisconnect(ClientDisconnect { reason_code, properties })
                    }
                    Farewell::ServerDisconnect(reason_code) => {
                        Packet::ServerDisconnect(ServerDisconnect { reason_code, properties })
                    }
                    Farewell::ClientAuth(reason_code) => Packet::ClientAuth(ClientAuth { reason_code, properties }),
                    Farewell::ServerAuth(reason_code) => Packet::ServerAuth(ServerAuth { reason_code, properties }),
                })
            }),
        }
    }

    /// What an encoder may find wrong with the packet.
    pub(crate) fn mistakes(&self) -> Vec<EncodeError> {
        let of = |packet_type, properties: &[AnyProperty]| {
            // Only two types have other rules for each sender, and say who it is.
            rules_of(packet_type, Sender::Client).mistakes(properties)
        };
        let mut mistakes = match self {
            Self::Connect { properties, will, .. } => {
                let of_will = will.as_ref().map(|will| properties::WILL.mistakes(&will.properties));
                [of(1, properties), of_will.unwrap_or_default()].concat()
            }
            Self::Connack(_, _, properties) => of(2, properties),
            Self::Publish { sender, properties, .. } => rules_of(3, *sender).mistakes(properties),
            Self::Acknowledgement(_, _, properties) => of(4, properties),
            Self::Subscribe(_, properties, _) => of(8, properties),
            Self::Suback(_, properties, _) => of(9, properties),
            Self::Unsubscribe(_, properties, _) => of(10, properties),
            Self::Unsuback(_, properties, _) => of(11, properties),
            Self::Pingreq | Self::Pingresp => Vec::new(),
            Self::Farewell(farewell, properties) => match farewell {
                Farewell::ClientDisconnect(_) => of(14, properties),
                Farewell::ServerDisconnect(_) => rules_of(14, Sender::Server).mistakes(properties),
                Farewell::ClientAuth(_) | Farewell::ServerAuth(_) => of(15, properties),
            },
        };
        if self.is_contradictory() {
            mistakes.push(EncodeError::Contradiction);
        }
        mistakes
    }

    /// Whether fields of the packet contradict one another.
    fn is_contradictory(&self) -> bool {
        match self {
            // 3.1.2.11.10
            Self::Connect { properties, .. } => has(properties, 0x16) && !has(properties, 0x15),
            // [MQTT-3.2.2-6]
            Self::Connack(session_present, reason_code, _) => {
                *session_present && *reason_code != ConnectReasonCode::Success
            }
            // [MQTT-2.2.1-2], 2.2.1, [MQTT-3.3.1-2], 3.3.2.1
            Self::Publish { dup, qos, topic_name, packet_identifier, properties, .. } => {
                let acknowledged = *qos != QoS::AtMostOnce;
                packet_identifier.is_some() != acknowledged
                    || (*dup && !acknowledged)
                    || (topic_name.is_empty() && !has(properties, 0x23))
            }
            // [MQTT-3.8.3-4]
            Self::Subscribe(_, _, subscriptions) => subscriptions
                .iter()
                .any(|subscription| subscription.no_local && subscription.topic_filter.starts_with("$share/")),
            _ => false,
        }
    }
}

impl AnySubscription {
    fn borrow(&self) -> Subscription<'_> {
        Subscription {
            topic_filter: &self.topic_filter,
            retain_handling: self.retain_handling,
            retain_as_published: self.retain_as_published,
            no_local: self.no_local,
            maximum_qos: self.maximum_qos,
        }
    }
}

fn qos() -> impl Strategy<Value = QoS> {
    select(vec![QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce])
}

/// Any value of an enum of bytes; one, which is most often alone, more often.
fn code<T: Copy + std::fmt::Debug + 'static>(from_u8: fn(u8) -> Option<T>) -> impl Strategy<Value = T> {
    let codes = Vec::from_iter((0..=0xFF).filter_map(from_u8));
    prop_oneof![1 => Just(codes[0]), 2 => select(codes)]
}

fn of(packet_type: u8) -> impl Strategy<Value = Vec<AnyProperty>> {
    rules_of(packet_type, Sender::Client).properties()
}

pub(crate) fn connect() -> impl Strategy<Value = Values> {
    let will = (any::<bool>(), qos(), properties::WILL.properties(), topic_name(), bytes());
    let will = option::of(will.prop_map(|(retain, qos, properties, topic, payload)| AnyWill {
        retain,
        qos,
        properties,
        topic,
        payload,
    }));
    let credentials =
        (option::of(text(0..20)), option::of(prop_oneof![bytes(), text(0..20).prop_map(String::into_bytes)]));
    let head = (any::<bool>(), any::<u16>(), of(1));
    (head, text(0..20), will, credentials).prop_map(
        |((clean_start, keep_alive, properties), client_identifier, will, (user_name, password))| Values::Connect {
            clean_start,
            keep_alive,
            properties,
            client_identifier,
            will,
            user_name,
            password,
        },
    )
}

pub(crate) fn connack() -> impl Strategy<Value = Values> {
    (any::<bool>(), code(ConnectReasonCode::from_u8), of(2))
        .prop_map(|(session_present, code, properties)| Values::Connack(session_present, code, properties))
}

fn publish(sender: Sender) -> impl Strategy<Value = Values> {
    let topic_name = prop_oneof![4 => topic_name(), 1 => Just(String::new())];
    // Which of them belong together is left to chance, but helped.
    let exchange = prop_oneof![
        4 => (Just(false), Just(QoS::AtMostOnce), Just(None)),
        4 => (any::<bool>(), select(vec![QoS::AtLeastOnce, QoS::ExactlyOnce]), packet_identifier().prop_map(Some)),
        1 => (any::<bool>(), qos(), option::of(packet_identifier())),
    ];
    (exchange, any::<bool>(), topic_name, rules_of(3, sender).properties(), bytes()).prop_map(
        move |((dup, qos, packet_identifier), retain, topic_name, properties, payload)| Values::Publish {
            sender,
            dup,
            qos,
            retain,
            topic_name,
            packet_identifier,
            properties,
            payload,
        },
    )
}

pub(crate) fn client_publish() -> impl Strategy<Value = Values> {
    publish(Sender::Client)
}

pub(crate) fn server_publish() -> impl Strategy<Value = Values> {
    publish(Sender::Server)
}

macro_rules! acknowledgements {
    ($($function:ident: $packet:ident $code:ident),+) => {
        $(pub(crate) fn $function() -> impl Strategy<Value = Values> {
            (packet_identifier(), code($code::from_u8), of(4)).prop_map(|(packet_identifier, code, properties)| {
                Values::Acknowledgement(Acknowledgement::$packet(code), packet_identifier, properties)
            })
        })+
    };
}

acknowledgements!(
    client_puback: ClientPuback ClientPubackReasonCode,
    server_puback: ServerPuback ServerPubackReasonCode,
    client_pubrec: ClientPubrec ClientPubackReasonCode,
    server_pubrec: ServerPubrec ServerPubackReasonCode,
    pubrel: Pubrel PubrelReasonCode,
    pubcomp: Pubcomp PubrelReasonCode
);

fn shareable_topic_filter() -> impl Strategy<Value = String> {
    let name = text(1..6).prop_map(|name| name.replace(['/', '+', '#'], "g"));
    let shared = (name, topic_filter()).prop_map(|(name, filter)| format!("$share/{name}/{filter}"));
    prop_oneof![3 => topic_filter(), 1 => shared]
}

pub(crate) fn subscribe() -> impl Strategy<Value = Values> {
    let subscription =
        (shareable_topic_filter(), code(RetainHandling::from_u8), any::<bool>(), prop::bool::weighted(0.2), qos());
    let subscription =
        subscription.prop_map(|(topic_filter, retain_handling, retain_as_published, no_local, maximum_qos)| {
            AnySubscription { topic_filter, retain_handling, retain_as_published, no_local, maximum_qos }
        });
    (packet_identifier(), of(8), vec(subscription, 1..5)).prop_map(|(packet_identifier, properties, subscriptions)| {
        Values::Subscribe(packet_identifier, properties, subscriptions)
    })
}

pub(crate) fn suback() -> impl Strategy<Value = Values> {
    (packet_identifier(), of(9), vec(code(SubackReasonCode::from_u8), 1..100))
        .prop_map(|(packet_identifier, properties, codes)| Values::Suback(packet_identifier, properties, codes))
}

pub(crate) fn unsubscribe() -> impl Strategy<Value = Values> {
    (packet_identifier(), of(10), vec(shareable_topic_filter(), 1..5)).prop_map(
        |(packet_identifier, properties, filters)| Values::Unsubscribe(packet_identifier, properties, filters),
    )
}

pub(crate) fn unsuback() -> impl Strategy<Value = Values> {
    (packet_identifier(), of(11), vec(code(UnsubackReasonCode::from_u8), 1..100))
        .prop_map(|(packet_identifier, properties, codes)| Values::Unsuback(packet_identifier, properties, codes))
}

/// A packet with nothing in it.
pub(crate) fn empty() -> impl Strategy<Value = Values> {
    select(vec![Values::Pingreq, Values::Pingresp])
}

pub(crate) fn client_disconnect() -> impl Strategy<Value = Values> {
    (code(ClientDisconnectReasonCode::from_u8), of(14))
        .prop_map(|(code, properties)| Values::Farewell(Farewell::ClientDisconnect(code), properties))
}

pub(crate) fn server_disconnect() -> impl Strategy<Value = Values> {
    (code(ServerDisconnectReasonCode::from_u8), rules_of(14, Sender::Server).properties())
        .prop_map(|(code, properties)| Values::Farewell(Farewell::ServerDisconnect(code), properties))
}

pub(crate) fn client_auth() -> impl Strategy<Value = Values> {
    (code(ClientAuthReasonCode::from_u8), of(15))
        .prop_map(|(code, properties)| Values::Farewell(Farewell::ClientAuth(code), properties))
}

pub(crate) fn server_auth() -> impl Strategy<Value = Values> {
    (code(ServerAuthReasonCode::from_u8), of(15))
        .prop_map(|(code, properties)| Values::Farewell(Farewell::ServerAuth(code), properties))
}

/// Any packet at all.
pub(crate) fn packet() -> impl Strategy<Value = Values> {
    prop_oneof![
        3 => connect(),
        2 => connack(),
        4 => prop_oneof![client_publish(), server_publish()],
        3 => prop_oneof![client_puback(), server_puback(), client_pubrec(), server_pubrec(), pubrel(), pubcomp()],
        2 => subscribe(),
        1 => suback(),
        2 => unsubscribe(),
        1 => unsuback(),
        1 => empty(),
        2 => prop_oneof![client_disconnect(), server_disconnect(), client_auth(), server_auth()],
    ]
}
