//! The arguments of the attribute: `mqtt = "3.1.1", commands = 4, ...`.

use proc_macro2::TokenStream;
use syn::{Expr, Lit, Path, parse_quote};

use crate::errors::Errors;
use crate::settings;
use crate::values::{literal, number, path};

/// The arguments, or their defaults.
pub(crate) struct Arguments {
    /// Slots for outgoing packets.
    pub(crate) commands: usize,
    /// Bytes of a slot.
    pub(crate) packet: usize,
    /// Bytes of the receive buffer.
    pub(crate) receive: usize,
    /// Seconds that the Server may take to answer.
    pub(crate) timeout: usize,
    /// Where the expansion finds slimqtt.
    pub(crate) slimqtt: Path,
}

const KNOWN: [&str; 6] = ["mqtt", "commands", "packet", "receive", "timeout", "crate"];

impl Arguments {
    /// Reads the arguments; whatever is wrong keeps its default.
    pub(crate) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments =
            Self { commands: 4, packet: 128, receive: 16, timeout: 10, slimqtt: parse_quote!(::slimqtt) };
        settings::read("argument", tokens, &KNOWN, errors, |name, value, errors| match name {
            "mqtt" => check_version(value, errors),
            "commands" => set(&mut arguments.commands, number("slots", 1..=255, value, errors)),
            // Room for the longest fixed header, and the shortest PUBLISH behind it.
            "packet" => set(&mut arguments.packet, number("bytes", 8..=65_535, value, errors)),
            // The longest fixed header, and a byte.
            "receive" => set(&mut arguments.receive, number("bytes", 6..=65_535, value, errors)),
            "timeout" => set(&mut arguments.timeout, number("seconds", 1..=3600, value, errors)),
            _ => set(&mut arguments.slimqtt, crate_path(value, errors)),
        });
        arguments
    }
}

fn set<T>(argument: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *argument = value;
    }
}

fn check_version(value: &Expr, errors: &mut Errors) {
    if !matches!(literal(value), Some(Lit::Str(version)) if version.value() == "3.1.1") {
        errors.at(value, "this version speaks MQTT 3.1.1 only: write `mqtt = \"3.1.1\"`");
    }
}

fn crate_path(value: &Expr, errors: &mut Errors) -> Option<Path> {
    let path = path(value);
    if path.is_none() {
        errors.at(value, "expected the path of slimqtt, as in `crate = ::slimqtt`");
    }
    path.cloned()
}
