#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod agent;
mod backoff;
mod clock;
mod command;
mod connect;
mod error;
mod incoming;
mod queue;
mod run;
mod session;
pub mod wire;

pub use agent::{Agent, Profile};
pub use backoff::Backoff;
pub use clock::Clock;
pub use command::{CommandError, Message, Submission};
pub use connect::Connect;
pub use error::{Error, ErrorKind};
