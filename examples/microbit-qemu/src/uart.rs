//! The UART as an `embedded-io-async` transport: 8N1, 115200 baud, driven by interrupts.

use core::convert::Infallible;
use core::future::poll_fn;
use core::pin::pin;
use core::task::{Context, Poll, ready};

use embedded_io_async::{ErrorType, Read, Write};

use crate::Register;
use crate::interrupt::{self, Waiting};

const START_RX: Register = Register(0x4000_2000);
const START_TX: Register = Register(0x4000_2008);
const RX_READY: Register = Register(0x4000_2108);
const TX_READY: Register = Register(0x4000_211C);
const INTERRUPT_SET: Register = Register(0x4000_2304);
const INTERRUPT_CLEAR: Register = Register(0x4000_2308);
const ENABLE: Register = Register(0x4000_2500);
const PIN_TX: Register = Register(0x4000_250C);
const PIN_RX: Register = Register(0x4000_2514);
const RXD: Register = Register(0x4000_2518);
const TXD: Register = Register(0x4000_251C);
const BAUD_RATE: Register = Register(0x4000_2524);

pub(crate) const INTERRUPT: u32 = 2;
const RX_INTERRUPT: u32 = 1 << 2;
const TX_INTERRUPT: u32 = 1 << 7;

static RX_WAITING: Waiting = Waiting::new();
static TX_WAITING: Waiting = Waiting::new();

/// Turns the UART on and gives its two halves. To be called once.
pub fn uart() -> (Rx, Tx) {
    PIN_TX.write(24);
    PIN_RX.write(25);
    BAUD_RATE.write(0x01D7_E000);
    ENABLE.write(4);
    START_RX.write(1);
    START_TX.write(1);
    interrupt::enable(INTERRUPT);
    (Rx(()), Tx(()))
}

/// The event stays set until the task has seen it: the interrupt only wakes, and stays off until the next wait.
///
/// The handler of UART0, where the firmware has one of its own for each interrupt.
pub fn on_interrupt() {
    if RX_READY.read() != 0 {
        INTERRUPT_CLEAR.write(RX_INTERRUPT);
        RX_WAITING.wake();
    }
    if TX_READY.read() != 0 {
        INTERRUPT_CLEAR.write(TX_INTERRUPT);
        TX_WAITING.wake();
    }
}

/// The receiving half.
pub struct Rx(());

/// The sending half.
pub struct Tx(());

impl Rx {
    /// The next byte, if one has come.
    pub fn poll_received(&mut self, context: &mut Context<'_>) -> Poll<u8> {
        let mut byte = [0];
        let Ok(_) = ready!(pin!(self.read(&mut byte)).poll(context));
        Poll::Ready(byte[0])
    }
}

impl Tx {
    /// Begins to send a byte. The last one must have been sent.
    pub fn send(&mut self, byte: u8) {
        // `write` below sends when it is called, and not when it is polled: its future would only wait.
        drop(self.write(&[byte]));
    }

    /// Whether the last byte is sent.
    pub fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<()> {
        TX_WAITING.until(context, || {
            let is_sent = TX_READY.read() != 0;
            if !is_sent {
                INTERRUPT_SET.write(TX_INTERRUPT);
            }
            is_sent.then_some(())
        })
    }
}

impl ErrorType for Rx {
    type Error = Infallible;
}

impl ErrorType for Tx {
    type Error = Infallible;
}

// Plain functions with `poll_fn`: an async one, and `ready`, carry a panic for whoever polls them after their end.
impl Read for Rx {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, Infallible>> {
        let mut first = buffer.first_mut();
        poll_fn(move |context| {
            let Some(first) = &mut first else {
                return Poll::Ready(Ok(0));
            };
            RX_WAITING.until(context, || {
                if RX_READY.read() == 0 {
                    INTERRUPT_SET.write(RX_INTERRUPT);
                    return None;
                }
                RX_READY.write(0);
                **first = RXD.read() as u8;
                Some(Ok(1))
            })
        })
    }
}

impl Write for Tx {
    /// Sends when it is called: so the future keeps no byte. [`Tx::send`] counts on that.
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<usize, Infallible>> {
        if let Some(first) = bytes.first() {
            TX_READY.write(0);
            TXD.write(u32::from(*first));
        }
        let count = bytes.len().min(1);
        poll_fn(move |context| {
            TX_WAITING.until(context, || {
                if count > 0 && TX_READY.read() == 0 {
                    INTERRUPT_SET.write(TX_INTERRUPT);
                    return None;
                }
                Some(Ok(count))
            })
        })
    }

    fn flush(&mut self) -> impl Future<Output = Result<(), Infallible>> {
        poll_fn(|_| Poll::Ready(Ok(())))
    }
}
