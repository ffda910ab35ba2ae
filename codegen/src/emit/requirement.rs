//! What a flag that is set, or a field that is empty, requires of the rest of the packet or the element.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::{Field, FieldKind, Flag, FlagKind, Packet, Requirement, Span};

use super::codec::Codec;
use super::property;
use crate::names::{ident, local};
use crate::walk;

/// If this, then that.
pub(super) struct Rule<'a> {
    /// The flag or the field.
    name: &'a str,
    /// Whether it is a field, and requires where it is empty.
    empty: bool,
    /// The packet or the field that is to blame.
    place: &'a Span,
    requirement: &'a Requirement,
}

/// Those of a packet.
pub(super) fn of_packet(packet: &Packet) -> impl Iterator<Item = Rule<'_>> {
    let first_byte = packet.flags.iter().filter_map(|flag| of_flag(flag, &packet.name.span));
    first_byte.chain(walk::fields(packet).flat_map(of_field))
}

/// Those of an element of a list.
pub(super) fn of_element(fields: &[Field]) -> impl Iterator<Item = Rule<'_>> {
    fields.iter().flat_map(of_field)
}

fn of_field(field: &Field) -> impl Iterator<Item = Rule<'_>> {
    let place = &field.name.span;
    let flags = match &field.kind {
        FieldKind::Flags(flags) => flags.as_slice(),
        _ => &[],
    };
    let empty = field.empty_requires.iter();
    let empty = empty.map(move |requirement| Rule { name: &field.name.value, empty: true, place, requirement });
    flags.iter().filter_map(move |flag| of_flag(flag, place)).chain(empty)
}

fn of_flag<'a>(flag: &'a Flag, place: &'a Span) -> Option<Rule<'a>> {
    match (&flag.kind, &flag.requires) {
        (FlagKind::Value { name, .. }, Some(requirement)) => {
            Some(Rule { name: &name.value, empty: false, place, requirement })
        }
        _ => None,
    }
}

impl Rule<'_> {
    /// Notes the contradiction between two fields.
    pub(super) fn encode(&self, codec: &Codec<'_>) -> TokenStream {
        let name = ident(self.name);
        let requires = if self.empty {
            quote! { self.#name.is_empty() }
        } else {
            quote! { self.#name }
        };
        let (marker, fails) = match self.requirement {
            Requirement::Holds(comparison) => {
                let other = ident(&comparison.name.value);
                (&comparison.name.span, codec.fails(comparison, &quote! { self.#other }))
            }
            Requirement::Carries(name) => {
                let bit = property::bit(name);
                (&name.span, quote! { !self.properties.set.contains(Property::#bit) })
            }
            Requirement::Unshared(name) => {
                let filter = ident(&name.value);
                (&name.span, quote! { is_shared(self.#filter) })
            }
        };
        let marker = codec.marker(marker);
        quote! { #marker if #requires && #fails { writer.fail(EncodeError::Contradiction); } }
    }

    /// Notes the protocol error.
    pub(super) fn decode(&self, codec: &Codec<'_>) -> TokenStream {
        let name = local(self.name);
        let requires_nothing = if self.empty {
            quote! { !#name.is_empty() }
        } else {
            quote! { !#name }
        };
        let (marker, holds) = match self.requirement {
            Requirement::Holds(comparison) => {
                let other = local(&comparison.name.value);
                (&comparison.name.span, codec.holds(comparison, &quote! { #other }))
            }
            Requirement::Carries(name) => {
                let bit = property::bit(name);
                (&name.span, quote! { properties.set.contains(Property::#bit) })
            }
            Requirement::Unshared(name) => {
                let filter = local(&name.value);
                (&name.span, quote! { !is_shared(#filter) })
            }
        };
        let (marker, place) = (codec.marker(marker), codec.place(self.place));
        quote! {
            #marker
            reader.at(#place);
            reader.allow(#requires_nothing || #holds);
        }
    }
}
