//! The program, run as a program.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slimqtt-codegen"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

/// What it prints when all is well.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

/// What it complains about.
fn complaint(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

/// The types that a piece of generated code declares.
fn declared(rust: &str) -> Vec<&str> {
    let name = |line: &str| line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum ")).map(str::len);
    rust.lines()
        .filter_map(|line| name(line).map(|length| &line[line.len() - length..]))
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap())
        .collect()
}

#[test]
fn show_prints_what_is_generated() {
    assert_eq!(printed(&["show"]), include_str!("golden/mqtt-3.1.1.rs"));
    assert_eq!(printed(&["show", "--mqtt", "5.0"]), include_str!("golden/mqtt-5.0.rs"));
}

#[test]
fn show_prints_packets_with_what_they_depend_on() {
    assert_eq!(declared(&printed(&["show", "CONNECT"])), ["QoS", "Will", "Connect"]);
    assert_eq!(declared(&printed(&["show", "pingreq", "CONNACK"])), ["ConnectReturnCode", "Connack", "Pingreq"]);
}

#[test]
fn show_knows_who_sends_a_packet() {
    let shown = |packets: &[&str]| {
        let printed = printed(&[&["show", "--mqtt", "5.0"], packets].concat());
        declared(&printed).join(" ")
    };
    let auth = "ClientAuthReasonCode Property Properties ClientAuth";
    assert_eq!(shown(&["AUTH from client"]), auth);
    let both = "ClientAuthReasonCode ServerAuthReasonCode Property Properties ClientAuth ServerAuth";
    assert_eq!(shown(&["auth"]), both);
    assert_eq!(shown(&["auth from client", "AUTH FROM SERVER"]), both);
    // The same from both sides, and from one side only.
    assert_eq!(shown(&["PUBREL from server"]), shown(&["PUBREL"]));
    assert_eq!(shown(&["PINGREQ from client"]), "Pingreq");

    let refused = |packet| complaint(&["show", "--mqtt", "5.0", packet]);
    assert_eq!(
        refused("PINGREQ from server"),
        "error: there is no packet `PINGREQ from server`: only the client sends PINGREQ\n"
    );
    assert_eq!(
        refused("AUTH from broker"),
        "error: there is no packet `AUTH from broker`: say `AUTH`, `AUTH from client` or `AUTH from server`\n"
    );
    assert_eq!(refused("AUHT from client"), "error: there is no packet `AUHT from client`: did you mean `AUTH`?\n");
}

#[test]
fn show_leaves_properties_out_that_no_packet_carries() {
    let shown = printed(&["show", "--mqtt", "5.0", "PUBREL"]);
    assert!(shown.contains("ReasonString(&'a str)") && !shown.contains("TopicAlias"), "{shown}");
    assert!(!printed(&["show", "--mqtt", "5.0", "PINGREQ"]).contains("Propert"));
    // Of the only one there is, no other has to be told apart.
    let alone = printed(&["show", "--mqtt", "5.0", "UNSUBSCRIBE"]);
    assert!(alone.contains("UserProperty") && !alone.contains("_ => None"), "{alone}");
}

#[test]
fn show_knows_what_was_meant() {
    assert_eq!(
        complaint(&["show", "PINGREQ", "publsh"]),
        "error: there is no packet `publsh`: did you mean `PUBLISH`?\n"
    );
    assert_eq!(
        complaint(&["show", "WILL"]),
        "error: there is no packet `WILL`: the packets are CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, \
         SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT\n"
    );
}

#[test]
fn check_is_quiet_about_a_good_spec() {
    assert_eq!(printed(&["check", "tests/odd.mqtt"]), "");
}

#[test]
fn check_shows_mistakes_of_specs() {
    assert_eq!(complaint(&["check", "tests/reject/unknown-enum.mqtt"]), include_str!("reject/unknown-enum.stderr"));
    assert_eq!(complaint(&["check", "tests/reject/same-name.mqtt"]), include_str!("reject/same-name.stderr"));
}

#[test]
fn check_tells_of_a_file_that_is_not_there() {
    assert!(complaint(&["check", "tests/none.mqtt"]).starts_with("error: cannot read tests/none.mqtt: "));
}
