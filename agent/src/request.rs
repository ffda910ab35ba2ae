//! What commands ask for, before it is a packet.

use crate::agent::Profile;
use crate::payload::Payload;
use crate::wire::{
    self, Disconnect, EncodeError, List, PacketIdentifier, Pingreq, Pingresp, Puback, QoS, Suback, Subscription,
    Unsuback, Writer,
};

/// The arguments of a command. One type for all of them, so that there is one future and one way into the queue; what a
/// profile does not have needs no code in them.
pub enum Request<'a, P: Profile> {
    /// Publish a message that fits into a slot.
    Publish(Publish<'a>, &'a [u8]),
    /// Publish a message of any size, whose payload is read when it is sent.
    ///
    /// Topic and headers have to leave a byte of the slot free, as a buffer for the payload; the more, the better.
    PublishFrom(Publish<'a>, &'static dyn Payload),
    /// Subscribe to topics: topic filters, each with the highest QoS that its messages may have.
    Subscribe(&'a [(&'a str, P::RequestedQoS)]),
    /// End subscriptions: topic filters, as they were subscribed.
    Unsubscribe(&'a [&'a str]),
    /// Ask for a sign of life.
    Ping,
    /// End the connection.
    Disconnect,
}

/// What there is to say of a message besides its payload.
#[derive(Debug, Clone, Copy)]
pub struct Publish<'a> {
    /// Quality of service: not more than that of the profile.
    pub qos: QoS,
    /// The Server keeps the message for future subscribers `[MQTT-3.3.1-5]`.
    pub retain: bool,
    /// Topic name.
    pub topic: &'a str,
}

impl Publish<'_> {
    fn encode<P: Profile>(&self, payload: &[u8], identifier: PacketIdentifier, writer: &mut Writer<'_>) -> u8 {
        let Self { qos, retain, topic } = *self;
        // Where there is no other, nothing has to look.
        let qos = if P::PUBLISH > 0 { qos } else { QoS::AtMostOnce };
        let packet_identifier = (qos as u8 > 0).then_some(identifier);
        wire::Publish { dup: false, qos, retain, topic_name: topic, packet_identifier, message: payload }
            .encode(writer);
        // PUBREC has the number behind PUBACK.
        if qos as u8 > 0 { Puback::PACKET_TYPE - 1 + qos as u8 } else { NONE }
    }
}

/// No packet answers.
const NONE: u8 = 0;

impl<P: Profile> Request<'_, P> {
    /// Writes the packet; if it starts an exchange, with this packet identifier. Returns the type of the packet that
    /// acknowledges it, 0 if none does, and where its end comes from, if that is not written (4.3, 3.8.4, 3.10.4, 3.12.4).
    pub(crate) fn encode(
        &self,
        identifier: PacketIdentifier,
        writer: &mut Writer<'_>,
    ) -> (u8, Option<&'static dyn Payload>) {
        let (first_byte, awaited) = match *self {
            Self::Publish(publish, payload) => {
                return (publish.encode::<P>(payload, identifier, writer), None);
            }
            Self::PublishFrom(publish, payload) if size_of::<P::Source>() > 0 => {
                return (publish.encode::<P>(&[], identifier, writer), Some(payload));
            }
            Self::Subscribe(filters) if P::SUBSCRIBE => {
                // As `wire::Subscribe`, without a list of its subscriptions beside this one.
                writer.u16(identifier.get());
                if filters.is_empty() {
                    writer.fail(EncodeError::EmptyList);
                }
                for &(topic_filter, qos) in filters {
                    Subscription { topic_filter, requested_qos: qos.into() }.write(writer);
                }
                (wire::Subscribe::FIRST_BYTE, Suback::PACKET_TYPE)
            }
            Self::Unsubscribe(filters) if P::UNSUBSCRIBE => {
                wire::Unsubscribe { packet_identifier: identifier, topic_filters: List::new(filters) }.encode(writer);
                return (Unsuback::PACKET_TYPE, None);
            }
            // These are a fixed header only.
            Self::Ping if P::PING => (Pingreq::FIRST_BYTE, Pingresp::PACKET_TYPE),
            _ => (Disconnect::FIRST_BYTE, NONE),
        };
        writer.fixed_header(first_byte);
        (awaited, None)
    }
}
