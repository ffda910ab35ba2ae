//! Names: one of each, written the way of its kind.

use super::walk;
use crate::defs::{Field, Packet, Protocol, Spanned};
use crate::{Code, Diagnostic};

pub(super) fn check(protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    let enums: Vec<_> = protocol.enums.iter().map(|declared| (Code::DuplicateEnum, &declared.name)).collect();
    once_each("enums", &enums, mistakes);
    style("an enum", Style::Camel, &enums, mistakes);

    for declared in &protocol.enums {
        let variants: Vec<_> = declared.variants.iter().map(|it| (Code::DuplicateVariant, &it.name)).collect();
        once_each("variants of an enum", &variants, mistakes);
        style("a variant", Style::Camel, &variants, mistakes);
    }

    let properties: Vec<_> = protocol.properties.iter().map(|it| (Code::DuplicateProperty, &it.name)).collect();
    once_each("properties", &properties, mistakes);
    style("a property", Style::Snake, &properties, mistakes);

    let packets: Vec<_> = protocol.packets.iter().map(|packet| (Code::DuplicatePacket, &packet.name)).collect();
    once_each("packets", &packets, mistakes);
    style("a packet", Style::Upper, &packets, mistakes);

    for packet in &protocol.packets {
        let groups = walk::fields(packet).filter(|(_, field)| !walk::members(field).is_empty());
        let groups = groups.map(|(_, group)| Some(group.name.value.as_str()));
        for group in std::iter::once(None).chain(groups) {
            let names = scope(packet, group);
            once_each("fields or flags", &names, mistakes);
            style("a field or flag", Style::Snake, &names, mistakes);
        }
        for (element, fields) in walk::elements(packet) {
            style("an element", Style::Snake, &[(Code::NameStyle, element)], mistakes);
            let names = with_flags(walk::values(walk::element_flags(fields), None), fields);
            once_each("fields or flags", &names, mistakes);
            style("a field or flag", Style::Snake, &names, mistakes);
        }
    }
}

/// The names of a packet's fields and flags, or of those of a group, in wire order.
fn scope<'a>(packet: &'a Packet, group: Option<&'a str>) -> Vec<(Code, &'a Spanned<String>)> {
    let fields = walk::fields(packet).flat_map(|(_, field)| match group {
        None => std::slice::from_ref(field),
        Some(group) if field.name.value == group => walk::members(field),
        Some(_) => &[],
    });
    with_flags(walk::values(walk::flags(packet), group), fields)
}

/// The names of flags and fields, in wire order.
fn with_flags<'a>(
    flags: impl Iterator<Item = walk::Value<'a>>,
    fields: impl IntoIterator<Item = &'a Field>,
) -> Vec<(Code, &'a Spanned<String>)> {
    let flags = flags.map(|flag| (Code::DuplicateFlag, flag.name));
    let fields = fields.into_iter().map(|field| (Code::DuplicateField, &field.name));
    let mut names: Vec<_> = flags.chain(fields).collect();
    names.sort_by_key(|(_, name)| name.span.start);
    names
}

fn once_each(kinds: &str, names: &[(Code, &Spanned<String>)], mistakes: &mut Vec<Diagnostic>) {
    for (index, (code, name)) in names.iter().enumerate() {
        if let Some((_, first)) = names[..index].iter().find(|(_, earlier)| earlier.value == name.value) {
            let mistake = Diagnostic::new(*code, &name.span, format!("`{}` is declared twice", name.value))
                .label("declared again here")
                .also(&first.span, "first declared here")
                .help(format!("no two {kinds} share a name: rename or remove one of them"));
            mistakes.push(mistake);
        }
    }
}

#[derive(Clone, Copy)]
enum Style {
    Camel,
    Snake,
    Upper,
}

fn style(kind: &str, style: Style, names: &[(Code, &Spanned<String>)], mistakes: &mut Vec<Diagnostic>) {
    for (_, name) in names.iter().filter(|(_, name)| !style.accepts(&name.value)) {
        let right = style.of(&name.value);
        let message = format!("the name of {kind} is written in {}", style.name());
        let help = style.accepts(&right).then(|| format!("write `{right}`"));
        mistakes.push(Diagnostic::new(Code::NameStyle, &name.span, message).label("not written like that").help(help));
    }
}

impl Style {
    const fn name(self) -> &'static str {
        match self {
            Self::Camel => "`CamelCase`",
            Self::Snake => "`snake_case`",
            Self::Upper => "`UPPERCASE`",
        }
    }

    /// Whether a name is of this style. Abbreviations like `QoS` are camel case, too.
    fn accepts(self, name: &str) -> bool {
        let all = |rule: fn(&char) -> bool| name.chars().all(|c| rule(&c) || c.is_ascii_digit());
        match self {
            Self::Camel => name.starts_with(|c: char| c.is_ascii_uppercase()) && all(char::is_ascii_alphabetic),
            Self::Snake => {
                let underscores = name.ends_with('_') || name.contains("__");
                name.starts_with(|c: char| c.is_ascii_lowercase())
                    && all(|&c| c.is_ascii_lowercase() || c == '_')
                    && !underscores
            }
            Self::Upper => name.starts_with(|c: char| c.is_ascii_uppercase()) && all(char::is_ascii_uppercase),
        }
    }

    fn of(self, name: &str) -> String {
        let words = words(name);
        match self {
            Self::Camel => {
                words.iter().map(|word| word[..1].to_ascii_uppercase() + &word[1..].to_lowercase()).collect()
            }
            Self::Snake => words.join("_").to_ascii_lowercase(),
            Self::Upper => words.concat().to_ascii_uppercase(),
        }
    }
}

/// The words of a name in any style: they begin behind `_` and with an uppercase letter behind a lowercase one.
fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for part in name.split('_') {
        let mut start = 0;
        for (index, pair) in part.as_bytes().windows(2).enumerate() {
            if !pair[0].is_ascii_uppercase() && pair[1].is_ascii_uppercase() {
                words.push(&part[start..=index]);
                start = index + 1;
            }
        }
        words.push(&part[start..]);
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::Style;

    #[test]
    fn every_style_turns_names_into_names_of_its_own() {
        for name in ["keep_alive", "KeepAlive", "keepAlive", "KEEP_ALIVE", "__keep__Alive_"] {
            let styled = [Style::Camel, Style::Snake, Style::Upper].map(|style| style.of(name));
            assert_eq!(styled, ["KeepAlive", "keep_alive", "KEEPALIVE"], "{name}");
        }
    }

    #[test]
    fn abbreviations_stay() {
        assert!(Style::Camel.accepts("QoS"));
        assert!(!Style::Snake.accepts("QoS"));
        assert!(!Style::Upper.accepts("QoS"));
    }
}
