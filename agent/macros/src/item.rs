//! The item below the attribute: an enum without frills.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Generics, ItemEnum, Token, Visibility};

use crate::commands::COMMANDS;
use crate::errors::Errors;
use crate::names;

/// What the expansion adds beside the enum.
const TAKEN: [&str; 3] = ["Agent", "QoS", "RequestedQoS"];

/// Reads the enum and takes off it what an agent's enum cannot have.
///
/// # Errors
/// It is no enum.
pub(crate) fn read(tokens: TokenStream, errors: &mut Errors) -> syn::Result<ItemEnum> {
    let mut item = parse.parse2(tokens)?;
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, "an agent's commands have no generic parameters");
        item.generics = Generics::default();
    }
    if TAKEN.iter().any(|taken| item.ident == taken) {
        let message =
            format!("the agent brings its own `{}`: name this enum otherwise, `Command` for instance", item.ident);
        errors.at(&item.ident, message);
        item.ident = Ident::new("Command", item.ident.span());
    }
    if item.variants.is_empty() {
        errors.at(&item.ident, format!("an agent has at least one command: {}", names::list(&COMMANDS)));
    }
    Ok(item)
}

fn parse(input: ParseStream<'_>) -> syn::Result<ItemEnum> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    if !ahead.peek(Token![enum]) {
        let message = "an agent is declared by an enum of its commands: `enum Command { Disconnect }`";
        return Err(syn::Error::new(ahead.span(), message));
    }
    input.parse()
}
