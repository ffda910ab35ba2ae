//! Publishes every second how long it has been running.
#![no_std]
#![no_main]

mod board;

use board::{Clock, Network};
use cortex_m as _; // its critical section
use embassy_executor::Spawner;
use panic_halt as _; // a panic stops the chip
use slimqtt::beacon::{Agent, QoS};
use slimqtt::{Backoff, Clock as _, Connect};

/// The one connection, which every task and interrupt may use.
static MQTT: Agent = Agent::new();

/// Client identifier, of up to 32 - 17 bytes, and keep-alive in seconds. Two devices must not have the same identifier.
const CONNECT: Connect<32> = match Connect::new("firmware", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("the client identifier does not fit"),
};

/// Different on each device: so they do not all come back at the same moment after the broker was away.
const SERIAL_NUMBER: u32 = 1;

/// The task that owns the connection.
#[embassy_executor::task]
async fn connection(mut network: Network, clock: Clock) {
    let mut backoff = Backoff::new(1_000, 60_000, SERIAL_NUMBER);
    loop {
        let began = clock.now_ms();
        let (mut rx, mut tx) = network.connect().await;
        // What waits in line is sent on the next connection.
        let _ended = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT).await;
        backoff.wait(&clock, began).await;
    }
}

/// Your application: any number of tasks like this one.
#[embassy_executor::task]
async fn uptime(clock: Clock) {
    let mut digits = [0; 10];
    let began = clock.now_ms();
    loop {
        // Of 49 days: then milliseconds begin anew.
        let seconds = clock.now_ms().wrapping_sub(began) / 1_000;
        // Waits while there is no connection.
        let _ = MQTT.publish(QoS::AtMostOnce, "firmware/uptime", decimal(seconds, &mut digits)).await;
        clock.wait_until(clock.now_ms().wrapping_add(1_000)).await;
    }
}

/// A number in decimal digits. `core::fmt` could do more, for kilobytes of flash.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut start = digits.len();
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start = place;
        if number == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let network = Network::start();
    let [clock, uptime_clock] = Clock::start();
    // There is room for each task once.
    if let (Ok(connection), Ok(uptime)) = (connection(network, clock), uptime(uptime_clock)) {
        spawner.spawn(connection);
        spawner.spawn(uptime);
    }
}
