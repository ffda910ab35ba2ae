#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clash;
mod emit;
mod error;
mod generator;
mod length;
mod members;
mod names;
mod select;
mod senders;
mod types;
mod walk;

pub use error::Error;
pub use generator::Generator;
