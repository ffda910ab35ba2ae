//! The commands: the variants of the enum, with what their attributes say.

use std::mem;
use std::ops::RangeInclusive;

use syn::{Attribute, Fields, Ident, ItemEnum, Meta, Variant};

use crate::condition::Condition;
use crate::errors::Errors;
use crate::names;
use crate::settings::{Known, Setting};
use crate::values::{ALL_QOS, number, qos};

/// What the agent can do.
#[derive(Default)]
pub(crate) struct Commands {
    /// Publish messages.
    pub(crate) publish: Option<Command<Publish>>,
    /// Subscribe to topics.
    pub(crate) subscribe: Option<Command<Subscribe>>,
    /// End subscriptions.
    pub(crate) unsubscribe: Option<Command<Unsubscribe>>,
    /// Ask for a sign of life.
    pub(crate) ping: Option<Command>,
    /// End the connection.
    pub(crate) disconnect: Option<Command>,
    /// Stop the agent.
    pub(crate) stop: Option<Command>,
}

/// A command that the agent has.
pub(crate) struct Command<O = ()> {
    /// Under which it has it.
    pub(crate) condition: Condition,
    /// What its attribute says.
    pub(crate) options: O,
}

/// How the agent publishes.
pub(crate) struct Publish {
    /// At which qualities of service.
    pub(crate) qos: RangeInclusive<u8>,
    /// Whether messages may be retained.
    pub(crate) retain: bool,
    /// Whether payloads may be read when they are sent.
    pub(crate) from: bool,
}

/// How the agent subscribes.
pub(crate) struct Subscribe {
    /// At which qualities of service.
    pub(crate) qos: RangeInclusive<u8>,
    /// To how many topic filters at a time.
    pub(crate) filters: usize,
}

/// How the agent unsubscribes.
pub(crate) struct Unsubscribe {
    /// From how many topic filters at a time.
    pub(crate) filters: usize,
}

/// The names of the commands.
pub(crate) const COMMANDS: [&str; 6] = ["Publish", "Subscribe", "Unsubscribe", "Ping", "Disconnect", "Stop"];

/// The attributes, each with its command.
const ATTRIBUTES: [&str; 3] = ["publish", "subscribe", "unsubscribe"];
const OWNERS: [&str; 3] = ["Publish", "Subscribe", "Unsubscribe"];

const PUBLISH: Known = Known { kind: "option", names: &["qos", "retain", "from"], flags: &["retain", "from"] };
const SUBSCRIBE: Known = Known { kind: "option", names: &["qos", "filters"], flags: &[] };
const UNSUBSCRIBE: Known = Known { kind: "option", names: &["filters"], flags: &[] };

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
        let (own, others) = mem::take(&mut variant.attrs).into_iter().partition(|attribute| meant(attribute).is_some());
        variant.attrs = others;
        let Some(name) = names::resolve("command", &variant.ident, &COMMANDS, errors) else {
            // Attributes of a command that is unknown would be unknown too: one mistake, one error.
            variant.attrs.retain(|attribute| attribute.path().is_ident("doc"));
            return;
        };
        let attribute = attribute_of(name, own, errors);
        match name {
            "Publish" => put(&mut self.publish, variant, read_publish(&variant.ident, attribute, errors), errors),
            "Subscribe" => put(&mut self.subscribe, variant, read_subscribe(&variant.ident, attribute, errors), errors),
            "Unsubscribe" => put(&mut self.unsubscribe, variant, read_unsubscribe(attribute, errors), errors),
            "Ping" => put(&mut self.ping, variant, (), errors),
            "Disconnect" => put(&mut self.disconnect, variant, (), errors),
            _ => put(&mut self.stop, variant, (), errors),
        }
    }
}

