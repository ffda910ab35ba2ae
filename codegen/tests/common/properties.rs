//! Which properties there are (MQTT 5.0, table 2-4), by hand and once more, and any lists of them.

use std::num::{NonZeroU16, NonZeroU32};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use slimqtt_agent::wire::mqtt_5_0::{MaximumQoS, PayloadFormatIndicator, Property};
use slimqtt_agent::wire::{EncodeError, SubscriptionIdentifier};

use super::packets::Sender;
use super::values::{bytes, text, topic_name};

/// What the value of a property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A byte up to that.
    Byte(u8),
    U16,
    NonZeroU16,
    U32,
    NonZeroU32,
    /// A variable byte integer, not 0.
    Variable,
    Text,
    TopicName,
    Pair,
    Binary,
}

/// Identifier and kind of each property.
pub(crate) const KINDS: [(u8, Kind); 27] = [
    (0x01, Kind::Byte(1)),
    (0x02, Kind::U32),
    (0x03, Kind::Text),
    (0x08, Kind::TopicName),
    (0x09, Kind::Binary),
    (0x0B, Kind::Variable),
    (0x11, Kind::U32),
    (0x12, Kind::Text),
    (0x13, Kind::U16),
    (0x15, Kind::Text),
    (0x16, Kind::Binary),
    (0x17, Kind::Byte(1)),
    (0x18, Kind::U32),
    (0x19, Kind::Byte(1)),
    (0x1A, Kind::Text),
    (0x1C, Kind::Text),
    (0x1F, Kind::Text),
    (0x21, Kind::NonZeroU16),
    (0x22, Kind::U16),
    (0x23, Kind::NonZeroU16),
    (0x24, Kind::Byte(1)),
    (0x25, Kind::Byte(1)),
    (0x26, Kind::Pair),
    (0x27, Kind::NonZeroU32),
    (0x28, Kind::Byte(1)),
    (0x29, Kind::Byte(1)),
    (0x2A, Kind::Byte(1)),
];

/// The kind of a property, if there is one of this identifier.
pub(crate) fn kind(identifier: u8) -> Option<Kind> {
    KINDS.into_iter().find(|(known, _)| *known == identifier).map(|(_, kind)| kind)
}

/// Which properties a list may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) allowed: &'static [u8],
    /// Those that may be there more than once.
    pub(crate) repeatable: &'static [u8],
    /// Those that have to be there.
    pub(crate) required: &'static [u8],
}

const fn rules(allowed: &'static [u8]) -> Rules {
    Rules { allowed, repeatable: &[0x26], required: &[] }
}

pub(crate) const WILL: Rules = rules(&[0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26]);

/// The properties of a packet of this type, apart from those of its Will.
pub(crate) fn rules_of(packet_type: u8, sender: Sender) -> Rules {
    match (packet_type, sender) {
        (1, _) => rules(&[0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27]),
        (2, _) => rules(&[
            0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x1C, 0x1F, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A,
        ]),
        (3, Sender::Client) => rules(&[0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26]),
        // 3.3.2.3.8: one for each subscription that matches.
        (3, Sender::Server) => {
            Rules { repeatable: &[0x0B, 0x26], ..rules(&[0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26]) }
        }
        (4..=7 | 9 | 11, _) => rules(&[0x1F, 0x26]),
        (8, _) => rules(&[0x0B, 0x26]),
        (10, _) => rules(&[0x26]),
        (14, Sender::Client) => rules(&[0x11, 0x1C, 0x1F, 0x26]),
        // [MQTT-3.14.2-2]
        (14, Sender::Server) => rules(&[0x1C, 0x1F, 0x26]),
        // 3.15.2.2.2
        (15, _) => Rules { required: &[0x15], ..rules(&[0x15, 0x16, 0x1F, 0x26]) },
        _ => unreachable!("a packet without properties"),
    }
}

impl Rules {
    pub(crate) fn has_misplaced(self, identifiers: &[u8]) -> bool {
        identifiers.iter().any(|identifier| !self.allowed.contains(identifier))
    }

    pub(crate) fn has_repeated(self, identifiers: &[u8]) -> bool {
        let is_again = |(at, identifier): (usize, &u8)| identifiers[..at].contains(identifier);
        let mut again = identifiers.iter().enumerate().filter(|entry| is_again(*entry));
        again.any(|(_, identifier)| !self.repeatable.contains(identifier))
    }

    pub(crate) fn has_missing(self, identifiers: &[u8]) -> bool {
        self.required.iter().any(|identifier| !identifiers.contains(identifier))
    }

