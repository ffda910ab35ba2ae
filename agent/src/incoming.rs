//! Takes control packets out of the stream of bytes that the transport delivers.

use crate::wire::DecodeError;
use crate::wire::fixed_header::{self, FixedHeader};

/// Receives one control packet after another into the same buffer.
///
/// It never asks for a byte beyond the packet at hand, so nothing has to be kept or moved between packets. Of a packet
/// that is larger than the buffer only the fixed header is kept.
#[repr(align(4))] // Zeroed by words, not by a call of memset.
pub(crate) struct Incoming<const SIZE: usize> {
    buffer: [u8; SIZE],
    /// How many bytes of the packet have come.
    received: usize,
    /// How many bytes of it are known to come.
    expected: usize,
}

/// What has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received<'a> {
    /// A part of a control packet.
    Part,
    /// The last part of one.
    Packet {
        /// The first byte of the fixed header.
        first_byte: u8,
        /// Variable header and payload; `None` if they do not fit into the buffer.
        body: Option<&'a [u8]>,
    },
}

impl<const SIZE: usize> Incoming<SIZE> {
    pub(crate) const fn new() -> Self {
        const { assert!(SIZE > fixed_header::MAX, "the receive buffer has at least 6 bytes") };
        Self { buffer: [0; SIZE], received: 0, expected: fixed_header::MIN }
    }

    /// Where the next bytes of the stream go. Never empty.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        // What does not fit is read over the part behind the fixed header, and so dropped.
        let start = if self.received < SIZE { self.received } else { fixed_header::MAX };
        let end = SIZE.min(start + self.expected.saturating_sub(self.received));
        self.buffer.get_mut(start..end).unwrap_or_default()
    }

    /// Notes that `count` bytes have come into the space.
    ///
    /// # Errors
    /// [`DecodeError`] where the fixed header is malformed.
    pub(crate) fn advance(&mut self, count: usize) -> Result<Received<'_>, DecodeError> {
        self.received += count;
        if self.received < self.expected {
            return Ok(Received::Part);
        }
        let known = self.buffer.get(..self.received).unwrap_or(&self.buffer);
        let Some(header) = FixedHeader::decode(known)? else {
            self.expected += 1;
            return Ok(Received::Part);
        };
        let length = header.length + header.remaining_length;
        if self.received < length {
            self.expected = length;
            return Ok(Received::Part);
        }
        (self.received, self.expected) = (0, fixed_header::MIN);
        let first_byte = self.buffer.first().copied().unwrap_or_default();
        Ok(Received::Packet { first_byte, body: self.buffer.get(header.length..length) })
    }
}
