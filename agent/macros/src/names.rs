//! Names that the user writes: what is known, and what was probably meant.

use proc_macro2::Ident;

use crate::errors::Errors;

/// Which of the known names this is. Any other one is reported, and taken for the one that it resembles, if any.
pub(crate) fn resolve(kind: &str, name: &Ident, known: &[&'static str], errors: &mut Errors) -> Option<&'static str> {
    let text = name.to_string();
    let meant = similar(&text, known);
    match meant {
        Some(meant) if meant == text => {}
        Some(meant) => errors.at(name, format!("unknown {kind}: did you mean `{meant}`?")),
        None => errors.at(name, format!("unknown {kind}, expected {}", list(known))),
    }
    meant
}

/// The known name that is this one, or so close to it that no other can be meant.
pub(crate) fn similar(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let close = known.iter().copied().filter(|known| distance(known) <= known.len() / 3);
    close.min_by_key(|known| distance(known))
}

/// The known names, as part of a sentence.
pub(crate) fn list(known: &[&str]) -> String {
    let quoted: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_finds_what_is_meant() {
        let known = ["mqtt", "commands", "packet"];
        assert_eq!(similar("packet", &known), Some("packet"));
        assert_eq!(similar("comands", &known), Some("commands"));
        assert_eq!(similar("Packets", &known), Some("packet"));
        assert_eq!(similar("queue", &known), None);
    }

    #[test]
    fn list_reads_like_a_sentence() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b"]), "`a` or `b`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
