//! Fields and groups of them.

use super::block::block;
use super::comparison::{condition, empty_requirement};
use super::flag::flag;
use super::list::list;
use super::token::{docs, keyword, name, number, symbol, text};
use super::{Input, Parsed, Tail, about, tail};
use crate::defs::*;
use crate::{Code, Diagnostic, suggest};
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
            about: about(docs, tail, statements),
        })
        .parse(input)
}

/// A field that is not a group: `optional password: binary requires user_name`
pub(super) fn member(input: Input<'_>) -> Parsed<'_, Field> {
    let (input, (docs, optional, name, _)) =
        (docs, opt(keyword("optional")), name("a field's name"), symbol(":")).parse(input)?;
    let always = optional.is_none();
    let (input, value) = alt((flags, list, |input| value(input, always))).parse(input)?;

    let presence = match (optional, value.condition) {
        (Some(_), _) => Presence::Optional,
        (None, Some(comparison)) => Presence::If(comparison),
        (None, None) => Presence::Always,
    };
    let Value { kind, requires, empty_requires, tail, statements, .. } = value;
    Ok((input, Field { name, kind, presence, requires, empty_requires, about: about(docs, tail, statements) }))
}

/// What stands behind a field's `:`.
pub(super) struct Value {
    kind: FieldKind,
    condition: Option<Comparison>,
    requires: Option<Spanned<String>>,
    empty_requires: Option<Comparison>,
    tail: Tail,
    statements: Vec<Spanned<String>>,
}

impl Value {
    /// What depends on nothing.
    pub(super) fn new(kind: FieldKind, tail: Tail, statements: Vec<Spanned<String>>) -> Self {
        Self { kind, condition: None, requires: None, empty_requires: None, tail, statements }
    }
}

/// `flags section 3.1.2.3 {` flags `}`
fn flags(input: Input<'_>) -> Parsed<'_, Value> {
    preceded(keyword("flags"), (tail, block(flag)))
        .map(|(tail, (statements, flags))| Value::new(FieldKind::Flags(flags), tail, statements))
        .parse(input)
}

/// `utf8 = "MQTT"`, `u8 as ConnectReturnCode`, `packet_identifier if qos > 0`, `binary requires user_name`
fn value(input: Input<'_>, always: bool) -> Parsed<'_, Value> {
    // `flags` and `one` are no types: without `not`, a mistake behind them would be an unknown type.
    let (input, (_, of)) = (not(alt((keyword("flags"), keyword("one")))), type_or_enum).parse(input)?;
    let (input, kind) = match of {
        TypeOrEnum::Enum(name) => (input, FieldKind::Enum(name)),
        TypeOrEnum::Type(of) => opt(preceded(symbol("="), constant))
            .map(|constant| FieldKind::Value { of: of.clone(), constant })
            .parse(input)?,
    };
    let may_be_empty = match &kind {
        FieldKind::Value { of, constant: None } => always && matches!(of.value, Type::Utf8 | Type::Binary),
        _ => false,
    };
    let (input, condition) = cond(always, opt(condition)).parse(input)?;
    let condition = condition.flatten();
    let empty_requirement = cond(may_be_empty && condition.is_none(), opt(empty_requirement));
    let (input, (empty_requires, requires, tail)) = (empty_requirement, opt(requires), tail).parse(input)?;
    let value = Value::new(kind, tail, Vec::new());
    Ok((input, Value { condition, requires, empty_requires: empty_requires.flatten(), ..value }))
}

/// What a single value is of.
pub(super) enum TypeOrEnum {
    Type(Spanned<Type>),
    Enum(Spanned<String>),
}

/// `binary` or `u8 as ConnectReturnCode`
pub(super) fn type_or_enum(input: Input<'_>) -> Parsed<'_, TypeOrEnum> {
    let (input, of) = type_name(input)?;
    let (input, named) = cond(of.value == Type::U8, opt(of_enum)).parse(input)?;
    Ok((input, named.flatten().map_or(TypeOrEnum::Type(of), TypeOrEnum::Enum)))
}

fn type_name(input: Input<'_>) -> Parsed<'_, Spanned<Type>> {
    let (rest, Spanned { value: word, span }) = name("a type").parse(input)?;
    if let Some(&value) = Type::ALL.iter().find(|of| of.name() == word) {
        return Ok((rest, Spanned { value, span }));
    }
    let types: Vec<_> = Type::ALL.iter().map(|of| of.name()).chain(["flags", "one or more"]).collect();
    let help = match suggest::similar(&word, types.iter().copied()) {
        None if word.starts_with(char::is_uppercase) => Some(format!("a field that holds an enum is `u8 as {word}`")),
        _ => suggest::did_you_mean(&word, "types", &types),
    };
    let message = format!("there is no type `{word}`");
    input.extra.mistake(Diagnostic::new(Code::UnknownType, &span, message).label("not a type").help(help));
    Err(nom::Err::Failure(()))
}

/// `as QoS`
pub(super) fn of_enum(input: Input<'_>) -> Parsed<'_, Spanned<String>> {
    preceded(keyword("as"), name("an enum's name")).parse(input)
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
