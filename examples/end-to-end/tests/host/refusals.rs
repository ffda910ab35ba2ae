//! What the broker does not allow, and how the agent says so.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{ConnectReturnCode, Error, SubackReturnCode, packet};
use slimqtt_end_to_end::{Broker, Connection, inbox, outcome};

use super::{encoded, plain};

#[test]
fn user_name_and_password_are_checked() {
    static MQTT: Agent = Agent::new();
    let directory = tempfile::tempdir().expect("a folder for temporary files");
    let passwords = directory.path().join("passwords");
    let hashed = Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&passwords).args(["room", "secret"]).output();
    assert!(hashed.expect("mosquitto_passwd runs").status.success());
    let broker = Broker::configured(&format!("allow_anonymous false\npassword_file {}", passwords.display()));

    let connect = |user_name: Option<&str>, password: Option<&[u8]>| {
        let connect = encoded(&packet::Connect { user_name, password, ..plain("guarded") });
        Connection::once(&MQTT, broker.port, connect, |_| {})
    };
    let refused = Err(Error::Refused(ConnectReturnCode::NotAuthorized));
    assert_eq!(connect(Some("room"), Some(b"guess")).ended(), refused);
    assert_eq!(connect(Some("nobody"), Some(b"secret")).ended(), refused);
    assert_eq!(connect(Some("room"), None).ended(), refused);
    assert_eq!(connect(None, None).ended(), refused);

    // What was given meanwhile is still in line.
    assert_eq!(MQTT.try_publish(QoS::AtLeastOnce, "room", b"open"), Ok(()));
    let connection = connect(Some("room"), Some(b"secret"));
    assert_eq!(outcome(MQTT.ping()), Ok(()));
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn client_identifier_can_be_refused() {
    static MQTT: Agent = Agent::new();
    let broker = Broker::configured("allow_anonymous true\nallow_zero_length_clientid false");
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("")), |_| {});
    assert_eq!(connection.ended(), Err(Error::Refused(ConnectReturnCode::IdentifierRejected)));
}

#[test]
fn subscription_is_granted_at_a_lower_qos() {
    static MQTT: Agent = Agent::new();
    let broker = Broker::configured("allow_anonymous true\nmax_qos 1");
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("modest")), |_| {});
    let code = outcome(MQTT.subscribe(&[("a", RequestedQoS::ExactlyOnce)]));
    assert_eq!(code, Ok([SubackReturnCode::GrantedAtLeastOnce]));
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}

#[test]
fn subscription_is_refused() {
    static MQTT: Agent = Agent::new();
    // mosquitto's ACL file does not know subscriptions, but its plugin for security does.
    let plugin = fs::read_dir("/usr/lib")
        .expect("libraries")
        .flatten()
        .map(|entry| entry.path().join("mosquitto_dynamic_security.so"))
        .chain([PathBuf::from("/usr/lib/mosquitto_dynamic_security.so")])
        .find(|path| path.exists())
        .expect("mosquitto's package has its plugin for security");
    let directory = tempfile::tempdir().expect("a folder for temporary files");
    let rules = directory.path().join("rules.json");
    let everybody = r##"{
        "defaultACLAccess": {
            "publishClientSend": true, "publishClientReceive": true, "subscribe": false, "unsubscribe": true
        },
        "clients": [],
        "groups": [{ "groupname": "everybody", "roles": [{ "rolename": "guest" }] }],
        "roles": [{ "rolename": "guest", "acls": [
            { "acltype": "subscribePattern", "topic": "public/#", "priority": 0, "allow": true }
        ] }],
        "anonymousGroup": "everybody"
    }"##;
    fs::write(&rules, everybody).expect("a file with the rules");
    let broker = Broker::configured(&format!(
        "allow_anonymous true\nplugin {}\nplugin_opt_config_file {}",
        plugin.display(),
        rules.display()
    ));

    let (handler, inbox) = inbox();
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("guest")), handler);
    let codes = outcome(MQTT.subscribe(&[
        ("secret/1", RequestedQoS::AtMostOnce),
        ("public/1", RequestedQoS::AtLeastOnce),
        ("#", RequestedQoS::ExactlyOnce),
    ]));
    let granted = SubackReturnCode::GrantedAtLeastOnce;
    assert_eq!(codes, Ok([SubackReturnCode::Failure, granted, SubackReturnCode::Failure]));
    assert_eq!(outcome(MQTT.publish(QoS::AtLeastOnce, "secret/1", b"1")), Ok(()));
    assert_eq!(outcome(MQTT.publish(QoS::AtLeastOnce, "public/1", b"2")), Ok(()));
    assert_eq!(inbox.next().payload, b"2");
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}
