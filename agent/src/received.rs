//! Messages with QoS 2 that were received, and whose PUBREL is to come: the Server may send them again (4.3.3).

use core::sync::atomic::{AtomicU16, Ordering::Relaxed};

use crate::wire::PacketIdentifier;

/// Room for their packet identifiers: an array of them, as long as the profile wants. 0 is a free place.
///
/// They are atomics as all of the session's state is: only one task uses them, without a lock.
pub trait Identifiers {
    /// None.
    const NONE: Self;

    /// The places.
    fn places(&self) -> &[AtomicU16];
}

impl<const N: usize> Identifiers for [AtomicU16; N] {
    const NONE: Self = [const { AtomicU16::new(0) }; N];

    fn places(&self) -> &[AtomicU16] {
        self
    }
}

/// The place that this packet identifier has, or else a free one for it.
pub(crate) fn place(places: &[AtomicU16], identifier: PacketIdentifier) -> Option<&AtomicU16> {
    let mut found = None;
    for place in places {
        let value = place.load(Relaxed);
        if value == identifier.get() {
            return Some(place);
        }
        if value == 0 {
            found = Some(place);
        }
    }
    found
}

/// Forgets all.
pub(crate) fn clear(places: &[AtomicU16]) {
    for place in places {
        place.store(0, Relaxed);
    }
}
