//! An agent over TLS, against mosquitto: messages both ways; a certificate that is wrong in any way is refused before the agent
//! sends a byte, and so no password goes out.

use std::fs;
use std::thread;

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Connect, packet};
use slimqtt_end_to_end::{Authority, Broker, TokioClock, connect_tls, inbox, outcome, runtime};
use tempfile::TempDir;

/// A broker with this certificate and key, and the files it reads.
fn broker([certificate, key]: &[String; 2]) -> (Broker, TempDir) {
    let directory = tempfile::tempdir().expect("a folder for temporary files");
    let place = |name: &str, text: &str| {
        let file = directory.path().join(name);
        fs::write(&file, text).expect("a file for the broker");
        file
    };
    let (certificate, key) = (place("certificate.pem", certificate), place("key.pem", key));
    let lines = format!("allow_anonymous true\ncertfile {}\nkeyfile {}", certificate.display(), key.display());
    (Broker::configured(&lines), directory)
}

#[test]
fn messages_go_and_come_over_tls() {
    static MQTT: Agent = Agent::new();
    let authority = Authority::new();
    let (broker, _files) = broker(&authority.sign("broker.example"));
    let (handler, inbox) = inbox();
    let (port, certificate) = (broker.port, authority.certificate.clone());
    let connection = thread::spawn(move || {
        runtime().block_on(async {
            let (mut rx, mut tx) = connect_tls(port, "broker.example", &certificate).await.expect("it is trusted");
            let (will, user_name, password) = (None, Some("user"), Some(&b"password"[..]));
            let (clean_session, client_identifier) = (true, "tls");
            let packet =
                packet::Connect { clean_session, keep_alive: 60, client_identifier, will, user_name, password };
            let connect = Connect::<64>::from_packet(&packet).expect("CONNECT fits into 64 bytes");
            MQTT.run(&mut rx, &mut tx, &TokioClock::default(), &connect, handler).await
        })
    });
    outcome(MQTT.subscribe(&[("secret/#", RequestedQoS::ExactlyOnce)])).expect("it is granted");
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        assert_eq!(outcome(MQTT.publish(qos, "secret/1", b"over TLS")), Ok(()));
        assert_eq!(inbox.next().payload, b"over TLS");
    }
    // Larger than a record of TLS.
    static LARGE: [u8; 50_000] = [7; 50_000];
    assert_eq!(outcome(MQTT.publish_from(QoS::ExactlyOnce, "secret/2", &LARGE)), Ok(()));
    assert!(inbox.next().payload == LARGE);
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.join().expect("it does not panic"), Ok(()));
}

#[test]
fn wrong_certificates_are_refused() {
    let authority = Authority::new();
    let connect = |port, name: &str, authority: &Authority| {
        let connected = runtime().block_on(connect_tls(port, name, &authority.certificate));
        connected.err().map(|error| error.to_string())
    };
    let (good, _files) = broker(&authority.sign("broker.example"));
    assert_eq!(connect(good.port, "broker.example", &authority), None);
    let refused = [
        ("another authority", connect(good.port, "broker.example", &Authority::new()), "BadSignature"),
        ("another name", connect(good.port, "other.example", &authority), "not valid for name"),
    ];
    let (expired, _files) = broker(&authority.sign_until("broker.example", (2020, 1, 1)));
    let late = ("an old one", connect(expired.port, "broker.example", &authority), "expired");
    let plain = Broker::start();
    let no_tls = ("no TLS", connect(plain.port, "broker.example", &authority), "");
    for (what, error, text) in refused.into_iter().chain([late, no_tls]) {
        let error = error.unwrap_or_else(|| panic!("{what} is taken"));
        assert!(error.contains(text), "{what}: {error}");
    }
}
