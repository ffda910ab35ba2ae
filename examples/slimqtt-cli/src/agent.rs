//! The agent: all commands of the profile `complete`, with the sizes of a host.

pub(crate) use commands::{Agent, QoS, RequestedQoS};

/// All of this program's connections, one after another.
pub(crate) static MQTT: Agent = Agent::new();

/// How many commands are given at a time; there is one slot more, for the command that ends the connection. mosquitto takes no
/// more messages with QoS 2 at a time: it acknowledges further ones, and drops them.
pub(crate) const COMMANDS: usize = 20;

mod commands {
    /// What a client can do. Slot and buffer are as large as the longest topics; payloads of any size pass through them.
    #[slimqtt::agent(commands = 21, packet = 65_535, receive = 65_535, received = 255, connected)]
    pub(crate) enum Command {
        /// Publish a message.
        #[publish(qos = 0..=2, retain, from)]
        Publish,
        /// Subscribe to a topic.
        #[subscribe(qos = 0..=2)]
        Subscribe,
        /// End a subscription.
        Unsubscribe,
        /// End the connection.
        Disconnect,
    }
}
