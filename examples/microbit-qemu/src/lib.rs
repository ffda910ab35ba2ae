//! What the firmware needs of the micro:bit (nRF51822): its UART as a transport, a millisecond clock, tasks, and
//! `exit` for QEMU. Every image that slimqtt measures uses it, with MQTT and without.
#![no_std]

mod clock;
#[cfg(feature = "semihosting")]
mod exit;
mod interrupt;
#[cfg(feature = "executor")]
mod tasks;
mod uart;

pub use clock::{Clock, on_interrupt as on_timer0};
#[cfg(feature = "semihosting")]
pub use exit::exit;
#[cfg(feature = "executor")]
pub use tasks::{run, spawn};
pub use uart::{Rx, Tx, on_interrupt as on_uart0, uart};

/// Writes a number from the right, into the zeros that are there.
pub fn digits(text: &mut [u8], mut number: u32) {
    for digit in text.iter_mut().rev().filter(|digit| **digit == b'0') {
        *digit += (number % 10) as u8;
        number /= 10;
    }
}

/// A register of the chip.
#[derive(Clone, Copy)]
struct Register(usize);

impl Register {
    fn read(self) -> u32 {
        // SAFETY: every `Register` of this crate is the address of a 32 bit register of the nRF51.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    fn write(self, value: u32) {
        // SAFETY: as in `read`.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    cortex_m::asm::udf()
}
