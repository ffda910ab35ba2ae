//! The judgement on a spec: whether what it says makes sense.

mod abouts;
mod bits;
mod companions;
mod comparisons;
mod constants;
mod defaults;
mod enums;
mod groups;
mod lists;
mod names;
mod numbers;
mod order;
mod presence;
mod properties;
mod requirements;
mod senders;
mod unshared;
mod walk;

use crate::Diagnostic;
use crate::defs::Protocol;

/// Judges a spec.
///
/// # Errors
///
/// Every mistake that any pass finds.
pub fn resolve(protocol: &Protocol) -> Result<(), Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    names::check(protocol, &mut mistakes);
    abouts::check(protocol, &mut mistakes);
    numbers::check(protocol, &mut mistakes);
    enums::check(protocol, &mut mistakes);
    properties::check(protocol, &mut mistakes);
    senders::check(protocol, &mut mistakes);
    for packet in &protocol.packets {
        bits::check(packet, protocol, &mut mistakes);
        groups::check(packet, &mut mistakes);
        presence::check(packet, &mut mistakes);
        comparisons::check(packet, protocol, &mut mistakes);
        requirements::check(packet, &mut mistakes);
        companions::check(packet, &mut mistakes);
        defaults::check(packet, protocol, &mut mistakes);
        constants::check(packet, &mut mistakes);
        order::check(packet, &mut mistakes);
        lists::check(packet, &mut mistakes);
        unshared::check(packet, &mut mistakes);
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}
