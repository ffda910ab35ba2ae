//! Decoders: a list of calls of the reader, in the order of the wire, and the struct at last.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use slimqtt_spec::defs::{Default, Fault, Field, FieldKind, Flag, FlagKind, Presence, Type};

use super::codec::{Codec, has_fixed_flags};
use super::literal::{self, hex, mask};
use super::{list, property, requirement};
use crate::members::{self, Member};
use crate::names::{group_type, ident, local};
use crate::types;
use crate::walk::{self, FlagsByte};

/// The body of `decode`.
pub(super) fn packet(codec: &Codec<'_>) -> TokenStream {
    let packet = codec.packet;
    let at = codec.at(&packet.name.span);
    let first_byte = if has_fixed_flags(packet) {
        quote! { reader.require(first_byte == Self::FIRST_BYTE); }
    } else {
        let flags = flags(codec, &walk::first_byte(packet), None);
        quote! {
            reader.require(first_byte >> 4 == Self::PACKET_TYPE);
            #flags
        }
    };
    let fields = walk::fields(packet).map(|it| field(codec, it));
    let companions = walk::fields(packet).filter_map(|it| companion(codec, it));
    let requirements = requirement::of_packet(packet).map(|requirement| requirement.decode(codec));
    let decoded = structure(&quote! { Self }, &members::of_packet(packet));
    quote! {
        #at
        #first_byte
        #(#fields)*
        #(#companions)*
        #(#requirements)*
        let packet = #decoded;
        reader.finish(packet)
    }
}

