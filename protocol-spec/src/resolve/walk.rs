//! Ways through a packet.

use crate::defs::{Field, FieldKind, Flag, FlagKind, Packet, Spanned};

/// A byte's flags: the lower half of the first byte, or a field of flags.
pub(super) struct Flags<'a> {
    /// The packet or the field.
    pub(super) owner: &'a Spanned<String>,
    pub(super) flags: &'a [Flag],
    /// The highest bit that is there: 3 or 7.
    pub(super) top: u8,
    /// How many fields come before it, with the first byte of the packet counted as one.
    pub(super) place: usize,
}

/// The fields of a packet, each with its place; groups are not looked into.
pub(super) fn fields(packet: &Packet) -> impl Iterator<Item = (usize, &Field)> {
    // The first byte of the packet is at place 0.
    (1..).zip(packet.variable.iter().chain(&packet.payload))
}

/// The fields of a packet, each group followed by its members.
pub(super) fn fields_and_members(packet: &Packet) -> impl Iterator<Item = (usize, &Field)> {
    fields(packet).flat_map(|(place, field)| {
        let members = members(field).iter().map(move |member| (place, member));
        std::iter::once((place, field)).chain(members)
    })
}

/// The members of a group; nothing for other fields.
pub(super) fn members(field: &Field) -> &[Field] {
    match &field.kind {
        FieldKind::Group(members) => members,
        _ => &[],
    }
}

/// All flags of a packet, byte for byte.
pub(super) fn flags(packet: &Packet) -> impl Iterator<Item = Flags<'_>> {
    let first = Flags { owner: &packet.name, flags: &packet.flags, top: 3, place: 0 };
    let first = Some(first).filter(|first| !first.flags.is_empty());
    let others = fields_and_members(packet).filter_map(|(place, field)| match &field.kind {
        FieldKind::Flags(flags) => Some(Flags { owner: &field.name, flags, top: 7, place }),
        _ => None,
    });
    first.into_iter().chain(others)
}

/// The flags that are fields of the packet, or of this group of it, each with its place, its name and its enum.
pub(super) fn values<'a>(
    packet: &'a Packet,
    of_group: Option<&'a str>,
) -> impl Iterator<Item = (usize, &'a Spanned<String>, Option<&'a Spanned<String>>)> {
    flags(packet).flat_map(move |byte| {
        byte.flags.iter().filter_map(move |flag| match &flag.kind {
            FlagKind::Value { group, name, of } if group.as_ref().map(|group| group.value.as_str()) == of_group => {
                Some((byte.place, name, of.as_ref()))
            }
            _ => None,
        })
    })
}
