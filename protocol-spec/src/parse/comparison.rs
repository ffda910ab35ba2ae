//! Comparisons: what must be so for a field to be there, or where a flag is set.

use super::token::{keyword, name, number, symbol};
use super::{Input, Parsed};
use crate::defs::{Comparison, Relation};
use nom::Parser;
use nom::branch::alt;
use nom::sequence::preceded;

/// `if qos > 0`
pub(super) fn condition(input: Input<'_>) -> Parsed<'_, Comparison> {
    preceded(keyword("if"), comparison).parse(input)
}

/// `requires qos > 0`
pub(super) fn requirement(input: Input<'_>) -> Parsed<'_, Comparison> {
    preceded(keyword("requires"), comparison).parse(input)
}

/// `empty requires clean_session > 0`
pub(super) fn empty_requirement(input: Input<'_>) -> Parsed<'_, Comparison> {
    preceded(keyword("empty"), requirement).parse(input)
}

/// `qos > 0` or `return_code = 0`
fn comparison(input: Input<'_>) -> Parsed<'_, Comparison> {
    let relation = alt(Relation::ALL.map(|relation| symbol(relation.sign()).map(move |_| relation)));
    (name("the name of a flag or an enum"), relation, number)
        .map(|(name, relation, value)| Comparison { name, relation, value })
        .parse(input)
}
