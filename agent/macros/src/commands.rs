//! The commands: the variants of the enum, with what their attributes say.

use std::mem;

use syn::{Attribute, Expr, Fields, Ident, ItemEnum, Lit, Meta, Variant};

use crate::errors::Errors;
use crate::values::literal;
use crate::{names, settings};

/// What the agent can do.
#[derive(Default)]
pub(crate) struct Commands {
    /// Publish at QoS 0.
    pub(crate) publish: Option<Command>,
    /// End the connection.
    pub(crate) disconnect: Option<Command>,
}

/// A command that the agent has.
pub(crate) struct Command {
    /// The `#[cfg]`s of the variant: the compiler looks at them after this macro, so its methods need them too.
    pub(crate) conditions: Vec<Attribute>,
}

const COMMANDS: [&str; 2] = ["Publish", "Disconnect"];
const ATTRIBUTES: [&str; 1] = ["publish"];

impl Commands {
    /// Reads the variants, and takes off them what is not for the compiler.
    pub(crate) fn take(item: &mut ItemEnum, errors: &mut Errors) -> Self {
        let mut commands = Self::default();
        for variant in &mut item.variants {
            commands.read(variant, errors);
            make_unit(variant, errors);
        }
        commands
    }

    fn read(&mut self, variant: &mut Variant, errors: &mut Errors) {
        let (own, others) = mem::take(&mut variant.attrs).into_iter().partition(is_own);
        variant.attrs = others;
        let place = match names::resolve("command", &variant.ident, &COMMANDS, errors) {
            Some("Publish") => {
                read_publish(&variant.ident, own, errors);
                &mut self.publish
            }
            Some(_) => {
                refuse(&own, errors);
                &mut self.disconnect
            }
            None => {
                // Attributes of a command that is unknown would be unknown too: one mistake, one error.
                variant.attrs.retain(|attribute| attribute.path().is_ident("doc"));
                return;
            }
        };
        let conditions = variant.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
        let command = Command { conditions };
        match place {
            None => *place = Some(command),
            // Of two that are always there the compiler tells.
            Some(first) if first.conditions.is_empty() && command.conditions.is_empty() => {}
            Some(_) => errors.at(&variant.ident, "a command stands here once, with one `#[cfg(any(...))]`"),
        }
    }
}

fn make_unit(variant: &mut Variant, errors: &mut Errors) {
    if !matches!(variant.fields, Fields::Unit) {
        errors.at(&variant.fields, "a command has no fields here: its arguments are those of its method");
        variant.fields = Fields::Unit;
    }
    if let Some((_, value)) = variant.discriminant.take() {
        errors.at(value, "a command has no value: remove it");
    }
}

fn is_own(attribute: &Attribute) -> bool {
    attribute.path().get_ident().is_some_and(|name| names::similar(&name.to_string(), &ATTRIBUTES).is_some())
}

fn refuse(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        errors.at(attribute.path(), "`publish` belongs to the command `Publish`: remove it here");
    }
}

fn read_publish(command: &Ident, attributes: Vec<Attribute>, errors: &mut Errors) {
    let mut attributes = attributes.into_iter();
    let Some(attribute) = attributes.next() else {
        errors.at(command, "at which QoS? Write `#[publish(qos = 0)]` before it");
        return;
    };
    for again in attributes {
        errors.at(again.path(), "this attribute is given twice");
    }
    if let Some(name) = attribute.path().get_ident() {
        names::resolve("attribute", name, &ATTRIBUTES, errors);
    }
    match attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            settings::read("option", list.tokens, &["qos"], errors, |_, value, errors| check_qos(value, errors));
        }
        other => errors.at(other, "at which QoS? Write `#[publish(qos = 0)]`"),
    }
}

fn check_qos(value: &Expr, errors: &mut Errors) {
    if !matches!(literal(value), Some(Lit::Int(number)) if number.to_string() == "0") {
        errors.at(value, "this version publishes at QoS 0 only: write `qos = 0`");
    }
}
