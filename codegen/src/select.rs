//! A part of a protocol.

use slimqtt_spec::defs::{Packet, PropertyKind, Protocol, Sender};

use crate::{Error, members, walk};

/// Leaves only these packets, and the enums and properties that they use: `PUBLISH`, or `publish from client` for what one
/// side sends, in upper or lower case.
pub(crate) fn select(protocol: &mut Protocol, wanted: &[String]) -> Result<(), Error> {
    if let Some(unknown) = wanted.iter().find(|wanted| !protocol.packets.iter().any(|packet| is_meant(packet, wanted)))
    {
        return Err(Error::UnknownPacket { name: unknown.clone(), help: help(unknown, &protocol.packets) });
    }
    protocol.packets.retain(|packet| wanted.iter().any(|wanted| is_meant(packet, wanted)));
    retain_used(protocol);
    Ok(())
}

/// Leaves only the enums and properties that packets use.
pub(crate) fn retain_used(protocol: &mut Protocol) {
    let Protocol { enums, properties, packets, .. } = protocol;
    properties.retain(|property| {
        packets
            .iter()
            .flat_map(walk::properties)
            .flat_map(|(_, uses)| uses)
            .any(|it| it.name.value == property.name.value)
    });
    enums.retain(|declared| {
        let is_of = |kind: &PropertyKind| matches!(kind, PropertyKind::Enum(of) if of.value == declared.name.value);
        properties.iter().any(|property| is_of(&property.kind))
            || packets.iter().any(|packet| members::uses(packet, declared))
    });
}

fn is_meant(packet: &Packet, wanted: &str) -> bool {
    let wanted = wanted.to_ascii_lowercase();
    let (name, from) = wanted.split_once(" from ").map_or((wanted.as_str(), None), |(name, from)| (name, Some(from)));
    let from_side = match from {
        None => true,
        Some("client") => packet.sender.value != Sender::Server,
        Some("server") => packet.sender.value != Sender::Client,
        Some(_) => false,
    };
    from_side && standard_name(packet).eq_ignore_ascii_case(name)
}

/// The name without the sender, where there is one for each.
fn standard_name(packet: &Packet) -> &str {
    let name = &packet.name.value;
    name.split_once(" from ").map_or(name, |(name, _)| name)
}

/// The packet that was probably meant, or else all there are.
fn help(unknown: &str, packets: &[Packet]) -> String {
    let (name, from) = unknown.split_once(' ').unwrap_or((unknown, ""));
    let named: Vec<_> = packets.iter().filter(|packet| standard_name(packet).eq_ignore_ascii_case(name)).collect();
    if let [packet, ..] = named[..]
        && !from.is_empty()
    {
        let name = standard_name(packet);
        return match packet.sender.value {
            Sender::Both => format!("say `{name}`, `{name} from client` or `{name} from server`"),
            _ if named.len() > 1 => format!("say `{name}`, `{name} from client` or `{name} from server`"),
            sender => format!("only the {} sends {name}", sender.name()),
        };
    }
    let mut known: Vec<_> = packets.iter().map(standard_name).collect();
    known.dedup();
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_ascii_uppercase(), known);
    let slips = (name.chars().count() / 3).max(1);
    let nearest = known.iter().map(|known| (distance(known), known)).min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= slips => format!("did you mean `{name}`?"),
        _ => format!("the packets are {}", known.join(", ")),
    }
}
