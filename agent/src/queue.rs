//! The command queue: slots that own the bytes of one control packet each.
//!
//! A slot is reserved under the lock, filled outside it, and put in line under it again: interrupts are masked for a
//! few steps over the slots, however large the packets are. Wakers are called outside it too.

use core::cell::Cell;
use core::task::{Poll, Waker};

use critical_section::{CriticalSection, Mutex};
use spin::mutex::{SpinMutex, SpinMutexGuard};

use crate::command::CommandError;
use crate::wire::{self, Encode, EncodeError, Writer};

/// What a slot is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    /// The caller is writing its packet.
    Reserved,
    /// In line, not begun.
    Queued,
    /// In line, and some of its bytes may have been sent.
    Sending,
    /// Done: the outcome waits for the command's future.
    Sent,
    /// Done as well: the connection ended before the packet was sent whole.
    Lost,
}

/// A place for one command.
pub(crate) struct Slot<const PACKET: usize> {
    control: Mutex<Control>,
    /// Locked by whom the state gives it to: the caller while `Reserved`, the agent while `Sending`. Nobody waits.
    packet: SpinMutex<Packet<PACKET>>,
}

struct Control {
    state: Cell<State>,
    /// A future waits for the outcome, and it is not there yet. Without one, the slot is free as soon as it is.
    watched: Cell<bool>,
    /// How many of the slots in line came earlier.
    ahead: Cell<u8>,
    /// The command's future, if watched; else some future that waits for any slot to become free.
    waker: Cell<Option<Waker>>,
}

/// The bytes of a control packet, up to `end`.
pub(crate) struct Packet<const SIZE: usize> {
    end: u16,
    bytes: [u8; SIZE],
}

impl<const SIZE: usize> Packet<SIZE> {
    fn encode(&mut self, packet: &dyn Encode) -> Result<(), EncodeError> {
        let mut writer = Writer::new(&mut self.bytes);
        packet.encode(&mut writer);
        self.end = writer.finish()? as u16;
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        wire::packet(&self.bytes, usize::from(self.end))
    }
}

impl<const PACKET: usize> Slot<PACKET> {
    const fn new() -> Self {
        Self {
            control: Mutex::new(Control {
                state: Cell::new(State::Free),
                watched: Cell::new(false),
                ahead: Cell::new(0),
                waker: Cell::new(None),
            }),
            packet: SpinMutex::new(Packet { end: 0, bytes: [0; PACKET] }),
        }
    }

    #[inline(never)] // A compare-and-swap is long on a core without one.
    fn lock(&self) -> Option<SpinMutexGuard<'_, Packet<PACKET>>> {
        self.packet.try_lock()
    }
}

impl Control {
    fn is_in_line(&self) -> bool {
        matches!(self.state.get(), State::Queued | State::Sending)
    }
}

/// The slots of an agent.
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub(crate) struct Queue<const COMMANDS: usize, const PACKET: usize> {
    /// The task that runs the connection.
    agent: Mutex<Cell<Option<Waker>>>,
    /// A future that waits for any slot to become free.
    waiting: Mutex<Cell<Option<Waker>>>,
    slots: [Slot<PACKET>; COMMANDS],
}

// The caller's side.
impl<const COMMANDS: usize, const PACKET: usize> Queue<COMMANDS, PACKET> {
    pub(crate) const fn new() -> Self {
        const { assert!(COMMANDS > 0 && COMMANDS < 256, "an agent has 1 to 255 commands") };
        const { assert!(PACKET > Writer::FIXED_HEADER && PACKET < 65_536, "a packet has 6 to 65,535 bytes") };
        Self {
            agent: Mutex::new(Cell::new(None)),
            waiting: Mutex::new(Cell::new(None)),
            slots: [const { Slot::new() }; COMMANDS],
        }
    }

    /// Puts a packet in line. A future that gives its waker is woken when the command is done; or, if no slot is free,
    /// when one may be.
    pub(crate) fn submit(&self, packet: &dyn Encode, future: Option<&Waker>) -> Result<&Slot<PACKET>, CommandError> {
        let (slot, mut bytes) = match self.reserve(future) {
            Ok(reserved) => reserved,
            Err(displaced) => {
                wake(displaced);
                return Err(CommandError::QueueFull);
            }
        };
        let encoded = bytes.encode(packet);
        drop(bytes);
        if let Err(error) = encoded {
            self.done(slot, State::Free);
            return Err(CommandError::Invalid(error));
        }
        let (displaced, agent) = critical_section::with(|cs| {
            let mut ahead = 0;
            for slot in &self.slots {
                ahead += u8::from(slot.control.borrow(cs).is_in_line());
            }
            let control = slot.control.borrow(cs);
            control.ahead.set(ahead);
            control.state.set(State::Queued);
            let displaced = if future.is_some() { control.waker.replace(future.cloned()) } else { None };
            (displaced, self.agent.borrow(cs).take())
        });
        // A future that waits for any slot, and had found a place in this one.
        wake(displaced);
        wake(agent);
        Ok(slot)
    }

