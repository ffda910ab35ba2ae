#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[macro_use]
mod trace;

mod agent;
mod backoff;
mod clock;
mod command;
mod connect;
#[cfg(feature = "embedded-hal-async")]
mod delay_clock;
mod display;
#[cfg(feature = "embassy-time")]
mod embassy_clock;
mod error;
mod incoming;
mod message;
mod payload;
mod queue;
mod received;
pub mod request;
mod run;
mod session;
pub mod topic;
mod topic_name;
pub mod wire;

pub use agent::{Agent, Keeps, Profile};
pub use backoff::Backoff;
pub use clock::Clock;
pub use command::{Answer, CommandError, Completion, Outcome, Submission};
pub use connect::Connect;
#[cfg(feature = "embedded-hal-async")]
pub use delay_clock::DelayClock;
#[cfg(feature = "embassy-time")]
pub use embassy_clock::EmbassyClock;
pub use error::{Error, ErrorKind};
pub use message::Message;
pub use payload::{FnPayload, Payload};
pub use received::Identifiers;
pub use topic_name::TopicName;
