//! What a Server may send and must not, each with the statement that says so.

use slimqtt::{ConnectReturnCode, Error};
use slimqtt_proof::packets::{
    PINGREQ, PINGRESP, PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK, UNSUBACK, connack, packet, publish, short, suback,
};

/// What the agent makes of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// `Error::Protocol`, and nothing is answered, whatever the stage.
    Protocol,
    /// As this says where CONNACK is awaited; else as `Protocol`.
    Connack(Result<(), Error>),
    /// PINGRESP: for the PINGREQ that is on its way; else as `Protocol`.
    Pingresp,
    /// Completes the command that awaits a packet of this type, if it has its identifier; else it is ignored.
    Completes { own: bool },
    /// SUBACK with this number of codes.
    Suback { own: bool, codes: usize },
    /// It is answered with this packet.
    Answered(u8, u16),
    /// A message: it is handed over, and answered like that.
    Message { topic: &'static str, payload: Vec<u8>, answer: Option<(u8, u16)> },
    /// A message whose topic does not fit: the handler learns of it, and nothing is answered.
    Skipped { length: usize },
}

/// A packet, and what is made of it.
pub(crate) struct Row {
    /// Of the standard.
    pub(crate) statement: &'static str,
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) reaction: Reaction,
}

/// All rows, for an agent of which a packet with this identifier is on its way.
pub(crate) fn rows(own: u16) -> Vec<Row> {
    use Reaction::*;
    let other = own + 1000;
    let mut rows = Vec::new();
    let mut add = |statement, what: String, bytes, reaction| {
        rows.push(Row { statement, what, bytes, reaction });
    };

    // 2.2.1, 2.2.2: types and flags
    for (first_byte, name) in [(0x10, "CONNECT"), (0x82, "SUBSCRIBE"), (0xA2, "UNSUBSCRIBE"), (0xE0, "DISCONNECT")] {
        let body: &[u8] = match first_byte {
            0x10 => b"\0\x04MQTT\x04\x02\0\x3C\0\x01a",
            0x82 => b"\0\x01\0\x01a\0",
            0xA2 => b"\0\x01\0\x01a",
            _ => b"",
        };
        add("MQTT-4.8.0-1", format!("{name}, which only clients send"), packet(first_byte, body), Protocol);
    }
    add("MQTT-4.8.0-1", "PINGREQ, which only clients send".into(), PINGREQ.to_vec(), Protocol);
    for first_byte in [0x00, 0x02, 0x0F, 0xF0, 0xF2, 0xFF] {
        add("2.2.1", format!("the reserved packet type of {first_byte:02X}"), packet(first_byte, b""), Protocol);
        add("2.2.1", format!("the same of {first_byte:02X}, with a body"), packet(first_byte, b"\0\x01"), Protocol);
    }
    let acknowledgements =
        [(PUBACK, "PUBACK"), (PUBREC, "PUBREC"), (PUBREL, "PUBREL"), (PUBCOMP, "PUBCOMP"), (UNSUBACK, "UNSUBACK")];
    for flags in 0..16_u8 {
        for (first_byte, name) in acknowledgements {
            if flags != first_byte & 0x0F {
                let bytes = short(first_byte & 0xF0 | flags, own);
                add("MQTT-2.2.2-2", format!("{name} with flags {flags:04b}"), bytes, Protocol);
            }
        }
        if flags != 0 {
            let mut bytes = connack(false, 0);
            bytes[0] |= flags;
            add("MQTT-2.2.2-2", format!("CONNACK with flags {flags:04b}"), bytes, Protocol);
            add("MQTT-2.2.2-2", format!("PINGRESP with flags {flags:04b}"), packet(0xD0 | flags, b""), Protocol);
            let mut bytes = suback(own, &[0, 0]);
            bytes[0] |= flags;
            add("MQTT-2.2.2-2", format!("SUBACK with flags {flags:04b}"), bytes, Protocol);
        }
    }

    // 2.2.3: remaining length
    for first_byte in [0x20, 0x30, PUBACK, PUBREL, SUBACK, 0xD0] {
        let bytes = vec![first_byte, 0x80, 0x80, 0x80, 0x80, 0x01];
        add("2.2.3", format!("a remaining length of five bytes behind {first_byte:02X}"), bytes, Protocol);
        let bytes = vec![first_byte, 0xFF, 0xFF, 0xFF, 0xFF];
        add("2.2.3", format!("the same, and no end, behind {first_byte:02X}"), bytes, Protocol);
    }
    for (first_byte, name) in acknowledgements {
        let least = format!("{name} with a remaining length of");
        for body in [&b""[..], b"\0", b"\0\x01\0", b"\0\x01\0\0", &[0; 200]] {
            add(
                "3.4.1, 3.5.1, 3.6.1, 3.7.1, 3.11.1",
                format!("{least} {}", body.len()),
                packet(first_byte, body),
                Protocol,
            );
        }
        add("MQTT-2.3.1-1", format!("{name} with identifier 0"), short(first_byte, 0), Protocol);
    }
    for body in [&b""[..], b"\0", b"\0\0\0", &[0; 200]] {
        add("3.2.1", format!("CONNACK with a remaining length of {}", body.len()), packet(0x20, body), Protocol);
    }
    for body in [&b"\0"[..], b"\0\x01", &[0; 200]] {
        add("3.13.1", format!("PINGRESP with a remaining length of {}", body.len()), packet(0xD0, body), Protocol);
    }

    // 3.2: CONNACK
    add("MQTT-3.2.0-1", "CONNACK that accepts".into(), connack(false, 0), Connack(Ok(())));
    add("MQTT-3.2.2-2", "CONNACK with a session".into(), connack(true, 0), Connack(Ok(())));
    for code in [
        ConnectReturnCode::UnacceptableProtocolVersion,
        ConnectReturnCode::IdentifierRejected,
        ConnectReturnCode::ServerUnavailable,
        ConnectReturnCode::BadUserNameOrPassword,
        ConnectReturnCode::NotAuthorized,
    ] {
        let bytes = connack(false, code as u8);
        add("MQTT-3.2.2-5", format!("CONNACK that refuses: {code:?}"), bytes, Connack(Err(Error::Refused(code))));
        let bytes = connack(true, code as u8);
        add("MQTT-3.2.2-4", format!("CONNACK that refuses with a session: {code:?}"), bytes, Protocol);
    }
    for code in [6, 7, 0x7F, 0x80, 0xFF] {
        add("3.2.2.3", format!("CONNACK with the reserved return code {code}"), connack(false, code), Protocol);
    }
    for flags in [0x02, 0x03, 0x80, 0xFE, 0xFF] {
        add("3.2.2.1", format!("CONNACK with acknowledge flags {flags:02X}"), packet(0x20, &[flags, 0]), Protocol);
    }

    // 3.4 to 3.7: acknowledgements
    add("MQTT-4.3.2-1", "PUBACK".into(), short(PUBACK, own), Completes { own: true });
    add("MQTT-2.3.1-6", "PUBACK for no message".into(), short(PUBACK, other), Completes { own: false });
    add("MQTT-4.3.3-1", "PUBREC".into(), short(PUBREC, own), Answered(PUBREL, own));
    add("MQTT-4.3.3-1", "PUBREC for no message".into(), short(PUBREC, other), Answered(PUBREL, other));
    add("MQTT-4.3.3-1", "PUBCOMP".into(), short(PUBCOMP, own), Completes { own: true });
    add("MQTT-2.3.1-6", "PUBCOMP for no message".into(), short(PUBCOMP, other), Completes { own: false });
    for identifier in [own, other, super::stages::HELD, 0xFFFF] {
        let bytes = short(PUBREL, identifier);
        add("MQTT-4.3.3-2", format!("PUBREL {identifier}"), bytes, Answered(PUBCOMP, identifier));
    }

    // 3.9, 3.11, 3.13
    add("MQTT-3.8.4-2", "SUBACK".into(), suback(own, &[0, 0]), Suback { own: true, codes: 2 });
    add("MQTT-3.8.4-2", "SUBACK for no request".into(), suback(other, &[0, 0]), Suback { own: false, codes: 2 });
    for codes in [1, 3, 4, 100] {
        let bytes = suback(own, &vec![0; codes]);
        add("MQTT-3.8.4-5", format!("SUBACK with {codes} codes for 2 filters"), bytes, Suback { own: true, codes });
    }
    add("3.9.3", "SUBACK without codes".into(), suback(own, &[]), Protocol);
    add("3.9.2", "SUBACK without an identifier".into(), packet(SUBACK, b""), Protocol);
    add("3.9.2", "SUBACK with half an identifier".into(), packet(SUBACK, b"\0"), Protocol);
    add("MQTT-2.3.1-1", "SUBACK with identifier 0".into(), suback(0, &[0, 0]), Protocol);
    add("2.2.3", "SUBACK that no SUBSCRIBE of the agent can have".into(), suback(own, &[0; 500]), Protocol);
    for code in [3, 4, 0x7F, 0x81, 0xFF] {
        add("MQTT-3.9.3-2", format!("SUBACK with code {code}"), suback(own, &[0, code]), Protocol);
    }
    add("MQTT-3.10.4-4", "UNSUBACK".into(), short(UNSUBACK, own), Completes { own: true });
    add("MQTT-2.3.1-7", "UNSUBACK for no request".into(), short(UNSUBACK, other), Completes { own: false });
    add("MQTT-3.12.4-1", "PINGRESP".into(), PINGRESP.to_vec(), Pingresp);

    // 3.3: PUBLISH
    let long: Vec<u8> = (0..1000_u16).map(|number| (number ^ number >> 3) as u8).collect();
    for (payload, what) in
        [(&b""[..], "no payload"), (b"hello", "a payload"), (&long, "a payload larger than the buffer")]
    {
        for flags in [0x00, 0x01, 0x02, 0x03, 0x0A, 0x0B, 0x04, 0x05, 0x0C, 0x0D] {
            let qos = flags >> 1 & 3;
            let identifier = (qos > 0).then_some(own);
            let answer = identifier.map(|identifier| (if qos == 1 { PUBACK } else { PUBREC }, identifier));
            let bytes = publish(flags, b"in/1", identifier, payload);
            let reaction = Message { topic: "in/1", payload: payload.into(), answer };
            add("MQTT-3.3.4-1", format!("PUBLISH with flags {flags:04b} and {what}"), bytes, reaction);
        }
    }
    for (flags, identifier) in [(0x00, None), (0x02, Some(own)), (0x04, Some(own))] {
        let bytes = publish(flags, &[b't'; 300], identifier, b"hello");
        add(
            "4.8",
            format!("PUBLISH with flags {flags:04b} and a topic larger than the buffer"),
            bytes,
            Skipped { length: 5 },
        );
    }
    for flags in [0x06, 0x07, 0x0E, 0x0F] {
        let bytes = publish(flags, b"in/1", Some(own), b"hello");
        add("MQTT-3.3.1-4", format!("PUBLISH with flags {flags:04b}"), bytes, Protocol);
    }
    for flags in [0x08, 0x09] {
        let bytes = publish(flags, b"in/1", None, b"hello");
        add("MQTT-3.3.1-2", format!("PUBLISH with QoS 0 and DUP ({flags:04b})"), bytes, Protocol);
    }
    for flags in [0x02, 0x04, 0x0A, 0x0C] {
        let bytes = publish(flags, b"in/1", Some(0), b"hello");
        add("MQTT-2.3.1-1", format!("PUBLISH with flags {flags:04b} and identifier 0"), bytes, Protocol);
    }
    let topics: [(&str, &str, &[u8]); 12] = [
        ("MQTT-4.7.3-1", "an empty topic", b""),
        ("MQTT-3.3.2-2", "the topic #", b"#"),
        ("MQTT-3.3.2-2", "the topic a/+/b", b"a/+/b"),
        ("MQTT-3.3.2-2", "the topic a/b#", b"a/b#"),
        ("MQTT-1.5.3-2", "U+0000 in its topic", b"a\0b"),
        ("MQTT-1.5.3-1", "a continuation byte in its topic", b"a\x80b"),
        ("MQTT-1.5.3-1", "half a character in its topic", b"ab\xC3"),
        ("MQTT-1.5.3-1", "an overlong character in its topic", b"\xC0\x80"),
        ("MQTT-1.5.3-1", "an overlong slash in its topic", b"a\xE0\x80\xAFb"),
        ("MQTT-1.5.3-1", "a surrogate in its topic", b"\xED\xA0\x80"),
        ("MQTT-1.5.3-1", "a character beyond U+10FFFF in its topic", b"\xF4\x90\x80\x80"),
        ("MQTT-1.5.3-1", "bytes that are none of UTF-8 in its topic", b"\xFE\xFF"),
    ];
    for (statement, what, topic) in topics {
        for (flags, identifier) in [(0x00, None), (0x02, Some(own)), (0x04, Some(own))] {
            let bytes = publish(flags, topic, identifier, b"hello");
            add(statement, format!("PUBLISH with flags {flags:04b} and {what}"), bytes, Protocol);
        }
    }
    for (flags, body) in [
        (0x00, &b""[..]),
        (0x00, b"\0"),
        (0x00, b"\0\x01"),
        (0x00, b"\0\x05in/1"),
        (0x00, b"\xFF\xFFa"),
        (0x02, b"\0\x04in/1"),
        (0x02, b"\0\x04in/1\0"),
        (0x04, b"\0\x04in/1\0"),
    ] {
        let what = format!("PUBLISH with flags {flags:04b} that ends too early, after {}", body.len());
        add("3.3.2", what, packet(0x30 | flags, body), Protocol);
    }
    rows
}
