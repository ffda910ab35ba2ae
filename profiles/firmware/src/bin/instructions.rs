//! No profile, but an image that is run, under QEMU: the cost report counts the instructions of each function in
//! `operations`, and how long interrupts are masked in all that follows the start.
//!
//! The agent has everything. Its transport is memory, and what `transport` executes is not counted: what a real one does
//! for the same bytes is another matter. The clock stands still.
#![no_std]
#![no_main]

use core::array;
use core::cell::Cell;
use core::convert::Infallible;
use core::future::{pending, poll_fn};
use core::hint::black_box;
use core::pin::{Pin, pin};
use core::sync::atomic::AtomicU16;
use core::task::{Context, Poll, Waker};

use cortex_m_rt::entry;
use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
use embedded_io_async::{ErrorType, Read, Write};
// Its memory layout, its panic handler and its critical section.
use microbit as _;
use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{Agent, Clock, CommandError, Completion, Connect, Error, Payload, Profile};

/// Has everything.
enum Complete {}

impl Profile for Complete {
    const TIMEOUT_MS: u32 = 10_000;
    const PUBLISH: u8 = 2;
    const SUBSCRIBE: bool = true;
    const UNSUBSCRIBE: bool = true;
    const PING: bool = true;
    const STOP: bool = true;
    const CONNECTED: bool = true;
    const RECEIVE: Option<u8> = Some(2);
    type RequestedQoS = QoS;
    type Identifiers = [AtomicU16; 2];
    type Source = Option<&'static dyn Payload>;
    type Completion = Option<&'static Completion>;
}

const SLOTS: usize = 4;
const PACKET: usize = 160;
const RECEIVE: usize = 160;
const TOPIC: &str = "sensors/room/001";
const FILTER: &str = "sensors/+/001";
const PAYLOAD_SIZE: usize = 128;

static MQTT: Agent<Complete, SLOTS, PACKET, RECEIVE> = Agent::new();

/// What is published. The cost report looks for it by this name, and watches who reads it.
#[used]
static PAYLOAD: [u8; PAYLOAD_SIZE] = [7; PAYLOAD_SIZE];

const CONNECT: Connect<32> = match Connect::new("meter", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

const CONNACK: &[u8] = &[0x20, 2, 0, 0];
// The slot with the lower byte had so many commands before as the higher byte says.
const PUBACK: &[u8] = &[0x40, 2, 1, 1];
const PUBACKS: [&[u8]; SLOTS] = [&[0x40, 2, 2, 1], &[0x40, 2, 0, 2], &[0x40, 2, 0, 3], &[0x40, 2, 0, 4]];
const PUBREC: &[u8] = &[0x50, 2, 3, 1];
const PUBCOMP: &[u8] = &[0x70, 2, 3, 1];
/// The message that is published, with either QoS, as it comes from the Server.
const MESSAGE_QOS_0: &[u8] = &message::<{ 5 + TOPIC.len() + PAYLOAD_SIZE }>(0x30);
const MESSAGE_QOS_1: &[u8] = &message::<{ 7 + TOPIC.len() + PAYLOAD_SIZE }>(0x32);

/// A PUBLISH packet of `SIZE` bytes; where it has a packet identifier, that is as the first bytes of the payload: 7.
const fn message<const SIZE: usize>(first_byte: u8) -> [u8; SIZE] {
    let mut packet = [7; SIZE];
    let length = SIZE - 3;
    let header = [first_byte, length as u8 & 0x7F | 0x80, (length >> 7) as u8, 0, TOPIC.len() as u8];
    let mut i = 0;
    while i < header.len() + TOPIC.len() {
        packet[i] = if i < header.len() { header[i] } else { TOPIC.as_bytes()[i - header.len()] };
        i += 1;
    }
    packet
}

const fn to_publish<'a>(qos: QoS, topic: &'a str, payload: &'a [u8]) -> Request<'a, Complete> {
    Request::Publish(Publish { qos, retain: false, topic }, payload)
}

/// What is counted, each function by itself: from its first instruction to its return.
mod operations {
    use super::*;

    #[inline(never)]
    pub(super) fn enqueue_qos_0(topic: &str, payload: &[u8]) -> Result<(), CommandError> {
        MQTT.try_submit(&to_publish(QoS::AtMostOnce, topic, payload))
    }

    #[inline(never)]
    pub(super) fn enqueue_qos_1(topic: &str, payload: &[u8]) -> Result<(), CommandError> {
        MQTT.try_submit(&to_publish(QoS::AtLeastOnce, topic, payload))
    }

    #[inline(never)]
    pub(super) fn match_topic(filter: &str, topic_name: &str) -> bool {
        slimqtt_agent::topic::matches(filter, topic_name)
    }

    /// Polls, which differ in what there is to do.
    macro_rules! polls {
        ($($name:ident),+ $(,)?) => {
            $(#[inline(never)]
            pub(super) fn $name(run: Pin<&mut impl Future<Output = Result<(), Error>>>, context: &mut Context<'_>) -> bool {
                // SAFETY: a comment, no instruction. It keeps the compiler from making one function of all of these.
                unsafe { core::arch::asm!(concat!("// ", stringify!($name)), options(nomem, nostack, preserves_flags)) };
                run.poll(context).is_pending()
            })+
        };
    }

    polls!(poll_idle, poll_sends_qos_0, poll_sends_qos_1, poll_takes_puback, poll_takes_qos_0, poll_takes_qos_1);
}

/// Bytes in memory. Not counted, with all that is called from here.
mod transport {
    use super::*;

    /// Bytes that have come, up to the end of the buffer.
    #[inline(never)]
    pub(super) fn deliver(line: &Cell<&'static [u8]>, buffer: &mut [u8]) -> usize {
        let bytes = line.get();
        let count = bytes.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(bytes) {
            *place = *byte;
        }
        line.set(bytes.get(count..).unwrap_or_default());
        count
    }

    /// Takes all bytes, and counts them.
    #[inline(never)]
    pub(super) fn take(taken: &Cell<usize>, bytes: &[u8]) -> usize {
        taken.set(taken.get() + bytes.len());
        bytes.len()
    }
}

struct Rx<'a>(&'a Cell<&'static [u8]>);

struct Tx<'a>(&'a Cell<usize>);

