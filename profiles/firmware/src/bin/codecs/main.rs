//! No profile, but an image in which the generated encoders and decoders are measured one by one: each is a function of
//! its own, with all in it that the compiler puts there. Features say of which version.
#![no_std]
#![no_main]

// First: the versions need it.
#[macro_use]
mod codecs;
#[cfg(feature = "mqtt_3_1_1")]
mod mqtt_3_1_1;
#[cfg(feature = "mqtt_5_0")]
mod mqtt_5_0;

use core::hint::black_box;

use cortex_m_rt::entry;
// Its memory layout and its panic handler.
use microbit as _;
use slimqtt_agent::wire::Writer;

#[entry]
fn main() -> ! {
    let mut buffer = [0; 64];
    loop {
        // Bytes of which the compiler knows nothing.
        let (first_byte, body): (u8, &[u8]) = black_box((0, &[]));
        #[cfg(feature = "mqtt_3_1_1")]
        mqtt_3_1_1::all(first_byte, body, &mut Writer::new(&mut buffer));
        #[cfg(feature = "mqtt_5_0")]
        mqtt_5_0::all(first_byte, body, &mut Writer::new(&mut buffer));
    }
}
