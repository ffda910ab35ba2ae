//! MQTT 3.1.1.

use core::hint::black_box;

use slimqtt_agent::wire::{
    Connack, Connect, Disconnect, Pingreq, Pingresp, Puback, Pubcomp, Publish, Pubrec, Pubrel, Reader, Suback,
    Subscribe, Unsuback, Unsubscribe, Writer,
};

macro_rules! codecs {
    ($($name:ident: $packet:ident $(<$lifetime:lifetime>)?),+ $(,)?) => {
        /// The encoders. The cost report finds them by the name of the module.
        mod encode {
            use super::*;

            $(#[inline(never)]
            pub(super) fn $name(packet: &$packet $(<$lifetime>)?, writer: &mut Writer<'_>) {
                packet.encode(writer);
            })+
        }

        /// The decoders.
        mod decode {
            use super::*;
            use slimqtt_agent::wire::DecodeError;

            $(#[inline(never)]
            pub(super) fn $name(first_byte: u8, mut reader: Reader<'_>) -> Result<$packet $(<$lifetime>)?, DecodeError> {
                $packet::decode(first_byte, &mut reader)
            })+
        }

        /// Calls them all.
        pub(crate) fn all(first_byte: u8, body: &[u8], writer: &mut Writer<'_>) {
            $(if let Ok(packet) = decode::$name(first_byte, Reader::new(body)) {
                encode::$name(black_box(&packet), writer);
            })+
        }
    };
}

codecs!(
    connect: Connect<'_>,
    connack: Connack,
    publish: Publish<'_>,
    puback: Puback,
    pubrec: Pubrec,
    pubrel: Pubrel,
    pubcomp: Pubcomp,
    subscribe: Subscribe<'_>,
    suback: Suback<'_>,
    unsubscribe: Unsubscribe<'_>,
    unsuback: Unsuback,
    pingreq: Pingreq,
    pingresp: Pingresp,
    disconnect: Disconnect,
);
