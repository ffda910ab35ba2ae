//! MQTT 5.0.

use std::hint::black_box;
use std::num::NonZeroU16;

use bytes::BytesMut;
use mqute_codec::codec::PacketCodec;
use mqute_codec::protocol;
use slimqtt_agent::wire::fixed_header::FixedHeader;
use slimqtt_agent::wire::mqtt_5_0::{
    ClientPuback, ClientPubackReasonCode, ClientPublish, Connect, Properties, Property, QoS, RetainHandling,
    ServerPuback, ServerPublish, Subscribe, Subscription,
};
use slimqtt_agent::wire::{Encode, List, PacketIdentifier, Reader};

use crate::{Operation, bytes, operations};

const IDENTIFIER: PacketIdentifier = NonZeroU16::new(0x0102).unwrap();

const PUBLISH: ClientPublish<'_> = ClientPublish {
    dup: false,
    qos: QoS::AtLeastOnce,
    retain: false,
    topic_name: "building/7/room/0021",
    packet_identifier: Some(IDENTIFIER),
    properties: Properties::NONE,
    payload: &[b'x'; 128],
};

const PUBLISH_WITH_TWO: ClientPublish<'_> = ClientPublish {
    properties: Properties::new(&[Property::MessageExpiryInterval(3600), Property::ContentType("text/plain")]),
    ..PUBLISH
};

const CONNECT: Connect<'_> = Connect {
    clean_start: true,
    keep_alive: 60,
    properties: Properties::NONE,
    client_identifier: "sensor-0021",
    will: None,
    user_name: Some("user"),
    password: Some(b"password"),
};

const SUBSCRIBE: Subscribe<'_> = Subscribe {
    packet_identifier: IDENTIFIER,
    properties: Properties::NONE,
    subscriptions: List::new(&[
        subscription("building/7/+/command", QoS::AtLeastOnce),
        subscription("building/7/alarm/#", QoS::ExactlyOnce),
    ]),
};

const PUBACK: ClientPuback<'_> = ClientPuback {
    packet_identifier: IDENTIFIER,
    reason_code: ClientPubackReasonCode::Success,
    properties: Properties::NONE,
};

const fn subscription(topic_filter: &str, maximum_qos: QoS) -> Subscription<'_> {
    let retain_handling = RetainHandling::SendAtSubscribe;
    Subscription { topic_filter, retain_handling, retain_as_published: false, no_local: false, maximum_qos }
}

/// One after the other for each packet and direction, ours first.
pub(crate) fn operations() -> Vec<Operation> {
    operations!(
        "5.0":
        "PUBLISH" PUBLISH,
        "PUBLISH, properties" PUBLISH_WITH_TWO,
        "CONNECT" CONNECT,
        "SUBSCRIBE" SUBSCRIBE,
        "PUBACK" PUBACK
    )
}

fn decode(packet: &dyn Encode) -> Box<dyn FnMut()> {
    let bytes = bytes(packet);
    Box::new(move || {
        let bytes = black_box(bytes.as_slice());
        let header = FixedHeader::decode(bytes).unwrap().unwrap();
        let reader = &mut Reader::new(&bytes[header.length..][..header.remaining_length]);
        // The others tell packets apart, too.
        match bytes[0] >> 4 {
            ServerPublish::PACKET_TYPE => {
                let publish = black_box(ServerPublish::decode(bytes[0], reader).unwrap());
                // Decoding looks at all of a list, but those who want the elements read them again.
                publish.properties.iter().for_each(|property| _ = black_box(property));
            }
            Connect::PACKET_TYPE => drop(black_box(Connect::decode(bytes[0], reader).unwrap())),
            Subscribe::PACKET_TYPE => {
                for subscription in Subscribe::decode(bytes[0], reader).unwrap().subscriptions {
                    black_box(subscription);
                }
            }
            ServerPuback::PACKET_TYPE => drop(black_box(ServerPuback::decode(bytes[0], reader).unwrap())),
            _ => unreachable!(),
        }
    })
}

others!(v5);
