//! The model of a protocol: what a spec says, as data, with the place where it says it.
//!
//! [`parse`](crate::parse) builds it without judgement, [`resolve`](crate::resolve) judges it, a generator reads it.

use std::ops::Range;

/// Bytes of the spec's text.
pub type Span = Range<usize>;

/// A value and the place in the spec where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A spec: one version of one protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocol {
    /// The protocol name that CONNECT carries.
    pub name: Spanned<String>,
    /// The protocol level that CONNECT carries.
    pub level: Spanned<u64>,
    /// Named values, in the order of the spec.
    pub enums: Vec<Enum>,
    /// Control packets, in the order of the spec.
    pub packets: Vec<Packet>,
}

/// A closed set of named values: any other value on the wire is malformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// What the standard calls it.
    pub name: Spanned<String>,
    /// Text for readers of the generated code.
    pub about: About,
    /// The values, in the order of the spec.
    pub variants: Vec<Variant>,
}

/// One value of an [`Enum`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// What the standard calls it.
    pub name: Spanned<String>,
    /// The value on the wire.
    pub value: Spanned<u64>,
    /// Text for readers of the generated code.
    pub about: About,
}

/// What a spec tells people about an item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// The `///` lines above it.
    pub docs: Vec<String>,
    /// The section of the standard that describes it: `3.2.2.3`.
    pub section: Option<Spanned<String>>,
    /// The normative statements that bind it: `MQTT-3.3.1-2`.
    pub statements: Vec<Spanned<String>>,
}

/// An MQTT control packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Its name in the standard: `CONNACK`.
    pub name: Spanned<String>,
    /// The control packet type, the upper four bits of the first byte.
    pub packet_type: Spanned<u64>,
    /// Who may send it.
    pub sender: Spanned<Sender>,
    /// Text for readers of the generated code.
    pub about: About,
    /// The lower four bits of the first byte. Without any, all four are reserved and 0 `[MQTT-2.2.2-1]`.
    pub flags: Vec<Flag>,
    /// Fields between fixed header and payload.
    pub variable: Vec<Field>,
    /// Fields of the payload.
    pub payload: Vec<Field>,
}

/// Who may send a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Client to Server.
    Client,
    /// Server to Client.
    Server,
    /// Either way.
    Both,
}

impl Sender {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Client, Self::Server, Self::Both];

    /// The word for it in a spec.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Both => "both",
        }
    }
}

/// One or more bits of a flags byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// What the bits say.
    pub kind: FlagKind,
    /// The highest of the bits, 7 to 0.
    pub high: u8,
    /// The lowest of the bits; equal to `high` for a single bit.
    pub low: u8,
    /// Where the bits are named.
    pub bits_span: Span,
    /// `requires qos > 0`: what holds of the packet where the bit is set. Only of a single bit that is a field.
    pub requires: Option<Comparison>,
    /// Text for readers of the generated code.
    pub about: About,
}

impl Flag {
    /// Its bits as a spec names them: `bit 0` or `bits 2..1`.
    pub fn bits(&self) -> String {
        bits(self.high, self.low)
    }
}

/// Bits as a spec names them.
pub(crate) fn bits(high: u8, low: u8) -> String {
    if high == low { format!("bit {low}") } else { format!("bits {high}..{low}") }
}

/// What bits of a flags byte say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagKind {
    /// `clean_session: bit 1`, `qos: bits 2..1 as QoS`: a field that is stored in the bits.
    Value {
        /// The optional group that the field belongs to: `will` in `will.qos`.
        group: Option<Spanned<String>>,
        /// The field's name.
        name: Spanned<String>,
        /// The enum of its values; without one, it is a single bit and a `bool`.
        of: Option<Spanned<String>>,
    },
    /// `has will: bit 2`: set where the optional field is present; derived, never stored.
    Has(Spanned<String>),
    /// `reserved: bit 0 = 0`: always this value.
    Reserved(Spanned<u64>),
}

/// A field of a variable header or a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Spanned<String>,
    /// What it looks like on the wire.
    pub kind: FieldKind,
    /// When it is there.
    pub presence: Presence,
    /// `requires user_name`: it may only be present together with this other optional field.
    pub requires: Option<Spanned<String>>,
    /// `empty requires clean_session > 0`: what holds of the packet where the field has no bytes.
    pub empty_requires: Option<Comparison>,
    /// Text for readers of the generated code.
    pub about: About,
}

/// What a field looks like on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// A value of a built-in type, and the constant it must equal, if any.
    Value {
        /// The type.
        of: Spanned<Type>,
        /// The constant that it must equal; such a field is written and checked, not stored.
        constant: Option<Spanned<Constant>>,
    },
    /// `u8 as ConnectReturnCode`: one byte that holds a value of this enum.
    Enum(Spanned<String>),
    /// A byte of flags.
    Flags(Vec<Flag>),
    /// Fields that are present or absent together.
    Group(Vec<Field>),
    /// `one or more topic_filter`: elements one after another, up to the end of the packet.
    List(Element),
}

/// What a list repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// `one or more topic_filter`: a value of a built-in type.
    Value(Spanned<Type>),
    /// `one or more u8 as SubackReturnCode`: one byte that holds a value of this enum.
    Enum(Spanned<String>),
    /// `one or more subscription { ... }`: several fields.
    Fields {
        /// What one of the elements is called.
        name: Spanned<String>,
        /// Its fields, in the order of the wire.
        fields: Vec<Field>,
    },
}

/// A built-in type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// One byte.
    U8,
    /// Two bytes, the more significant first (1.5.2).
    U16,
    /// A non-zero two byte integer (2.3.1).
    PacketIdentifier,
    /// Two bytes of length and that many bytes of UTF-8 (1.5.3).
    Utf8,
    /// UTF-8 that names a topic: at least one character, no wildcard (4.7).
    TopicName,
    /// UTF-8 that selects topics: at least one character, wildcards only as whole levels (4.7.1).
    TopicFilter,
    /// Two bytes of length and that many bytes.
    Binary,
    /// All that is left of the packet; only as the last field.
    Rest,
}

impl Type {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::U8,
        Self::U16,
        Self::PacketIdentifier,
        Self::Utf8,
        Self::TopicName,
        Self::TopicFilter,
        Self::Binary,
        Self::Rest,
    ];

    /// The word for it in a spec.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::PacketIdentifier => "packet_identifier",
            Self::Utf8 => "utf8",
            Self::TopicName => "topic_name",
            Self::TopicFilter => "topic_filter",
            Self::Binary => "binary",
            Self::Rest => "rest",
        }
    }
}

/// A value that a spec fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// `= 4`
    Integer(u64),
    /// `= "MQTT"`
    Text(String),
}

/// When a field is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// In every packet.
    Always,
    /// `optional name`: a flag `has name` tells.
    Optional,
    /// `if qos > 0`: an earlier flag or enum of the same packet tells.
    If(Comparison),
}

/// `qos > 0`, `return_code = 0`: what is so of a flag or an enum of the packet, true or false counting as 1 or 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The flag, or the field that holds an enum.
    pub name: Spanned<String>,
    /// How the two compare.
    pub relation: Relation,
    /// The value that it is compared with.
    pub value: Spanned<u64>,
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Above,
    /// `=`
    Equal,
}

impl Relation {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Above, Self::Equal];

    /// The sign for it in a spec.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::Equal => "=",
        }
    }

    /// Whether it holds between these two.
    pub const fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Self::Above => left > right,
            Self::Equal => left == right,
        }
    }
}
