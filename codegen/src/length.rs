//! How long a packet can be.

use slimqtt_spec::defs::{Constant, Field, FieldKind, Packet, Presence, Type};

/// The longest remaining length (2.2.3).
const MAX_REMAINING_LENGTH: usize = 268_435_455;

/// The least and the greatest remaining length of a packet, in bytes.
pub(crate) fn remaining_length(packet: &Packet) -> (usize, usize) {
    let (min, max) = fields(packet.variable.iter().chain(&packet.payload));
    (min, max.min(MAX_REMAINING_LENGTH))
}

fn fields<'a>(fields: impl Iterator<Item = &'a Field>) -> (usize, usize) {
    fields.fold((0, 0), |(min, max), field| {
        let (field_min, field_max) = match &field.kind {
            FieldKind::Value { of, constant } => match constant.as_ref().map(|constant| &constant.value) {
                Some(Constant::Text(text)) => (2 + text.len(), 2 + text.len()),
                _ => value(of.value),
            },
            FieldKind::Enum(_) | FieldKind::Flags(_) => (1, 1),
            FieldKind::Group(members) => self::fields(members.iter()),
        };
        let always = matches!(field.presence, Presence::Always);
        (min + if always { field_min } else { 0 }, max + field_max)
    })
}

const fn value(of: Type) -> (usize, usize) {
    match of {
        Type::U8 => (1, 1),
        Type::U16 | Type::PacketIdentifier => (2, 2),
        Type::Utf8 | Type::Binary => (2, 2 + 65_535),
        Type::TopicName => (3, 2 + 65_535),
        Type::Rest => (0, MAX_REMAINING_LENGTH),
    }
}
