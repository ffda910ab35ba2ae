//! Writes a control packet into a buffer.

use super::list::{List, Repr};
use super::properties::{PropertyRules, PropertySet};
use super::scan::{IN_CHUNKS, NULL, NULL_OR_WILDCARD, has};
use super::{topic_filter, variable_byte_integer};

/// What is wrong with a packet that could not be written. The caller's fault, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EncodeError {
    /// The packet is larger than the buffer, or than any packet may be (2.2.3).
    TooLarge,
    /// A string or binary field is longer than 65,535 bytes `[MQTT-1.5.3-3]`.
    FieldTooLong,
    /// A string contains U+0000 `[MQTT-1.5.3-2]`.
    NullCharacter,
    /// A topic name is empty or contains a wildcard `[MQTT-3.3.2-2]` `[MQTT-4.7.3-1]`.
    InvalidTopicName,
    /// A topic filter is empty, or has a wildcard that is not a whole level `[MQTT-4.7.1-2]` `[MQTT-4.7.1-3]`
    /// `[MQTT-4.7.3-1]`.
    InvalidTopicFilter,
    /// A list has no elements, e.g. the subscriptions of SUBSCRIBE `[MQTT-3.8.3-3]`.
    EmptyList,
    /// A property that the packet cannot carry (MQTT 5.0, 2.2.2.2).
    MisplacedProperty,
    /// A property more than once that the packet can carry once (MQTT 5.0, 2.2.2.2).
    RepeatedProperty,
    /// A property is missing that the packet must carry, e.g. the authentication method of AUTH (MQTT 5.0, 3.15.2.2.2).
    MissingProperty,
    /// Two fields of the packet contradict one another, e.g. in MQTT 3.1.1 a password without a user name
    /// `[MQTT-3.1.2-22]`.
    Contradiction,
}

/// Writes the fields of one control packet, then the fixed header in front of them.
///
/// Errors stick: a field that does not fit is counted but not written, and [`finish`](Self::finish) tells. So an encoder
/// is a plain list of fields, without a branch after each, which would be most of its code.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    position: usize,
    error: Option<EncodeError>,
}

impl<'a> Writer<'a> {
    /// Bytes kept free in front of the variable header: the longest fixed header (2.2).
    pub const FIXED_HEADER: usize = 5;

