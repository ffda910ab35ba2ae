//! A struct for each packet, each group of fields and each element of a list.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use slimqtt_spec::defs::{Field, Packet, Spanned};
use syn::ext::IdentExt;

use super::docs::docs;
use super::{list, property};
use crate::members::{self, Member, MemberKind};
use crate::names::{group_type, ident, type_name};
use crate::types;

/// The struct of a packet.
pub(super) fn of_packet(packet: &Packet) -> TokenStream {
    let name = type_name(&packet.name.value);
    structure(packet, &name, &super::docs::of_packet(packet), &members::of_packet(packet))
}

/// The struct of a group.
pub(super) fn of_group(packet: &Packet, group: &Field, fields: &[Field]) -> TokenStream {
    let members = members::of_group(packet, group, fields);
    structure(packet, &group_type(packet, &group.name.value), &docs(&group.about), &members)
}

/// The struct of a list's element.
pub(super) fn of_element(packet: &Packet, list: &Field, name: &Spanned<String>, fields: &[Field]) -> TokenStream {
    let about = super::docs::of_element(packet, list);
    structure(packet, &type_name(&name.value), &about, &members::of_element(fields))
}

/// The lifetime of a type that borrows, or else nothing: declared, elided, and of the reader.
pub(super) fn lifetimes(borrows: bool) -> (TokenStream, TokenStream, TokenStream) {
    if borrows { (quote! { <'a> }, quote! { <'_> }, quote! { 'a }) } else { (quote! {}, quote! {}, quote! { '_ }) }
}

fn structure(packet: &Packet, name: &Ident, about: &TokenStream, members: &[Member<'_>]) -> TokenStream {
    let lifetime = members::borrow(members).then(|| quote! { <'a> });
    let body = if members.is_empty() {
        quote! { ; }
    } else {
        let members = members.iter().map(|it| member(packet, it));
        quote! { { #(#members,)* } }
    };
    let keeps_secrets = members.iter().any(|it| it.secret);
    let derived = (!keeps_secrets).then(|| quote! { Debug, });
    let written = keeps_secrets.then(|| debug(name, members));
    quote! {
        #about
        #[derive(#derived Clone, Copy, PartialEq, Eq)]
        pub struct #name #lifetime #body

        #written
    }
}

/// The `Debug` of a struct that has a secret: as if it were derived, without the secret.
fn debug(name: &Ident, members: &[Member<'_>]) -> TokenStream {
    let (_, elided, _) = lifetimes(members::borrow(members));
    let fields = members.iter().map(|member| {
        let name = ident(member.name);
        let value = match member {
            Member { secret: false, .. } => quote! { self.#name },
            Member { optional: true, .. } => quote! { self.#name.map(|_| Secret) },
            _ => quote! { Secret },
        };
        let name = name.unraw().to_string();
        quote! { .field(#name, &#value) }
    });
    let name_text = name.to_string();
    quote! {
        impl core::fmt::Debug for #name #elided {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(#name_text) #(#fields)* .finish()
            }
        }
    }
}

fn member(packet: &Packet, member: &Member<'_>) -> TokenStream {
    let (name, about) = (ident(member.name), docs(member.about));
    let of = match member.kind {
        MemberKind::Bit => quote! { bool },
        MemberKind::Enum(of) => {
            let of = ident(of);
            quote! { #of }
        }
        MemberKind::Value(of) => types::rust_type(of),
        MemberKind::Group(fields) => {
            let of = group_type(packet, member.name);
            let lifetime = members::fields_borrow(fields).then(|| quote! { <'a> });
            quote! { #of #lifetime }
        }
        MemberKind::List(element) => list::rust_type(element),
        MemberKind::Properties(_) => quote! { Properties<'a> },
    };
    let carried = match member.kind {
        MemberKind::Properties(uses) => property::carried(uses),
        _ => quote! {},
    };
    let of = if member.optional {
        quote! { Option<#of> }
    } else {
        of
    };
    quote! { #about #carried pub #name: #of }
}
