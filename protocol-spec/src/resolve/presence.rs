//! Presence: whatever is not in every packet has a flag that tells, in time.

use super::walk;
use crate::defs::{Field, FieldKind, FlagKind, Packet, Presence, Spanned};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    let has_flags = has_flags(packet);
    for (index, (place, name)) in has_flags.iter().enumerate() {
        match has_flags[..index].iter().find(|(_, earlier)| earlier.value == name.value) {
            Some((_, first)) => duplicate_has(name, first, mistakes),
            None => has(*place, name, packet, mistakes),
        }
    }
    for (_, field) in walk::fields(packet) {
        let is_told = has_flags.iter().any(|(_, flag)| flag.value == field.name.value);
        if field.presence == Presence::Optional && !is_told {
            missing_has(field, packet, mistakes);
        }
        if field.presence != Presence::Always {
            never_conditional(field, mistakes);
        }
    }
    for (_, field) in walk::fields(packet) {
        for flags in walk::members(field).iter().filter(|member| matches!(member.kind, FieldKind::Flags(_))) {
            conditional_flags(&flags.name, mistakes);
        }
    }
}

/// Every `has x`, with its place.
fn has_flags(packet: &Packet) -> Vec<(usize, &Spanned<String>)> {
    let flags = walk::flags(packet).flat_map(|byte| byte.flags.iter().map(move |flag| (byte.place, flag)));
    let has_flags = flags.filter_map(|(place, flag)| match &flag.kind {
        FlagKind::Has(name) => Some((place, name)),
        _ => None,
    });
    has_flags.collect()
}

fn has(place: usize, name: &Spanned<String>, packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    let message = format!("there is no optional field `{}`", name.value);
    let mistake = Diagnostic::new(Code::UnknownOptional, &name.span, message);
    let named = walk::fields(packet).find(|(_, field)| field.name.value == name.value);
    match named {
        Some((at, field)) if field.presence == Presence::Optional => {
            if at < place {
                late(name, &field.name, mistakes);
            }
        }
        Some((_, field)) => mistakes.push(
            mistake
                .label("not optional")
                .also(&field.name.span, "this field does not depend on `has`")
                .help(format!("write `optional {}`", name.value)),
        ),
        None => {
            let optional = walk::fields(packet).filter(|(_, field)| field.presence == Presence::Optional);
            let optional: Vec<_> = optional.map(|(_, field)| field.name.value.as_str()).collect();
            let help = suggest::did_you_mean(&name.value, "optional fields of this packet", &optional);
            let declare = || format!("declare it: `optional {}: binary`", name.value);
            mistakes.push(mistake.label("not a field of this packet").help(help.unwrap_or_else(declare)));
        }
    }
}

fn duplicate_has(name: &Spanned<String>, first: &Spanned<String>, mistakes: &mut Vec<Diagnostic>) {
    let message = format!("two flags tell whether `{}` is there", name.value);
    let mistake = Diagnostic::new(Code::DuplicateHas, &name.span, message)
        .label("told again here")
        .also(&first.span, "first told here")
        .help("remove one of the two".to_owned());
    mistakes.push(mistake);
}

fn missing_has(field: &Field, packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    let name = &field.name;
    let flags = walk::flags(packet).find(|byte| byte.top == 7).map(|byte| byte.owner.value.as_str());
    let help = match flags {
        Some(flags) => format!("let a bit of `{flags}` tell: `has {}`", name.value),
        None => format!("put a field of flags before it, with a bit `has {}`", name.value),
    };
    let mistake =
        Diagnostic::new(Code::MissingHas, &name.span, format!("no flag tells whether `{}` is there", name.value))
            .label("optional")
            .help(help);
    mistakes.push(mistake);
}

pub(super) fn late(flag: &Spanned<String>, field: &Spanned<String>, mistakes: &mut Vec<Diagnostic>) {
    let message = format!("`{}` is read before the flag that tells whether it is there", field.value);
    let mistake = Diagnostic::new(Code::LateFlag, &flag.span, message)
        .label("tells too late")
        .also(&field.span, "already read here")
        .help("move the flags before the field".to_owned());
    mistakes.push(mistake);
}

/// What cannot depend on anything.
fn never_conditional(field: &Field, mistakes: &mut Vec<Diagnostic>) {
    match &field.kind {
        FieldKind::Flags(_) => conditional_flags(&field.name, mistakes),
        FieldKind::Value { constant: Some(constant), .. } if field.presence == Presence::Optional => {
            let message = format!("the constant `{}` cannot be optional", field.name.value);
            let mistake = Diagnostic::new(Code::OptionalConstant, &field.name.span, message)
                .label("a constant is not stored, so nothing knows whether to write it")
                .also(&constant.span, "the constant")
                .help("remove the `optional`, or the constant".to_owned());
            mistakes.push(mistake);
        }
        _ => {}
    }
}

fn conditional_flags(name: &Spanned<String>, mistakes: &mut Vec<Diagnostic>) {
    let message = format!("the flags `{}` must be in every packet", name.value);
    let mistake = Diagnostic::new(Code::ConditionalFlags, &name.span, message)
        .label("not always there")
        .help("declare flags outside of groups, and without `optional`".to_owned());
    mistakes.push(mistake);
}
