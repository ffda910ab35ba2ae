//! A function for each encoder and each decoder of a version.

macro_rules! codecs {
    ($($name:ident: $packet:ident $(<$lifetime:lifetime>)?),+ $(,)?) => {
        /// The encoders. The cost report finds them by the name of the module.
        mod encode {
            use super::*;
            use slimqtt_agent::wire::Writer;

            $(#[inline(never)]
            pub(super) fn $name(packet: &$packet $(<$lifetime>)?, writer: &mut Writer<'_>) {
                packet.encode(writer);
            })+
        }

        /// The decoders.
        mod decode {
            use super::*;
            use slimqtt_agent::wire::{DecodeError, Reader};

            $(#[inline(never)]
            pub(super) fn $name(first_byte: u8, mut reader: Reader<'_>) -> Result<$packet $(<$lifetime>)?, DecodeError> {
                $packet::decode(first_byte, &mut reader)
            })+
        }

        /// Calls them all.
        pub(crate) fn all(first_byte: u8, body: &[u8], writer: &mut slimqtt_agent::wire::Writer<'_>) {
            $(if let Ok(packet) = decode::$name(first_byte, slimqtt_agent::wire::Reader::new(body)) {
                encode::$name(core::hint::black_box(&packet), writer);
            })+
        }
    };
}
