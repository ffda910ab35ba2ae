//! `slimqtt` against mosquitto, beside its own programs.

use std::collections::BTreeSet;
use std::process::Command;

use slimqtt_end_to_end::{Broker, Proxy};

use crate::client::{noise, printed, publish, start, subscribe};
use crate::tool::{Left, folder, slimqtt, write};

#[test]
fn pub_to_mosquitto_sub_at_each_qos() {
    let mut broker = Broker::start();
    let mut subscriber = broker.watch("room/#", "%t %q %p");
    for qos in 0..=2 {
        assert_eq!(publish(broker.port, &format!("-t room/{qos} -m m{qos} -q {qos}")), printed(""));
        subscriber.wait_for(&format!("room/{qos} {qos} m{qos}"));
    }
}

#[test]
fn mosquitto_pub_to_sub_at_each_qos() {
    let mut broker = Broker::start();
    for qos in ["0", "1", "2"] {
        let sub =
            subscribe(&mut broker, &format!("sub-{qos}"), &format!("-t room/+ -t other -C 2 -q {qos} -F %t|%q|%p"));
        broker.publish(&["-t", "room/1", "-m", "a b", "-q", qos]);
        broker.publish(&["-t", "other", "-m", "c", "-q", "2"]);
        assert_eq!(sub.left(), printed(format!("room/1|{qos}|a b\nother|{qos}|c\n")));
        broker.process.wait_for(&format!("Received DISCONNECT from sub-{qos}"));
    }
}

#[test]
fn pub_to_sub_at_each_qos() {
    let mut broker = Broker::start();
    for qos in ["0", "1", "2"] {
        let sub = subscribe(&mut broker, &format!("sub-{qos}"), &format!("-t room/# -C 3 -v -q {qos}"));
        assert_eq!(
            publish(broker.port, &format!("-t room -m hello -q {qos} --repeat 2 --repeat-delay 0.01")),
            printed("")
        );
        let url = format!("mqtt://127.0.0.1:{}/room/2", broker.port);
        assert_eq!(slimqtt(["pub", "-L", &url, "-n", "-q", qos]), printed(""));
        assert_eq!(sub.left(), printed("room hello\nroom hello\nroom/2 \n"));
    }
}

#[test]
fn retained_messages() {
    let mut broker = Broker::start();
    let port = broker.port;
    assert_eq!(publish(port, "-t kept -m first -r -q 1"), printed(""));
    let sub = |line: &str| start("sub", port, line).left();
    assert_eq!(sub("-t kept -C 1 -F %r|%p"), printed("1|first\n"));

    let fresh = subscribe(&mut broker, "fresh", "-t kept -C 1 -R -F %r|%p");
    assert_eq!(publish(port, "-t kept -m second -r -q 1"), printed(""));
    assert_eq!(fresh.left(), printed("0|second\n"));

    assert_eq!(publish(port, "-t kept -n -r -q 1"), printed(""));
    let Left { code, output, .. } = sub("-t kept -W 0.5");
    assert_eq!((code, output.as_slice()), (Some(27), &b""[..]));
}

#[test]
fn will_comes_where_the_program_is_killed() {
    let mut broker = Broker::start();
    let mut watch = broker.watch("will/#", "%t %q %p");
    let will = |name: &str| format!("-t a --will-topic will/{name} --will-payload gone --will-qos 1");
    let killed = subscribe(&mut broker, "killed", &will("killed"));
    killed.signal("KILL");
    assert_eq!(killed.left().code, None);
    watch.wait_for("will/killed 1 gone");

    // One that says goodbye has none.
    for signal in ["INT", "TERM"] {
        let polite = subscribe(&mut broker, signal, &will(signal));
        polite.signal(signal);
        assert_eq!(polite.left(), printed(""));
        broker.process.wait_for(&format!("Received DISCONNECT from {signal}"));
    }
    broker.publish(&["-t", "will/last", "-m", "message"]);
    watch.wait_for("will/last 0 message");
    assert_eq!(watch.lines(0).len(), 2, "{:?}", watch.lines(0));
}

