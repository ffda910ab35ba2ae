//! What a reader remembers of mistakes. Nothing, unless it is asked to: a device that closes the connection need not know
//! why, and its decoders are smaller for it.

use super::DecodeError;

/// What is wrong with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// What kind of mistake it is.
    pub fault: Fault,
    /// Where it is, as a number. The protocol whose packet was to be read has a name for it: [`place`](super::place).
    pub place: u16,
}

/// What kind of mistake a packet has. Its value is the reason code to close a connection of MQTT 5.0 with (4.13), unless
/// there is a closer one: a Topic Alias of 0 is answered with Topic Alias invalid, 0x94 (MQTT 5.0, 3.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// The bytes cannot be read as a packet.
    MalformedPacket = 0x81,
    /// They can, and say what is not allowed.
    ProtocolError = 0x82,
}

/// What a [`Reader`](super::Reader) keeps about mistakes: `()` or [`Noted`].
pub trait Notes {
    /// This is read next.
    fn at(&mut self, place: u16);

    /// There is a mistake.
    fn fail(&mut self, fault: Fault) -> DecodeError;
}

impl Notes for () {
    fn at(&mut self, _: u16) {}

    fn fail(&mut self, _: Fault) -> DecodeError {
        DecodeError
    }
}

/// Keeps the first mistake.
#[derive(Debug)]
pub struct Noted {
    place: u16,
    first: Option<Mistake>,
}

impl Noted {
    pub(super) const NOTHING: Self = Self { place: 0, first: None };

    pub(super) const fn mistake(&self) -> Option<Mistake> {
        self.first
    }
}

impl Notes for Noted {
    fn at(&mut self, place: u16) {
        self.place = place;
    }

    fn fail(&mut self, fault: Fault) -> DecodeError {
        self.first.get_or_insert(Mistake { fault, place: self.place });
        DecodeError
    }
}
