//! Groups: all members or none.

use super::walk;
use crate::defs::{Field, FieldKind, FlagKind, Packet, Presence, Spanned};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    let groups = walk::fields(packet).filter(|(_, field)| matches!(field.kind, FieldKind::Group(_)));
    let groups: Vec<_> = groups.collect();
    for (_, group) in &groups {
        for member in walk::members(group) {
            conditional("group", &group.name, member, mistakes);
        }
    }
    for byte in walk::flags(packet) {
        for flag in byte.flags {
            let FlagKind::Value { group: Some(name), .. } = &flag.kind else {
                continue;
            };
            match groups.iter().find(|(_, group)| group.name.value == name.value) {
                Some((place, group)) if *place < byte.place => late(name, &group.name, mistakes),
                Some(_) => {}
                None => unknown(name, &groups, packet, mistakes),
            }
        }
    }
}

/// A field of a group, or of an element of a list, depends on nothing else.
pub(super) fn conditional(kind: &str, owner: &Spanned<String>, member: &Field, mistakes: &mut Vec<Diagnostic>) {
    let name = &member.name;
    let (message, label) = if member.presence != Presence::Always || member.requires.is_some() {
        (format!("`{}` cannot come and go on its own", name.value), format!("must be there whenever its {kind} is"))
    } else if member.empty_requires.is_some() {
        (format!("`{}` cannot require anything of the packet", name.value), format!("a field of the {kind}"))
    } else {
        return;
    };
    let mistake = Diagnostic::new(Code::ConditionalMember, &name.span, message)
        .label(label)
        .also(&owner.span, format!("the {kind}"))
        .help(format!("move it out of `{}`, or let it depend on nothing", owner.value));
    mistakes.push(mistake);
}

fn late(name: &Spanned<String>, group: &Spanned<String>, mistakes: &mut Vec<Diagnostic>) {
    let message = format!("the group `{}` is read before one of its flags", group.value);
    let mistake = Diagnostic::new(Code::LateFlag, &name.span, message)
        .label("comes too late")
        .also(&group.span, "already read here")
        .help("move the flags before the group".to_owned());
    mistakes.push(mistake);
}

fn unknown(name: &Spanned<String>, groups: &[(usize, &Field)], packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    let mistake = Diagnostic::new(Code::UnknownGroup, &name.span, format!("there is no group `{}`", name.value));
    let field = walk::fields(packet).find(|(_, field)| field.name.value == name.value);
    mistakes.push(match field {
        Some((_, field)) => mistake
            .label("not a group")
            .also(&field.name.span, "a single field")
            .help(format!("make it a group, `optional {} {{ ... }}`, or drop the name before the dot", name.value)),
        None => {
            let groups: Vec<_> = groups.iter().map(|(_, group)| group.name.value.as_str()).collect();
            let help = suggest::did_you_mean(&name.value, "groups of this packet", &groups);
            let declare = || format!("declare it in the payload: `optional {} {{ ... }}`", name.value);
            mistake.label("not a group of this packet").help(help.unwrap_or_else(declare))
        }
    });
}
