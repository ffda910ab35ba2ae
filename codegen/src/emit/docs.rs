//! Doc comments: the spec's text, its section, its normative statements.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::defs::About;

/// The doc attributes of an item.
pub(crate) fn docs(about: &About) -> TokenStream {
    let mut lines: Vec<String> = about.docs.clone();
    let section = about
        .section
        .as_ref()
        .map(|section| format!("Section {}.", section.value));
    let statements = about
        .statements
        .iter()
        .map(|statement| format!("`[{}]`", statement.value));
    let references: Vec<String> = section.into_iter().chain(statements).collect();
    if !references.is_empty() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(references.join(" "));
    }
    let lines = lines.iter().map(|line| {
        if line.is_empty() {
            line.clone()
        } else {
            format!(" {line}")
        }
    });
    quote! { #(#[doc = #lines])* }
}