    /// Takes a free slot. If there is none, finds a place for the waker of the future, and perhaps displaces another.
    fn reserve(
        &self,
        future: Option<&Waker>,
    ) -> Result<(&Slot<PACKET>, SpinMutexGuard<'_, Packet<PACKET>>), Option<Waker>> {
        critical_section::with(|cs| {
            for slot in &self.slots {
                let control = slot.control.borrow(cs);
                if control.state.get() == State::Free
                    && let Some(packet) = slot.lock()
                {
                    control.state.set(State::Reserved);
                    control.watched.set(future.is_some());
                    return Ok((slot, packet));
                }
            }
            Err(future.and_then(|waker| self.wait(cs, waker)))
        })
    }

    /// Finds a place for the waker of a future that waits for any slot: with `waiting`, and one in each slot that no
    /// future watches, there is room for one task more than there are slots. Further ones take turns.
    fn wait(&self, cs: CriticalSection<'_>, waker: &Waker) -> Option<Waker> {
        let mut place = self.waiting.borrow(cs);
        for slot in &self.slots {
            let control = slot.control.borrow(cs);
            let present = place.take();
            if present.as_ref().is_none_or(|present| present.will_wake(waker)) {
                break;
            }
            place.set(present);
            if !control.watched.get() {
                place = &control.waker;
            }
        }
        let displaced = place.replace(Some(waker.clone()));
        displaced.filter(|displaced| !displaced.will_wake(waker))
    }

    /// A step of a command's future: puts the packet in line, if it has no `slot` yet, else looks for the outcome.
    pub(crate) fn poll<'a>(
        &'a self,
        slot: &mut Option<&'a Slot<PACKET>>,
        packet: &dyn Encode,
        waker: &Waker,
    ) -> Poll<Result<(), CommandError>> {
        let Some(submitted) = *slot else {
            return match self.submit(packet, Some(waker)) {
                Ok(submitted) => {
                    *slot = Some(submitted);
                    Poll::Pending
                }
                Err(CommandError::QueueFull) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            };
        };
        let state = critical_section::with(|cs| {
            let control = submitted.control.borrow(cs);
            if control.watched.get() {
                store(&control.waker, waker);
            }
            control.state.get()
        });
        let outcome = match state {
            State::Sent => Ok(()),
            State::Lost => Err(CommandError::ConnectionLost),
            _ => return Poll::Pending,
        };
        *slot = None;
        self.abandon(submitted);
        Poll::Ready(outcome)
    }

    /// The future of the command is gone: a command that was not begun is cancelled, one that was runs on unwatched.
    pub(crate) fn abandon(&self, slot: &Slot<PACKET>) {
        self.done(slot, State::Free);
    }
}

// The agent's side.
impl<const COMMANDS: usize, const PACKET: usize> Queue<COMMANDS, PACKET> {
    /// Lets submissions wake this task.
    pub(crate) fn register(&self, waker: &Waker) {
        critical_section::with(|cs| store(self.agent.borrow(cs), waker));
    }

    /// The command that is first in line, to be sent now.
    pub(crate) fn next(&self) -> Option<(&Slot<PACKET>, SpinMutexGuard<'_, Packet<PACKET>>)> {
        critical_section::with(|cs| {
            let mut first = None;
            let mut least = u8::MAX;
            for slot in &self.slots {
                let control = slot.control.borrow(cs);
                if control.state.get() == State::Queued && control.ahead.get() < least {
                    least = control.ahead.get();
                    first = Some(slot);
                }
            }
            let slot = first?;
            let packet = slot.lock()?;
            slot.control.borrow(cs).state.set(State::Sending);
            Some((slot, packet))
        })
    }

    /// The packet of this slot has been sent.
    pub(crate) fn sent(&self, slot: &Slot<PACKET>) {
        self.done(slot, State::Sent);
    }

    /// The connection has ended: a command that was being sent is lost, those behind it stay in line.
    pub(crate) fn interrupt(&self) {
        let sending =
            |slot: &&Slot<PACKET>| critical_section::with(|cs| slot.control.borrow(cs).state.get() == State::Sending);
        if let Some(slot) = self.slots.iter().find(sending) {
            self.done(slot, State::Lost);
        }
    }

    /// The command of a slot is done, or `Free`: nobody waits for it any more. Wakes all who may care.
    #[inline(never)]
    fn done(&self, slot: &Slot<PACKET>, outcome: State) {
        wake(critical_section::with(|cs| {
            let control = slot.control.borrow(cs);
            let watched = control.watched.replace(false);
            if outcome == State::Free && control.state.get() == State::Sending {
                return None;
            }
            if control.is_in_line() {
                for other in &self.slots {
                    let ahead = &other.control.borrow(cs).ahead;
                    if ahead.get() > control.ahead.get() {
                        ahead.set(ahead.get() - 1);
                    }
                }
            }
            control.state.set(if watched { outcome } else { State::Free });
            self.waiting.borrow(cs).take()
        }));
        for other in &self.slots {
            wake(critical_section::with(|cs| {
                let control = other.control.borrow(cs);
                if control.watched.get() { None } else { control.waker.take() }
            }));
        }
    }
}

#[inline(never)]
fn store(place: &Cell<Option<Waker>>, waker: &Waker) {
    place.set(Some(waker.clone()));
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
