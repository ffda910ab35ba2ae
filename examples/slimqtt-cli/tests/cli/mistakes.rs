//! What goes wrong, and how the program says so: without a broker, or with one that only a test could wish for.

use std::fs::File;
use std::io::{Read, Write, copy, sink};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use slimqtt_end_to_end::Authority;

use crate::tool::{Left, Tool, folder, slimqtt, write};

/// A port where nobody listens.
fn closed_port() -> String {
    listener().1
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("a port").port().to_string();
    (listener, port)
}

/// A port where everybody who connects is given these answers, whatever they ask, and then none.
fn answers<const N: usize>(answers: [Vec<u8>; N]) -> String {
    let (listener, port) = listener();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            for answer in &answers {
                // Who asks may be gone.
                let _ = stream.read(&mut [0; 1_000]).and_then(|_| stream.write_all(answer));
            }
            let _ = copy(&mut stream, &mut sink());
        }
    });
    port
}

const ACCEPTED: [u8; 4] = [0x20, 2, 0, 0];
/// For a subscription with the first identifier.
const SUBSCRIBED: [u8; 5] = [0x90, 3, 0, 1, 0];
const NOT_SUBSCRIBED: [u8; 5] = [0x90, 3, 0, 1, 0x80];

fn has_failed(left: &Left, message: &str) {
    assert!(left.errors.starts_with(message), "{message}: {}", left.errors);
    assert_eq!((left.code, left.output.len()), (Some(1), 0), "{message}");
}

fn fails(arguments: &[&str], message: &str) {
    has_failed(&slimqtt(arguments.iter().copied()), message);
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
    let left = slimqtt(["pub", "-n", "-t", "a", "-p", &port, "--quiet"]);
    assert_eq!((left.code, left.errors.as_str()), (Some(1), ""));
}

#[test]
fn host_is_not_known() {
    let message = "error: cannot connect to broker.invalid, port 1883: failed to lookup address information";
    fails(&["pub", "-t", "a", "-n", "-h", "broker.invalid"], message);
}

#[test]
fn who_answers_is_no_broker() {
    let port = answers([b"0\x02ab".to_vec()]);
    fails(&["sub", "-t", "a", "-p", &port], "error: the server broke the protocol\n");

    let folder = folder();
    let ca = write(&folder, "ca.pem", &Authority::new().certificate);
    let port = answers([b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()]);
    let message = format!("error: cannot connect to localhost, port {port}: received corrupt message");
    fails(&["pub", "-n", "-t", "a", "-p", &port, "--cafile", &ca], &message);
}

#[test]
fn nobody_answers() {
    let port = answers([]);
    let plain = Tool::start(["sub", "-t", "a", "-p", &port]);
    let folder = folder();
    let ca = write(&folder, "ca.pem", &Authority::new().certificate);
    let message = format!("error: cannot connect to localhost, port {port}: no answer for 10 seconds\n");
    fails(&["sub", "-t", "a", "-p", &port, "--cafile", &ca], &message);
    has_failed(&plain.left(), "error: the server did not answer in time\n");
}

#[test]
fn return_codes_of_connack_are_exit_codes() {
    for (code, name) in [
        (1, "UnacceptableProtocolVersion"),
        (2, "IdentifierRejected"),
        (3, "ServerUnavailable"),
        (4, "BadUserNameOrPassword"),
        (5, "NotAuthorized"),
    ] {
        let port = answers([vec![0x20, 2, 0, code]]);
        for command in [&["pub", "-n"][..], &["sub"]] {
            let left = slimqtt([command, &["-t", "a", "-p", &port]].concat());
            let errors = format!("error: the server refused the connection: {name}\n");
            assert_eq!(left, Left { code: Some(code.into()), output: Vec::new(), errors });
        }
    }
}

#[test]
fn subscriptions_are_refused() {
    let port = answers([ACCEPTED.to_vec(), NOT_SUBSCRIBED.to_vec()]);
    let message = "warning: the broker refuses the subscription to a\nerror: the broker refuses all subscriptions\n";
    fails(&["sub", "-t", "a", "-p", &port], message);
}