impl ErrorType for Rx<'_> {
    type Error = Infallible;
}

impl ErrorType for Tx<'_> {
    type Error = Infallible;
}

impl Read for Rx<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, Infallible>> {
        poll_fn(|_| match transport::deliver(self.0, buffer) {
            0 => Poll::Pending,
            count => Poll::Ready(Ok(count)),
        })
    }
}

impl Write for Tx<'_> {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<usize, Infallible>> {
        poll_fn(|_| Poll::Ready(Ok(transport::take(self.0, bytes))))
    }

    fn flush(&mut self) -> impl Future<Output = Result<(), Infallible>> {
        poll_fn(|_| Poll::Ready(Ok(())))
    }
}

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> u32 {
        0
    }

    fn wait_until(&self, _deadline: u32) -> impl Future<Output = ()> {
        pending()
    }
}

/// Figures of something that did not happen would be good, and worthless.
fn check(is_right: bool) {
    if !is_right {
        exit(EXIT_FAILURE);
    }
}

#[entry]
fn main() -> ! {
    let (line, taken, handled) = (Cell::new(&[][..]), Cell::new(0), Cell::new(0));
    let (mut rx, mut tx) = (Rx(&line), Tx(&taken));
    let mut run = pin!(MQTT.run(&mut rx, &mut tx, &Still, &CONNECT, |message| {
        // Somebody looks at all of it.
        handled.set(handled.get() + black_box(&message).payload.len());
    }));
    let context = &mut Context::from_waker(Waker::noop());
    let mut poll = || run.as_mut().poll(context).is_pending();
    // Of the arguments the compiler knows nothing.
    let (topic, filter, payload) = black_box((TOPIC, FILTER, &PAYLOAD[..]));
    let publish = TOPIC.len() + PAYLOAD_SIZE;

    check(poll());
    line.set(CONNACK);
    check(poll() && poll() && taken.take() > 0);

    check(operations::poll_idle(run.as_mut(), context));

    check(operations::enqueue_qos_0(topic, payload).is_ok());
    check(operations::poll_sends_qos_0(run.as_mut(), context) && taken.take() == 5 + publish);

    check(operations::enqueue_qos_1(topic, payload).is_ok());
    check(operations::poll_sends_qos_1(run.as_mut(), context) && taken.take() == 7 + publish);
    line.set(PUBACK);
    check(operations::poll_takes_puback(run.as_mut(), context) && line.get().is_empty());

    line.set(MESSAGE_QOS_0);
    check(operations::poll_takes_qos_0(run.as_mut(), context) && handled.take() == PAYLOAD_SIZE);
    line.set(MESSAGE_QOS_1);
    check(operations::poll_takes_qos_1(run.as_mut(), context) && handled.take() == PAYLOAD_SIZE);
    check(taken.take() == 4);

    check(operations::match_topic(filter, topic));

    // From here on, interrupts are masked at length: all slots are in line, and two tasks wait for one.
    let message = |qos| to_publish(qos, topic, payload);
    let mut submissions = array::from_fn::<_, { SLOTS + 2 }, _>(|_| MQTT.submit::<()>(message(QoS::AtLeastOnce)));
    for submission in &mut submissions {
        check(Pin::new(submission).poll(context).is_pending());
    }
    check(MQTT.try_submit(&message(QoS::AtMostOnce)) == Err(CommandError::QueueFull));
    let mut poll = || run.as_mut().poll(context).is_pending();
    check(poll() && taken.take() == SLOTS * (7 + publish));
    for puback in PUBACKS.iter().rev() {
        line.set(puback);
        check(poll() && line.get().is_empty());
    }
    let context = &mut Context::from_waker(Waker::noop());
    let mut done = 0;
    for submission in &mut submissions {
        done += usize::from(Pin::new(submission).poll(context).is_ready());
    }
    check(done == SLOTS);
    drop(submissions);

    for _ in 0..SLOTS {
        check(MQTT.try_submit(&message(QoS::ExactlyOnce)).is_ok());
    }
    check(poll() && taken.take() == SLOTS * (7 + publish));
    for answer in [PUBREC, PUBCOMP] {
        line.set(answer);
        check(poll() && line.get().is_empty());
    }
    MQTT.stop();
    check(!poll());

    exit(EXIT_SUCCESS);
    loop {
        core::hint::spin_loop();
    }
}
