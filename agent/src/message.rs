//! Messages from the Server, as their handler sees them.

use crate::topic_name::TopicName;
use crate::wire::QoS;

/// A message that has come, or a part of one. All of it is borrowed from the receive buffer.
///
/// A message that is larger than that buffer comes in parts: `payload` is what begins at `offset`, and the last part ends
/// at `length`. It is acknowledged after the last part. If the connection ends before, the Server sends it again from
/// its start, if its QoS is not 0.
///
/// If even the topic does not fit into the buffer, with up to 9 bytes of headers around it and one of the payload, the
/// handler gets one part with an empty topic and no payload, and the message is skipped. It is not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Topic name.
    pub topic: TopicName<'a>,
    /// Application message, or the part of it that is here.
    pub payload: &'a [u8],
    /// Quality of service at which the Server delivers it.
    pub qos: QoS,
    /// It was published earlier, and kept for new subscribers `[MQTT-3.3.1-8]`.
    pub retain: bool,
    /// It may have come before. A message with QoS 2 is handed over once all the same.
    pub dup: bool,
    /// Where in the application message the payload begins, in bytes.
    pub offset: usize,
    /// The whole application message, in bytes: up to 268,435,455 with topic and header (2.2.3).
    pub length: usize,
}

impl Message<'_> {
    /// Whether the payload ends where the application message does.
    pub const fn is_last(&self) -> bool {
        self.offset.wrapping_add(self.payload.len()) == self.length
    }
}
