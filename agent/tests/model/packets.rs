//! Packets as bytes, made and read without the code under test.

/// A control packet of any type, as it is on the wire. None of ours has more than 127 bytes behind the fixed header,
/// except PUBLISH, which [`publish_packet`](crate::kit::publish_packet) makes.
pub(crate) fn packet(first_byte: u8, body: &[u8]) -> Vec<u8> {
    assert!(body.len() < 128);
    let mut bytes = vec![first_byte, body.len() as u8];
    bytes.extend(body);
    bytes
}

/// A UTF-8 encoded string (1.5.3).
pub(crate) fn string(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u16).to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// A control packet that was taken out of a stream.
pub(crate) struct Packet {
    pub(crate) bytes: Vec<u8>,
    /// Where the variable header begins.
    body: usize,
}

impl Packet {
    pub(crate) fn first_byte(&self) -> u8 {
        self.bytes[0]
    }

    pub(crate) fn body(&self) -> Fields<'_> {
        Fields(&self.bytes[self.body..])
    }
}

/// The fields of a packet, one after another.
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn skip(&mut self, count: usize) -> &'a [u8] {
        let (skipped, rest) = self.0.split_at(count);
        self.0 = rest;
        skipped
    }

    pub(crate) fn u8(&mut self) -> u8 {
        self.skip(1)[0]
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    pub(crate) fn string(&mut self) -> &'a str {
        let length = self.u16();
        str::from_utf8(self.skip(length.into())).unwrap()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The length of the fixed header, and of what follows it; `None` if there are too few bytes to tell.
fn lengths(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (index, byte) in bytes.iter().skip(1).enumerate() {
        assert!(index < 4, "a remaining length of five bytes [2.2.3]");
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((2 + index, length));
        }
    }
    None
}

/// A packet whose beginning these bytes are, with at least all that comes before an application message; its first byte
/// and what follows the fixed header.
pub(crate) fn beginning(bytes: &[u8]) -> (u8, Fields<'_>) {
    let (header, _) = lengths(bytes).expect("a fixed header is written as a whole");
    (bytes[0], Fields(&bytes[header..]))
}

/// Takes packets out of a stream of bytes.
#[derive(Default)]
pub(crate) struct Stream(Vec<u8>);

impl Stream {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next packet, if it has come as a whole.
    pub(crate) fn next(&mut self) -> Option<Packet> {
        let (header, length) = lengths(&self.0)?;
        if self.0.len() < header + length {
            return None;
        }
        let rest = self.0.split_off(header + length);
        Some(Packet { bytes: std::mem::replace(&mut self.0, rest), body: header })
    }

    /// The packet that has not come as a whole.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.0
    }
}
