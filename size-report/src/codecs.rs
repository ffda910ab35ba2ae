//! What each generated encoder and decoder takes by itself, and the functions that they share.

use crate::elf::{Image, Symbol};
use anyhow::{Result, ensure};
use std::collections::BTreeMap;

/// The binary of the firmware package that has each encoder and each decoder as a function of its own, named
/// `codecs::VERSION::encode::PACKET` and `codecs::VERSION::decode::PACKET`.
pub const BINARY: &str = "codecs";

/// The versions of MQTT: features of the firmware package, one to an image. In a common image, functions that happen to be
/// the same in both would count for one of them, and what is inlined for one might be shared by two.
pub const VERSIONS: [&str; 2] = ["mqtt_3_1_1", "mqtt_5_0"];

/// The codecs of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codecs {
    /// The packets, by version of MQTT, then the largest first.
    pub packets: Vec<Packet>,
    /// What these and nothing in the baseline calls, the largest first.
    pub shared: Vec<Symbol>,
}

/// The codec of a packet: sizes in bytes, without what it shares with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The version of MQTT, as the module is named: `mqtt_3_1_1`.
    pub version: String,
    /// The packet, as the standard names it.
    pub name: String,
    /// The encoder. None where the compiler found it to be another one.
    pub encode: Option<u64>,
    /// The decoder.
    pub decode: Option<u64>,
}

impl Codecs {
    /// Finds the codecs of an image, and what else it has that `baseline` does not.
    pub fn new(image: &Image, baseline: &Image) -> Result<Self> {
        let mut sizes: BTreeMap<(&str, &str), [Option<u64>; 2]> = BTreeMap::new();
        let mut shared = Vec::new();
        for symbol in &image.symbols {
            let mut path = symbol.name.split("::");
            match (path.next(), path.next(), path.next(), path.next()) {
                (Some(BINARY), Some(version), Some("encode"), Some(packet)) => {
                    sizes.entry((version, packet)).or_default()[0] = Some(symbol.size);
                }
                (Some(BINARY), Some(version), Some("decode"), Some(packet)) => {
                    sizes.entry((version, packet)).or_default()[1] = Some(symbol.size);
                }
                (Some(BINARY), ..) => {}
                _ if symbol.size == 0 || baseline.symbols.iter().any(|known| known.name == symbol.name) => {}
                _ => shared.push(symbol.clone()),
            }
        }
        ensure!(!sizes.is_empty(), "no symbol `{BINARY}::VERSION::encode::PACKET` in the image");
        let packet = |((version, packet), [encode, decode]): ((&str, &str), [Option<u64>; 2])| Packet {
            version: version.to_owned(),
            name: packet.to_uppercase(),
            encode,
            decode,
        };
        let mut packets: Vec<_> = sizes.into_iter().map(packet).collect();
        // A stable sort: packets of one size stay in the order of their names.
        packets.sort_by(|a, b| (&a.version, b.size()).cmp(&(&b.version, a.size())));
        Ok(Self { packets, shared })
    }
}

impl Packet {
    /// Both together.
    pub fn size(&self) -> u64 {
        self.encode.unwrap_or_default() + self.decode.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(symbols: &[(&str, u64)]) -> Image {
        let symbols = symbols.iter().map(|(name, size)| Symbol::new(name, *size, 0, ".text")).collect();
        Image { flash: 0, ram: 0, symbols }
    }

    #[test]
    fn codecs_are_told_from_what_they_share() {
        let symbols = [
            ("codecs::__cortex_m_rt_main", 600),
            ("compiler_builtins::mem::memcpy", 300),
            ("codecs::mqtt_3_1_1::decode::publish", 134),
            ("codecs::mqtt_3_1_1::encode::publish", 94),
            ("codecs::mqtt_3_1_1::encode::connect", 300),
            ("codecs::mqtt_5_0::encode::publish", 120),
            ("<slimqtt_agent::wire::writer::Writer>::u8", 22),
            ("Reset", 40),
            ("__label", 0),
        ];
        let baseline = image(&[("Reset", 44), ("compiler_builtins::mem::memcpy", 300)]);
        let codecs = Codecs::new(&image(&symbols), &baseline).unwrap();
        let packet = |version: &str, name: &str, encode, decode| {
            let (version, name) = (version.to_owned(), name.to_owned());
            Packet { version, name, encode, decode }
        };
        let expected = [
            packet("mqtt_3_1_1", "CONNECT", Some(300), None),
            packet("mqtt_3_1_1", "PUBLISH", Some(94), Some(134)),
            packet("mqtt_5_0", "PUBLISH", Some(120), None),
        ];
        assert_eq!(codecs.packets, expected);
        assert_eq!(codecs.shared, [Symbol::new("<slimqtt_agent::wire::writer::Writer>::u8", 22, 0, ".text")]);
    }

    #[test]
    fn an_image_of_something_else_is_an_error() {
        let beacon = image(&[("beacon::main", 8)]);
        assert!(Codecs::new(&beacon, &beacon).unwrap_err().to_string().starts_with("no symbol `codecs::"));
    }
}
