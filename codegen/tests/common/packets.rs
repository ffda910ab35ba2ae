//! The packets of a version in one type.
//!
//! The fuzz targets include this file, too: it depends on nothing but the agent.

use std::fmt::Debug;
use std::ops::RangeInclusive;

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
    encoded_into(&mut vec![0; 0x1_8000], packet)
}

/// A packet without its remaining length, which is as short as it can be: first byte and body.
pub(crate) fn without_length(packet: &[u8]) -> Vec<u8> {
    let header = FixedHeader::decode(packet).unwrap().expect("a whole fixed header");
    assert_eq!(header.length + header.remaining_length, packet.len());
    assert!(header.is_minimal());
    [&packet[..1], &packet[header.length..]].concat()
}

/// Who sends a packet, where that makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    Client,
    Server,
}

/// A version of MQTT.
pub(crate) trait Version {
    /// Any packet.
    type Packet<'a>: Encode + Debug + Copy;

    /// The packets that first byte and body are: none, one, or one from each sender.
    fn decode(first_byte: u8, body: &[u8]) -> Vec<Self::Packet<'_>>;

    fn are_equal(one: &Self::Packet<'_>, other: &Self::Packet<'_>) -> bool;

    /// The least and the greatest remaining length of such packets.
    fn remaining_length(packet: &Self::Packet<'_>) -> RangeInclusive<usize>;

    /// Whether such packets may leave out what goes without saying, or not. All others have one encoding.
    fn may_be_shorter(packet: &Self::Packet<'_>) -> bool;

    /// Whether first byte and body are a packet. Each that they are encodes to the same bytes, or to fewer that decode to
    /// it again, if that may be.
    ///
    /// # Errors
    /// Says what does not hold.
    fn is_packet(bytes: &[u8]) -> Result<bool, String> {
        let [first_byte, body @ ..] = bytes else { return Ok(false) };
        let packets = Self::decode(*first_byte, body);
        for packet in &packets {
            let again = encoded(packet).map_err(|error| format!("{error:?}: {packet:?}"))?;
            let again = without_length(&again);
            let is_shorter = || {
                let found = Self::decode(again[0], &again[1..]);
                again.len() < bytes.len() && found.iter().any(|found| Self::are_equal(found, packet))
            };
            if again != bytes && !(Self::may_be_shorter(packet) && is_shorter()) {
                return Err(format!("{bytes:02X?} is {packet:?}, and that {again:02X?}"));
            }
        }
        Ok(!packets.is_empty())
    }

    /// Looks for packets in a stream of bytes.
    fn check_stream(mut stream: &[u8]) {
        while let Ok(Some(header)) = FixedHeader::decode(stream) {
            // Where the stream ends early, the packet does: a fuzzer then need not keep the lengths right.
            let end = stream.len().min(header.length + header.remaining_length);
            Self::is_packet(&[&stream[..1], &stream[header.length..end]].concat()).unwrap();
            stream = &stream[end..];
        }
    }
}

macro_rules! packets {
    (
        $version:ident: $($packet:ident $(<$lifetime:lifetime>)? $(from $sender:ident)?),+;
        may be shorter: $($shorter:ident),*
    ) => {
        /// Any packet of this version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Packet<'a> {
            $($packet($packet $(<$lifetime>)?)),+
        }

        impl Packet<'_> {
            /// Who sends it, if those of the other side are not the same.
            pub(crate) fn sender(&self) -> Option<Sender> {
                match self {
                    $(Self::$packet(_) => [None, $(Some(Sender::$sender))?].into_iter().flatten().next()),+
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

        pub(crate) struct $version;

        impl Version for $version {
            type Packet<'a> = Packet<'a>;

            fn decode(first_byte: u8, body: &[u8]) -> Vec<Packet<'_>> {
                let mut found: Vec<Packet<'_>> = Vec::new();
                $(if let Ok(packet) = $packet::decode(first_byte, &mut Reader::new(body)) {
                    let packet = Packet::$packet(packet);
                    let mut others = found.iter().map(Packet::sender);
                    let is_other = |sender: Option<Sender>| sender.is_some() && sender != packet.sender();
                    assert!(others.all(is_other), "{packet:?} is also {found:?}");
                    found.push(packet);
                })+
                found
            }

            fn are_equal(one: &Packet<'_>, other: &Packet<'_>) -> bool {
                one == other
            }

            fn remaining_length(packet: &Packet<'_>) -> RangeInclusive<usize> {
                match packet {
                    $(Packet::$packet(_) => $packet::MIN_REMAINING_LENGTH..=$packet::MAX_REMAINING_LENGTH),+
                }
            }

            fn may_be_shorter(packet: &Packet<'_>) -> bool {
                match packet {
                    $(Packet::$shorter(_) => true,)*
                    #[allow(unreachable_patterns, reason = "where there is none")]
                    _ => false,
                }
            }
        }
    };
}

pub(crate) mod mqtt_3_1_1 {
    use super::{RangeInclusive, Sender, Version};
    use slimqtt_agent::wire::{
        Connack, Connect, Disconnect, Encode, Pingreq, Pingresp, Puback, Pubcomp, Publish, Pubrec, Pubrel, Reader,
        Suback, Subscribe, Unsuback, Unsubscribe, Writer,
    };

    packets!(
        Mqtt311:
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
        Disconnect;
        may be shorter:
    );
}

pub(crate) mod mqtt_5_0 {
    use super::{RangeInclusive, Sender, Version};
    use slimqtt_agent::wire::mqtt_5_0::{
        ClientAuth, ClientDisconnect, ClientPuback, ClientPublish, ClientPubrec, Connack, Connect, Pingreq, Pingresp,
        Pubcomp, Pubrel, ServerAuth, ServerDisconnect, ServerPuback, ServerPublish, ServerPubrec, Suback, Subscribe,
        Unsuback, Unsubscribe,
    };
    use slimqtt_agent::wire::{Encode, Reader, Writer};

    packets!(
        Mqtt50:
        Connect<'a>,
        Connack<'a>,
        ClientPublish<'a> from Client,
        ServerPublish<'a> from Server,
        ClientPuback<'a> from Client,
        ServerPuback<'a> from Server,
        ClientPubrec<'a> from Client,
        ServerPubrec<'a> from Server,
        Pubrel<'a>,
        Pubcomp<'a>,
        Subscribe<'a>,
        Suback<'a>,
        Unsubscribe<'a>,
        Unsuback<'a>,
        Pingreq,
        Pingresp,
        ClientDisconnect<'a> from Client,
        ServerDisconnect<'a> from Server,
        ClientAuth<'a> from Client,
        ServerAuth<'a> from Server;
        // 3.4.2.1, 3.4.2.2.1, and so on: the reason code, the length of the properties.
        may be shorter:
        ClientPuback, ServerPuback, ClientPubrec, ServerPubrec, Pubrel, Pubcomp, ClientDisconnect, ServerDisconnect
    );
}
