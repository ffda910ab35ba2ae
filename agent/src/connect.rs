//! The CONNECT packet of a connection.

use core::fmt;

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
#[derive(Clone)]
pub struct Connect<const SIZE: usize> {
    buffer: [u8; SIZE],
    end: usize,
    keep_alive: u16,
    clean_session: bool,
}

impl<const SIZE: usize> Connect<SIZE> {
    /// A connection with a clean session `[MQTT-3.1.2-6]`, without a Will, user name or password.
    ///
    /// `keep_alive` is the longest time between two packets to the Server, in seconds; 0 turns it off, and then
    /// nothing notices a Server that is gone while there is nothing to send (3.1.2.10).
    ///
    /// # Errors
    /// [`EncodeError`] where the packet is larger than `SIZE` or the client identifier is no MQTT string.
    pub const fn new(client_identifier: &str, keep_alive: u16) -> Result<Self, EncodeError> {
        Self::from_packet(&wire::Connect {
            clean_session: true,
            keep_alive,
            client_identifier,
            will: None,
            user_name: None,
            password: None,
        })
    }

    /// A connection with all that CONNECT can say.
    ///
    /// Without `clean_session`, messages that were not acknowledged are sent again on the next connection, if the Server
    /// has kept the session too, and the Server keeps subscriptions, and messages for them, in between
    /// `[MQTT-3.1.2-4]`.
    ///
    /// `SIZE` is 17 bytes and the client identifier, or more; with a Will 4 more, and its topic and message; with a user
    /// name or a password 2 more each, and itself. In `slimqtt` the packet is `packet::Connect`.
    ///
    /// ```
    /// use slimqtt_agent::Connect;
    /// use slimqtt_agent::wire::{self, QoS, Will};
    ///
    /// const CONNECT: Connect<96> = match Connect::from_packet(&wire::Connect {
    ///     clean_session: false,
    ///     keep_alive: 60,
    ///     client_identifier: "room-1",
    ///     will: Some(Will { qos: QoS::AtLeastOnce, retain: true, topic: "room/1/alive", message: b"0" }),
    ///     user_name: Some("room"),
    ///     password: Some(b"secret"),
    /// }) {
    ///     Ok(connect) => connect,
    ///     Err(_) => panic!("CONNECT does not fit"), // at compile time
    /// };
    /// ```
    ///
    /// # Errors
    /// [`EncodeError`] where the packet is larger than `SIZE`, or breaks a rule of CONNECT (3.1).
    pub const fn from_packet(packet: &wire::Connect<'_>) -> Result<Self, EncodeError> {
        let mut buffer = [0; SIZE];
        let mut writer = Writer::new(&mut buffer);
        packet.encode(&mut writer);
        let (keep_alive, clean_session) = (packet.keep_alive, packet.clean_session);
        match writer.finish() {
            Ok(end) => Ok(Self { buffer, end, keep_alive, clean_session }),
            Err(error) => Err(error),
        }
    }

    /// The packet's bytes.
    pub fn packet(&self) -> &[u8] {
        wire::packet(&self.buffer, self.end)
    }

    /// The longest time between two packets to the Server, in seconds; 0 if there is no such promise (3.1.2.10).
    pub const fn keep_alive(&self) -> u16 {
        self.keep_alive
    }

    /// Whether neither side keeps a session.
    pub const fn clean_session(&self) -> bool {
        self.clean_session
    }
}

/// Without the packet: it may hold a password.
impl<const SIZE: usize> fmt::Debug for Connect<SIZE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keep_alive, clean_session, .. } = self;
        f.debug_struct("Connect")
            .field("keep_alive", keep_alive)
            .field("clean_session", clean_session)
            .finish_non_exhaustive()
    }
}
