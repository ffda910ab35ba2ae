//! All that the profile `complete` can do, for hours, on a line that is cut again and again: messages at every QoS in both
//! directions at the same time, in 16 KB of RAM. At the end the firmware reports what has come, whether a slot was lost, and
//! how much of the stack was never used.
//!
//! | topic | message | direction |
//! |---|---|---|
//! | `soak/begin` | how many messages are to be sent at each QoS, in digits | in |
//! | `soak/out/0`, and 1, 2 | a number of 8 digits | out, at this QoS |
//! | `soak/sent` | nothing: that was all | out |
//! | `soak/in/0`, and 1, 2 | a number of 8 digits | in, at this QoS |
//! | `soak/end` | nothing: that was all | in |
//! | `soak/report` | numbers, see [`finish`] | out |
//!
//! The transport is the UART, to something that dials as a modem does: see [`dial`].
#![no_std]
#![no_main]

use core::future::{pending, poll_fn};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::task::{Poll, ready};

use cortex_m_rt::entry;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use microbit::{Clock, Rx, Tx, digits, exit, spawn};
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{CommandError, Connect, Message, packet};

static MQTT: Agent = Agent::new();

const CONNECT: Connect<32> = match Connect::from_packet(&packet::Connect {
    clean_session: false,
    keep_alive: 60,
    client_identifier: "soak",
    will: None,
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

const QUALITIES: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
const OUT: [&str; 3] = ["soak/out/0", "soak/out/1", "soak/out/2"];

/// Slots of the profile.
const SLOTS: usize = 4;

type Event<T> = Signal<CriticalSectionRawMutex, T>;

static BEGIN: [Event<u32>; 3] = [const { Signal::new() }; 3];
static SENT: [Event<()>; 3] = [const { Signal::new() }; 3];
static END: Event<()> = Signal::new();

/// The next number at each QoS, and how many messages have come.
static NEXT: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];
static COME: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];
/// Messages at QoS 1 that had come before.
static REPEATS: AtomicU32 = AtomicU32::new(0);
/// Messages that were lost at QoS 1 and 2, doubled at QoS 0 and 2, or out of order.
static FAULTS: AtomicU32 = AtomicU32::new(0);
static DIALED: AtomicU32 = AtomicU32::new(0);

/// Only the task of the connection counts.
fn count(counter: &AtomicU32) {
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}

/// What begins an order between the firmware and the modem, in both directions.
const ESCAPE: u8 = b'}';
/// Not an order, but the byte `ESCAPE` itself.
const LITERAL: u8 = 0;
/// To the modem: connect anew.
const DIAL: u8 = 1;
/// From the modem: the connection is over.
const HUNG_UP: u8 = 2;
/// From the modem: bytes of a new connection follow.
const CONNECTED: u8 = 3;

struct Receiver<'a>(&'a mut Rx);

struct Sender<'a>(&'a mut Tx);

impl ErrorType for Receiver<'_> {
    type Error = ErrorKind;
}

impl ErrorType for Sender<'_> {
    type Error = ErrorKind;
}

// Not `async`, as the UART's own: see there.
impl Read for Receiver<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, ErrorKind>> {
        let mut is_escaped = false;
        poll_fn(move |context| {
            let Some(place) = buffer.first_mut() else { return Poll::Ready(Ok(0)) };
            loop {
                let byte = ready!(self.0.poll_received(context));
                if is_escaped && byte == HUNG_UP {
                    return Poll::Ready(Err(ErrorKind::ConnectionReset));
                }
                if !is_escaped && byte == ESCAPE {
                    is_escaped = true;
                } else {
                    *place = if is_escaped { ESCAPE } else { byte };
                    return Poll::Ready(Ok(1));
                }
            }
        })
    }
}

impl Write for Sender<'_> {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<usize, ErrorKind>> {
        let first = bytes.first().copied();
        if let Some(byte) = first {
            self.0.send(byte);
        }
        let mut is_escaped = first == Some(ESCAPE);
        poll_fn(move |context| {
            if first.is_none() {
                return Poll::Ready(Ok(0));
            }
            ready!(self.0.poll_sent(context));
            if is_escaped {
                is_escaped = false;
                self.0.send(LITERAL);
                ready!(self.0.poll_sent(context));
            }
            Poll::Ready(Ok(1))
        })
    }

    fn flush(&mut self) -> impl Future<Output = Result<(), ErrorKind>> {
        poll_fn(|_| Poll::Ready(Ok(())))
    }
}

#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock) -> ! {
    loop {
        dial(&mut rx, &mut tx).await;
        count(&DIALED);
        let (mut receiver, mut sender) = (Receiver(&mut rx), Sender(&mut tx));
        if MQTT.run(&mut receiver, &mut sender, &clock, &CONNECT, handle).await.is_ok() {
            exit(true);
        }
    }
}

