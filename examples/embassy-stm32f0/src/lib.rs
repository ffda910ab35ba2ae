//! What of the balcony light needs no chip: the dialogue with the modem, and texts. It is tested on the host.
#![no_std]
#![forbid(unsafe_code)]

pub mod modem;
pub mod text;
