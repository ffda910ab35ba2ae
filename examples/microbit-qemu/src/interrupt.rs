//! Interrupts: who gets one, and how a task waits for it.

use core::cell::Cell;
use core::task::{Context, Poll, Waker};

use cortex_m_rt::exception;
use critical_section::Mutex;

use crate::{Register, clock, uart};

/// NVIC: a bit per interrupt, written to enable it.
const ISER: Register = Register(0xE000_E100);

/// Enables an interrupt of the chip.
pub(crate) fn enable(number: u32) {
    ISER.write(1 << number);
}

/// All interrupts of the chip come here, but those that the firmware has handlers for.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    match number as u32 {
        uart::INTERRUPT => uart::on_interrupt(),
        clock::INTERRUPT => clock::on_interrupt(),
        _ => {}
    }
}

/// A place where one task waits for an interrupt.
pub(crate) struct Waiting(Mutex<Cell<Option<Waker>>>);

impl Waiting {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Cell::new(None)))
    }

    /// Wakes the task that waits here, if one does.
    pub(crate) fn wake(&self) {
        if let Some(waker) = critical_section::with(|cs| self.0.borrow(cs).take()) {
            waker.wake();
        }
    }

    /// Looks whether it is time; if not, waits here. An interrupt between the two is not missed: the waker is
    /// in its place before the look.
    pub(crate) fn until<T>(&self, context: &mut Context<'_>, mut look: impl FnMut() -> Option<T>) -> Poll<T> {
        critical_section::with(|cs| self.0.borrow(cs).set(Some(context.waker().clone())));
        look().map_or(Poll::Pending, Poll::Ready)
    }
}
