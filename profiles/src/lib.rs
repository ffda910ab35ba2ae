#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

// The attribute macro writes `::slimqtt`, in this crate too.
extern crate self as slimqtt;

#[cfg(feature = "beacon")]
pub mod beacon;

pub use slimqtt_agent::{Clock, CommandError, Connect, Error, ErrorKind, Submission};
pub use slimqtt_macros::agent;

/// What the expansion of [`agent`] needs. Not for use by hand: it may change in any version.
#[doc(hidden)]
pub mod export {
    pub use embedded_io_async::{Read, Write};
    pub use slimqtt_agent::wire::{Disconnect, QoS};
    pub use slimqtt_agent::{Agent, Message, Profile};
}
