//! What only one side may send: there is a packet that it sends, and one that the other side sends.

use super::walk;
use crate::defs::{Enum, Packet, PropertyKind, Protocol, Sender, Spanned};
use crate::{Code, Diagnostic};

pub(super) fn check(protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    for packet in &protocol.packets {
        entries(packet, mistakes);
    }
    for declared in &protocol.enums {
        of_property(declared, protocol, mistakes);
        let in_packets =
            protocol.packets.iter().filter(|packet| walk::enums(packet).any(|name| name.value == declared.name.value));
        let senders: Vec<_> = in_packets.map(|packet| packet.sender.value).collect();
        match [Sender::Client, Sender::Server].map(|side| senders.iter().any(|sender| may_send(*sender, side))) {
            [true, true] => both_sides(declared, mistakes),
            [true, false] => one_side(declared, Sender::Client, mistakes),
            [false, true] => one_side(declared, Sender::Server, mistakes),
            [false, false] => {} // Not used in any packet.
        }
    }
}

/// Whether who may send something is this side, or both.
fn may_send(sender: Sender, side: Sender) -> bool {
    sender == side || sender == Sender::Both
}

/// Who never sends what is `from` this side.
pub(super) const fn other(side: Sender) -> Sender {
    match side {
        Sender::Client => Sender::Server,
        Sender::Server | Sender::Both => Sender::Client,
    }
}

/// `session_expiry_interval from client`
fn entries(packet: &Packet, mistakes: &mut Vec<Diagnostic>) {
    for entry in walk::all_properties(packet).flatten() {
        let Some(sender) = &entry.sender else { continue };
        let (name, packet_name, side) = (&entry.name.value, &packet.name.value, sender.value.name());
        if packet.sender.value == sender.value {
            mistakes.push(needless(sender, format!("only the {side} sends `{packet_name}`")));
        } else if !may_send(packet.sender.value, sender.value) {
            let message = format!("the {side} never sends `{packet_name}`, so it never sends `{name}` in it");
            let mistake = Diagnostic::new(Code::NeverSent, &sender.span, message)
                .label("never so")
                .also(&packet.sender.span, "who sends the packet")
                .help(format!("remove `{name}`, or the `from {side}`"));
            mistakes.push(mistake);
        }
    }
}

/// Both sides send the enum: each needs a variant that it may send.
fn both_sides(declared: &Enum, mistakes: &mut Vec<Diagnostic>) {
    for side in [Sender::Client, Sender::Server] {
        let is_sendable = |only: &Spanned<Sender>| only.value == side;
        if declared.variants.iter().all(|variant| variant.sender.as_ref().is_some_and(|only| !is_sendable(only))) {
            let (name, side) = (&declared.name, side.name());
            let message = format!("the {side} sends `{}`, but none of its values", name.value);
            let mistake = Diagnostic::new(Code::NeverSent, &name.span, message)
                .label(format!("no variant is from the {side}"))
                .help(format!("remove a `from`, or declare another enum for what the {side} sends"));
            mistakes.push(mistake);
        }
    }
}

/// Only this side sends the enum: there is nothing to tell apart.
fn one_side(declared: &Enum, side: Sender, mistakes: &mut Vec<Diagnostic>) {
    let name = &declared.name.value;
    for variant in &declared.variants {
        let Some(sender) = &variant.sender else { continue };
        if sender.value == side {
            mistakes.push(needless(sender, format!("only the {} sends `{name}`", side.name())));
        } else {
            let (never, variant) = (sender.value.name(), &variant.name.value);
            let message = format!("the {never} never sends `{name}`, so nobody sends `{variant}`");
            let mistake = Diagnostic::new(Code::NeverSent, &sender.span, message)
                .label("never so")
                .also(&declared.name.span, format!("only in packets from the {}", side.name()))
                .help(format!("remove `{variant}`, or the `from {never}`"));
            mistakes.push(mistake);
        }
    }
}

fn needless(sender: &Spanned<Sender>, message: String) -> Diagnostic {
    Diagnostic::new(Code::NeedlessSender, &sender.span, message)
        .label("says nothing new")
        .help(format!("remove the `from {}`", sender.value.name()))
}

/// A property is of one type, whoever sends it.
fn of_property(declared: &Enum, protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    let Some(sender) = declared.variants.iter().find_map(|variant| variant.sender.as_ref()) else { return };
    for property in &protocol.properties {
        let PropertyKind::Enum(of) = &property.kind else { continue };
        if of.value == declared.name.value {
            let message = format!("the values of the property `{}` depend on who sends it", property.name.value);
            let mistake = Diagnostic::new(Code::PropertyType, &of.span, message)
                .label("not the same for client and server")
                .also(&sender.span, "said here")
                .help(format!("remove the `from` in `{}`, or declare an enum for the property", of.value));
            mistakes.push(mistake);
        }
    }
}
