//! What holds of every packet of MQTT 3.1.1, whatever is in it.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p slimqtt-codegen --test properties` looks longer.

mod common;

use common::damage::{Damage, damage};
use common::mqtt_3_1_1::{self as any, Packet, Values, is_contradictory};
use common::packets::{encoded, encoded_into, without_length};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use slimqtt_agent::wire::{EncodeError, Writer};

/// Whether first byte and body are a packet. If so, they are its only encoding.
fn is_packet(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let [first_byte, body @ ..] = bytes else { return Ok(false) };
    let Some(packet) = Packet::decode(*first_byte, body) else { return Ok(false) };
    let again = encoded(&packet).map(|packet| without_length(&packet));
    prop_assert_eq!(again.as_deref(), Ok(bytes), "{:?}", packet);
    Ok(true)
}

/// A packet is encoded to bytes that decode to it.
fn check(packet: Packet<'_>, damage: &Damage, cut: Index, more: u8) -> Result<(), TestCaseError> {
    if is_contradictory(&packet) {
        prop_assert_eq!(encoded(&packet), Err(EncodeError::Contradiction));
        return Ok(());
    }
    let whole = encoded(&packet).map_err(|error| TestCaseError::fail(format!("{error:?}: {packet:?}")))?;
    let bytes = without_length(&whole);
    let body = &bytes[1..];
    prop_assert!(packet.remaining_length().contains(&body.len()));
    prop_assert_eq!(Packet::decode(bytes[0], body), Some(packet));
    prop_assert!(is_packet(&bytes)?);
    check_space(&packet, &whole, body.len())?;

    // If its length is open, parts of a packet may be packets too.
    let open = *packet.remaining_length().end() == 268_435_455;
    let part = &bytes[..cut.index(bytes.len())];
    prop_assert!(!is_packet(part)? || open, "{:?}", part);
    let longer = [&bytes, &[more][..]].concat();
    prop_assert!(!is_packet(&longer)? || open, "{:?}", longer);
    for damaged in damage.of(&bytes) {
        is_packet(&damaged)?;
    }
    Ok(())
}

/// A packet fits from its length on and no sooner.
fn check_space(packet: &Packet<'_>, whole: &[u8], body: usize) -> Result<(), TestCaseError> {
    // The remaining length takes up to 4 bytes, and room for that is always kept.
    let least = Writer::FIXED_HEADER + body;
    prop_assert_eq!(encoded_into(&mut vec![0; least], packet), Ok(whole.to_vec()));
    for size in (0..8).chain([least / 2, least - 1]).filter(|&size| size < least) {
        prop_assert_eq!(encoded_into(&mut vec![0; size], packet), Err(EncodeError::TooLarge));
    }
    Ok(())
}

macro_rules! hold_of {
    ($($packet:ident),+ $(,)?) => {
        proptest! {
            #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

            $(#[test]
            fn $packet(values in any::$packet(), damage in damage(1..4), cut: Index, more: u8) {
                Values::with(&values, |packet| check(packet, &damage, cut, more))?;
            })+

            #[test]
            fn any_bytes(first_byte: u8, body in vec(prop_oneof![3 => 0..4_u8, 1 => proptest::num::u8::ANY], 0..30)) {
                is_packet(&[&[first_byte], body.as_slice()].concat())?;
            }
        }
    };
}

hold_of!(connect, connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback, empty);
