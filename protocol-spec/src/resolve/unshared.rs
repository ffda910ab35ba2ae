//! `requires unshared`: of a flag and a shareable filter, both of one element.

use super::walk;
use crate::defs::{Field, FieldKind, Packet, Requirement, Spanned, Type};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    for requirement in walk::requirements(packet) {
        if let Requirement::Unshared(filter) = requirement {
            let message = "only a flag of an element can require an unshared filter";
            let mistake = Diagnostic::new(Code::UnsharedFilter, &filter.span, message)
                .label("outside of an element")
                .help("move the flag into the element of a list that has the filter".to_owned());
            mistakes.push(mistake);
        }
    }
    for (element, fields) in walk::elements(packet) {
        for flag in walk::element_flags(fields).flat_map(|byte| byte.flags) {
            if let Some(Requirement::Unshared(filter)) = &flag.requires {
                mistakes.extend(no_filter(filter, element, fields));
            }
        }
    }
}

fn no_filter(filter: &Spanned<String>, element: &Spanned<String>, fields: &[Field]) -> Option<Diagnostic> {
    let name = &filter.value;
    let mistake = |message| Diagnostic::new(Code::UnsharedFilter, &filter.span, message);
    match fields.iter().find(|field| field.name.value == *name) {
        Some(field) if is_shareable(field) => None,
        Some(field) => {
            let mistake = mistake(format!("`{name}` cannot be shared"))
                .label("always unshared")
                .also(&field.name.span, "declared here")
                .help(format!("write `{name}: shareable_topic_filter`, or remove the `requires`"));
            Some(mistake)
        }
        None => {
            let filters = fields.iter().filter(|field| is_shareable(field)).map(|field| field.name.value.as_str());
            let help = suggest::did_you_mean(name, "shareable filters of the element", &filters.collect::<Vec<_>>());
            let mistake = mistake(format!("there is no field `{name}`"))
                .label("not a field of the element")
                .also(&element.span, "the element")
                .help(help.unwrap_or_else(|| format!("declare it: `{name}: shareable_topic_filter`")));
            Some(mistake)
        }
    }
}

fn is_shareable(field: &Field) -> bool {
    matches!(&field.kind, FieldKind::Value { of, .. } if of.value == Type::ShareableTopicFilter)
}
