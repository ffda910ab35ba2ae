//! Defaults: where a packet may end early, and what it means then.

use super::senders;
use super::walk;
use crate::defs::{Count, Default, Enum, Field, FieldKind, Packet, Presence, PropertyUse, Protocol, Spanned};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    for field in walk::all_fields(packet) {
        let Some(default) = &field.default else { continue };
        match (&field.kind, &default.value) {
            (FieldKind::Properties(list), Default::NoProperties) => mistakes.extend(of_properties(default, list)),
            (FieldKind::Enum(of), Default::Variant(variant)) => {
                // Without the enum, there is another mistake already.
                if let Some(declared) = protocol.enums.iter().find(|declared| declared.name.value == of.value) {
                    mistakes.extend(of_enum(default, variant, declared, packet));
                }
            }
            _ => mistakes.push(of_another_kind(field, default)),
        }
    }
    in_every_packet(packet, mistakes);
    missing(packet, mistakes);
}

fn of_another_kind(field: &Field, default: &Spanned<Default>) -> Diagnostic {
    let (written, help) = match (&default.value, &field.kind) {
        (_, FieldKind::Properties(_)) => ("a variant", "the default of properties is `none`"),
        (Default::Variant(_), _) => ("a variant", "only properties and fields that hold an enum have a default"),
        (Default::NoProperties, FieldKind::Enum(_)) => ("`none`", "name a variant of the enum"),
        (Default::NoProperties, _) => ("`none`", "only properties and fields that hold an enum have a default"),
    };
    let message = format!("the default of `{}` cannot be {written}", field.name.value);
    Diagnostic::new(Code::DefaultType, &default.span, message)
        .label("of another kind than the field")
        .also(&field.name.span, "the field")
        .help(help.to_owned())
}

/// A packet that ends early has no properties, not even those that it has to have.
fn of_properties(default: &Spanned<Default>, list: &[PropertyUse]) -> Option<Diagnostic> {
    let required = &list.iter().find(|entry| entry.count == Count::Once)?.name;
    let message = format!("the default is no properties, but `{}` is required", required.value);
    let mistake = Diagnostic::new(Code::RequiredDefault, &default.span, message)
        .label("the packet may end without it")
        .also(&required.span, "required")
        .help("remove the `default none`, or the `required`".to_owned());
    Some(mistake)
}

/// A variant of the enum, which all who send the packet may send.
fn of_enum(default: &Spanned<Default>, name: &str, declared: &Enum, packet: &Packet) -> Option<Diagnostic> {
    let of = &declared.name.value;
    let Some(variant) = declared.variants.iter().find(|variant| variant.name.value == name) else {
        let variants: Vec<_> = declared.variants.iter().map(|variant| variant.name.value.as_str()).collect();
        let message = format!("`{of}` has no variant `{name}`");
        let mistake = Diagnostic::new(Code::UnknownVariant, &default.span, message)
            .label("not a variant")
            .also(&declared.name.span, "the enum")
            .help(suggest::did_you_mean(name, "variants", &variants));
        return Some(mistake);
    };
    let only = variant.sender.as_ref().filter(|only| only.value != packet.sender.value)?;
    let never = senders::other(only.value).name();
    let message = format!("the {never} cannot send the default `{name}`");
    let mistake = Diagnostic::new(Code::NeverSent, &default.span, message)
        .label(format!("what does a packet of the {never} mean that ends here?"))
        .also(&only.span, format!("only from the {}", only.value.name()))
        .help(format!("choose a variant without `from`, or remove the `from {}`", only.value.name()));
    Some(mistake)
}

/// What may be absent for another reason, too, would be read wrong.
fn in_every_packet(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    let elements = walk::elements(packet).flat_map(|(_, fields)| fields.iter().map(|field| (field, "in an element")));
    let fields = walk::fields(packet).flat_map(|(_, field)| {
        let members = walk::members(field).iter().map(|member| (member, "in a group"));
        let conditional = (field.presence != Presence::Always).then_some((field, "not in every packet"));
        members.chain(conditional)
    });
    for (field, place) in fields.chain(elements) {
        if let Some(default) = &field.default {
            let message = format!("`{}` cannot have a default here", field.name.value);
            let mistake = Diagnostic::new(Code::DefaultPlace, &default.span, message)
                .label("the packet may end before the field")
                .also(&field.name.span, place)
                .help("only fields of every packet have a default, outside of groups and elements".to_owned());
            mistakes.push(mistake);
        }
    }
}

/// A packet that ends before a field ends before all that follow.
fn missing(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    let mut fields = walk::fields(packet).map(|(_, field)| field).skip_while(|field| field.default.is_none());
    let Some(first) = fields.next() else { return };
    for field in fields.filter(|field| field.default.is_none()) {
        let (name, first_name) = (&field.name.value, &first.name.value);
        let add = match &field.kind {
            FieldKind::Properties(_) => "write `properties default none`".to_owned(),
            FieldKind::Enum(_) => format!("give `{name}` a default"),
            _ => format!("move `{name}` before `{first_name}`"),
        };
        let message = format!("the packet may end before `{first_name}`, but `{name}` has no default");
        let mistake = Diagnostic::new(Code::MissingDefault, &field.name.span, message)
            .label("what is it where the packet ends early?")
            .also(&first.name.span, "the packet may end before this")
            .help(format!("{add}, or remove the default of `{first_name}`"));
        mistakes.push(mistake);
    }
}