#[test]
fn large_files_arrive_as_they_are() {
    let mut broker = Broker::start();
    let payload = noise(1_000_000);
    let folder = folder();
    let place = write(&folder, "payload", &payload);
    for qos in ["0", "1", "2"] {
        let subscribe = |broker: &mut Broker, name| {
            subscribe(broker, &format!("{name}-{qos}"), &format!("-t large -C 1 -N -q {qos}"))
        };
        let sub = subscribe(&mut broker, "from-pub");
        assert_eq!(publish(broker.port, &format!("-t large -q {qos} -f {place}")), printed(""));
        let left = sub.left();
        assert!(left == printed(&payload), "{} bytes of output, {:?}, {}", left.output.len(), left.code, left.errors);

        let sub = subscribe(&mut broker, "from-mosquitto");
        broker.publish(&["-t", "large", "-q", qos, "-f", &place]);
        assert!(sub.left() == printed(&payload));
    }

    // From the standard input, and to mosquitto_sub.
    let mut watch = broker.watch("large", "%l");
    let mut tool = start("pub", broker.port, "-t large -s -q 1");
    tool.write(&payload);
    assert_eq!(tool.left(), printed(""));
    watch.wait_for("1000000");
}

#[test]
fn topics_may_be_as_long_as_a_slot() {
    let mut broker = Broker::start();
    let long = "t".repeat(65_000);
    let sub = subscribe(&mut broker, "long", &format!("-t {long} -C 1 -v -q 1"));
    assert_eq!(publish(broker.port, &format!("-t {long} -m a -q 1")), printed(""));
    assert_eq!(sub.left(), printed(format!("{long} a\n")));

    let longer = "t".repeat(65_535);
    let left = publish(broker.port, &format!("-t {longer} -m a -q 1"));
    let error = "error: cannot publish 1 bytes: invalid arguments: the packet is too large\n";
    assert_eq!((left.code, left.errors.as_str()), (Some(1), error));
    let left = start("sub", broker.port, &format!("-t {longer}")).left();
    let error = "error: cannot subscribe: invalid arguments: the packet is too large\n";
    assert_eq!((left.code, left.errors.as_str()), (Some(1), error));
}

#[test]
fn each_line_is_a_message_as_soon_as_it_is_there() {
    let mut broker = Broker::start();
    for qos in ["0", "1", "2"] {
        let sub = subscribe(&mut broker, &format!("lines-{qos}"), &format!("-t lines -C 4 -q {qos} -F %x"));
        let mut tool = start("pub", broker.port, &format!("-t lines -l -q {qos} -i from-{qos}"));
        tool.write(b"one\n");
        broker.process.wait_for(&format!("Received PUBLISH from from-{qos}"));
        // One that is empty, one that is no text, and one without an end.
        tool.write(b"\n\xFF\x00\nlast");
        assert_eq!(tool.left(), printed(""));
        assert_eq!(sub.left(), printed("6f6e65\n\nff00\n6c617374\n"));
        broker.process.wait_for(&format!("Received DISCONNECT from from-{qos}"));
    }
}

#[test]
fn many_lines_keep_their_order() {
    let mut broker = Broker::start();
    // No more than mosquitto keeps for a subscriber that is slow, and than a subscriber has room for at QoS 2.
    for (qos, count) in [("0", 1_000), ("1", 1_000), ("2", 250)] {
        let lines: String = (0..count).map(|number| format!("line {number}\n")).collect();
        let sub = subscribe(&mut broker, &format!("many-{qos}"), &format!("-t lines -C {count} -q {qos}"));
        let mut tool = start("pub", broker.port, &format!("-t lines -l -q {qos}"));
        tool.write(lines.as_bytes());
        assert_eq!(tool.left(), printed(""));
        let left = sub.left();
        assert!(left == printed(&lines), "{:?}, {}, {} bytes", left.code, left.errors, left.output.len());
    }
}

/// mosquitto may have far more of them in flight than it is allowed to, and than the agent has room for: then the connection
/// ends, and the session goes on with the next one.
#[test]
fn too_many_lines_at_qos_2_come_once_where_the_session_is_kept() {
    let mut broker = Broker::start();
    let lines: BTreeSet<String> = (0..1_000).map(|number| format!("line {number}")).collect();
    let sub = subscribe(&mut broker, "many", "-t lines -C 1000 -q 2 -c");
    let mut tool = start("pub", broker.port, "-t lines -l -q 2");
    tool.write(lines.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes());
    assert_eq!(tool.left(), printed(""));
    let Left { code, output, .. } = sub.left();
    let output = String::from_utf8(output).expect("it is text");
    assert_eq!((code, output.lines().count()), (Some(0), 1_000));
    assert!(output.lines().map(str::to_owned).collect::<BTreeSet<_>>() == lines);
}

