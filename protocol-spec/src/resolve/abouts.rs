//! References to the standard: sections and normative statements.

use super::walk;
use crate::defs::{About, Protocol};
use crate::{Code, Diagnostic};

pub(super) fn check(protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    for about in abouts(protocol) {
        section(about, mistakes);
        statements(about, mistakes);
    }
}

fn abouts(protocol: &Protocol) -> impl Iterator<Item = &About> {
    let enums = protocol.enums.iter().flat_map(|declared| {
        let variants = declared.variants.iter().map(|variant| &variant.about);
        std::iter::once(&declared.about).chain(variants)
    });
    let packets = protocol.packets.iter().flat_map(|packet| {
        let fields = walk::all_fields(packet).map(|field| &field.about);
        let flags = walk::all_flags(packet).flat_map(|byte| byte.flags.iter().map(|flag| &flag.about));
        let entries = walk::all_properties(packet).flatten().map(|entry| &entry.about);
        std::iter::once(&packet.about).chain(fields).chain(flags).chain(entries)
    });
    let properties = protocol.properties.iter().map(|property| &property.about);
    enums.chain(properties).chain(packets)
}

fn section(about: &About, mistakes: &mut Vec<Diagnostic>) {
    if let Some(section) = about.section.as_ref().filter(|section| !is_section(&section.value)) {
        let message = format!("`{}` is not a section number", section.value);
        let mistake = Diagnostic::new(Code::SectionForm, &section.span, message)
            .label("not numbers with dots between")
            .help("write it as the standard does: `section 3.1.2`".to_owned());
        mistakes.push(mistake);
    }
}

fn statements(about: &About, mistakes: &mut Vec<Diagnostic>) {
    for (index, statement) in about.statements.iter().enumerate() {
        let id = &statement.value;
        if !is_statement(id) {
            let message = format!("`{}` is not the name of a normative statement", id.escape_debug());
            let mistake = Diagnostic::new(Code::StatementForm, &statement.span, message)
                .label("not of the form `MQTT-<section>-<number>`")
                .help("write it as the standard does: `[MQTT-3.1.2-1]`".to_owned());
            mistakes.push(mistake);
        } else if let Some(first) = about.statements[..index].iter().find(|earlier| earlier.value == *id) {
            let mistake =
                Diagnostic::new(Code::DuplicateStatement, &statement.span, format!("`{id}` is named twice here"))
                    .label("named again")
                    .also(&first.span, "first named here")
                    .help("remove one of the two".to_owned());
            mistakes.push(mistake);
        }
    }
}

/// `3.1.2`
fn is_section(text: &str) -> bool {
    text.split('.').all(is_number)
}

/// `MQTT-3.1.2-1`
fn is_statement(text: &str) -> bool {
    let parts = text.strip_prefix("MQTT-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(section, number)| is_section(section) && is_number(number))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
