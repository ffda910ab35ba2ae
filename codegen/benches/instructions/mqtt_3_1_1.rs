//! MQTT 3.1.1.

use std::hint::black_box;
use std::num::NonZeroU16;

use bytes::BytesMut;
use mqute_codec::codec::PacketCodec;
use mqute_codec::protocol;
use slimqtt_agent::wire::fixed_header::FixedHeader;
use slimqtt_agent::wire::{
    Connect, Encode, List, PacketIdentifier, Puback, Publish, QoS, Reader, Subscribe, Subscription,
};

use crate::{Operation, bytes, operations};

const IDENTIFIER: PacketIdentifier = NonZeroU16::new(0x0102).unwrap();

const PUBLISH: Publish<'_> = Publish {
    dup: false,
    qos: QoS::AtLeastOnce,
    retain: false,
    topic_name: "building/7/room/0021",
    packet_identifier: Some(IDENTIFIER),
    message: &[b'x'; 128],
};

const CONNECT: Connect<'_> = Connect {
    clean_session: true,
    keep_alive: 60,
    client_identifier: "sensor-0021",
    will: None,
    user_name: Some("user"),
    password: Some(b"password"),
};

const SUBSCRIBE: Subscribe<'_> = Subscribe {
    packet_identifier: IDENTIFIER,
    subscriptions: List::new(&[
        Subscription { topic_filter: "building/7/+/command", requested_qos: QoS::AtLeastOnce },
        Subscription { topic_filter: "building/7/alarm/#", requested_qos: QoS::ExactlyOnce },
    ]),
};

const PUBACK: Puback = Puback { packet_identifier: IDENTIFIER };

/// One after the other for each packet and direction, ours first.
pub(crate) fn operations() -> Vec<Operation> {
    operations!("3.1.1": "PUBLISH" PUBLISH, "CONNECT" CONNECT, "SUBSCRIBE" SUBSCRIBE, "PUBACK" PUBACK)
}

fn decode(packet: &dyn Encode) -> Box<dyn FnMut()> {
    let bytes = bytes(packet);
    Box::new(move || {
        let bytes = black_box(bytes.as_slice());
        let header = FixedHeader::decode(bytes).unwrap().unwrap();
        let reader = &mut Reader::new(&bytes[header.length..][..header.remaining_length]);
        // The others tell packets apart, too.
        match bytes[0] >> 4 {
            Publish::PACKET_TYPE => drop(black_box(Publish::decode(bytes[0], reader).unwrap())),
            Connect::PACKET_TYPE => drop(black_box(Connect::decode(bytes[0], reader).unwrap())),
            Subscribe::PACKET_TYPE => {
                // Decoding looks at all of a list, but those who want the elements read them again.
                for subscription in Subscribe::decode(bytes[0], reader).unwrap().subscriptions {
                    black_box(subscription);
                }
            }
            Puback::PACKET_TYPE => drop(black_box(Puback::decode(bytes[0], reader).unwrap())),
            _ => unreachable!(),
        }
    })
}

others!(v4);
