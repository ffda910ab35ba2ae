// Its examples use profiles, and are tested where these are there.
#![cfg_attr(all(feature = "beacon", feature = "device"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "beacon", feature = "device")),
    doc = "An MQTT agent for microcontrollers. The features `beacon`, `telemetry`, `device` and `complete` add a \
           ready-made one each. With all features these pages have an introduction: `cargo doc --all-features`."
)]
// Where the documentation is built with a nightly compiler, it says which feature brings what.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "beacon")]
pub mod beacon;
#[cfg(feature = "complete")]
pub mod complete;
#[cfg(feature = "device")]
pub mod device;
#[cfg(feature = "telemetry")]
pub mod telemetry;

#[doc = include_str!("../PORTING.md")]
#[cfg(any(doc, doctest))]
pub mod porting {}

#[cfg(feature = "embedded-hal-async")]
pub use slimqtt_agent::DelayClock;
#[cfg(feature = "embassy-time")]
pub use slimqtt_agent::EmbassyClock;
pub use slimqtt_agent::wire::{ConnectReturnCode, EncodeError, SubackReturnCode};
pub use slimqtt_agent::{
    Backoff, Clock, CommandError, Completion, Connect, Error, ErrorKind, FnPayload, Message, Outcome, Payload,
    Submission, TopicName, filter, topic,
};
pub use slimqtt_macros::agent;

/// Parts of packets: what CONNECT can say, for [`Connect::from_packet`], and what a message or an acknowledgement has.
pub mod packet {
    pub use slimqtt_agent::wire::{Connect, List, QoS, Will};
}

/// What the expansion of [`agent`] needs. Not for use by hand: it may change in any version.
#[doc(hidden)]
pub mod export {
    pub use embedded_io_async::{Read, Write};
    pub use slimqtt_agent::request::{Publish, Request};
    pub use slimqtt_agent::wire::QoS;
    pub use slimqtt_agent::{Agent, Profile};
}
