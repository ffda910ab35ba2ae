#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod errors;
mod expand;
mod item;
mod names;
mod settings;
mod values;

use proc_macro::TokenStream;

use arguments::Arguments;
use commands::Commands;
use errors::Errors;

/// Builds an agent from the enum of its commands. See the [crate documentation](crate) for what can be said.
#[proc_macro_attribute]
pub fn agent(arguments: TokenStream, item: TokenStream) -> TokenStream {
    agent_tokens(arguments.into(), item.into()).into()
}

fn agent_tokens(arguments: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::read(arguments, &mut errors);
    // With mistakes too: the agent exists then, and the only errors are those that name the mistakes.
    let expansion = match item::read(item.clone(), &mut errors) {
        Ok(mut item) => {
            let commands = Commands::take(&mut item, &mut errors);
            expand::agent(&arguments, &commands, &item)
        }
        Err(error) => {
            errors.push(error);
            item
        }
    };
    let errors = errors.into_compile_errors();
    quote::quote! { #expansion #errors }
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use super::*;

    #[test]
    fn renamed_crate_is_all_that_the_expansion_names() {
        let item = "enum Command { #[publish(qos = 0)] Publish, Disconnect }".parse().unwrap();
        let expansion = agent_tokens("crate = renamed".parse().unwrap(), item).to_string();
        assert!(!expansion.contains("slimqtt"), "{expansion}");
    }

    /// The expansion of a whole agent, as its user would read it. `BLESS=1` rewrites the golden file.
    #[test]
    fn golden_expansion() {
        let arguments = "mqtt = \"3.1.1\", commands = 4, packet = 128, receive = 16, timeout = 10".parse().unwrap();
        let item =
            "/// What a beacon says.\npub enum Command { #[publish(qos = 0)] Publish, Disconnect }".parse().unwrap();
        let expansion = prettyplease::unparse(&syn::parse2(agent_tokens(arguments, item)).unwrap());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/beacon.rs");
        if env::var_os("BLESS").is_some() {
            fs::write(path, &expansion).unwrap();
        }
        assert_eq!(expansion, fs::read_to_string(path).unwrap(), "BLESS=1 cargo test rewrites the golden file");
    }
}
