//! How long a packet can be.

use slimqtt_spec::defs::{Constant, Element, Field, FieldKind, Packet, Presence};

use crate::{types, walk};

/// The greatest remaining length (2.2.3).
pub(crate) const MAX_REMAINING_LENGTH: usize = 268_435_455;

/// The least and the greatest number of bytes that something takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) min: usize,
    pub(crate) max: usize,
}

impl Length {
    pub(crate) const fn exactly(bytes: usize) -> Self {
        Self { min: bytes, max: bytes }
    }
}

/// The remaining length of a packet.
pub(crate) fn remaining_length(packet: &Packet) -> Length {
    let Length { min, max } = sum(walk::fields(packet));
    Length { min, max: max.min(MAX_REMAINING_LENGTH) }
}

fn sum<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Length {
    fields
        .into_iter()
        .map(length)
        .fold(Length::exactly(0), |sum, field| Length { min: sum.min + field.min, max: sum.max + field.max })
}

fn length(field: &Field) -> Length {
    let there = match &field.kind {
        FieldKind::Value { of, constant } => match constant.as_ref().map(|constant| &constant.value) {
            Some(Constant::Text(text)) => Length::exactly(2 + text.len()),
            Some(Constant::Integer(_)) | None => types::length(of.value),
        },
        FieldKind::Enum(_) | FieldKind::Flags(_) => Length::exactly(1),
        FieldKind::Group(members) => sum(members),
        FieldKind::List(element) => {
            let one = match element {
                Element::Value(of) => types::length(of.value),
                Element::Enum(_) => Length::exactly(1),
                Element::Fields { fields, .. } => sum(fields),
            };
            Length { max: MAX_REMAINING_LENGTH, ..one }
        }
        FieldKind::Properties(_) => Length { min: 1, max: MAX_REMAINING_LENGTH },
    };
    // A string that may be empty has its length only.
    let there = if field.empty_requires.is_some() { Length { min: 2, ..there } } else { there };
    if field.presence == Presence::Always && field.default.is_none() { there } else { Length { min: 0, ..there } }
}
