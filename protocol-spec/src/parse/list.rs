//! Lists: one element after another.

use super::block::block;
use super::field::{Value, member};
use super::token::{keyword, name};
use super::value::{TypeOrEnum, type_or_enum};
use super::{Input, Parsed, tail};
use crate::defs::{Element, Fault, FieldKind};
use nom::Parser;
use nom::branch::alt;
use nom::sequence::preceded;

/// `one or more` elements
pub(super) fn list(input: Input<'_>) -> Parsed<'_, Value> {
    preceded((keyword("one"), keyword("or"), keyword("more")), alt((several, single))).parse(input)
}

/// An element of several fields: `subscription section 3.8.3 {` fields `}`
fn several(input: Input<'_>) -> Parsed<'_, Value> {
    (name("an element's name"), tail, block(member))
        .map(|(name, tail, (statements, fields))| {
            Value::new(FieldKind::List(Element::Fields { name, fields }), Fault::MalformedPacket, tail, statements)
        })
        .parse(input)
}

/// `topic_filter` or `u8 as SubackReturnCode`
fn single(input: Input<'_>) -> Parsed<'_, Value> {
    (|input| type_or_enum(input, &[]), tail)
        .map(|(of, tail)| {
            let (element, fault) = match of {
                TypeOrEnum::Type(of) => (Element::Value(of), Fault::MalformedPacket),
                TypeOrEnum::Enum(name, fault) => (Element::Enum(name), fault),
            };
            Value::new(FieldKind::List(element), fault, tail, Vec::new())
        })
        .parse(input)
}
