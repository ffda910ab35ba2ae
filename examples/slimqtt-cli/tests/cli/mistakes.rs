//! What goes wrong before a broker is there, and how the program says so.

use std::fs;
use std::io::{Write, copy, sink};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use slimqtt_end_to_end::Authority;

use crate::tool::{Tool, slimqtt};

/// A port where nobody listens.
fn closed_port() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a port").port().to_string()
}

fn fails(arguments: &[&str], message: &str) {
    let left = slimqtt(arguments.iter().copied());
    assert!(left.errors.starts_with(message), "{arguments:?}: {}", left.errors);
    assert_eq!((left.code, left.output.len()), (Some(1), 0), "{arguments:?}");
}

#[test]
fn help_is_no_mistake() {
    for arguments in [&["--help"][..], &["pub", "--help"], &["sub", "--help"], &["--version"]] {
        let left = slimqtt(arguments.iter().copied());
        assert_eq!((left.code, left.errors.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(!left.output.is_empty(), "{arguments:?}");
    }
}

#[test]
fn mistakes_in_arguments() {
    fails(&[], "Publishes and subscribes by MQTT 3.1.1");
    fails(&["sub"], "error: there is no topic: give --topic, or a URL that has one\n");
    fails(&["pub", "-t", "a", "-n", "-q", "3"], "error: invalid value '3' for '--qos <QOS>': QoS is 0, 1 or 2");
}

#[test]
fn nobody_listens() {
    let port = closed_port();
    let message = format!("error: cannot connect to localhost, port {port}: Connection refused");
    for command in [&["pub", "-n"][..], &["sub"]] {
        fails(&[command, &["-t", "a", "-p", &port]].concat(), &message);
    }
    fails(&["pub", "-n", "-t", "a", "-p", &port, "--quiet"], "");
}

#[test]
fn host_is_not_known() {
    let message = "error: cannot connect to broker.invalid, port 1883: failed to lookup address information";
    fails(&["pub", "-t", "a", "-n", "-h", "broker.invalid"], message);
}

/// A port where everybody who connects is sent this, whatever they say.
fn says(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("a port").port().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Until the program is gone.
            let _ = stream.write_all(answer).and_then(|()| copy(&mut stream, &mut sink()));
        }
    });
    port
}

#[test]
fn who_answers_is_no_broker() {
    let port = says(b"0\x02ab");
    fails(&["sub", "-t", "a", "-p", &port], "error: the server broke the protocol\n");

    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let file = folder.path().join("ca.pem");
    fs::write(&file, Authority::new().certificate).expect("a file");
    let port = says(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let message = format!("error: cannot connect to localhost, port {port}: received corrupt message");
    fails(&["pub", "-n", "-t", "a", "-p", &port, "--cafile", &file.display().to_string()], &message);
}

#[test]
fn files_that_are_missing_or_wrong() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (missing, empty, port) = (place("missing"), place("empty"), closed_port());
    fs::write(&empty, "").expect("a file");
    fails(&["pub", "-t", "a", "-p", &port, "-f", &missing], &format!("error: cannot read {missing}: No such file"));
    let tls =
        |option: &[&str], message: &str| fails(&[&["pub", "-t", "a", "-n", "-p", &port], option].concat(), message);
    tls(&["--cafile", &missing], &format!("error: cannot read certificates from {missing}: "));
    tls(&["--cafile", &empty], &format!("error: there is no certificate in {empty}\n"));
    let good = place("good");
    let [certificate, _] = Authority::new().sign("client");
    fs::write(&good, certificate).expect("a file");
    let message = format!("error: cannot read a key from {empty}: ");
    tls(&["--cafile", &good, "--cert", &good, "--key", &empty], &message);
}

#[test]
fn connect_is_too_large() {
    let long = "x".repeat(65_000);
    let options = ["--will-topic", &long, "--will-payload", &long, "-i", &long];
    fails(
        &[&["sub", "-t", "a", "-p", &closed_port()], &options[..]].concat(),
        "error: client identifier, Will, user name and password cannot be sent: the packet is too large\n",
    );
}

#[test]
fn all_of_the_input_is_read_before_the_broker_is_asked() {
    let mut tool = Tool::start(["pub", "-t", "a", "-s", "-p", &closed_port()]);
    tool.write(&[7; 100_000]);
    assert_eq!(tool.left().code, Some(1));
}
