//! The words and signs of the language, and what stands between them.

use super::{Input, Parsed};
use crate::defs::Spanned;
use crate::{Code, Diagnostic};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{bin_digit1, char, digit1, hex_digit1, one_of};
use nom::combinator::{eof, not, peek, recognize, verify};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{Input as _, Parser};

/// Blanks within a line.
fn blank(input: Input<'_>) -> Input<'_> {
    input.take_from(input.find(|c| !matches!(c, ' ' | '\t' | '\r')).unwrap_or(input.len()))
}

/// Blanks, line ends and comments.
pub(super) fn gap(mut input: Input<'_>) -> Input<'_> {
    loop {
        input = input.take_from(input.find(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).unwrap_or(input.len()));
        if !input.starts_with('#') {
            return input;
        }
        input = input.take_from(input.find('\n').unwrap_or(input.len()));
    }
}

/// A parser that notes what it expects, knows where its value stands, and takes the blanks behind it.
fn token<'a, T>(
    what: impl Into<String>,
    mut parser: impl Parser<Input<'a>, Output = T, Error = ()>,
) -> impl Parser<Input<'a>, Output = Spanned<T>, Error = ()> {
    let what = what.into();
    move |input: Input<'a>| match parser.parse(input) {
        Ok((rest, value)) => {
            let span = input.location_offset()..rest.location_offset();
            Ok((blank(rest), Spanned { value, span }))
        }
        Err(error) => {
            input.extra.expected(input.location_offset(), &what);
            Err(error)
        }
    }
}

fn owned<'a>(
    parser: impl Parser<Input<'a>, Output = Input<'a>, Error = ()>,
) -> impl Parser<Input<'a>, Output = String, Error = ()> {
    parser.map(|text: Input<'a>| text.into_fragment().to_owned())
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Letters, digits and `_`.
pub(super) fn word(input: Input<'_>) -> Parsed<'_, &str> {
    take_while1(is_word).map(|word: Input<'_>| word.into_fragment()).parse(input)
}

/// A word with a meaning. No word is reserved: before `:` and `=` any of them is a name.
pub(super) fn keyword<'a>(keyword: &'static str) -> impl Parser<Input<'a>, Output = Spanned<String>, Error = ()> {
    let is_name = |input| one_of(":=").parse(blank(input));
    let word = verify(word, move |word: &str| word == keyword);
    token(format!("`{keyword}`"), terminated(word, not(is_name)).map(str::to_owned))
}

/// The one name with a meaning: nobody describes these bits.
pub(super) fn reserved(input: Input<'_>) -> Parsed<'_, ()> {
    let word = verify(word, |word: &str| word == "reserved");
    (token("`reserved`", word), symbol(":")).map(|_| ()).parse(input)
}

/// A word that is not a number; `what` says what it is the name of.
pub(super) fn name<'a>(what: &'static str) -> impl Parser<Input<'a>, Output = Spanned<String>, Error = ()> {
    token(what, verify(word, |word: &str| !word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned))
}

/// A sign.
pub(super) fn symbol<'a>(symbol: &'static str) -> impl Parser<Input<'a>, Output = Spanned<&'a str>, Error = ()> {
    token(format!("`{symbol}`"), tag(symbol).map(|symbol: Input<'a>| symbol.into_fragment()))
}

/// `42`, `0x2A` or `0b101010`
pub(super) fn number(input: Input<'_>) -> Parsed<'_, Spanned<u64>> {
    let hexadecimal = preceded(tag("0x"), hex_digit1).map(|digits| (16, digits));
    let binary = preceded(tag("0b"), bin_digit1).map(|digits| (2, digits));
    let decimal = digit1.map(|digits| (10, digits));
    let number = terminated(alt((hexadecimal, binary, decimal)), not(take_while1(is_word)));
    let number = number.map(|(radix, digits): (u32, Input<'_>)| (radix, digits.into_fragment()));
    let (rest, Spanned { value: (radix, digits), span }) = token("a number", number).parse(input)?;
    match u64::from_str_radix(digits, radix) {
        Ok(value) => Ok((rest, Spanned { value, span })),
        Err(_) => {
            let message = "this number is too large for any field";
            let help = format!("the largest number of the language is {}", u64::MAX);
            input.extra.mistake(Diagnostic::new(Code::Syntax, &span, message).help(help));
            Err(nom::Err::Failure(()))
        }
    }
}

/// `"MQTT"`
pub(super) fn text(input: Input<'_>) -> Parsed<'_, Spanned<String>> {
    let inner = take_while(|c| c != '"' && c != '\n');
    token("a quoted text", owned(delimited(char('"'), inner, char('"')))).parse(input)
}

/// `3.1.2`; whether it is well formed is judged later.
pub(super) fn section_number(input: Input<'_>) -> Parsed<'_, Spanned<String>> {
    token("a section number", owned(take_while1(|c| is_word(c) || c == '.' || c == '-'))).parse(input)
}

/// `[MQTT-3.1.0-1]`, if need be on a line of its own; whether it is well formed is judged later.
pub(super) fn statement(input: Input<'_>) -> Parsed<'_, Spanned<String>> {
    let open = token("a statement tag", |input| char('[').parse(gap(input)));
    let inner = token("a statement", owned(take_while1(|c| c != ']' && c != '\n')));
    delimited(open, inner, symbol("]")).parse(input)
}

/// The `///` lines above a declaration.
pub(super) fn docs<'a>(input: Input<'a>) -> Parsed<'a, Vec<String>> {
    many0(|input: Input<'a>| {
        let (rest, line) = preceded(tag("///"), take_while(|c| c != '\n')).parse(input)?;
        let line: &str = line.strip_prefix(' ').unwrap_or(&line);
        Ok((gap(rest), line.trim_end().to_owned()))
    })
    .parse(input)
}

/// Nothing else on this line, or in this block.
pub(super) fn end_of_line(input: Input<'_>) -> Parsed<'_, ()> {
    token("the end of the line", peek(alt((recognize(one_of("\n#}")), eof)))).map(|_| ()).parse(input)
}