#[test]
fn enough_messages_or_enough_time() {
    let mut broker = Broker::start();
    let sub = subscribe(&mut broker, "count", "-t a -C 2");
    assert_eq!(publish(broker.port, "-t a -m b -q 1 --repeat 5"), printed(""));
    assert_eq!(sub.left(), printed("b\nb\n"));

    let sub = subscribe(&mut broker, "time", "-t a -C 2 -W 5");
    assert_eq!(publish(broker.port, "-t a -m b -q 1"), printed(""));
    let left = Left { code: Some(27), errors: "error: timed out\n".to_owned(), output: b"b\n".to_vec() };
    assert_eq!(sub.left(), left);
    broker.process.wait_for("Received DISCONNECT from time");
}

#[test]
fn what_is_not_printed() {
    let mut broker = Broker::start();
    let sub = subscribe(&mut broker, "filter", "-t # -T room/+/noise -T other/# -C 2 -N -F %t;");
    for topic in ["room/1/noise", "other", "other/1", "room/1", "room/noise"] {
        assert_eq!(publish(broker.port, &format!("-t {topic} -m a -q 1")), printed(""));
    }
    assert_eq!(sub.left(), printed("room/1;room/noise;"));
}

#[test]
fn user_name_and_password_are_checked() {
    let folder = folder();
    let passwords = write(&folder, "passwords", "");
    let hashed = Command::new("mosquitto_passwd").args(["-b", &passwords, "room@home", "se:cret"]).output();
    assert!(hashed.expect("mosquitto_passwd runs").status.success());
    let broker = Broker::configured(&format!("allow_anonymous false\npassword_file {passwords}"));
    assert_eq!(publish(broker.port, "-t a -n -u room@home -P se:cret"), printed(""));
    let url = format!("mqtt://room%40home:se%3Acret@localhost:{}/a", broker.port);
    assert_eq!(slimqtt(["pub", "-n", "-L", &url]), printed(""));
    let refused = Left {
        code: Some(5),
        output: Vec::new(),
        errors: "error: the server refused the connection: NotAuthorized\n".to_owned(),
    };
    assert_eq!(publish(broker.port, "-t a -n -u room@home -P wrong"), refused);
    assert_eq!(publish(broker.port, "-t a -n"), refused);
    assert_eq!(start("sub", broker.port, "-t a -u room@home -P wrong").left(), refused);
}

#[test]
fn client_identifiers() {
    let mut broker = Broker::configured("allow_anonymous true\nallow_zero_length_clientid false");
    assert_eq!(publish(broker.port, "-t a -n -i me -k 33"), printed(""));
    broker.process.wait_for("as me (p2, c1, k33)");
    assert_eq!(publish(broker.port, "-t a -n -I me-"), printed(""));
    broker.process.wait_for("as me-");
    let left = publish(broker.port, "-t a -n");
    let error = "error: the server refused the connection: IdentifierRejected\n";
    assert_eq!((left.code, left.errors.as_str()), (Some(2), error));
}

#[test]
fn sessions_are_kept() {
    let broker = Broker::start();
    let sub = |line: &str| start("sub", broker.port, &format!("{line} -i keeper -c -q 1")).left();
    assert_eq!(sub("-t kept/# -t other -E"), printed(""));
    assert_eq!(publish(broker.port, "-t kept/1 -m meanwhile -q 1"), printed(""));
    assert_eq!(sub("-t kept/# -C 1 -v"), printed("kept/1 meanwhile\n"));
    assert_eq!(sub("-U kept/# -E"), printed(""));
    assert_eq!(publish(broker.port, "-t kept/1 -m lost -q 1"), printed(""));
    assert_eq!(publish(broker.port, "-t other -m found -q 1"), printed(""));
    assert_eq!(sub("-t other -C 1 -v"), printed("other found\n"));
}

