//! Lists: in every packet, up to its end, of elements that stand for themselves.

use super::{groups, walk};
use crate::defs::{
    Comparison, Element, Field, FieldKind, Flag, FlagKind, Packet, Presence, Requirement, Span, Spanned, Type,
};
use crate::{Code, Diagnostic};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    for field in packet.variable.iter().filter(|field| is_list(field)) {
        mistakes.push(misplaced(field, "in the variable header"));
    }
    for field in packet.payload.iter().filter(|field| is_list(field)) {
        if field.presence != Presence::Always {
            mistakes.push(misplaced(field, "not in every packet"));
        }
    }
    for (_, group) in walk::fields(packet) {
        for member in walk::members(group).iter().filter(|member| is_list(member)) {
            mistakes.push(misplaced(member, "in a group"));
        }
    }
    for (_, field) in walk::fields_and_members(packet) {
        match &field.kind {
            FieldKind::List(Element::Value(of)) if of.value == Type::Rest => mistakes.push(endless(field, &of.span)),
            FieldKind::List(Element::Fields { name, fields }) => element(field, name, fields, mistakes),
            _ => {}
        }
    }
}

fn is_list(field: &Field) -> bool {
    matches!(field.kind, FieldKind::List(_))
}

fn misplaced(field: &Field, place: &str) -> Diagnostic {
    let name = &field.name;
    Diagnostic::new(Code::ListPlace, &name.span, format!("`{}` cannot be a list here", name.value))
        .label(place)
        .help("a list is the last field of a payload, in every packet, and outside of groups".to_owned())
}

/// An element of several fields.
fn element(list: &Field, name: &Spanned<String>, fields: &[Field], mistakes: &mut Vec<Diagnostic>) {
    for field in fields {
        groups::conditional("element", name, field, mistakes);
        match &field.kind {
            FieldKind::List(_) => mistakes.push(misplaced(field, "in an element of a list")),
            FieldKind::Value { of, .. } if of.value == Type::Rest => mistakes.push(endless(list, &of.span)),
            _ => {}
        }
    }
    for byte in walk::element_flags(fields) {
        for flag in byte.flags {
            mistakes.extend(not_of_element(name, flag));
        }
    }
}

fn endless(list: &Field, rest: &Span) -> Diagnostic {
    let message = format!("the first element of `{}` takes all that is left", list.name.value);
    Diagnostic::new(Code::RestInList, rest, message)
        .label("nothing is left for a second element")
        .also(&list.name.span, "the list")
        .help("make it `binary`".to_owned())
}

/// The flags of an element are fields of it, or reserved.
fn not_of_element(element: &Spanned<String>, flag: &Flag) -> Option<Diagnostic> {
    let (span, what) = match (&flag.kind, &flag.requires) {
        (FlagKind::Has(name), _) => (&name.span, "tell whether a field is there"),
        (FlagKind::Value { group: Some(group), .. }, _) => (&group.span, "belong to a group"),
        (_, Some(Requirement::Holds(Comparison { name, .. }) | Requirement::Carries(name))) => {
            (&name.span, "require anything of the packet")
        }
        _ => return None,
    };
    let message = format!("a flag of the element `{}` cannot {what}", element.value);
    let mistake = Diagnostic::new(Code::ElementFlag, span, message)
        .label("not of the element")
        .also(&element.span, "the element")
        .help("the flags of an element are fields of it, or reserved".to_owned());
    Some(mistake)
}
