//! The fixed header, in a stream of bytes that may end anywhere (2.2).

use super::{DecodeError, variable_byte_integer};

/// The shortest fixed header: a first byte and a remaining length of one byte.
pub const MIN: usize = 2;

/// The longest fixed header: a first byte and a remaining length of four bytes.
pub const MAX: usize = 5;

/// A fixed header, as far as it tells where things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedHeader {
    /// Its own length, in bytes.
    pub length: usize,
    /// The bytes that follow it, up to the end of the packet.
    pub remaining_length: usize,
}

impl FixedHeader {
    /// Reads the fixed header that `bytes` begin with; `None` if they end before it does.
    ///
    /// # Errors
    /// [`DecodeError`] where the remaining length takes more than four bytes (2.2.3).
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let mut remaining_length = 0;
        let mut length = 1;
        while let Some(&byte) = bytes.get(length) {
            remaining_length |= usize::from(byte & 0x7F) << (7 * (length - 1));
            length += 1;
            if byte & 0x80 == 0 {
                return Ok(Some(Self { length, remaining_length }));
            }
            if length == MAX {
                return Err(DecodeError);
            }
        }
        Ok(None)
    }

    /// Whether the remaining length takes no more bytes than it needs. MQTT 5.0 demands that `[MQTT-1.5.5-1]`.
    pub const fn is_minimal(&self) -> bool {
        self.length == 1 + variable_byte_integer::size(self.remaining_length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_with_the_first_byte_that_has_no_continuation_bit() {
        let header = |length, remaining_length| Ok(Some(FixedHeader { length, remaining_length }));
        assert_eq!(FixedHeader::decode(&[0xD0, 0]), header(2, 0));
        assert_eq!(FixedHeader::decode(&[0x20, 2, 0, 0]), header(2, 2));
        assert_eq!(FixedHeader::decode(&[0x30, 0x80, 0x01]), header(3, 128));
        assert_eq!(FixedHeader::decode(&[0x30, 0xFF, 0xFF, 0xFF, 0x7F]), header(5, 268_435_455));
    }

    #[test]
    fn may_end_too_early() {
        for bytes in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 0x80, 0x80], &[0x30, 0xFF, 0xFF, 0xFF]] {
            assert_eq!(FixedHeader::decode(bytes), Ok(None), "{bytes:?}");
        }
    }

    #[test]
    fn remaining_length_takes_at_most_four_bytes() {
        assert_eq!(FixedHeader::decode(&[0x30, 0x80, 0x80, 0x80, 0x80]), Err(DecodeError));
        assert_eq!(FixedHeader::decode(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]), Err(DecodeError));
    }

    #[test]
    fn minimal_is_without_a_last_byte_of_zero() {
        let is_minimal = |bytes: &[u8]| FixedHeader::decode(bytes).unwrap().unwrap().is_minimal();
        assert!([&[0xD0, 0][..], &[0x30, 0x7F], &[0x30, 0x80, 0x01]].into_iter().all(is_minimal));
        assert!(![&[0xD0, 0x80, 0][..], &[0x30, 0xFF, 0], &[0x30, 0x80, 0x81, 0]].into_iter().any(is_minimal));
    }
}
