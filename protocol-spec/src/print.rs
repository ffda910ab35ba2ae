//! A protocol as the text of a spec, in its canonical form.

use crate::defs::*;
use std::fmt::{Display, Formatter, Result};

impl Display for Protocol {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "protocol \"{}\" level {}", self.name.value, self.level.value)?;
        for declared in &self.enums {
            writeln!(f)?;
            print_enum(f, declared)?;
        }
        if !self.properties.is_empty() {
            writeln!(f)?;
        }
        for property in &self.properties {
            print_property(f, property)?;
        }
        for packet in &self.packets {
            writeln!(f)?;
            print_packet(f, packet)?;
        }
        Ok(())
    }
}

fn print_enum(f: &mut Formatter<'_>, declared: &Enum) -> Result {
    docs(f, 0, &declared.about)?;
    write!(f, "enum {}", declared.name.value)?;
    block(f, 0, &declared.about, &declared.variants, |f, variant| {
        docs(f, 1, &variant.about)?;
        write!(f, "{}{} = {}", indent(1), variant.name.value, variant.value.value)?;
        from(f, variant.sender.as_ref())?;
        end(f, &variant.about)
    })
}

fn print_property(f: &mut Formatter<'_>, property: &Property) -> Result {
    docs(f, 0, &property.about)?;
    let secret = secret(property.secret);
    write!(f, "property {} = {:#04x}: {secret}", property.name.value, property.identifier.value)?;
    match &property.kind {
        PropertyKind::Value(of) => write!(f, "{}", of.value.name())?,
        PropertyKind::Enum(name) => {
            write!(f, "u8")?;
            of_enum(f, name, property.fault)?;
        }
    }
    end(f, &property.about)
}

fn print_packet(f: &mut Formatter<'_>, packet: &Packet) -> Result {
    docs(f, 0, &packet.about)?;
    let sender = packet.sender.value.name();
    write!(f, "packet {} = {} from {sender}", packet.name.value, packet.packet_type.value)?;
    if packet.flags.is_empty() && packet.variable.is_empty() && packet.payload.is_empty() {
        return end(f, &packet.about);
    }
    open(f, &packet.about)?;
    let none = About::default();
    if !packet.flags.is_empty() {
        write!(f, "{}flags", indent(1))?;
        block(f, 1, &none, &packet.flags, |f, flag| print_flag(f, 2, flag))?;
    }
    for (part, fields) in [("variable", &packet.variable), ("payload", &packet.payload)] {
        if !fields.is_empty() {
            write!(f, "{}{part}", indent(1))?;
            block(f, 1, &none, fields, |f, field| print_field(f, 2, field))?;
        }
    }
    writeln!(f, "}}")
}

fn print_field(f: &mut Formatter<'_>, depth: usize, field: &Field) -> Result {
    docs(f, depth, &field.about)?;
    let optional = if field.presence == Presence::Optional { "optional " } else { "" };
    write!(f, "{}{optional}{}", indent(depth), field.name.value)?;
    let secret = secret(field.secret);
    match &field.kind {
        FieldKind::Value { of, constant: None } => write!(f, ": {secret}{}", of.value.name())?,
        FieldKind::Value { of, constant: Some(constant) } => match &constant.value {
            Constant::Integer(value) => write!(f, ": {secret}{} = {value}", of.value.name())?,
            Constant::Text(value) => write!(f, ": {secret}{} = \"{value}\"", of.value.name())?,
        },
        FieldKind::Enum(name) => {
            write!(f, ": {secret}u8")?;
            of_enum(f, name, field.fault)?;
        }
        FieldKind::Flags(_) => write!(f, ": flags")?,
        FieldKind::Group(_) | FieldKind::Properties(_) => {}
        FieldKind::List(Element::Value(of)) => write!(f, ": one or more {}", of.value.name())?,
        FieldKind::List(Element::Enum(name)) => {
            write!(f, ": one or more u8")?;
            of_enum(f, name, field.fault)?;
        }
        FieldKind::List(Element::Fields { name, .. }) => write!(f, ": one or more {}", name.value)?,
    }
    if let Presence::If(condition) = &field.presence {
        write!(f, " if")?;
        comparison(f, condition)?;
    }
    if let Some(default) = &field.default {
        match &default.value {
            Default::Variant(name) => write!(f, " default {name}")?,
            Default::NoProperties => write!(f, " default none")?,
        }
    }
    if let Some(empty) = &field.empty_requires {
        write!(f, " empty")?;
        requirement(f, empty)?;
    }
    if let Some(other) = &field.requires {
        write!(f, " requires {}", other.value)?;
    }
    match &field.kind {
        FieldKind::Flags(flags) => block(f, depth, &field.about, flags, |f, flag| print_flag(f, depth + 1, flag)),
        FieldKind::Group(fields) | FieldKind::List(Element::Fields { fields, .. }) => {
            block(f, depth, &field.about, fields, |f, field| print_field(f, depth + 1, field))
        }
        FieldKind::Properties(entries) => {
            block(f, depth, &field.about, entries, |f, entry| print_entry(f, depth + 1, entry))
        }
        FieldKind::Value { .. } | FieldKind::Enum(_) | FieldKind::List(_) => end(f, &field.about),
    }
}

