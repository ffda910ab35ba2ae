//! The download on an emulated Cortex-M0, on a line to the broker that is cut in the middle of the image.

use std::fs;

use slimqtt_download::Image;
use slimqtt_end_to_end::{Broker, Proxy, SerialServer, build, microbit};
use tempfile::tempdir;

#[test]
fn an_image_comes_through_a_line_that_is_cut() {
    let mut broker = Broker::start();
    let line = Proxy::to(broker.port);
    let serial = SerialServer::to(line.port);
    let image: Vec<u8> = (0..3_501).map(|index| (index * 31 + index / 255) as u8).collect();
    let files = tempdir().expect("a folder for temporary files");
    let file = files.path().join("image");
    let publish = |broker: &Broker, image: &[u8], header: [u8; 8]| {
        fs::write(&file, [&header[..], image].concat()).expect("a file");
        broker.publish(&["-r", "-q", "1", "-t", "device/1/image", "-f", &file.display().to_string()]);
    };
    let mut states = broker.subscriber("device/1/state");
    let firmware = build("download-microbit", &[]);

    // CONNECT, SUBSCRIBE, their answers and half of the image.
    line.cut_after(2_000);
    publish(&broker, &image, Image::of(7, &image).header());
    let mut board = microbit(&firmware, serial.port);
    broker.process.wait_for("Sending PUBLISH to device-1");
    broker.process.wait_for("Sending PUBLISH to device-1");
    states.wait_for("device/1/state installed 0000000007 0000003501");
    broker.process.wait_for("Received DISCONNECT from device-1");
    assert!(board.wait().success(), "the firmware ends with success");
    assert_eq!(line.cuts_left(), 0);

    // A wrong checksum is told, and a better image is waited for.
    publish(&broker, &image, Image::of(8, b"another").header());
    let serial = SerialServer::to(broker.port);
    let mut board = microbit(&firmware, serial.port);
    states.wait_for("device/1/state failed");
    publish(&broker, b"another", Image::of(8, b"another").header());
    states.wait_for("device/1/state installed 0000000008 0000000007");
    assert!(board.wait().success(), "the firmware ends with success");
}
