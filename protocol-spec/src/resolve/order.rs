//! Order: what takes all that is left comes last.

use super::walk;
use crate::defs::{Field, FieldKind, Packet, Span, Type};
use crate::{Code, Diagnostic};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    // A group stands right before its first member: it is what follows, too, but takes nothing itself.
    let fields: Vec<_> = walk::fields_and_members(packet).map(|(_, field)| field).collect();
    for pair in fields.windows(2) {
        let [field, next] = pair else { continue };
        if let FieldKind::Value { of, .. } = &field.kind
            && of.value == Type::Rest
        {
            let help = format!("move `{}` to the end of the packet, or make it `binary`", field.name.value);
            mistakes.push(not_last(field, &of.span, next, help));
        }
        if let FieldKind::List(_) = &field.kind {
            let help = format!("move `{}` to the end of the packet", field.name.value);
            mistakes.push(not_last(field, &field.name.span, next, help));
        }
    }
}

fn not_last(field: &Field, span: &Span, next: &Field, help: String) -> Diagnostic {
    let message = format!("`{}` takes all that is left, so nothing can follow it", field.name.value);
    Diagnostic::new(Code::RestNotLast, span, message)
        .label("takes the rest of the packet")
        .also(&next.name.span, "nothing is left for this")
        .help(help)
}
