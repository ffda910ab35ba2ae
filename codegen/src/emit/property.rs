//! Properties: an enum of all there are, a list of them, and which of them a packet may carry.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use slimqtt_spec::Source;
use slimqtt_spec::defs::{Count, Field, Packet, Property, PropertyKind, PropertyUse, Protocol, Spanned};

use super::codec::{self, Codec};
use super::docs::{self, docs};
use super::{decode, literal, structure};
use crate::names::{group_type, ident, type_name};
use crate::{types, walk};

/// What a protocol with properties has besides packets.
pub(super) fn items(source: &Source, protocol: &Protocol) -> TokenStream {
    if protocol.properties.is_empty() {
        return quote! {};
    }
    let one = one(source, &protocol.properties);
    let several = several(&protocol.properties);
    quote! { #one #several }
}

/// The enum of all properties.
fn one(source: &Source, properties: &[Property]) -> TokenStream {
    let borrows = properties.iter().any(borrows);
    let (declared, elided, of_reader) = structure::lifetimes(borrows);
    let abouts = properties.iter().map(|property| docs(&property.about));
    let names: Vec<_> = properties.iter().map(|property| type_name(&property.name.value)).collect();
    let kinds = properties.iter().map(|property| rust_type(&property.kind));
    let bits: Vec<_> = properties.iter().map(|property| bit(&property.name)).collect();
    let shifts = (0..).map(literal::decimal);
    let identifiers: Vec<_> = properties.iter().map(|property| literal::hex(property.identifier.value as u8)).collect();
    let markers: Vec<_> = properties.iter().map(|property| codec::marker(source, &property.name.span)).collect();
    let writes = properties.iter().map(|property| match &property.kind {
        PropertyKind::Value(of) => types::write(of.value, &quote! { value }),
        PropertyKind::Enum(_) => quote! { writer.u8(value as u8); },
    });
    let reads = properties.iter().map(|property| match &property.kind {
        PropertyKind::Value(of) => types::read(of.value),
        PropertyKind::Enum(of) => decode::u8_as(&of.value, property.fault),
    });
    let keeps_secrets = properties.iter().any(|property| property.secret);
    let derived = (!keeps_secrets).then(|| quote! { Debug, });
    let written = keeps_secrets.then(|| debug(properties, &elided));
    quote! {
        /// A property, with its value (2.2.2).
        #[derive(#derived Clone, Copy, PartialEq, Eq)]
        pub enum Property #declared { #(#abouts #names(#kinds),)* }

        #written

        impl Property #elided {
            #(const #bits: u32 = 1 << #shifts;)*

            /// The property in a set of them.
            const fn bit(&self) -> u32 {
                match self { #(Self::#names(_) => Self::#bits,)* }
            }

            /// Writes the property, also at compile time.
            const fn write(&self, writer: &mut Writer<'_>) {
                match *self {
                    #(Self::#names(value) => {
                        #markers
                        writer.u8(#identifiers);
                        #writes
                    })*
                }
            }
        }

        impl #declared Element<#of_reader> for Property #declared {
            fn read<N: Notes>(reader: &mut Reader<#of_reader, N>) -> Result<Self, DecodeError> {
                let property = match reader.u8() {
                    #(#identifiers => Self::#names(#reads),)*
                    _ => reader.known(None)?,
                };
                Ok(property)
            }
        }
    }
}

/// The `Debug` of an enum that has a secret: as if it were derived, without the secret.
fn debug(properties: &[Property], elided: &TokenStream) -> TokenStream {
    let arms = properties.iter().map(|property| {
        let name = type_name(&property.name.value);
        let (bound, value) =
            if property.secret { (quote! { _ }, quote! { &Secret }) } else { (quote! { value }, quote! { value }) };
        let text = name.to_string();
        quote! { Self::#name(#bound) => f.debug_tuple(#text).field(#value).finish(), }
    });
    quote! {
        impl core::fmt::Debug for Property #elided {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self { #(#arms)* }
            }
        }
    }
}

/// The list of properties that a packet carries.
fn several(properties: &[Property]) -> TokenStream {
    let one = quote! { Property };
    let (lifetime, ..) = structure::lifetimes(properties.iter().any(borrows));
    let other = (properties.len() > 1).then(|| quote! { _ => None, });
    let accessors = properties.iter().map(|property| {
        let (name, variant, of) =
            (accessor(&property.name.value), type_name(&property.name.value), rust_type(&property.kind));
        let about = format!(" The first [`{variant}`](Property::{variant}), if there is one.");
        quote! {
            #[doc = #about]
            pub fn #name(&self) -> Option<#of> {
                self.iter().find_map(|property| match property {
                    Property::#variant(value) => Some(value),
                    #other
                })
            }
        }
    });
    quote! {
        /// Properties of a packet, in any order (2.2.2).
        ///
        /// Those to encode are borrowed from whoever made them, those that were decoded from the bytes of the packet.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Properties<'a> {
            list: List<'a, #one #lifetime>,
            set: PropertySet,
        }

        impl<'a> Properties<'a> {
            /// No properties.
            pub const NONE: Self = Self::new(&[]);

            /// These properties. Which of them may be together in a packet is looked into when it is encoded.
            pub const fn new(properties: &'a [#one #lifetime]) -> Self {
                let mut set = PropertySet::EMPTY;
                let mut rest = properties;
                while let [property, others @ ..] = rest {
                    set.insert(property.bit());
                    rest = others;
                }
                Self { list: List::new(properties), set }
            }

            /// Whether there is none.
            pub const fn is_empty(&self) -> bool {
                self.list.is_empty()
            }

            /// The properties, in the order of the packet.
            pub const fn iter(&self) -> Iter<'a, #one #lifetime> {
                self.list.iter()
            }

            #(#accessors)*

            /// Writes the properties behind their length, also at compile time.
            const fn write(&self, rules: PropertyRules, writer: &mut Writer<'_>) {
                if self.is_empty() {
                    writer.properties(rules, PropertySet::EMPTY);
                    return writer.u8(0);
                }
                self.write_several(rules, writer);
            }

            const fn write_several(&self, rules: PropertyRules, writer: &mut Writer<'_>) {
                writer.properties(rules, self.set);
                let mut counter = Writer::counter();
                self.write_each(&mut counter);
                writer.variable_byte_integer(counter.length());
                self.write_each(writer);
            }

            const fn write_each(&self, writer: &mut Writer<'_>) {
                let mut properties = writer.elements(&self.list);
                while let &[property, ref others @ ..] = properties {
                    property.write(writer);
                    properties = others;
                }
            }

            /// Reads properties and their length.
            fn read<N: Notes>(rules: PropertyRules, reader: &mut Reader<'a, N>) -> Self {
                let (list, set) =
                    reader.properties(rules, |reader| Property::read(reader).map(|property| property.bit()));
                Self { list, set }
            }
        }

        impl<'a> IntoIterator for Properties<'a> {
            type Item = #one #lifetime;
            type IntoIter = Iter<'a, #one #lifetime>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }
    }
}

