//! Takes control packets out of the stream of bytes that the transport delivers.

use crate::wire::DecodeError;
use crate::wire::fixed_header::{self, FixedHeader};

/// Receives one control packet after another into the same buffer.
///
/// It never asks for a byte beyond the packet at hand, so nothing has to be kept or moved between packets. A packet that
/// is larger than the buffer comes in parts: whoever takes one says how many bytes from its beginning the next part is
/// to follow.
#[repr(align(4))] // Zeroed by words, not by a call of memset.
pub(crate) struct Incoming<const SIZE: usize> {
    buffer: [u8; SIZE],
    /// How many bytes of the buffer are in use.
    filled: usize,
    /// How many more bytes of the packet are known to come.
    missing: usize,
    /// Where the body begins; 0 while the fixed header is not complete.
    header: usize,
    /// How many bytes of the packet were in earlier parts only.
    passed: usize,
    /// The rest of the packet is read over what is not in use.
    skips: bool,
}

/// A control packet, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// The first byte of the fixed header.
    pub(crate) first_byte: u8,
    /// Variable header and payload, as far as they fit into the buffer.
    pub(crate) body: &'a [u8],
    /// How many bytes of the packet were in earlier parts only.
    pub(crate) passed: usize,
    /// How many bytes of the packet are still to come.
    pub(crate) missing: usize,
}

impl<const SIZE: usize> Incoming<SIZE> {
    pub(crate) const fn new() -> Self {
        const { assert!(SIZE > fixed_header::MAX, "the receive buffer has at least 6 bytes") };
        Self { buffer: [0; SIZE], filled: 0, missing: fixed_header::MIN, header: 0, passed: 0, skips: false }
    }

    /// Where the next bytes of the stream go. Never empty.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        let end = SIZE.min(self.filled.saturating_add(self.missing));
        self.buffer.get_mut(self.filled..end).unwrap_or_default()
    }

    /// Notes that `count` bytes have come into the space. Returns whether there is a [`part`](Self::part) now.
    ///
    /// # Errors
    /// [`DecodeError`] where the fixed header is malformed.
    pub(crate) fn advance(&mut self, count: usize) -> Result<bool, DecodeError> {
        self.missing = self.missing.saturating_sub(count);
        if self.skips {
            if self.missing == 0 {
                self.reset();
            }
            return Ok(false);
        }
        self.filled += count;
        if self.header == 0 && self.missing == 0 {
            let known = self.buffer.get(..self.filled).unwrap_or_default();
            match FixedHeader::decode(known)? {
                Some(header) => (self.header, self.missing) = (header.length, header.remaining_length),
                None => self.missing = 1,
            }
        }
        Ok(self.header != 0 && (self.missing == 0 || self.filled >= SIZE))
    }

    /// What has come.
    pub(crate) fn part(&self) -> Part<'_> {
        Part {
            first_byte: self.buffer.first().copied().unwrap_or_default(),
            body: self.buffer.get(self.header..self.filled).unwrap_or_default(),
            passed: self.passed,
            missing: self.missing,
        }
    }

    /// The part was taken. If the packet goes on, the first `keep` bytes of its body are to be in the next part too; if
    /// 0, or all of them, the rest is not wanted.
    pub(crate) fn take(&mut self, keep: usize) {
        if self.missing == 0 {
            self.reset();
            return;
        }
        let kept = self.header + keep;
        self.skips = keep == 0 || kept >= self.filled;
        if self.skips {
            self.filled = self.header;
        } else {
            self.passed += self.filled - kept;
            self.filled = kept;
        }
    }

    fn reset(&mut self) {
        (self.filled, self.missing, self.header, self.passed) = (0, fixed_header::MIN, 0, 0);
        self.skips = false;
    }
}
