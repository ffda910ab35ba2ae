//! What encoders and decoders have in common.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote};
use slimqtt_spec::Source;
use slimqtt_spec::defs::{FlagKind, Packet, Span, Spanned};

use super::literal;
use crate::walk;

/// A packet to encode and decode, and the spec it is from.
pub(super) struct Codec<'a> {
    pub(super) source: &'a Source,
    pub(super) packet: &'a Packet,
}

impl Codec<'_> {
    /// Comments on the statement that follows: the line of the spec it comes from.
    pub(super) fn marker(&self, span: &Span) -> TokenStream {
        let file = self.source.name.rsplit('/').next().unwrap_or_default();
        let (line, _) = self.source.line_column(span.start);
        let comment = format!(" {file}:{line}");
        // Tokens have no comments, but prettyplease prints this attribute as one.
        quote! { #[comment = #comment] }
    }

    /// `qos > 0`, given how to come by the value of the flag.
    pub(super) fn condition(&self, flag: &Spanned<String>, value: &TokenStream, above: &Spanned<u64>) -> TokenStream {
        let is_enum = walk::all_flags(self.packet).any(
            |it| matches!(&it.kind, FlagKind::Value { group: None, name, of: Some(_) } if name.value == flag.value),
        );
        if !is_enum {
            // A single bit is only ever above 0.
            return value.clone();
        }
        let above = literal::decimal(above.value);
        // An invisible group: prettyplease knows where it has to become parentheses.
        Group::new(Delimiter::None, quote! { #value as u8 > #above }).into_token_stream()
    }
}

/// Whether the first byte is the same in every packet of the type.
pub(super) fn has_fixed_flags(packet: &Packet) -> bool {
    packet.flags.iter().all(|flag| matches!(flag.kind, FlagKind::Reserved(_)))
}
