//! For a device that reports and is told what to do: it publishes and subscribes at QoS 0 and 1, unsubscribes, keeps
//! the connection alive, and disconnects.
//!
//! 4 slots of 128 bytes; a topic and its message take at most 121 bytes of one, 119 at QoS 1. Messages are received in
//! a buffer of 128 bytes, larger ones in parts.

/// What a device can do.
#[crate::agent(crate = crate, mqtt = "3.1.1", commands = 4, packet = 128, receive = 128)]
pub enum Command {
    /// Publish a message.
    #[publish(qos = 0..=1)]
    Publish,
    /// Subscribe to topics.
    #[subscribe(qos = 0..=1, filters = 2)]
    Subscribe,
    /// End subscriptions.
    #[unsubscribe(filters = 2)]
    Unsubscribe,
    /// End the connection.
    Disconnect,
}
