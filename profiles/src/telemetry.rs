//! For a device whose reports must arrive: it publishes at QoS 0 and 1, keeps the connection alive, and disconnects.
//!
//! 4 slots of 128 bytes; a topic and its message take at most 121 bytes of one, 119 at QoS 1. A message at QoS 1 keeps
//! its slot until the Server has acknowledged it, over connections too if the session is kept.

/// What telemetry says.
#[crate::agent(crate = crate, mqtt = "3.1.1", commands = 4, packet = 128, receive = 16)]
pub enum Command {
    /// Publish a message.
    #[publish(qos = 0..=1)]
    Publish,
    /// End the connection.
    Disconnect,
}
