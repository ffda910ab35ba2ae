//! Lists: the struct of an element, what writes a list, what reads it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use slimqtt_spec::defs::{Element, Fault, Field, Spanned};

use super::codec::Codec;
use super::{decode, encode, structure};
use crate::members;
use crate::names::{ident, type_name};
use crate::types;

/// An element of several fields: its struct, with what writes and reads it.
pub(super) fn items(codec: &Codec<'_>, list: &Field, name: &Spanned<String>, fields: &[Field]) -> TokenStream {
    let structure = structure::of_element(codec.packet, list, name, fields);
    let name = type_name(&name.value);
    let (write, read) = (encode::element(codec, fields), decode::element(codec, fields));
    let (declared, elided, of_reader) = structure::lifetimes(members::borrow(&members::of_element(fields)));
    quote! {
        #structure

        impl #name #elided {
            /// Writes the element, also at compile time.
            pub const fn write(&self, writer: &mut Writer<'_>) { #write }
        }

        impl #declared Element<#of_reader> for #name #declared {
            fn read<N: Notes>(reader: &mut Reader<#of_reader, N>) -> Result<Self, DecodeError> { #read }
        }
    }
}

/// What makes an enum an element.
pub(super) fn of_enum(name: &Ident) -> TokenStream {
    quote! {
        impl Element<'_> for #name {
            fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
                reader.known_u8(Self::from_u8)
            }
        }
    }
}

/// The type of a list.
pub(super) fn rust_type(element: &Element) -> TokenStream {
    let of = match element {
        Element::Value(of) => {
            let (of, rule) = (types::rust_type(of.value), types::text_rule(of.value).into_iter());
            quote! { #of #(, #rule)* }
        }
        Element::Enum(of) => {
            let of = ident(&of.value);
            quote! { #of }
        }
        Element::Fields { name, fields } => {
            let (name, (lifetime, ..)) = (type_name(&name.value), structure::lifetimes(members::fields_borrow(fields)));
            quote! { #name #lifetime }
        }
    };
    quote! { List<'a, #of> }
}

/// Writes a list.
pub(super) fn write(element: &Element, list: &TokenStream) -> TokenStream {
    let write = match element {
        Element::Value(of) => types::write(of.value, &quote! { element }),
        Element::Enum(_) => quote! { writer.u8(element as u8); },
        Element::Fields { .. } => quote! { element.write(writer); },
    };
    let first = match element {
        Element::Fields { .. } => quote! { [element, rest @ ..] },
        Element::Value(_) | Element::Enum(_) => quote! { &[element, ref rest @ ..] },
    };
    quote! {
        let mut elements = writer.list(&#list);
        while let #first = elements {
            #write
            elements = rest;
        }
    }
}

/// Reads a list.
pub(super) fn read(element: &Element, fault: Fault) -> TokenStream {
    match element {
        Element::Value(of) => match types::text_rule(of.value) {
            Some(rule) => quote! { reader.texts::<#rule>() },
            None => {
                let read = types::read(of.value);
                quote! { reader.list(|reader| Ok(#read)) }
            }
        },
        Element::Enum(of) => {
            let of = ident(&of.value);
            match fault {
                Fault::MalformedPacket => quote! { reader.known_u8s(#of::from_u8)? },
                Fault::ProtocolError => quote! { reader.allowed_u8s(#of::from_u8)? },
            }
        }
        Element::Fields { name, .. } => {
            let name = type_name(&name.value);
            quote! { reader.list(#name::read) }
        }
    }
}
