//! Bytes that may be a packet, taken apart without judging them, and the rules that they may break.

use std::str;

/// What a sender must not do, as a test of its own: it shares no code with the decoders.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// The statement of the standard, or the section where it has none.
    pub(crate) statement: &'static str,
    /// Whether an input belongs to the class.
    pub(crate) applies: fn(&Input<'_>) -> bool,
}

/// A field: what it is, and its bytes without their length.
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) bytes: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Identifier,
    Text,
    TopicName,
    TopicFilter,
    Binary,
}

/// The bytes of a packet as far as they can be told apart.
pub(crate) struct Input<'a> {
    pub(crate) first_byte: u8,
    /// Whether the remaining length has more bytes than it needs.
    pub(crate) is_length_padded: bool,
    /// Whether the bytes end where the remaining length says.
    pub(crate) is_whole: bool,
    pub(crate) fields: Vec<Field<'a>>,
    /// What is left to take apart.
    rest: &'a [u8],
    /// Whether a field ended early.
    is_cut: bool,
}

impl<'a> Input<'a> {
    /// Takes the fixed header off; the fields follow with [`take`](Self::take).
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let size = bytes.iter().skip(1).take(4).position(|byte| byte & 0x80 == 0).map_or(0, |last| last + 1);
        let (length, body) = bytes.get(1..).unwrap_or_default().split_at(size);
        let remaining = length.iter().rev().fold(0, |remaining, byte| remaining << 7 | usize::from(byte & 0x7F));
        Self {
            first_byte: bytes.first().copied().unwrap_or_default(),
            is_length_padded: size > 1 && length[size - 1] == 0,
            is_whole: size > 0 && remaining == body.len(),
            fields: Vec::new(),
            rest: body,
            is_cut: false,
        }
    }

    /// The type of the packet.
    pub(crate) fn packet_type(&self) -> u8 {
        self.first_byte >> 4
    }

    /// Takes a field off; one that ends early has what is left.
    pub(crate) fn take(&mut self, name: &'static str, kind: Kind, size: usize) -> u16 {
        let at = size.min(self.rest.len());
        self.is_cut |= at < size;
        let (bytes, rest) = self.rest.split_at(at);
        self.rest = rest;
        self.fields.push(Field { name, kind, bytes });
        bytes.iter().fold(0, |number, &byte| number << 8 | u16::from(byte))
    }

    /// Takes a field off that stands behind its length.
    pub(crate) fn take_counted(&mut self, name: &'static str, kind: Kind) {
        let size = self.take("length", Kind::Number, 2);
        self.take(name, kind, size.into());
    }

    /// Takes off all that is left.
    pub(crate) fn take_rest(&mut self, name: &'static str) {
        self.take(name, Kind::Binary, self.rest.len());
    }

    /// Whether there is more to take.
    pub(crate) fn has_more(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Whether it ended before its last field did.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The number of this name, if there is one.
    pub(crate) fn number(&self, name: &str) -> Option<u16> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some(field.bytes.iter().fold(0, |number, &byte| number << 8 | u16::from(byte)))
    }

    /// Whether there is a field of this name, and how it is.
    pub(crate) fn any(&self, name: &str, is: impl Fn(&[u8]) -> bool) -> bool {
        self.fields.iter().any(|field| field.name == name && is(field.bytes))
    }

    /// Whether a field of one of these kinds is as said.
    pub(crate) fn any_of(&self, kinds: &[Kind], is: impl Fn(&[u8]) -> bool) -> bool {
        self.fields.iter().any(|field| kinds.contains(&field.kind) && is(field.bytes))
    }

    /// Whether a string is as said; one that is no UTF-8 is not.
    pub(crate) fn any_text(&self, kinds: &[Kind], is: impl Fn(&str) -> bool) -> bool {
        self.any_of(kinds, |bytes| str::from_utf8(bytes).is_ok_and(&is))
    }
}
