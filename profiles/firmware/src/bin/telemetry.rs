//! The measured image of the profile `telemetry`: a sensor that reports every second, what counts at QoS 1, and the
//! task with the connection.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use microbit::{Clock, Rx, Tx, spawn};
use slimqtt::telemetry::{Agent, QoS};
use slimqtt::{Clock as _, Connect};

static MQTT: Agent = Agent::new();

const CONNECT: Connect<32> = match Connect::new("telemetry", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock) -> ! {
    loop {
        let _ended = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT).await;
        clock.wait_until(clock.now_ms().wrapping_add(1000)).await;
    }
}

#[embassy_executor::task]
async fn sensor(clock: Clock) -> ! {
    let mut time = clock.now_ms();
    let mut count: u8 = 0;
    loop {
        time = time.wrapping_add(1000);
        clock.wait_until(time).await;
        // The last one of a minute is the one that counts.
        let qos = if count == 59 { QoS::AtLeastOnce } else { QoS::AtMostOnce };
        let _ = MQTT.publish(qos, "room/1/temperature", b"21.5").await;
        count = count.wrapping_add(1);
        if count == 60 {
            let _ = MQTT.disconnect().await;
        }
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
