//! Properties: declared, listed by packets, and of types that end on their own.

use super::walk;
use crate::defs::{Packet, Property, PropertyKind, PropertyUse, Protocol, Spanned, Type};
use crate::{Code, Diagnostic, suggest};

/// As many as there are bits to remember them with while a packet is read.
const MOST: usize = 32;

pub(super) fn check(protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    mistakes.extend(protocol.properties.get(MOST).map(|property| too_many(&property.name)));
    let lists: Vec<_> = protocol.packets.iter().flat_map(walk::all_properties).collect();
    for property in &protocol.properties {
        mistakes.extend(endless(property));
        if lists.iter().copied().flatten().all(|entry| entry.name.value != property.name.value) {
            mistakes.push(unused(&property.name));
        }
    }
    for list in lists {
        for (index, entry) in list.iter().enumerate() {
            match list[..index].iter().find(|earlier| earlier.name.value == entry.name.value) {
                Some(first) => mistakes.push(twice(entry, first)),
                None => mistakes.extend(unknown(&entry.name, protocol)),
            }
        }
    }
    for packet in &protocol.packets {
        misplaced(packet, mistakes);
    }
}

fn too_many(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(Code::PropertyCount, &name.span, format!("there are more than {MOST} properties"))
        .label(format!("number {}", MOST + 1))
        .help("a set of properties has to fit into 32 bits; MQTT 5.0 has 27".to_owned())
}

fn endless(property: &Property) -> Option<Diagnostic> {
    let PropertyKind::Value(of) = &property.kind else { return None };
    let mistake = || {
        let message = format!("the property `{}` cannot be a `{}`", property.name.value, of.value.name());
        Diagnostic::new(Code::PropertyType, &of.span, message)
            .label("nothing is left for the next property")
            .help("make it `binary`".to_owned())
    };
    (of.value == Type::Rest).then(mistake)
}

fn unused(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(Code::UnusedProperty, &name.span, format!("no packet carries `{}`", name.value))
        .label("not in any list of properties")
        .help(format!("list it, `properties {{ {} }}`, or remove it", name.value))
}

fn twice(entry: &PropertyUse, first: &PropertyUse) -> Diagnostic {
    let name = &entry.name;
    Diagnostic::new(Code::DuplicateProperty, &name.span, format!("`{}` is listed twice", name.value))
        .label("listed again here")
        .also(&first.name.span, "first listed here")
        .help(format!("remove one of the two; a packet with several has `any number of {}`", name.value))
}

fn unknown(name: &Spanned<String>, protocol: &Protocol) -> Option<Diagnostic> {
    let properties: Vec<_> = protocol.properties.iter().map(|property| property.name.value.as_str()).collect();
    if properties.contains(&name.value.as_str()) {
        return None;
    }
    let help = suggest::did_you_mean(&name.value, "properties of this spec", &properties);
    let help = help.unwrap_or_else(|| format!("declare it: `property {} = 0x01: u8`", name.value));
    let message = format!("there is no property `{}`", name.value);
    Some(Diagnostic::new(Code::UnknownProperty, &name.span, message).label("not declared").help(help))
}

fn misplaced(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    for (element, fields) in walk::elements(packet) {
        for list in fields.iter().filter(|field| walk::properties(field).is_some()) {
            let message = format!("the element `{}` cannot have properties", element.value);
            let mistake = Diagnostic::new(Code::PropertiesPlace, &list.name.span, message)
                .label("in an element of a list")
                .also(&element.span, "the element")
                .help("list them before the list: properties are of a packet or a group".to_owned());
            mistakes.push(mistake);
        }
    }
}