    /// A writer that fills `buffer` from its sixth byte on; the fixed header then goes right before. No packet is longer
    /// than 268,435,460 bytes (2.2.3), so what a buffer has more is left alone.
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        const MAX: usize = Writer::FIXED_HEADER + variable_byte_integer::MAX;
        let size = if buffer.len() > MAX { MAX } else { buffer.len() };
        let (buffer, _) = buffer.split_at_mut(size);
        Self { buffer, position: Self::FIXED_HEADER, error: None }
    }

    /// A writer that only counts: [`length`](Self::length).
    pub const fn counter() -> Self {
        Self::new(&mut [])
    }

    /// Bytes written so far, or that would have been had there been room; those of the fixed header not counted.
    pub const fn length(&self) -> usize {
        self.position - Self::FIXED_HEADER
    }

    /// A byte.
    pub const fn u8(&mut self, byte: u8) {
        self.rest(&[byte]);
    }

    /// A two byte integer, the more significant byte first (1.5.2).
    pub const fn u16(&mut self, value: u16) {
        self.rest(&value.to_be_bytes());
    }

    /// A byte that is 0 or 1.
    pub const fn bool(&mut self, value: bool) {
        self.u8(value as u8);
    }

    /// A four byte integer, the most significant byte first (MQTT 5.0, 1.5.3).
    pub const fn u32(&mut self, value: u32) {
        self.rest(&value.to_be_bytes());
    }

    /// An integer in as few bytes of seven bits as it needs (2.2.3); no packet has room for what one above
    /// 268,435,455 would count.
    pub const fn variable_byte_integer(&mut self, mut value: usize) {
        loop {
            let more = value > 0x7F;
            self.u8(value as u8 & 0x7F | (more as u8) << 7);
            value >>= 7;
            if !more {
                break;
            }
        }
    }

    /// Bytes as they are.
    pub const fn rest(&mut self, bytes: &[u8]) {
        if let Some(space) = self.space(bytes.len()) {
            copy(bytes, space);
        }
    }

    /// Where the next bytes go, so many of them, if there is room.
    const fn space(&mut self, length: usize) -> Option<&mut [u8]> {
        let start = self.position;
        // A list may repeat its bytes: there is no end to what can be asked for.
        let Some(end) = start.checked_add(length) else {
            self.position = usize::MAX;
            return None;
        };
        self.position = end;
        let Some((space, _)) = self.buffer.split_at_mut_checked(end) else { return None };
        let Some((_, space)) = space.split_at_mut_checked(start) else { return None };
        Some(space)
    }

    /// Bytes behind their two byte length.
    #[inline]
    pub const fn binary(&mut self, bytes: &[u8]) {
        if bytes.len() > 0xFFFF {
            self.fail(EncodeError::FieldTooLong);
        }
        if IN_CHUNKS {
            self.binary_and(bytes, []);
        } else {
            self.rest(&(bytes.len() as u16).to_be_bytes());
            self.rest(bytes);
        }
    }

    /// The same on a host, and the bytes of what follows: looks only once whether there is room for all.
    #[inline]
    const fn binary_and<const MORE: usize>(&mut self, bytes: &[u8], more: [u8; MORE]) {
        if let Some(space) = self.space(bytes.len().saturating_add(2 + MORE))
            && let Some((first, space)) = space.split_first_chunk_mut()
            && let Some((space, last)) = space.split_last_chunk_mut()
        {
            *first = (bytes.len() as u16).to_be_bytes();
            copy(bytes, space);
            *last = more;
        }
    }

    /// A string behind its two byte length (1.5.3).
    #[inline]
    pub const fn utf8(&mut self, text: &str) {
        let bytes = text.as_bytes();
        if has::<NULL>(bytes) {
            self.fail(EncodeError::NullCharacter);
        }
        self.binary(bytes);
    }

    /// Two strings, a name and its value (MQTT 5.0, 1.5.7).
    pub const fn utf8_pair(&mut self, (name, value): (&str, &str)) {
        self.utf8(name);
        self.utf8(value);
    }

    /// A string that names a topic (4.7).
    pub const fn topic_name(&mut self, text: &str) {
        if text.is_empty() {
            self.fail(EncodeError::InvalidTopicName);
        }
        self.topic_name_or_empty(text);
    }

    /// The same, or no character, where the packet names the topic in another way.
    #[inline]
    pub const fn topic_name_or_empty(&mut self, text: &str) {
        let bytes = text.as_bytes();
        if has::<NULL_OR_WILDCARD>(bytes) {
            self.fail(EncodeError::InvalidTopicName);
        }
        self.binary(bytes);
    }

    /// A string that selects topics (4.7).
    #[inline]
    pub const fn topic_filter(&mut self, text: &str) {
        self.filter::<false, 0>(text, []);
    }

    /// The same, and a byte.
    #[inline]
    pub const fn topic_filter_and_u8(&mut self, text: &str, byte: u8) {
        self.filter::<false, 1>(text, [byte]);
    }

    /// A topic filter, or one for a shared subscription (MQTT 5.0, 4.8.2).
    #[inline]
    pub const fn shareable_topic_filter(&mut self, text: &str) {
        self.filter::<true, 0>(text, []);
    }

    /// The same, and a byte.
    #[inline]
    pub const fn shareable_topic_filter_and_u8(&mut self, text: &str, byte: u8) {
        self.filter::<true, 1>(text, [byte]);
    }

    /// A topic filter, and the byte that follows, if one does.
    #[inline(always)]
    const fn filter<const SHAREABLE: bool, const MORE: usize>(&mut self, text: &str, more: [u8; MORE]) {
        let filter = text.as_bytes();
        if topic_filter::is_plain(filter) {
            self.binary_and(filter, more);
        } else {
            self.any_filter::<SHAREABLE>(filter);
            if let [byte] = more.as_slice() {
                self.u8(*byte);
            }
        }
    }

    /// The same of a filter that is not seen to be valid at a glance, as none is on a device. There, one copy takes least; and
    /// on a host, the registers that it needs are not saved for all others.
    #[inline(never)]
    const fn any_filter<const SHAREABLE: bool>(&mut self, filter: &[u8]) {
        let is_valid = if SHAREABLE {
            topic_filter::are_valid_levels_or_shared(filter)
        } else {
            topic_filter::are_valid_levels(filter)
        };
        if !is_valid {
            self.fail(EncodeError::InvalidTopicFilter);
        }
        self.binary(filter);
    }

    /// Begins a list of one element or more. Returns those that are to be written; of a decoded list none, its bytes are
    /// written here.
    pub const fn list<'b, T, Rule>(&mut self, list: &List<'b, T, Rule>) -> &'b [T] {
        if list.is_empty() {
            self.fail(EncodeError::EmptyList);
        }
        self.elements(list)
    }

    /// The same for a list that may be empty.
    pub const fn elements<'b, T, Rule>(&mut self, list: &List<'b, T, Rule>) -> &'b [T] {
        match list.repr {
            Repr::Elements(elements) => elements,
            Repr::Encoded(bytes) => {
                self.rest(bytes);
                &[]
            }
        }
    }

    /// Notes what is wrong with the choice of properties, if anything is.
    pub const fn properties(&mut self, rules: PropertyRules, set: PropertySet) {
        if rules.has_misplaced(set) {
            self.fail(EncodeError::MisplacedProperty);
        }
        if rules.has_repeated(set) {
            self.fail(EncodeError::RepeatedProperty);
        }
        if rules.has_missing(set) {
            self.fail(EncodeError::MissingProperty);
        }
    }

    /// Notes a mistake; the last one counts.
    pub const fn fail(&mut self, error: EncodeError) {
        self.error = Some(error);
    }

    /// Writes the fixed header in front of what was written (2.2), the last step of an encoder.
    pub const fn fixed_header(&mut self, first_byte: u8) {
        self.fixed_header_of(first_byte, self.length());
    }

    /// The same of a packet of this length, of which there may be more than was written.
    const fn fixed_header_of(&mut self, first_byte: u8, remaining_length: usize) {
        let Some((header, _)) = self.buffer.split_first_chunk_mut::<{ Writer::FIXED_HEADER }>() else { return };
        // The remaining length stands right before the variable header, so its size decides where the packet begins. A
        // byte that is free tells: no control packet begins with one so small.
        if IN_CHUNKS && remaining_length <= 0x7F {
            (header[0], header[3], header[4]) = (3, first_byte, remaining_length as u8);
        } else if IN_CHUNKS && remaining_length <= 0x3FFF {
            let low = remaining_length as u8 | 0x80;
            (header[0], header[2], header[3], header[4]) = (2, first_byte, low, (remaining_length >> 7) as u8);
        } else {
            in_loops(header, first_byte, remaining_length);
        }
    }

    /// Says that the packet, which has its fixed header, goes on with so many bytes that are not in the buffer.
    pub const fn announce(&mut self, follows: usize) {
        let length = self.length().saturating_add(follows);
        if length > variable_byte_integer::MAX {
            self.fail(EncodeError::TooLarge);
            return;
        }
        let start = start(self.buffer);
        if start < self.buffer.len() {
            self.fixed_header_of(self.buffer[start], length);
        }
    }

    /// Where in the buffer the packet ends, or what is wrong. [`packet`] finds it there.
    pub const fn finish(self) -> Result<usize, EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.position > self.buffer.len() {
            return Err(EncodeError::TooLarge);
        }
        Ok(self.position)
    }
}

