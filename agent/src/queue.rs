//! The command queue: slots that own the bytes of one control packet each.
//!
//! A slot is reserved under the lock, filled outside it, and put in line under it again: interrupts are masked for a
//! few steps over the slots, however large the packets are. Wakers and functions are called outside it too.
//!
//! A slot keeps its packet until it is acknowledged, so it is also what is sent again on the next connection. And the
//! packet identifier has its number: none is in use twice `[MQTT-2.3.1-2]`.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::task::{Poll, Waker};

use critical_section::{CriticalSection, Mutex};
use spin::mutex::{SpinMutex, SpinMutexGuard};

use crate::agent::{Keeps, Profile};
use crate::command::CommandError;
use crate::payload::Payload;
use crate::request::Request;
use crate::wire::{
    self, EncodeError, List, PacketIdentifier, Pingresp, Puback, Pubcomp, Pubrec, Pubrel, Suback, Writer,
};

/// What a slot is doing, in the order in which it goes on; below, how it has ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i8)]
enum State {
    /// The source of the payload ended early.
    PayloadEnded = -5,
    /// The agent was stopped.
    Stopped,
    /// The Server has forgotten the session.
    SessionLost,
    /// The connection ended before the command was done.
    ConnectionLost,
    /// Done: the outcome waits for the command's future.
    Done,
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
}

impl State {
    fn is_begun(self) -> bool {
        self >= Self::Again
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
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub(crate) struct Slot<P: Profile, const PACKET: usize> {
    control: Mutex<Control<P>>,
    /// That of some future that waits: for its command's outcome, or for a slot.
    waker: Mutex<Cell<Option<Waker>>>,
    /// Locked by whom the state gives it to: the caller while `Reserved` or `Done`, the agent while it is begun. Nobody
    /// waits.
    packet: SpinMutex<Packet<P, PACKET>>,
}

#[repr(C)]
struct Control<P: Profile> {
    state: Cell<State>,
    /// A future waits for the outcome, and it is not there yet. Without one, the slot is free as soon as it is.
    watched: Cell<bool>,
    /// The type of the packet that acknowledges the one in the slot; 0 if none does.
    awaited: Cell<u8>,
    /// The more significant byte of packet identifiers. It moves on with each command, so that an identifier comes again
    /// after 255 others: some Servers know it a little longer than they should.
    generation: Cell<u8>,
    /// When the packet was put in line, among the others.
    order: Cell<u32>,
    /// The function that is told the outcome.
    completion: Cell<P::Completion>,
}

/// The bytes of a control packet, up to `end`, and where the rest of it comes from.
#[repr(C)]
pub(crate) struct Packet<P: Profile, const SIZE: usize> {
    end: u16,
    /// How many topic filters there are in this SUBSCRIBE.
    filters: u16,
    source: P::Source,
    bytes: [u8; SIZE],
}

impl<P: Profile, const SIZE: usize> Packet<P, SIZE> {
    /// Returns the type of the packet that acknowledges this one; 0 if none does.
    fn encode(&mut self, request: &Request<'_, P>, identifier: PacketIdentifier) -> Result<u8, EncodeError> {
        let mut writer = Writer::new(&mut self.bytes);
        if P::SUBSCRIBE
            && let Request::Subscribe(filters) = request
        {
            self.filters = filters.len() as u16;
        }
        let (awaited, source) = request.encode(identifier, &mut writer);
        self.source = P::Source::new(source);
        if let Some(payload) = self.source.get() {
            writer.announce(payload.length());
        }
        self.end = writer.finish()? as u16;
        // A payload that is not in memory needs room.
        if self.follows() > 0 && usize::from(self.end) == SIZE {
            return Err(EncodeError::TooLarge);
        }
        Ok(awaited)
    }

    /// How many bytes of its source there are.
    pub(crate) fn follows(&self) -> usize {
        self.source.get().map_or(0, Payload::length)
    }

    /// All bytes of the packet but those of its source.
    pub(crate) fn bytes(&self) -> &[u8] {
        wire::packet(&self.bytes, usize::from(self.end))
    }

    #[cfg(any(feature = "log", feature = "defmt"))]
    pub(crate) fn first_byte(&self) -> u8 {
        self.bytes().first().copied().unwrap_or_default()
    }

    /// Bytes of its source, from there on: none if it has ended early.
    pub(crate) fn more(&mut self, offset: usize) -> &[u8] {
        let Some(payload) = self.source.get() else { return &[] };
        let left = payload.length().saturating_sub(offset);
        let buffer = self.bytes.get_mut(usize::from(self.end)..).unwrap_or_default();
        let bytes = payload.read(offset, buffer);
        bytes.get(..left).unwrap_or(bytes)
    }

    /// A PUBLISH is going to be sent again `[MQTT-3.3.1-1]`.
    fn set_dup(&mut self) {
        if let Some(first_byte) = wire::packet_mut(&mut self.bytes, usize::from(self.end)).first_mut() {
            *first_byte |= 0x08;
        }
    }

    /// PUBREL takes the place of the PUBLISH.
    fn release(&mut self, identifier: PacketIdentifier) {
        let [high, low] = identifier.get().to_be_bytes();
        if let Some(space) = self.bytes.first_chunk_mut() {
            *space = [Pubrel::FIRST_BYTE, 2, high, low];
        }
        self.end = 4;
        self.source = P::Source::NONE;
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
                awaited: Cell::new(0),
                generation: Cell::new(0),
                order: Cell::new(0),
                completion: Cell::new(P::Completion::NONE),
            }),
            waker: Mutex::new(Cell::new(None)),
            packet: SpinMutex::new(Packet { end: 0, filters: 0, source: P::Source::NONE, bytes: [0; PACKET] }),
        }
    }

    #[inline(never)] // A compare-and-swap is long on a core without one.
    pub(crate) fn lock(&self) -> Option<SpinMutexGuard<'_, Packet<P, PACKET>>> {
        self.packet.try_lock()
    }

    fn state(&self) -> State {
        critical_section::with(|cs| self.control.borrow(cs).state.get())
    }
}

