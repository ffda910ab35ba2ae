//! The generated codecs against independent ones: the same accept or refuse, the same values, the same bytes.
//!
//! Where one of them disagrees with ours, an [`Explanation`] says which statement of the standard decides it. A
//! disagreement that none explains fails the test, and so does an explanation that explained nothing.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p slimqtt-codegen --test independent` looks longer.

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod input;
mod mqtt_3_1_1;
mod mqtt_5_0;