#[test]
fn all_subscriptions_are_refused_where_others_are_ended() {
    const UNSUBSCRIBED: [u8; 4] = [0xB0, 2, 0, 1];
    let message = "warning: the broker refuses the subscription to b\nerror: the broker refuses all subscriptions\n";
    // When the first slot is used anew, the identifier is this one.
    let port = answers([ACCEPTED.to_vec(), UNSUBSCRIBED.to_vec(), vec![0x90, 3, 1, 1, 0x80]]);
    fails(&["sub", "-U", "a", "-t", "b", "-E", "-p", &port], message);
    // Without any there is nothing to refuse.
    let port = answers([ACCEPTED.to_vec(), UNSUBSCRIBED.to_vec()]);
    let left = slimqtt(["sub", "-U", "a", "-E", "-p", &port]);
    assert_eq!(left, Left { code: Some(0), output: Vec::new(), errors: String::new() });
}

#[test]
fn topic_is_too_long() {
    // A message without a payload, whose topic has 65,530 bytes.
    let mut message = [&[0x30, 0xFC, 0xFF, 3, 0xFF, 0xFA][..], &[b't'; 65_530]].concat();
    // And one that is fine.
    message.extend(b"0\x04\0\x01ab");
    let port = answers([ACCEPTED.to_vec(), [&SUBSCRIBED, &message[..]].concat()]);
    let errors = "warning: a message of 0 bytes is skipped: its topic is too long\n".to_owned();
    let left = slimqtt(["sub", "-t", "#", "-C", "1", "-p", &port]);
    assert_eq!(left, Left { code: Some(0), output: b"b\n".to_vec(), errors });
}

#[test]
fn files_that_are_missing_or_wrong() {
    let (folder, port) = (folder(), closed_port());
    let missing = folder.path().join("missing").display().to_string();
    fails(&["pub", "-t", "a", "-p", &port, "-f", &missing], &format!("error: cannot read {missing}: No such file"));

    let tls =
        |option: &[&str], message: &str| fails(&[&["pub", "-t", "a", "-n", "-p", &port], option].concat(), message);
    tls(&["--cafile", &missing], &format!("error: cannot read certificates from {missing}: "));
    let empty = write(&folder, "empty", "");
    tls(&["--cafile", &empty], &format!("error: there is no certificate in {empty}\n"));
    let wrong = write(&folder, "wrong", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    tls(&["--cafile", &wrong], &format!("error: cannot use a certificate of {wrong}: "));

    let authority = Authority::new();
    let [certificate, key] = authority.sign("client");
    let (good, key) = (write(&folder, "good", &certificate), write(&folder, "key", &key));
    let message = format!("error: cannot read a key from {empty}: ");
    tls(&["--cafile", &good, "--cert", &good, "--key", &empty], &message);
    let other = write(&folder, "other", &authority.sign("client")[0]);
    let message = format!("error: cannot use the certificate {other} with this key: ");
    tls(&["--cafile", &good, "--cert", &other, "--key", &key], &message);
    tls(&["--cafile", &good, "-h", "no name"], "error: no certificate has the name `no name`: ");
}

#[test]
fn system_trusts_nobody() {
    let folder = folder();
    let empty = write(&folder, "empty", "");
    let tool = Tool::configured(["pub", "-t", "a", "-n", "-L", "mqtts://localhost"], |command| {
        command.env("SSL_CERT_FILE", &empty).env_remove("SSL_CERT_DIR");
    });
    has_failed(&tool.left(), "error: the system has no certificates that it trusts: give --cafile\n");
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
fn input_cannot_be_read() {
    let folder = folder();
    let port = answers([ACCEPTED.to_vec()]);
    for option in ["-s", "-l"] {
        let tool = Tool::configured(["pub", "-t", "a", "-p", &port, option], |command| {
            command.stdin(File::open(folder.path()).expect("a folder can be opened"));
        });
        has_failed(&tool.left(), "error: cannot read the standard input: Is a directory");
    }
}

#[test]
fn output_cannot_be_written() {
    let message = b"0\x04\0\x01ab";
    let port = answers([ACCEPTED.to_vec(), [&SUBSCRIBED[..], message].concat()]);
    let tool = Tool::configured(["sub", "-t", "a", "-p", &port], |command| {
        command.stdout(File::options().write(true).open("/dev/full").expect("a disk that is full"));
    });
    has_failed(&tool.left(), "error: cannot write to the standard output: No space left on device");
}

#[test]
fn all_of_the_input_is_read_before_the_broker_is_asked() {
    let mut tool = Tool::start(["pub", "-t", "a", "-s", "-p", &closed_port()]);
    tool.write(&[7; 100_000]);
    assert_eq!(tool.left().code, Some(1));
}