impl<P: Profile> Control<P> {
    /// The packet identifier of a command in this slot, the one with this number.
    fn identifier(&self, slot: u8) -> PacketIdentifier {
        PacketIdentifier::MIN.saturating_add(u16::from(self.generation.get()) << 8 | u16::from(slot))
    }

    /// Whether it was put in line before another one.
    fn is_before(&self, other: &Self) -> bool {
        other.order.get().wrapping_sub(self.order.get()) as i32 > 0
    }
}

/// What is known of the command that an acknowledgement belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    /// There is none.
    Unknown,
    /// Its packet is still in the hands of the transport.
    Early,
    /// It has gone on.
    Known,
    /// Its filters are not as many as the return codes.
    Wrong,
}

/// Whether a command has ended: what is said of it.
#[derive(Clone, Copy)]
enum Ended {
    No,
    Again,
    Yes,
}

/// The slots of an agent.
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub(crate) struct Queue<P: Profile, const COMMANDS: usize, const PACKET: usize> {
    /// The task that runs the connection.
    agent: Mutex<Cell<Option<Waker>>>,
    /// That of the future that began to wait last; those before it have moved on to the slots.
    waiting: Mutex<Cell<Option<Waker>>>,
    /// What the next packet in line gets as its order.
    next: AtomicU32,
    /// The order that follows that of the packet which was begun last: if it is `next`, no other one is in line.
    begun: AtomicU32,
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
            next: AtomicU32::new(0),
            begun: AtomicU32::new(0),
            slots: [const { Slot::new() }; COMMANDS],
        }
    }

    /// Puts a packet in line. If it is watched, the slot keeps the outcome for a future.
    pub(crate) fn submit(
        &self,
        request: &Request<'_, P>,
        watched: bool,
        completion: P::Completion,
    ) -> Result<&Slot<P, PACKET>, CommandError> {
        let Some((slot, identifier, mut packet)) = self.reserve() else { return Err(CommandError::QueueFull) };
        let encoded = packet.encode(request, identifier);
        drop(packet);
        let awaited = match encoded {
            Ok(awaited) => awaited,
            Err(error) => {
                critical_section::with(|cs| slot.control.borrow(cs).state.set(State::Free));
                self.wake();
                return Err(CommandError::Invalid(error));
            }
        };
        let agent = critical_section::with(|cs| {
            let control = slot.control.borrow(cs);
            self.join(cs, control);
            control.state.set(State::Queued);
            control.watched.set(watched);
            control.awaited.set(awaited);
            control.completion.set(completion);
            self.agent.borrow(cs).take()
        });
        wake(agent);
        Ok(slot)
    }

    /// Takes a free slot.
    #[expect(clippy::type_complexity, reason = "said once")]
    fn reserve(&self) -> Option<(&Slot<P, PACKET>, PacketIdentifier, SpinMutexGuard<'_, Packet<P, PACKET>>)> {
        critical_section::with(|cs| {
            for (slot, number) in self.slots.iter().zip(0..) {
                let control = slot.control.borrow(cs);
                if control.state.get() == State::Free
                    && let Some(packet) = slot.lock()
                {
                    control.state.set(State::Reserved);
                    return Some((slot, control.identifier(number), packet));
                }
            }
            None
        })
    }

    /// The last in line.
    fn join(&self, _: CriticalSection<'_>, control: &Control<P>) {
        let next = self.next.load(Relaxed);
        control.order.set(next);
        self.next.store(next.wrapping_add(1), Relaxed);
    }

    /// What the future of a command does when it is polled.
    pub(crate) fn poll<'a>(
        &'a self,
        slot: &mut Option<&'a Slot<P, PACKET>>,
        request: &Request<'_, P>,
        waker: &Waker,
    ) -> Poll<Result<(), CommandError>> {
        self.wait(waker);
        let slot = match *slot {
            Some(slot) => slot,
            None => match self.submit(request, true, P::Completion::NONE) {
                Ok(submitted) => slot.insert(submitted),
                Err(CommandError::QueueFull) => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            },
        };
        let state = slot.state();
        if state > State::Done { Poll::Pending } else { Poll::Ready(state.outcome()) }
    }

    /// The future of the command is gone: a command that was not begun is cancelled, one that was runs on unwatched.
    pub(crate) fn abandon(&self, slot: &Slot<P, PACKET>) {
        self.done(slot, State::Free, &[]);
    }

    /// Has the next [`wake`](Self::wake) wake this waker. If there is no place left for it, another one is woken early.
    pub(crate) fn wait(&self, waker: &Waker) {
        wake(critical_section::with(|cs| {
            // All move on by a place, up to the one that is free or was the same. So who is not there any more falls out.
            let mut moved = self.waiting.borrow(cs).replace(Some(waker.clone()));
            for slot in &self.slots {
                if moved.as_ref().is_none_or(|moved| moved.will_wake(waker)) {
                    return None;
                }
                moved = slot.waker.borrow(cs).replace(moved);
            }
            moved.filter(|moved| !moved.will_wake(waker))
        }));
    }

    /// Wakes all who wait: they see for themselves what has happened.
    pub(crate) fn wake(&self) {
        // Places fill from the first one on: behind a free one there is nobody, or another call of this has come so far.
        let mut place = &self.waiting;
        let mut slots = self.slots.iter();
        while let Some(waker) = critical_section::with(|cs| place.borrow(cs).take()) {
            waker.wake();
            let Some(slot) = slots.next() else { return };
            place = &slot.waker;
        }
    }
}

