//! Conditions of variants: the compiler looks at their `#[cfg]`s after this macro, so all that a command brings needs
//! them too.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Meta};

/// The `#[cfg]`s of a variant.
pub(crate) struct Condition(Vec<TokenStream>);

impl Condition {
    /// That of a variant with these attributes.
    pub(crate) fn new(attributes: &[Attribute]) -> Self {
        // One without a list is a mistake that the compiler reports.
        let predicates = attributes.iter().filter_map(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("cfg") => Some(without_comma(list.tokens.clone())),
            _ => None,
        });
        Self(predicates.collect())
    }

    /// Whether there is none.
    pub(crate) fn is_always(&self) -> bool {
        self.0.is_empty()
    }

    fn predicate(&self) -> TokenStream {
        match self.0.as_slice() {
            [predicate] => predicate.clone(),
            predicates => quote!(all(#(#predicates),*)),
        }
    }

    /// Whether it holds, as an expression.
    pub(crate) fn holds(&self) -> TokenStream {
        if self.is_always() {
            return quote!(true);
        }
        let predicate = self.predicate();
        quote!(::core::cfg!(#predicate))
    }

    /// This value if it holds, else that one, as an expression.
    pub(crate) fn select(&self, value: impl ToTokens, otherwise: impl ToTokens) -> TokenStream {
        if self.is_always() {
            return value.into_token_stream();
        }
        let holds = self.holds();
        quote!(if #holds { #value } else { #otherwise })
    }

    /// This item if it holds, else that one.
    pub(crate) fn select_item(&self, item: impl ToTokens, otherwise: impl ToTokens) -> TokenStream {
        if self.is_always() {
            return item.into_token_stream();
        }
        let predicate = self.predicate();
        quote! {
            #[cfg(#predicate)]
            #item
            #[cfg(not(#predicate))]
            #otherwise
        }
    }
}

/// The `#[cfg]`s as they were.
impl ToTokens for Condition {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self(predicates) = self;
        tokens.extend(quote!(#(#[cfg(#predicates)])*));
    }
}

/// A predicate as it can stand before another one.
fn without_comma(predicate: TokenStream) -> TokenStream {
    let mut tokens: Vec<_> = predicate.into_iter().collect();
    if matches!(tokens.last(), Some(TokenTree::Punct(last)) if last.as_char() == ',') {
        tokens.pop();
    }
    tokens.into_iter().collect()
}
