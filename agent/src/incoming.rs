//! Takes control packets out of the stream of bytes that the transport delivers.

use crate::wire::DecodeError;
use crate::wire::fixed_header::{self, FixedHeader};

/// Receives one control packet after another into the same buffer.
///
/// It never asks for a byte beyond the packet at hand, so nothing has to be kept or moved between packets. A packet that
/// is larger than the buffer comes in parts: whoever takes one says up to where the next one is to begin with the same
/// bytes.
pub(crate) struct Incoming<const SIZE: usize> {
    buffer: [u8; SIZE],
    /// How many bytes of the buffer are in use.
    filled: usize,
    /// How many more bytes of the packet are known to come.
    missing: usize,
    /// How many bytes of the packet were in earlier parts only.
    passed: usize,
}

/// A control packet, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// The first byte of the fixed header.
    pub(crate) first_byte: u8,
    /// The length of the fixed header.
    pub(crate) header: usize,
    /// Variable header and payload, as far as they are here.
    pub(crate) body: &'a [u8],
    /// How long it can be.
    pub(crate) room: usize,
    /// How many bytes of the packet were in earlier parts only.
    pub(crate) passed: usize,
    /// How many bytes of the packet are still to come.
    pub(crate) missing: usize,
}

impl<const SIZE: usize> Incoming<SIZE> {
    pub(crate) const fn new() -> Self {
        const { assert!(SIZE > fixed_header::MAX, "the receive buffer has at least 6 bytes") };
        // All zeros, which take no flash in a static.
        Self { buffer: [0; SIZE], filled: 0, missing: 0, passed: 0 }
    }

    /// A packet begins.
    pub(crate) fn begin(&mut self) {
        (self.filled, self.missing, self.passed) = (0, fixed_header::MIN, 0);
    }

    /// Where the next bytes of the stream go. Never empty when there is no [`part`](Self::part).
    pub(crate) fn space(&mut self) -> &mut [u8] {
        let end = SIZE.min(self.filled + self.missing);
        self.buffer.get_mut(self.filled..end).unwrap_or_default()
    }

    /// Notes that `count` bytes have come into the space.
    pub(crate) fn advance(&mut self, count: usize) {
        self.filled += count;
        // A transport that says more than it was given room for must not stop the device.
        self.missing = self.missing.saturating_sub(count);
    }

    /// A packet that has come, or a part of one that fills the buffer, until it is taken.
    ///
    /// # Errors
    /// [`DecodeError`] where the fixed header is malformed.
    pub(crate) fn part(&mut self) -> Result<Option<Part<'_>>, DecodeError> {
        if self.missing > 0 && self.filled < SIZE {
            return Ok(None);
        }
        let known = self.buffer.get(..self.filled).unwrap_or_default();
        let Some(FixedHeader { length: header, remaining_length }) = FixedHeader::decode(known)? else {
            self.missing = 1;
            return Ok(None);
        };
        if self.filled == header && remaining_length > 0 {
            self.missing = remaining_length;
            return Ok(None);
        }
        Ok(Some(Part {
            first_byte: self.buffer.first().copied().unwrap_or_default(),
            header,
            body: self.buffer.get(header..self.filled).unwrap_or_default(),
            room: SIZE - header,
            passed: self.passed,
            missing: self.missing,
        }))
    }

    /// The part was taken. If the packet goes on, the first `keep` bytes of the buffer begin the next part, too. They are
    /// the fixed header at least.
    pub(crate) fn take(&mut self, keep: usize) {
        if self.missing == 0 {
            self.begin();
        } else {
            self.passed += self.filled - keep;
            self.filled = keep;
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
        incoming.advance(100);
        assert_eq!(incoming.part(), Ok(None));
        // Nothing can be read any more, which is how a connection ends.
        assert!(incoming.space().is_empty());
    }
}