/// Writes any fixed header: on a device, where this is less code, and a long one on a host.
const fn in_loops(header: &mut [u8; Writer::FIXED_HEADER], first_byte: u8, remaining_length: usize) {
    // The last byte of the length, which is always in the same place, and how many are before it.
    let (mut last, mut before) = (remaining_length, 0);
    while last > 0x7F && before < 3 {
        last >>= 7;
        before += 1;
    }
    header[4] = last as u8;
    let (mut i, mut rest) = (3 - before, remaining_length);
    header[0] = i as u8;
    header[i] = first_byte;
    while i < 3 {
        i += 1;
        header[i] = rest as u8 | 0x80;
        rest >>= 7;
    }
}

/// Copies bytes to as much space.
///
/// A host's compiler makes one call of the loop at the end, which takes more than the copying where bytes are few.
const fn copy(bytes: &[u8], space: &mut [u8]) {
    if !IN_CHUNKS {
        return copy_by_eight(bytes, space);
    }
    if bytes.len() >= 16 {
        if bytes.len() <= 32 {
            return copy_ends::<16>(bytes, space);
        }
    } else if bytes.len() >= 8 {
        return copy_ends::<8>(bytes, space);
    } else if bytes.len() >= 4 {
        return copy_ends::<4>(bytes, space);
    }
    let mut i = 0;
    while i < bytes.len() && i < space.len() {
        space[i] = bytes[i];
        i += 1;
    }
}