// The agent's side.
impl<P: Profile, const COMMANDS: usize, const PACKET: usize> Queue<P, COMMANDS, PACKET> {
    /// Lets submissions wake this task.
    pub(crate) fn register(&self, waker: &Waker) {
        critical_section::with(|cs| self.agent.borrow(cs).set(Some(waker.clone())));
    }

    /// Wakes the task that runs the connection.
    pub(crate) fn wake_agent(&self) {
        wake(critical_section::with(|cs| self.agent.borrow(cs).take()));
    }

    /// The command that is first in line, to be sent now. While a ping is on its way another one holds the line.
    pub(crate) fn next(&self, pinging: bool) -> Option<(&Slot<P, PACKET>, SpinMutexGuard<'_, Packet<P, PACKET>>)> {
        // Most polls find nothing, and need not look at the slots.
        if self.begun.load(Relaxed) == self.next.load(Relaxed) {
            return None;
        }
        critical_section::with(|cs| {
            let mut first: Option<&Slot<P, PACKET>> = None;
            for slot in &self.slots {
                let control = slot.control.borrow(cs);
                if matches!(control.state.get(), State::Queued | State::Again)
                    && first.is_none_or(|first| control.is_before(first.control.borrow(cs)))
                {
                    first = Some(slot);
                }
            }
            let slot = first?;
            let control = slot.control.borrow(cs);
            if P::PING && pinging && control.awaited.get() == Pingresp::PACKET_TYPE {
                return None;
            }
            let mut packet = slot.lock()?;
            let is_release = P::PUBLISH > 1 && control.awaited.get() == Pubcomp::PACKET_TYPE;
            if P::PUBLISH > 0 && control.state.get() == State::Again && !is_release {
                packet.set_dup();
            }
            control.state.set(State::Sending);
            self.begun.store(control.order.get().wrapping_add(1), Relaxed);
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

    /// An acknowledgement has come. PINGRESP has no packet identifier, SUBACK has return codes: as many as there are
    /// filters `[MQTT-3.8.4-5]`. After PUBREC, PUBREL is in line `[MQTT-4.3.3-1]`, behind those before it
    /// `[MQTT-4.6.0-4]`.
    pub(crate) fn acknowledge(
        &self,
        packet_type: u8,
        identifier: Option<PacketIdentifier>,
        codes: &[u8],
    ) -> Acknowledged {
        let found = critical_section::with(|cs| {
            for (slot, number) in self.slots.iter().zip(0..) {
                let control = slot.control.borrow(cs);
                if control.awaited.get() != packet_type
                    || identifier.is_some_and(|identifier| identifier != control.identifier(number))
                {
                    continue;
                }
                match control.state.get() {
                    State::Sending => return Err(Acknowledged::Early),
                    State::Sent if P::PUBLISH > 1 && packet_type == Pubrec::PACKET_TYPE => {
                        let Some(mut packet) = slot.lock() else { return Err(Acknowledged::Early) };
                        packet.release(control.identifier(number));
                        self.join(cs, control);
                        control.awaited.set(Pubcomp::PACKET_TYPE);
                        control.state.set(State::Again);
                        return Err(Acknowledged::Known);
                    }
                    State::Sent => return Ok(slot),
                    _ => {}
                }
            }
            Err(Acknowledged::Unknown)
        });
        let slot = match found {
            Ok(slot) => slot,
            Err(acknowledged) => {
                if acknowledged == Acknowledged::Known {
                    event!(trace, "received: PUBREC, identifier {}", identifier.map_or(0, PacketIdentifier::get));
                }
                return acknowledged;
            }
        };
        event!(trace, "acknowledged: by type {}, identifier {}", packet_type, self.identifier_of(slot));
        if P::SUBSCRIBE
            && packet_type == Suback::PACKET_TYPE
            && let Some(mut packet) = slot.lock()
        {
            if usize::from(packet.filters) != codes.len() {
                return Acknowledged::Wrong;
            }
            packet.keep(codes);
        }
        self.done(slot, State::Done, codes);
        Acknowledged::Known
    }

    /// The connection has ended. Messages that the Server has not acknowledged are to be sent again `[MQTT-4.4.0-1]`;
    /// what else was begun is lost; the rest stays in line.
    pub(crate) fn interrupt(&self) {
        self.give_up(State::Again, State::Sent, State::ConnectionLost);
    }

    /// The Server has no session: exchanges that were begun with it are over.
    pub(crate) fn forget(&self) {
        self.give_up(State::Again, State::Sent, State::SessionLost);
    }

    /// No command goes on. (Those that are given meanwhile do.)
    pub(crate) fn stop(&self) {
        self.give_up(State::Queued, State::Sent, State::Stopped);
    }

    /// The same without a connection. What one that begins meanwhile has in its hands stays there.
    pub(crate) fn clear(&self) {
        self.give_up(State::Queued, State::Again, State::Stopped);
    }

    /// Ends all commands that have come so far.
    fn give_up(&self, from: State, to: State, outcome: State) {
        for slot in &self.slots {
            self.end(slot, from, to, outcome, &[]);
        }
    }

    /// For those who print it.
    #[cfg(any(feature = "log", feature = "defmt"))]
    pub(crate) fn identifier_of(&self, slot: &Slot<P, PACKET>) -> u16 {
        let number = self.slots.iter().take_while(|other| !core::ptr::eq(*other, slot)).count();
        critical_section::with(|cs| slot.control.borrow(cs).identifier(number as u8).get())
    }

    /// The command of a slot is done, or `Free`: nobody waits for it any more.
    fn done(&self, slot: &Slot<P, PACKET>, outcome: State, codes: &[u8]) {
        self.end(slot, State::PayloadEnded, State::Sent, outcome, codes);
    }

    /// Ends the command of a slot if it has come so far: at once, since else another one may have the slot meanwhile.
    /// With the connection alone, messages can be sent again. Tells all who may care.
    #[inline(never)]
    fn end(&self, slot: &Slot<P, PACKET>, from: State, to: State, outcome: State, codes: &[u8]) {
        #[cfg(any(feature = "log", feature = "defmt"))]
        let identifier = self.identifier_of(slot);
        let (ended, completion) = critical_section::with(|cs| {
            let control = slot.control.borrow(cs);
            let state = control.state.get();
            if !(from..=to).contains(&state) {
                return (Ended::No, None);
            }
            if P::PUBLISH > 0
                && outcome == State::ConnectionLost
                && matches!(control.awaited.get(), Puback::PACKET_TYPE..=Pubcomp::PACKET_TYPE)
            {
                control.state.set(State::Again);
                self.begun.store(control.order.get(), Relaxed);
                return (Ended::Again, None);
            }
            let watched = control.watched.replace(false);
            if outcome == State::Free && state.is_begun() {
                return (Ended::No, None);
            }
            if P::ACKNOWLEDGED && outcome != State::Free {
                control.generation.set(control.generation.get().wrapping_add(1));
            }
            control.state.set(if watched { outcome } else { State::Free });
            (Ended::Yes, control.completion.replace(P::Completion::NONE).get())
        });
        match ended {
            Ended::No => {}
            Ended::Again => event!(debug, "to be sent again: identifier {}", identifier),
            Ended::Yes => {
                if from >= State::Queued {
                    event!(debug, "given up: identifier {}", identifier);
                }
                if let Some(completion) = completion {
                    completion.call(outcome.outcome().map(|()| List::encoded(codes)));
                }
                self.wake();
            }
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
