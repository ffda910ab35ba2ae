//! The program as its users run it: what it prints, and how it ends.

#[cfg(feature = "broker")]
mod broker;
#[cfg(feature = "broker")]
mod client;
mod mistakes;
#[cfg(feature = "broker")]
mod tls;
mod tool;
