//! The packets as bytes, both ways.

use std::num::NonZeroU16;

use slimqtt_agent::wire::{
    self, Connack, Connect, ConnectReturnCode, DecodeError, Disconnect, Encode, EncodeError, Pingreq, Pingresp,
    Publish, QoS, Reader, Will, Writer,
};

fn encode_into(buffer: &mut [u8], packet: &dyn Encode) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new(buffer);
    packet.encode(&mut writer);
    let end = writer.finish()?;
    Ok(wire::packet(buffer, end).to_vec())
}

fn encode(packet: &dyn Encode) -> Result<Vec<u8>, EncodeError> {
    encode_into(&mut vec![0; 0x2_0000], packet)
}

/// Any of the packets.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Packet<'a> {
    Connect(Connect<'a>),
    Connack(Connack),
    Publish(Publish<'a>),
    Pingreq(Pingreq),
    Pingresp(Pingresp),
    Disconnect(Disconnect),
}

impl<'a> Packet<'a> {
    fn decode(first_byte: u8, body: &'a [u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new(body);
        Ok(match first_byte >> 4 {
            Connect::PACKET_TYPE => Self::Connect(Connect::decode(first_byte, reader)?),
            Connack::PACKET_TYPE => Self::Connack(Connack::decode(first_byte, reader)?),
            Publish::PACKET_TYPE => Self::Publish(Publish::decode(first_byte, reader)?),
            Pingreq::PACKET_TYPE => Self::Pingreq(Pingreq::decode(first_byte, reader)?),
            Pingresp::PACKET_TYPE => Self::Pingresp(Pingresp::decode(first_byte, reader)?),
            Disconnect::PACKET_TYPE => Self::Disconnect(Disconnect::decode(first_byte, reader)?),
            _ => return Err(DecodeError),
        })
    }
}

#[test]
fn fields_stand_where_the_standard_says() {
    let connect = Connect {
        clean_session: false,
        keep_alive: 10,
        client_identifier: "c",
        will: Some(Will { retain: true, qos: QoS::AtLeastOnce, topic: "w", message: b"m" }),
        user_name: Some("u"),
        password: Some(b"p"),
    };
    assert_eq!(encode(&connect).unwrap(), b"\x10\x19\0\x04MQTT\x04\xEC\0\x0A\0\x01c\0\x01w\0\x01m\0\x01u\0\x01p");
    let publish = Publish {
        dup: true,
        qos: QoS::ExactlyOnce,
        retain: false,
        topic_name: "a/b",
        packet_identifier: NonZeroU16::new(0x0102),
        message: b"m",
    };
    assert_eq!(encode(&publish).unwrap(), b"\x3C\x08\0\x03a/b\x01\x02m");
    let retained = Publish { dup: false, qos: QoS::AtLeastOnce, retain: true, ..publish };
    assert_eq!(encode(&retained).unwrap(), b"\x33\x08\0\x03a/b\x01\x02m");
    let connack = Connack { session_present: true, return_code: ConnectReturnCode::Accepted };
    assert_eq!(encode(&connack).unwrap(), [0x20, 2, 1, 0]);
    let refused = Connack { session_present: false, return_code: ConnectReturnCode::NotAuthorized };
    assert_eq!(encode(&refused).unwrap(), [0x20, 2, 0, 5]);
    for (packet, bytes) in
        [(&Pingreq as &dyn Encode, Pingreq::BYTES), (&Pingresp, Pingresp::BYTES), (&Disconnect, Disconnect::BYTES)]
    {
        assert_eq!(encode(packet).unwrap(), bytes);
    }
    assert_eq!([Pingreq::BYTES, Pingresp::BYTES, Disconnect::BYTES], [[0xC0, 0], [0xD0, 0], [0xE0, 0]]);
}

#[test]
fn encoding_at_compile_time_comes_to_the_same() {
    const PUBLISH: Publish<'_> = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: true,
        topic_name: "a",
        packet_identifier: None,
        message: b"1",
    };
    const BUFFER: [u8; 16] = {
        let mut buffer = [0; 16];
        let mut writer = Writer::new(&mut buffer);
        PUBLISH.encode(&mut writer);
        assert!(matches!(writer.finish(), Ok(9)));
        buffer
    };
    assert_eq!(BUFFER[3..9], encode(&PUBLISH).unwrap());
}

