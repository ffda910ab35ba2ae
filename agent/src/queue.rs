//! The command queue: slots that own the bytes of one control packet each.
//!
//! A slot is reserved under the lock, filled outside it, and put in line under it again: interrupts are masked for a
//! few steps over the slots, however large the packets are. Wakers and functions are called outside it too.
//!
//! A slot keeps its packet until it is acknowledged, so it is also what is sent again on the next connection. And its
//! number is the packet identifier: none is in use twice `[MQTT-2.3.1-2]`.

use core::cell::Cell;
use core::task::{Poll, Waker};

use critical_section::{CriticalSection, Mutex};
use spin::mutex::{SpinMutex, SpinMutexGuard};

use crate::agent::{Keeps, Profile};
use crate::command::{CommandError, Request};
use crate::error::Error;
use crate::exchange::acknowledgement;
use crate::payload::{Payload, PayloadEnded};
use crate::wire::{
    self, EncodeError, List, PacketIdentifier, Pingresp, Puback, Pubcomp, Pubrec, Pubrel, Reader, Suback, Writer,
};

/// What a slot is doing, in the order in which it goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Free,
    /// The caller is writing its packet.
    Reserved,
    /// In line, not begun.
    Queued,
    /// In line, to be sent again, or the next packet of an exchange.
    Again,
    /// In line, and some of its bytes may have been sent.
    Sending,
    /// In line, sent: the acknowledgement is to come.
    Sent,
    /// Done: the outcome waits for the command's future.
    Done,
    /// The connection ended before the command was done.
    ConnectionLost,
    /// The Server has forgotten the session.
    SessionLost,
    /// The agent was stopped.
    Stopped,
    /// The source of the payload ended early.
    PayloadEnded,
}

impl State {
    fn is_begun(self) -> bool {
        Self::Again <= self && self <= Self::Sent
    }

    fn outcome(self) -> Result<(), CommandError> {
        match self {
            Self::ConnectionLost => Err(CommandError::ConnectionLost),
            Self::SessionLost => Err(CommandError::SessionLost),
            Self::Stopped => Err(CommandError::Stopped),
            Self::PayloadEnded => Err(CommandError::PayloadEnded),
            _ => Ok(()),
        }
    }
}

/// A place for one command.
pub(crate) struct Slot<P: Profile, const PACKET: usize> {
    control: Mutex<Control<P>>,
    /// Locked by whom the state gives it to: the caller while `Reserved` or `Done`, the agent while it is begun. Nobody
    /// waits.
    packet: SpinMutex<Packet<P, PACKET>>,
}

struct Control<P: Profile> {
    state: Cell<State>,
    /// A future waits for the outcome, and it is not there yet. Without one, the slot is free as soon as it is.
    watched: Cell<bool>,
    /// Which slot this is, from 0.
    number: Cell<u8>,
    /// The type of the packet that acknowledges the one in the slot; 0 if none does.
    awaited: Cell<u8>,
    /// The command's future, if watched; else some future that waits for any slot to become free.
    waker: Cell<Option<Waker>>,
    /// The function that is told the outcome.
    completion: Cell<P::Completion>,
}

/// The bytes of a control packet, up to `end`, and where the rest of it comes from.
pub(crate) struct Packet<P: Profile, const SIZE: usize> {
    end: u16,
    bytes: [u8; SIZE],
    source: P::Source,
}

impl<P: Profile, const SIZE: usize> Packet<P, SIZE> {
    fn encode(&mut self, request: &dyn Request, identifier: PacketIdentifier) -> Result<(), EncodeError> {
        let mut writer = Writer::new(&mut self.bytes);
        self.source = P::Source::new(request.encode(identifier, &mut writer));
        if let Some(payload) = self.source.get() {
            writer.announce(payload.length());
        }
        self.end = writer.finish()? as u16;
        // A payload that is not in memory needs room.
        if self.follows() > 0 && usize::from(self.end) == SIZE {
            return Err(EncodeError::TooLarge);
        }
        Ok(())
    }

    fn follows(&self) -> usize {
        self.source.get().map_or(0, Payload::length)
    }

    /// All bytes of the packet but those of its source.
    pub(crate) fn bytes(&self) -> &[u8] {
        wire::packet(&self.bytes, usize::from(self.end))
    }

    pub(crate) fn first_byte(&self) -> u8 {
        self.bytes().first().copied().unwrap_or_default()
    }

