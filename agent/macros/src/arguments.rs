//! The arguments of the attribute: `mqtt = "3.1.1", commands = 4, ...`.

use std::ops::RangeInclusive;

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, MetaNameValue, Token};

use crate::errors::Errors;

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
}

const KNOWN: &str = "`mqtt`, `commands`, `packet`, `receive` and `timeout`";

impl Arguments {
    /// Reads the arguments; whatever is wrong keeps its default.
    pub(crate) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self {
            commands: 4,
            packet: 128,
            receive: 16,
            timeout: 10,
        };
        let parser = Punctuated::<MetaNameValue, Token![,]>::parse_terminated;
        let given = match parser.parse2(tokens) {
            Ok(given) => given,
            Err(error) => {
                let message =
                    format!("{error}: the arguments are `name = value`, separated by commas; known are {KNOWN}");
                errors.push(syn::Error::new(error.span(), message));
                return arguments;
            }
        };
        for (i, argument) in given.iter().enumerate() {
            let name = argument.path.get_ident().map(ToString::to_string).unwrap_or_default();
            if given.iter().take(i).any(|earlier| earlier.path.is_ident(&name)) {
                errors.at(&argument.path, "this argument is given twice");
                continue;
            }
            let (place, allowed) = match name.as_str() {
                "mqtt" => {
                    check_version(&argument.value, errors);
                    continue;
                }
                "commands" => (&mut arguments.commands, 1..=255),
                "packet" => (&mut arguments.packet, 6..=65_535),
                "receive" => (&mut arguments.receive, 6..=65_535),
                "timeout" => (&mut arguments.timeout, 1..=3600),
                _ => {
                    errors.at(&argument.path, format!("unknown argument; known are {KNOWN}"));
                    continue;
                }
            };
            if let Some(value) = integer(&name, &argument.value, allowed, errors) {
                *place = value;
            }
        }
        arguments
    }
}

fn check_version(value: &Expr, errors: &mut Errors) {
    let known = matches!(value, Expr::Lit(ExprLit { lit: Lit::Str(version), .. }) if version.value() == "3.1.1");
    if !known {
        errors.at(value, "unknown version of MQTT: write `mqtt = \"3.1.1\"`");
    }
}

fn integer(name: &str, value: &Expr, allowed: RangeInclusive<usize>, errors: &mut Errors) -> Option<usize> {
    let number = match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number), ..
        }) => number.base10_parse().ok(),
        _ => None,
    };
    let valid = number.filter(|number| allowed.contains(number));
    if valid.is_none() {
        errors.at(
            value,
            format!("`{name}` is a number from {} to {}", allowed.start(), allowed.end()),
        );
    }
    valid
}
