//! From the standard's names to Rust's.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use slimqtt_spec::defs::Packet;

/// What encoders and decoders call things of their own.
const LOCALS: [&str; 4] = ["first_byte", "is_shared", "reader", "writer"];

/// The type of a packet, an element or a property: `Connack` for CONNACK, `LastWill` for `last_will`, `ClientPublish` for
/// `PUBLISH from client`.
pub(crate) fn type_name(name: &str) -> Ident {
    let (name, sender) = name.split_once(" from ").map_or((name, None), |(name, sender)| (name, Some(sender)));
    format_ident!("{}", sender.into_iter().chain(name.split('_')).map(capitalized).collect::<String>())
}

/// The type of a group, of which there are two where there are two of its packet.
pub(crate) fn group_type(packet: &Packet, group: &str) -> Ident {
    match packet.name.value.split_once(" from ") {
        Some((_, sender)) => type_name(&format!("{group} from {sender}")),
        None => type_name(group),
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
}

/// A field, a flag, an enum or a variant, which the spec writes as Rust does.
///
/// A keyword becomes a raw identifier. Those that cannot get a `_`, which no name of a spec ends with.
pub(crate) fn ident(name: &str) -> Ident {
    match name {
        "crate" | "self" | "super" => format_ident!("{name}_"),
        // A keyword since the 2024 edition, which syn does not count.
        "gen" => Ident::new_raw(name, Span::call_site()),
        _ => syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site())),
    }
}

/// The variable that holds a field while a packet is encoded or decoded.
pub(crate) fn local(name: &str) -> Ident {
    if LOCALS.contains(&name) { format_ident!("{name}_") } else { ident(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_camel_case() {
        assert_eq!(type_name("CONNACK"), "Connack");
        assert_eq!(type_name("will"), "Will");
        assert_eq!(type_name("last_will"), "LastWill");
        assert_eq!(type_name("PUBLISH from client"), "ClientPublish");
    }

    #[test]
    fn keywords_are_raw_or_end_with_an_underscore() {
        let idents = ["topic_name", "type", "gen", "self", "super", "crate"].map(|name| ident(name).to_string());
        assert_eq!(idents, ["topic_name", "r#type", "r#gen", "self_", "super_", "crate_"]);
    }

    #[test]
    fn locals_leave_the_names_of_parameters_alone() {
        let locals = ["reader", "writer", "first_byte", "type", "topic_name"].map(|name| local(name).to_string());
        assert_eq!(locals, ["reader_", "writer_", "first_byte_", "r#type", "topic_name"]);
    }
}
