//! Which packet acknowledges which (4.3, 3.8.4, 3.10.4, 3.12.4).

use crate::wire::{Pingreq, Publish, Pubrel, Subscribe, Unsubscribe};

/// The type of the packet that answers the one with this first byte, if one does.
///
/// The standard has numbered an answer right behind what it answers; of PUBLISH there are two, by its QoS.
pub(crate) const fn acknowledgement(first_byte: u8) -> Option<u8> {
    let packet_type = first_byte >> 4;
    match packet_type {
        Publish::PACKET_TYPE => match first_byte >> 1 & 0x03 {
            0 => None,
            qos => Some(packet_type + qos),
        },
        Pubrel::PACKET_TYPE | Subscribe::PACKET_TYPE | Unsubscribe::PACKET_TYPE | Pingreq::PACKET_TYPE => {
            Some(packet_type + 1)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Connect, Disconnect, Pingresp, Puback, Pubcomp, Pubrec, Suback, Unsuback};

    #[test]
    fn each_request_has_its_answer() {
        let publish = |flags| Publish::PACKET_TYPE << 4 | flags;
        for (first_byte, answer) in [
            (publish(0x01), None),
            (publish(0x02), Some(Puback::PACKET_TYPE)),
            (publish(0x0B), Some(Puback::PACKET_TYPE)),
            (publish(0x0C), Some(Pubrec::PACKET_TYPE)),
            (Pubrel::FIRST_BYTE, Some(Pubcomp::PACKET_TYPE)),
            (Subscribe::FIRST_BYTE, Some(Suback::PACKET_TYPE)),
            (Unsubscribe::FIRST_BYTE, Some(Unsuback::PACKET_TYPE)),
            (Pingreq::FIRST_BYTE, Some(Pingresp::PACKET_TYPE)),
            (Disconnect::FIRST_BYTE, None),
            (Connect::FIRST_BYTE, None),
        ] {
            assert_eq!(acknowledgement(first_byte), answer, "{first_byte:#X}");
        }
    }
}
