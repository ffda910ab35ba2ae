//! What is common to all comparisons.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::{env, str};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use slimqtt_agent::wire::fixed_header::FixedHeader;

use crate::common::damage::damage;
use crate::common::packets::{Version, encoded, without_length};
use crate::input::{Input, Rule};

/// What the standard of a version says of its packets.
pub(crate) trait Standard: Version {
    /// All rules for a packet alone: what breaks none of them is a packet.
    const RULES: &'static [Rule];

    /// Whether a remaining length may have more bytes than it needs.
    const MAY_PAD_LENGTH: bool;

    /// Inputs that chance seldom comes upon.
    const EXAMPLES: &'static [&'static [u8]];

    /// Any packets, encoded.
    fn packets() -> BoxedStrategy<Vec<u8>>;

    /// Takes the fields apart, whatever is in them.
    fn take_apart(input: &mut Input<'_>);

    /// The bytes of a packet, with all in its place that may be in any order.
    fn in_order(bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
}

/// An independent codec.
pub(crate) trait Codec<V: Standard> {
    type Packet: PartialEq + Debug;

    const EXPLANATIONS: &'static [Explanation];

    /// The packet that all of these bytes are.
    fn decode(bytes: &[u8]) -> Option<Self::Packet>;

    /// The same values in its own type, where that can hold them.
    fn convert(packet: &V::Packet<'_>) -> Option<Self::Packet>;

    fn encode(packet: &Self::Packet) -> Option<Vec<u8>>;
}

/// How a codec can disagree with ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disagreement {
    /// It accepts what ours refuses.
    Accepts,
    /// It refuses what ours accepts.
    Refuses,
    /// Both accept, and it reads other values.
    ReadsOtherwise,
    /// It writes other bytes for the same values.
    WritesOtherwise,
}

/// Why a codec disagrees with ours on a class of inputs. In all that we know, ours is right.
pub(crate) struct Explanation {
    pub(crate) how: Disagreement,
    pub(crate) rule: Rule,
    /// What the other one does.
    pub(crate) because: &'static str,
}

/// It lets senders break this rule.
pub(crate) const fn accepts(rule: Rule, because: &'static str) -> Explanation {
    Explanation { how: Disagreement::Accepts, rule, because }
}

/// As many inputs as `PROPTEST_CASES` says, and the examples. They are the same each time.
pub(crate) fn inputs<V: Standard>() -> impl Iterator<Item = Vec<u8>> {
    let cases = env::var("PROPTEST_CASES").map_or(5_000, |cases| cases.parse().expect("a number"));
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config { max_local_rejects: u32::MAX, ..Config::default() }, rng);
    let inputs = (V::packets(), damage(0..4), prop::bool::weighted(0.9));
    let random = std::iter::repeat_with(move || {
        let (packet, damage, keeps_length) = inputs.new_tree(&mut runner).unwrap().current();
        match damage.of(&without_length(&packet)).pop() {
            None => packet,
            Some(damaged) if keeps_length => with_length(&damaged),
            Some(_) => damage.of(&packet).pop().unwrap(),
        }
    });
    V::EXAMPLES.iter().map(|bytes| bytes.to_vec()).chain(random.take(cases))
}

/// Compares on all of these inputs.
pub(crate) fn compare<V: Standard, C: Codec<V>>() {
    let mut counts = BTreeMap::new();
    let mut used = vec![0; C::EXPLANATIONS.len()];
    for bytes in inputs::<V>() {
        let outcome = disagreement::<V, C>(&bytes);
        if let Err(how) = outcome {
            explain::<V, C>(how, &bytes, &mut used);
        }
        *counts.entry(outcome).or_insert(0) += 1;
    }
    for (explanation, used) in C::EXPLANATIONS.iter().zip(used) {
        let Explanation { how, rule, because } = explanation;
        println!("{used:>7} {how:?} {}: {because}", rule.statement);
        assert!(used > 0, "explains nothing: {how:?} {}: {because}", rule.statement);
    }
    println!("{counts:?}");
}

/// Puts the remaining length between first byte and body.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    let [first_byte, body @ ..] = bytes else { return Vec::new() };
    let mut packet = vec![*first_byte];
    let mut length = body.len();
    while length > 0x7F {
        packet.push(length as u8 | 0x80);
        length >>= 7;
    }
    packet.push(length as u8);
    packet.extend(body);
    packet
}

/// Whether both accept the input, if they agree on it.
fn disagreement<V: Standard, C: Codec<V>>(bytes: &[u8]) -> Result<bool, Disagreement> {
    let ours = decode::<V>(bytes);
    let input = taken_apart::<V>(bytes);
    let broken = V::RULES.iter().find(|rule| (rule.applies)(&input));
    let broken = broken.map(|rule| rule.statement);
    assert_eq!(
        ours.is_empty(),
        broken.is_some(),
        "the rules that {bytes:02X?} breaks: {broken:?}, but ours reads {ours:?}"
    );

    // Some of them panic on what they do not like: a refusal, too.
    let theirs = panic::catch_unwind(AssertUnwindSafe(|| C::decode(bytes))).unwrap_or_default();
    let theirs = match theirs {
        None if ours.is_empty() => return Ok(false),
        None => return Err(Disagreement::Refuses),
        Some(_) if ours.is_empty() => return Err(Disagreement::Accepts),
        Some(theirs) => theirs,
    };
    // From either side, where it is a packet from both: they do not look at that.
    for ours in &ours {
        let Some(converted) = C::convert(ours).filter(|converted| *converted == theirs) else {
            return Err(Disagreement::ReadsOtherwise);
        };
        let written = panic::catch_unwind(AssertUnwindSafe(|| C::encode(&converted))).unwrap_or_default();
        if written.map(V::in_order) != encoded(ours).ok().map(V::in_order) {
            return Err(Disagreement::WritesOtherwise);
        }
    }
    Ok(true)
}

/// The packets that all of these bytes are.
pub(crate) fn decode<V: Standard>(bytes: &[u8]) -> Vec<V::Packet<'_>> {
    let may_be = |header: &FixedHeader| {
        header.length + header.remaining_length == bytes.len() && (V::MAY_PAD_LENGTH || header.is_minimal())
    };
    match FixedHeader::decode(bytes) {
        Ok(Some(header)) if may_be(&header) => V::decode(bytes[0], &bytes[header.length..]),
        _ => Vec::new(),
    }
}

pub(crate) fn taken_apart<V: Standard>(bytes: &[u8]) -> Input<'_> {
    let mut input = Input::new(bytes);
    V::take_apart(&mut input);
    input
}

/// Counts the explanations that apply. Who accepts what breaks several rules must be known to care for none of them.
fn explain<V: Standard, C: Codec<V>>(how: Disagreement, bytes: &[u8], used: &mut [usize]) {
    let input = taken_apart::<V>(bytes);
    let mut explained = Vec::new();
    for (explanation, used) in C::EXPLANATIONS.iter().zip(used) {
        if explanation.how == how && (explanation.rule.applies)(&input) {
            *used += 1;
            explained.push(explanation.rule.statement);
        }
    }
    let broken = V::RULES.iter().filter(|rule| (rule.applies)(&input)).map(|rule| rule.statement);
    let unexplained = Vec::from_iter(broken.filter(|statement| !explained.contains(statement)));
    let is_explained = !explained.is_empty() && unexplained.is_empty();
    assert!(is_explained, "{how:?} is not explained for {bytes:02X?}; breaks {unexplained:?}");
}
