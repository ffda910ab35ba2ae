//! The arguments of the attribute: `mqtt = "3.1.1", commands = 4, ...`.

use proc_macro2::{Ident, TokenStream};
use syn::{Expr, Lit, Path, parse_quote};

use crate::commands::Commands;
use crate::errors::Errors;
use crate::settings::Known;
use crate::values::{literal, number, path};

/// The arguments, or their defaults.
pub(crate) struct Arguments {
    /// Slots for outgoing packets.
    pub(crate) commands: usize,
    /// Bytes of a slot.
    pub(crate) packet: usize,
    /// Bytes of the receive buffer, if they are given.
    receive: Option<(usize, Expr)>,
    /// Seconds that the Server may take to answer.
    pub(crate) timeout: usize,
    /// Places for the packet identifiers of messages with QoS 2 that are being received, if they are given.
    received: Option<(usize, Ident)>,
    /// Whether commands may tell their outcome to a function.
    pub(crate) completions: bool,
    /// Whether the agent tells that it is connected.
    pub(crate) connected: bool,
    /// Where the expansion finds slimqtt.
    pub(crate) slimqtt: Path,
}

const KNOWN: Known = Known {
    kind: "argument",
    names: &["mqtt", "commands", "packet", "receive", "timeout", "received", "completions", "connected", "crate"],
    flags: &["completions", "connected"],
};

impl Arguments {
    /// Reads the arguments; whatever is wrong keeps its default.
    pub(crate) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self {
            commands: 4,
            packet: 128,
            receive: None,
            timeout: 10,
            received: None,
            completions: false,
            connected: false,
            slimqtt: parse_quote!(::slimqtt),
        };
        KNOWN.read(tokens, errors, |name, setting, errors| {
            let value = &setting.value;
            match name {
                "mqtt" => check_version(value, errors),
                "commands" => set(&mut arguments.commands, number("slots", 1..=255, value, errors)),
                // Room for the longest fixed header, and the shortest PUBLISH behind it.
                "packet" => set(&mut arguments.packet, number("bytes", 8..=65_535, value, errors)),
                // The longest fixed header, and a byte.
                "receive" => {
                    let size = number("bytes", 6..=65_535, value, errors);
                    arguments.receive = size.map(|size| (size, setting.value));
                }
                "timeout" => set(&mut arguments.timeout, number("seconds", 1..=3600, value, errors)),
                "received" => {
                    let places = number("messages", 1..=255, value, errors);
                    arguments.received = places.map(|places| (places, setting.name));
                }
                "completions" => arguments.completions = true,
                "connected" => arguments.connected = true,
                _ => set(&mut arguments.slimqtt, crate_path(value, errors)),
            }
        });
        arguments
    }

    /// Reports what is not right with these commands.
    pub(crate) fn check(&self, commands: &Commands, errors: &mut Errors) {
        let highest = commands.subscribe.as_ref().map(|subscribe| *subscribe.options.qos.end());
        if let Some((_, name)) = &self.received
            && highest != Some(2)
        {
            let reason = match highest {
                None => "and this agent does not subscribe".to_owned(),
                Some(qos) => format!("and this agent subscribes at QoS {qos} at most"),
            };
            errors.at(name, format!("`received` counts messages that come at QoS 2, {reason}: remove it"));
        }
        if let Some((size, value)) = &self.receive
            && let Some(subscribe) = &commands.subscribe
        {
            let (filters, least) = (subscribe.options.filters, suback(subscribe.options.filters));
            if *size < least {
                let message = format!(
                    "too small for the SUBACK of {filters} topic filters at a time: write `receive = {least}` or more"
                );
                errors.at(value, message);
            }
        }
    }

    /// Bytes of the receive buffer of an agent that subscribes with so many topic filters at a time, or does not.
    pub(crate) fn receive(&self, filters: Option<usize>) -> usize {
        let default = || filters.map_or(16, |filters| suback(filters).max(128));
        self.receive.as_ref().map_or_else(default, |(size, _)| *size)
    }

    /// Places for the packet identifiers of messages with QoS 2 that are being received.
    pub(crate) fn received(&self) -> usize {
        self.received.as_ref().map_or(8, |(places, _)| *places)
    }
}

/// The length of a SUBACK, whose remaining length takes one byte: fixed header, packet identifier, return codes.
const fn suback(filters: usize) -> usize {
    4 + filters
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
