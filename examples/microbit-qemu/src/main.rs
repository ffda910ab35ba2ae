//! A beacon on the micro:bit: two tasks publish at the same time over one connection, a third one keeps still long
//! enough for a keep-alive, then disconnects.
//!
//! No task returns: an `async fn` that does has a panic for whoever polls it after its end.
//!
//! The transport is the UART. Under QEMU it is wired to a broker's TCP port; see the README beside this file.
#![no_std]
#![no_main]

use core::future::pending;
use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m_rt::entry;
use microbit::{Clock, Rx, Tx, exit, spawn};
use slimqtt::beacon::{Agent, QoS};
use slimqtt::{Clock as _, Connect};

/// How many messages each of the two tasks publishes.
const MESSAGES: u16 = 600;

/// The longest silence, in seconds.
const KEEP_ALIVE: u16 = 2;

/// The one connection: a static, so that every task can use it.
static MQTT: Agent = Agent::new();

/// Encoded by the compiler: the image holds the finished packet.
const CONNECT: Connect<32> = match Connect::new("microbit", KEEP_ALIVE) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

static DONE: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];

/// The task that owns the connection. A device in the field would connect its transport anew here, and run again.
#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock) -> ! {
    let ended = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT).await;
    exit(ended.is_ok())
}

/// Publishes numbered messages as fast as the connection takes them.
#[embassy_executor::task(pool_size = 2)]
async fn publisher(topic: &'static str, done: &'static AtomicBool) -> ! {
    for number in 0..MESSAGES {
        let message = message(number);
        if MQTT.publish(QoS::AtMostOnce, topic, &message).await.is_err() {
            exit(false);
        }
    }
    done.store(true, Ordering::Relaxed);
    pending().await
}

/// Waits for the publishers, then for a silence in which a PINGREQ falls due, and says goodbye.
#[embassy_executor::task]
async fn finish(clock: Clock) -> ! {
    while !DONE.iter().all(|done| done.load(Ordering::Relaxed)) {
        wait_ms(&clock, 10).await;
    }
    wait_ms(&clock, u32::from(KEEP_ALIVE) * 1000 + 500).await;
    if MQTT.disconnect().await.is_err() {
        exit(false);
    }
    pending().await
}

fn wait_ms(clock: &Clock, time: u32) -> impl Future<Output = ()> {
    clock.wait_until(clock.now_ms().wrapping_add(time))
}

/// Four digits and the alphabet: 30 bytes.
fn message(number: u16) -> [u8; 30] {
    let mut message = *b"0000abcdefghijklmnopqrstuvwxyz";
    let mut rest = number;
    for digit in message.iter_mut().take(4).rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    message
}

#[entry]
fn main() -> ! {
    let (rx, tx) = microbit::uart();
    let [clock, finish_clock] = Clock::start();
    microbit::run(|spawner| {
        spawn(spawner, connection(rx, tx, clock));
        spawn(spawner, publisher("microbit/a", &DONE[0]));
        spawn(spawner, publisher("microbit/b", &DONE[1]));
        spawn(spawner, finish(finish_clock));
    })
}
