//! Generates the packets of `wire` from the spec.

use std::process::ExitCode;

use slimqtt_codegen::Generator;
use slimqtt_spec::MQTT_3_1_1;

fn main() -> ExitCode {
    Generator::new(&MQTT_3_1_1).build_script("mqtt-3.1.1.rs")
}
