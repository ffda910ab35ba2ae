//! Places: what errors name packets and fields by.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::{Element, Field, FieldKind, Packet, Protocol, Span};

use super::literal;
use crate::walk;

/// Every packet and every field, in the order of the spec.
pub(super) struct Places(Vec<Place>);

struct Place {
    packet: String,
    field: String,
    span: Span,
}

impl Places {
    pub(super) fn new(protocol: &Protocol) -> Self {
        Self(protocol.packets.iter().flat_map(of_packet).collect())
    }

    /// The number of the packet, or of its field, with its name here.
    pub(super) fn number(&self, packet: &Packet, span: &Span) -> TokenStream {
        let is_it = |place: &Place| place.packet == packet.name.value && place.span == *span;
        let index = self.0.iter().position(is_it).expect("every packet and every field is a place");
        literal::decimal(index as u64)
    }

    /// The names of all places, and how to come by them.
    pub(super) fn items(&self) -> TokenStream {
        let (packets, fields): (Vec<_>, Vec<_>) = self.0.iter().map(|place| (&place.packet, &place.field)).unzip();
        quote! {
            /// The packet and the field that have a mistake, as the spec names them.
            pub fn place(mistake: Mistake) -> (&'static str, &'static str) {
                const PLACES: &[(&str, &str)] = &[#((#packets, #fields)),*];
                PLACES.get(usize::from(mistake.place)).copied().unwrap_or_default()
            }
        }
    }
}

fn of_packet(packet: &Packet) -> Vec<Place> {
    let place = |field: &str, span: &Span| Place {
        packet: packet.name.value.clone(),
        field: field.to_owned(),
        span: span.clone(),
    };
    let fields = walk::fields(packet).flat_map(with_members);
    let fields = fields.map(|field| place(&field.name.value, &field.name.span));
    std::iter::once(place("fixed header", &packet.name.span)).chain(fields).collect()
}

/// A field, and those in it.
fn with_members(field: &Field) -> Vec<&Field> {
    let members = match &field.kind {
        FieldKind::Group(members) | FieldKind::List(Element::Fields { fields: members, .. }) => members.as_slice(),
        _ => &[],
    };
    std::iter::once(field).chain(members).collect()
}
