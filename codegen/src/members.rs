//! What the struct of a packet, a group or an element stores: no constants, no reserved bits, and not what follows from the rest.

use slimqtt_spec::defs::{About, Element, Enum, Field, FieldKind, Flag, FlagKind, Packet, Presence, PropertyUse, Type};

use crate::{types, walk};

/// A field of a struct.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) about: &'a About,
    pub(crate) kind: MemberKind<'a>,
    /// Whether it can be absent.
    pub(crate) optional: bool,
    /// Whether nobody may read it in a log.
    pub(crate) secret: bool,
}

/// What is stored in a [`Member`].
pub(crate) enum MemberKind<'a> {
    Bit,
    /// A value of the enum of this name.
    Enum(&'a str),
    Value(Type),
    /// The fields of a group.
    Group(&'a [Field]),
    List(&'a Element),
    Properties(&'a [PropertyUse]),
}

/// What a packet stores, in the order of the wire.
pub(crate) fn of_packet(packet: &Packet) -> Vec<Member<'_>> {
    let flags = packet.flags.iter().filter_map(|flag| of_flag(flag, None));
    flags.chain(walk::fields(packet).flat_map(of_field_or_flags)).collect()
}

/// What an element of a list stores.
pub(crate) fn of_element(fields: &[Field]) -> Vec<Member<'_>> {
    fields.iter().flat_map(of_field_or_flags).collect()
}

fn of_field_or_flags(field: &Field) -> Vec<Member<'_>> {
    match &field.kind {
        FieldKind::Flags(flags) => flags.iter().filter_map(|flag| of_flag(flag, None)).collect(),
        _ => of_field(field).into_iter().collect(),
    }
}

/// What a group stores: the flags of the packet that belong to it, and its fields.
pub(crate) fn of_group<'a>(packet: &'a Packet, group: &'a Field, fields: &'a [Field]) -> Vec<Member<'a>> {
    let flags = walk::all_flags(packet).filter_map(|flag| of_flag(flag, Some(&group.name.value)));
    flags.chain(fields.iter().filter_map(of_field)).collect()
}

fn of_flag<'a>(flag: &'a Flag, of_group: Option<&str>) -> Option<Member<'a>> {
    match &flag.kind {
        FlagKind::Value { name, of, .. } if walk::group_of(flag) == of_group => Some(Member {
            name: &name.value,
            about: &flag.about,
            kind: of.as_ref().map_or(MemberKind::Bit, |of| MemberKind::Enum(&of.value)),
            optional: false,
            secret: false,
        }),
        _ => None,
    }
}

fn of_field(field: &Field) -> Option<Member<'_>> {
    let kind = match &field.kind {
        FieldKind::Value { constant: Some(_), .. } | FieldKind::Flags(_) => return None,
        FieldKind::Value { of, .. } => MemberKind::Value(of.value),
        FieldKind::Enum(of) => MemberKind::Enum(&of.value),
        FieldKind::Group(fields) => MemberKind::Group(fields),
        FieldKind::List(element) => MemberKind::List(element),
        FieldKind::Properties(uses) => MemberKind::Properties(uses),
    };
    let optional = field.presence != Presence::Always;
    Some(Member { name: &field.name.value, about: &field.about, kind, optional, secret: field.secret })
}

/// Whether a struct of these members borrows from the bytes of the packet.
pub(crate) fn borrow(members: &[Member<'_>]) -> bool {
    members.iter().any(|member| match member.kind {
        MemberKind::Value(of) => types::borrows(of),
        MemberKind::Group(fields) => fields_borrow(fields),
        MemberKind::List(_) | MemberKind::Properties(_) => true,
        MemberKind::Bit | MemberKind::Enum(_) => false,
    })
}

/// Whether a group or an element of these fields borrows from the bytes of the packet.
pub(crate) fn fields_borrow(fields: &[Field]) -> bool {
    borrow(&Vec::from_iter(fields.iter().filter_map(of_field)))
}

/// Whether a packet has something of an enum.
pub(crate) fn uses(packet: &Packet, declared: &Enum) -> bool {
    let is_of = |member: Member<'_>| matches!(member.kind, MemberKind::Enum(of) if of == declared.name.value);
    of_packet(packet).into_iter().any(is_of)
        || walk::groups(packet).any(|(group, fields)| of_group(packet, group, fields).into_iter().any(is_of))
        || walk::elements(packet).any(|(_, _, fields)| of_element(fields).into_iter().any(is_of))
        || walk::has_list_of(packet, declared)
}
