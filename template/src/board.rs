//! What the agent needs of a board: a network and a clock. This one is the micro:bit (nRF51822), which QEMU emulates.
//!
//! For your board, replace this file: most HALs have a timer and a UART, SPI or radio with `embedded-io-async` on top, and
//! then nothing of what is below is left but the two types with their methods.

use core::convert::Infallible;
use core::future::poll_fn;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Poll;

use cortex_m_rt::exception;
use embassy_sync::waitqueue::AtomicWaker;
use embedded_io_async::{ErrorType, Read, Write};

/// The way to the broker: here the UART (8N1, 115200 baud), whose other end is wired to the broker's port.
pub struct Network(());

impl Network {
    /// Turns the UART on. To be called once.
    pub fn start() -> Self {
        UART_PIN_TX.write(24);
        UART_PIN_RX.write(25);
        UART_BAUD_RATE.write(0x01D7_E000);
        UART_ENABLE.write(4);
        UART_START_RX.write(1);
        UART_START_TX.write(1);
        enable(UART_INTERRUPT);
        Self(())
    }

    /// Begins a connection. Here a modem would dial, or a TCP socket be opened, and tried again if that fails; a wire is
    /// always there.
    pub async fn connect(&mut self) -> (Rx<'_>, Tx<'_>) {
        (Rx(self), Tx(self))
    }
}

/// The receiving half of a connection.
pub struct Rx<'a>(#[expect(dead_code, reason = "there is one connection at a time")] &'a Network);

/// The sending half of a connection.
pub struct Tx<'a>(#[expect(dead_code, reason = "there is one connection at a time")] &'a Network);

impl ErrorType for Rx<'_> {
    type Error = Infallible;
}

impl ErrorType for Tx<'_> {
    type Error = Infallible;
}

impl Read for Rx<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let Some(first) = buffer.first_mut() else {
            return Ok(0);
        };
        *first = poll_fn(|context| {
            RECEIVED.register(context.waker());
            if UART_RX_READY.read() == 0 {
                UART_INTERRUPT_SET.write(UART_RX_INTERRUPT);
                return Poll::Pending;
            }
            UART_RX_READY.write(0);
            Poll::Ready(UART_RXD.read() as u8)
        })
        .await;
        Ok(1)
    }
}

impl Write for Tx<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let Some(first) = bytes.first() else {
            return Ok(0);
        };
        UART_TX_READY.write(0);
        UART_TXD.write(u32::from(*first));
        poll_fn(|context| {
            SENT.register(context.waker());
            if UART_TX_READY.read() == 0 {
                UART_INTERRUPT_SET.write(UART_TX_INTERRUPT);
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        Ok(1)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A clock for one task. The milliseconds are common to all, and wrap after 49 days.
pub struct Clock(&'static Alarm);

struct Alarm {
    deadline: AtomicU32,
    task: AtomicWaker,
}

impl Clock {
    /// Starts the timer and gives a clock for each of two tasks: for more of them, make `ALARMS` longer. To be called once.
    pub fn start() -> [Self; 2] {
        TIMER_PRESCALER.write(4); // 1 MHz
        TIMER_BIT_MODE.write(3); // 32 bits
        TIMER_COMPARE_VALUE.write(1_000);
        TIMER_SHORTCUTS.write(1); // begin again on compare
        TIMER_INTERRUPT_SET.write(1 << 16);
        enable(TIMER_INTERRUPT);
        TIMER_START.write(1);
        ALARMS.each_ref().map(Self)
    }
}

impl slimqtt::Clock for Clock {
    fn now_ms(&self) -> u32 {
        NOW.load(Ordering::Relaxed)
    }

    async fn wait_until(&self, deadline: u32) {
        let Self(alarm) = self;
        alarm.deadline.store(deadline, Ordering::Relaxed);
        poll_fn(|context| {
            alarm.task.register(context.waker());
            // Time wraps: a deadline is over if it is less than half of all time ago.
            let left = deadline.wrapping_sub(self.now_ms()) as i32;
            if left > 0 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

static RECEIVED: AtomicWaker = AtomicWaker::new();
static SENT: AtomicWaker = AtomicWaker::new();
static NOW: AtomicU32 = AtomicU32::new(0);
static ALARMS: [Alarm; 2] = [const { Alarm { deadline: AtomicU32::new(0), task: AtomicWaker::new() } }; 2];

/// All interrupts of the chip come here: without a device crate there is one handler for them.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    match number as u32 {
        UART_INTERRUPT => {
            // What has happened can be read until the task has seen it: until it waits anew, there is no interrupt.
            if UART_RX_READY.read() != 0 {
                UART_INTERRUPT_CLEAR.write(UART_RX_INTERRUPT);
                RECEIVED.wake();
            }
            if UART_TX_READY.read() != 0 {
                UART_INTERRUPT_CLEAR.write(UART_TX_INTERRUPT);
                SENT.wake();
            }
        }
        TIMER_INTERRUPT => {
            TIMER_COMPARE.write(0);
            let now = NOW.load(Ordering::Relaxed).wrapping_add(1);
            NOW.store(now, Ordering::Relaxed);
            for alarm in &ALARMS {
                if alarm.deadline.load(Ordering::Relaxed) == now {
                    alarm.task.wake();
                }
            }
        }
        _ => {}
    }
}

/// Lets an interrupt of the chip through.
fn enable(number: u32) {
    NVIC_ENABLE.write(1 << number);
}

/// A register of 32 bits.
struct Register(usize);

impl Register {
    fn read(&self) -> u32 {
        // SAFETY: every `Register` of this file is the address of one of the nRF51's.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    fn write(&self, value: u32) {
        // SAFETY: as in `read`.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }
}

const NVIC_ENABLE: Register = Register(0xE000_E100);

const UART_INTERRUPT: u32 = 2;
const UART_RX_INTERRUPT: u32 = 1 << 2;
const UART_TX_INTERRUPT: u32 = 1 << 7;
const UART_START_RX: Register = Register(0x4000_2000);
const UART_START_TX: Register = Register(0x4000_2008);
const UART_RX_READY: Register = Register(0x4000_2108);
const UART_TX_READY: Register = Register(0x4000_211C);
const UART_INTERRUPT_SET: Register = Register(0x4000_2304);
const UART_INTERRUPT_CLEAR: Register = Register(0x4000_2308);
const UART_ENABLE: Register = Register(0x4000_2500);
const UART_PIN_TX: Register = Register(0x4000_250C);
const UART_PIN_RX: Register = Register(0x4000_2514);
const UART_RXD: Register = Register(0x4000_2518);
const UART_TXD: Register = Register(0x4000_251C);
const UART_BAUD_RATE: Register = Register(0x4000_2524);

const TIMER_INTERRUPT: u32 = 8;
const TIMER_START: Register = Register(0x4000_8000);
const TIMER_COMPARE: Register = Register(0x4000_8140);
const TIMER_SHORTCUTS: Register = Register(0x4000_8200);
const TIMER_INTERRUPT_SET: Register = Register(0x4000_8304);
const TIMER_BIT_MODE: Register = Register(0x4000_8508);
const TIMER_PRESCALER: Register = Register(0x4000_8510);
const TIMER_COMPARE_VALUE: Register = Register(0x4000_8540);
