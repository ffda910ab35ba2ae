//! Lamps and a display that are controlled over MQTT, on the micro:bit: messages go to handlers by their topic, what they
//! change is reported at QoS 1, and after a lost connection the session goes on.
//!
//! | topic | message | answer |
//! |---|---|---|
//! | `room/set/lamp/0`, and 1, 2 | `on` or `off` | the same to `room/is/lamp/0` |
//! | `room/set/display` | a text of any length | its length and the sum of its bytes to `room/is/display` |
//! | `room/set/quit` | anything | none: the firmware ends |
//!
//! The transport is the UART. Under QEMU it is wired to a broker's TCP port; see the README beside this crate.
#![no_std]
#![no_main]

use core::future::pending;

use cortex_m_rt::entry;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use microbit::{Clock, Rx, Tx, digits, exit, spawn};
use slimqtt::packet;
use slimqtt::topic::{Route, route};
use slimqtt::{Backoff, Clock as _, Connect, Message, filter};

use mqtt::{Agent, QoS, RequestedQoS};

/// An agent with what this device needs, and nothing else.
mod mqtt {
    /// What the device can do.
    #[slimqtt::agent(commands = 4, packet = 96, receive = 64, timeout = 2)]
    pub(crate) enum Command {
        /// Publish a message.
        #[publish(qos = 1)]
        Publish,
        /// Subscribe to topics.
        #[subscribe(qos = 1, filters = 3)]
        Subscribe,
        /// End the connection.
        Disconnect,
    }
}

/// The one connection: a static, so that every task can use it.
static MQTT: Agent = Agent::new();

/// The session is kept: what is published while the device is away waits for it.
///
/// A UART does not say that the connection is gone. What says so is a PINGRESP that does not come: hence the short times.
const CONNECT: Connect<32> = match Connect::from_packet(&packet::Connect {
    clean_session: false,
    keep_alive: 2,
    client_identifier: "room",
    will: None,
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

/// Of a real device, something that no other one has.
const SERIAL_NUMBER: u32 = 1;

/// Which messages go where. The device subscribes to the same filters.
static ROUTES: [Route<Room>; 3] = [
    Route::new(filter!("room/set/lamp/+"), Room::switch),
    Route::new(filter!("room/set/display"), Room::display),
    Route::new(filter!("room/set/quit"), Room::quit),
];

/// What each lamp is set by, and where its state is reported.
const LAMPS: [[&str; 2]; 3] = [
    ["room/set/lamp/0", "room/is/lamp/0"],
    ["room/set/lamp/1", "room/is/lamp/1"],
    ["room/set/lamp/2", "room/is/lamp/2"],
];

/// What is to be reported. A signal holds the last value only: a lamp that is switched all the time is reported as often
/// as the connection allows, and nothing can overflow.
static SWITCHED: [Signal<CriticalSectionRawMutex, bool>; 3] = [const { Signal::new() }; 3];
static DISPLAYED: Signal<CriticalSectionRawMutex, Text> = Signal::new();
static QUIT: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// What a display would show. This one only counts.
#[derive(Clone, Copy)]
struct Text {
    length: u32,
    sum: u32,
}

/// What handlers work on. They are called by the task that runs the connection, and must not wait: they leave the rest to
/// other tasks.
struct Room {
    text: Text,
}

impl Room {
    fn switch(&mut self, message: Message<'_>) {
        let is_on = match message.payload {
            _ if message.payload.len() < message.length => return,
            b"on" => true,
            b"off" => false,
            _ => return,
        };
        for ([topic, _], switched) in LAMPS.iter().zip(&SWITCHED) {
            if message.topic == *topic {
                // Here the lamp would be switched.
                switched.signal(is_on);
            }
        }
    }

    /// A text that is larger than the receive buffer comes in parts.
    fn display(&mut self, message: Message<'_>) {
        if message.offset == 0 {
            // Also if the connection was lost in the middle of it: it comes again from its start then.
            self.text = Text { length: 0, sum: 0 };
        }
        for byte in message.payload {
            self.text.length += 1;
            self.text.sum += u32::from(*byte);
        }
        if message.is_last() {
            DISPLAYED.signal(self.text);
        }
    }

    fn quit(&mut self, _: Message<'_>) {
        QUIT.signal(());
    }
}

/// The task that owns the connection, and begins anew whenever it has ended.
#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock) -> ! {
    let mut room = Room { text: Text { length: 0, sum: 0 } };
    let mut backoff = Backoff::new(200, 2_000, SERIAL_NUMBER);
    loop {
        let began = clock.now_ms();
        // A modem would dial here, a network chip connect its socket.
        let handler = |message: Message<'_>| {
            route(&ROUTES, &mut room, message);
        };
        let run = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, handler);
        if let Either::First(Ok(())) = select(run, subscriptions()).await {
            // After a DISCONNECT.
            exit(true);
        }
        backoff.wait(&clock, began).await;
    }
}

/// Subscribes on each connection: the Server may have lost the session, and if not, it does no harm. Never ends.
async fn subscriptions() -> ! {
    let filters = ROUTES.each_ref().map(|route| (route.filter.as_str(), RequestedQoS::AtLeastOnce));
    // If the connection is lost before, there is a next one.
    let _ = MQTT.subscribe(&filters).await;
    pending().await
}

/// Reports a lamp. A message that was begun is sent on the next connection, if it must be.
#[embassy_executor::task(pool_size = 3)]
async fn lamp(topic: &'static str, switched: &'static Signal<CriticalSectionRawMutex, bool>) -> ! {
    loop {
        let state = if switched.wait().await { "on" } else { "off" };
        // It fails if the Server has lost the session: then it may have arrived or not, and the next report will.
        let _ = MQTT.publish(QoS::AtLeastOnce, topic, state.as_bytes()).await;
    }
}

/// Reports what was displayed.
#[embassy_executor::task]
async fn display() -> ! {
    loop {
        let Text { length, sum } = DISPLAYED.wait().await;
        let mut report = *b"0000000000 0000000000";
        let (left, right) = report.split_at_mut(10);
        digits(left, length);
        digits(right, sum);
        let _ = MQTT.publish(QoS::AtLeastOnce, "room/is/display", &report).await;
    }
}

/// Says goodbye.
#[embassy_executor::task]
async fn quit() -> ! {
    QUIT.wait().await;
    // If the connection is lost just now, it is for the next one.
    while MQTT.disconnect().await.is_err() {}
    pending().await
}

#[entry]
fn main() -> ! {
    let (rx, tx) = microbit::uart();
    let [clock, _] = Clock::start();
    microbit::run(|spawner| {
        spawn(spawner, connection(rx, tx, clock));
        for ([_, topic], switched) in LAMPS.iter().zip(&SWITCHED) {
            spawn(spawner, lamp(topic, switched));
        }
        spawn(spawner, display());
        spawn(spawner, quit());
    })
}
