//! Order: what takes all that is left comes last.

use super::walk;
use crate::defs::{FieldKind, Packet, Type};
use crate::{Code, Diagnostic};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    // A group stands right before its first member: it is what follows, too, but takes nothing itself.
    let fields: Vec<_> = walk::fields_and_members(packet).map(|(_, field)| field).collect();
    for pair in fields.windows(2) {
        let [field, next] = pair else { continue };
        if let FieldKind::Value { of, .. } = &field.kind
            && of.value == Type::Rest
        {
            let message = format!("`{}` takes all that is left, so nothing can follow it", field.name.value);
            let mistake = Diagnostic::new(Code::RestNotLast, &of.span, message)
                .label("takes the rest of the packet")
                .also(&next.name.span, "nothing is left for this")
                .help(format!("move `{}` to the end of the packet, or make it `binary`", field.name.value));
            mistakes.push(mistake);
        }
    }
}
