//! What a message with an image begins with, and what the flash knows of one.

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, Digest, NoTable};

/// Bytes of a message before the image itself: its version and its CRC-32, least significant byte first.
pub const HEADER: usize = 8;

/// Bit by bit: a table would take 1 KB of flash.
pub(crate) static CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

pub(crate) type Sum = Digest<'static, u32, NoTable>;

/// CRC-32 of an image, as zlib and `gzip` have it.
pub const fn checksum(image: &[u8]) -> u32 {
    CRC.checksum(image)
}

/// A firmware image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// Which one it is. Any number: what is published is what is wanted, also if it is an older one.
    pub version: u32,
    /// In bytes.
    pub length: u32,
    /// CRC-32.
    pub checksum: u32,
}

impl Image {
    /// The image that these bytes are.
    pub const fn of(version: u32, image: &[u8]) -> Self {
        Self { version, length: image.len() as u32, checksum: checksum(image) }
    }

    /// What the message begins with. The image follows.
    pub fn header(&self) -> [u8; HEADER] {
        let [a, b, c, d] = self.version.to_le_bytes();
        let [e, f, g, h] = self.checksum.to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }

    /// What a header says of the `length` bytes behind it.
    pub(crate) fn from_header(header: [u8; HEADER], length: u32) -> Self {
        let [a, b, c, d, e, f, g, h] = header;
        Self { version: u32::from_le_bytes([a, b, c, d]), length, checksum: u32::from_le_bytes([e, f, g, h]) }
    }
}

/// `version 2, 65536 bytes, CRC-32 0x1234abcd`
impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {}, {} bytes, CRC-32 {:#010x}", self.version, self.length, self.checksum)
    }
}
