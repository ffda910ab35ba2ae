// Its example uses a profile, and is tested where that is there.
#![cfg_attr(feature = "beacon", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "beacon"),
    doc = "An MQTT agent for microcontrollers. The feature `beacon` adds a ready-made one."
)]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "beacon")]
pub mod beacon;

pub use slimqtt_agent::wire::{ConnectReturnCode, EncodeError};
pub use slimqtt_agent::{
    Backoff, Clock, CommandError, Completion, Connect, Error, ErrorKind, FnPayload, Message, Outcome, Payload,
    Submission, filter, topic,
};
pub use slimqtt_macros::agent;

/// What the expansion of [`agent`] needs. Not for use by hand: it may change in any version.
#[doc(hidden)]
pub mod export {
    pub use embedded_io_async::{Read, Write};
    pub use slimqtt_agent::request::{Publish, PublishFrom, Subscribe, Unsubscribe};
    pub use slimqtt_agent::wire::{Disconnect, Pingreq, QoS};
    pub use slimqtt_agent::{Agent, Payload, Profile};
}
