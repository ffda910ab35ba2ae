//! Packets that are not the same from both sides: one for each sender.

use slimqtt_spec::defs::{Element, Enum, Field, FieldKind, Flag, FlagKind, Packet, Protocol, Sender, Spanned};

use crate::select::retain_used;

/// Makes two packets of each that differs by sender, `PUBLISH from client` and `PUBLISH from server`, and two enums of
/// each that has variants of one sender only. Nothing is left then that depends on the sender.
pub(crate) fn split(protocol: &mut Protocol) {
    let marked = |name: &str| {
        let declared = protocol.enums.iter().find(|declared| declared.name.value == name);
        declared.is_some_and(|declared| declared.variants.iter().any(|variant| variant.sender.is_some()))
    };
    let of = |sender, packet: &Packet| {
        let mut packet = packet.clone();
        fields(&mut packet, sender, &marked);
        packet
    };
    let both = |packet: &Packet| {
        let sides = [(Sender::Client, "client"), (Sender::Server, "server")].map(|(sender, name)| {
            let mut side = of(sender, packet);
            side.name.value = format!("{} from {name}", packet.name.value);
            side.sender.value = sender;
            side
        });
        if differ(packet, &sides) { sides.map(with_elements_of_its_own).to_vec() } else { vec![packet.clone()] }
    };
    let packets = protocol.packets.iter().flat_map(|packet| match packet.sender.value {
        Sender::Both => both(packet),
        sender => vec![of(sender, packet)],
    });
    let packets = packets.collect();
    let enums = protocol.enums.iter().flat_map(|declared| match marked(&declared.name.value) {
        true => [Sender::Client, Sender::Server].map(|sender| variants(declared, sender)).to_vec(),
        false => vec![declared.clone()],
    });
    (protocol.enums, protocol.packets) = (enums.collect(), packets);
    // Where all packets with an enum come from one side, there is no other half of it.
    retain_used(protocol);
}

/// Whether the two sides of a packet are more than names.
fn differ(packet: &Packet, sides: &[Packet; 2]) -> bool {
    sides
        .iter()
        .any(|side| side.variable != packet.variable || side.payload != packet.payload || side.flags != packet.flags)
}

/// Renames the elements of lists as the packet was renamed.
fn with_elements_of_its_own(mut packet: Packet) -> Packet {
    let Some((_, sender)) = packet.name.value.split_once(" from ") else { return packet };
    for field in &mut packet.payload {
        if let FieldKind::List(Element::Fields { name, .. }) = &mut field.kind {
            name.value = format!("{} from {sender}", name.value);
        }
    }
    packet
}

/// The enum of one sender: `ClientDisconnectReasonCode`.
fn variants(declared: &Enum, sender: Sender) -> Enum {
    let mut declared = declared.clone();
    declared.variants.retain(|variant| variant.sender.as_ref().is_none_or(|only| only.value == sender));
    rename(&mut declared.name, sender);
    declared
}

fn rename(name: &mut Spanned<String>, sender: Sender) {
    let side = if sender == Sender::Client { "Client" } else { "Server" };
    name.value.insert_str(0, side);
}

/// Leaves what this sender may send, with enums of its own.
fn fields(packet: &mut Packet, sender: Sender, marked: &impl Fn(&str) -> bool) {
    flags(&mut packet.flags, sender, marked);
    for it in packet.variable.iter_mut().chain(&mut packet.payload) {
        field(it, sender, marked);
    }
}

fn field(field: &mut Field, sender: Sender, marked: &impl Fn(&str) -> bool) {
    match &mut field.kind {
        FieldKind::Enum(of) | FieldKind::List(Element::Enum(of)) if marked(&of.value) => rename(of, sender),
        FieldKind::Flags(bits) => flags(bits, sender, marked),
        FieldKind::Properties(uses) => {
            uses.retain(|property| property.sender.as_ref().is_none_or(|only| only.value == sender));
        }
        FieldKind::Group(members) | FieldKind::List(Element::Fields { fields: members, .. }) => {
            members.iter_mut().for_each(|member| self::field(member, sender, marked));
        }
        FieldKind::Value { .. } | FieldKind::Enum(_) | FieldKind::List(_) => {}
    }
}

fn flags(flags: &mut [Flag], sender: Sender, marked: &impl Fn(&str) -> bool) {
    for flag in flags {
        if let FlagKind::Value { of: Some(of), .. } = &mut flag.kind
            && marked(&of.value)
        {
            rename(of, sender);
        }
    }
}
