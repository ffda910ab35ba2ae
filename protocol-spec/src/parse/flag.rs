//! Flags and their bits.

use super::requirement::requirement;
use super::token::{docs, keyword, name, number, reserved, symbol};
use super::value::of_enum;
use super::{Input, Parsed, about, tail};
use crate::defs::*;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cond, not, opt};
use nom::sequence::{preceded, terminated};

/// `has will: bit 2`, `reserved: bit 0 = 0` or `will.qos: bits 4..3 as QoS`
pub(super) fn flag(input: Input<'_>) -> Parsed<'_, Flag> {
    let has = (preceded(keyword("has"), name("an optional field's name")), symbol(":"), bits)
        .map(|(name, _, bits)| (FlagKind::Has(name), bits, Fault::MalformedPacket));
    let always = (reserved, bits, symbol("="), number)
        .map(|(_, bits, _, value)| (FlagKind::Reserved(value), bits, Fault::MalformedPacket));
    let group = opt(terminated(name("a flag's name"), symbol(".")));
    let value = (not(reserved), group, name("a flag's name"), symbol(":"), bits, opt(of_enum));
    let value = value.map(|(_, group, name, _, bits, of)| {
        let (of, fault) = of.map_or((None, Fault::MalformedPacket), |(of, fault)| (Some(of), fault));
        (FlagKind::Value { group, name, of }, bits, fault)
    });

    let (input, (docs, (kind, Bits { high, low, span }, fault))) = (docs, alt((has, always, value))).parse(input)?;
    // Only what is true or false, and in every packet, can require something.
    let is_field = matches!(kind, FlagKind::Value { group: None, of: None, .. });
    let (input, (requires, tail)) = (cond(is_field, opt(requirement)), tail).parse(input)?;
    let (requires, about) = (requires.flatten(), about(docs, tail, Vec::new()));
    Ok((input, Flag { kind, high, low, bits_span: span, requires, fault, about }))
}

struct Bits {
    high: u8,
    low: u8,
    span: Span,
}

/// `bit 3` or `bits 2..1`
fn bits(input: Input<'_>) -> Parsed<'_, Bits> {
    let one = (keyword("bit"), number).map(|(word, bit)| (word.span.start, bit.clone(), bit));
    let many = (keyword("bits"), number, symbol(".."), number).map(|(word, high, _, low)| (word.span.start, high, low));
    // A number above 255 is as far out of range as 255 is.
    let byte = |number: u64| u8::try_from(number).unwrap_or(u8::MAX);
    alt((one, many))
        .map(|(start, high, low)| Bits { high: byte(high.value), low: byte(low.value), span: start..low.span.end })
        .parse(input)
}
