//! Values of settings: literals and paths, as far as a macro can understand them.

use std::ops::RangeInclusive;

use syn::{Expr, ExprLit, Lit, Path};

use crate::errors::Errors;

/// The value as a number of some unit.
pub(crate) fn number(unit: &str, allowed: RangeInclusive<usize>, value: &Expr, errors: &mut Errors) -> Option<usize> {
    let number = match literal(value) {
        Some(Lit::Int(number)) if number.suffix().is_empty() => number.base10_parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| allowed.contains(number));
    if number.is_none() {
        let hint = if path(value).is_some() { ", written out: a macro cannot look up a constant" } else { "" };
        errors.at(value, format!("expected a number of {unit} from {} to {}{hint}", allowed.start(), allowed.end()));
    }
    number
}

/// The value as a literal.
pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match ungrouped(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// The value as a path.
pub(crate) fn path(value: &Expr) -> Option<&Path> {
    match ungrouped(value) {
        Expr::Path(path) if path.qself.is_none() => Some(&path.path),
        _ => None,
    }
}

/// What a `macro_rules!` macro has passed on stands in a group without delimiters.
fn ungrouped(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}
