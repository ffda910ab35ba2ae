//! Why a connection ended.

pub use embedded_io_async::ErrorKind;

use crate::wire::ConnectReturnCode;

/// Why [`run`](crate::Agent::run) ended other than by a `Disconnect` command.
///
/// Commands that were queued and not begun stay queued for the next connection, and so do messages that the Server has
/// not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    // The first, so that an agent before its first connection is all zeros and takes no flash.
    /// The agent is running already, in another task.
    Busy,
    /// The transport failed, in this way.
    Transport(ErrorKind),
    /// The Server closed the network connection: also where another Client has taken the client identifier
    /// `[MQTT-3.1.4-2]`.
    Closed,
    /// The Server refused the connection (3.2.2.3). It is useless to try again at once with the same CONNECT.
    Refused(ConnectReturnCode),
    /// The Server sent a packet that is malformed, or that it must not send now `[MQTT-4.8.0-1]`.
    Protocol,
    /// The Server has sent more messages with QoS 2 at a time than the agent has room for the packet identifiers of. With
    /// the next connection it releases those that have come, and sends the others again, if CONNECT asks for no clean
    /// session. Give the agent more room, or let the Server have fewer messages in flight `[MQTT-4.8.0-2]`.
    NoRoom,
    /// [`stop`](crate::Agent::stop) was called.
    Stopped,
    /// The source of a payload had fewer bytes than it had promised, in the middle of a packet. Its command has failed
    /// with [`CommandError::PayloadEnded`](crate::CommandError::PayloadEnded).
    PayloadEnded,
    /// The Server sent no CONNACK for the profile's time to answer; or no PINGRESP, or took no bytes, for that time, or for
    /// keep-alive if it is less. Without keep-alive nobody looks but for CONNACK, the answer to a `Ping` command, and DISCONNECT.
    Timeout,
}
