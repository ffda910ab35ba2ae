//! The commands: the variants of the enum, with what their attributes say.

use syn::{Attribute, Expr, ExprLit, Fields, Ident, ItemEnum, Lit, MetaNameValue, Variant};

use crate::errors::Errors;

/// What the agent can do.
#[derive(Default)]
pub(crate) struct Commands {
    /// Publish at QoS 0.
    pub(crate) publish: Option<Ident>,
    /// End the connection.
    pub(crate) disconnect: Option<Ident>,
}

impl Commands {
    /// Reads the variants and takes their attributes off the enum.
    pub(crate) fn take(item: &mut ItemEnum, errors: &mut Errors) -> Self {
        let mut commands = Self::default();
        if !item.generics.params.is_empty() {
            errors.at(&item.generics, "an agent's commands have no generic parameters");
        }
        if item.variants.is_empty() {
            errors.at(
                &item.ident,
                "an agent has at least one command: `Publish` or `Disconnect`",
            );
        }
        for variant in &mut item.variants {
            commands.read(variant, errors);
        }
        commands
    }

    fn read(&mut self, variant: &mut Variant, errors: &mut Errors) {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant.fields,
                "a command has no fields here: its arguments are those of the method",
            );
            variant.fields = Fields::Unit;
        }
        if let Some((_, discriminant)) = variant.discriminant.take() {
            errors.at(discriminant, "a command has no value");
        }
        let (own, others) = variant
            .attrs
            .drain(..)
            .partition(|attribute| is_command_attribute(attribute));
        variant.attrs = others;
        match variant.ident.to_string().as_str() {
            "Publish" => {
                self.publish = Some(variant.ident.clone());
                check_publish(variant, &own, errors);
            }
            "Disconnect" => {
                self.disconnect = Some(variant.ident.clone());
                for attribute in own {
                    errors.at(attribute, "`Disconnect` has no options: remove the attribute");
                }
            }
            _ => errors.at(&variant.ident, "unknown command; known are `Publish` and `Disconnect`"),
        }
    }
}

fn is_command_attribute(attribute: &Attribute) -> bool {
    attribute.path().is_ident("publish")
}

fn check_publish(variant: &Variant, attributes: &[Attribute], errors: &mut Errors) {
    let [attribute] = attributes else {
        match attributes {
            [] => errors.at(
                &variant.ident,
                "say at which QoS to publish: `#[publish(qos = 0)] Publish`",
            ),
            [_, again, ..] => errors.at(again, "`publish` is given twice"),
            [_] => {}
        }
        return;
    };
    match attribute.parse_args::<MetaNameValue>() {
        Ok(option) if option.path.is_ident("qos") => check_qos(&option.value, errors),
        Ok(option) => errors.at(option.path, "unknown option; known is `qos`"),
        Err(error) => errors.push(syn::Error::new(error.span(), "write `#[publish(qos = 0)]`")),
    }
}

fn check_qos(value: &Expr, errors: &mut Errors) {
    let number = match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number), ..
        }) => number.base10_parse::<u8>().ok(),
        _ => None,
    };
    if number != Some(0) {
        errors.at(value, "this version publishes at QoS 0 only: write `qos = 0`");
    }
}
