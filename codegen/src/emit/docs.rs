//! Doc comments: the spec's text, its section, its normative statements.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::{About, Field, Packet};

use crate::names::{ident, type_name};

/// The doc attributes of an item.
pub(super) fn docs(about: &About) -> TokenStream {
    let mut lines = about.docs.clone();
    let section = about.section.iter().map(|section| format!("Section {}.", section.value));
    let references: Vec<_> = section.chain(statements(about)).collect();
    if !references.is_empty() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrapped(references));
    }
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote! { #(#[doc = #lines])* }
}

/// The normative statements.
pub(super) fn statements(about: &About) -> impl Iterator<Item = String> {
    about.statements.iter().map(|statement| format!("`[{}]`", statement.value))
}

/// These words, on lines of no more than a hundred characters.
pub(super) fn wrapped(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 100 => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Those of a packet, which begin with its name in the standard.
pub(super) fn of_packet(packet: &Packet) -> TokenStream {
    let name = &packet.name.value;
    let mut about = packet.about.clone();
    match about.docs.first_mut() {
        Some(first) => first.insert_str(0, &format!("{name}: ")),
        None => about.docs.push(format!("The {name} packet.")),
    }
    docs(&about)
}

/// Those of an element: what else there is to say stands with the list.
pub(super) fn of_element(packet: &Packet, list: &Field) -> TokenStream {
    let (name, of, list) = (&packet.name.value, type_name(&packet.name.value), ident(&list.name.value));
    let line = format!(" An element of [`{list}`]({of}::{list}) of {name}.");
    quote! { #[doc = #line] }
}
