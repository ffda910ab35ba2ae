//! What holds of every packet, whatever is in it.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p slimqtt-codegen --test properties` looks longer.

mod common;

use common::damage::{Damage, damage};
use common::packets::{Version, encoded, encoded_into, without_length};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use slimqtt_agent::wire::{EncodeError, Writer};

fn is_packet<V: Version>(bytes: &[u8]) -> Result<bool, TestCaseError> {
    V::is_packet(bytes).map_err(TestCaseError::fail)
}

/// A packet is encoded to bytes that decode to it. One with mistakes is refused for one of them.
fn check<V: Version>(
    packet: V::Packet<'_>,
    mistakes: &[EncodeError],
    damage: &Damage,
    cut: Index,
    more: u8,
) -> Result<(), TestCaseError> {
    if !mistakes.is_empty() {
        let refused = encoded(&packet).err();
        prop_assert!(refused.is_some_and(|error| mistakes.contains(&error)), "{:?}: {:?}", refused, packet);
        return Ok(());
    }
    let whole = encoded(&packet).map_err(|error| TestCaseError::fail(format!("{error:?}: {packet:?}")))?;
    let bytes = without_length(&whole);
    let body = &bytes[1..];
    let remaining_length = V::remaining_length(&packet);
    prop_assert!(remaining_length.contains(&body.len()));
    let decoded = V::decode(bytes[0], body);
    prop_assert!(decoded.iter().any(|decoded| V::are_equal(decoded, &packet)), "{:?} is {:?}", packet, decoded);
    prop_assert!(is_packet::<V>(&bytes)?);
    check_space(&packet, &whole, body.len())?;

    // If its length is open, parts of a packet may be packets too.
    let open = *remaining_length.end() == 268_435_455;
    let part = &bytes[..cut.index(bytes.len())];
    prop_assert!(!is_packet::<V>(part)? || open, "{:?}", part);
    let longer = [&bytes, &[more][..]].concat();
    prop_assert!(!is_packet::<V>(&longer)? || open, "{:?}", longer);
    for damaged in damage.of(&bytes) {
        is_packet::<V>(&damaged)?;
    }
    Ok(())
}

/// A packet fits from its length on and no sooner.
fn check_space(packet: &impl slimqtt_agent::wire::Encode, whole: &[u8], body: usize) -> Result<(), TestCaseError> {
    // The remaining length takes up to 4 bytes, and room for that is always kept.
    let least = Writer::FIXED_HEADER + body;
    prop_assert_eq!(encoded_into(&mut vec![0; least], packet), Ok(whole.to_vec()));
    for size in (0..8).chain([least / 2, least - 1]).filter(|&size| size < least) {
        prop_assert_eq!(encoded_into(&mut vec![0; size], packet), Err(EncodeError::TooLarge));
    }
    Ok(())
}

macro_rules! hold_of {
    ($module:ident $version:ident: $($packet:ident),+ $(,)?) => {
        mod $module {
            use super::*;
            use common::$module::{self as any, $version};

            proptest! {
                #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

                $(#[test]
                fn $packet(values in any::$packet(), damage in damage(1..4), cut: Index, more: u8) {
                    let mistakes = values.mistakes();
                    values.with(|packet| check::<$version>(packet, &mistakes, &damage, cut, more))?;
                })+

                #[test]
                fn any_bytes(
                    first_byte: u8,
                    body in vec(prop_oneof![3 => 0..4_u8, 1 => proptest::num::u8::ANY], 0..30),
                ) {
                    is_packet::<$version>(&[&[first_byte], body.as_slice()].concat())?;
                }
            }
        }
    };
}

hold_of!(
    mqtt_3_1_1 Mqtt311:
    connect, connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback, empty,
);

hold_of!(
    mqtt_5_0 Mqtt50:
    connect, connack, client_publish, server_publish, client_puback, server_puback, client_pubrec, server_pubrec,
    pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback, empty, client_disconnect, server_disconnect,
    client_auth, server_auth,
);
