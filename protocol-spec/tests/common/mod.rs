//! What several tests need.

use slimqtt_spec::defs::Protocol;

/// The model in words, without the places, which printing changes.
pub(crate) fn without_spans(protocol: &Protocol) -> String {
    let model = format!("{protocol:#?}");
    let is_span = |line: &&str| ["span: ", "bits_span: "].iter().any(|name| line.trim_start().starts_with(name));
    model.lines().filter(|line| !is_span(line)).collect::<Vec<_>>().join("\n")
}
