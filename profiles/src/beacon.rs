//! The smallest profile: it publishes at QoS 0, keeps the connection alive, and disconnects.
//!
//! For a device that only reports. 4 slots of 128 bytes; a topic and its message take at most 121 bytes of one.

/// What a beacon says.
#[crate::agent(crate = crate, mqtt = "3.1.1", commands = 4, packet = 128, receive = 8)]
pub enum Command {
    /// Publish a message.
    #[publish(qos = 0)]
    Publish,
    /// End the connection.
    Disconnect,
}