/// The body of `read`, of an element of a list.
pub(super) fn element(codec: &Codec<'_>, fields: &[Field]) -> TokenStream {
    let read = fields.iter().map(|it| field(codec, it));
    let requirements = requirement::of_element(fields).map(|requirement| requirement.decode(codec));
    let element = structure(&quote! { Self }, &members::of_element(fields));
    quote! { #(#read)* #(#requirements)* Ok(#element) }
}

/// Reads a field, if it is there.
fn field(codec: &Codec<'_>, field: &Field) -> TokenStream {
    let at = codec.at(&field.name.span);
    let local = local(&field.name.value);
    let read = match (&field.kind, condition(codec, field)) {
        (FieldKind::Flags(bits), _) => {
            let byte = walk::flags_byte(codec.packet, field, bits);
            let (local, flags) = (&byte.local, flags(codec, &byte, None));
            quote! {
                let #local = reader.u8();
                #flags
            }
        }
        (FieldKind::Value { of, constant: Some(constant) }, condition) => {
            let (read, constant) = (types::read(of.value), literal::constant(&constant.value));
            let read = quote! {
                let #local = #read;
                reader.require(#local == #constant);
            };
            match condition {
                None => read,
                Some(condition) => quote! { if #condition { #read } },
            }
        }
        (FieldKind::Properties(uses), _) => {
            let (_, value) = value(codec, field);
            let companions = property::decode_companions(codec, uses, &local);
            quote! { let #local = #value; #companions }
        }
        (_, None) => {
            let (fields, value) = value(codec, field);
            quote! { #fields let #local = #value; }
        }
        (_, Some(condition)) => {
            let (fields, value) = value(codec, field);
            let (there, absent) = (quote! { #fields Some(#value) }, absent(codec, field));
            let absent = quote! { #absent None };
            match &field.presence {
                Presence::If(comparison) if codec.is_of_zero(comparison) => {
                    let bit = self::local(&comparison.name.value);
                    quote! { let #local = if #bit { #absent } else { #there }; }
                }
                _ => quote! { let #local = if #condition { #there } else { #absent }; },
            }
        }
    };
    quote! { #at #read }
}

/// The condition under which a field is there, if it has one.
fn condition(codec: &Codec<'_>, field: &Field) -> Option<TokenStream> {
    match &field.presence {
        Presence::Always => None,
        Presence::Optional => Some(has(codec, &field.name.value)),
        Presence::If(comparison) => {
            let local = local(&comparison.name.value);
            Some(codec.holds(comparison, &quote! { #local }))
        }
    }
}

/// Whether the `has` flag of an optional field is set.
fn has(codec: &Codec<'_>, optional: &str) -> TokenStream {
    let is_has = |flag: &&Flag| matches!(&flag.kind, FlagKind::Has(name) if name.value == optional);
    let set =
        walk::flags_bytes(codec.packet).find_map(|byte| byte.flags.iter().find(is_has).map(|flag| bit(&byte, flag)));
    set.expect("a resolved spec has a flag for each optional field")
}

/// Without the other field that it requires, a field must not be there. The other one may come later.
fn companion(codec: &Codec<'_>, field: &Field) -> Option<TokenStream> {
    let required = field.requires.as_ref()?;
    let (marker, place) = (codec.marker(&required.span), codec.place(&field.name.span));
    let (local, required) = (local(&field.name.value), local(&required.value));
    Some(quote! {
        #marker
        reader.at(#place);
        reader.allow(#local.is_none() || #required.is_some());
    })
}

/// Reads the value of a field that is there: what comes first, and the value.
fn value(codec: &Codec<'_>, field: &Field) -> (TokenStream, TokenStream) {
    let value = match &field.kind {
        FieldKind::Value { of, .. } if of.value == Type::TopicName && field.empty_requires.is_some() => {
            quote! { reader.topic_name_or_empty() }
        }
        FieldKind::Value { of, .. } => types::read(of.value),
        FieldKind::Enum(of) => or_default(field, u8_as(&of.value, field.fault)),
        FieldKind::List(element) => list::read(element, field.fault),
        FieldKind::Properties(_) => {
            let owner = property::owner(codec.packet, field);
            or_default(field, quote! { Properties::read(#owner::PROPERTIES, reader) })
        }
        FieldKind::Group(members) => {
            let group = Some(field.name.value.as_str());
            let flags = walk::flags_bytes(codec.packet).map(|byte| flags(codec, &byte, group));
            let fields = members.iter().map(|member| self::field(codec, member));
            let name = group_type(codec.packet, &field.name.value);
            let group = structure(&quote! { #name }, &members::of_group(codec.packet, field, members));
            return (quote! { #(#flags)* #(#fields)* }, group);
        }
        FieldKind::Flags(_) => unreachable!("flags are no value"),
    };
    (quote! {}, value)
}

/// Reads a value unless the packet ends before it.
fn or_default(field: &Field, read: TokenStream) -> TokenStream {
    let default = match (&field.kind, field.default.as_ref().map(|default| &default.value)) {
        (_, None) => return read,
        (FieldKind::Enum(of), Some(Default::Variant(variant))) => {
            let (of, variant) = (ident(&of.value), ident(variant));
            quote! { #of::#variant }
        }
        _ => quote! { Properties::NONE },
    };
    quote! { if reader.is_empty() { #default } else { #read } }
}

/// The flags of a group that is absent are 0.
fn absent(codec: &Codec<'_>, field: &Field) -> TokenStream {
    let group = Some(field.name.value.as_str());
    let checks = walk::flags_bytes(codec.packet).filter_map(|byte| {
        let flags = byte.flags.iter().filter(|flag| walk::group_of(flag) == group);
        let mask = flags.fold(0, |all, flag| all | mask(flag));
        let bits = masked(&byte, mask);
        (mask != 0).then(|| quote! { reader.require(#bits == 0); })
    });
    quote! { #(#checks)* }
}

/// Reads those flags of a byte that are fields of the packet or of this group. The packet also checks reserved ones.
fn flags(codec: &Codec<'_>, byte: &FlagsByte<'_>, group: Option<&str>) -> TokenStream {
    let reads = byte.flags.iter().filter_map(|flag| match &flag.kind {
        FlagKind::Value { name, of, .. } if walk::group_of(flag) == group => {
            let marker = codec.marker(&name.span);
            let value = match of {
                None => bit(byte, flag),
                Some(of) => {
                    let (known, of, bits) = (known(flag.fault), ident(&of.value), bits(byte, flag));
                    quote! { reader.#known(#of::from_u8(#bits))? }
                }
            };
            let local = local(&name.value);
            Some(quote! { #marker let #local = #value; })
        }
        FlagKind::Reserved(value) if group.is_none() => {
            let marker = codec.marker(&value.span);
            let (bits, value) = (masked(byte, mask(flag)), literal::in_place(flag, value.value));
            let value = if value == 0 {
                quote! { 0 }
            } else {
                hex(value)
            };
            Some(quote! { #marker reader.require(#bits == #value); })
        }
        _ => None,
    });
    quote! { #(#reads)* }
}

/// Whether a single bit is set.
fn bit(byte: &FlagsByte<'_>, flag: &Flag) -> TokenStream {
    let bit = masked(byte, mask(flag));
    quote! { #bit != 0 }
}

/// Some bits as a number.
fn bits(byte: &FlagsByte<'_>, flag: &Flag) -> TokenStream {
    if flag.low == 0 {
        return masked(byte, mask(flag));
    }
    let (local, low) = (&byte.local, literal::decimal(flag.low.into()));
    let mask = (flag.high < 7).then(|| {
        let mask = hex(literal::width_mask(flag));
        quote! { & #mask }
    });
    quote! { #local >> #low #mask }
}

/// Some bits where they stand, the others being 0.
fn masked(byte: &FlagsByte<'_>, mask: u8) -> TokenStream {
    let local = &byte.local;
    match mask {
        0xFF => quote! { #local },
        _ => {
            let mask = hex(mask);
            quote! { #local & #mask }
        }
    }
}

/// Reads a byte that has to be a value of an enum.
pub(super) fn u8_as(of: &str, fault: Fault) -> TokenStream {
    let (method, of) = (format_ident!("{}_u8", known(fault)), ident(of));
    quote! { reader.#method(#of::from_u8)? }
}

/// What the reader calls a value that is no such fault.
fn known(fault: Fault) -> Ident {
    match fault {
        Fault::MalformedPacket => format_ident!("known"),
        Fault::ProtocolError => format_ident!("allowed"),
    }
}

/// The struct of these members, each of which is in its variable.
fn structure(name: &TokenStream, members: &[Member<'_>]) -> TokenStream {
    let members = members.iter().map(|member| member_of_local(&ident(member.name), &local(member.name)));
    let members = Vec::from_iter(members);
    if members.is_empty() {
        quote! { #name }
    } else {
        quote! { #name { #(#members),* } }
    }
}

fn member_of_local(name: &Ident, local: &Ident) -> TokenStream {
    if name == local {
        quote! { #name }
    } else {
        quote! { #name: #local }
    }
}