/// Which properties a packet or a group may carry, if it may any.
pub(super) fn rules<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Option<TokenStream> {
    let (_, uses) = fields.into_iter().find_map(walk::properties_of)?;
    let set = |is_in: &dyn Fn(Count) -> bool| {
        let bits = uses.iter().filter(|property| is_in(property.count)).map(|property| bit(&property.name));
        let bits: Vec<_> = bits.map(|bit| quote! { Property::#bit }).collect();
        if bits.is_empty() {
            quote! { 0 }
        } else {
            quote! { #(#bits)|* }
        }
    };
    let (allowed, repeatable) = (set(&|_| true), set(&|count| count == Count::Any));
    let required = set(&|count| count == Count::Once);
    Some(quote! {
        /// The properties that it may carry.
        const PROPERTIES: PropertyRules =
            PropertyRules { allowed: #allowed, repeatable: #repeatable, required: #required };
    })
}

/// The type that says which properties this list of them may have: that of the packet or of the group.
pub(super) fn owner(packet: &Packet, list: &Field) -> TokenStream {
    let is_in = |members: &[Field]| members.iter().any(|member| member.name == list.name);
    match walk::groups(packet).find(|(_, members)| is_in(members)) {
        None => quote! { Self },
        Some((group, _)) => {
            let name = group_type(packet, &group.name.value);
            quote! { #name }
        }
    }
}

/// What the docs of a list of properties say of each.
pub(super) fn carried(uses: &[PropertyUse]) -> TokenStream {
    let lines = uses.iter().flat_map(|property| {
        let variant = type_name(&property.name.value);
        let count = match property.count {
            Count::AtMostOnce => "",
            Count::Once => ", always",
            Count::Any => ", any number of them",
        };
        let section = property.about.section.iter().map(|section| format!("(section {})", section.value));
        let words = section.chain(docs::statements(&property.about));
        let words = [format!("- [`{variant}`](Property::{variant}){count}")].into_iter().chain(words);
        // What goes on is indented to stay in its item.
        let lines = docs::wrapped(words).into_iter().enumerate();
        lines.map(|(index, line)| if index == 0 { format!(" {line}") } else { format!("   {line}") })
    });
    quote! {
        #[doc = ""]
        #[doc = " The packet may carry these, once each where it does not say otherwise:"]
        #[doc = ""]
        #(#[doc = #lines])*
    }
}

/// Notes that a property is there without the one that it requires.
pub(super) fn encode_companions(codec: &Codec<'_>, uses: &[PropertyUse], properties: &TokenStream) -> TokenStream {
    companions(uses, |property, required| {
        let marker = codec.marker(&required.span);
        let (property, required) = (bit(property), bit(required));
        quote! {
            #marker
            if #properties.set.contains(Property::#property) && !#properties.set.contains(Property::#required) {
                writer.fail(EncodeError::Contradiction);
            }
        }
    })
}

/// The same of a packet that is read.
pub(super) fn decode_companions(codec: &Codec<'_>, uses: &[PropertyUse], properties: &Ident) -> TokenStream {
    companions(uses, |property, required| {
        let marker = codec.marker(&required.span);
        let (property, required) = (bit(property), bit(required));
        quote! {
            #marker
            reader.allow(
                !#properties.set.contains(Property::#property) || #properties.set.contains(Property::#required),
            );
        }
    })
}

fn companions(uses: &[PropertyUse], check: impl Fn(&Spanned<String>, &Spanned<String>) -> TokenStream) -> TokenStream {
    uses.iter().filter_map(|property| Some(check(&property.name, property.requires.as_ref()?))).collect()
}

/// The constant of a property's bit.
pub(super) fn bit(name: &Spanned<String>) -> Ident {
    format_ident!("{}", name.value.to_ascii_uppercase())
}

/// The method that finds a property, which must not be one of those that all lists have.
fn accessor(name: &str) -> Ident {
    match name {
        "new" | "is_empty" | "iter" | "into_iter" | "write" | "write_several" | "write_each" | "read" => {
            format_ident!("{name}_")
        }
        _ => ident(name),
    }
}

fn rust_type(kind: &PropertyKind) -> TokenStream {
    match kind {
        PropertyKind::Value(of) => types::rust_type(of.value),
        PropertyKind::Enum(of) => {
            let of = ident(&of.value);
            quote! { #of }
        }
    }
}

fn borrows(property: &Property) -> bool {
    matches!(&property.kind, PropertyKind::Value(of) if types::borrows(of.value))
}
