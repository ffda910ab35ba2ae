//! Blocks of declarations, in which one mistake does not hide the next.

use super::found::{line, quoted};
use super::token::{docs, end_of_line, gap, statement, symbol, word};
use super::{Input, Spanned};
use crate::{Code, Diagnostic};
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::one_of;
use nom::combinator::{eof, peek, verify};
use nom::multi::many0;
use nom::sequence::terminated;
use nom::{Input as _, Parser};

/// The statement tags behind the `{`, and the declarations.
pub(super) type Block<T> = (Vec<Spanned<String>>, Vec<T>);

/// `{`, statement tags, declarations on a line each, `}`
///
/// Behind its `{` a block only fails where its `}` is missing: a declaration with a mistake is reported and skipped.
pub(super) fn block<'a, T>(
    mut declaration: impl Parser<Input<'a>, Output = T, Error = ()>,
) -> impl Parser<Input<'a>, Output = Block<T>, Error = ()> {
    move |input: Input<'a>| {
        let (rest, (open, statements)) = (symbol("{"), many0(statement)).parse(input)?;
        let (mut input, notes) = (gap(rest), rest.extra);
        let mistakes = notes.mistakes().len();
        let mut declared = Vec::new();
        loop {
            if is_end_of_spec(input) {
                notes.mistake(unclosed(&open, input));
                return Err(nom::Err::Failure(()));
            }
            notes.forget();
            if let Ok((rest, close)) = symbol("}").parse(input) {
                if declared.is_empty() && notes.mistakes().len() == mistakes {
                    notes.mistake(empty(&open, &close));
                }
                return Ok((rest, (statements, declared)));
            }
            match terminated(|input| declaration.parse(input), end_of_line).parse(input) {
                Ok((rest, item)) => {
                    declared.push(item);
                    input = gap(rest);
                }
                Err(error) => {
                    notes.report(&error, input);
                    input = gap(recover(input, true));
                }
            }
        }
    }
}

fn unclosed(open: &Spanned<&str>, end: Input<'_>) -> Diagnostic {
    let at = end.location_offset();
    Diagnostic::new(Code::UnclosedBlock, &open.span, "this block is never closed")
        .label("opened here")
        .also(&(at..at), "still open here")
        .help("end the block with a `}` on a line of its own".to_owned())
}

fn empty(open: &Spanned<&str>, close: &Spanned<&str>) -> Diagnostic {
    Diagnostic::new(Code::EmptyBlock, &(open.span.start..close.span.end), "this block declares nothing")
        .label("empty")
        .help("remove the block, or declare what belongs into it".to_owned())
}

/// Whether a new item, or nothing at all, begins here: a block cannot go on.
fn is_end_of_spec(input: Input<'_>) -> bool {
    let item = verify(word, |word: &str| matches!(word, "protocol" | "enum" | "property" | "packet"));
    let begins_item = (docs, item, one_of(" \t"), many0(one_of(" \t")), alt((peek(word), peek(tag("\"")).map(|_| ""))));
    alt((eof.map(|_| ()), begins_item.map(|_| ()))).parse(input).is_ok()
}

/// Skips a declaration with a mistake: to the end of its line and of the blocks that it opens.
///
/// In a block, it stops before the `}` of that block.
pub(super) fn recover(declaration: Input<'_>, in_block: bool) -> Input<'_> {
    let mut rest = without_docs(declaration);
    let mut depth = 0_usize;
    while let Some(first) = rest.chars().next() {
        let mut skipped = first.len_utf8();
        match first {
            '{' => depth += 1,
            '}' if depth == 0 && in_block => return rest,
            '}' => depth = depth.saturating_sub(1),
            '"' => skipped = quoted(&rest).len(),
            '#' => skipped = line(&rest).len(),
            '/' if rest.starts_with("///") => skipped = line(&rest).len(),
            '\n' => {
                let next = gap(rest);
                // Tags may stand on a line of their own: they belong to what is skipped.
                if is_end_of_spec(next) || depth == 0 && !next.starts_with('[') {
                    return rest;
                }
                skipped = without_docs(next).location_offset() - rest.location_offset();
            }
            _ => {}
        }
        rest = rest.take_from(skipped);
    }
    rest
}

fn without_docs(declaration: Input<'_>) -> Input<'_> {
    docs(declaration).map_or(declaration, |(rest, _)| rest)
}