    /// Bytes of its source, from there on; none at its end, or where there is no source.
    pub(crate) fn more(&mut self, offset: usize) -> Result<&[u8], PayloadEnded> {
        let Some(payload) = self.source.get() else { return Ok(&[]) };
        let left = payload.length().saturating_sub(offset);
        if left == 0 {
            return Ok(&[]);
        }
        let buffer = self.bytes.get_mut(usize::from(self.end)..).unwrap_or_default();
        let bytes = payload.read(offset, buffer);
        let bytes = bytes.get(..left).unwrap_or(bytes);
        if bytes.is_empty() { Err(PayloadEnded) } else { Ok(bytes) }
    }

    /// A PUBLISH is going to be sent again `[MQTT-3.3.1-1]`.
    fn set_dup(&mut self) {
        if let Some(first_byte) = wire::packet_mut(&mut self.bytes, usize::from(self.end)).first_mut() {
            *first_byte |= 0x08;
        }
    }

    /// PUBREL takes the place of the PUBLISH.
    fn release(&mut self, identifier: PacketIdentifier) {
        self.source = P::Source::NONE;
        let mut writer = Writer::new(&mut self.bytes);
        Pubrel { packet_identifier: identifier }.encode(&mut writer);
        self.end = writer.finish().unwrap_or_default() as u16;
    }

    /// How many topic filters there are in this SUBSCRIBE.
    fn filters(&self) -> usize {
        let mut body = Reader::new(self.bytes.get(Writer::FIXED_HEADER..usize::from(self.end)).unwrap_or_default());
        body.u16();
        let mut count = 0;
        while !body.is_empty() {
            body.binary();
            body.u8();
            count += 1;
        }
        count
    }

    /// Return codes take the place of the packet.
    fn keep(&mut self, codes: &[u8]) {
        self.end = codes.len() as u16;
        for (place, code) in self.bytes.iter_mut().zip(codes) {
            *place = *code;
        }
    }

    /// Those that were kept.
    pub(crate) fn kept(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.end)).unwrap_or_default()
    }
}

impl<P: Profile, const PACKET: usize> Slot<P, PACKET> {
    const fn new() -> Self {
        Self {
            control: Mutex::new(Control {
                state: Cell::new(State::Free),
                watched: Cell::new(false),
                number: Cell::new(0),
                awaited: Cell::new(0),
                waker: Cell::new(None),
                completion: Cell::new(P::Completion::NONE),
            }),
            packet: SpinMutex::new(Packet { end: 0, bytes: [0; PACKET], source: P::Source::NONE }),
        }
    }

    #[inline(never)] // A compare-and-swap is long on a core without one.
    pub(crate) fn lock(&self) -> Option<SpinMutexGuard<'_, Packet<P, PACKET>>> {
        self.packet.try_lock()
    }

    fn state(&self) -> State {
        critical_section::with(|cs| self.control.borrow(cs).state.get())
    }

    /// Prepares a message for another connection. False if what was begun cannot go on there.
    fn repeat(&self) -> bool {
        match critical_section::with(|cs| self.control.borrow(cs).awaited.get()) {
            Puback::PACKET_TYPE | Pubrec::PACKET_TYPE => {
                if let Some(mut packet) = self.lock() {
                    packet.set_dup();
                }
            }
            Pubcomp::PACKET_TYPE => {}
            _ => return false,
        }
        critical_section::with(|cs| self.control.borrow(cs).state.set(State::Again));
        true
    }
}

/// What is known of the command that an acknowledgement belongs to.
enum Awaited<'a, P: Profile, const PACKET: usize> {
    /// There is none.
    No,
    /// Its packet is still in the hands of the transport.
    Soon,
    /// It is here.
    By(&'a Slot<P, PACKET>),
}

/// The slots whose packets are to be sent or acknowledged, by their numbers, in the order in which they came.
struct Line<const COMMANDS: usize> {
    length: Cell<u8>,
    slots: [Cell<u8>; COMMANDS],
}

impl<const COMMANDS: usize> Line<COMMANDS> {
    fn slots(&self) -> &[Cell<u8>] {
        self.slots.get(..usize::from(self.length.get())).unwrap_or_default()
    }

    fn join(&self, slot: u8) {
        let length = self.length.get();
        if let Some(place) = self.slots.get(usize::from(length)) {
            place.set(slot);
            self.length.set(length + 1);
        }
    }

