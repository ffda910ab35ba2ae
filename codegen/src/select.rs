//! A part of a protocol.

use slimqtt_spec::defs::Protocol;

use crate::{Error, members};

/// Leaves only the packets of these names, in upper or lower case, and the enums that they use.
pub(crate) fn select(protocol: &mut Protocol, packets: &[String]) -> Result<(), Error> {
    let known: Vec<_> = protocol.packets.iter().map(|packet| packet.name.value.as_str()).collect();
    let is_known = |wanted: &&String| known.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if let Some(unknown) = packets.iter().find(|wanted| !is_known(wanted)) {
        return Err(Error::UnknownPacket { name: unknown.clone(), help: help(unknown, &known) });
    }
    protocol.packets.retain(|packet| packets.iter().any(|wanted| packet.name.value.eq_ignore_ascii_case(wanted)));
    let packets = &protocol.packets;
    protocol.enums.retain(|declared| packets.iter().any(|packet| members::uses(packet, declared)));
    Ok(())
}

/// The packet that was probably meant, or else all there are.
fn help(unknown: &str, known: &[&str]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(&unknown.to_ascii_uppercase(), name);
    let slips = (unknown.chars().count() / 3).max(1);
    let nearest = known.iter().map(|name| (distance(name), name)).min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= slips => format!("did you mean `{name}`?"),
        _ => format!("the packets are {}", known.join(", ")),
    }
}
