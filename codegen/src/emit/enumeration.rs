//! An enum for each enum.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::{Enum, Protocol};

use super::docs::docs;
use super::{list, literal};
use crate::names::ident;
use crate::walk;

pub(super) fn item(protocol: &Protocol, declared: &Enum) -> TokenStream {
    let name = ident(&declared.name.value);
    let about = docs(&declared.about);
    let abouts = declared.variants.iter().map(|variant| docs(&variant.about));
    let variants: Vec<_> = declared.variants.iter().map(|variant| ident(&variant.name.value)).collect();
    let values: Vec<_> = declared.variants.iter().map(|variant| literal::decimal(variant.value.value)).collect();
    let is_listed = protocol.packets.iter().any(|packet| walk::has_list_of(packet, declared));
    let element = is_listed.then(|| list::of_enum(&name));
    let from_u8 = format!(" The `{name}` of this value, if there is one.");
    quote! {
        #about
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum #name { #(#abouts #variants = #values,)* }

        impl #name {
            #[doc = #from_u8]
            pub const fn from_u8(value: u8) -> Option<Self> {
                match value {
                    #(#values => Some(Self::#variants),)*
                    _ => None,
                }
            }
        }

        #element
    }
}
