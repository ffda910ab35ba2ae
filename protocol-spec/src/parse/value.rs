//! What a single value is of: a built-in type or an enum.

use super::token::{keyword, name};
use super::{Input, Parsed};
use crate::defs::{Fault, Spanned, Type};
use crate::{Code, Diagnostic, suggest};
use nom::Parser;
use nom::combinator::{cond, opt};
use nom::sequence::preceded;

pub(super) enum TypeOrEnum {
    Type(Spanned<Type>),
    Enum(Spanned<String>, Fault),
}

/// `binary` or `u8 as ConnectReturnCode`; `others` is what else could stand here.
pub(super) fn type_or_enum<'a>(input: Input<'a>, others: &[&str]) -> Parsed<'a, TypeOrEnum> {
    let (input, of) = type_name(input, others)?;
    let (input, named) = cond(of.value == Type::U8, opt(of_enum)).parse(input)?;
    Ok((input, named.flatten().map_or(TypeOrEnum::Type(of), |(name, fault)| TypeOrEnum::Enum(name, fault))))
}

fn type_name<'a>(input: Input<'a>, others: &[&str]) -> Parsed<'a, Spanned<Type>> {
    let (rest, Spanned { value: word, span }) = name("a type").parse(input)?;
    if let Some(&value) = Type::ALL.iter().find(|of| of.name() == word) {
        return Ok((rest, Spanned { value, span }));
    }
    let types: Vec<_> = Type::ALL.iter().map(|of| of.name()).chain(others.iter().copied()).collect();
    let help = match (word.as_str(), suggest::similar(&word, types.iter().copied())) {
        ("flags" | "one", _) => Some("only a field is `flags` or `one or more`: this is a single value".to_owned()),
        (_, None) if word.starts_with(char::is_uppercase) => {
            Some(format!("a field that holds an enum is `u8 as {word}`"))
        }
        _ => suggest::did_you_mean(&word, "types", &types),
    };
    let message = format!("there is no type `{word}`");
    input.extra.mistake(Diagnostic::new(Code::UnknownType, &span, message).label("not a type").help(help));
    Err(nom::Err::Failure(()))
}

/// `as QoS` or `as QoS or protocol error`
pub(super) fn of_enum(input: Input<'_>) -> Parsed<'_, (Spanned<String>, Fault)> {
    let protocol_error = opt((keyword("or"), keyword("protocol"), keyword("error")));
    let fault = protocol_error.map(|words| words.map_or(Fault::MalformedPacket, |_| Fault::ProtocolError));
    (preceded(keyword("as"), name("an enum's name")), fault).parse(input)
}
