//! Companions: a property that has to be there where another is, where a flag is set, or where a field is empty.

use super::senders;
use super::walk;
use crate::defs::{Count, Packet, PropertyUse, Requirement, Sender, Spanned};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    for list in walk::all_properties(packet) {
        for entry in list {
            if let Some(other) = &entry.requires {
                mistakes.extend(of_property(entry, other, list));
            }
        }
    }
    for requirement in walk::requirements(packet) {
        if let Requirement::Carries(property) = requirement {
            mistakes.extend(of_packet(property, packet));
        }
    }
}

/// `authentication_data requires authentication_method`
fn of_property(entry: &PropertyUse, other: &Spanned<String>, list: &[PropertyUse]) -> Option<Diagnostic> {
    let (name, wanted) = (&entry.name.value, &other.value);
    let mistake = match list.iter().find(|it| it.name.value == *wanted) {
        None => {
            let others = list.iter().map(|it| it.name.value.as_str()).filter(|other| other != name);
            unknown(other, &others.collect::<Vec<_>>())
        }
        Some(_) if name == wanted => {
            Diagnostic::new(Code::RequiresItself, &other.span, format!("`{name}` requires itself"))
                .label("that is always so")
                .help(format!("name another property, or write `required {name}` if it is in every packet"))
        }
        Some(companion) if companion.count == Count::Once => always_there(other, companion),
        Some(_) if entry.count == Count::Once => {
            let message = format!("`{name}` is in every packet, and so is `{wanted}`, which it requires");
            Diagnostic::new(Code::NeedlessRequirement, &other.span, message)
                .label("required in every packet")
                .also(&entry.name.span, "required")
                .help(format!("write `required {wanted}`, and remove the `requires`"))
        }
        Some(companion) => return one_sided(entry, other, companion),
    };
    Some(mistake)
}

/// `empty requires topic_alias`
fn of_packet(property: &Spanned<String>, packet: &Packet) -> Option<Diagnostic> {
    let wanted = &property.value;
    let list = walk::fields(packet).find_map(|(_, field)| walk::properties(field)).unwrap_or_default();
    match list.iter().find(|entry| entry.name.value == *wanted) {
        Some(entry) if entry.count == Count::Once => Some(always_there(property, entry)),
        Some(entry) => Some(never_there(property, entry.sender.as_ref()?)),
        None if walk::comparable(packet).any(|it| it.name.value == *wanted) => {
            let message = format!("`{wanted}` is not a property");
            let mistake = Diagnostic::new(Code::UnknownRequirement, &property.span, message)
                .label("compared with nothing")
                .help(format!("say what has to be so: `{wanted} > 0`, or another comparison"));
            Some(mistake)
        }
        None => Some(unknown(property, &list.iter().map(|entry| entry.name.value.as_str()).collect::<Vec<_>>())),
    }
}

fn unknown(property: &Spanned<String>, listed: &[&str]) -> Diagnostic {
    let wanted = &property.value;
    let help = suggest::did_you_mean(wanted, "properties that can be there", listed);
    Diagnostic::new(Code::UnknownRequirement, &property.span, format!("the property `{wanted}` is never there"))
        .label("not in the list of properties")
        .help(help.unwrap_or_else(|| format!("list it: `properties {{ {wanted} }}`")))
}

/// A packet that both send cannot require what only one may.
fn never_there(property: &Spanned<String>, only: &Spanned<Sender>) -> Diagnostic {
    let (wanted, only_name, never) = (&property.value, only.value.name(), senders::other(only.value).name());
    Diagnostic::new(Code::NeverSent, &property.span, format!("the {never} cannot send `{wanted}`, which is required"))
        .label(format!("only from the {only_name}"))
        .also(&only.span, "said here")
        .help(format!("remove the `requires`, or let the {never} send `{wanted}` too"))
}

fn always_there(property: &Spanned<String>, entry: &PropertyUse) -> Diagnostic {
    let message = format!("`{}` is in every packet, so nothing need require it", property.value);
    Diagnostic::new(Code::NeedlessRequirement, &property.span, message)
        .label("always there")
        .also(&entry.name.span, "required")
        .help("remove the `requires`, or the `required`".to_owned())
}

/// Whoever sends a property has to be able to send its companion.
fn one_sided(entry: &PropertyUse, other: &Spanned<String>, companion: &PropertyUse) -> Option<Diagnostic> {
    let only = companion.sender.as_ref()?;
    if entry.sender.as_ref().is_some_and(|sender| sender.value == only.value) {
        return None;
    }
    let never = senders::other(only.value).name();
    let (name, wanted, only_name) = (&entry.name.value, &other.value, only.value.name());
    let message = format!("the {never} can send `{name}`, but not `{wanted}`, which it requires");
    let mistake = Diagnostic::new(Code::NeverSent, &other.span, message)
        .label(format!("only from the {only_name}"))
        .also(&only.span, "said here")
        .help(format!("write `{name} from {only_name}`, or let the {never} send `{wanted}` too"));
    Some(mistake)
}
