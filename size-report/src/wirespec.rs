//! The reference for single codecs: the same packets of MQTT 3.1.1 from another generator of zero-copy Rust.

/// Where the figures are from.
pub const TITLE: &str = "wirespec 0.4.2, measured on 2026-11-23";

/// What keeps the comparison honest.
pub const CAVEAT: &str = "\
wirespec's figures were measured once, in the same way: a function for each packet and direction, with
rustc 1.95.0 and prebuilt core, and again with 1.96.0 and core from source, which gave the same. The
fields are those of its own mqtt.wspec, one packet at a time, not one enum of all. Its runtime
wirespec-rt was changed to use core, for it needs std. Its decoders read the fixed header as well, but
do not check strings, topics or the end of a packet.
Packets that its spec does not have, or has with a list as plain bytes, have no figure.";

/// A packet's encoder and decoder, in bytes without what they share with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The packet, as the standard names it.
    pub name: &'static str,
    /// The encoder.
    pub encode: u64,
    /// The decoder.
    pub decode: u64,
}

const fn packet(name: &'static str, encode: u64, decode: u64) -> Packet {
    Packet { name, encode, decode }
}

/// The packets.
pub const PACKETS: [Packet; 5] = [
    packet("CONNECT", 228, 492),
    packet("CONNACK", 84, 130),
    packet("PUBLISH", 98, 228),
    packet("PUBACK", 58, 108),
    packet("PINGREQ", 34, 88),
];

/// The packet of this name, if wirespec was measured with it.
pub fn find(version: &str, name: &str) -> Option<Packet> {
    PACKETS.into_iter().find(|packet| version == "mqtt_3_1_1" && packet.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_figures_for_one_version_only() {
        assert_eq!(find("mqtt_3_1_1", "PUBLISH"), Some(packet("PUBLISH", 98, 228)));
        assert_eq!(find("mqtt_5_0", "PUBLISH"), None);
        assert_eq!(find("mqtt_3_1_1", "PUBREL"), None);
    }
}
