//! The packets of a version in one type.
//!
//! The fuzz target includes this file, too: it depends on nothing but the agent.

use slimqtt_agent::wire::fixed_header::FixedHeader;
use slimqtt_agent::wire::{self, Encode, EncodeError, Writer};

/// What an encoder writes: the whole packet.
pub(crate) fn encoded_into(buffer: &mut [u8], packet: &dyn Encode) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new(buffer);
    packet.encode(&mut writer);
    let end = writer.finish()?;
    Ok(wire::packet(buffer, end).to_vec())
}

/// The same with a buffer that is large enough for all that tests come up with.
pub(crate) fn encoded(packet: &dyn Encode) -> Result<Vec<u8>, EncodeError> {
    encoded_into(&mut [0; 0xA000], packet)
}

/// A packet without its remaining length: first byte and body.
pub(crate) fn without_length(packet: &[u8]) -> Vec<u8> {
    let header = FixedHeader::decode(packet).unwrap().expect("a whole fixed header");
    assert_eq!(header.length + header.remaining_length, packet.len());
    [&packet[..1], &packet[header.length..]].concat()
}

macro_rules! packets {
    ($($packet:ident $(<$lifetime:lifetime>)?),+ $(,)?) => {
        /// Any packet of this version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Packet<'a> {
            $($packet($packet $(<$lifetime>)?)),+
        }

        impl<'a> Packet<'a> {
            /// The packet that first byte and body are, if they are one. They are never two.
            pub(crate) fn decode(first_byte: u8, body: &'a [u8]) -> Option<Self> {
                let mut found = None;
                $(if let Ok(packet) = $packet::decode(first_byte, &mut Reader::new(body)) {
                    assert!(found.is_none(), "{packet:?} is also {found:?}");
                    found = Some(Self::$packet(packet));
                })+
                found
            }

            /// The least and the greatest remaining length of such packets.
            pub(crate) fn remaining_length(&self) -> std::ops::RangeInclusive<usize> {
                match self {
                    $(Self::$packet(_) => $packet::MIN_REMAINING_LENGTH..=$packet::MAX_REMAINING_LENGTH),+
                }
            }

            /// Looks for packets in a stream of bytes. Each encodes to bytes that decode to it again.
            pub(crate) fn check_stream(mut stream: &'a [u8]) {
                while let Ok(Some(header)) = FixedHeader::decode(stream) {
                    // Where the stream ends early, the packet does: a fuzzer then need not keep the lengths right.
                    let end = stream.len().min(header.length + header.remaining_length);
                    if let Some(packet) = Self::decode(stream[0], &stream[header.length..end]) {
                        let again = without_length(&encoded(&packet).unwrap());
                        assert_eq!(Packet::decode(again[0], &again[1..]), Some(packet));
                    }
                    stream = &stream[end..];
                }
            }
        }

        impl Encode for Packet<'_> {
            fn encode(&self, writer: &mut Writer<'_>) {
                match self {
                    $(Self::$packet(packet) => packet.encode(writer)),+
                }
            }
        }
    };
}

pub(crate) mod mqtt_3_1_1 {
    use super::{encoded, without_length};
    use slimqtt_agent::wire::fixed_header::FixedHeader;
    use slimqtt_agent::wire::{
        Connack, Connect, Disconnect, Encode, Pingreq, Pingresp, Puback, Pubcomp, Publish, Pubrec, Pubrel, Reader,
        Suback, Subscribe, Unsuback, Unsubscribe, Writer,
    };

    packets!(
        Connect<'a>,
        Connack,
        Publish<'a>,
        Puback,
        Pubrec,
        Pubrel,
        Pubcomp,
        Subscribe<'a>,
        Suback<'a>,
        Unsubscribe<'a>,
        Unsuback,
        Pingreq,
        Pingresp,
        Disconnect,
    );
}
