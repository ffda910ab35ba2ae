//! The measured image of the profile `complete`: a task that gives each of its commands once, in one form or another,
//! and the task with the connection.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m_rt::entry;
use microbit::{Clock, Rx, Tx, spawn};
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::packet::{self, Will};
use slimqtt::{Clock as _, Completion, Connect, FnPayload, Message};

static MQTT: Agent = Agent::new();

const CONNECT: Connect<64> = match Connect::from_packet(&packet::Connect {
    clean_session: false,
    keep_alive: 60,
    client_identifier: "complete",
    will: Some(Will { qos: packet::QoS::AtLeastOnce, retain: true, topic: "room/1/alive", message: b"0" }),
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 64 bytes"),
};

static ON: AtomicBool = AtomicBool::new(false);
static STORED: AtomicBool = AtomicBool::new(false);

static IS_STORED: Completion = Completion::new(|_, outcome| STORED.store(outcome.is_ok(), Ordering::Relaxed), 0);

/// A log that is computed where it is read.
static LOG: FnPayload<fn(usize, &mut [u8]) -> usize> = FnPayload::new(1000, |offset, buffer| {
    // Byte by byte: a call of `memset` would be counted as the agent's.
    let Some(byte) = buffer.first_mut() else { return 0 };
    *byte = offset as u8;
    1
});

fn switch(message: Message<'_>) {
    if message.topic == "room/1/lamp/set" && message.is_last() {
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
async fn application(clock: Clock) -> ! {
    let mut time = clock.now_ms();
    loop {
        // Whether the Server had the session makes no difference: before the last connection ended, this unsubscribed.
        let _ = MQTT.connected().await;
        let filters = [("room/1/lamp/set", RequestedQoS::ExactlyOnce), ("room/all", RequestedQoS::AtMostOnce)];
        let _ = MQTT.subscribe(&filters).await;
        for count in 0_u8..60 {
            time = time.wrapping_add(1000);
            clock.wait_until(time).await;
            let state: &[u8] = if ON.load(Ordering::Relaxed) { b"on" } else { b"off" };
            let qos = match count {
                0 => QoS::ExactlyOnce,
                1 => QoS::AtLeastOnce,
                _ => QoS::AtMostOnce,
            };
            let _ = MQTT.publish(qos, "room/1/lamp", state).await;
        }
        let _ = MQTT.publish_retained_from(QoS::AtLeastOnce, "room/1/log", &LOG).await;
        let _ = MQTT.publish_then(QoS::ExactlyOnce, "room/1/record", b"1", &IS_STORED);
        let _ = MQTT.unsubscribe(&["room/1/lamp/set", "room/all"]).await;
        if MQTT.ping().await.is_ok() && STORED.load(Ordering::Relaxed) {
            let _ = MQTT.disconnect().await;
        } else {
            MQTT.stop();
        }
    }
}

#[entry]
fn main() -> ! {
    let (rx, tx) = microbit::uart();
    let [clock, application_clock] = Clock::start();
    microbit::run(|spawner| {
        spawn(spawner, connection(rx, tx, clock));
        spawn(spawner, application(application_clock));
    })
}
