//! What encoders and decoders have in common.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote};
use slimqtt_spec::Source;
use slimqtt_spec::defs::{Comparison, FlagKind, Packet, Relation, Span, Spanned};

use super::literal;
use super::place::Places;
use crate::walk;

/// A packet to encode and decode, and the spec it is from.
pub(super) struct Codec<'a> {
    pub(super) source: &'a Source,
    pub(super) packet: &'a Packet,
    pub(super) places: &'a Places,
}

impl Codec<'_> {
    /// Comments on the statement that follows: the line of the spec it comes from.
    pub(super) fn marker(&self, span: &Span) -> TokenStream {
        marker(self.source, span)
    }

    /// Tells the reader that the packet, or the field, with its name here comes next.
    pub(super) fn at(&self, name: &Span) -> TokenStream {
        let (marker, place) = (self.marker(name), self.place(name));
        quote! { #marker reader.at(#place); }
    }

    /// The place of the packet, or the field, with its name here.
    pub(super) fn place(&self, name: &Span) -> TokenStream {
        self.places.number(self.packet, name)
    }

    /// `qos > 0`, given how to come by the value of the flag or the enum.
    pub(super) fn holds(&self, comparison: &Comparison, value: &TokenStream) -> TokenStream {
        self.compared(comparison, value, true)
    }

    /// The opposite.
    pub(super) fn fails(&self, comparison: &Comparison, value: &TokenStream) -> TokenStream {
        self.compared(comparison, value, false)
    }

    /// Whether it is about a single bit, and holds where that is 0. Both sides are clearer turned round then.
    pub(super) fn is_of_zero(&self, Comparison { name, relation, value }: &Comparison) -> bool {
        self.is_bit(name) && relation.holds(0, value.value)
    }

    fn compared(
        &self,
        Comparison { name, relation, value: with }: &Comparison,
        value: &TokenStream,
        so: bool,
    ) -> TokenStream {
        if self.is_bit(name) {
            // It holds for one of the two values.
            return if relation.holds(1, with.value) == so {
                value.clone()
            } else {
                quote! { !#value }
            };
        }
        let sign = match (relation, so) {
            (Relation::Above, true) => quote! { > },
            (Relation::Above, false) if with.value == 0 => quote! { == },
            (Relation::Above, false) => quote! { <= },
            (Relation::Equal, true) => quote! { == },
            (Relation::Equal, false) => quote! { != },
        };
        let with = literal::decimal(with.value);
        // An invisible group: prettyplease knows where it has to become parentheses.
        Group::new(Delimiter::None, quote! { #value as u8 #sign #with }).into_token_stream()
    }

    /// Whether this is a flag of a single bit that is no enum.
    fn is_bit(&self, name: &Spanned<String>) -> bool {
        walk::all_flags(self.packet)
            .any(|it| matches!(&it.kind, FlagKind::Value { group: None, name: it, of: None } if it.value == name.value))
    }
}

/// Comments on the statement that follows: the line of the spec it comes from.
pub(super) fn marker(source: &Source, span: &Span) -> TokenStream {
    let file = source.name.rsplit('/').next().unwrap_or_default();
    let (line, _) = source.line_column(span.start);
    let comment = format!(" {file}:{line}");
    // Tokens have no comments, but prettyplease prints this attribute as one.
    quote! { #[comment = #comment] }
}

/// Whether the first byte is the same in every packet of the type.
pub(super) fn has_fixed_flags(packet: &Packet) -> bool {
    packet.flags.iter().all(|flag| matches!(flag.kind, FlagKind::Reserved(_)))
}
