//! The packets of MQTT 3.1.1 as bytes, written down without the code under test.

/// First bytes of the packets that only have a packet identifier.
pub const PUBACK: u8 = 0x40;
/// See [`PUBACK`].
pub const PUBREC: u8 = 0x50;
/// See [`PUBACK`].
pub const PUBREL: u8 = 0x62;
/// See [`PUBACK`].
pub const PUBCOMP: u8 = 0x70;
/// See [`PUBACK`].
pub const UNSUBACK: u8 = 0xB0;
/// SUBACK.
pub const SUBACK: u8 = 0x90;
/// PINGREQ, all of it.
pub const PINGREQ: [u8; 2] = [0xC0, 0];
/// PINGRESP, all of it.
pub const PINGRESP: [u8; 2] = [0xD0, 0];
/// DISCONNECT, all of it.
pub const DISCONNECT: [u8; 2] = [0xE0, 0];

/// CONNACK.
pub fn connack(session_present: bool, code: u8) -> Vec<u8> {
    vec![0x20, 2, u8::from(session_present), code]
}

/// A packet with this first byte and this body.
pub fn packet(first_byte: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first_byte];
    let mut length = body.len();
    while length > 0x7F {
        packet.push(length as u8 | 0x80);
        length >>= 7;
    }
    packet.push(length as u8);
    packet.extend_from_slice(body);
    packet
}

/// A packet that has nothing but a packet identifier.
pub fn short(first_byte: u8, identifier: u16) -> Vec<u8> {
    packet(first_byte, &identifier.to_be_bytes())
}

/// SUBACK.
pub fn suback(identifier: u16, codes: &[u8]) -> Vec<u8> {
    packet(SUBACK, &[&identifier.to_be_bytes(), codes].concat())
}

/// PUBLISH, with these flags beside its type.
pub fn publish(flags: u8, topic: &[u8], identifier: Option<u16>, payload: &[u8]) -> Vec<u8> {
    let mut body = (topic.len() as u16).to_be_bytes().to_vec();
    body.extend_from_slice(topic);
    body.extend(identifier.into_iter().flat_map(u16::to_be_bytes));
    body.extend_from_slice(payload);
    packet(0x30 | flags, &body)
}

/// What a client has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// CONNECT.
    Connect {
        /// Whether neither side keeps a session.
        clean_session: bool,
    },
    /// PUBLISH.
    Publish {
        /// It may have been sent before.
        dup: bool,
        /// Quality of service.
        qos: u8,
        /// To be kept.
        retain: bool,
        /// Topic name.
        topic: String,
        /// Where the QoS has one.
        identifier: u16,
        /// Application message.
        payload: Vec<u8>,
    },
    /// PUBACK, PUBREC, PUBREL or PUBCOMP.
    Short {
        /// Which one.
        first_byte: u8,
        /// Of what.
        identifier: u16,
    },
    /// SUBSCRIBE.
    Subscribe {
        /// Packet identifier.
        identifier: u16,
        /// How many topic filters.
        filters: usize,
    },
    /// UNSUBSCRIBE.
    Unsubscribe {
        /// Packet identifier.
        identifier: u16,
    },
    /// PINGREQ.
    Pingreq,
    /// DISCONNECT.
    Disconnect,
}

/// Takes the first packet of what a client has sent, if all of it is there.
///
/// # Panics
/// Where it is none that a client of MQTT 3.1.1 may send.
pub fn take(bytes: &mut Vec<u8>) -> Option<Sent> {
    let (mut length, mut header) = (0, 1);
    loop {
        let byte = *bytes.get(header)?;
        length |= usize::from(byte & 0x7F) << (7 * (header - 1));
        header += 1;
        if byte & 0x80 == 0 {
            break;
        }
        assert!(header <= 4, "a remaining length of more than four bytes [2.2.3]");
    }
    if bytes.len() < header + length {
        return None;
    }
    let packet: Vec<u8> = bytes.drain(..header + length).collect();
    let body = &packet[header..];
    let word = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    let identifier = |at: usize| {
        assert_ne!(word(at), 0, "a packet identifier of 0 [MQTT-2.3.1-1]");
        word(at)
    };
    let sent = match packet[0] {
        0x10 => {
            assert_eq!(&body[..7], b"\0\x04MQTT\x04", "[MQTT-3.1.2-1]");
            assert_eq!(body[7] & 0x01, 0, "[MQTT-3.1.2-3]");
            Sent::Connect { clean_session: body[7] & 0x02 != 0 }
        }
        first_byte if first_byte >> 4 == 3 => {
            let (dup, qos, retain) = (first_byte & 8 != 0, first_byte >> 1 & 3, first_byte & 1 != 0);
            assert!(qos < 3, "[MQTT-3.3.1-4]");
            assert!(!dup || qos > 0, "[MQTT-3.3.1-2]");
            let end = 2 + usize::from(word(0));
            let topic = String::from_utf8(body[2..end].to_vec()).expect("[MQTT-1.5.3-1]");
            assert!(!topic.is_empty() && !topic.contains(['+', '#', '\0']), "[MQTT-3.3.2-2]");
            let (identifier, payload) = if qos > 0 { (identifier(end), end + 2) } else { (0, end) };
            Sent::Publish { dup, qos, retain, topic, identifier, payload: body[payload..].to_vec() }
        }
        first_byte @ (PUBACK | PUBREC | PUBREL | PUBCOMP) => {
            assert_eq!(body.len(), 2);
            Sent::Short { first_byte, identifier: identifier(0) }
        }
        0x82 => {
            let (mut at, mut filters) = (2, 0);
            while at < body.len() {
                at += 2 + usize::from(word(at));
                assert!(body[at] < 3, "[MQTT-3.8.3-4]");
                at += 1;
                filters += 1;
            }
            assert!(filters > 0, "[MQTT-3.8.3-3]");
            Sent::Subscribe { identifier: identifier(0), filters }
        }
        0xA2 => {
            assert!(body.len() > 4, "[MQTT-3.10.3-2]");
            Sent::Unsubscribe { identifier: identifier(0) }
        }
        0xC0 if length == 0 => Sent::Pingreq,
        0xE0 if length == 0 => Sent::Disconnect,
        _ => panic!("no client sends this: {packet:02X?} [MQTT-2.2.2-1]"),
    };
    Some(sent)
}

/// What a Server that keeps to the standard answers. Session Present is for the caller to say.
pub fn answer(sent: &Sent, session_present: bool) -> Vec<u8> {
    match *sent {
        Sent::Connect { .. } => connack(session_present, 0),
        Sent::Publish { qos: 1, identifier, .. } => short(PUBACK, identifier),
        Sent::Publish { qos: 2, identifier, .. } => short(PUBREC, identifier),
        Sent::Short { first_byte: PUBREL, identifier } => short(PUBCOMP, identifier),
        Sent::Short { first_byte: PUBREC, identifier } => short(PUBREL, identifier),
        Sent::Subscribe { identifier, filters } => suback(identifier, &vec![0; filters]),
        Sent::Unsubscribe { identifier } => short(UNSUBACK, identifier),
        Sent::Pingreq => PINGRESP.to_vec(),
        Sent::Publish { .. } | Sent::Short { .. } | Sent::Disconnect => Vec::new(),
    }
}
