//! The zero line of the cost report: all that the other images have, without MQTT.
//!
//! Two tasks, the transport in both directions, the clock. What a profile adds to this is what MQTT costs.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use embedded_io_async::{Read, Write};
use microbit::{Clock, Rx, Tx, spawn};
use slimqtt::Clock as _;

/// Sends back whatever comes.
#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock) -> ! {
    let mut buffer = [0; 16];
    loop {
        let Ok(count) = rx.read(&mut buffer).await;
        let Some(received) = buffer.get(..count) else { continue };
        let Ok(_) = tx.write(received).await;
        let Ok(()) = tx.flush().await;
        clock.wait_until(clock.now_ms().wrapping_add(10)).await;
    }
}

#[embassy_executor::task]
async fn sensor(clock: Clock) -> ! {
    let mut time = clock.now_ms();
    loop {
        time = time.wrapping_add(1000);
        clock.wait_until(time).await;
    }
}

#[entry]
fn main() -> ! {
    let (rx, tx) = microbit::uart();
    let [clock, sensor_clock] = Clock::start();
    microbit::run(|spawner| {
        spawn(spawner, connection(rx, tx, clock));
        spawn(spawner, sensor(sensor_clock));
    })
}
