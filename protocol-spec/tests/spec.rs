//! The shipped specs load, and survive printing.

mod common;

use common::without_spans;
use slimqtt_spec::defs::Protocol;
use slimqtt_spec::{MQTT_3_1_1, MQTT_5_0, Source, load};

#[test]
fn mqtt_3_1_1_loads() {
    let protocol = load(&MQTT_3_1_1).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((protocol.name.value.as_str(), protocol.level.value), ("MQTT", 4));
    let packets: Vec<_> = protocol.packets.iter().map(|packet| packet.name.value.as_str()).collect();
    let acknowledgements = ["PUBACK", "PUBREC", "PUBREL", "PUBCOMP"];
    let subscriptions = ["SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK"];
    let expected =
        [&["CONNECT", "CONNACK", "PUBLISH"][..], &acknowledgements, &subscriptions, &["PINGREQ", "PINGRESP"]];
    assert_eq!(packets, [&expected.concat()[..], &["DISCONNECT"]].concat());
    // Table 2.1 has them in the order of their types.
    assert!(protocol.packets.iter().map(|packet| packet.packet_type.value).eq(1..=14));
}

#[test]
fn mqtt_5_0_loads() {
    let protocol = load(&MQTT_5_0).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((protocol.name.value.as_str(), protocol.level.value), ("MQTT", 5));
    assert_eq!(protocol.properties.len(), 27);
    // Table 2-1 has the packets of MQTT 3.1.1, and one more.
    let of_before = load(&MQTT_3_1_1).unwrap();
    let heads = |protocol: &Protocol| -> Vec<_> {
        let heads = protocol.packets.iter().map(|packet| (packet.packet_type.value, packet.name.value.clone()));
        heads.collect()
    };
    assert_eq!(heads(&protocol), [heads(&of_before), vec![(15, "AUTH".to_owned())]].concat());
}

#[test]
fn numbers_are_decimal_hexadecimal_or_binary() {
    for (written, value) in [("10", 10), ("0x0A", 10), ("0xff", 255), ("0b0010", 2), ("0", 0), ("007", 7)] {
        let text = format!("protocol \"MQTT\" level {written}\n");
        assert_eq!(load(&Source::new("numbers", text)).unwrap().level.value, value, "{written}");
    }
    for wrong in ["0x", "0b", "0b2", "0xG", "0X1", "0x1_0", "1f", "0x10000000000000000"] {
        let text = format!("protocol \"MQTT\" level {wrong}\n");
        load(&Source::new("numbers", text)).expect_err(wrong);
    }
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
    for spec in [MQTT_3_1_1, MQTT_5_0] {
        let protocol = load(&spec).unwrap_or_else(|report| panic!("{report}"));
        let printed = protocol.to_string();
        let again = load(&Source::new("printed", printed.clone())).unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(without_spans(&again), without_spans(&protocol));
        assert_eq!(again.to_string(), printed);
    }
}
