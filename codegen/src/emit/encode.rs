//! Encoders: a list of calls of the writer, in the order of the wire.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use slimqtt_spec::Source;
use slimqtt_spec::defs::{Constant, Field, FieldKind, Flag, FlagKind, Packet, Presence, Type};

use super::items::group_flags;
use super::marker::marker;
use crate::name::ident;

pub(super) fn body(source: &Source, packet: &Packet) -> TokenStream {
    let fields = packet
        .variable
        .iter()
        .chain(&packet.payload)
        .map(|f| field(source, packet, f));
    let marker = marker(source, &packet.name.span);
    let header = match has_fixed_flags(packet) {
        true => quote! { writer.fixed_header(Self::FIRST_BYTE); },
        false => {
            let first_byte = first_byte(packet);
            quote! {
                let first_byte = #first_byte;
                writer.fixed_header(first_byte);
            }
        }
    };
    quote! { #(#fields)* #marker #header }
}

/// Whether the first byte is the same in every packet of the type.
pub(super) fn has_fixed_flags(packet: &Packet) -> bool {
    packet
        .flags
        .iter()
        .all(|flag| matches!(flag.kind, FlagKind::Reserved(_)))
}

/// The first byte of the fixed header (2.2).
pub(super) fn first_byte(packet: &Packet) -> TokenStream {
    let packet_type = Literal::u64_unsuffixed(packet.packet_type.value);
    let flags = packet.flags.iter().filter_map(bits);
    quote! { #packet_type << 4 #(| #flags)* }
}

fn field(source: &Source, packet: &Packet, field: &Field) -> TokenStream {
    let name = ident(&field.name.value);
    let marker = marker(source, &field.name.span);
    let write = match field.presence {
        Presence::Always => write(source, packet, field, &quote! { self.#name }),
        Presence::Optional | Presence::If { .. } => {
            let inner = write(source, packet, field, &quote! { #name });
            let presence = contradiction(field);
            quote! {
                #presence
                if let Some(#name) = self.#name { #inner }
            }
        }
    };
    quote! { #marker #write }
}

/// A field may contradict others by being there, or by not being there.
fn contradiction(field: &Field) -> Option<TokenStream> {
    let name = ident(&field.name.value);
    let condition = match (&field.presence, &field.requires) {
        (Presence::If { flag, above }, _) => {
            let (flag, above) = (ident(&flag.value), Literal::u64_unsuffixed(above.value));
            quote! { self.#name.is_some() != (self.#flag as u8 > #above) }
        }
        (_, Some(required)) => {
            let required = ident(&required.value);
            quote! { self.#name.is_some() && self.#required.is_none() }
        }
        _ => return None,
    };
    Some(quote! { if #condition { writer.fail(EncodeError::Contradiction); } })
}

/// Writes the value of a field that is there.
fn write(source: &Source, packet: &Packet, field: &Field, value: &TokenStream) -> TokenStream {
    match &field.kind {
        FieldKind::Value { of, constant } => {
            let value = match constant.as_ref().map(|constant| &constant.value) {
                Some(Constant::Integer(value)) => {
                    let value = Literal::u64_unsuffixed(*value);
                    quote! { #value }
                }
                Some(Constant::Text(text)) => quote! { #text },
                None => value.clone(),
            };
            match of.value {
                Type::U8 => quote! { writer.u8(#value); },
                Type::U16 => quote! { writer.u16(#value); },
                Type::PacketIdentifier => quote! { writer.u16(#value.get()); },
                Type::Utf8 => quote! { writer.utf8(#value); },
                Type::TopicName => quote! { writer.topic_name(#value); },
                Type::Binary => quote! { writer.binary(#value); },
                Type::Rest => quote! { writer.rest(#value); },
            }
        }
        FieldKind::Enum(_) => quote! { writer.u8(#value as u8); },
        FieldKind::Flags(flags) => {
            let groups = packet
                .variable
                .iter()
                .chain(&packet.payload)
                .filter_map(|group| group_bits(packet, flags, group));
            let bits = flags.iter().filter(|flag| !in_group(flag)).filter_map(bits);
            let terms = bits.chain(groups);
            let name = ident(&field.name.value);
            quote! {
                let #name = #(#terms)|*;
                writer.u8(#name);
            }
        }
        FieldKind::Group(members) => {
            let members = members.iter().map(|member| {
                let name = ident(&member.name.value);
                let marker = marker(source, &member.name.span);
                let write = write(source, packet, member, &quote! { #value.#name });
                quote! { #marker #write }
            });
            quote! { #(#members)* }
        }
    }
}

fn in_group(flag: &Flag) -> bool {
    matches!(flag.kind, FlagKind::Value { group: Some(_), .. })
}

/// The bits of a flag that stands outside any group; none for reserved zeros.
fn bits(flag: &Flag) -> Option<TokenStream> {
    let value = match &flag.kind {
        FlagKind::Value { name, .. } => {
            let name = ident(&name.value);
            quote! { self.#name as u8 }
        }
        FlagKind::Has(name) => {
            let name = ident(&name.value);
            quote! { self.#name.is_some() as u8 }
        }
        FlagKind::Reserved(value) if value.value == 0 => return None,
        FlagKind::Reserved(value) => {
            let value = Literal::u64_unsuffixed(value.value);
            quote! { #value }
        }
    };
    Some(shifted(&value, flag.low))
}

/// The bits of the flags that belong to an optional group: all 0 without it.
fn group_bits(packet: &Packet, flags: &[Flag], field: &Field) -> Option<TokenStream> {
    let name = ident(&field.name.value);
    let terms: Vec<TokenStream> = group_flags(packet, &field.name.value)
        .into_iter()
        .filter(|flag| flags.contains(flag))
        .filter_map(|flag| match &flag.kind {
            FlagKind::Value { name: member, .. } => {
                let member = ident(&member.value);
                Some(shifted(&quote! { #name.#member as u8 }, flag.low))
            }
            _ => None,
        })
        .collect();
    (!terms.is_empty()).then(|| {
        quote! { match self.#name { Some(#name) => #(#terms)|*, None => 0 } }
    })
}

fn shifted(value: &TokenStream, low: u8) -> TokenStream {
    let low = Literal::u8_unsuffixed(low);
    if low.to_string() == "0" {
        quote! { #value }
    } else {
        quote! { (#value) << #low }
    }
}