/// The same on a device. On a Cortex-M0 a call would be large, and eight bytes at a time take less than half of the steps.
/// Odd bytes are those at the end, and go first: then the loops share a length that counts down.
const fn copy_by_eight(mut bytes: &[u8], mut space: &mut [u8]) {
    while !bytes.len().is_multiple_of(8)
        && let [rest @ .., last] = bytes
        && let [rest_space @ .., last_space] = space
    {
        *last_space = *last;
        (bytes, space) = (rest, rest_space);
    }
    while let Some((first, rest)) = bytes.split_first_chunk::<8>()
        && let Some((first_space, rest_space)) = space.split_first_chunk_mut()
    {
        *first_space = *first;
        (bytes, space) = (rest, rest_space);
    }
}

/// Copies the first and the last chunk of bytes, which are all of them if they meet or overlap.
const fn copy_ends<const CHUNK: usize>(bytes: &[u8], space: &mut [u8]) {
    if let (Some(first), Some(space)) = (bytes.first_chunk::<CHUNK>(), space.first_chunk_mut()) {
        *space = *first;
    }
    if let (Some(last), Some(space)) = (bytes.last_chunk::<CHUNK>(), space.last_chunk_mut()) {
        *space = *last;
    }
}

/// Where in its buffer a packet begins.
const fn start(buffer: &[u8]) -> usize {
    match buffer {
        [start, ..] if *start < Writer::FIXED_HEADER as u8 => *start as usize,
        _ => 0,
    }
}

/// The packet that a [`Writer`] has left in `buffer`, up to `end`; empty if there is none.
pub fn packet(buffer: &[u8], end: usize) -> &[u8] {
    match buffer.get(..end) {
        // The writer begins a packet with its fourth byte at the latest.
        Some(packet @ [start, _, _, _, ..]) if *start < Writer::FIXED_HEADER as u8 => {
            packet.get(usize::from(*start)..).unwrap_or_default()
        }
        Some(packet) => packet,
        None => &[],
    }
}