    /// What is wrong with a list.
    pub(crate) fn mistakes(self, properties: &[AnyProperty]) -> Vec<EncodeError> {
        let identifiers = Vec::from_iter(properties.iter().map(|property| property.identifier));
        let mistakes = [
            (self.has_misplaced(&identifiers), EncodeError::MisplacedProperty),
            (self.has_repeated(&identifiers), EncodeError::RepeatedProperty),
            (self.has_missing(&identifiers), EncodeError::MissingProperty),
        ];
        mistakes.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, mistake)| mistake).collect()
    }

    /// Any lists. Most have some of the allowed properties, in any order and any number of the repeatable ones; in some,
    /// there are others, or one too often.
    pub(crate) fn properties(self) -> BoxedStrategy<Vec<AnyProperty>> {
        let allowed = move |length| vec(select(self.allowed).prop_flat_map(AnyProperty::any), length);
        let once = move |mut properties: Vec<AnyProperty>| {
            let mut seen = Vec::new();
            properties.retain(|AnyProperty { identifier, .. }| {
                let is_again = seen.contains(identifier);
                seen.push(*identifier);
                !is_again || self.repeatable.contains(identifier)
            });
            properties
        };
        let required = Vec::from_iter(self.required.iter().copied().map(AnyProperty::any));
        let with_required = (required, allowed(0..8), any::<prop::sample::Index>());
        let right = with_required.prop_map(move |(required, mut properties, at)| {
            let at = at.index(properties.len() + 1);
            properties.splice(at..at, required);
            once(properties)
        });
        let wrong = vec(select(KINDS.to_vec()).prop_flat_map(|(identifier, _)| AnyProperty::any(identifier)), 1..3);
        let wrong = (allowed(0..4), wrong).prop_map(|(properties, wrong)| [properties, wrong].concat());
        let none = Just(Vec::new());
        prop_oneof![4 => none, 12 => right, 1 => allowed(1..4), 1 => wrong].boxed()
    }
}

/// A property that owns its value.
#[derive(Debug, Clone)]
pub(crate) struct AnyProperty {
    pub(crate) identifier: u8,
    number: u32,
    text: String,
    value: String,
    bytes: Vec<u8>,
}

impl AnyProperty {
    /// Any values of it.
    fn any(identifier: u8) -> BoxedStrategy<Self> {
        let empty = Self { identifier, number: 0, text: String::new(), value: String::new(), bytes: Vec::new() };
        let number = move |numbers: BoxedStrategy<u32>| {
            let empty = empty.clone();
            numbers.prop_map(move |number| Self { number, ..empty.clone() }).boxed()
        };
        let empty = Self { identifier, number: 0, text: String::new(), value: String::new(), bytes: Vec::new() };
        let small_or = |numbers: BoxedStrategy<u32>| prop_oneof![1_u32..4, numbers].boxed();
        match kind(identifier).unwrap() {
            Kind::Byte(most) => number((0..=u32::from(most)).boxed()),
            Kind::U16 => number((0..=0xFFFF_u32).boxed()),
            Kind::NonZeroU16 => number(small_or((1..=0xFFFF_u32).boxed())),
            Kind::U32 => number(any::<u32>().boxed()),
            Kind::NonZeroU32 => number(small_or((1..=u32::MAX).boxed())),
            Kind::Variable => {
                // Around the values at which it grows.
                let edges = vec![1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455];
                number(prop_oneof![select(edges), 1..=268_435_455_u32].boxed())
            }
            Kind::Text => text(0..20).prop_map(move |text| Self { text, ..empty.clone() }).boxed(),
            Kind::TopicName => topic_name().prop_map(move |text| Self { text, ..empty.clone() }).boxed(),
            Kind::Pair => {
                let texts = (text(0..12), text(0..12));
                texts.prop_map(move |(text, value)| Self { text, value, ..empty.clone() }).boxed()
            }
            Kind::Binary => bytes().prop_map(move |bytes| Self { bytes, ..empty.clone() }).boxed(),
        }
    }

    /// The property that borrows the value.
    pub(crate) fn borrow(&self) -> Property<'_> {
        let Self { identifier, number, text, value, bytes } = self;
        let number = *number;
        let is_one = number == 1;
        let u16 = number as u16;
        match identifier {
            0x01 => Property::PayloadFormatIndicator(PayloadFormatIndicator::from_u8(number as u8).unwrap()),
            0x02 => Property::MessageExpiryInterval(number),
            0x03 => Property::ContentType(text),
            0x08 => Property::ResponseTopic(text),
            0x09 => Property::CorrelationData(bytes),
            0x0B => Property::SubscriptionIdentifier(SubscriptionIdentifier::new(number).unwrap()),
            0x11 => Property::SessionExpiryInterval(number),
            0x12 => Property::AssignedClientIdentifier(text),
            0x13 => Property::ServerKeepAlive(u16),
            0x15 => Property::AuthenticationMethod(text),
            0x16 => Property::AuthenticationData(bytes),
            0x17 => Property::RequestProblemInformation(is_one),
            0x18 => Property::WillDelayInterval(number),
            0x19 => Property::RequestResponseInformation(is_one),
            0x1A => Property::ResponseInformation(text),
            0x1C => Property::ServerReference(text),
            0x1F => Property::ReasonString(text),
            0x21 => Property::ReceiveMaximum(NonZeroU16::new(u16).unwrap()),
            0x22 => Property::TopicAliasMaximum(u16),
            0x23 => Property::TopicAlias(NonZeroU16::new(u16).unwrap()),
            0x24 => Property::MaximumQos(MaximumQoS::from_u8(number as u8).unwrap()),
            0x25 => Property::RetainAvailable(is_one),
            0x26 => Property::UserProperty((text, value)),
            0x27 => Property::MaximumPacketSize(NonZeroU32::new(number).unwrap()),
            0x28 => Property::WildcardSubscriptionAvailable(is_one),
            0x29 => Property::SubscriptionIdentifierAvailable(is_one),
            0x2A => Property::SharedSubscriptionAvailable(is_one),
            _ => unreachable!("{identifier}"),
        }
    }
}

/// Whether the property is in the list.
pub(crate) fn has(properties: &[AnyProperty], identifier: u8) -> bool {
    properties.iter().any(|property| property.identifier == identifier)
}
