//! TLS: certificates of brokers and clients.

use std::path::Path;

use slimqtt_end_to_end::{Authority, Broker};
use tempfile::TempDir;

use crate::client::{noise, printed, publish, subscribe};
use crate::tool::{Tool, folder, slimqtt, write};

/// A broker with TLS, and files: `ca.pem`, and `client.pem` with its `client.key`.
fn tls_broker(name: &str, lines: &str) -> (Broker, TempDir) {
    let authority = Authority::new();
    let folder = folder();
    let ca = write(&folder, "ca.pem", &authority.certificate);
    let [certificate, key] = authority.sign(name);
    let (certificate, key) = (write(&folder, "broker.pem", certificate), write(&folder, "broker.key", key));
    let [client, client_key] = authority.sign("client");
    write(&folder, "client.pem", client);
    write(&folder, "client.key", client_key);
    write(&folder, "other.pem", Authority::new().certificate);
    let lines = format!("allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\ncafile {ca}\n{lines}");
    (Broker::configured(&lines), folder)
}

fn place(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn messages_go_and_come_over_tls() {
    let (mut broker, folder) = tls_broker("localhost", "");
    let ca = place(folder.path(), "ca.pem");
    let payload = noise(300_000);
    let large = write(&folder, "payload", &payload);
    let sub = subscribe(&mut broker, "tls", &format!("-t a -C 1 -N -q 1 --cafile {ca}"));
    assert_eq!(publish(broker.port, &format!("-t a -q 1 -f {large} --cafile {ca}")), printed(""));
    assert!(sub.left() == printed(&payload));
    broker.process.wait_for("Received DISCONNECT from tls");

    let url = format!("mqtts://localhost:{}/a", broker.port);
    assert_eq!(slimqtt(["pub", "-L", &url, "-n", "--cafile", &ca]), printed(""));
}

#[test]
fn system_may_be_asked_whom_to_trust() {
    let (broker, folder) = tls_broker("localhost", "");
    for (file, code) in [("ca.pem", 0), ("other.pem", 1)] {
        let arguments = ["pub", "-t", "a", "-n", "-p", &broker.port.to_string(), "--tls-use-os-certs"];
        let tool = Tool::configured(arguments, |command| {
            command.env("SSL_CERT_FILE", place(folder.path(), file)).env_remove("SSL_CERT_DIR");
        });
        assert_eq!(tool.left().code, Some(code), "{file}");
    }
}

#[test]
fn wrong_certificates_are_refused() {
    let (broker, folder) = tls_broker("other.example", "");
    let publish = |line: &str| publish(broker.port, &format!("-t a -n {line}"));
    let (ca, other) = (place(folder.path(), "ca.pem"), place(folder.path(), "other.pem"));
    let refused = |line: &str, reason: &str| {
        let left = publish(line);
        let message =
            format!("error: cannot connect to localhost, port {}: invalid peer certificate: {reason}", broker.port);
        assert!(left.code == Some(1) && left.errors.starts_with(&message), "{line}: {left:?}");
    };
    refused(&format!("--cafile {ca}"), "certificate not valid for name");
    refused(&format!("--cafile {other}"), "");
    refused(&format!("--cafile {other} --insecure"), "");
    assert_eq!(publish(&format!("--cafile {ca} --insecure")), printed(""));
}

#[test]
fn clients_may_need_a_certificate() {
    let (broker, folder) = tls_broker("localhost", "require_certificate true");
    let [ca, client, key] = ["ca.pem", "client.pem", "client.key"].map(|name| place(folder.path(), name));
    let publish = |line: &str| publish(broker.port, &format!("-t a -n --cafile {ca} {line}"));
    assert_eq!(publish(&format!("--cert {client} --key {key}")), printed(""));
    let left = publish("-q 1");
    let error = "error: the connection failed: received fatal alert: CertificateRequired\n";
    assert_eq!((left.code, left.errors.as_str()), (Some(1), error));
}
