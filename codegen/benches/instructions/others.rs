//! The other codecs, which have the same interface for both versions.

/// Functions that encode and decode a packet with those of this version, given a function `bytes` that has its bytes.
macro_rules! others {
    ($version:ident) => {
        fn mqttbytes_encode(packet: &dyn Encode) -> Box<dyn FnMut()> {
            use mqttbytes::$version::{Packet, read};

            let packet = read(&mut BytesMut::from(bytes(packet).as_slice()), 256).unwrap();
            let mut buffer = BytesMut::with_capacity(256);
            Box::new(move || {
                buffer.clear();
                match black_box(&packet) {
                    Packet::Publish(packet) => packet.write(&mut buffer),
                    Packet::Connect(packet) => packet.write(&mut buffer),
                    Packet::Subscribe(packet) => packet.write(&mut buffer),
                    Packet::PubAck(packet) => packet.write(&mut buffer),
                    _ => unreachable!(),
                }
                .unwrap();
                black_box(&buffer);
            })
        }

        fn mqttbytes_decode(packet: &dyn Encode) -> Box<dyn FnMut()> {
            let mut streams = [bytes(packet), bytes(packet)].map(|bytes| BytesMut::from(bytes.as_slice())).into_iter();
            Box::new(move || {
                let mut stream = streams.next().unwrap();
                drop(black_box(mqttbytes::$version::read(&mut stream, 256).unwrap()));
            })
        }

        fn mqute_encode(packet: &dyn Encode) -> Box<dyn FnMut()> {
            let mut stream = BytesMut::from(bytes(packet).as_slice());
            let packet = PacketCodec::new(None, None).try_decode(&mut stream).unwrap();
            let packet = protocol::$version::Packet::decode(packet).unwrap();
            let mut buffer = BytesMut::with_capacity(256);
            Box::new(move || {
                buffer.clear();
                black_box(&packet).encode(&mut buffer).unwrap();
                black_box(&buffer);
            })
        }

        fn mqute_decode(packet: &dyn Encode) -> Box<dyn FnMut()> {
            let mut streams = [bytes(packet), bytes(packet)].map(|bytes| BytesMut::from(bytes.as_slice())).into_iter();
            Box::new(move || {
                let mut stream = streams.next().unwrap();
                let packet = PacketCodec::new(None, None).try_decode(&mut stream).unwrap();
                drop(black_box(protocol::$version::Packet::decode(packet).unwrap()));
            })
        }
    };
}
