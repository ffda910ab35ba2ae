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
    /// Properties that packets may carry, in the order of the spec.
    pub properties: Vec<Property>,
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
    /// `from server`: who alone may send it; without it, whoever sends the packet.
    pub sender: Option<Spanned<Sender>>,
    /// Text for readers of the generated code.
    pub about: About,
}

/// A value with an identifier of its own, which packets list in any order (MQTT 5.0, 2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// What the standard calls it.
    pub name: Spanned<String>,
    /// The identifier on the wire.
    pub identifier: Spanned<u64>,
    /// What its value looks like.
    pub kind: PropertyKind,
    /// What a value outside of its enum is.
    pub fault: Fault,
    /// `secret binary`: nobody may read the value in a log.
    pub secret: bool,
    /// Text for readers of the generated code.
    pub about: About,
}

/// What the value of a [`Property`] looks like on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyKind {
    /// A value of a built-in type.
    Value(Spanned<Type>),
    /// `u8 as MaximumQoS`: one byte that holds a value of this enum.
    Enum(Spanned<String>),
}

/// A property that a packet may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyUse {
    /// The property.
    pub name: Spanned<String>,
    /// How often the packet may carry it.
    pub count: Count,
    /// `from server`: who alone may send it; without it, whoever sends the packet.
    pub sender: Option<Spanned<Sender>>,
    /// `requires authentication_method`: the property that has to be there too.
    pub requires: Option<Spanned<String>>,
    /// Text for readers of the generated code.
    pub about: About,
}

/// How often a packet may carry a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Once or not at all.
    AtMostOnce,
    /// `required`: once.
    Once,
    /// `any number of`
    Any,
}

/// What a receiver calls the mistake that it closes the connection with (MQTT 5.0, 4.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes cannot be read as a packet: reason code 0x81.
    MalformedPacket,
    /// `or protocol error`: they can, and say what is not allowed: reason code 0x82.
    ProtocolError,
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
    pub requires: Option<Requirement>,
    /// What a value outside of its enum is.
    pub fault: Fault,
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
    pub empty_requires: Option<Requirement>,
    /// `default Success`, `default none`: the packet may end before this field, which then has this value.
    pub default: Option<Spanned<Default>>,
    /// What a value outside of its enum is.
    pub fault: Fault,
    /// `secret binary`: nobody may read the value in a log.
    pub secret: bool,
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
    /// `properties { ... }`: those of these properties that the packet carries, in any order.
    Properties(Vec<PropertyUse>),
}

/// The value of a field that the packet ends before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Default {
    /// `default Success`: this variant of the field's enum.
    Variant(String),
    /// `default none`: no properties.
    NoProperties,
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
    /// One byte that is 0 or 1; any other value is a protocol error.
    Bool,
    /// Two bytes, the more significant first (1.5.2).
    U16,
    /// Four bytes, the most significant first (MQTT 5.0, 1.5.3).
    U32,
    /// A two byte integer; 0 is a protocol error.
    NonzeroU16,
    /// A four byte integer; 0 is a protocol error.
    NonzeroU32,
    /// One to four bytes of seven bits each, the least significant first; 0 is a protocol error (MQTT 5.0, 3.8.2.1.2).
    SubscriptionIdentifier,
    /// A non-zero two byte integer (2.3.1).
    PacketIdentifier,
    /// Two bytes of length and that many bytes of UTF-8 (1.5.3).
    Utf8,
    /// Two strings, a name and its value (MQTT 5.0, 1.5.7).
    Utf8Pair,
    /// UTF-8 that names a topic: at least one character, no wildcard (4.7).
    TopicName,
    /// UTF-8 that selects topics: at least one character, wildcards only as whole levels (4.7.1).
    TopicFilter,
    /// A topic filter, or one for a shared subscription: `$share/`, a name and `/` in front of it (MQTT 5.0, 4.8.2).
    ShareableTopicFilter,
    /// Two bytes of length and that many bytes.
    Binary,
    /// All that is left of the packet; only as the last field.
    Rest,
}

impl Type {
    /// Every one.
    pub const ALL: [Self; 15] = [
        Self::U8,
        Self::Bool,
        Self::U16,
        Self::U32,
        Self::NonzeroU16,
        Self::NonzeroU32,
        Self::SubscriptionIdentifier,
        Self::PacketIdentifier,
        Self::Utf8,
        Self::Utf8Pair,
        Self::TopicName,
        Self::TopicFilter,
        Self::ShareableTopicFilter,
        Self::Binary,
        Self::Rest,
    ];

    /// The word for it in a spec.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::Bool => "bool",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::NonzeroU16 => "nonzero_u16",
            Self::NonzeroU32 => "nonzero_u32",
            Self::SubscriptionIdentifier => "subscription_identifier",
            Self::PacketIdentifier => "packet_identifier",
            Self::Utf8 => "utf8",
            Self::Utf8Pair => "utf8_pair",
            Self::TopicName => "topic_name",
            Self::TopicFilter => "topic_filter",
            Self::ShareableTopicFilter => "shareable_topic_filter",
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

/// What has to hold of a packet where one of its flags is set or one of its fields is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// `requires qos > 0`
    Holds(Comparison),
    /// `requires topic_alias`: the packet carries this property.
    Carries(Spanned<String>),
    /// `requires unshared topic_filter`: this field of the same element is a filter, but not for a shared subscription.
    Unshared(Spanned<String>),
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