/// A new connection. What is still under way of the last one is lost.
fn dial(rx: &mut Rx, tx: &mut Tx) -> impl Future<Output = ()> {
    let mut orders = [ESCAPE, DIAL].iter();
    // A byte of the last connection may still be on its way.
    let mut is_sending = DIALED.load(Relaxed) > 0;
    let mut last = 0;
    poll_fn(move |context| {
        loop {
            if is_sending {
                ready!(tx.poll_sent(context));
            }
            let Some(order) = orders.next() else { break };
            tx.send(*order);
            is_sending = true;
        }
        loop {
            let byte = ready!(rx.poll_received(context));
            if last == ESCAPE && byte == CONNECTED {
                return Poll::Ready(());
            }
            last = byte;
        }
    })
}

fn handle(message: Message<'_>) {
    let number = message.payload.iter().fold(0, |number, digit| number * 10 + u32::from(digit.wrapping_sub(b'0')));
    match message.topic.as_bytes() {
        b"soak/begin" => BEGIN.iter().for_each(|begin| begin.signal(number)),
        b"soak/end" => END.signal(()),
        b"soak/in/0" => judge(0, number),
        b"soak/in/1" => judge(1, number),
        b"soak/in/2" => judge(2, number),
        _ => count(&FAULTS),
    }
}

/// At QoS 0 some may be missing, at QoS 1 some may come again; new ones come in their order.
fn judge(qos: usize, number: u32) {
    let (Some(next), Some(come)) = (NEXT.get(qos), COME.get(qos)) else { return };
    let expected = next.load(Relaxed);
    if number == expected || qos == 0 && number > expected {
        next.store(number + 1, Relaxed);
        count(come);
    } else if qos == 1 && number < expected {
        count(&REPEATS);
    } else {
        count(&FAULTS);
    }
}

/// Publishes numbers at one QoS. At QoS 0 a ping follows each, so that not all are sent into a line that was just cut.
#[embassy_executor::task(pool_size = 3)]
async fn publisher(qos: QoS, topic: &'static str, begin: &'static Event<u32>, sent: &'static Event<()>) -> ! {
    let messages = begin.wait().await;
    for number in 0..messages {
        let mut text = [b'0'; 8];
        digits(&mut text, number);
        let published = MQTT.publish(qos, topic, &text).await;
        let pinged = if qos == QoS::AtMostOnce { MQTT.ping().await } else { Ok(()) };
        for outcome in [published, pinged] {
            // With QoS 0 it may be lost with its connection, and so may a ping.
            if outcome.is_err() && (qos != QoS::AtMostOnce || outcome != Err(CommandError::ConnectionLost)) {
                exit(false);
            }
        }
    }
    sent.signal(());
    pending().await
}

/// Subscribes; and when all is sent and has come, reports: messages that have come at QoS 0, 1 and 2, repeats, faults, bytes of
/// the stack that were never used, slots that were free at the end, connections.
#[embassy_executor::task]
async fn finish() -> ! {
    let filters = [
        ("soak/in/#", RequestedQoS::ExactlyOnce),
        ("soak/begin", RequestedQoS::AtLeastOnce),
        ("soak/end", RequestedQoS::ExactlyOnce),
    ];
    // It may be lost with its connection.
    while MQTT.subscribe(&filters).await.is_err() {}
    for sent in &SENT {
        sent.wait().await;
    }
    let _ = MQTT.publish(QoS::ExactlyOnce, "soak/sent", b"").await;
    END.wait().await;
    // Nobody else gives commands any more, and nothing is polled in between.
    let free = (0..SLOTS).take_while(|_| MQTT.try_publish(QoS::ExactlyOnce, "soak/free", b"").is_ok()).count();
    let come = COME.each_ref().map(|counter| counter.load(Relaxed));
    let [repeats, faults, dialed] = [&REPEATS, &FAULTS, &DIALED].map(|counter| counter.load(Relaxed));
    let mut report = [b' '; 8 * 9 - 1];
    let numbers = [come[0], come[1], come[2], repeats, faults, unused_stack(), free as u32, dialed];
    for (place, number) in report.chunks_mut(9).zip(numbers) {
        if let Some(place) = place.get_mut(..8) {
            place.fill(b'0');
            digits(place, number);
        }
    }
    let _ = MQTT.publish(QoS::ExactlyOnce, "soak/report", &report).await;
    while MQTT.disconnect().await.is_err() {}
    pending().await
}

/// How many bytes below the stack still have the colour that they had before `main`.
fn unused_stack() -> u32 {
    /// That of `cortex-m-rt`.
    const COLOUR: u32 = 0xCCCC_CCCC;
    unsafe extern "C" {
        static _stack_end: u32;
        static _stack_start: u32;
    }
    let (mut word, end) = (&raw const _stack_end, &raw const _stack_start);
    let first = word;
    // SAFETY: all words of the stack can be read.
    while word < end && unsafe { word.read_volatile() } == COLOUR {
        word = word.wrapping_add(1);
    }
    (word as usize - first as usize) as u32
}

#[entry]
fn main() -> ! {
    let (rx, tx) = microbit::uart();
    let [clock, _] = Clock::start();
    microbit::run(|spawner| {
        spawn(spawner, connection(rx, tx, clock));
        for ((qos, topic), (begin, sent)) in QUALITIES.into_iter().zip(OUT).zip(BEGIN.iter().zip(&SENT)) {
            spawn(spawner, publisher(qos, topic, begin, sent));
        }
        spawn(spawner, finish());
    })
}
