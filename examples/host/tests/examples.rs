//! Runs each program against a mosquitto, and looks at what the broker got and what the program prints.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use slimqtt_end_to_end::{Authority, Broker, Process, Proxy};
use tempfile::tempdir;

/// Starts one of the programs with these arguments.
fn start(name: &'static str, arguments: &[&str]) -> Process {
    let path = match name {
        "threads" => env!("CARGO_BIN_EXE_threads"),
        "tokio" => env!("CARGO_BIN_EXE_tokio"),
        "tls" => env!("CARGO_BIN_EXE_tls"),
        "fleet" => env!("CARGO_BIN_EXE_fleet"),
        "download" => env!("CARGO_BIN_EXE_download"),
        _ => panic!("there is no program {name}"),
    };
    Process::start(name, Command::new(path).args(arguments))
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// What a subscriber has printed up to a message that is published now.
fn until_now(broker: &Broker, subscriber: &mut Process, topic: &str) -> Vec<String> {
    broker.publish(&["-q", "2", "-t", topic, "-m", "that was all"]);
    subscriber.wait_for("that was all");
    subscriber.lines(0).to_vec()
}

/// Sends it a signal: `INT` is what Ctrl-C does.
fn signal(signal: &str, process: &Process) {
    let status = Command::new("sh").args(["-c", &format!("kill -{signal} {}", process.id())]).status();
    assert!(status.expect("there is a shell").success());
}

#[test]
fn threads_share_a_connection_that_breaks() {
    const MESSAGES: usize = 100;
    let mut broker = Broker::start();
    let line = Proxy::to(broker.port);
    let mut subscriber = broker.watch("threads/#", "%q %t %p");
    line.cut_often(3, 7);
    let mut threads = start("threads", &[&address(line.port), "--messages", "100", "--pause", "5"]);
    assert!(threads.wait().success(), "{:?}", threads.lines(usize::MAX));
    broker.process.wait_for("Received DISCONNECT from threads");

    let printed = threads.lines(usize::MAX).join("\n");
    assert_eq!((printed.matches("connection lost").count(), line.cuts_left()), (3, 0), "{printed}");
    let seen = until_now(&broker, &mut subscriber, "threads/end");
    for sensor in ["1", "2", "3"] {
        assert!(printed.contains(&format!("threads/sensor/{sensor}: {MESSAGES} messages have arrived")), "{printed}");
        // At QoS 1 one may come twice.
        let mut numbers: Vec<usize> = numbers(&seen, &format!("1 threads/sensor/{sensor} "));
        numbers.dedup();
        assert_eq!(numbers, (0..MESSAGES).collect::<Vec<_>>());
    }
    // Who does not wait may find no free slot while there is no connection, and QoS 0 may be lost with it.
    let button = numbers(&seen, "0 threads/button ");
    assert!(printed.contains(&format!("of {MESSAGES} messages were put in line")), "{printed}");
    assert!(!button.is_empty() && button.is_sorted_by(|a, b| a < b), "{button:?}");
}

fn numbers(lines: &[String], prefix: &str) -> Vec<usize> {
    lines.iter().filter_map(|line| line.strip_prefix(prefix)).map(|number| number.parse().expect("a number")).collect()
}

#[test]
fn tokio_answers_reconnects_and_disconnects_at_ctrl_c() {
    let mut broker = Broker::start();
    let line = Proxy::to(broker.port);
    let mut subscriber = broker.watch("house/#", "%q %t %p");
    let mut program = start("tokio", &[&address(line.port), "--pause", "50"]);
    program.wait_for("subscribed: GrantedExactlyOnce");
    broker.publish(&["-q", "2", "-t", "house/ask/1", "-m", "who is there"]);
    program.wait_for("house/ask/1: who is there");
    subscriber.wait_for("2 house/answer who is there");
    subscriber.wait_for("1 house/temperature 21.");

    line.cut();
    program.wait_for("connection lost");
    // It waits for the program, since the session is kept.
    broker.publish(&["-q", "1", "-t", "house/ask/2", "-m", "still there"]);
    subscriber.wait_for("2 house/answer still there");
    program.wait_for("subscribed: GrantedExactlyOnce");

    signal("INT", &program);
    broker.process.wait_for("Received DISCONNECT from house");
    assert!(program.wait().success());
    assert_eq!(program.lines(usize::MAX).last().map(String::as_str), Some("disconnected"));
}

#[test]
fn tokio_measures_no_faster_after_an_outage() {
    const PAUSE: Duration = Duration::from_millis(100);
    let mut broker = Broker::start();
    let mut subscriber = broker.watch("house/temperature", "%p");
    let _program = start("tokio", &[&address(broker.port), "--pause", "100"]);
    subscriber.wait_for("21.");
    // In this time there would be 20, all of them sent when it is over.
    signal("STOP", &broker.process);
    sleep(20 * PAUSE);
    signal("CONT", &broker.process);
    let (began, count) = (Instant::now(), subscriber.lines(0).len());
    assert_eq!(subscriber.lines(count + 12).len(), count + 12);
    // Two of them may have been under way, and one is due at once.
    assert!(began.elapsed() > 8 * PAUSE, "{:?}", began.elapsed());
}

#[test]
fn a_broker_may_end_and_forget_everything() {
    let mut broker = Broker::start();
    let address = address(broker.port);
    let mut tokio = start("tokio", &[&address, "--pause", "20"]);
    tokio.wait_for("subscribed: GrantedExactlyOnce");
    let mut threads = start("threads", &[&address, "--messages", "100", "--pause", "20"]);
    broker.process.wait_for("Sending PUBACK to threads");
    // What it is sent now is never acknowledged.
    signal("STOP", &broker.process);
    sleep(Duration::from_millis(200));
    broker = broker.restarted();
    for program in [&mut threads, &mut tokio] {
        program.wait_for("connection lost");
    }
    tokio.wait_for("subscribed: GrantedExactlyOnce");
    broker.process.wait_for("Received PUBLISH from house (d0, q1, r0, m");
    broker.publish(&["-q", "1", "-t", "house/ask/1", "-m", "hello"]);
    tokio.wait_for("house/ask/1: hello");
    assert!(threads.wait().success());
    let printed = threads.lines(usize::MAX).join("\n");
    assert_eq!(printed.matches("100 messages have arrived").count(), 3, "{printed}");
}

#[test]
fn tokio_says_that_there_is_no_broker() {
    let mut program = start("tokio", &["127.0.0.1:1"]);
    program.wait_for("cannot connect to 127.0.0.1:1: Connection refused");
    signal("INT", &program);
    assert!(!program.wait().success());
    program.wait_for("there is no broker to disconnect from");
}

#[test]
fn who_is_refused_ends() {
    let broker = Broker::configured("allow_anonymous false");
    let address = address(broker.port);
    for (name, arguments) in
        [("threads", &[&address[..]][..]), ("tokio", &[&address]), ("download", &[&address, "device"])]
    {
        let mut program = start(name, arguments);
        assert!(!program.wait().success());
        program.wait_for("the server refused the connection: NotAuthorized");
    }
}

#[test]
fn who_is_told_to_come_later_comes_again() {
    for (name, arguments) in [("threads", &[][..]), ("tokio", &[]), ("download", &["device"])] {
        let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = busy.local_addr().expect("a port").to_string();
        let mut program = start(name, &[&[&address[..]], arguments].concat());
        for _ in 0..2 {
            let (mut stream, _) = busy.accept().expect("it connects");
            let connect = stream.read(&mut [0; 100]).expect("CONNECT comes");
            assert!(connect > 0);
            stream.write_all(&[0x20, 2, 0, 3]).expect("CONNACK goes");
            program.wait_for("connection lost: the server refused the connection: ServerUnavailable");
        }
    }
}

#[test]
fn who_may_not_subscribe_says_so() {
    let strict = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = strict.local_addr().expect("a port").to_string();
    let mut program = start("download", &[&address, "device"]);
    let (mut stream, _) = strict.accept().expect("it connects");
    // CONNACK, and a SUBACK with a failure in it.
    for answer in [&[0x20, 2, 0, 0][..], &[0x90, 3, 0, 1, 0x80]] {
        assert!(stream.read(&mut [0; 100]).expect("a packet comes") > 0);
        stream.write_all(answer).expect("the answer goes");
    }
    program.wait_for("the broker refuses the subscription to device/1/image");
    assert!(!program.wait().success());
}

#[test]
fn tls_checks_the_certificate() {
    let authority = Authority::new();
    let files = tempdir().expect("a folder for temporary files");
    let place = |name: &str, text: &str| {
        let file = files.path().join(name);
        fs::write(&file, text).expect("a file");
        file.display().to_string()
    };
    let [certificate, key] = authority.sign("localhost");
    let lines = format!(
        "allow_anonymous true\ncertfile {}\nkeyfile {}",
        place("certificate.pem", &certificate),
        place("key.pem", &key)
    );
    let mut broker = Broker::configured(&lines);
    let (own, other) = (place("own.pem", &authority.certificate), place("other.pem", &Authority::new().certificate));
    let address = address(broker.port);
    let run = |arguments: &[&str]| {
        let mut program = start("tls", &[&[&address[..], "--authority"], arguments].concat());
        let success = program.wait().success();
        (success, program.lines(usize::MAX).join("\n"))
    };

    for (arguments, reason) in [
        (&[&other[..], "--name", "localhost"][..], "BadSignature"),
        (&[&own, "--name", "other.example"], "not valid for name"),
        // The certificate has no address in it.
        (&[&own], "not valid for name"),
        (&["no-such-file.pem"], "cannot read no-such-file.pem"),
    ] {
        let (success, printed) = run(arguments);
        assert!(!success && printed.contains(reason), "{printed}");
    }
    let (success, printed) = run(&[&own, "--name", "localhost"]);
    assert!(success && printed.contains("received over TLS: 21.5"), "{printed}");
    broker.process.wait_for("Received PUBLISH from tls (d0, q2, r0, m");
    broker.process.wait_for("Received DISCONNECT from tls");
}

#[test]
fn fleet_exchanges_all_messages_and_tells_what_it_takes() {
    let broker = Broker::start();
    let mut fleet = start("fleet", &[&address(broker.port), "--agents", "50", "--messages", "20"]);
    assert!(fleet.wait().success(), "{:?}", fleet.lines(usize::MAX));
    let printed = fleet.lines(usize::MAX).to_vec();
    assert!(printed[0].starts_with("50 agents: 1000 messages published, 1000 received, in "), "{printed:?}");
    // Each line of the table begins with a number.
    let figures: Vec<usize> =
        printed.iter().filter_map(|line| line.split_whitespace().next()?.parse().ok()).skip(2).collect();
    let [agent, connection, task, connected, after] = figures[..] else { panic!("{printed:?}") };
    assert_eq!(agent, size_of::<slimqtt::complete::Agent>());
    assert!(agent + connection < task && connection > 0, "{printed:?}");
    // Less cannot be in RAM than the tasks, and more than these is the system's and the allocator's.
    assert!((task / 2..100_000).contains(&connected) && after < 100_000, "{printed:?}");
}

#[test]
fn fleet_says_what_is_wrong() {
    let shell = |limit: &str, arguments: &str| {
        let script = format!("ulimit -n {limit}; exec {} {arguments}", env!("CARGO_BIN_EXE_fleet"));
        let output = Command::new("sh").args(["-c", &script]).output().expect("there is a shell");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = shell("64", "127.0.0.1:1 --agents 50");
    assert!(
        said.contains("needs 82 open files, and may have 64: run `ulimit -n 82` before, or take fewer agents"),
        "{said}"
    );
    let said = shell("256", "127.0.0.1:1 --agents 2");
    assert!(said.contains("cannot connect to 127.0.0.1:1"), "{said}");
    let said = shell("256", "127.0.0.1:1 --agents 0");
    assert!(said.contains("invalid value '0' for '--agents"), "{said}");
}

#[test]
fn download_survives_a_cut_and_knows_what_it_has() {
    let mut broker = Broker::start();
    let line = Proxy::to(broker.port);
    let files = tempdir().expect("a folder for temporary files");
    let file = |name: &str, length: usize| {
        let image: Vec<u8> = (0..length).map(|index| (index * 31 + index / 255) as u8).collect();
        let file = files.path().join(name);
        fs::write(&file, &image).expect("a file");
        let sum = slimqtt_download::checksum(&image);
        (file.display().to_string(), format!("{length} bytes, CRC-32 {sum:#010x}"))
    };
    let mut states = broker.subscriber("device/1/state");
    let publish = |version: &str, file: &str| {
        let mut program = start("download", &[&address(broker.port), "publish", "--version", version, file]);
        assert!(program.wait().success(), "{:?}", program.lines(usize::MAX));
        program.lines(usize::MAX).to_vec()
    };

    // Before the device is there: the broker keeps it.
    let (first, about) = file("first", 65_536);
    assert_eq!(publish("1", &first), [format!("published version 1, {about}")]);
    let mut device = start("download", &[&address(line.port), "device"]);
    device.wait_for("a message of 65544 bytes begins");
    device.wait_for(&format!("installed version 1, {about}"));
    states.wait_for(&format!("device/1/state installed version 1, {about}"));

    // In the middle of the next one the line is cut: it comes again from its start.
    line.cut_after(30_000);
    let (second, about) = file("second", 100_001);
    publish("2", &second);
    device.wait_for("a message of 100009 bytes begins");
    device.wait_for("connection lost: the server closed the connection");
    device.wait_for("a message of 100009 bytes begins");
    states.wait_for(&format!("device/1/state installed version 2, {about}"));

    // With the next connection it comes again, and is left as it is.
    line.cut();
    states.wait_for(&format!("device/1/state has version 2, {about}"));

    let (large, _) = file("large", 0x2_0000);
    publish("3", &large);
    states.wait_for("device/1/state failed: the image is larger than the flash");
    broker.publish(&["-q", "1", "-t", "device/1/image", "-m", "short"]);
    states.wait_for("device/1/state failed: the message is too short for a header");
    broker.publish(&["-q", "1", "-t", "device/1/image", "-m", "longer than a header, but no image"]);
    states.wait_for("device/1/state failed: the checksum is wrong");
    publish("1", &first);
    states.wait_for("device/1/state installed version 1");
    let mut missing = start("download", &[&address(broker.port), "publish", "--version", "1", "no-such-file"]);
    missing.wait_for("cannot read no-such-file");
}
