//! Reads the fields of a control packet from borrowed bytes.

use core::num::{NonZeroU16, NonZeroU32};

use super::notes::{Fault, Mistake, Noted, Notes};
use super::properties::{PropertyRules, PropertySet};
use super::scan::{NULL, NULL_OR_WILDCARD, has};
use super::{List, PacketIdentifier, SubscriptionIdentifier, TextRule, topic_filter, variable_byte_integer};

/// The bytes are not a control packet that the standard allows: the sender's fault. A [`Reader::noting`] can tell more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError;

/// Reads the fields of one control packet, front to back, without copying.
///
/// Errors stick: behind the end it reads zeros and empty strings, and [`finish`](Self::finish) tells.
#[derive(Debug)]
pub struct Reader<'a, N = ()> {
    bytes: &'a [u8],
    failed: bool,
    notes: N,
}

impl<'a> Reader<'a> {
    /// A reader of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, failed: false, notes: () }
    }
}

impl<'a> Reader<'a, Noted> {
    /// A reader of these bytes that can tell afterwards what was wrong with them, and where.
    pub const fn noting(bytes: &'a [u8]) -> Self {
        Self { bytes, failed: false, notes: Noted::NOTHING }
    }

    /// The first mistake, if there was one.
    pub const fn mistake(&self) -> Option<Mistake> {
        self.notes.mistake()
    }
}

impl<'a, N: Notes> Reader<'a, N> {
    /// Says what is read next.
    pub fn at(&mut self, place: u16) {
        self.notes.at(place);
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A byte.
    pub fn u8(&mut self) -> u8 {
        let Some((&byte, rest)) = self.bytes.split_first() else {
            self.fail(Fault::MalformedPacket);
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
            self.fail(Fault::MalformedPacket);
            PacketIdentifier::MIN
        })
    }

    /// A byte that is 0 or 1.
    pub fn bool(&mut self) -> bool {
        let byte = self.u8();
        self.allow(byte <= 1);
        byte != 0
    }

    /// A four byte integer, the most significant byte first (MQTT 5.0, 1.5.3).
    pub fn u32(&mut self) -> u32 {
        u32::from(self.u16()) << 16 | u32::from(self.u16())
    }

    /// A two byte integer that is not 0.
    pub fn nonzero_u16(&mut self) -> NonZeroU16 {
        let value = self.u16();
        self.allow(value != 0);
        NonZeroU16::new(value).unwrap_or(NonZeroU16::MIN)
    }

