//! What of the room sensor needs no chip: it is tested on the host.
#![no_std]
#![forbid(unsafe_code)]

pub mod address;
pub mod temperature;
