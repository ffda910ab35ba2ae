//! Takes control packets out of the stream of bytes that the transport delivers.

use crate::wire::DecodeError;
use crate::wire::fixed_header::{self, FixedHeader};

/// Receives one control packet after another into the same buffer.
///
/// It never asks for a byte beyond the packet at hand, so nothing has to be kept or moved between packets. A packet that
/// is larger than the buffer comes in parts: whoever takes one says up to where the next one is to begin with the same
/// bytes.
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub(crate) struct Incoming<const SIZE: usize> {
    /// How many bytes of the buffer are in use.
    filled: usize,
    /// How many more bytes of the packet are known to come.
    pub(crate) missing: usize,
    /// The length of the fixed header; 0 before all of it is here.
    header: usize,
    /// How many bytes of the packet were in earlier parts only.
    pub(crate) passed: usize,
    buffer: [u8; SIZE],
}

impl<const SIZE: usize> Incoming<SIZE> {
    pub(crate) const fn new() -> Self {
        const { assert!(SIZE > fixed_header::MAX, "the receive buffer has at least 6 bytes") };
        // All zeros, which take no flash in a static.
        Self { filled: 0, missing: 0, header: 0, passed: 0, buffer: [0; SIZE] }
    }

    /// A packet begins.
    pub(crate) fn begin(&mut self) {
        (self.filled, self.missing, self.header, self.passed) = (0, fixed_header::MIN, 0, 0);
    }

    /// Where the next bytes of the stream go. Not empty while no packet or part [is here](Self::is_here).
    pub(crate) fn space(&mut self) -> &mut [u8] {
        let end = SIZE.min(self.filled + self.missing);
        self.buffer.get_mut(self.filled..end).unwrap_or_default()
    }

    /// Notes that `count` bytes have come into the space.
    ///
    /// # Errors
    /// [`DecodeError`] where the fixed header is malformed.
    pub(crate) fn advance(&mut self, count: usize) -> Result<(), DecodeError> {
        self.filled += count;
        // A transport that says more than it was given room for must not stop the device.
        self.missing = self.missing.saturating_sub(count);
        if self.missing == 0 && self.header == 0 {
            self.missing = 1;
            if let Some(known) = self.buffer.get(..self.filled)
                && let Some(FixedHeader { length, remaining_length }) = FixedHeader::decode(known)?
            {
                (self.header, self.missing) = (length, remaining_length);
            }
        }
        Ok(())
    }

    /// Whether a packet has come, or a part of one that fills the buffer.
    pub(crate) fn is_here(&self) -> bool {
        self.header > 0 && (self.missing == 0 || self.filled == SIZE)
    }

    /// The first byte of the fixed header.
    pub(crate) fn first_byte(&self) -> u8 {
        self.buffer.first().copied().unwrap_or_default()
    }

    /// Variable header and payload, as far as they are here.
    pub(crate) fn body(&self) -> &[u8] {
        self.buffer.get(self.header..self.filled).unwrap_or_default()
    }

    /// How long the body can be.
    pub(crate) fn room(&self) -> usize {
        SIZE - self.header
    }

    /// The packet or part was taken. If the packet goes on, the next part begins with the fixed header and `keep` more
    /// bytes, too.
    pub(crate) fn take(&mut self, keep: usize) {
        if self.missing == 0 {
            self.begin();
        } else {
            let kept = self.header + keep;
            self.passed += self.filled - kept;
            self.filled = kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_that_says_more_than_there_was_room_for_does_no_harm() {
        let mut incoming = Incoming::<8>::new();
        incoming.begin();
        assert_eq!(incoming.space().len(), fixed_header::MIN);
        assert_eq!(incoming.advance(100), Ok(()));
        assert!(!incoming.is_here());
        // Nothing can be read any more, which is how a connection ends.
        assert!(incoming.space().is_empty());
    }
}
