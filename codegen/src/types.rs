//! The built-in types: in Rust, in the runtime, in bytes.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use slimqtt_spec::defs::Type;

use crate::length::{Length, MAX_REMAINING_LENGTH};

/// The longest field that has its length in front, without that length (1.5.3).
const MAX_FIELD: usize = 65_535;

/// What a struct stores.
pub(crate) fn rust_type(of: Type) -> TokenStream {
    match of {
        Type::U8 => quote! { u8 },
        Type::Bool => quote! { bool },
        Type::U16 => quote! { u16 },
        Type::U32 => quote! { u32 },
        Type::NonzeroU16 => quote! { NonZeroU16 },
        Type::NonzeroU32 => quote! { NonZeroU32 },
        Type::SubscriptionIdentifier => quote! { SubscriptionIdentifier },
        Type::PacketIdentifier => quote! { PacketIdentifier },
        Type::Utf8 | Type::TopicName | Type::TopicFilter | Type::ShareableTopicFilter => quote! { &'a str },
        Type::Utf8Pair => quote! { (&'a str, &'a str) },
        Type::Binary | Type::Rest => quote! { &'a [u8] },
    }
}

/// The rule that each text of a list keeps to, besides being text.
pub(crate) fn text_rule(of: Type) -> Option<TokenStream> {
    match of {
        Type::TopicName => Some(quote! { TopicName }),
        Type::TopicFilter => Some(quote! { TopicFilter }),
        Type::ShareableTopicFilter => Some(quote! { ShareableTopicFilter }),
        _ => None,
    }
}

/// Whether that borrows from the packet.
pub(crate) const fn borrows(of: Type) -> bool {
    match of {
        Type::Utf8 | Type::Utf8Pair | Type::TopicName | Type::TopicFilter | Type::ShareableTopicFilter => true,
        Type::Binary | Type::Rest => true,
        Type::U8 | Type::Bool | Type::U16 | Type::U32 | Type::NonzeroU16 | Type::NonzeroU32 => false,
        Type::SubscriptionIdentifier | Type::PacketIdentifier => false,
    }
}

/// Reads a value.
pub(crate) fn read(of: Type) -> TokenStream {
    let method = method(of);
    quote! { reader.#method() }
}

/// Writes a value.
pub(crate) fn write(of: Type, value: &TokenStream) -> TokenStream {
    match of {
        // That it is not 0 is a matter of its Rust type: on the wire, it is a number like any other.
        Type::PacketIdentifier | Type::NonzeroU16 => write(Type::U16, &quote! { #value.get() }),
        Type::NonzeroU32 => write(Type::U32, &quote! { #value.get() }),
        Type::SubscriptionIdentifier => quote! { writer.variable_byte_integer(#value.get() as usize); },
        _ => {
            let method = method(of);
            quote! { writer.#method(#value); }
        }
    }
}

/// Writes a value and a byte, where the runtime does so by one call.
pub(crate) fn write_and_u8(of: Type, value: &TokenStream, byte: &Ident) -> Option<TokenStream> {
    let (Type::TopicFilter | Type::ShareableTopicFilter) = of else { return None };
    let method = format_ident!("{}_and_u8", of.name());
    Some(quote! { writer.#method(#value, #byte); })
}

/// The runtime's methods are called like the types of a spec.
fn method(of: Type) -> Ident {
    format_ident!("{}", of.name())
}

/// The bytes it takes.
pub(crate) const fn length(of: Type) -> Length {
    match of {
        Type::U8 | Type::Bool => Length::exactly(1),
        Type::U16 | Type::NonzeroU16 | Type::PacketIdentifier => Length::exactly(2),
        Type::U32 | Type::NonzeroU32 => Length::exactly(4),
        Type::SubscriptionIdentifier => Length { min: 1, max: 4 },
        Type::Utf8 | Type::Binary => Length { min: 2, max: 2 + MAX_FIELD },
        Type::Utf8Pair => Length { min: 2 + 2, max: 2 * (2 + MAX_FIELD) },
        Type::TopicName | Type::TopicFilter | Type::ShareableTopicFilter => Length { min: 2 + 1, max: 2 + MAX_FIELD },
        Type::Rest => Length { min: 0, max: MAX_REMAINING_LENGTH },
    }
}
