//! What must be so for a field to be there, or where a flag is set or a field is empty.

use super::token::{keyword, name, number, symbol};
use super::{Input, Parsed};
use crate::defs::{Comparison, Relation, Requirement};
use nom::Parser;
use nom::branch::alt;
use nom::sequence::preceded;

/// `if qos > 0`
pub(super) fn condition(input: Input<'_>) -> Parsed<'_, Comparison> {
    preceded(keyword("if"), comparison).parse(input)
}

/// `requires qos > 0`, `requires topic_alias` or `requires unshared topic_filter`
pub(super) fn requirement(input: Input<'_>) -> Parsed<'_, Requirement> {
    let unshared = preceded(keyword("unshared"), name("a field's name")).map(Requirement::Unshared);
    let carries = name("a property's name").map(Requirement::Carries);
    preceded(keyword("requires"), alt((unshared, comparison.map(Requirement::Holds), carries))).parse(input)
}

/// `empty requires clean_session > 0`
pub(super) fn empty_requirement(input: Input<'_>) -> Parsed<'_, Requirement> {
    preceded(keyword("empty"), requirement).parse(input)
}

/// `qos > 0` or `return_code = 0`
fn comparison(input: Input<'_>) -> Parsed<'_, Comparison> {
    let relation = alt(Relation::ALL.map(|relation| symbol(relation.sign()).map(move |_| relation)));
    (name("the name of a flag or an enum"), relation, number)
        .map(|(name, relation, value)| Comparison { name, relation, value })
        .parse(input)
}
