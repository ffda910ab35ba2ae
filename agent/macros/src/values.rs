//! Values of settings: literals, ranges of them, and paths, as far as a macro can understand them.

use std::ops::RangeInclusive;

use syn::{Expr, ExprLit, ExprRange, Lit, Path, RangeLimits};

use crate::errors::Errors;

/// All qualities of service.
pub(crate) const ALL_QOS: RangeInclusive<u8> = 0..=2;

/// The value as a number of some unit.
pub(crate) fn number(unit: &str, allowed: RangeInclusive<usize>, value: &Expr, errors: &mut Errors) -> Option<usize> {
    let number = integer(value).filter(|number| allowed.contains(number));
    if number.is_none() {
        let hint = if path(value).is_some() { ", written out: a macro cannot look up a constant" } else { "" };
        errors.at(value, format!("expected a number of {unit} from {} to {}{hint}", allowed.start(), allowed.end()));
    }
    number
}

/// The value as qualities of service: one, or a range of them.
pub(crate) fn qos(value: &Expr, errors: &mut Errors) -> Option<RangeInclusive<u8>> {
    let quality = |value: &Expr| integer(value).and_then(|qos| u8::try_from(qos).ok());
    let mut message = "expected a QoS, which is 0, 1 or 2, or a range of them, such as `0..=1`".to_owned();
    match ungrouped(value) {
        Expr::Range(ExprRange { start: Some(start), end: Some(end), limits, .. }) => {
            match (quality(start), limits, quality(end)) {
                (Some(lowest), RangeLimits::Closed(_), Some(highest @ 0..=2)) if lowest <= highest => {
                    return Some(lowest..=highest);
                }
                (Some(highest @ 0..=2), RangeLimits::Closed(_), Some(lowest)) if lowest < highest => {
                    message = format!("this range is empty: write `{lowest}..={highest}`");
                }
                (Some(lowest), RangeLimits::HalfOpen(_), Some(end @ 1..=3)) if lowest < end => {
                    let highest = end - 1;
                    let range = if lowest < highest { format!("{lowest}..={highest}") } else { lowest.to_string() };
                    message = format!("a range of QoS names its last one too: write `{range}`");
                }
                _ => {}
            }
        }
        value => {
            if let Some(qos @ 0..=2) = quality(value) {
                return Some(qos..=qos);
            }
        }
    }
    errors.at(value, message);
    None
}

/// The value as a number.
fn integer(value: &Expr) -> Option<usize> {
    match literal(value) {
        Some(Lit::Int(number)) if number.suffix().is_empty() => number.base10_parse().ok(),
        _ => None,
    }
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
