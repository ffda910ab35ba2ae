//! Encoders: a list of calls of the writer, in the order of the wire, and the fixed header at last.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::{Default, Field, FieldKind, Flag, FlagKind, Presence, Type};

use super::codec::{Codec, has_fixed_flags};
use super::{list, literal, property, requirement};
use crate::names::{ident, local};
use crate::types;
use crate::walk::{self, FlagsByte};

/// The body of `encode`.
pub(super) fn packet(codec: &Codec<'_>) -> TokenStream {
    let packet = codec.packet;
    let fields = fields(codec, &Vec::from_iter(walk::fields(packet)));
    let requirements = requirement::of_packet(packet).map(|requirement| requirement.encode(codec));
    let marker = codec.marker(&packet.name.span);
    let fixed_header = if has_fixed_flags(packet) {
        quote! { writer.fixed_header(Self::FIRST_BYTE); }
    } else {
        let first_byte = flags(&walk::first_byte(packet), Some(quote! { Self::PACKET_TYPE << 4 }));
        quote! {
            #first_byte
            writer.fixed_header(first_byte);
        }
    };
    quote! { #fields #(#requirements)* #marker #fixed_header }
}

/// The body of `write`, of an element of a list.
pub(super) fn element(codec: &Codec<'_>, fields: &[Field]) -> TokenStream {
    let requirements = requirement::of_element(fields).map(|requirement| requirement.encode(codec));
    let fields = self::fields(codec, &Vec::from_iter(fields));
    quote! { #fields #(#requirements)* }
}

/// Writes fields one after another, up to where the packet may end.
fn fields(codec: &Codec<'_>, fields: &[&Field]) -> TokenStream {
    if let [filter, byte, rest @ ..] = fields
        && let Some(write) = filter_and_flags(codec, filter, byte)
    {
        let rest = self::fields(codec, rest);
        return quote! { #write #rest };
    }
    let [first, rest @ ..] = fields else { return quote! {} };
    let (write, rest) = (field(codec, first), self::fields(codec, rest));
    if first.default.is_none() {
        return quote! { #write #rest };
    }
    let says_more = fields.iter().filter_map(|field| differs_from_default(field));
    quote! { if #(#says_more)||* { #write #rest } }
}

/// Writes a topic filter and the flags behind it, as each subscription has them, by one call: it looks once for room.
fn filter_and_flags(codec: &Codec<'_>, filter: &Field, flags: &Field) -> Option<TokenStream> {
    let is_always = |field: &Field| matches!(field.presence, Presence::Always) && field.default.is_none();
    let (FieldKind::Value { of, constant: None }, FieldKind::Flags(bits)) = (&filter.kind, &flags.kind) else {
        return None;
    };
    if !is_always(filter) || !is_always(flags) {
        return None;
    }
    let name = ident(&filter.name.value);
    let byte = walk::flags_byte(codec.packet, flags, bits);
    let write = types::write_and_u8(of.value, &quote! { self.#name }, &byte.local)?;
    let (filter_marker, flags_marker) = (codec.marker(&filter.name.span), codec.marker(&flags.name.span));
    let byte = self::flags(&byte, None);
    Some(quote! { #flags_marker #byte #filter_marker #write })
}

/// Whether the packet cannot end before a field.
fn differs_from_default(field: &Field) -> Option<TokenStream> {
    let name = ident(&field.name.value);
    match (&field.kind, &field.default.as_ref()?.value) {
        (FieldKind::Enum(of), Default::Variant(variant)) => {
            let (of, variant) = (ident(&of.value), ident(variant));
            Some(quote! { !matches!(self.#name, #of::#variant) })
        }
        _ => Some(quote! { !self.#name.is_empty() }),
    }
}

/// Writes a field, if it is there.
fn field(codec: &Codec<'_>, field: &Field) -> TokenStream {
    let marker = codec.marker(&field.name.span);
    let (name, local) = (ident(&field.name.value), local(&field.name.value));
    let write = match &field.presence {
        Presence::Always => value(codec, field, &quote! { self.#name }),
        // A constant is not stored: the condition alone decides.
        Presence::If(_) if is_constant(field) => {
            let condition = condition(codec, field);
            let write = value(codec, field, &quote! {});
            quote! { if #condition { #write } }
        }
        Presence::Optional | Presence::If(_) => {
            let contradiction = contradiction(codec, field);
            let write = value(codec, field, &quote! { #local });
            quote! {
                #contradiction
                if let Some(#local) = self.#name { #write }
            }
        }
    };
    quote! { #marker #write }
}

fn is_constant(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Value { constant: Some(_), .. })
}

/// The condition under which a field is there, if it has one.
fn condition(codec: &Codec<'_>, field: &Field) -> Option<TokenStream> {
    let Presence::If(comparison) = &field.presence else { return None };
    let name = ident(&comparison.name.value);
    Some(codec.holds(comparison, &quote! { self.#name }))
}

/// A field may contradict others by being there, or by not being there.
fn contradiction(codec: &Codec<'_>, field: &Field) -> Option<TokenStream> {
    let name = ident(&field.name.value);
    let condition = match &field.presence {
        Presence::If(comparison) if codec.is_of_zero(comparison) => {
            let bit = ident(&comparison.name.value);
            Some(quote! { self.#name.is_some() == self.#bit })
        }
        _ => condition(codec, field).map(|condition| quote! { self.#name.is_some() != #condition }),
    };
    let requirement = field.requires.as_ref().map(|required| {
        let required = ident(&required.value);
        quote! { self.#name.is_some() && self.#required.is_none() }
    });
    let contradicts = condition.or(requirement)?;
    Some(quote! { if #contradicts { writer.fail(EncodeError::Contradiction); } })
}

/// Writes the value of a field that is there.
fn value(codec: &Codec<'_>, field: &Field, value: &TokenStream) -> TokenStream {
    match &field.kind {
        FieldKind::Value { of, constant: Some(constant) } => {
            types::write(of.value, &literal::constant(&constant.value))
        }
        FieldKind::Value { of, .. } if of.value == Type::TopicName && field.empty_requires.is_some() => {
            quote! { writer.topic_name_or_empty(#value); }
        }
        FieldKind::Value { of, constant: None } => types::write(of.value, value),
        FieldKind::Enum(_) => quote! { writer.u8(#value as u8); },
        FieldKind::List(element) => list::write(element, value),
        FieldKind::Properties(uses) => {
            let owner = property::owner(codec.packet, field);
            let companions = property::encode_companions(codec, uses, value);
            quote! {
                #value.write(#owner::PROPERTIES, writer);
                #companions
            }
        }
        FieldKind::Flags(bits) => {
            let byte = walk::flags_byte(codec.packet, field, bits);
            let (local, byte) = (&byte.local, flags(&byte, None));
            quote! {
                #byte
                writer.u8(#local);
            }
        }
        FieldKind::Group(members) => {
            let members = members.iter().map(|member| {
                let marker = codec.marker(&member.name.span);
                let name = ident(&member.name.value);
                let write = self::value(codec, member, &quote! { #value.#name });
                quote! { #marker #write }
            });
            quote! { #(#members)* }
        }
    }
}

/// Puts a byte of flags into its variable, together with what `high` gives for the bits that no flag describes.
fn flags(byte: &FlagsByte<'_>, high: Option<TokenStream>) -> TokenStream {
    let mut terms = Vec::from_iter(high);
    let mut groups: Vec<&str> = Vec::new();
    for flag in byte.flags {
        match group_in(byte, flag) {
            Some(group) if groups.contains(&group) => {}
            Some(group) => {
                let local = local(group);
                terms.push(quote! { #local });
                groups.push(group);
            }
            None => terms.extend(bits(flag)),
        }
    }
    let groups = groups.into_iter().map(|group| group_flags(byte, group));
    let local = &byte.local;
    let value = if terms.is_empty() {
        quote! { 0 }
    } else {
        quote! { #(#terms)|* }
    };
    quote! {
        #(#groups)*
        let #local = #value;
    }
}

/// The group that a flag tells of, if fields of that group are in the byte.
fn group_in<'a>(byte: &FlagsByte<'a>, flag: &'a Flag) -> Option<&'a str> {
    match &flag.kind {
        FlagKind::Has(name) if byte.flags.iter().any(|it| walk::group_of(it) == Some(&name.value)) => Some(&name.value),
        _ => walk::group_of(flag),
    }
}

/// Puts the flags that tell of an optional group into a variable: all 0 without it.
fn group_flags(byte: &FlagsByte<'_>, group: &str) -> TokenStream {
    let (name, local) = (ident(group), local(group));
    let terms = byte.flags.iter().filter_map(|flag| match &flag.kind {
        FlagKind::Value { group: Some(of), name, .. } if of.value == group => {
            let name = ident(&name.value);
            Some(shifted(&quote! { #local.#name as u8 }, flag))
        }
        FlagKind::Has(name) if name.value == group => Some(literal::hex(literal::mask(flag))),
        _ => None,
    });
    quote! {
        let #local = match self.#name {
            Some(#local) => #(#terms)|*,
            None => 0,
        };
    }
}

/// The bits of a flag that tells of no group; none for reserved zeros.
pub(super) fn bits(flag: &Flag) -> Option<TokenStream> {
    match &flag.kind {
        FlagKind::Value { name, .. } => {
            let name = ident(&name.value);
            Some(shifted(&quote! { self.#name as u8 }, flag))
        }
        FlagKind::Has(name) => {
            let name = ident(&name.value);
            Some(shifted(&quote! { self.#name.is_some() as u8 }, flag))
        }
        FlagKind::Reserved(value) => (value.value != 0).then(|| literal::hex(literal::in_place(flag, value.value))),
    }
}

fn shifted(value: &TokenStream, flag: &Flag) -> TokenStream {
    match flag.low {
        0 => value.clone(),
        low => {
            let low = literal::decimal(low.into());
            quote! { (#value) << #low }
        }
    }
}
