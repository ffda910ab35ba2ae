//! The attribution of a profile of our own, as `cargo size-report` builds it.

use slimqtt_size_report::attribution::{Image, Kind, Memory, Row};
use std::process::Command;

fn beacon() -> Image {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-size-report"))
        .args(["attribute", "beacon", "--json"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_profile_is_known_down_to_the_lines_of_its_spec() {
    let image = beacon();
    let rows = |is: &dyn Fn(&Row) -> bool| image.rows.iter().filter(|row| is(row)).cloned().collect::<Vec<_>>();
    let bytes = |is: &dyn Fn(&Row) -> bool| rows(is).iter().map(|row| row.bytes).sum::<u64>();
    assert_eq!(bytes(&|row| row.memory == Memory::Flash), image.flash);
    assert_eq!(bytes(&|row| row.memory == Memory::Ram), image.ram);
    assert_eq!(bytes(&|row| row.kind == Kind::Unknown), 0);

    // The line is where the spec has the field.
    let spec = include_str!("../../protocol-spec/spec/mqtt-3.1.1.mqtt");
    let line = spec.lines().position(|line| line.trim_start().starts_with("topic_name:")).unwrap() + 1;
    let label = format!("mqtt-3.1.1:{line} PUBLISH.topic_name");
    let topic = rows(&|row| row.spec.as_ref() == Some(&label));
    assert!(!topic.is_empty(), "{label}");
    // What is inlined into generated code is for the same line.
    assert!(topic.iter().any(|row| row.file.as_deref() != Some("slimqtt-agent/OUT_DIR/mqtt-3.1.1.rs")), "{topic:?}");

    // All of it has a part, and each file a crate.
    assert_eq!(rows(&|row| row.part.is_none()), []);
    for part in ["core_mqtt_agent.c", "core_mqtt.c", "core_mqtt_serializer.c", "application", "executor and board"] {
        assert!(bytes(&|row| row.part.as_deref() == Some(part)) > 100, "{part}");
    }
    assert_eq!(rows(&|row| row.file.is_some() && row.crate_name.starts_with('[')), []);
    assert!(bytes(&|row| row.crate_name == "slimqtt-agent") > 1000);
}
