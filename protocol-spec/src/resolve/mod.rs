//! The judgement on a spec: whether what it says makes sense.

mod abouts;
mod bits;
mod comparisons;
mod constants;
mod enums;
mod groups;
mod lists;
mod names;
mod numbers;
mod order;
mod presence;
mod requirements;
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
    for packet in &protocol.packets {
        bits::check(packet, protocol, &mut mistakes);
        groups::check(packet, &mut mistakes);
        presence::check(packet, &mut mistakes);
        comparisons::check(packet, protocol, &mut mistakes);
        requirements::check(packet, &mut mistakes);
        constants::check(packet, &mut mistakes);
        order::check(packet, &mut mistakes);
        lists::check(packet, &mut mistakes);
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}
