//! The kinds of mistakes.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// The rule that a spec breaks. The README has a table of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of the README's table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as reports show it: `spec::unknown-enum`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("spec::", $text),)+
                }
            }
        }
    };
}

impl From<Code> for &'static str {
    fn from(code: Code) -> Self {
        code.as_str()
    }
}

codes! {
    /// The text is not of the language.
    Syntax = "syntax",
    /// A `{` without its `}`.
    UnclosedBlock = "unclosed-block",
    /// A block that declares nothing.
    EmptyBlock = "empty-block",
    /// `variable` after `payload`, or a part twice.
    PartOrder = "part-order",
    /// A type that the language does not have.
    UnknownType = "unknown-type",

    /// Two enums of one name.
    DuplicateEnum = "duplicate-enum",
    /// Two variants of one name in an enum.
    DuplicateVariant = "duplicate-variant",
    /// A property that is declared or listed twice.
    DuplicateProperty = "duplicate-property",
    /// Two packets of one name.
    DuplicatePacket = "duplicate-packet",
    /// A field with a name that is taken.
    DuplicateField = "duplicate-field",
    /// A flag with a name that is taken.
    DuplicateFlag = "duplicate-flag",
    /// A name that is not written the way its kind is.
    NameStyle = "name-style",

    /// A section that is not dotted numbers.
    SectionForm = "section-form",
    /// A statement tag that is not `MQTT-<section>-<number>`.
    StatementForm = "statement-form",
    /// A statement twice on one item.
    DuplicateStatement = "duplicate-statement",

    /// A protocol level that does not fit one byte.
    LevelRange = "level-range",
    /// A property's identifier outside of 1 to 127.
    IdentifierRange = "identifier-range",
    /// Two properties of one identifier.
    DuplicateIdentifier = "duplicate-identifier",
    /// A control packet type outside of 1 to 15.
    PacketTypeRange = "packet-type-range",
    /// Two packets of one control packet type.
    DuplicatePacketType = "duplicate-packet-type",

    /// An enum that is not declared.
    UnknownEnum = "unknown-enum",
    /// An enum that nothing refers to.
    UnusedEnum = "unused-enum",
    /// A variant's value that does not fit one byte.
    VariantRange = "variant-range",
    /// Two variants of one value in an enum.
    DuplicateValue = "duplicate-value",

    /// A property that is not declared.
    UnknownProperty = "unknown-property",
    /// A property that no packet carries.
    UnusedProperty = "unused-property",
    /// A type that no property can have.
    PropertyType = "property-type",
    /// More than 32 properties.
    PropertyCount = "property-count",
    /// Properties in an element of a list.
    PropertiesPlace = "properties-place",

    /// A `from` that is always so.
    NeedlessSender = "needless-sender",
    /// Something that one side can never send.
    NeverSent = "never-sent",

    /// A bit outside of its flags.
    BitRange = "bit-range",
    /// Bits that are named from low to high.
    BitOrder = "bit-order",
    /// A bit that two flags claim.
    BitOverlap = "bit-overlap",
    /// A bit that no flag describes.
    BitGap = "bit-gap",
    /// A value of reserved bits that does not fit them.
    ReservedRange = "reserved-range",
    /// A field of several bits without an enum.
    WideFlag = "wide-flag",
    /// A `has` flag of several bits.
    WideHas = "wide-has",
    /// An enum with values that do not fit their bits.
    NarrowBits = "narrow-bits",

    /// `has x` without an optional field `x`.
    UnknownOptional = "unknown-optional",
    /// An optional field without its `has` flag.
    MissingHas = "missing-has",
    /// Two `has` flags for one field.
    DuplicateHas = "duplicate-has",
    /// A flag of a group that does not exist.
    UnknownGroup = "unknown-group",
    /// A comparison with a flag or enum that does not exist.
    UnknownFlag = "unknown-flag",
    /// A flag that comes after the field or group it belongs to.
    LateFlag = "late-flag",
    /// A comparison that never holds.
    NeverMet = "never-met",
    /// `requires x` without a field or property `x`.
    UnknownRequirement = "unknown-requirement",
    /// `requires` between fields or properties of which one is not optional.
    NeedlessRequirement = "needless-requirement",
    /// A field, flag or property that requires itself.
    RequiresItself = "requires-itself",
    /// `unshared x` without a shareable filter `x` in the element.
    UnsharedFilter = "unshared-filter",
    /// A field of a group or element that is not always in it.
    ConditionalMember = "conditional-member",
    /// A byte of flags that is not in every packet.
    ConditionalFlags = "conditional-flags",
    /// A constant that is optional.
    OptionalConstant = "optional-constant",

    /// A constant of another kind than its type.
    ConstantType = "constant-type",
    /// A constant that its type cannot hold.
    ConstantRange = "constant-range",
    /// A constant that is secret.
    SecretConstant = "secret-constant",
    /// A default of another kind than its field.
    DefaultType = "default-type",
    /// A default that is no variant of its enum.
    UnknownVariant = "unknown-variant",
    /// A default of a field that is not in every packet.
    DefaultPlace = "default-place",
    /// `default none` where a property is required.
    RequiredDefault = "required-default",
    /// A field without a default after one that has one.
    MissingDefault = "missing-default",
    /// Fields after a `rest` or a list.
    RestNotLast = "rest-not-last",
    /// A list that is not a field of every payload.
    ListPlace = "list-place",
    /// A `rest` in an element of a list.
    RestInList = "rest-in-list",
    /// A flag of an element that is about something else.
    ElementFlag = "element-flag",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
