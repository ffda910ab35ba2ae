//! Generates the packets of `wire` from the spec.

use std::process::ExitCode;

use slimqtt_codegen::Generator;
use slimqtt_spec::{MQTT_3_1_1, MQTT_5_0};

fn main() -> ExitCode {
    let outcomes = [
        Generator::new(&MQTT_3_1_1).build_script("mqtt-3.1.1.rs"),
        Generator::new(&MQTT_5_0).build_script("mqtt-5.0.rs"),
    ];
    outcomes.into_iter().find(|outcome| *outcome != ExitCode::SUCCESS).unwrap_or(ExitCode::SUCCESS)
}
