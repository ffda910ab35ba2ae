//! Generates the packets of `wire` from the spec.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use slimqtt_codegen::Generator;

fn main() -> ExitCode {
    // The spec is part of slimqtt-spec: Cargo runs this again when that changes.
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR for build scripts");
    match Generator::new(&slimqtt_spec::MQTT_3_1_1).write(&Path::new(&out).join("mqtt-3.1.1.rs")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            println!("cargo::error={}", error.summary());
            ExitCode::FAILURE
        }
    }
}
