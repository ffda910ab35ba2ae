//! Comparisons: with something that is there, and with a value that it can have.

use super::presence::late;
use super::walk;
use crate::defs::{Comparison, FlagKind, Packet, Presence, Protocol, Relation, Requirement};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    for (place, field) in walk::fields(packet) {
        let name = &field.name;
        if let Presence::If(condition) = &field.presence {
            let never = Never { what: format!("`{}` is never there", name.value), remove: "the field" };
            if let Some(value) = compare(condition, &never, packet, protocol, mistakes)
                && value.place > place
            {
                late(&condition.name, name, mistakes);
            }
        }
        if let Some(Requirement::Holds(requirement)) = &field.empty_requires {
            let never = Never { what: format!("`{}` is never empty", name.value), remove: "the `empty requires`" };
            compare(requirement, &never, packet, protocol, mistakes);
        }
    }
    for flag in walk::flags(packet).flat_map(|byte| byte.flags) {
        let (FlagKind::Value { name, .. }, Some(Requirement::Holds(requirement))) = (&flag.kind, &flag.requires) else {
            continue;
        };
        if name.value == requirement.name.value {
            let message = format!("`{}` requires itself", name.value);
            let mistake = Diagnostic::new(Code::RequiresItself, &requirement.name.span, message)
                .label("says nothing about another")
                .help("name the flag or enum that it depends on".to_owned());
            mistakes.push(mistake);
            continue;
        }
        let never = Never { what: format!("`{}` is never set", name.value), remove: "the `requires`" };
        compare(requirement, &never, packet, protocol, mistakes);
    }
}

/// What follows from a comparison that never holds.
struct Never {
    what: String,
    /// What to remove if it is meant so.
    remove: &'static str,
}

/// Checks a comparison, and finds what it is with.
fn compare<'a>(
    comparison: &Comparison,
    never: &Never,
    packet: &'a Packet,
    protocol: &Protocol,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<walk::Value<'a>> {
    let Comparison { name, relation, value } = comparison;
    let Some(compared) = walk::comparable(packet).find(|it| it.name.value == name.value) else {
        mistakes.push(unknown(comparison, packet));
        return None;
    };
    let values = match compared.of {
        None => vec![0, 1],
        Some(of) => {
            // Without the enum, or without values, there is another mistake already.
            let of = protocol.enums.iter().find(|declared| declared.name.value == of.value)?;
            of.variants.iter().map(|variant| variant.value.value).collect()
        }
    };
    let largest = values.iter().copied().max()?;
    if !values.iter().any(|it| relation.holds(*it, value.value)) {
        let (name, value, remove) = (&name.value, value.value, never.remove);
        let (message, label, help) = match relation {
            Relation::Above => {
                let help = match largest.checked_sub(1) {
                    Some(below) => format!("write `{name} > {below}`, or remove {remove}"),
                    None => "compare with another flag: this one has only one value".to_owned(),
                };
                (format!("`{name}` is never above {value}"), format!("at most {largest}"), help)
            }
            Relation::Equal => {
                let values = suggest::list(values.iter().map(u64::to_string).collect(), "and");
                let help = format!("the values are {values}: compare with one of them, or remove {remove}");
                (format!("`{name}` is never {value}"), format!("never {value}"), help)
            }
        };
        let mistake = Diagnostic::new(Code::NeverMet, &comparison.value.span, message)
            .label(never.what.as_str())
            .also(&compared.name.span, label)
            .help(help);
        mistakes.push(mistake);
    }
    Some(compared)
}

fn unknown(comparison: &Comparison, packet: &Packet) -> Diagnostic {
    let name = &comparison.name;
    let known: Vec<_> = walk::comparable(packet).map(|it| it.name.value.as_str()).collect();
    let help = suggest::did_you_mean(&name.value, "flags and enums of this packet", &known);
    let help = help.unwrap_or_else(|| "only flags and enums compare, and this packet has none".to_owned());
    Diagnostic::new(Code::UnknownFlag, &name.span, format!("there is no flag or enum `{}`", name.value))
        .label("not a flag or enum of this packet")
        .help(help)
}
