//! Requirements: an optional field may need another one.

use super::walk;
use crate::defs::{Packet, Presence};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    for (_, field) in walk::fields(packet) {
        let Some(other) = &field.requires else { continue };
        let (name, wanted) = (&field.name.value, &other.value);
        let required = walk::fields(packet).find(|(_, field)| field.name.value == *wanted).map(|(_, field)| field);
        let is_optional = |presence: &Presence| *presence == Presence::Optional;
        let mistake = match required {
            None => {
                let optional =
                    walk::fields(packet).filter(|(_, it)| is_optional(&it.presence) && it.name.value != *name);
                let optional: Vec<_> = optional.map(|(_, field)| field.name.value.as_str()).collect();
                let help = suggest::did_you_mean(wanted, "other optional fields of this packet", &optional);
                Diagnostic::new(Code::UnknownRequirement, &other.span, format!("there is no field `{wanted}`"))
                    .label("not a field of this packet")
                    .help(help.unwrap_or_else(|| "remove the `requires`".to_owned()))
            }
            Some(_) if name == wanted => {
                Diagnostic::new(Code::RequiresItself, &other.span, format!("`{name}` requires itself"))
                    .label("that is always so")
                    .help("name the field that it cannot be without".to_owned())
            }
            Some(_) if !is_optional(&field.presence) => {
                let message = format!("`{name}` is not optional, so it cannot require `{wanted}`");
                Diagnostic::new(Code::NeedlessRequirement, &other.span, message)
                    .label("only optional fields require others")
                    .also(&field.name.span, "not optional")
                    .help(format!("write `optional {name}`, or remove the `requires`"))
            }
            Some(required) if !is_optional(&required.presence) => {
                let message = format!("`{wanted}` is not optional, so `{name}` need not require it");
                Diagnostic::new(Code::NeedlessRequirement, &other.span, message)
                    .label("not optional")
                    .also(&required.name.span, "declared here")
                    .help(format!("write `optional {wanted}`, or remove the `requires`"))
            }
            Some(_) => continue,
        };
        mistakes.push(mistake);
    }
}