/// A CONNECT with these flags and this payload, keep-alive 60.
fn decode_connect(flags: u8, payload: &[u8]) -> Result<(), DecodeError> {
    let mut body = b"\0\x04MQTT\x04".to_vec();
    body.push(flags);
    body.extend([0, 60]);
    body.extend(payload);
    Packet::decode(0x10, &body).map(drop)
}

#[test]
fn mqtt_2_2_2_2_reserved_flags_of_the_fixed_header_are_zero() {
    let connect = b"\0\x04MQTT\x04\x02\0\x3C\0\x01c";
    for (packet_type, body) in [
        (Connect::PACKET_TYPE, &connect[..]),
        (Connack::PACKET_TYPE, b"\0\0"),
        (Pingreq::PACKET_TYPE, b""),
        (Pingresp::PACKET_TYPE, b""),
        (Disconnect::PACKET_TYPE, b""),
    ] {
        assert!(Packet::decode(packet_type << 4, body).is_ok(), "{packet_type}");
        for flags in 1..16 {
            assert_eq!(Packet::decode(packet_type << 4 | flags, body), Err(DecodeError));
        }
    }
}

#[test]
fn another_packets_type_is_malformed() {
    for first_byte in (0..=0xFF_u8).filter(|byte| byte >> 4 != Pingresp::PACKET_TYPE) {
        assert_eq!(Pingresp::decode(first_byte, &mut Reader::new(b"")), Err(DecodeError));
    }
    for packet_type in (0..16_u8).filter(|&packet_type| packet_type != Publish::PACKET_TYPE) {
        assert_eq!(Publish::decode(packet_type << 4, &mut Reader::new(b"\0\x01a")), Err(DecodeError));
    }
}

#[test]
fn mqtt_3_1_2_1_protocol_name_and_level_are_those_of_3_1_1() {
    for (body, well_formed) in [
        (&b"\0\x04MQTT\x04\x02\0\0\0\x01c"[..], true),
        (b"\0\x04MQTX\x04\x02\0\0\0\x01c", false),
        (b"\0\x04mqtt\x04\x02\0\0\0\x01c", false),
        (b"\0\x06MQIsdp\x03\x02\0\0\0\x01c", false),
        (b"\0\x04MQTT\x03\x02\0\0\0\x01c", false),
        (b"\0\x04MQTT\x05\x02\0\0\0\x01c", false),
    ] {
        assert_eq!(Packet::decode(0x10, body).is_ok(), well_formed, "{body:?}");
    }
}

#[test]
fn mqtt_3_1_2_3_reserved_connect_flag_is_zero() {
    assert_eq!(decode_connect(0x02, b"\0\x01c"), Ok(()));
    assert_eq!(decode_connect(0x03, b"\0\x01c"), Err(DecodeError));
}

#[test]
fn mqtt_3_1_2_11_will_flags_are_zero_without_a_will() {
    for flags in [0x08, 0x10, 0x18, 0x20, 0x38] {
        assert_eq!(decode_connect(0x02 | flags, b"\0\x01c"), Err(DecodeError), "{flags:#X}");
    }
}

#[test]
fn mqtt_3_1_2_14_will_qos_is_not_3() {
    for (qos, expected) in [(0, Ok(())), (1, Ok(())), (2, Ok(())), (3, Err(DecodeError))] {
        assert_eq!(decode_connect(0x06 | qos << 3, b"\0\x01c\0\x01w\0\0"), expected, "{qos}");
    }
}

#[test]
fn mqtt_3_1_2_22_no_password_without_a_user_name() {
    assert_eq!(decode_connect(0xC2, b"\0\x01c\0\x01u\0\x01p"), Ok(()));
    assert_eq!(decode_connect(0x42, b"\0\x01c\0\x01p"), Err(DecodeError));
    let connect = Connect {
        clean_session: true,
        keep_alive: 0,
        client_identifier: "c",
        will: None,
        user_name: None,
        password: Some(b"p"),
    };
    assert_eq!(encode(&connect), Err(EncodeError::Contradiction));
}

#[test]
fn connect_has_the_fields_that_its_flags_say() {
    for (flags, payload) in [
        (0x02, &b"\0\x01c\0\x01u"[..]),
        (0x82, b"\0\x01c"),
        (0x82, b"\0\x01c\0\x01u\0\x01p"),
        (0xC2, b"\0\x01c\0\x01u"),
        (0x06, b"\0\x01c"),
        (0x06, b"\0\x01c\0\x01w"),
        (0x02, b"\0\x01c\0\x01w\0\0"),
        (0x02, b""),
    ] {
        assert_eq!(decode_connect(flags, payload), Err(DecodeError), "{flags:#X}");
    }
}

