#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod line;
pub mod packets;
mod world;

pub use clock::ManualClock;
pub use line::{End, Line};
pub use world::{Handled, Outcome, Task, World};
