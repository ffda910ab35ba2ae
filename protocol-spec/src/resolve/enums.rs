//! Enums: declared, used, and with values that tell their variants apart.

use super::walk;
use crate::defs::{Enum, PropertyKind, Protocol, Spanned};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    let used = uses(protocol);
    for name in &used {
        unknown(name, protocol, mistakes);
    }
    for declared in &protocol.enums {
        if used.iter().all(|name| name.value != declared.name.value) {
            unused(declared, mistakes);
        }
        values(declared, mistakes);
    }
}

/// Every place that names an enum.
fn uses(protocol: &Protocol) -> Vec<&Spanned<String>> {
    let in_properties = protocol.properties.iter().filter_map(|property| match &property.kind {
        PropertyKind::Enum(name) => Some(name),
        PropertyKind::Value(_) => None,
    });
    protocol.packets.iter().flat_map(walk::enums).chain(in_properties).collect()
}

fn unknown(name: &Spanned<String>, protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    let enums: Vec<_> = protocol.enums.iter().map(|declared| declared.name.value.as_str()).collect();
    if enums.contains(&name.value.as_str()) {
        return;
    }
    let help = suggest::did_you_mean(&name.value, "enums of this spec", &enums);
    let help = help.unwrap_or_else(|| format!("declare it: `enum {} {{ ... }}`", name.value));
    let message = format!("there is no enum `{}`", name.value);
    mistakes.push(Diagnostic::new(Code::UnknownEnum, &name.span, message).label("not declared").help(help));
}

fn unused(declared: &Enum, mistakes: &mut Vec<Diagnostic>) {
    let name = &declared.name;
    let mistake = Diagnostic::new(Code::UnusedEnum, &name.span, format!("`{}` is never used", name.value))
        .label("no field and no flag has its values")
        .help(format!("use it, `u8 as {0}` or `bit 0 as {0}`, or remove it", name.value));
    mistakes.push(mistake);
}

fn values(declared: &Enum, mistakes: &mut Vec<Diagnostic>) {
    for (index, variant) in declared.variants.iter().enumerate() {
        let (name, value) = (&variant.name.value, &variant.value);
        let earlier = declared.variants[..index].iter().find(|earlier| earlier.value.value == value.value);
        if value.value > u64::from(u8::MAX) {
            let message = format!("the value {} of `{name}` does not fit one byte", value.value);
            let mistake = Diagnostic::new(Code::VariantRange, &value.span, message)
                .label("above 255")
                .help("a value of an enum is one byte on the wire, or a part of one".to_owned());
            mistakes.push(mistake);
        } else if let Some(first) = earlier {
            let message = format!("`{name}` and `{}` have the same value", first.name.value);
            let free = (0..=u64::from(u8::MAX)).find(|free| declared.variants.iter().all(|it| it.value.value != *free));
            let mistake = Diagnostic::new(Code::DuplicateValue, &value.span, message)
                .label("used again here")
                .also(&first.value.span, "first used here")
                .help(free.map(|free| format!("the lowest value without a variant is {free}")));
            mistakes.push(mistake);
        }
    }
}
