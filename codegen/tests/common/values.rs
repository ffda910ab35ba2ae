//! Any values of the types that both versions have.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use slimqtt_agent::wire::{PacketIdentifier, QoS};

pub(crate) fn text(length: Range<usize>) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => proptest::char::range('\u{1}', '\u{7F}'),
        1 => any::<char>().prop_filter("[MQTT-1.5.3-2]", |&character| character != '\0'),
    ];
    vec(character, length).prop_map(String::from_iter)
}

pub(crate) fn topic_name() -> impl Strategy<Value = String> {
    text(1..20).prop_map(|text| text.replace(['+', '#'], "/"))
}

pub(crate) fn topic_filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![1 => Just("+".to_owned()), 3 => text(0..6).prop_map(|text| text.replace(['+', '#'], "/"))];
    (vec(level, 1..5), any::<bool>()).prop_map(|(levels, all)| match levels.join("/") {
        filter if filter.is_empty() => "#".to_owned(),
        filter if all => filter + "/#",
        filter => filter,
    })
}

pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Around the lengths at which the remaining length grows, too.
    let length = prop_oneof![6 => 0..20_usize, 2 => 90..150_usize, 1 => 16_300..16_500_usize];
    // A few random bytes again and again: thousands of them would take most of the time.
    (vec(any::<u8>(), 20), length).prop_map(|(bytes, length)| bytes.into_iter().cycle().take(length).collect())
}

/// One byte away from 0, often.
pub(crate) fn packet_identifier() -> impl Strategy<Value = PacketIdentifier> {
    prop_oneof![any::<PacketIdentifier>(), (1..=0xFF_u16).prop_map(|identifier| identifier.try_into().unwrap())]
}

pub(crate) fn qos() -> impl Strategy<Value = QoS> {
    select(vec![QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce])
}
