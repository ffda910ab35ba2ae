//! From the standard's names to Rust's.

use proc_macro2::Ident;
use quote::format_ident;

/// The type of a packet or group: `Connack` for CONNACK, `LastWill` for `last_will`.
pub(crate) fn type_name(name: &str) -> Ident {
    ident(&name.split('_').map(capitalized).collect::<String>())
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first
        .into_iter()
        .chain(letters.map(|letter| letter.to_ascii_lowercase()))
        .collect()
}

/// A field or an enum, which the spec names as Rust does; a keyword becomes a raw identifier.
pub(crate) fn ident(name: &str) -> Ident {
    syn::parse_str(name).unwrap_or_else(|_| format_ident!("r#{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_groups_and_fields() {
        assert_eq!(type_name("CONNACK"), "Connack");
        assert_eq!(type_name("will"), "Will");
        assert_eq!(type_name("last_will"), "LastWill");
        assert_eq!(ident("topic_name"), "topic_name");
        assert_eq!(ident("type").to_string(), "r#type");
    }
}
