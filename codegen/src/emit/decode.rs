//! Decoders: a list of calls of the reader, in the order of the wire, then the struct.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use slimqtt_spec::Source;
use slimqtt_spec::defs::{Constant, Field, FieldKind, Flag, FlagKind, Packet, Presence, Type};

use super::items::group_flags;
use super::marker::marker;
use crate::name::{ident, type_name};

pub(super) fn function(source: &Source, packet: &Packet) -> TokenStream {
    let fields = || packet.variable.iter().chain(&packet.payload);
    let header = match packet.flags.is_empty() {
        true => quote! { reader.require(first_byte & 0x0F == 0); },
        false => {
            let flags = packet
                .flags
                .iter()
                .map(|flag| read_flag(source, flag, &quote! { first_byte }));
            quote! { #(#flags)* }
        }
    };
    let reads = fields().map(|f| field(source, packet, f));
    let members: Vec<_> = packet
        .flags
        .iter()
        .filter_map(stored)
        .chain(fields().flat_map(names))
        .collect();
    let decoded = if members.is_empty() {
        quote! { Self }
    } else {
        quote! { Self { #(#members),* } }
    };
    let marker = marker(source, &packet.name.span);
    let lifetime = match fields()
        .any(|field| matches!(&field.kind, FieldKind::Value { of, constant: None } if is_borrowed(of.value)))
    {
        true => quote! { 'a },
        false => quote! { '_ },
    };
    quote! {
        /// Reads the packet from its first byte and what follows the fixed header.
        ///
        /// # Errors
        /// [`DecodeError`] where any rule of the standard that concerns the packet alone is broken.
        pub fn decode(first_byte: u8, mut reader: Reader<#lifetime>) -> Result<Self, DecodeError> {
            #marker
            reader.require(first_byte >> 4 == Self::PACKET_TYPE);
            #header
            #(#reads)*
            let packet = #decoded;
            reader.finish(packet)
        }
    }
}

const fn is_borrowed(of: Type) -> bool {
    matches!(of, Type::Utf8 | Type::TopicName | Type::Binary | Type::Rest)
}

/// The name of a flag that is a field of the packet itself.
fn stored(flag: &Flag) -> Option<syn::Ident> {
    match &flag.kind {
        FlagKind::Value { group: None, name, .. } => Some(ident(&name.value)),
        _ => None,
    }
}

/// The struct fields that a field of the spec gives.
fn names(field: &Field) -> Vec<syn::Ident> {
    match &field.kind {
        FieldKind::Value { constant: Some(_), .. } => Vec::new(),
        FieldKind::Flags(flags) => flags.iter().filter_map(stored).collect(),
        _ => vec![ident(&field.name.value)],
    }
}

/// Reads flags that are no part of a group, and checks reserved ones.
fn read_flag(source: &Source, flag: &Flag, byte: &TokenStream) -> Option<TokenStream> {
    let marker = |name| marker(source, name);
    Some(match &flag.kind {
        FlagKind::Value { group: None, name, .. } => {
            let (marker, ident, value) = (marker(&name.span), ident(&name.value), flag_value(flag, byte));
            quote! { #marker let #ident = #value; }
        }
        FlagKind::Reserved(value) => {
            let (marker, mask) = (marker(&value.span), mask(flag));
            let expected = Literal::u64_unsuffixed(value.value << flag.low);
            quote! { #marker reader.require(#byte & #mask == #expected); }
        }
        _ => return None,
    })
}

fn flag_value(flag: &Flag, byte: &TokenStream) -> TokenStream {
    let FlagKind::Value { of: Some(of), .. } = &flag.kind else {
        let mask = mask(flag);
        return quote! { #byte & #mask != 0 };
    };
    let of = ident(&of.value);
    let (low, width) = (Literal::u8_unsuffixed(flag.low), hex(mask_of(flag) >> flag.low));
    quote! { #of::from_u8(#byte >> #low & #width).ok_or(DecodeError)? }
}

/// The bits of a flag, in its byte.
const fn mask_of(flag: &Flag) -> u8 {
    (((1_u16 << (flag.high - flag.low + 1)) - 1) << flag.low) as u8
}

fn mask(flag: &Flag) -> TokenStream {
    hex(mask_of(flag))
}

fn hex(byte: u8) -> TokenStream {
    format!("0x{byte:02X}").parse().expect("a literal")
}

fn field(source: &Source, packet: &Packet, field: &Field) -> TokenStream {
    let name = ident(&field.name.value);
    let marker = marker(source, &field.name.span);
    let read = match &field.kind {
        FieldKind::Flags(flags) => {
            let reads = flags
                .iter()
                .filter_map(|flag| read_flag(source, flag, &quote! { #name }));
            quote! {
                let #name = reader.u8();
                #(#reads)*
            }
        }
        FieldKind::Value {
            of,
            constant: Some(constant),
        } => {
            let read = read(of.value);
            let constant = match &constant.value {
                Constant::Integer(value) => {
                    let value = Literal::u64_unsuffixed(*value);
                    quote! { #value }
                }
                Constant::Text(text) => quote! { #text },
            };
            quote! {
                let #name = #read;
                reader.require(#name == #constant);
            }
        }
        _ => present(source, packet, field),
    };
    quote! { #marker #read }
}

/// A stored field, with the condition under which it is there.
fn present(source: &Source, packet: &Packet, field: &Field) -> TokenStream {
    let name = ident(&field.name.value);
    let value = value(source, packet, field);
    match &field.presence {
        Presence::Always => quote! { let #name = #value; },
        Presence::If { flag, above } => {
            let (flag, above) = (ident(&flag.value), Literal::u64_unsuffixed(above.value));
            quote! { let #name = if #flag as u8 > #above { Some(#value) } else { None }; }
        }
        Presence::Optional => {
            let condition = has(packet, &field.name.value);
            let absent = absent_group(packet, field);
            let requires = field.requires.as_ref().map(|required| {
                let required = ident(&required.value);
                quote! { reader.require(#name.is_none() || #required.is_some()); }
            });
            quote! {
                let #name = if #condition { Some(#value) } else { #absent None };
                #requires
            }
        }
    }
}

/// The condition of the `has` flag of an optional field.
fn has(packet: &Packet, optional: &str) -> TokenStream {
    for field in &packet.variable {
        let FieldKind::Flags(flags) = &field.kind else { continue };
        let byte = ident(&field.name.value);
        for flag in flags {
            if matches!(&flag.kind, FlagKind::Has(name) if name.value == optional) {
                let mask = mask(flag);
                return quote! { #byte & #mask != 0 };
            }
        }
    }
    unreachable!("a resolved spec has a flag for each optional field")
}

/// The flags of a group that is absent are 0.
fn absent_group(packet: &Packet, field: &Field) -> TokenStream {
    let flags = group_flags(packet, &field.name.value);
    let checks = packet.variable.iter().filter_map(|holder| {
        let FieldKind::Flags(held) = &holder.kind else {
            return None;
        };
        let mask = held
            .iter()
            .filter(|flag| flags.contains(flag))
            .fold(0, |mask, flag| mask | mask_of(flag));
        let (byte, mask_literal) = (ident(&holder.name.value), hex(mask));
        (mask != 0).then(|| quote! { reader.require(#byte & #mask_literal == 0); })
    });
    quote! { #(#checks)* }
}

/// Reads the value of a field that is there.
fn value(source: &Source, packet: &Packet, field: &Field) -> TokenStream {
    match &field.kind {
        FieldKind::Value { of, .. } => read(of.value),
        FieldKind::Enum(of) => {
            let of = ident(&of.value);
            quote! { #of::from_u8(reader.u8()).ok_or(DecodeError)? }
        }
        FieldKind::Group(members) => {
            let name = type_name(&field.name.value);
            let holder = |flag: &Flag| {
                packet.variable.iter().find_map(|field| match &field.kind {
                    FieldKind::Flags(flags) if flags.contains(flag) => Some(ident(&field.name.value)),
                    _ => None,
                })
            };
            let flags = group_flags(packet, &field.name.value).into_iter().filter_map(|flag| {
                let (FlagKind::Value { name, .. }, Some(byte)) = (&flag.kind, holder(flag)) else {
                    return None;
                };
                let (name, value) = (ident(&name.value), flag_value(flag, &quote! { #byte }));
                Some(quote! { #name: #value })
            });
            let members = members.iter().map(|member| {
                let (name, value) = (ident(&member.name.value), value(source, packet, member));
                quote! { #name: #value }
            });
            let all = flags.chain(members);
            quote! { #name { #(#all),* } }
        }
        FieldKind::Flags(_) => unreachable!("flags are read as a byte"),
    }
}

fn read(of: Type) -> TokenStream {
    match of {
        Type::U8 => quote! { reader.u8() },
        Type::U16 => quote! { reader.u16() },
        Type::PacketIdentifier => quote! { reader.packet_identifier() },
        Type::Utf8 => quote! { reader.utf8() },
        Type::TopicName => quote! { reader.topic_name() },
        Type::Binary => quote! { reader.binary() },
        Type::Rest => quote! { reader.rest() },
    }
}
