//! Payloads that are too large for a slot, and are read when they are sent.

/// A payload that can be read again from any place: a region of flash, a file, whatever a closure computes.
///
/// The agent sends it piece by piece, without a copy of its own, and reads it again if the message has to be sent again.
/// Its length and its bytes must not change meanwhile.
///
/// ```
/// use slimqtt_agent::{FnPayload, Payload};
///
/// // In memory.
/// static IMAGE: &[u8] = &[0; 4096];
/// let payload: &'static dyn Payload = &IMAGE;
/// assert_eq!(payload.length(), 4096);
///
/// // Somewhere else: the closure fills the buffer from an offset on, and says how many bytes it has filled.
/// static LOG: FnPayload<fn(usize, &mut [u8]) -> usize> = FnPayload::new(100_000, |offset, buffer| {
///     buffer.fill(offset as u8);
///     buffer.len()
/// });
/// assert_eq!(LOG.read(3, &mut [0; 2]), [3, 3]);
/// ```
pub trait Payload: Sync {
    /// All of it, in bytes. With topic and header at most 268,435,455 (2.2.3); more is refused when the command is given.
    fn length(&self) -> usize;

    /// Bytes from `offset` on, as many as are at hand: bytes that are in memory anyway, or the first ones of `buffer`
    /// after they were written there. The buffer is what the slot has left behind topic and header, and may be small.
    ///
    /// It is called by the agent's task. None, before the end, says that they cannot be read: the command fails, and
    /// the connection ends, since the packet cannot be completed. Its packet identifier, which the Server may still know,
    /// does not come again soon `[MQTT-2.3.1-3]`.
    fn read<'a>(&'a self, offset: usize, buffer: &'a mut [u8]) -> &'a [u8];
}

impl Payload for &'static [u8] {
    fn length(&self) -> usize {
        self.len()
    }

    fn read<'a>(&'a self, offset: usize, _buffer: &'a mut [u8]) -> &'a [u8] {
        self.get(offset..).unwrap_or_default()
    }
}

impl<const N: usize> Payload for [u8; N] {
    fn length(&self) -> usize {
        N
    }

    fn read<'a>(&'a self, offset: usize, _buffer: &'a mut [u8]) -> &'a [u8] {
        self.get(offset..).unwrap_or_default()
    }
}

/// A payload that a closure reads.
#[derive(Debug, Clone, Copy)]
pub struct FnPayload<F> {
    length: usize,
    read: F,
}

impl<F: Fn(usize, &mut [u8]) -> usize> FnPayload<F> {
    /// A payload of `length` bytes. The closure gets an offset and a buffer, and returns how many bytes it has written to
    /// the beginning of the buffer: one at least, or the payload has ended early. Offsets begin anew if the message is
    /// sent again.
    pub const fn new(length: usize, read: F) -> Self {
        Self { length, read }
    }
}

impl<F: Fn(usize, &mut [u8]) -> usize + Sync> Payload for FnPayload<F> {
    fn length(&self) -> usize {
        self.length
    }

    fn read<'a>(&'a self, offset: usize, buffer: &'a mut [u8]) -> &'a [u8] {
        let count = (self.read)(offset, buffer);
        buffer.get(..count).unwrap_or_default()
    }
}