    /// A four byte integer that is not 0.
    pub fn nonzero_u32(&mut self) -> NonZeroU32 {
        let value = self.u32();
        self.allow(value != 0);
        NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN)
    }

    /// An integer in as few bytes of seven bits as it needs `[MQTT-1.5.5-1]`, four at most (MQTT 5.0, 1.5.5).
    pub fn variable_byte_integer(&mut self) -> u32 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.u8();
            value |= u32::from(byte & 0x7F) << shift;
            // A last byte of 0 says nothing, unless it is the only one.
            self.require(byte != 0 || shift == 0);
            if byte & 0x80 == 0 {
                return value;
            }
            shift += 7;
            if shift == 7 * variable_byte_integer::MAX_SIZE {
                self.fail(Fault::MalformedPacket);
                return value;
            }
        }
    }

    /// A variable byte integer that is not 0 (MQTT 5.0, 3.8.2.1.2).
    pub fn subscription_identifier(&mut self) -> SubscriptionIdentifier {
        let value = self.variable_byte_integer();
        self.allow(value != 0);
        SubscriptionIdentifier::new(value).unwrap_or(SubscriptionIdentifier::MIN)
    }

    /// Bytes behind their two byte length.
    pub fn binary(&mut self) -> &'a [u8] {
        let length = usize::from(self.u16());
        self.take(length)
    }

    /// As many bytes as that; none, if there are fewer.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            self.fail(Fault::MalformedPacket);
            return &[];
        };
        self.bytes = rest;
        taken
    }

    /// A string behind its two byte length: UTF-8 `[MQTT-1.5.3-1]` without U+0000 `[MQTT-1.5.3-2]`.
    pub fn utf8(&mut self) -> &'a str {
        let text = self.text();
        self.require(!has::<NULL>(text.as_bytes()));
        text
    }

    /// The same, whatever the characters are.
    fn text(&mut self) -> &'a str {
        core::str::from_utf8(self.binary()).unwrap_or_else(|_| {
            self.fail(Fault::MalformedPacket);
            ""
        })
    }

    /// Two strings, a name and its value (MQTT 5.0, 1.5.7).
    pub fn utf8_pair(&mut self) -> (&'a str, &'a str) {
        (self.utf8(), self.utf8())
    }

    /// A string that names a topic: at least one character `[MQTT-4.7.3-1]`, no wildcard `[MQTT-3.3.2-2]`.
    pub fn topic_name(&mut self) -> &'a str {
        let topic = self.topic_name_or_empty();
        self.require(!topic.is_empty());
        topic
    }

    /// The same, or no character, where the packet names the topic in another way.
    pub fn topic_name_or_empty(&mut self) -> &'a str {
        let topic = self.text();
        self.require(!has::<NULL_OR_WILDCARD>(topic.as_bytes()));
        topic
    }

    /// A string that selects topics: wildcards only as whole levels `[MQTT-4.7.1-2]` `[MQTT-4.7.1-3]`.
    pub fn topic_filter(&mut self) -> &'a str {
        let filter = self.text();
        self.require(topic_filter::is_valid(filter.as_bytes()));
        filter
    }

    /// A topic filter, or one for a shared subscription `[MQTT-4.8.2-1]` `[MQTT-4.8.2-2]`.
    pub fn shareable_topic_filter(&mut self) -> &'a str {
        let filter = self.text();
        self.require(topic_filter::is_valid_or_shared(filter.as_bytes()));
        filter
    }

    /// All that is left: one or more elements. `read` reads one of them, which takes one byte at least.
    pub fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, DecodeError>) -> List<'a, T> {
        List::encoded(self.elements(read))
    }

    /// The same of text that keeps to a rule.
    pub fn texts<Rule: TextRule>(&mut self) -> List<'a, &'a str, Rule> {
        List::encoded(self.elements(|reader| Ok(Rule::read(reader))))
    }

    /// The bytes of one or more elements.
    fn elements<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, DecodeError>) -> &'a [u8] {
        let bytes = self.bytes;
        self.allow(!bytes.is_empty());
        while !self.failed && !self.bytes.is_empty() {
            self.failed |= read(self).is_err();
        }
        bytes
    }

    /// All that is left: one or more bytes, each a value of an enum: if not, the packet is malformed.
    ///
    /// # Errors
    /// [`DecodeError`] where one is none.
    pub fn known_u8s<T>(&mut self, from_u8: impl Fn(u8) -> Option<T>) -> Result<List<'a, T>, DecodeError> {
        self.u8s(Fault::MalformedPacket, from_u8)
    }

    /// All that is left: one or more bytes, each a value of an enum: if not, that is a protocol error.
    ///
    /// # Errors
    /// [`DecodeError`] where one is none.
    pub fn allowed_u8s<T>(&mut self, from_u8: impl Fn(u8) -> Option<T>) -> Result<List<'a, T>, DecodeError> {
        self.u8s(Fault::ProtocolError, from_u8)
    }

    /// Looks at the bytes where they are, which is less code than to read one after another.
    fn u8s<T>(&mut self, fault: Fault, from_u8: impl Fn(u8) -> Option<T>) -> Result<List<'a, T>, DecodeError> {
        let bytes = self.rest();
        if bytes.is_empty() {
            return Err(self.notes.fail(Fault::ProtocolError));
        }
        if bytes.iter().any(|&byte| from_u8(byte).is_none()) {
            return Err(self.notes.fail(fault));
        }
        Ok(List::encoded(bytes))
    }

    /// Properties behind their length (MQTT 5.0, 2.2.2), and which they are. `read` reads one of them, and tells its bit.
    pub fn properties<T>(
        &mut self,
        rules: PropertyRules,
        read: impl Fn(&mut Self) -> Result<u32, DecodeError>,
    ) -> (List<'a, T>, PropertySet) {
        let mut set = PropertySet::EMPTY;
        let length = self.variable_byte_integer();
        let bytes = self.take(length as usize);
        let rest = core::mem::replace(&mut self.bytes, bytes);
        while !self.failed && !self.bytes.is_empty() {
            match read(self) {
                Ok(bit) => set.insert(bit),
                Err(DecodeError) => self.failed = true,
            }
        }
        self.bytes = rest;
        self.require(!rules.has_misplaced(set));
        self.allow(!rules.has_repeated(set) && !rules.has_missing(set));
        (List::encoded(bytes), set)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.bytes)
    }

    /// Notes that the packet is malformed unless `condition` holds.
    pub fn require(&mut self, condition: bool) {
        if !condition {
            self.fail(Fault::MalformedPacket);
        }
    }

    /// Notes a protocol error unless `condition` holds.
    pub fn allow(&mut self, condition: bool) {
        if !condition {
            self.fail(Fault::ProtocolError);
        }
    }

    /// A value of an enum, if it is one: if not, the packet is malformed.
    ///
    /// # Errors
    /// [`DecodeError`] where it is none.
    pub fn known<T>(&mut self, value: Option<T>) -> Result<T, DecodeError> {
        value.ok_or_else(|| self.notes.fail(Fault::MalformedPacket))
    }

    /// A byte that is a value of an enum: if not, the packet is malformed.
    ///
    /// # Errors
    /// [`DecodeError`] where it is none.
    pub fn known_u8<T>(&mut self, from_u8: impl Fn(u8) -> Option<T>) -> Result<T, DecodeError> {
        let value = from_u8(self.u8());
        self.known(value)
    }

    /// A byte that is a value of an enum: if not, that is a protocol error.
    ///
    /// # Errors
    /// [`DecodeError`] where it is none.
    pub fn allowed_u8<T>(&mut self, from_u8: impl Fn(u8) -> Option<T>) -> Result<T, DecodeError> {
        let value = from_u8(self.u8());
        self.allowed(value)
    }

    /// A value of an enum, if it is one: if not, that is a protocol error.
    ///
    /// # Errors
    /// [`DecodeError`] where it is none.
    pub fn allowed<T>(&mut self, value: Option<T>) -> Result<T, DecodeError> {
        value.ok_or_else(|| self.notes.fail(Fault::ProtocolError))
    }

    /// Notes a mistake; the first one counts.
    fn fail(&mut self, fault: Fault) {
        self.notes.fail(fault);
        self.failed = true;
    }

    /// The packet, if it was well formed and nothing is left of it.
    ///
    /// # Errors
    /// [`DecodeError`] where a field was malformed or truncated, or bytes are left.
    pub fn finish<T>(&mut self, packet: T) -> Result<T, DecodeError> {
        if self.failed || !self.is_empty() { Err(self.notes.fail(Fault::MalformedPacket)) } else { Ok(packet) }
    }
}