    fn leave(&self, slot: u8) {
        let slots = self.slots();
        let from = slots.iter().position(|place| place.get() == slot);
        if let Some(behind) = from.and_then(|from| slots.get(from..)) {
            for pair in behind.windows(2) {
                if let [place, next] = pair {
                    place.set(next.get());
                }
            }
            self.length.set(self.length.get() - 1);
        }
    }
}

/// The slots of an agent.
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub(crate) struct Queue<P: Profile, const COMMANDS: usize, const PACKET: usize> {
    /// The task that runs the connection.
    agent: Mutex<Cell<Option<Waker>>>,
    /// A future that waits for any slot to become free.
    waiting: Mutex<Cell<Option<Waker>>>,
    /// The number before the packet identifier of the first slot. (All of an agent is zeros at first, and takes no flash.)
    base: Mutex<Cell<u16>>,
    line: Mutex<Line<COMMANDS>>,
    slots: [Slot<P, PACKET>; COMMANDS],
}

// The caller's side.
impl<P: Profile, const COMMANDS: usize, const PACKET: usize> Queue<P, COMMANDS, PACKET> {
    pub(crate) const fn new() -> Self {
        const { assert!(COMMANDS > 0 && COMMANDS < 256, "an agent has 1 to 255 commands") };
        const { assert!(PACKET > Writer::FIXED_HEADER && PACKET < 65_536, "a packet has 6 to 65,535 bytes") };
        Self {
            agent: Mutex::new(Cell::new(None)),
            waiting: Mutex::new(Cell::new(None)),
            base: Mutex::new(Cell::new(0)),
            line: Mutex::new(Line { length: Cell::new(0), slots: [const { Cell::new(0) }; COMMANDS] }),
            slots: [const { Slot::new() }; COMMANDS],
        }
    }

    /// Puts a packet in line. A future that gives its waker is woken when the command is done; or, if no slot is free,
    /// when one may be.
    pub(crate) fn submit(
        &self,
        request: &dyn Request,
        future: Option<&Waker>,
        completion: P::Completion,
    ) -> Result<&Slot<P, PACKET>, CommandError> {
        let (slot, identifier, mut packet) = match self.reserve(future) {
            Ok(reserved) => reserved,
            Err(displaced) => {
                wake(displaced);
                return Err(CommandError::QueueFull);
            }
        };
        let encoded = packet.encode(request, identifier);
        let awaited = if P::ACKNOWLEDGED { acknowledgement(packet.first_byte()) } else { None };
        drop(packet);
        if let Err(error) = encoded {
            self.done(slot, State::Free, &[]);
            return Err(CommandError::Invalid(error));
        }
        let agent = critical_section::with(|cs| {
            let control = slot.control.borrow(cs);
            self.line.borrow(cs).join(control.number.get());
            control.state.set(State::Queued);
            control.awaited.set(awaited.unwrap_or_default());
            control.completion.set(completion);
            if future.is_some() {
                control.waker.set(future.cloned());
            }
            self.agent.borrow(cs).take()
        });
        wake(agent);
        Ok(slot)
    }

    /// Takes a free slot. If there is none, finds a place for the waker of the future, and perhaps displaces another.
    #[expect(clippy::type_complexity, reason = "said once")]
    fn reserve(
        &self,
        future: Option<&Waker>,
    ) -> Result<(&Slot<P, PACKET>, PacketIdentifier, SpinMutexGuard<'_, Packet<P, PACKET>>), Option<Waker>> {
        critical_section::with(|cs| {
            for (number, slot) in self.slots.iter().enumerate() {
                let number = number as u8;
                let control = slot.control.borrow(cs);
                if control.state.get() == State::Free
                    && let Some(packet) = slot.lock()
                {
                    control.state.set(State::Reserved);
                    control.number.set(number);
                    control.watched.set(future.is_some());
                    return Ok((slot, self.identifier(cs, number), packet));
                }
            }
            Err(future.and_then(|waker| self.wait(cs, waker)))
        })
    }

    /// Makes room for the waker of a future that waits for any slot: `waiting`, and a place in each slot that no future
    /// watches. Those before it move on, so that one whose future is gone falls out in the end, and is returned.
    fn wait(&self, cs: CriticalSection<'_>, waker: &Waker) -> Option<Waker> {
        let mut moved = self.waiting.borrow(cs).replace(Some(waker.clone()));
        for slot in &self.slots {
            let control = slot.control.borrow(cs);
            if moved.as_ref().is_none_or(|moved| moved.will_wake(waker)) {
                return None;
            }
            if !control.watched.get() {
                moved = control.waker.replace(moved);
            }
        }
        moved.filter(|moved| !moved.will_wake(waker))
    }

