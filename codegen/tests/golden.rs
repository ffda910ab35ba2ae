//! Golden copies: what the generator made when somebody last looked.
//!
//! `BLESS=1 cargo test -p slimqtt-codegen --test golden` accepts what it makes now.

use std::path::Path;
use std::{env, fs};

use slimqtt_codegen::Generator;
use slimqtt_spec::{MQTT_3_1_1, MQTT_5_0, Source};

fn assert_golden(file: &str, source: &Source) {
    let rust = Generator::new(source).generate().unwrap_or_else(|error| panic!("{error}"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if env::var_os("BLESS").is_some() {
        fs::write(path, rust).unwrap();
    } else {
        let golden = fs::read_to_string(path).unwrap_or_default();
        let line = golden.lines().zip(rust.lines()).position(|(golden, rust)| golden != rust);
        let line = line.unwrap_or_else(|| golden.lines().count().min(rust.lines().count())) + 1;
        assert!(golden == rust, "not as in tests/golden/{file} from line {line} on, BLESS=1 accepts it:\n\n{rust}");
    }
}

#[test]
fn mqtt_3_1_1_becomes_this() {
    assert_golden("mqtt-3.1.1.rs", &MQTT_3_1_1);
}

#[test]
fn mqtt_5_0_becomes_this() {
    assert_golden("mqtt-5.0.rs", &MQTT_5_0);
}

#[test]
fn the_odd_spec_becomes_this() {
    assert_golden("odd.rs", &Source::new("tests/odd.mqtt", include_str!("odd.mqtt")));
}
