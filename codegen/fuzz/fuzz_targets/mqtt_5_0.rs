//! Any bytes are a stream of packets of MQTT 5.0, malformed or not. Those that decode encode to the same again, or to
//! fewer bytes that decode to the same.
#![no_main]

#[path = "../../tests/common/packets.rs"]
#[allow(dead_code, reason = "tests need more of it")]
mod packets;

use packets::Version;
use packets::mqtt_5_0::Mqtt50;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| Mqtt50::check_stream(bytes));
