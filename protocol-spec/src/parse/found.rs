//! What stands where something else was expected.

use super::Input;
use super::token::is_word;
use crate::defs::Span;

pub(super) struct Found {
    pub(super) span: Span,
    pub(super) what: String,
    pub(super) help: Option<String>,
}

/// What stands at byte `at` of the text, in or behind a declaration.
pub(super) fn found(declaration: Input<'_>, at: usize) -> Found {
    let start = declaration.location_offset();
    let (before, rest) = declaration.split_at_checked(at.saturating_sub(start)).unwrap_or((*declaration, ""));
    let Some(first) = rest.chars().next() else {
        return nothing(start + before.trim_end().len(), "the end of the spec");
    };
    let line = line(rest);
    let token = match first {
        '\n' | '#' => return nothing(start + before.trim_end().len(), "the end of the line"),
        '/' => line.split_whitespace().next().unwrap_or_default(),
        '"' => quoted(line),
        '.' => line.split(|c| c != '.').next().unwrap_or_default(),
        c if is_word(c) => line.split(|c| !is_word(c)).next().unwrap_or_default(),
        c => &rest[..c.len_utf8()],
    };
    let help = match first {
        '/' if token.starts_with("///") => Some("`///` lines stand above the declaration they describe"),
        '/' => Some("a comment begins with `#`, a description with `///`"),
        '"' if token.len() < 2 || !token.ends_with('"') => Some("a quoted text ends with `\"` on the same line"),
        '0' if token.starts_with("0x") => Some("behind `0x` come the digits 0 to 9 and A to F"),
        '0' if token.starts_with("0b") => Some("behind `0b` come the digits 0 and 1"),
        ';' | ',' => Some("a declaration ends with its line, without a sign"),
        _ => None,
    };
    Found { span: at..at + token.len(), what: format!("`{}`", printable(token)), help: help.map(str::to_owned) }
}

fn nothing(at: usize, what: &str) -> Found {
    Found { span: at..at, what: what.to_owned(), help: None }
}

/// A token with its invisible characters made visible.
fn printable(token: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    token.chars().map(escaped).collect()
}

/// The rest of a line, without its end.
pub(super) fn line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// The quoted text that begins here; without a second quote, the rest of the line.
pub(super) fn quoted(text: &str) -> &str {
    let line = line(text);
    line.match_indices('"').nth(1).map_or(line, |(end, quote)| &line[..end + quote.len()])
}
