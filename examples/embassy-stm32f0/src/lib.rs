//! What of the balcony light needs no chip: the connection, the dialogue with the modem, and texts. It is tested on the host.
#![no_std]
#![forbid(unsafe_code)]

pub mod connection;
pub mod modem;
#[cfg(test)]
mod played;
pub mod text;
