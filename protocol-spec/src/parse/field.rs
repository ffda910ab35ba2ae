//! Fields and groups of them.

use super::block::block;
use super::flag::flag;
use super::list::list;
use super::property::properties;
use super::requirement::{condition, empty_requirement};
use super::token::{docs, keyword, name, number, symbol, text};
use super::value::{TypeOrEnum, type_or_enum};
use super::{Input, Parsed, Tail, about, tail};
use crate::defs::*;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cond, not, opt};
use nom::sequence::preceded;

/// A field, or a group of them.
pub(super) fn field(input: Input<'_>) -> Parsed<'_, Field> {
    alt((member, group)).parse(input)
}

/// `optional will {` fields `}`
fn group(input: Input<'_>) -> Parsed<'_, Field> {
    (docs, keyword("optional"), name("a group's name"), opt(requires), tail, block(member))
        .map(|(docs, _, name, requires, tail, (statements, fields))| Field {
            name,
            kind: FieldKind::Group(fields),
            presence: Presence::Optional,
            requires,
            empty_requires: None,
            default: None,
            fault: Fault::MalformedPacket,
            secret: false,
            about: about(docs, tail, statements),
        })
        .parse(input)
}

/// A field that is not a group.
pub(super) fn member(input: Input<'_>) -> Parsed<'_, Field> {
    alt((properties, single)).parse(input)
}

/// `optional password: binary requires user_name`
fn single(input: Input<'_>) -> Parsed<'_, Field> {
    let (input, (docs, optional, name, _)) =
        (docs, opt(keyword("optional")), name("a field's name"), symbol(":")).parse(input)?;
    let always = optional.is_none();
    let (input, value) = alt((flags, list, |input| value(input, always))).parse(input)?;

    let presence = match (optional, value.condition) {
        (Some(_), _) => Presence::Optional,
        (None, Some(comparison)) => Presence::If(comparison),
        (None, None) => Presence::Always,
    };
    let Value { kind, fault, secret, default, requires, empty_requires, tail, statements, .. } = value;
    let about = about(docs, tail, statements);
    Ok((input, Field { name, kind, presence, requires, empty_requires, default, fault, secret, about }))
}

/// What stands behind a field's `:`.
pub(super) struct Value {
    kind: FieldKind,
    fault: Fault,
    secret: bool,
    condition: Option<Comparison>,
    default: Option<Spanned<Default>>,
    empty_requires: Option<Requirement>,
    requires: Option<Spanned<String>>,
    tail: Tail,
    statements: Vec<Spanned<String>>,
}

impl Value {
    /// What depends on nothing.
    pub(super) fn new(kind: FieldKind, fault: Fault, tail: Tail, statements: Vec<Spanned<String>>) -> Self {
        let (condition, default, empty_requires, requires) = (None, None, None, None);
        Self { kind, fault, secret: false, condition, default, empty_requires, requires, tail, statements }
    }
}

/// `flags section 3.1.2.3 {` flags `}`
fn flags(input: Input<'_>) -> Parsed<'_, Value> {
    preceded(keyword("flags"), (tail, block(flag)))
        .map(|(tail, (statements, flags))| {
            Value::new(FieldKind::Flags(flags), Fault::MalformedPacket, tail, statements)
        })
        .parse(input)
}

/// `utf8 = "MQTT"`, `u8 as PubackReasonCode default Success`, `packet_identifier if qos > 0`, `secret binary`
fn value(input: Input<'_>, always: bool) -> Parsed<'_, Value> {
    // `flags` and `one` are no types: without `not`, a mistake behind them would be an unknown type.
    let input = not(alt((keyword("flags"), keyword("one")))).parse(input)?.0;
    let (input, secret) = opt(keyword("secret")).parse(input)?;
    let (input, of) = type_or_enum(input, &["flags", "one or more"])?;
    let (input, (kind, fault)) = match of {
        TypeOrEnum::Enum(name, fault) => (input, (FieldKind::Enum(name), fault)),
        TypeOrEnum::Type(of) => opt(preceded(symbol("="), constant))
            .map(|constant| (FieldKind::Value { of: of.clone(), constant }, Fault::MalformedPacket))
            .parse(input)?,
    };
    let may_be_empty = match &kind {
        FieldKind::Value { of, constant: None } => {
            always && matches!(of.value, Type::Utf8 | Type::TopicName | Type::Binary)
        }
        _ => false,
    };
    let (input, condition) = cond(always, opt(condition)).parse(input)?;
    let condition = condition.flatten();
    let empty_requirement = cond(may_be_empty && condition.is_none(), opt(empty_requirement));
    let (input, (default, empty_requires, requires, tail)) =
        (opt(default), empty_requirement, opt(requires), tail).parse(input)?;
    let value = Value::new(kind, fault, tail, Vec::new());
    let (secret, empty_requires) = (secret.is_some(), empty_requires.flatten());
    Ok((input, Value { secret, condition, default, requires, empty_requires, ..value }))
}

/// `default Success` or `default none`
pub(super) fn default(input: Input<'_>) -> Parsed<'_, Spanned<Default>> {
    preceded(keyword("default"), name("`none` or a variant's name"))
        .map(|Spanned { value, span }| {
            let value = if value == "none" { Default::NoProperties } else { Default::Variant(value) };
            Spanned { value, span }
        })
        .parse(input)
}

fn constant(input: Input<'_>) -> Parsed<'_, Spanned<Constant>> {
    let integer = number.map(|Spanned { value, span }| Spanned { value: Constant::Integer(value), span });
    let text = text.map(|Spanned { value, span }| Spanned { value: Constant::Text(value), span });
    alt((integer, text)).parse(input)
}

/// `requires user_name`
fn requires(input: Input<'_>) -> Parsed<'_, Spanned<String>> {
    preceded(keyword("requires"), name("a field's name")).parse(input)
}
