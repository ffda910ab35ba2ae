//! Lists of `name = value`: the arguments of the attribute, and the options of a command.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Result, Token};

use crate::errors::Errors;
use crate::names;

/// Reads a list and hands over each setting, each of the known names at most once. What cannot be read is reported and
/// left out.
pub(crate) fn read(
    kind: &str,
    tokens: TokenStream,
    known: &[&'static str],
    errors: &mut Errors,
    mut hand_over: impl FnMut(&'static str, &Expr, &mut Errors),
) {
    let mut seen = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match setting(input, known) {
                Ok((ident, value)) => match names::resolve(kind, &ident, known, errors) {
                    Some(name) if seen.contains(&name) => errors.at(ident, format!("this {kind} is given twice")),
                    Some(name) => {
                        seen.push(name);
                        hand_over(name, &value, errors);
                    }
                    None => {}
                },
                Err(error) => {
                    errors.push(error);
                    skip_setting(input);
                }
            }
            if let Err(error) = comma(input) {
                errors.push(error);
                // Go on where just the comma was forgotten, else behind the next one.
                if !input.peek2(Token![=]) {
                    skip_setting(input);
                    comma(input)?;
                }
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
}

fn setting(input: ParseStream<'_>, known: &[&str]) -> Result<(Ident, Expr)> {
    // Any identifier, since `crate` is a name here.
    let Ok(name) = input.call(Ident::parse_any) else {
        return Err(input.error(format!("expected `name = value`, the name being {}", names::list(known))));
    };
    let no_value = || Error::new(name.span(), format!("`{name}` needs a value: `{name} = ...`"));
    if ends(input) {
        return Err(no_value());
    }
    input.parse::<Token![=]>()?;
    if ends(input) {
        return Err(no_value());
    }
    Ok((name, input.parse()?))
}

fn comma(input: ParseStream<'_>) -> Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

fn skip_setting(input: ParseStream<'_>) {
    while !ends(input) && input.parse::<TokenTree>().is_ok() {}
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}
