//! Types: an enum for each enum, a borrowed struct for each packet and each group.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use slimqtt_spec::Source;
use slimqtt_spec::defs::{Enum, Field, FieldKind, Flag, FlagKind, Packet, Presence, Type};

use super::docs::docs;
use super::{decode, encode};
use crate::length::remaining_length;
use crate::name::{ident, type_name};

pub(super) fn enumeration(def: &Enum) -> TokenStream {
    let name = ident(&def.name.value);
    let about = docs(&def.about);
    let variants = def.variants.iter().map(|variant| {
        let (name, about) = (ident(&variant.name.value), docs(&variant.about));
        let value = Literal::u64_unsuffixed(variant.value.value);
        quote! { #about #name = #value, }
    });
    let from = def.variants.iter().map(|variant| {
        let name = ident(&variant.name.value);
        let value = Literal::u64_unsuffixed(variant.value.value);
        quote! { #value => Some(Self::#name), }
    });
    let from_doc = format!(" The {} of this value, if there is one.", def.name.value);
    quote! {
        #about
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum #name { #(#variants)* }

        impl #name {
            #[doc = #from_doc]
            pub const fn from_u8(value: u8) -> Option<Self> {
                match value { #(#from)* _ => None }
            }
        }
    }
}

pub(super) fn packet(source: &Source, packet: &Packet) -> TokenStream {
    let name = type_name(&packet.name.value);
    let fields = || packet.variable.iter().chain(&packet.payload);

    let mut members: Vec<TokenStream> = packet.flags.iter().filter_map(|flag| stored(flag, None)).collect();
    for field in fields() {
        match &field.kind {
            FieldKind::Flags(flags) => members.extend(flags.iter().filter_map(|flag| stored(flag, None))),
            _ => members.extend(member(field)),
        }
    }
    let lifetime = borrows(fields()).then(|| quote! { <'a> });
    let elided = lifetime.as_ref().map(|_| quote! { <'_> });
    let groups = fields().filter_map(|field| group(packet, field));
    let body = if members.is_empty() {
        quote! { ; }
    } else {
        quote! { { #(#members)* } }
    };

    let title = format!(" {}: ", packet.name.value);
    let mut about = packet.about.clone();
    match about.docs.first_mut() {
        Some(first) => first.insert_str(0, title.trim_start()),
        None => about.docs.push(format!("The {} packet.", packet.name.value)),
    }
    let about = docs(&about);
    let consts = consts(packet);
    let encode = encode::body(source, packet);
    let decode = decode::function(source, packet);
    quote! {
        #(#groups)*

        #about
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct #name #lifetime #body

        impl #lifetime #name #lifetime {
            #consts

            /// Writes the packet, also at compile time. See [`Encode::encode`].
            pub const fn encode(&self, writer: &mut Writer<'_>) { #encode }

            #decode
        }

        impl Encode for #name #elided {
            fn encode(&self, writer: &mut Writer<'_>) {
                Self::encode(self, writer);
            }
        }
    }
}

/// What is known of a packet without any of its fields.
fn consts(packet: &Packet) -> TokenStream {
    let packet_type = Literal::u64_unsuffixed(packet.packet_type.value);
    let (min, max) = remaining_length(packet);
    let (min_literal, max_literal) = (Literal::usize_unsuffixed(min), Literal::usize_unsuffixed(max));
    let fixed = encode::has_fixed_flags(packet);
    let first_byte = fixed.then(|| {
        let first_byte = encode::first_byte(packet);
        quote! {
            /// The first byte of the packet: its type and its reserved flags (2.2).
            pub const FIRST_BYTE: u8 = #first_byte;
        }
    });
    let bytes = (fixed && max == 0).then(|| {
        quote! {
            /// The whole packet: it has no fields.
            pub const BYTES: [u8; 2] = [Self::FIRST_BYTE, 0];
        }
    });
    quote! {
        /// The control packet type (2.2.1).
        pub const PACKET_TYPE: u8 = #packet_type;
        #first_byte
        #bytes
        /// The least remaining length, in bytes.
        pub const MIN_REMAINING_LENGTH: usize = #min_literal;
        /// The greatest remaining length, in bytes.
        pub const MAX_REMAINING_LENGTH: usize = #max_literal;
    }
}

/// The struct of a group of fields, which its flags belong to as well.
fn group(packet: &Packet, field: &Field) -> Option<TokenStream> {
    let FieldKind::Group(members) = &field.kind else {
        return None;
    };
    let name = type_name(&field.name.value);
    let about = docs(&field.about);
    let lifetime = borrows(members).then(|| quote! { <'a> });
    let flags = group_flags(packet, &field.name.value)
        .into_iter()
        .filter_map(|flag| stored(flag, Some(field)));
    let members = members.iter().filter_map(member);
    Some(quote! {
        #about
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct #name #lifetime { #(#flags)* #(#members)* }
    })
}

/// The flags that belong to an optional group, wherever in the packet they stand.
pub(super) fn group_flags<'a>(packet: &'a Packet, group: &str) -> Vec<&'a Flag> {
    let in_fields = packet
        .variable
        .iter()
        .chain(&packet.payload)
        .filter_map(|field| match &field.kind {
            FieldKind::Flags(flags) => Some(flags),
            _ => None,
        });
    in_fields
        .flatten()
        .filter(|flag| matches!(&flag.kind, FlagKind::Value { group: Some(of), .. } if of.value == group))
        .collect()
}

/// The struct field of a flag, if it is stored and belongs to this group.
fn stored(flag: &Flag, of: Option<&Field>) -> Option<TokenStream> {
    let FlagKind::Value {
        group,
        name,
        of: enumeration,
    } = &flag.kind
    else {
        return None;
    };
    if group.as_ref().map(|group| &group.value) != of.map(|field| &field.name.value) {
        return None;
    }
    let (name, about) = (ident(&name.value), docs(&flag.about));
    let of = enumeration.as_ref().map_or_else(
        || quote! { bool },
        |of| {
            let of = ident(&of.value);
            quote! { #of }
        },
    );
    Some(quote! { #about pub #name: #of, })
}

/// The struct field of a field; constants are written and checked, not stored.
fn member(field: &Field) -> Option<TokenStream> {
    let of = match &field.kind {
        FieldKind::Value { constant: Some(_), .. } | FieldKind::Flags(_) => return None,
        FieldKind::Value { of, .. } => match of.value {
            Type::U8 => quote! { u8 },
            Type::U16 => quote! { u16 },
            Type::PacketIdentifier => quote! { PacketIdentifier },
            Type::Utf8 | Type::TopicName => quote! { &'a str },
            Type::Binary | Type::Rest => quote! { &'a [u8] },
        },
        FieldKind::Enum(of) => {
            let of = ident(&of.value);
            quote! { #of }
        }
        FieldKind::Group(members) => {
            let name = type_name(&field.name.value);
            let lifetime = borrows(members).then(|| quote! { <'a> });
            quote! { #name #lifetime }
        }
    };
    let of = match field.presence {
        Presence::Always => of,
        Presence::Optional | Presence::If { .. } => quote! { Option<#of> },
    };
    let (name, about) = (ident(&field.name.value), docs(&field.about));
    Some(quote! { #about pub #name: #of, })
}

/// Whether a struct of these fields borrows from the packet's bytes.
fn borrows<'a>(fields: impl IntoIterator<Item = &'a Field>) -> bool {
    fields.into_iter().any(|field| match &field.kind {
        FieldKind::Value { of, constant: None } => {
            matches!(of.value, Type::Utf8 | Type::TopicName | Type::Binary | Type::Rest)
        }
        FieldKind::Group(members) => borrows(members),
        _ => false,
    })
}
