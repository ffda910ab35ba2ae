//! What a packet becomes: its groups, its struct, its constants, its codec.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::Packet;

use super::codec::{Codec, has_fixed_flags};
use super::{decode, encode, list, literal, property, structure};
use crate::length::{Length, remaining_length};
use crate::names::{group_type, type_name};
use crate::{members, walk};

pub(super) fn items(codec: &Codec<'_>) -> TokenStream {
    let packet = codec.packet;
    let groups = walk::groups(packet).map(|(group, fields)| {
        let (structure, name) = (structure::of_group(packet, group, fields), group_type(packet, &group.name.value));
        let rules = property::rules(fields).map(|rules| quote! { impl #name<'_> { #rules } });
        quote! { #structure #rules }
    });
    let elements = walk::elements(packet).map(|(list, name, fields)| list::items(codec, list, name, fields));
    let structure = structure::of_packet(packet);
    let name = type_name(&packet.name.value);
    let borrows = members::borrow(&members::of_packet(packet));
    let (declared, elided, of_reader) = structure::lifetimes(borrows);
    let consts = consts(packet);
    let rules = property::rules(walk::fields(packet));
    let encode = encode::packet(codec);
    let decode = decode::packet(codec);
    quote! {
        #(#groups)*

        #(#elements)*

        #structure

        impl #declared #name #declared {
            #consts
            #rules

            /// Writes the packet, also at compile time. See [`Encode::encode`].
            pub const fn encode(&self, writer: &mut Writer<'_>) { #encode }

            /// Reads the packet from its first byte and what follows the fixed header.
            ///
            /// # Errors
            ///
            /// [`DecodeError`] where any rule of the standard that concerns the packet alone is broken.
            pub fn decode<N: Notes>(first_byte: u8, reader: &mut Reader<#of_reader, N>) -> Result<Self, DecodeError> {
                #decode
            }
        }

        impl Encode for #name #elided {
            fn encode(&self, writer: &mut Writer<'_>) {
                Self::encode(self, writer);
            }
        }
    }
}

/// What is known of a packet without any of its fields.
fn consts(packet: &Packet) -> TokenStream {
    let packet_type = literal::decimal(packet.packet_type.value);
    let Length { min, max } = remaining_length(packet);
    let first_byte = has_fixed_flags(packet).then(|| {
        let flags = packet.flags.iter().filter_map(encode::bits);
        quote! {
            /// The first byte of the packet: its type and its reserved flags.
            pub const FIRST_BYTE: u8 = Self::PACKET_TYPE << 4 #(| #flags)*;
        }
    });
    let bytes = (has_fixed_flags(packet) && max == 0).then(|| {
        quote! {
            /// The whole packet: it has no fields.
            pub const BYTES: [u8; 2] = [Self::FIRST_BYTE, 0];
        }
    });
    let (min, max) = (literal::decimal(min as u64), literal::decimal(max as u64));
    quote! {
        /// The control packet type.
        pub const PACKET_TYPE: u8 = #packet_type;
        #first_byte
        #bytes
        /// No remaining length is less, in bytes.
        pub const MIN_REMAINING_LENGTH: usize = #min;
        /// No remaining length is greater, in bytes.
        pub const MAX_REMAINING_LENGTH: usize = #max;
    }
}
