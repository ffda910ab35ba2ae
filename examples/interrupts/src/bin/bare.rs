//! Two meters and a light, without a framework and without an executor: `main` polls the one future that there is, and
//! interrupts publish with functions that are told the outcome.
//!
//! It does what the firmware beside this one does, `rtic`, with the same topics.
#![no_std]
#![no_main]

use core::pin::pin;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use cortex_m::asm::{udf, wfe};
use cortex_m::peripheral::NVIC;
use cortex_m_rt::entry;
use interrupts::{Light, Meter, Pulses};
use microbit::{Clock, Rx, Tx};
use nrf51_pac::{CorePeripherals, Interrupt, Peripherals, TIMER1, TIMER2, interrupt};
use slimqtt::{Backoff, Clock as _, CommandError, Completion, Connect, Message, Outcome, packet};

use mqtt::{Agent, QoS, RequestedQoS};

/// An agent with what this device needs, and nothing else. It has a slot for each [`Line`].
mod mqtt {
    /// What the device can do.
    #[slimqtt::agent(commands = 4, packet = 48, receive = 48, timeout = 2, completions)]
    pub(crate) enum Command {
        #[publish(qos = 1)]
        Publish,
        #[subscribe(qos = 1)]
        Subscribe,
    }
}

static MQTT: Agent = Agent::new();

/// Reports outlive a connection: the session is kept, and they are sent again on the next one.
const CONNECT: Connect<32> = match Connect::from_packet(&packet::Connect {
    clean_session: false,
    keep_alive: 2,
    client_identifier: "meter",
    will: None,
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

/// Of a real device, something that no other one has.
const SERIAL_NUMBER: u32 = 1;

/// Something that the device says, with at most one command for it under way: so none of them takes the slot of another.
struct Line {
    is_busy: AtomicBool,
    done: Completion,
}

static GAS: Line = Line::new(|_, _| GAS.end());
static WATER: Line = Line::new(|_, _| WATER.end());
static SUBSCRIPTION: Line = Line::new(|_, _| SUBSCRIPTION.end());
static LIGHT: Line = Line::new(|_, outcome| {
    LIGHT.end();
    // It may have been switched since.
    if outcome.is_err() || IS_REPORTED_ON.load(Relaxed) != IS_ON.load(Relaxed) {
        report_light();
    }
});

impl Line {
    /// `done` is told when a command is done, by the code that runs the connection.
    const fn new(done: fn(usize, Outcome<'_>)) -> Self {
        Self { is_busy: AtomicBool::new(false), done: Completion::new(done, 0) }
    }

    /// Gives a command, unless the last one is still under way. It never waits.
    fn begin<F>(&'static self, give: F) -> Result<(), CommandError>
    where
        F: FnOnce(&'static Completion) -> Result<(), CommandError>,
    {
        if self.is_busy.load(Relaxed) {
            return Err(CommandError::QueueFull);
        }
        // Before that: the end may come at once.
        self.is_busy.store(true, Relaxed);
        give(&self.done).inspect_err(|_| self.end())
    }

    fn end(&self) {
        self.is_busy.store(false, Relaxed);
    }
}

/// The interrupt of the gas meter: of a higher priority, so it may come while [`TIMER1`] publishes.
#[interrupt]
fn TIMER2() {
    static mut METER: Meter = Meter::new();
    // SAFETY: nobody else uses this timer any more.
    unsafe { &*TIMER2::ptr() }.clear();
    METER.pulse(|report| GAS.begin(|done| MQTT.publish_then(QoS::AtLeastOnce, "meter/gas", report, done)));
}

/// The interrupt of the water meter.
#[interrupt]
fn TIMER1() {
    static mut METER: Meter = Meter::new();
    // SAFETY: as above.
    unsafe { &*TIMER1::ptr() }.clear();
    METER.pulse(|report| WATER.begin(|done| MQTT.publish_then(QoS::AtLeastOnce, "meter/water", report, done)));
}

static IS_ON: AtomicBool = AtomicBool::new(false);
static IS_REPORTED_ON: AtomicBool = AtomicBool::new(false);

fn report_light() {
    let is_on = IS_ON.load(Relaxed);
    let state: &[u8] = if is_on { b"on" } else { b"off" };
    // If the last report is under way, its end finds that the light has been switched since.
    if LIGHT.begin(|done| MQTT.publish_then(QoS::AtLeastOnce, "meter/is/light", state, done)).is_ok() {
        IS_REPORTED_ON.store(is_on, Relaxed);
    }
}

/// Owns the connection, and begins anew whenever it has ended.
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock, mut light: Light) -> ! {
    let mut backoff = Backoff::new(200, 2_000, SERIAL_NUMBER);
    loop {
        let began = clock.now_ms();
        // A modem would dial here.
        let filters = [("meter/set/light", RequestedQoS::AtLeastOnce)];
        // On each connection: the Server may have lost the session.
        let _ = SUBSCRIPTION.begin(|done| MQTT.subscribe_then(&filters, done));
        let handler = |message: Message<'_>| {
            let Some(is_on) = interrupts::order(message) else { return };
            light.switch(is_on);
            IS_ON.store(is_on, Relaxed);
            report_light();
        };
        let _ended = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, handler).await;
        backoff.wait(&clock, began).await;
    }
}

/// Whether the future has something to do: all that its waker has to say.
static IS_WOKEN: AtomicBool = AtomicBool::new(true);

static WAKER: RawWakerVTable = RawWakerVTable::new(|_| RAW_WAKER, |_| wake(), |_| wake(), |_| ());
const RAW_WAKER: RawWaker = RawWaker::new(ptr::null(), &WAKER);

fn wake() {
    IS_WOKEN.store(true, Relaxed);
}

#[entry]
fn main() -> ! {
    // They are there, the first time.
    let (Some(device), Some(mut core)) = (Peripherals::take(), CorePeripherals::take()) else { udf() };
    let (rx, tx) = microbit::uart();
    let [clock, _] = Clock::start();
    device.TIMER1.start(50);
    device.TIMER2.start(70);
    // SAFETY: no code counts on these interrupts being masked, or on their priority.
    unsafe {
        // Two bits, the upper ones; 0 is the highest, that of the UART and of the clock.
        core.NVIC.set_priority(Interrupt::TIMER2, 1 << 6);
        core.NVIC.set_priority(Interrupt::TIMER1, 2 << 6);
        NVIC::unmask(Interrupt::TIMER1);
        NVIC::unmask(Interrupt::TIMER2);
    }

    let mut connection = pin!(connection(rx, tx, clock, Light::new(device.GPIO)));
    // SAFETY: the waker has no data, and its functions may be called from anywhere.
    let waker = unsafe { Waker::from_raw(RAW_WAKER) };
    let mut context = Context::from_waker(&waker);
    loop {
        if IS_WOKEN.load(Relaxed) {
            IS_WOKEN.store(false, Relaxed);
            let Poll::Pending = connection.as_mut().poll(&mut context);
        } else {
            // An interrupt since then is an event that ends the wait at once: no wake-up is lost.
            wfe();
        }
    }
}
