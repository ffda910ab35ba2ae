//! Firmware on an emulated Cortex-M0, its UART wired to a real broker, at once or over a line that is cut.

use std::collections::BTreeSet;

use slimqtt_end_to_end::{Broker, SerialServer, build, microbit};

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

/// A text that is much larger than the receive buffer of the firmware.
const TEXT: &str = "Lights out at ten. ";

#[test]
fn remote_answers_commands_shows_long_texts_and_resumes_after_a_cut() {
    let mut broker = Broker::start();
    let line = SerialServer::to(broker.port);
    let mut answers = broker.watch("room/is/#", "%q %t %p");
    let image = build("microbit-qemu", &["--bin", "remote", "--features", "remote"]);
    let mut board = microbit(&image, line.port);
    broker.process.wait_for("Sending SUBACK to room");

    let mut count = 0;
    let order = |broker: &Broker, what: &str, text: &str| {
        broker.publish(&["-q", "1", "-t", &format!("room/set/{what}"), "-m", text]);
    };
    // This it does not understand, so there is no answer.
    order(&broker, "lamp/0", "what?");
    let text = TEXT.repeat(500);
    let sum: u32 = text.bytes().map(u32::from).sum();
    let displayed = format!("{:010} {sum:010}", text.len());
    for (what, text, answer) in [
        ("lamp/0", "on", "on"),
        ("lamp/2", "on", "on"),
        ("lamp/0", "off", "off"),
        ("display", &text, &displayed),
        ("lamp/1", "on", "on"),
    ] {
        order(&broker, what, text);
        count += 1;
        assert_eq!(answers.lines(count).last(), Some(&format!("1 room/is/{what} {answer}")));
    }

    line.cut();
    broker.process.wait_for("Client room closed its connection");
    for (what, text) in [("lamp/0", "on"), ("lamp/1", "off"), ("lamp/2", "off"), ("display", "short")] {
        order(&broker, what, text);
    }
    line.restore();
    let before = answers.lines(count).last().cloned();
    let mut late = BTreeSet::new();
    while late.len() < 4 {
        count += 1;
        let answer = answers.lines(count).get(count - 1).cloned();
        // If the PUBACK was cut off, the last answer comes again.
        if answer != before {
            late.insert(answer.expect("another answer comes"));
        }
    }
    // In any order: each has a task of its own.
    let expected = ["display 0000000005 0000000560", "lamp/0 on", "lamp/1 off", "lamp/2 off"];
    assert_eq!(late, expected.map(|answer| format!("1 room/is/{answer}")).into());

    order(&broker, "quit", "now");
    broker.process.wait_for("Received DISCONNECT from room");
    assert!(board.wait().success(), "the firmware ends with success");
}

/// How many reports of two meters are looked at before the line is cut. Afterwards there are twice as many.
const REPORTS: usize = 60;

#[test]
fn interrupts_publish_with_rtic() {
    interrupts_publish("rtic");
}

#[test]
fn interrupts_publish_without_any_executor() {
    interrupts_publish("bare");
}

/// Two interrupts of different priorities publish; a message switches the light and is answered; both go on after a cut.
fn interrupts_publish(binary: &str) {
    let mut broker = Broker::start();
    let line = SerialServer::to(broker.port);
    let mut meters = broker.watch("meter/+", "%t %p");
    let mut answers = broker.watch("meter/is/light", "%q %p");
    let image = build("interrupts", &["--bin", binary, "--features", binary]);
    let _board = microbit(&image, line.port);
    let order = |broker: &Broker, state: &str| broker.publish(&["-q", "1", "-t", "meter/set/light", "-m", state]);

    broker.process.wait_for("Sending SUBACK to meter");
    // This it does not understand, so there is no answer.
    order(&broker, "what?");
    for (count, state) in (1..).zip(["on", "off", "on"]) {
        order(&broker, state);
        assert_eq!(answers.lines(count).last(), Some(&format!("1 {state}")));
    }
    // Two at once: the first one may be passed over, the last one is answered.
    broker.publish_lines(&["-q", "1", "-t", "meter/set/light"], "off\non\n");
    let count = if answers.lines(4).last().is_some_and(|answer| answer == "1 off") { 5 } else { 4 };
    assert_eq!(answers.lines(count).last().map(String::as_str), Some("1 on"));
    missed_pulses(meters.lines(REPORTS));

    // Interrupts go on while there is no connection, and wait for nothing: their pulses are missed.
    line.cut();
    broker.process.wait_for("Client meter closed its connection");
    order(&broker, "off");
    line.restore();
    broker.process.wait_for("Sending SUBACK to meter");
    for missed in missed_pulses(meters.lines(3 * REPORTS)) {
        assert!(missed.len() > REPORTS / 2, "both meters report: {missed:?}");
        assert!(missed.last() > missed.first(), "{missed:?}");
    }
    // The last answer may come again, if its PUBACK was cut off.
    let next = answers.lines(count + 1).last().cloned();
    let last = if next.as_deref() == Some("1 on") { answers.lines(count + 2).last().cloned() } else { next };
    assert_eq!(last.as_deref(), Some("1 off"));
}

/// Slots of the firmware, so messages that may be sent again after a cut.
const SLOTS: u32 = 4;

/// How many pulses each meter had missed at each of its reports. Those that it did not miss are reported in their order, and
/// none is lost; the last ones may come twice, if their PUBACK was cut off.
fn missed_pulses(reports: &[String]) -> [Vec<u32>; 2] {
    ["meter/gas ", "meter/water "].map(|topic| {
        let mut reported = 0;
        let of_this = reports.iter().filter_map(|report| report.strip_prefix(topic));
        of_this
            .map(|report| {
                let (pulses, missed) = report.split_once(' ').expect("two numbers");
                let [pulses, missed]: [u32; 2] = [pulses, missed].map(|number| number.parse().expect("a number"));
                let this = pulses - missed;
                assert!(this <= reported + 1 && this + SLOTS > reported, "{topic}{report} after {reported}");
                reported = reported.max(this);
                missed
            })
            .collect()
    })
}
