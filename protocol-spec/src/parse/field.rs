//! Fields and groups of them.

use super::block::{Block, block};
use super::flag::flag;
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
            about: about(docs, tail, statements),
        })
        .parse(input)
}

/// A field that is not a group: `optional password: binary requires user_name`
fn member(input: Input<'_>) -> Parsed<'_, Field> {
    let (input, (docs, optional, name, _)) =
        (docs, opt(keyword("optional")), name("a field's name"), symbol(":")).parse(input)?;
    // `flags` is no type: without `not`, a mistake behind it would be reported as an unknown type.
    let value = (not(keyword("flags")), value, cond(optional.is_none(), opt(condition)), opt(requires), tail);
    let (input, (kind, condition, requires, tail, statements)) = alt((
        flags.map(|(tail, (statements, flags))| (FieldKind::Flags(flags), None, None, tail, statements)),
        value.map(|(_, kind, condition, requires, tail)| (kind, condition.flatten(), requires, tail, Vec::new())),
    ))
    .parse(input)?;

    let presence = match (optional, condition) {
        (Some(_), _) => Presence::Optional,
        (None, Some((flag, above))) => Presence::If { flag, above },
        (None, None) => Presence::Always,
    };
    Ok((input, Field { name, kind, presence, requires, about: about(docs, tail, statements) }))
}

/// `flags section 3.1.2.3 {` flags `}`
fn flags(input: Input<'_>) -> Parsed<'_, (Tail, Block<Flag>)> {
    preceded(keyword("flags"), (tail, block(flag))).parse(input)
}

/// `utf8 = "MQTT"`, `u8 as ConnectReturnCode`, `binary`
fn value(input: Input<'_>) -> Parsed<'_, FieldKind> {
    let (input, of) = type_name(input)?;
    let (input, named) = cond(of.value == Type::U8, opt(of_enum)).parse(input)?;
    match named.flatten() {
        Some(name) => Ok((input, FieldKind::Enum(name))),
        None => opt(preceded(symbol("="), constant))
            .map(|constant| FieldKind::Value { of: of.clone(), constant })
            .parse(input),
    }
}

fn type_name(input: Input<'_>) -> Parsed<'_, Spanned<Type>> {
    let (rest, Spanned { value: word, span }) = name("a type").parse(input)?;
    if let Some(&value) = Type::ALL.iter().find(|of| of.name() == word) {
        return Ok((rest, Spanned { value, span }));
    }
    let types: Vec<_> = Type::ALL.iter().map(|of| of.name()).chain(["flags"]).collect();
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

/// `if qos > 0`
fn condition(input: Input<'_>) -> Parsed<'_, (Spanned<String>, Spanned<u64>)> {
    (preceded(keyword("if"), name("a flag's name")), preceded(symbol(">"), number)).parse(input)
}

/// `requires user_name`
fn requires(input: Input<'_>) -> Parsed<'_, Spanned<String>> {
    preceded(keyword("requires"), name("a field's name")).parse(input)
}
