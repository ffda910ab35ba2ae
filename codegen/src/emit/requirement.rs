//! What a flag that is set, or a field that is empty, requires of the rest of the packet.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::{Comparison, FlagKind};

use super::codec::Codec;
use crate::names::{ident, local};
use crate::walk;

/// If this, then that.
struct Requirement<'a> {
    /// The flag or the field.
    name: &'a str,
    /// Whether it is a field, and requires where it is empty.
    empty: bool,
    comparison: &'a Comparison,
}

fn requirements<'a>(codec: &Codec<'a>) -> impl Iterator<Item = Requirement<'a>> {
    let flags = walk::all_flags(codec.packet).filter_map(|flag| match (&flag.kind, &flag.requires) {
        (FlagKind::Value { name, .. }, Some(comparison)) => {
            Some(Requirement { name: &name.value, empty: false, comparison })
        }
        _ => None,
    });
    let fields = walk::fields(codec.packet).filter_map(|field| {
        let comparison = field.empty_requires.as_ref()?;
        Some(Requirement { name: &field.name.value, empty: true, comparison })
    });
    flags.chain(fields)
}

/// Notes the contradiction between two fields.
pub(super) fn encode(codec: &Codec<'_>) -> impl Iterator<Item = TokenStream> {
    requirements(codec).map(|Requirement { name, empty, comparison }| {
        let marker = codec.marker(&comparison.name.span);
        let (name, other) = (ident(name), ident(&comparison.name.value));
        let requires = if empty {
            quote! { self.#name.is_empty() }
        } else {
            quote! { self.#name }
        };
        let fails = codec.fails(comparison, &quote! { self.#other });
        quote! { #marker if #requires && #fails { writer.fail(EncodeError::Contradiction); } }
    })
}

/// Notes that the packet is malformed.
pub(super) fn decode(codec: &Codec<'_>) -> impl Iterator<Item = TokenStream> {
    requirements(codec).map(|Requirement { name, empty, comparison }| {
        let marker = codec.marker(&comparison.name.span);
        let (name, other) = (local(name), local(&comparison.name.value));
        let requires_nothing = if empty {
            quote! { !#name.is_empty() }
        } else {
            quote! { !#name }
        };
        let holds = codec.holds(comparison, &quote! { #other });
        quote! { #marker reader.require(#requires_nothing || #holds); }
    })
}
