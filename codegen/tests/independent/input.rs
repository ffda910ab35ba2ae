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
    /// A variable byte integer.
    Variable,
    Identifier,
    Text,
    TopicName,
    TopicFilter,
    Binary,
}

/// A list of properties.
pub(crate) struct List<'a> {
    pub(crate) name: &'static str,
    /// Where in the packet it begins, behind its length.
    pub(crate) start: usize,
    /// Identifier and bytes of each property, the identifier included.
    pub(crate) properties: Vec<(u8, &'a [u8])>,
    /// Whether a property is longer than what is left of the list.
    pub(crate) is_overrun: bool,
}

/// The bytes of a packet as far as they can be told apart.
pub(crate) struct Input<'a> {
    pub(crate) first_byte: u8,
    /// Whether the remaining length has more bytes than it needs.
    pub(crate) is_length_padded: bool,
    /// Whether the bytes end where the remaining length says.
    pub(crate) is_whole: bool,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) lists: Vec<List<'a>>,
    /// All of it.
    bytes: &'a [u8],
    /// What is left to take apart.
    rest: &'a [u8],
    /// Whether a field ended early.
    is_cut: bool,
    /// Whether nobody can tell where the next field begins.
    is_lost: bool,
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
            lists: Vec::new(),
            bytes,
            rest: body,
            is_cut: false,
            is_lost: false,
        }
    }

    /// The type of the packet.
    pub(crate) fn packet_type(&self) -> u8 {
        self.first_byte >> 4
    }

    /// Takes a field off. One that ends early ends the packet.
    pub(crate) fn take(&mut self, name: &'static str, kind: Kind, size: usize) -> u16 {
        if self.is_lost {
            return 0;
        }
        let Some((bytes, rest)) = self.rest.split_at_checked(size) else {
            self.is_cut = true;
            self.lose();
            return 0;
        };
        self.rest = rest;
        self.fields.push(Field { name, kind, bytes });
        bytes.iter().fold(0, |number, &byte| number << 8 | u16::from(byte))
    }

    /// Takes a field off that stands behind its length.
    pub(crate) fn take_counted(&mut self, name: &'static str, kind: Kind) {
        let size = self.take("length", Kind::Number, 2);
        self.take(name, kind, size.into());
    }

    /// Takes a variable byte integer off. One of more than four bytes ends the packet.
    pub(crate) fn take_variable(&mut self, name: &'static str) -> usize {
        let end = self.rest.iter().take(4).position(|byte| byte & 0x80 == 0);
        self.take(name, Kind::Variable, end.map_or(4, |last| last + 1));
        if end.is_none() {
            self.lose();
        }
        if self.is_lost {
            return 0;
        }
        let bytes = self.fields.last().map_or(&[][..], |field| field.bytes);
        bytes.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7F))
    }

    /// Takes properties off, which stand behind their length. `take` takes the value of one, if there is such a property.
    pub(crate) fn take_list(&mut self, name: &'static str, take: impl Fn(&mut Self, u8) -> Option<()>) {
        let size = self.take_variable("length of properties");
        self.is_cut |= size > self.rest.len();
        if self.is_lost || self.is_cut {
            return self.lose();
        }
        let start = self.bytes.len() - self.rest.len();
        let (list, after) = self.rest.split_at(size);
        self.rest = list;
        let mut properties = Vec::new();
        while self.has_more() {
            let before = self.rest;
            let identifier = before[0];
            self.take("property", Kind::Number, 1);
            if take(self, identifier).is_none() {
                self.take("unknown property", Kind::Number, 0);
                self.lose();
            }
            properties.push((identifier, &before[..before.len() - self.rest.len()]));
        }
        let is_overrun = std::mem::take(&mut self.is_cut);
        self.lists.push(List { name, start, properties, is_overrun });
        if !self.is_lost {
            self.rest = after;
        }
    }

    /// Gives the rest up.
    pub(crate) fn lose(&mut self) {
        self.is_lost = true;
        self.rest = &[];
    }

    /// Takes off all that is left.
    pub(crate) fn take_rest(&mut self, name: &'static str) {
        self.take(name, Kind::Binary, self.rest.len());
    }

    /// Whether there is more to take.
    pub(crate) fn has_more(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Whether nobody can tell where its next field begins.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
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
