//! Comments in the generated code that name the line of the spec they come from.
//!
//! Tokens have no comments: a marker is a macro call until the code is formatted, and a comment from then on.

use proc_macro2::TokenStream;
use quote::quote;
use slimqtt_spec::Source;
use slimqtt_spec::defs::Span;

const CALL: &str = "spec_line!(";

/// Marks the statement that follows as made from this place of the spec.
pub(crate) fn marker(source: &Source, span: &Span) -> TokenStream {
    let line = proc_macro2::Literal::usize_unsuffixed(source.line_column(span.start).0);
    quote! { spec_line!(#line); }
}

/// Turns the markers of formatted code into comments, and sets items apart.
pub(crate) fn as_comments(rust: &str, source: &Source) -> String {
    let file = source.name.rsplit('/').next().unwrap_or(&source.name);
    let mut out = String::with_capacity(rust.len());
    let mut after_item = false;
    for line in rust.lines() {
        if after_item && line.trim() != "}" {
            out.push('\n');
        }
        after_item = matches!(line, "}" | "    }");
        match line
            .trim_start()
            .strip_prefix(CALL)
            .and_then(|rest| rest.strip_suffix(");"))
        {
            Some(number) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                out.push_str(&format!("{indent}// {file}:{number}\n"));
            }
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}
