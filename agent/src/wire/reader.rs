//! Reads the fields of a control packet from borrowed bytes.

use super::{List, PacketIdentifier, topic_filter};

/// The bytes are not a well-formed control packet of the expected type: the sender's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError;

/// Reads the fields of one control packet, front to back, without copying.
///
/// Errors stick: behind the end it reads zeros and empty strings, and [`finish`](Self::finish) tells.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    malformed: bool,
}

impl<'a> Reader<'a> {
    /// A reader of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, malformed: false }
    }

    /// A byte.
    pub fn u8(&mut self) -> u8 {
        let Some((&byte, rest)) = self.bytes.split_first() else {
            self.malformed = true;
            return 0;
        };
        self.bytes = rest;
        byte
    }

    /// A two byte integer, the more significant byte first (1.5.2).
    pub fn u16(&mut self) -> u16 {
        u16::from(self.u8()) << 8 | u16::from(self.u8())
    }

    /// A packet identifier: not zero `[MQTT-2.3.1-1]`.
    pub fn packet_identifier(&mut self) -> PacketIdentifier {
        let value = self.u16();
        PacketIdentifier::new(value).unwrap_or_else(|| {
            self.malformed = true;
            PacketIdentifier::MIN
        })
    }

    /// Bytes behind their two byte length.
    pub fn binary(&mut self) -> &'a [u8] {
        let length = usize::from(self.u16());
        let Some((field, rest)) = self.bytes.split_at_checked(length) else {
            self.malformed = true;
            return &[];
        };
        self.bytes = rest;
        field
    }

    /// A string behind its two byte length: UTF-8 `[MQTT-1.5.3-1]` without U+0000 `[MQTT-1.5.3-2]`.
    pub fn utf8(&mut self) -> &'a str {
        let bytes = self.binary();
        match core::str::from_utf8(bytes) {
            Ok(text) if !bytes.contains(&0) => text,
            _ => {
                self.malformed = true;
                ""
            }
        }
    }

    /// A string that names a topic: at least one character `[MQTT-4.7.3-1]`, no wildcard `[MQTT-3.3.2-2]`.
    pub fn topic_name(&mut self) -> &'a str {
        let topic = self.utf8();
        let wildcard = topic.bytes().any(|byte| matches!(byte, b'+' | b'#'));
        self.require(!topic.is_empty() && !wildcard);
        topic
    }

    /// A string that selects topics: wildcards only as whole levels `[MQTT-4.7.1-2]` `[MQTT-4.7.1-3]`.
    pub fn topic_filter(&mut self) -> &'a str {
        let filter = self.utf8();
        self.require(topic_filter::is_valid(filter.as_bytes()));
        filter
    }

    /// All that is left: one or more elements. `read` reads one of them, which takes one byte at least.
    pub fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, DecodeError>) -> List<'a, T> {
        let bytes = self.bytes;
        self.require(!bytes.is_empty());
        while !self.malformed && !self.bytes.is_empty() {
            let is_well_formed = read(self).is_ok();
            self.require(is_well_formed);
        }
        List::encoded(bytes)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.bytes)
    }

    /// Notes that the packet is malformed unless `condition` holds.
    pub const fn require(&mut self, condition: bool) {
        // A branch, not `|=`: where little is left to do, a decoder then leaves at once and carries no flag. That takes 36
        // bytes from CONNACK's.
        if !condition {
            self.malformed = true;
        }
    }

    /// The packet, if it was well formed and nothing is left of it.
    ///
    /// # Errors
    /// [`DecodeError`] where a field was malformed or truncated, or bytes are left.
    pub fn finish<T>(self, packet: T) -> Result<T, DecodeError> {
        if self.malformed || !self.bytes.is_empty() { Err(DecodeError) } else { Ok(packet) }
    }
}
