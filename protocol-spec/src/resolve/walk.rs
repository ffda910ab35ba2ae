//! Ways through a packet.

use crate::defs::{Element, Field, FieldKind, Flag, FlagKind, Packet, Presence, PropertyUse, Requirement, Spanned};

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

/// The fields of a packet, each group followed by its members; lists are not looked into.
pub(super) fn fields_and_members(packet: &Packet) -> impl Iterator<Item = (usize, &Field)> {
    fields(packet).flat_map(|(place, field)| {
        let members = members(field).iter().map(move |member| (place, member));
        std::iter::once((place, field)).chain(members)
    })
}

/// All fields there are, those of groups and of the elements of lists among them.
pub(super) fn all_fields(packet: &Packet) -> impl Iterator<Item = &Field> {
    let fields = fields_and_members(packet).map(|(_, field)| field);
    fields.chain(elements(packet).flat_map(|(_, fields)| fields))
}

/// The elements that have several fields: their name and their fields.
pub(super) fn elements(packet: &Packet) -> impl Iterator<Item = (&Spanned<String>, &[Field])> {
    fields_and_members(packet).filter_map(|(_, field)| match &field.kind {
        FieldKind::List(Element::Fields { name, fields }) => Some((name, fields.as_slice())),
        _ => None,
    })
}

/// The members of a group; nothing for other fields.
pub(super) fn members(field: &Field) -> &[Field] {
    match &field.kind {
        FieldKind::Group(members) => members,
        _ => &[],
    }
}

/// The properties that a field lists.
pub(super) fn properties(field: &Field) -> Option<&[PropertyUse]> {
    match &field.kind {
        FieldKind::Properties(entries) => Some(entries),
        _ => None,
    }
}

/// All lists of properties there are.
pub(super) fn all_properties(packet: &Packet) -> impl Iterator<Item = &[PropertyUse]> {
    all_fields(packet).filter_map(properties)
}

/// The flags of a packet, byte for byte; those in the elements of lists are not among them.
pub(super) fn flags(packet: &Packet) -> impl Iterator<Item = Flags<'_>> {
    let first = Flags { owner: &packet.name, flags: &packet.flags, top: 3, place: 0 };
    let first = Some(first).filter(|first| !first.flags.is_empty());
    let others = fields_and_members(packet).filter_map(|(place, field)| byte(place, field));
    first.into_iter().chain(others)
}

/// The flags in the fields of an element.
pub(super) fn element_flags(fields: &[Field]) -> impl Iterator<Item = Flags<'_>> {
    (0..).zip(fields).filter_map(|(place, field)| byte(place, field))
}

/// All flags there are.
pub(super) fn all_flags(packet: &Packet) -> impl Iterator<Item = Flags<'_>> {
    flags(packet).chain(elements(packet).flat_map(|(_, fields)| element_flags(fields)))
}

/// Every place that names an enum.
pub(super) fn enums(packet: &Packet) -> impl Iterator<Item = &Spanned<String>> {
    let in_fields = all_fields(packet).filter_map(|field| match &field.kind {
        FieldKind::Enum(name) | FieldKind::List(Element::Enum(name)) => Some(name),
        _ => None,
    });
    let in_flags = all_flags(packet).flat_map(|byte| byte.flags).filter_map(|flag| match &flag.kind {
        FlagKind::Value { of, .. } => of.as_ref(),
        _ => None,
    });
    in_fields.chain(in_flags)
}

/// What flags that are set and fields that are empty require; those of groups and elements are not among them.
pub(super) fn requirements(packet: &Packet) -> impl Iterator<Item = &Requirement> {
    let of_flags = flags(packet).flat_map(|byte| byte.flags).filter_map(|flag| flag.requires.as_ref());
    of_flags.chain(fields(packet).filter_map(|(_, field)| field.empty_requires.as_ref()))
}

fn byte(place: usize, field: &Field) -> Option<Flags<'_>> {
    match &field.kind {
        FieldKind::Flags(flags) => Some(Flags { owner: &field.name, flags, top: 7, place }),
        _ => None,
    }
}

/// A flag or a field with a few values, which it can be compared with.
pub(super) struct Value<'a> {
    pub(super) place: usize,
    pub(super) name: &'a Spanned<String>,
    /// The enum of its values; without one, it is true or false.
    pub(super) of: Option<&'a Spanned<String>>,
}

/// Those of these flags that are fields of the packet, or of this group of it.
pub(super) fn values<'a>(
    flags: impl Iterator<Item = Flags<'a>>,
    of_group: Option<&'a str>,
) -> impl Iterator<Item = Value<'a>> {
    flags.flat_map(move |byte| {
        byte.flags.iter().filter_map(move |flag| match &flag.kind {
            FlagKind::Value { group, name, of } if group.as_ref().map(|group| group.value.as_str()) == of_group => {
                Some(Value { place: byte.place, name, of: of.as_ref() })
            }
            _ => None,
        })
    })
}

/// What every packet of the type has, and can be compared with: flags, and fields that hold an enum.
pub(super) fn comparable(packet: &Packet) -> impl Iterator<Item = Value<'_>> {
    let enums = fields(packet).filter_map(|(place, field)| match (&field.kind, &field.presence) {
        (FieldKind::Enum(of), Presence::Always) => Some(Value { place, name: &field.name, of: Some(of) }),
        _ => None,
    });
    values(flags(packet), None).chain(enums)
}