/// The same, to be changed.
pub(crate) fn packet_mut(buffer: &mut [u8], end: usize) -> &mut [u8] {
    buffer.get_mut(start(buffer)..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::wire::fixed_header::FixedHeader;

    #[test]
    fn a_device_writes_the_same_fixed_header() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, variable_byte_integer::MAX] {
            let (mut buffer, mut header) = ([0; Writer::FIXED_HEADER], [0; Writer::FIXED_HEADER]);
            Writer::new(&mut buffer).fixed_header_of(0x30, length);
            in_loops(&mut header, 0x30, length);
            assert_eq!(packet(&header, 5), packet(&buffer, 5), "{length}");
        }
    }

    #[test]
    fn a_device_copies_any_number_of_bytes() {
        for length in 0..40_u8 {
            let bytes = Vec::from_iter(1..=length);
            let mut space = vec![0; bytes.len()];
            copy_by_eight(&bytes, &mut space);
            assert_eq!(space, bytes);
        }
    }

    #[test]
    fn bytes_of_any_number_are_written_if_there_is_room() {
        for length in 0..70_u8 {
            let bytes = Vec::from_iter(1..=length);
            let mut buffer = vec![0xFF; Writer::FIXED_HEADER + 4 + usize::from(length)];
            let mut writer = Writer::new(&mut buffer);
            writer.u8(0xAA);
            writer.binary(&bytes);
            writer.u8(0xBB);
            let end = writer.finish().unwrap();
            let expected = [&[0xAA, 0, length], bytes.as_slice(), &[0xBB]].concat();
            assert_eq!(buffer[..end], [&[0xFF; Writer::FIXED_HEADER], expected.as_slice()].concat());

            // One byte too few.
            let mut buffer = vec![0xFF; Writer::FIXED_HEADER + 1 + usize::from(length)];
            let mut writer = Writer::new(&mut buffer);
            writer.binary(&bytes);
            assert_eq!(writer.length(), usize::from(length) + 2);
            assert_eq!(writer.finish(), Err(EncodeError::TooLarge));
        }
    }

    #[test]
    fn topic_filters_of_any_length_are_written_with_what_follows() {
        for (length, end) in (0..70).flat_map(|length| ["/a", "/#", "/\0"].map(|end| (length, end))) {
            let filter = "b".repeat(length) + end;
            let expected = [&[0, filter.len() as u8], filter.as_bytes(), &[0xBB]].concat();
            for shareable in [false, true] {
                let write = |buffer: &mut [u8]| {
                    let mut writer = Writer::new(buffer);
                    match shareable {
                        false => writer.topic_filter_and_u8(&filter, 0xBB),
                        true => writer.shareable_topic_filter_and_u8(&filter, 0xBB),
                    }
                    (writer.length(), writer.finish())
                };
                let mut buffer = vec![0xFF; Writer::FIXED_HEADER + expected.len()];
                let is_valid = end != "/\0";
                let outcome = if is_valid { Ok(buffer.len()) } else { Err(EncodeError::InvalidTopicFilter) };
                assert_eq!(write(&mut buffer), (expected.len(), outcome), "{filter}");
                assert_eq!(buffer[Writer::FIXED_HEADER..], expected, "{filter}");

                // One byte too few.
                buffer.pop();
                let outcome = outcome.and(Err(EncodeError::TooLarge));
                assert_eq!(write(&mut buffer), (expected.len(), outcome), "{filter}");
            }
        }
    }

    #[test]
    fn fixed_header_stands_right_before_the_rest() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
            let mut buffer = vec![0xFF; Writer::FIXED_HEADER + length];
            let mut writer = Writer::new(&mut buffer);
            writer.rest(&vec![b'x'; length]);
            writer.fixed_header(0xD0);
            let end = writer.finish().unwrap();
            let packet = packet(&buffer, end);
            let header = FixedHeader::decode(packet).unwrap().unwrap();
            assert!(packet[0] == 0xD0 && header.remaining_length == length && header.is_minimal(), "{length}");
            assert_eq!(packet.len(), header.length + length);
        }
    }
}