fn print_entry(f: &mut Formatter<'_>, depth: usize, entry: &PropertyUse) -> Result {
    docs(f, depth, &entry.about)?;
    let count = match entry.count {
        Count::AtMostOnce => "",
        Count::Once => "required ",
        Count::Any => "any number of ",
    };
    write!(f, "{}{count}{}", indent(depth), entry.name.value)?;
    from(f, entry.sender.as_ref())?;
    if let Some(other) = &entry.requires {
        write!(f, " requires {}", other.value)?;
    }
    end(f, &entry.about)
}

fn print_flag(f: &mut Formatter<'_>, depth: usize, flag: &Flag) -> Result {
    docs(f, depth, &flag.about)?;
    write!(f, "{}", indent(depth))?;
    match &flag.kind {
        FlagKind::Value { group, name, .. } => {
            if let Some(group) = group {
                write!(f, "{}.", group.value)?;
            }
            write!(f, "{}", name.value)?;
        }
        FlagKind::Has(name) => write!(f, "has {}", name.value)?,
        FlagKind::Reserved(_) => write!(f, "reserved")?,
    }
    write!(f, ": {}", flag.bits())?;
    match &flag.kind {
        FlagKind::Value { of: Some(name), .. } => of_enum(f, name, flag.fault)?,
        FlagKind::Reserved(value) => write!(f, " = {}", value.value)?,
        FlagKind::Value { of: None, .. } | FlagKind::Has(_) => {}
    }
    if let Some(required) = &flag.requires {
        requirement(f, required)?;
    }
    end(f, &flag.about)
}

/// `secret `
const fn secret(secret: bool) -> &'static str {
    if secret { "secret " } else { "" }
}

/// ` as QoS`
fn of_enum(f: &mut Formatter<'_>, name: &Spanned<String>, fault: Fault) -> Result {
    write!(f, " as {}", name.value)?;
    match fault {
        Fault::MalformedPacket => Ok(()),
        Fault::ProtocolError => write!(f, " or protocol error"),
    }
}

/// ` from server`
fn from(f: &mut Formatter<'_>, sender: Option<&Spanned<Sender>>) -> Result {
    match sender {
        Some(sender) => write!(f, " from {}", sender.value.name()),
        None => Ok(()),
    }
}

/// ` requires qos > 0`
fn requirement(f: &mut Formatter<'_>, requirement: &Requirement) -> Result {
    write!(f, " requires")?;
    match requirement {
        Requirement::Holds(holds) => comparison(f, holds),
        Requirement::Carries(property) => write!(f, " {}", property.value),
        Requirement::Unshared(field) => write!(f, " unshared {}", field.value),
    }
}

/// ` qos > 0`
fn comparison(f: &mut Formatter<'_>, Comparison { name, relation, value }: &Comparison) -> Result {
    write!(f, " {} {} {}", name.value, relation.sign(), value.value)
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

fn docs(f: &mut Formatter<'_>, depth: usize, about: &About) -> Result {
    for line in &about.docs {
        writeln!(f, "{}", format!("{}/// {line}", indent(depth)).trim_end())?;
    }
    Ok(())
}

fn block<T>(
    f: &mut Formatter<'_>,
    depth: usize,
    about: &About,
    items: &[T],
    print: impl Fn(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    open(f, about)?;
    for item in items {
        print(f, item)?;
    }
    writeln!(f, "{}}}", indent(depth))
}

/// The end of a line that opens a block.
fn open(f: &mut Formatter<'_>, about: &About) -> Result {
    section(f, about)?;
    write!(f, " {{")?;
    statements(f, about)
}

/// The end of a line that does not.
fn end(f: &mut Formatter<'_>, about: &About) -> Result {
    section(f, about)?;
    statements(f, about)
}

fn section(f: &mut Formatter<'_>, about: &About) -> Result {
    match &about.section {
        Some(section) => write!(f, " section {}", section.value),
        None => Ok(()),
    }
}

fn statements(f: &mut Formatter<'_>, about: &About) -> Result {
    for statement in &about.statements {
        write!(f, " [{}]", statement.value)?;
    }
    writeln!(f)
}
