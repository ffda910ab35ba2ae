//! Any bytes are a stream of packets of MQTT 3.1.1, malformed or not. Those that decode encode to the same again.
#![no_main]

#[path = "../../tests/common/packets.rs"]
#[allow(dead_code, reason = "tests need more of it")]
mod packets;

use packets::Version;
use packets::mqtt_3_1_1::Mqtt311;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| Mqtt311::check_stream(bytes));
