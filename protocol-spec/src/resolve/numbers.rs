//! Numbers of the protocol, its properties and its packets.

use crate::defs::Protocol;
use crate::{Code, Diagnostic};

pub(super) fn check(protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    let level = &protocol.level;
    if level.value > u64::from(u8::MAX) {
        let message = format!("protocol level {} does not fit one byte", level.value);
        let mistake = Diagnostic::new(Code::LevelRange, &level.span, message)
            .label("above 255")
            .help("the level of MQTT 3.1.1 is 4, that of MQTT 5.0 is 5".to_owned());
        mistakes.push(mistake);
    }

    for (index, property) in protocol.properties.iter().enumerate() {
        let (name, number) = (&property.name.value, &property.identifier);
        let earlier = protocol.properties[..index].iter().find(|earlier| earlier.identifier.value == number.value);
        if !(1..=127).contains(&number.value) {
            let message = format!("`{name}` cannot have the identifier {}", number.value);
            let mistake = Diagnostic::new(Code::IdentifierRange, &number.span, message)
                .label("not in 1 to 127")
                .help("an identifier is a variable byte integer of one byte, and 0 is not in use".to_owned());
            mistakes.push(mistake);
        } else if let Some(first) = earlier {
            let message = format!("`{name}` and `{}` have the same identifier", first.name.value);
            let free = (1..=127).find(|free| protocol.properties.iter().all(|it| it.identifier.value != *free));
            let mistake = Diagnostic::new(Code::DuplicateIdentifier, &number.span, message)
                .label("used again here")
                .also(&first.identifier.span, "first used here")
                .help(free.map(|free| {
                    format!("see table 2-4 of the standard; the lowest identifier without a property is {free:#04x}")
                }));
            mistakes.push(mistake);
        }
    }

    for (index, packet) in protocol.packets.iter().enumerate() {
        let (name, number) = (&packet.name.value, &packet.packet_type);
        let earlier = protocol.packets[..index].iter().find(|earlier| earlier.packet_type.value == number.value);
        if !(1..=15).contains(&number.value) {
            let message = format!("`{name}` cannot have the control packet type {}", number.value);
            let mistake = Diagnostic::new(Code::PacketTypeRange, &number.span, message)
                .label("not in 1 to 15")
                .help("the type is four bits of the packet's first byte, and 0 is reserved".to_owned());
            mistakes.push(mistake);
        } else if let Some(first) = earlier {
            let message = format!("`{name}` and `{}` have the same control packet type", first.name.value);
            let free = (1..=15).find(|free| protocol.packets.iter().all(|packet| packet.packet_type.value != *free));
            let mistake =
                Diagnostic::new(Code::DuplicatePacketType, &number.span, message)
                    .label("used again here")
                    .also(&first.packet_type.span, "first used here")
                    .help(free.map(|free| {
                        format!("see table 2.1 of the standard; the lowest type without a packet is {free}")
                    }));
            mistakes.push(mistake);
        }
    }
}
