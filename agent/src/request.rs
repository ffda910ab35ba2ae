//! The arguments of commands, as packets.
//!
//! `Q` is an agent's own type of QoS: what the agent lacks needs no code.

use crate::command::{Command, Request};
use crate::payload::Payload;
use crate::wire::{self, Disconnect, List, PacketIdentifier, Pingreq, QoS, SubackReturnCode, Subscription, Writer};

/// Publish a message that fits into a slot.
#[derive(Debug, Clone, Copy)]
pub struct Publish<'a, Q> {
    /// Quality of service.
    pub qos: Q,
    /// The Server keeps the message for future subscribers `[MQTT-3.3.1-5]`.
    pub retain: bool,
    /// Topic name.
    pub topic: &'a str,
    /// Application message.
    pub payload: &'a [u8],
}

impl<Q: Copy + Into<QoS>> Request for Publish<'_, Q> {
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) {
        let qos: QoS = self.qos.into();
        wire::Publish {
            dup: false,
            qos,
            retain: self.retain,
            topic_name: self.topic,
            packet_identifier: (qos as u8 > 0).then_some(identifier),
            message: self.payload,
        }
        .encode(writer);
    }
}

impl<Q: Copy + Into<QoS>> Command for Publish<'_, Q> {
    type Answer = ();
}

/// Publish a message of any size, whose payload is read when it is sent.
#[derive(Clone, Copy)]
pub struct PublishFrom<'a, Q> {
    /// Quality of service.
    pub qos: Q,
    /// The Server keeps the message for future subscribers `[MQTT-3.3.1-5]`.
    pub retain: bool,
    /// Topic name.
    pub topic: &'a str,
    /// Where the application message is.
    pub payload: &'static dyn Payload,
}

impl<Q: Copy + Into<QoS>> Request for PublishFrom<'_, Q> {
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) {
        let &Self { qos, retain, topic, .. } = self;
        Publish { qos, retain, topic, payload: &[] }.encode(identifier, writer);
    }

    fn payload(&self) -> Option<&'static dyn Payload> {
        Some(self.payload)
    }
}

impl<Q: Copy + Into<QoS>> Command for PublishFrom<'_, Q> {
    type Answer = ();
}

/// Subscribe to topics.
#[derive(Debug, Clone, Copy)]
pub struct Subscribe<'a, Q, const FILTERS: usize> {
    /// Topic filters, each with the highest QoS that its messages may have.
    pub filters: [(&'a str, Q); FILTERS],
}

impl<Q: Copy + Into<QoS>, const FILTERS: usize> Request for Subscribe<'_, Q, FILTERS> {
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) {
        let subscriptions =
            self.filters.map(|(topic_filter, qos)| Subscription { topic_filter, requested_qos: qos.into() });
        wire::Subscribe { packet_identifier: identifier, subscriptions: List::new(&subscriptions) }.encode(writer);
    }
}

impl<Q: Copy + Into<QoS>, const FILTERS: usize> Command for Subscribe<'_, Q, FILTERS> {
    type Answer = [SubackReturnCode; FILTERS];
}

/// End subscriptions.
#[derive(Debug, Clone, Copy)]
pub struct Unsubscribe<'a, const FILTERS: usize> {
    /// Topic filters, as they were subscribed.
    pub filters: [&'a str; FILTERS],
}

impl<const FILTERS: usize> Request for Unsubscribe<'_, FILTERS> {
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) {
        wire::Unsubscribe { packet_identifier: identifier, topic_filters: List::new(&self.filters) }.encode(writer);
    }
}

impl<const FILTERS: usize> Command for Unsubscribe<'_, FILTERS> {
    type Answer = ();
}

impl Request for Pingreq {
    fn encode(&self, _identifier: PacketIdentifier, writer: &mut Writer<'_>) {
        Self::encode(self, writer);
    }
}

impl Command for Pingreq {
    type Answer = ();
}

impl Request for Disconnect {
    fn encode(&self, _identifier: PacketIdentifier, writer: &mut Writer<'_>) {
        Self::encode(self, writer);
    }
}

impl Command for Disconnect {
    type Answer = ();
}
