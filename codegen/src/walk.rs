//! Ways through a packet: its fields, its bytes of flags.

use proc_macro2::Ident;
use quote::format_ident;
use slimqtt_spec::defs::{Element, Enum, Field, FieldKind, Flag, FlagKind, Packet, PropertyUse, Spanned};

use crate::names;

/// The fields, in the order of the wire; groups are not looked into.
pub(crate) fn fields(packet: &Packet) -> impl Iterator<Item = &Field> {
    packet.variable.iter().chain(&packet.payload)
}

/// The groups, each with its fields.
pub(crate) fn groups(packet: &Packet) -> impl Iterator<Item = (&Field, &[Field])> {
    fields(packet).filter_map(|field| match &field.kind {
        FieldKind::Group(members) => Some((field, members.as_slice())),
        _ => None,
    })
}

/// The lists with elements of several fields: the list, the name of an element, the fields of an element.
pub(crate) fn elements(packet: &Packet) -> impl Iterator<Item = (&Field, &Spanned<String>, &[Field])> {
    fields(packet).filter_map(|field| match &field.kind {
        FieldKind::List(Element::Fields { name, fields }) => Some((field, name, fields.as_slice())),
        _ => None,
    })
}

/// The lists of properties, those of groups among them.
pub(crate) fn properties(packet: &Packet) -> impl Iterator<Item = (&Field, &[PropertyUse])> {
    let members = groups(packet).flat_map(|(_, members)| members);
    fields(packet).chain(members).filter_map(properties_of)
}

/// The properties of a field that is a list of them.
pub(crate) fn properties_of(field: &Field) -> Option<(&Field, &[PropertyUse])> {
    match &field.kind {
        FieldKind::Properties(uses) => Some((field, uses)),
        _ => None,
    }
}

/// Whether a packet has a list of this enum.
pub(crate) fn has_list_of(packet: &Packet, declared: &Enum) -> bool {
    fields(packet)
        .any(|field| matches!(&field.kind, FieldKind::List(Element::Enum(of)) if of.value == declared.name.value))
}

/// A byte of flags: the first byte of a packet, or a field.
pub(crate) struct FlagsByte<'a> {
    /// The variable that holds it while the packet is encoded or decoded.
    pub(crate) local: Ident,
    /// What its bits say; of the first byte only the lower half.
    pub(crate) flags: &'a [Flag],
}

/// The first byte of a packet.
pub(crate) fn first_byte(packet: &Packet) -> FlagsByte<'_> {
    FlagsByte { local: format_ident!("first_byte"), flags: &packet.flags }
}

/// A field of flags.
pub(crate) fn flags_byte<'a>(packet: &Packet, field: &Field, flags: &'a [Flag]) -> FlagsByte<'a> {
    let local = names::local(&field.name.value);
    // The flags of a group are read from bytes that may be needed again: none may take the variable of a byte.
    let taken = all_flags(packet).any(
        |flag| matches!(&flag.kind, FlagKind::Value { group: Some(_), name, .. } if name.value == field.name.value),
    );
    FlagsByte { local: if taken { format_ident!("{local}_") } else { local }, flags }
}

/// All bytes of flags, in the order of the wire; those in the elements of lists are not among them.
pub(crate) fn flags_bytes(packet: &Packet) -> impl Iterator<Item = FlagsByte<'_>> {
    let others = fields(packet).filter_map(|field| match &field.kind {
        FieldKind::Flags(flags) => Some(flags_byte(packet, field, flags)),
        _ => None,
    });
    std::iter::once(first_byte(packet)).chain(others)
}

/// All flags, in the order of the wire; those in the elements of lists are not among them.
pub(crate) fn all_flags(packet: &Packet) -> impl Iterator<Item = &Flag> {
    let others = fields(packet).flat_map(|field| match &field.kind {
        FieldKind::Flags(flags) => flags.as_slice(),
        _ => &[],
    });
    packet.flags.iter().chain(others)
}

/// The group that a flag is a field of: `will` for `will.qos`.
pub(crate) fn group_of(flag: &Flag) -> Option<&str> {
    match &flag.kind {
        FlagKind::Value { group: Some(group), .. } => Some(&group.value),
        _ => None,
    }
}