#[test]
fn will_topic_is_a_topic_name() {
    for payload in [b"\0\x01c\0\x01+\0\0", b"\0\x01c\0\x01#\0\0", b"\0\x01c\0\x01\0\0\0"] {
        assert_eq!(decode_connect(0x06, payload), Err(DecodeError), "{payload:?}");
    }
    assert_eq!(decode_connect(0x06, b"\0\x01c\0\0\0\0"), Err(DecodeError));
}

#[test]
fn connack_is_two_bytes_of_which_few_values_are_used() {
    for flags in 0..=0xFF {
        for code in 0..=0xFF {
            if flags == 1 && (1..=5).contains(&code) {
                continue; // mqtt_3_2_2_4
            }
            let decoded = Packet::decode(0x20, &[flags, code]).is_ok();
            assert_eq!(decoded, flags <= 1 && code <= 5, "{flags} {code}");
        }
    }
    for body in [&b""[..], b"\0", b"\0\0\0"] {
        assert_eq!(Packet::decode(0x20, body), Err(DecodeError));
    }
}

#[test]
fn mqtt_3_2_2_4_session_present_is_zero_with_a_refusal() {
    for code in 1..=5 {
        assert_eq!(Packet::decode(0x20, &[1, code]), Err(DecodeError), "{code}");
    }
}

#[test]
fn mqtt_3_3_1_2_dup_is_zero_at_qos_0() {
    assert_eq!(Packet::decode(0x38, b"\0\x01a"), Err(DecodeError));
    let publish = Publish {
        dup: true,
        qos: QoS::AtMostOnce,
        retain: false,
        topic_name: "a",
        packet_identifier: None,
        message: b"",
    };
    assert_eq!(encode(&publish), Err(EncodeError::Contradiction));
}

#[test]
fn mqtt_3_3_1_4_qos_is_not_3() {
    for flags in 0..16 {
        let decoded = Packet::decode(0x30 | flags, b"\0\x01a\0\x01");
        if flags & 0x06 == 0x06 {
            assert_eq!(decoded, Err(DecodeError), "{flags}");
        } else if flags & 0x0E != 0x08 {
            assert!(decoded.is_ok(), "{flags}");
        }
    }
}

#[test]
fn mqtt_2_3_1_1_packet_identifier_is_there_above_qos_0_and_not_zero() {
    for first_byte in [0x32, 0x34, 0x3A, 0x3C] {
        assert!(Packet::decode(first_byte, b"\0\x01a\0\x01").is_ok());
        for body in [&b"\0\x01a"[..], b"\0\x01a\x01", b"\0\x01a\0\0", b"\0\x01a\0\0m"] {
            assert_eq!(Packet::decode(first_byte, body), Err(DecodeError), "{body:?}");
        }
    }
}

#[test]
fn mqtt_2_3_1_5_packet_identifier_goes_with_the_qos() {
    let publish = |qos, packet_identifier| Publish {
        dup: false,
        qos,
        retain: false,
        topic_name: "a",
        packet_identifier,
        message: b"",
    };
    let one = Some(NonZeroU16::MIN);
    for (qos, packet_identifier, expected) in [
        (QoS::AtMostOnce, None, true),
        (QoS::AtMostOnce, one, false),
        (QoS::AtLeastOnce, None, false),
        (QoS::AtLeastOnce, one, true),
        (QoS::ExactlyOnce, None, false),
        (QoS::ExactlyOnce, one, true),
    ] {
        let encoded = encode(&publish(qos, packet_identifier));
        if expected {
            assert!(encoded.is_ok());
        } else {
            assert_eq!(encoded, Err(EncodeError::Contradiction));
        }
    }
}

#[test]
fn mqtt_3_3_2_2_topic_name_is_not_empty_and_has_no_wildcards() {
    for body in [&b""[..], b"\0", b"\0\0", b"\0\x01", b"\0\x02a", b"\0\x01+", b"\0\x01#", b"\0\x03a/#"] {
        assert_eq!(Packet::decode(0x30, body), Err(DecodeError), "{body:?}");
    }
}

