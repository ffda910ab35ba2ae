//! What the options of the macro cost: an agent that has those which the features of this package name, and a task that
//! uses each of them once, and nothing else.
#![no_std]
#![no_main]

#[cfg(any(feature = "subscribe", feature = "completions"))]
use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m_rt::entry;
use microbit::{Clock, Rx, Tx, spawn};
use slimqtt::{Clock as _, Connect};

mod mqtt {
    include!(concat!(env!("OUT_DIR"), "/agent.rs"));
}

static MQTT: mqtt::Agent = mqtt::Agent::new();

const CONNECT: Connect<32> = match Connect::new("options", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock) -> ! {
    loop {
        #[cfg(feature = "subscribe")]
        let _ended = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, switch).await;
        #[cfg(not(feature = "subscribe"))]
        let _ended = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT).await;
        clock.wait_until(clock.now_ms().wrapping_add(1000)).await;
    }
}

#[cfg(feature = "subscribe")]
static ON: AtomicBool = AtomicBool::new(false);

#[cfg(feature = "subscribe")]
fn switch(message: slimqtt::Message<'_>) {
    if message.topic == "room/1/lamp/set" && message.is_last() {
        ON.store(message.payload == b"on", Ordering::Relaxed);
    }
}

#[cfg(feature = "publish")]
fn state() -> &'static [u8] {
    #[cfg(feature = "subscribe")]
    if ON.load(Ordering::Relaxed) {
        return b"on";
    }
    b"off"
}

/// Each quality of service once, and the lowest from then on.
#[cfg(feature = "publish")]
fn qos(count: u8) -> mqtt::QoS {
    match count {
        #[cfg(feature = "publish_1")]
        1 => mqtt::QoS::AtLeastOnce,
        #[cfg(feature = "publish_2")]
        2 => mqtt::QoS::ExactlyOnce,
        _ => mqtt::QoS::AtMostOnce,
    }
}

/// The highest one.
#[cfg(any(feature = "retain", feature = "from", feature = "completions"))]
const HIGHEST: u8 = cfg!(feature = "publish_1") as u8 + cfg!(feature = "publish_2") as u8;

#[cfg(all(feature = "subscribe_1", not(feature = "subscribe_2")))]
use mqtt::RequestedQoS::AtLeastOnce as REQUESTED;
#[cfg(all(feature = "subscribe", not(feature = "subscribe_1")))]
use mqtt::RequestedQoS::AtMostOnce as REQUESTED;
#[cfg(feature = "subscribe_2")]
use mqtt::RequestedQoS::ExactlyOnce as REQUESTED;

/// As many as there may be at a time. What they say is the application's, and so always the same.
#[cfg(feature = "subscribe")]
const FILTERS: usize = if cfg!(feature = "filters_4") { 4 } else { 1 };

#[cfg(feature = "completions")]
static STORED: AtomicBool = AtomicBool::new(false);

#[cfg(feature = "completions")]
static IS_STORED: slimqtt::Completion =
    slimqtt::Completion::new(|_, outcome| STORED.store(outcome.is_ok(), Ordering::Relaxed), 0);

/// A log that is computed where it is read.
#[cfg(feature = "from")]
static LOG: slimqtt::FnPayload<fn(usize, &mut [u8]) -> usize> = slimqtt::FnPayload::new(1000, |offset, buffer| {
    // Byte by byte: a call of `memset` would be counted as the agent's.
    let Some(byte) = buffer.first_mut() else { return 0 };
    *byte = offset as u8;
    1
});

#[embassy_executor::task]
async fn application(clock: Clock) -> ! {
    let mut time = clock.now_ms();
    loop {
        #[cfg(feature = "connected")]
        let _ = MQTT.connected().await;
        #[cfg(feature = "subscribe")]
        let _ = MQTT.subscribe(&[("room/1/lamp/set", REQUESTED); FILTERS]).await;
        for count in 0_u8..60 {
            time = time.wrapping_add(1000);
            clock.wait_until(time).await;
            #[cfg(feature = "publish")]
            let _ = MQTT.publish(qos(count), "room/1/lamp", state()).await;
            #[cfg(not(feature = "publish"))]
            let _ = count;
        }
        #[cfg(feature = "retain")]
        let _ = MQTT.publish_retained(qos(HIGHEST), "room/1/alive", b"1").await;
        #[cfg(feature = "from")]
        let _ = MQTT.publish_from(qos(HIGHEST), "room/1/log", &LOG).await;
        #[cfg(feature = "completions")]
        if !STORED.load(Ordering::Relaxed) {
            let _ = MQTT.publish_then(qos(HIGHEST), "room/1/record", b"1", &IS_STORED);
        }
        #[cfg(feature = "unsubscribe")]
        let _ = MQTT.unsubscribe(&["room/1/lamp/set"; FILTERS]).await;
        #[cfg(feature = "ping")]
        let _ = MQTT.ping().await;
        #[cfg(feature = "disconnect")]
        let _ = MQTT.disconnect().await;
        #[cfg(feature = "stop")]
        MQTT.stop();
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
