//! The CONNECT packet of a connection.

use crate::wire::{self, EncodeError, Writer};

/// A CONNECT packet, encoded: at compile time where its fields are known, so that no code for it is in the image.
///
/// `SIZE` is the length of the client identifier plus 17 bytes, or more.
///
/// ```
/// use slimqtt_agent::Connect;
///
/// const CONNECT: Connect<64> = match Connect::new("room-1", 60) {
///     Ok(connect) => connect,
///     Err(_) => panic!("CONNECT does not fit"), // at compile time
/// };
/// ```
#[derive(Debug, Clone)]
pub struct Connect<const SIZE: usize> {
    buffer: [u8; SIZE],
    end: usize,
    keep_alive: u16,
}

impl<const SIZE: usize> Connect<SIZE> {
    /// A connection with a clean session `[MQTT-3.1.2-6]`.
    ///
    /// `keep_alive` is the longest time between two packets to the Server, in seconds; 0 turns it off, and then
    /// nothing notices a Server that is gone while there is nothing to send (3.1.2.10).
    ///
    /// # Errors
    /// [`EncodeError`] where the packet is larger than `SIZE` or the client identifier is no MQTT string.
    pub const fn new(client_identifier: &str, keep_alive: u16) -> Result<Self, EncodeError> {
        let mut buffer = [0; SIZE];
        let mut writer = Writer::new(&mut buffer);
        wire::Connect {
            clean_session: true,
            keep_alive,
            client_identifier,
            will: None,
            user_name: None,
            password: None,
        }
        .encode(&mut writer);
        match writer.finish() {
            Ok(end) => Ok(Self { buffer, end, keep_alive }),
            Err(error) => Err(error),
        }
    }

    /// The packet's bytes.
    pub fn packet(&self) -> &[u8] {
        wire::packet(&self.buffer, self.end)
    }

    /// The longest time between two packets to the Server, in seconds.
    pub const fn keep_alive(&self) -> u16 {
        self.keep_alive
    }
}
