//! The measured image of the profile `beacon`: a sensor that reports every second, and the task with the connection.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use microbit::{Clock, Rx, Tx, spawn};
use slimqtt::beacon::{Agent, QoS};
use slimqtt::{Clock as _, Connect};

static MQTT: Agent = Agent::new();

const CONNECT: Connect<32> = match Connect::new("beacon", 60) {
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
        // A message that is lost with its connection is followed by the next one.
        let _ = MQTT.publish(QoS::AtMostOnce, "room/1/temperature", b"21.5").await;
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
