//! The measured image of the profile `device`: a lamp that is switched by messages and reports what it does, and the
//! task with the connection.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m_rt::entry;
use microbit::{Clock, Rx, Tx, spawn};
use slimqtt::device::{Agent, QoS, RequestedQoS};
use slimqtt::{Clock as _, Connect, Message};

static MQTT: Agent = Agent::new();

const CONNECT: Connect<32> = match Connect::new("device", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

static ON: AtomicBool = AtomicBool::new(false);

fn switch(message: Message<'_>) {
    if message.topic == "room/1/lamp/set" {
        ON.store(message.payload == b"on", Ordering::Relaxed);
    }
}

#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock) -> ! {
    loop {
        let _ended = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, switch).await;
        clock.wait_until(clock.now_ms().wrapping_add(1000)).await;
    }
}

#[embassy_executor::task]
async fn lamp(clock: Clock) -> ! {
    let mut time = clock.now_ms();
    loop {
        let filters = [("room/1/lamp/set", RequestedQoS::AtLeastOnce), ("room/all", RequestedQoS::AtMostOnce)];
        let _ = MQTT.subscribe(&filters).await;
        for count in 0_u8..60 {
            time = time.wrapping_add(1000);
            clock.wait_until(time).await;
            let state: &[u8] = if ON.load(Ordering::Relaxed) { b"on" } else { b"off" };
            let qos = if count == 0 { QoS::AtLeastOnce } else { QoS::AtMostOnce };
            let _ = MQTT.publish(qos, "room/1/lamp", state).await;
        }
        let _ = MQTT.unsubscribe(&["room/1/lamp/set", "room/all"]).await;
        let _ = MQTT.disconnect().await;
    }
}

#[entry]
fn main() -> ! {
    let (rx, tx) = microbit::uart();
    let [clock, lamp_clock] = Clock::start();
    microbit::run(|spawner| {
        spawn(spawner, connection(rx, tx, clock));
        spawn(spawner, lamp(lamp_clock));
    })
}