#[test]
fn mqtt_1_5_3_1_strings_are_utf_8() {
    for text in [
        &b"\xFF"[..],
        b"\xC3",             // truncated
        b"\xC0\x80",         // overlong U+0000
        b"\xC1\xBF",         // overlong
        b"\xE0\x80\x80",     // overlong
        b"\xED\xA0\x80",     // surrogate U+D800
        b"\xED\xBF\xBF",     // surrogate U+DFFF
        b"\xF4\x90\x80\x80", // above U+10FFFF
        b"\x80",
    ] {
        let mut field = vec![0, text.len() as u8];
        field.extend(text);
        assert_eq!(Packet::decode(0x30, &field), Err(DecodeError), "{text:X?}");
        assert_eq!(decode_connect(0x02, &field), Err(DecodeError), "{text:X?}");
        let mut user_name = b"\0\x01c".to_vec();
        user_name.extend(&field);
        assert_eq!(decode_connect(0x82, &user_name), Err(DecodeError), "{text:X?}");
        // The same bytes are a fine password, and a fine message.
        let mut password = b"\0\x01c\0\0".to_vec();
        password.extend(&field);
        assert_eq!(decode_connect(0xC2, &password), Ok(()), "{text:X?}");
    }
}

#[test]
fn mqtt_1_5_3_2_strings_have_no_null_character() {
    assert_eq!(Packet::decode(0x30, b"\0\x03a\0b"), Err(DecodeError));
    assert_eq!(decode_connect(0x02, b"\0\x01\0"), Err(DecodeError));
    assert_eq!(decode_connect(0x82, b"\0\x01c\0\x01\0"), Err(DecodeError));
    let connect = Connect {
        clean_session: true,
        keep_alive: 0,
        client_identifier: "c",
        will: None,
        user_name: Some("\0"),
        password: None,
    };
    assert_eq!(encode(&connect), Err(EncodeError::NullCharacter));
}

#[test]
fn mqtt_1_5_3_3_byte_order_mark_is_an_ordinary_character() {
    let body = b"\0\x03\xEF\xBB\xBF";
    let Ok(Packet::Publish(publish)) = Packet::decode(0x30, body) else {
        panic!("malformed");
    };
    assert_eq!(publish.topic_name, "\u{FEFF}");
}

#[test]
fn a_field_is_at_most_65535_bytes_long() {
    let long = "x".repeat(65_536);
    let connect = |user_name, password| Connect {
        clean_session: true,
        keep_alive: 0,
        client_identifier: "c",
        will: None,
        user_name: Some(user_name),
        password,
    };
    assert!(encode(&connect(&long[..65_535], None)).is_ok());
    assert_eq!(encode(&connect(&long, None)), Err(EncodeError::FieldTooLong));
    assert!(encode(&connect("", Some(&[0; 65_535]))).is_ok());
    assert_eq!(encode(&connect("", Some(&[0; 65_536]))), Err(EncodeError::FieldTooLong));
    let publish = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic_name: &long,
        packet_identifier: None,
        message: b"",
    };
    assert_eq!(encode(&publish), Err(EncodeError::FieldTooLong));
}

#[test]
fn of_several_mistakes_the_last_field_counts_and_the_size_comes_after_all() {
    let mut publish = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic_name: "#",
        packet_identifier: None,
        message: b"too large as well",
    };
    assert_eq!(encode_into(&mut [0; 8], &publish), Err(EncodeError::InvalidTopicName));
    publish.packet_identifier = Some(NonZeroU16::MIN);
    assert_eq!(encode_into(&mut [0; 8], &publish), Err(EncodeError::Contradiction));
    publish = Publish { topic_name: "a", packet_identifier: None, ..publish };
    assert_eq!(encode_into(&mut [0; 8], &publish), Err(EncodeError::TooLarge));
}

#[test]
fn a_packet_larger_than_any_may_be_is_too_large() {
    // One byte more than four bytes of remaining length can say.
    let message = vec![0; Publish::MAX_REMAINING_LENGTH - 3 + 1];
    let publish = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic_name: "a",
        packet_identifier: None,
        message: &message,
    };
    assert_eq!(encode_into(&mut [0; 32], &publish), Err(EncodeError::TooLarge));
}

#[test]
fn nobody_reads_a_password_in_a_log() {
    let connect = Connect {
        clean_session: true,
        keep_alive: 60,
        client_identifier: "c",
        will: None,
        user_name: Some("somebody"),
        password: Some(&[201, 202]),
    };
    assert_eq!(
        format!("{connect:?}"),
        "Connect { clean_session: true, keep_alive: 60, client_identifier: \"c\", will: None, user_name: Some(..), \
         password: Some(..) }"
    );
    let neither = Connect { user_name: None, password: None, ..connect };
    assert!(format!("{neither:?}").ends_with("user_name: None, password: None }"));
}
