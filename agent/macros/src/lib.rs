//! The attribute `slimqtt::agent`: see [`macro@agent`].
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod condition;
mod errors;
mod expand;
mod item;
mod methods;
mod names;
mod settings;
mod values;

use proc_macro::TokenStream;

use arguments::Arguments;
use commands::Commands;
use errors::Errors;

#[doc = include_str!("../README.md")]
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
            arguments.check(&commands, &mut errors);
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

    const BEACON: &str = "
        /// What a beacon says.
        pub enum Command { #[publish(qos = 0)] Publish, Disconnect }
    ";
    const COMPLETE: &str = "
        /// All that a client can do.
        pub enum Command {
            #[publish(qos = 0..=2, retain, from)]
            Publish,
            #[subscribe(qos = 0..=2, filters = 4)]
            Subscribe,
            #[unsubscribe(filters = 4)]
            Unsubscribe,
            Ping,
            Disconnect,
            Stop,
        }
    ";

    fn expand(arguments: &str, item: &str) -> proc_macro2::TokenStream {
        agent_tokens(arguments.parse().unwrap(), item.parse().unwrap())
    }

    #[test]
    fn renamed_crate_is_all_that_the_expansion_names() {
        for item in [BEACON, COMPLETE] {
            let expansion = expand("crate = renamed, completions, connected", item).to_string();
            assert!(!expansion.contains("slimqtt"), "{expansion}");
        }
    }

    /// The expansion of a whole agent, as its user would read it. `BLESS=1` rewrites the golden file.
    fn golden_expansion(arguments: &str, item: &str, file: &str) {
        let expansion = prettyplease::unparse(&syn::parse2(expand(arguments, item)).unwrap());
        let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
        if env::var_os("BLESS").is_some() {
            fs::write(&path, &expansion).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap();
        let differ = expansion.lines().zip(golden.lines()).find(|(expanded, golden)| expanded != golden);
        assert_eq!(differ, None, "BLESS=1 cargo test rewrites {file}");
        assert_eq!(expansion.len(), golden.len(), "BLESS=1 cargo test rewrites {file}");
    }

    #[test]
    fn golden_expansion_of_a_small_agent() {
        let arguments = "mqtt = \"3.1.1\", commands = 4, packet = 128, receive = 16, timeout = 10";
        golden_expansion(arguments, BEACON, "beacon.rs");
    }

    #[test]
    fn golden_expansion_of_a_complete_agent() {
        let arguments = "commands = 4, packet = 192, receive = 128, received = 8, completions, connected";
        golden_expansion(arguments, COMPLETE, "complete.rs");
    }

    #[test]
    fn golden_expansion_under_conditions() {
        let item = "
            enum Command {
                #[cfg(a)] #[cfg(b)] #[publish(qos = 1..=2, from)] Publish,
                #[cfg(c)] #[subscribe(qos = 2)] Subscribe,
                #[cfg(d)] Ping,
            }
        ";
        golden_expansion("", item, "conditions.rs");
    }
}
