//! The profile `complete` on an emulated Cortex-M0 with 16 KB of RAM, on a line that is cut again and again: messages at every
//! QoS in both directions. Nothing is lost at QoS 1, nothing is lost or doubled at QoS 2, no slot is lost, and the stack has
//! room left.
//!
//! For a moment, or with `SLIMQTT_LONG=1` for 20,000 messages each way.

use std::collections::BTreeSet;

use slimqtt::{Connect, packet};
use slimqtt_end_to_end::{Broker, Connection, Modem, build, inbox, is_long, microbit, outcome, roomy};

/// Slots of the profile.
const SLOTS: u32 = 4;

/// Bytes of the stack that are never used, at the least.
const SPARE_STACK: u32 = 4_096;

#[test]
fn complete_profile_survives_on_a_cortex_m0() {
    static OTHER: roomy::Agent = roomy::Agent::new();
    const QUALITIES: [roomy::QoS; 3] = [roomy::QoS::AtMostOnce, roomy::QoS::AtLeastOnce, roomy::QoS::ExactlyOnce];
    // Of each QoS.
    let (messages, cuts) = if is_long() { (6_667, 200) } else { (100, 5) };
    let image = build("microbit-qemu", &["--bin", "soak", "--features", "soak"]);
    let mut broker = Broker::configured("allow_anonymous true\nmax_inflight_messages 8\nmax_queued_messages 0");
    let (will, user_name, password) = (None, None, None);
    let (keep_alive, client_identifier) = (60, "other");
    let packet = packet::Connect { clean_session: true, keep_alive, client_identifier, will, user_name, password };
    let (handler, inbox) = inbox();
    let connect = Connect::<64>::from_packet(&packet).expect("CONNECT fits into 64 bytes");
    let other = Connection::once(&OTHER, broker.port, connect, handler);
    for filter in ["soak/out/#", "soak/sent", "soak/report"] {
        outcome(OTHER.subscribe(&[(filter, roomy::RequestedQoS::ExactlyOnce)])).expect("it is granted");
    }

    let modem = Modem::to(broker.port, 1, 4_000);
    let mut board = microbit(&image, modem.port);
    // Its last subscription, on whatever connection.
    broker.process.wait_for("Sending SUBACK to soak");
    let publish =
        |qos, topic: &str, text: &str| assert_eq!(outcome(OTHER.publish(qos, topic, text.as_bytes())), Ok(()));
    publish(roomy::QoS::ExactlyOnce, "soak/begin", &messages.to_string());

    // What comes is answered by the same number at the same QoS, so that both directions are busy.
    let mut come = [const { BTreeSet::new() }; 3];
    let mut next = [0; 3];
    let mut repeats = 0;
    let mut give = |level: usize, up_to: u32| {
        while next[level] < up_to {
            publish(QUALITIES[level], &format!("soak/in/{level}"), &format!("{:08}", next[level]));
            next[level] += 1;
        }
    };
    loop {
        let message = inbox.next();
        let Some(level) = message.topic.strip_prefix("soak/out/") else {
            assert_eq!(message.topic, "soak/sent");
            break;
        };
        let level: usize = level.parse().expect("a QoS");
        let number: u32 = str::from_utf8(&message.payload).expect("digits").parse().expect("a number");
        let is_new = come[level].insert(number);
        assert!(is_new || level == 1, "{number} came twice at QoS {level}");
        repeats += usize::from(!is_new);
        // Of QoS 0 some may be lost; those who follow tell.
        give(level, number + 1);
    }
    for level in 0..3 {
        give(level, messages);
    }
    publish(roomy::QoS::ExactlyOnce, "soak/end", "");
    let all: BTreeSet<_> = (0..messages).collect();
    assert!(come[1] == all && come[2] == all, "nothing is lost on its way out");

    let report = inbox.next();
    assert_eq!(report.topic, "soak/report");
    let report = String::from_utf8(report.payload).expect("text");
    let numbers: Vec<u32> = report.split(' ').map(|number| number.parse().expect("a number")).collect();
    let [in_0, in_1, in_2, in_repeats, faults, spare_stack, free, connections] = numbers[..] else {
        panic!("{report}")
    };
    println!(
        "figures: out {} + {} + {} messages, {repeats} repeats; in {in_0} + {in_1} + {in_2}, {in_repeats} repeats; {} cuts, \
         {connections} connections, {spare_stack} bytes of stack never used",
        come[0].len(),
        come[1].len(),
        come[2].len(),
        modem.cuts()
    );
    assert_eq!(faults, 0, "{report}");
    assert_eq!((in_1, in_2), (messages, messages), "nothing is lost or doubled on its way in");
    assert!(in_0 > messages / 2 && come[0].len() as u32 > messages / 2, "QoS 0 loses what is under way in a cut only");
    assert_eq!(free, SLOTS, "slots are free at the end");
    assert!(spare_stack >= SPARE_STACK, "{spare_stack} bytes of stack were never used");
    assert!(modem.cuts() >= cuts, "{} cuts", modem.cuts());
    assert!(board.wait().success(), "the firmware ends with success");
    assert_eq!(outcome(OTHER.disconnect()), Ok(()));
    assert_eq!(other.ended(), Ok(()));
}
