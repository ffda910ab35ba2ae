//! Lists of `name = value` and of flags, which are names alone: the arguments of the attribute, and the options of a
//! command.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Result, Token, parse_quote};

use crate::errors::Errors;
use crate::names;

/// What a list may hold.
pub(crate) struct Known {
    /// What its entries are called.
    pub(crate) kind: &'static str,
    /// All names.
    pub(crate) names: &'static [&'static str],
    /// Those of them that have no value.
    pub(crate) flags: &'static [&'static str],
}

/// An entry of a list.
pub(crate) struct Setting {
    /// Its name, as the user has written it.
    pub(crate) name: Ident,
    /// Its value. That of a flag is its name.
    pub(crate) value: Expr,
}

impl Known {
    fn is_flag(&self, name: &str) -> bool {
        self.flags.contains(&name)
    }

    /// How each of the entries is written, as part of a sentence.
    fn forms(&self) -> String {
        let form = |name: &&str| if self.is_flag(name) { name.to_string() } else { format!("{name} = ...") };
        let forms: Vec<_> = self.names.iter().map(form).collect();
        names::list(&forms.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Reads a list and hands over each setting, each of the known names at most once. What cannot be read is reported
    /// and left out.
    pub(crate) fn read(
        &self,
        tokens: TokenStream,
        errors: &mut Errors,
        mut hand_over: impl FnMut(&'static str, Setting, &mut Errors),
    ) {
        let mut seen = Vec::new();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                match self.entry(input) {
                    Ok((name, value)) => self.resolve(name, value, &mut seen, errors, &mut hand_over),
                    Err(error) => {
                        errors.push(error);
                        skip_entry(input);
                    }
                }
                if let Err(error) = comma(input) {
                    errors.push(error);
                    // Go on where just the comma was forgotten, else behind the next one.
                    if !self.begins(input) {
                        skip_entry(input);
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

    fn resolve(
        &self,
        ident: Ident,
        value: Option<Expr>,
        seen: &mut Vec<&'static str>,
        errors: &mut Errors,
        hand_over: &mut impl FnMut(&'static str, Setting, &mut Errors),
    ) {
        let Some(name) = names::resolve(self.kind, &ident, self.names, errors) else { return };
        if seen.contains(&name) {
            errors.at(ident, format!("this {} is given twice", self.kind));
            return;
        }
        seen.push(name);
        let value = if self.is_flag(name) {
            if let Some(value) = value {
                errors.at(value, format!("`{name}` has no value: write `{name}` alone, or leave it out"));
            }
            parse_quote!(#ident)
        } else if let Some(value) = value {
            value
        } else {
            errors.at(&ident, format!("`{ident}` needs a value: `{ident} = ...`"));
            return;
        };
        hand_over(name, Setting { name: ident, value }, errors);
    }

    /// A name, whichever it is, and a value, if there is one.
    fn entry(&self, input: ParseStream<'_>) -> Result<(Ident, Option<Expr>)> {
        // Any identifier, since `crate` is a name here.
        let Ok(name) = input.call(Ident::parse_any) else {
            return Err(input.error(format!("expected {}", self.forms())));
        };
        let is_flag = names::similar(&name.to_string(), self.names).is_some_and(|meant| self.is_flag(meant));
        if ends(input) || is_flag && !input.peek(Token![=]) {
            return Ok((name, None));
        }
        input.parse::<Token![=]>()?;
        if !ends(input) {
            return Ok((name, Some(input.parse()?)));
        }
        Err(Error::new(
            name.span(),
            if is_flag {
                format!("`{name}` has no value: write `{name}` alone")
            } else {
                format!("`{name}` needs a value: `{name} = ...`")
            },
        ))
    }

    fn begins(&self, input: ParseStream<'_>) -> bool {
        let name = input.fork().call(Ident::parse_any);
        name.is_ok_and(|name| input.peek2(Token![=]) || names::similar(&name.to_string(), self.names).is_some())
    }
}

fn comma(input: ParseStream<'_>) -> Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

fn skip_entry(input: ParseStream<'_>) {
    while !ends(input) && input.parse::<TokenTree>().is_ok() {}
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}
