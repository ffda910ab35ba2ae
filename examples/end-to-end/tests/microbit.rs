//! Firmware on an emulated Cortex-M0, its UART wired to a real broker.

use slimqtt_end_to_end::{Broker, build, microbit};

/// What each of the two publishing tasks of the example sends.
const MESSAGES: usize = 600;

#[test]
fn example_publishes_in_order_pings_in_silence_and_disconnects() {
    let mut broker = Broker::start();
    let mut subscriber = broker.subscriber("microbit/#");
    let image = build("microbit-qemu", &[]);
    let mut board = microbit(&image, broker.port);

    let received = subscriber.lines(2 * MESSAGES).to_vec();
    for task in ["a", "b"] {
        let topic = format!("microbit/{task} ");
        let messages: Vec<&str> = received.iter().filter_map(|line| line.strip_prefix(&topic)).collect();
        let expected: Vec<String> =
            (0..MESSAGES).map(|number| format!("{number:04}abcdefghijklmnopqrstuvwxyz")).collect();
        assert_eq!(messages, expected, "messages of task {task}");
    }
    assert_eq!(received.len(), 2 * MESSAGES, "no other message");

    broker.process.wait_for("Received PINGREQ from microbit");
    broker.process.wait_for("Received DISCONNECT from microbit");
    assert!(board.wait().success(), "the firmware ends with success");
}

#[test]
fn measured_beacon_publishes() {
    let mut broker = Broker::start();
    let mut subscriber = broker.subscriber("room/#");
    let image = build("slimqtt-firmware", &["--bin", "beacon", "--features", "beacon"]);
    let _board = microbit(&image, broker.port);
    assert_eq!(subscriber.lines(3), ["room/1/temperature 21.5"; 3]);
}