fn put<O>(place: &mut Option<Command<O>>, variant: &Variant, options: O, errors: &mut Errors) {
    let command = Command { condition: Condition::new(&variant.attrs), options };
    match place {
        None => *place = Some(command),
        // Of two that are always there the compiler tells.
        Some(first) if first.condition.is_always() && command.condition.is_always() => {}
        Some(_) => errors.at(&variant.ident, "a command stands here once, with one `#[cfg(any(...))]`"),
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

/// Which of the attributes of commands this is, or resembles.
fn meant(attribute: &Attribute) -> Option<&'static str> {
    names::similar(&attribute.path().get_ident()?.to_string(), &ATTRIBUTES)
}

/// The attribute of the command, out of all that stand on it.
fn attribute_of(command: &str, attributes: Vec<Attribute>, errors: &mut Errors) -> Option<Attribute> {
    let mut own = None;
    for attribute in attributes {
        let Some(name) = attribute.path().get_ident() else { continue };
        let place = ATTRIBUTES.iter().position(|known| meant(&attribute) == Some(*known));
        let owner = place.and_then(|place| OWNERS.get(place)).copied().unwrap_or_default();
        if owner != command {
            errors.at(name, format!("`{name}` belongs to the command `{owner}`: remove it here"));
        } else if own.is_some() {
            errors.at(name, "this attribute is given twice");
        } else {
            names::resolve("attribute", name, &ATTRIBUTES, errors);
            own = Some(attribute);
        }
    }
    own
}

/// Reads the options of an attribute that needs one: `lacks` says so.
fn read_options(
    known: &Known,
    attribute: Attribute,
    lacks: &str,
    errors: &mut Errors,
    hand_over: impl FnMut(&'static str, Setting, &mut Errors),
) {
    match attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => known.read(list.tokens, errors, hand_over),
        other => errors.at(other, lacks),
    }
}

/// Reads the options of a command that has a QoS: all of them, if it is not said rightly, so that no method seems to
/// lack one.
fn read_with_qos(
    known: &Known,
    name: &str,
    command: &Ident,
    attribute: Option<Attribute>,
    errors: &mut Errors,
    mut hand_over: impl FnMut(&'static str, Setting, &mut Errors),
) -> RangeInclusive<u8> {
    let lacks = format!("at which QoS? Write `#[{name}(qos = 0)]`");
    let Some(attribute) = attribute else {
        errors.at(command, lacks + " before it");
        return ALL_QOS;
    };
    let mut found = None;
    let (path, before) = (attribute.path().clone(), errors.count());
    read_options(known, attribute, &lacks, errors, |name, setting, errors| match name {
        "qos" => found = qos(&setting.value, errors),
        _ => hand_over(name, setting, errors),
    });
    if found.is_none() && errors.count() == before {
        errors.at(path, "at which QoS? Add `qos = 0`, or another one");
    }
    found.unwrap_or(ALL_QOS)
}

fn read_publish(command: &Ident, attribute: Option<Attribute>, errors: &mut Errors) -> Publish {
    let (mut retain, mut from) = (false, false);
    let qos = read_with_qos(&PUBLISH, "publish", command, attribute, errors, |name, _, _| match name {
        "retain" => retain = true,
        _ => from = true,
    });
    Publish { qos, retain, from }
}

fn read_subscribe(command: &Ident, attribute: Option<Attribute>, errors: &mut Errors) -> Subscribe {
    let mut filters = 1;
    let qos = read_with_qos(&SUBSCRIBE, "subscribe", command, attribute, errors, |_, setting, errors| {
        filters = read_filters(&setting, errors);
    });
    Subscribe { qos, filters }
}

fn read_unsubscribe(attribute: Option<Attribute>, errors: &mut Errors) -> Unsubscribe {
    let mut filters = 1;
    if let Some(attribute) = attribute {
        let lacks = "from how many topic filters at a time? Write `#[unsubscribe(filters = 2)]`, or no attribute for 1";
        read_options(&UNSUBSCRIBE, attribute, lacks, errors, |_, setting, errors| {
            filters = read_filters(&setting, errors);
        });
    }
    Unsubscribe { filters }
}

/// As many as a SUBACK has return codes, if its remaining length takes one byte.
fn read_filters(setting: &Setting, errors: &mut Errors) -> usize {
    number("topic filters", 1..=125, &setting.value, errors).unwrap_or(1)
}