#[test]
fn what_is_not_counted_stays_in_the_session() {
    let broker = Broker::start();
    for qos in ["1", "2"] {
        let sub =
            |line: &str| start("sub", broker.port, &format!("{line} -t counted -i counter-{qos} -c -q {qos}")).left();
        assert_eq!(sub("-E"), printed(""));
        let mut tool = start("pub", broker.port, &format!("-t counted -q {qos} -l"));
        tool.write(b"one\ntwo\nthree\nfour\n");
        assert_eq!(tool.left(), printed(""));
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            assert_eq!(sub("-C 1"), printed(line), "QoS {qos}");
        }
    }
}

#[test]
fn sub_connects_again() {
    let mut broker = Broker::start();
    let line = Proxy::to(broker.port);
    let sub = start("sub", line.port, "-t a -C 2 -q 1 -i again");
    broker.process.wait_for("Sending SUBACK to again");
    assert_eq!(publish(broker.port, "-t a -m before -q 1"), printed(""));
    broker.process.wait_for("Received PUBACK from again");
    line.cut();
    broker.process.wait_for("Sending SUBACK to again");
    assert_eq!(publish(broker.port, "-t a -m after -q 1"), printed(""));
    let Left { code, output, errors } = sub.left();
    assert_eq!((code, output.as_slice()), (Some(0), &b"before\nafter\n"[..]));
    assert_eq!(errors, "warning: the server closed the connection; connecting again\n");
}

#[test]
fn pub_goes_on_with_a_session_and_fails_without() {
    let mut broker = Broker::start();
    let line = Proxy::to(broker.port);
    let mut tool = start("pub", line.port, "-t a -l -q 1 -i short");
    tool.write(b"one\n");
    broker.process.wait_for("Sending PUBACK to short");
    line.cut();
    let Left { code, errors, .. } = tool.left();
    assert_eq!((code, errors.as_str()), (Some(1), "error: the server closed the connection\n"));

    let mut tool = start("pub", line.port, "-t a -l -q 1 -i long -c -d");
    tool.write(b"one\n");
    tool.wait_for("slimqtt: published 3 bytes to a");
    line.cut();
    tool.wait_for("warning: the server closed the connection; connecting again");
    tool.write(b"two\n");
    assert_eq!(tool.left().code, Some(0));
    broker.process.wait_for("Received PUBLISH from long");
    broker.process.wait_for("Received PUBLISH from long");
    broker.process.wait_for("Received DISCONNECT from long");
}

#[test]
fn pub_is_interrupted() {
    let mut broker = Broker::start();
    let mut tool = start("pub", broker.port, "-t a -l -i interrupted --will-topic b");
    tool.write(b"one\n");
    broker.process.wait_for("Received PUBLISH from interrupted");
    tool.signal("INT");
    broker.process.wait_for("Received DISCONNECT from interrupted");
    assert_eq!(tool.left().code, Some(130));
}

#[test]
fn nobody_reads_the_output() {
    let mut broker = Broker::start();
    let mut sub = subscribe(&mut broker, "unread", "-t a");
    sub.stop_reading();
    assert_eq!(publish(broker.port, "-t a -m b"), printed(""));
    broker.process.wait_for("Received DISCONNECT from unread");
    assert_eq!(sub.left(), printed(""));
}

#[test]
fn debug_says_what_the_connection_does_and_no_secrets() {
    let broker = Broker::start();
    let left = publish(broker.port, "-t a -m payload -q 1 -d -u somebody -P secret");
    assert_eq!(left.code, Some(0));
    for line in [
        "slimqtt: connecting to localhost, port ",
        "slimqtt_agent: connected, session present: false",
        "slimqtt: published 7 bytes to a",
        "slimqtt_agent: disconnected",
    ] {
        assert!(left.errors.contains(line), "{line}: {}", left.errors);
    }
    for secret in ["payload", "somebody", "secret"] {
        assert!(!left.errors.contains(secret), "{secret}: {}", left.errors);
    }
    let left = start("sub", broker.port, "-t a -E -d").left();
    assert!(left.errors.contains("slimqtt: subscribed to a: GrantedAtMostOnce"), "{}", left.errors);
}