    /// A step of a command's future: puts the packet in line, if it has no `slot` yet, else looks for the outcome. When
    /// it is there, the slot stays the future's until it is abandoned.
    pub(crate) fn poll<'a>(
        &'a self,
        slot: &mut Option<&'a Slot<P, PACKET>>,
        request: &dyn Request,
        waker: &Waker,
    ) -> Poll<Result<(), CommandError>> {
        let Some(submitted) = *slot else {
            return match self.submit(request, Some(waker), P::Completion::NONE) {
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
        if state < State::Done { Poll::Pending } else { Poll::Ready(state.outcome()) }
    }

    /// The future of the command is gone: a command that was not begun is cancelled, one that was runs on unwatched.
    pub(crate) fn abandon(&self, slot: &Slot<P, PACKET>) {
        self.done(slot, State::Free, &[]);
    }
}

// The agent's side.
impl<P: Profile, const COMMANDS: usize, const PACKET: usize> Queue<P, COMMANDS, PACKET> {
    /// Lets submissions wake this task.
    pub(crate) fn register(&self, waker: &Waker) {
        critical_section::with(|cs| store(self.agent.borrow(cs), waker));
    }

    /// Wakes the task that runs the connection.
    pub(crate) fn wake_agent(&self) {
        wake(critical_section::with(|cs| self.agent.borrow(cs).take()));
    }

    /// The command that is first in line, to be sent now. While a ping is on its way another one holds the line.
    pub(crate) fn next(&self, pinging: bool) -> Option<(&Slot<P, PACKET>, SpinMutexGuard<'_, Packet<P, PACKET>>)> {
        critical_section::with(|cs| {
            let mut in_line =
                self.line.borrow(cs).slots().iter().filter_map(|number| self.slots.get(usize::from(number.get())));
            let slot = in_line.find(|slot| {
                let state = slot.control.borrow(cs).state.get();
                state == State::Queued || P::PUBLISH > 0 && state == State::Again
            })?;
            let control = slot.control.borrow(cs);
            if P::PING && pinging && control.awaited.get() == Pingresp::PACKET_TYPE {
                return None;
            }
            let packet = slot.lock()?;
            control.state.set(State::Sending);
            Some((slot, packet))
        })
    }

    /// The packet of this slot has been sent.
    pub(crate) fn sent(&self, slot: &Slot<P, PACKET>) {
        let awaits = P::ACKNOWLEDGED
            && critical_section::with(|cs| {
                let control = slot.control.borrow(cs);
                let awaits = control.awaited.get() != 0;
                if awaits {
                    control.state.set(State::Sent);
                }
                awaits
            });
        if !awaits {
            self.done(slot, State::Done, &[]);
        }
    }

    /// The source of this slot's packet ended early: it can never be sent.
    pub(crate) fn payload_ended(&self, slot: &Slot<P, PACKET>) {
        self.done(slot, State::PayloadEnded, &[]);
    }

    /// An acknowledgement has come; if it has return codes, then so many as there are filters `[MQTT-3.8.4-5]`. False if
    /// it is too early for it: the transport has not yet said that all of the packet was sent.
    pub(crate) fn acknowledge(
        &self,
        packet_type: u8,
        identifier: Option<PacketIdentifier>,
        codes: &[u8],
    ) -> Result<bool, Error> {
        let slot = match self.find(packet_type, identifier) {
            Awaited::No => return Ok(true),
            Awaited::Soon => return Ok(false),
            Awaited::By(slot) => slot,
        };
        if P::SUBSCRIBE
            && packet_type == Suback::PACKET_TYPE
            && let Some(mut packet) = slot.lock()
        {
            if packet.filters() != codes.len() {
                return Err(Error::Protocol);
            }
            packet.keep(codes);
        }
        event!(trace, "acknowledged: by type {}, identifier {}", packet_type, self.identifier_of(slot));
        self.done(slot, State::Done, codes);
        Ok(true)
    }

    /// PUBREC has come: PUBREL is in line now `[MQTT-4.3.3-1]`, behind those before it `[MQTT-4.6.0-4]`. `None` if no
    /// message awaits it, else as [`acknowledge`](Self::acknowledge).
    pub(crate) fn release(&self, identifier: PacketIdentifier) -> Option<bool> {
        let slot = match self.find(Pubrec::PACKET_TYPE, Some(identifier)) {
            Awaited::No => return None,
            Awaited::Soon => return Some(false),
            Awaited::By(slot) => slot,
        };
        event!(trace, "received: PUBREC, identifier {}", identifier.get());
        slot.lock()?.release(identifier);
        critical_section::with(|cs| {
            let (control, line) = (slot.control.borrow(cs), self.line.borrow(cs));
            line.leave(control.number.get());
            line.join(control.number.get());
            control.awaited.set(Pubcomp::PACKET_TYPE);
            control.state.set(State::Again);
        });
        Some(true)
    }

    /// The slot whose packet awaits this one.
    fn find(&self, packet_type: u8, identifier: Option<PacketIdentifier>) -> Awaited<'_, P, PACKET> {
        critical_section::with(|cs| {
            for slot in &self.slots {
                let control = slot.control.borrow(cs);
                let is_own = |identifier| identifier == self.identifier(cs, control.number.get());
                if control.awaited.get() == packet_type && identifier.is_none_or(is_own) {
                    match control.state.get() {
                        State::Sending => return Awaited::Soon,
                        State::Sent => return Awaited::By(slot),
                        _ => {}
                    }
                }
            }
            Awaited::No
        })
    }

    /// The connection has ended. Messages that the Server has not acknowledged are to be sent again `[MQTT-4.4.0-1]`;
    /// what else was begun is lost; the rest stays in line.
    pub(crate) fn interrupt(&self) {
        self.give_up(State::Again, State::ConnectionLost);
    }

    /// The Server has no session: exchanges that were begun with it are over.
    pub(crate) fn forget(&self) {
        self.give_up(State::Again, State::SessionLost);
    }

    /// No command goes on. (Those that are given meanwhile do.)
    pub(crate) fn stop(&self) {
        // The Server may still know the packet identifiers of what is given up. So others come next, unless one is just
        // being given out.
        critical_section::with(|cs| {
            let base = self.base.borrow(cs);
            if self.slots.iter().all(|slot| slot.control.borrow(cs).state.get() != State::Reserved) {
                let next = base.get().wrapping_add(COMMANDS as u16);
                // All those of the slots have to be in range.
                base.set(if next > u16::MAX - COMMANDS as u16 { 0 } else { next });
            }
        });
        self.give_up(State::Queued, State::Stopped);
    }

    /// Ends all commands that have come as far as that. With the connection alone, messages can be sent again.
    fn give_up(&self, from: State, outcome: State) {
        for slot in &self.slots {
            let state = slot.state();
            if state < from || state > State::Sent {
                continue;
            }
            let repeats = P::PUBLISH > 0 && outcome == State::ConnectionLost && slot.repeat();
            if repeats {
                event!(debug, "to be sent again: identifier {}", self.identifier_of(slot));
            } else {
                event!(debug, "given up: identifier {}", self.identifier_of(slot));
                self.done(slot, outcome, &[]);
            }
        }
    }

    /// For those who print it.
    #[cfg(any(feature = "log", feature = "defmt"))]
    pub(crate) fn identifier_of(&self, slot: &Slot<P, PACKET>) -> u16 {
        critical_section::with(|cs| self.identifier(cs, slot.control.borrow(cs).number.get()).get())
    }

    /// The packet identifier of what is in a slot.
    fn identifier(&self, cs: CriticalSection<'_>, slot: u8) -> PacketIdentifier {
        // Those before it are never used again.
        let base = if P::STOP { self.base.borrow(cs).get() } else { 0 };
        PacketIdentifier::MIN.saturating_add(base.wrapping_add(u16::from(slot)))
    }

    /// The command of a slot is done, or `Free`: nobody waits for it any more. Tells all who may care.
    #[inline(never)]
    fn done(&self, slot: &Slot<P, PACKET>, outcome: State, codes: &[u8]) {
        let (completion, watching, waiting) = critical_section::with(|cs| {
            let control = slot.control.borrow(cs);
            let watched = control.watched.replace(false);
            if outcome == State::Free && control.state.get().is_begun() {
                return (None, None, None);
            }
            self.line.borrow(cs).leave(control.number.get());
            let completion = control.completion.replace(P::Completion::NONE).get();
            control.state.set(if watched { outcome } else { State::Free });
            (completion, control.waker.take(), self.waiting.borrow(cs).take())
        });
        if let Some(completion) = completion {
            completion.call(outcome.outcome().map(|()| List::encoded(codes)));
        }
        wake(watching);
        // Who waits takes a place in a slot only while this one is taken.
        if waiting.is_none() {
            return;
        }
        wake(waiting);
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
