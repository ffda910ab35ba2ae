#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod ledger;
mod line;
pub mod packets;
mod script;
mod world;

pub use clock::ManualClock;
pub use ledger::Tally;
pub use line::{End, Line};
pub use script::Script;
pub use world::{Handled, Outcome, Task, World};
