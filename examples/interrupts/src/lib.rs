//! What both firmwares have on their board: meters that pulse, and a light.
#![no_std]

use core::ops::Deref;

use microbit::digits;
use nrf51_pac::{GPIO, timer0};
use slimqtt::{CommandError, Message};

/// What a meter has counted.
pub struct Meter {
    pulses: u32,
    missed: u32,
}

impl Meter {
    /// No pulse yet.
    pub const fn new() -> Self {
        Self { pulses: 0, missed: 0 }
    }

    /// One more pulse. The report is how many there were, and how many of them could not be reported, in digits:
    /// `000120 000003`. What is missed now is in the next one.
    pub fn pulse(&mut self, report: impl FnOnce(&[u8]) -> Result<(), CommandError>) {
        self.pulses += 1;
        let mut text = *b"000000 000000";
        let (pulses, missed) = text.split_at_mut(6);
        digits(pulses, self.pulses);
        digits(missed, self.missed);
        if report(&text).is_err() {
            self.missed += 1;
        }
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

/// A timer in place of the contacts that a meter has, which would be at a pin (GPIOTE): QEMU's micro:bit has no such pins.
pub trait Pulses: Deref<Target = timer0::RegisterBlock> {
    /// Interrupts every so many milliseconds, up to 2,000.
    fn start(&self, period_ms: u16) {
        // SAFETY: these are values that the registers may have: 16 MHz / 2^9 = 31,250 Hz.
        unsafe {
            self.prescaler.write(|w| w.prescaler().bits(9));
            self.cc[0].write(|w| w.bits(u32::from(period_ms) * 125 / 4));
            self.bitmode.write(|w| w.bitmode()._16bit());
            self.shorts.write(|w| w.compare0_clear().enabled());
            self.intenset.write(|w| w.compare0().set());
            self.tasks_start.write(|w| w.bits(1));
        }
    }

    /// The interrupt was seen.
    fn clear(&self) {
        self.events_compare[0].reset();
    }
}

impl<T: Deref<Target = timer0::RegisterBlock>> Pulses for T {}

/// Whether the light is to be on. `None`: that is neither `on` nor `off`.
pub fn order(message: Message<'_>) -> Option<bool> {
    match message.payload {
        // A part of something longer.
        _ if message.payload.len() < message.length => None,
        b"on" => Some(true),
        b"off" => Some(false),
        _ => None,
    }
}

/// The first LED of the board.
pub struct Light(GPIO);

impl Light {
    /// Takes the pins: a row of LEDs, which is high, and a column, which is low.
    pub fn new(gpio: GPIO) -> Self {
        gpio.dirset.write(|w| w.pin13().set().pin4().set());
        Self(gpio)
    }

    /// Turns it on or off.
    pub fn switch(&mut self, is_on: bool) {
        if is_on {
            self.0.outset.write(|w| w.pin13().set());
        } else {
            self.0.outclr.write(|w| w.pin13().clear());
        }
    }
}
