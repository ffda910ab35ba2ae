//! All that a client of MQTT 3.1.1 can do: every QoS in both directions, messages that are retained, payloads of any
//! size, ping, stop, whether the Server had the session, and functions that are told how a command has ended.
//!
//! 4 slots of 128 bytes; a topic and its message take at most 121 bytes of one, 119 at QoS 1 and 2, unless the payload
//! is read when it is sent. Messages are received in a buffer of 128 bytes, larger ones in parts, and up to 8 with QoS
//! 2 at a time.

/// What a client can do.
#[crate::agent(
    crate = crate, mqtt = "3.1.1", commands = 4, packet = 128, receive = 128, received = 8, completions, connected
)]
pub enum Command {
    /// Publish a message.
    #[publish(qos = 0..=2, retain, from)]
    Publish,
    /// Subscribe to topics.
    #[subscribe(qos = 0..=2, filters = 4)]
    Subscribe,
    /// End subscriptions.
    #[unsubscribe(filters = 4)]
    Unsubscribe,
    /// Ask for a sign of life.
    Ping,
    /// End the connection.
    Disconnect,
    /// Stop the agent at once.
    Stop,
}
