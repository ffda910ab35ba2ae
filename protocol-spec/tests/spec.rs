//! The shipped specs load, and survive printing.

mod common;

use common::without_spans;
use slimqtt_spec::{MQTT_3_1_1, Source, load};

#[test]
fn mqtt_3_1_1_loads() {
    let protocol = load(&MQTT_3_1_1).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((protocol.name.value.as_str(), protocol.level.value), ("MQTT", 4));
    let packets: Vec<_> = protocol.packets.iter().map(|packet| packet.name.value.as_str()).collect();
    assert_eq!(packets, ["CONNECT", "CONNACK", "PUBLISH", "PINGREQ", "PINGRESP", "DISCONNECT"]);
}

#[test]
fn spans_are_the_places_of_their_values() {
    let protocol = load(&MQTT_3_1_1).unwrap();
    let connect = &protocol.packets[0];
    let at = |span: &std::ops::Range<usize>| &MQTT_3_1_1.text[span.clone()];
    assert_eq!(at(&connect.name.span), "CONNECT");
    assert_eq!(at(&connect.packet_type.span), "1");
    assert_eq!(at(&connect.sender.span), "client");
    assert_eq!(at(&connect.about.section.as_ref().unwrap().span), "3.1");
    assert_eq!(at(&connect.variable[0].about.statements[0].span), "MQTT-3.1.2-1");
    assert_eq!(at(&protocol.packets[2].flags[1].bits_span), "bits 2..1");
}

#[test]
fn printing_keeps_the_model() {
    let protocol = load(&MQTT_3_1_1).unwrap();
    let printed = protocol.to_string();
    let again = load(&Source::new("printed", printed.clone())).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(without_spans(&again), without_spans(&protocol));
    assert_eq!(again.to_string(), printed);
}
