//! Properties: declared for the protocol, listed by packets.

use super::block::block;
use super::field::default;
use super::token::{docs, keyword, name, number, symbol};
use super::value::{TypeOrEnum, type_or_enum};
use super::{Input, Parsed, about, from_one, tail};
use crate::defs::*;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::opt;
use nom::sequence::preceded;

/// `property maximum_qos = 0x24: u8 as MaximumQoS`, `property authentication_data = 0x16: secret binary`
pub(super) fn property(input: Input<'_>) -> Parsed<'_, Property> {
    let of = preceded(symbol(":"), (opt(keyword("secret")), |input| type_or_enum(input, &[])));
    (docs, keyword("property"), name("a property's name"), preceded(symbol("="), number), of, tail)
        .map(|(docs, _, name, identifier, (secret, of), tail)| {
            let (kind, fault) = match of {
                TypeOrEnum::Type(of) => (PropertyKind::Value(of), Fault::MalformedPacket),
                TypeOrEnum::Enum(name, fault) => (PropertyKind::Enum(name), fault),
            };
            let (secret, about) = (secret.is_some(), about(docs, tail, Vec::new()));
            Property { name, identifier, kind, fault, secret, about }
        })
        .parse(input)
}

/// `properties section 3.3.2.3 {` names of properties `}`
pub(super) fn properties(input: Input<'_>) -> Parsed<'_, Field> {
    (docs, keyword("properties"), opt(default), tail, block(entry))
        .map(|(docs, name, default, tail, (statements, entries))| Field {
            name,
            kind: FieldKind::Properties(entries),
            presence: Presence::Always,
            requires: None,
            empty_requires: None,
            default,
            fault: Fault::MalformedPacket,
            secret: false,
            about: about(docs, tail, statements),
        })
        .parse(input)
}

/// `any number of user_property`, `subscription_identifier from server`, `authentication_data requires x`
fn entry(input: Input<'_>) -> Parsed<'_, PropertyUse> {
    let property = || name("a property's name");
    let required = preceded(keyword("required"), property()).map(|name| (Count::Once, name));
    let any = preceded((keyword("any"), keyword("number"), keyword("of")), property()).map(|name| (Count::Any, name));
    let once = property().map(|name| (Count::AtMostOnce, name));
    let requires = preceded(keyword("requires"), property());
    (docs, alt((required, any, once)), opt(from_one), opt(requires), tail)
        .map(|(docs, (count, name), sender, requires, tail)| {
            let about = about(docs, tail, Vec::new());
            PropertyUse { name, count, sender, requires, about }
        })
        .parse(input)
}
