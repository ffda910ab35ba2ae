//! The arguments of commands, as packets.
//!
//! `Q` is an agent's own type of QoS: what the agent lacks needs no code.

use crate::command::{Command, Request};
use crate::payload::Payload;
use crate::wire::{self, Disconnect, List, PacketIdentifier, Pingreq, QoS, SubackReturnCode, Subscription, Writer};

/// Publish a message that fits into a slot. `RETAIN`: the Server keeps it for future subscribers `[MQTT-3.3.1-5]`.
#[derive(Debug, Clone, Copy)]
pub struct Publish<'a, Q, const RETAIN: bool> {
    /// Quality of service.
    pub qos: Q,
    /// Topic name.
    pub topic: &'a str,
    /// Application message.
    pub payload: &'a [u8],
}

impl<Q: Copy + Into<QoS>, const RETAIN: bool> Request for Publish<'_, Q, RETAIN> {
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) -> Option<&'static dyn Payload> {
        let qos = self.qos.into();
        wire::Publish {
            dup: false,
            qos,
            retain: RETAIN,
            topic_name: self.topic,
            packet_identifier: (qos as u8 > 0).then_some(identifier),
            message: self.payload,
        }
        .encode(writer);
        None
    }
}

impl<Q: Copy + Into<QoS>, const RETAIN: bool> Command for Publish<'_, Q, RETAIN> {
    type Answer = ();
}

/// Publish a message of any size, whose payload is read when it is sent. `RETAIN` as for [`Publish`].
#[derive(Clone, Copy)]
pub struct PublishFrom<'a, Q, const RETAIN: bool> {
    /// Quality of service.
    pub qos: Q,
    /// Topic name.
    pub topic: &'a str,
    /// Where the application message is.
    pub payload: &'static dyn Payload,
}

impl<Q: Copy + Into<QoS>, const RETAIN: bool> Request for PublishFrom<'_, Q, RETAIN> {
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) -> Option<&'static dyn Payload> {
        let &Self { qos, topic, payload } = self;
        Publish::<_, RETAIN> { qos, topic, payload: &[] }.encode(identifier, writer);
        Some(payload)
    }
}

impl<Q: Copy + Into<QoS>, const RETAIN: bool> Command for PublishFrom<'_, Q, RETAIN> {
    type Answer = ();
}

/// Subscribe to topics.
#[derive(Debug, Clone, Copy)]
pub struct Subscribe<'a, Q, const FILTERS: usize> {
    /// Topic filters, each with the highest QoS that its messages may have.
    pub filters: [(&'a str, Q); FILTERS],
}

impl<Q: Copy + Into<QoS>, const FILTERS: usize> Request for Subscribe<'_, Q, FILTERS> {
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) -> Option<&'static dyn Payload> {
        let subscriptions =
            self.filters.map(|(topic_filter, qos)| Subscription { topic_filter, requested_qos: qos.into() });
        wire::Subscribe { packet_identifier: identifier, subscriptions: List::new(&subscriptions) }.encode(writer);
        None
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
    fn encode(&self, identifier: PacketIdentifier, writer: &mut Writer<'_>) -> Option<&'static dyn Payload> {
        wire::Unsubscribe { packet_identifier: identifier, topic_filters: List::new(&self.filters) }.encode(writer);
        None
    }
}

impl<const FILTERS: usize> Command for Unsubscribe<'_, FILTERS> {
    type Answer = ();
}

impl Request for Pingreq {
    fn encode(&self, _identifier: PacketIdentifier, writer: &mut Writer<'_>) -> Option<&'static dyn Payload> {
        Self::encode(self, writer);
        None
    }
}

impl Command for Pingreq {
    type Answer = ();
}

impl Request for Disconnect {
    fn encode(&self, _identifier: PacketIdentifier, writer: &mut Writer<'_>) -> Option<&'static dyn Payload> {
        Self::encode(self, writer);
        None
    }
}

impl Command for Disconnect {
    type Answer = ();
}
