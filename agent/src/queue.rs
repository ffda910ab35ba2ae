//! The command queue: slots that own the bytes of one control packet each.
//!
//! A slot is reserved under the lock, filled outside it, and put in line under it again: interrupts are masked for a
//! few steps over the slots, however large the packets are. Wakers and functions are called outside it too.
//!
//! A slot keeps its packet until it is acknowledged, so it is also what is sent again on the next connection. And the
//! packet identifier has its number: none is in use twice `[MQTT-2.3.1-2]`.

use core::cell::Cell;
use core::sync::atomic::{
    AtomicBool, AtomicI8, AtomicU8, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use core::task::{Poll, Waker};

use critical_section::{CriticalSection, Mutex};
use spin::mutex::{SpinMutex, SpinMutexGuard};

use crate::agent::{Keeps, Profile};
use crate::command::CommandError;
use crate::request::Request;
use crate::wire::{
    self, EncodeError, List, PacketIdentifier, Pingresp, Puback, Pubcomp, Pubrec, Pubrel, Suback, Writer,
};

/// What a slot is doing, in the order in which it goes on; below, how it has ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct State(i8);

impl State {
    /// The source of the payload ended early.
    const PAYLOAD_ENDED: Self = Self(-5);
    /// The agent was stopped.
    const STOPPED: Self = Self(-4);
    /// The Server has forgotten the session.
    const SESSION_LOST: Self = Self(-3);
    /// The connection ended before the command was done.
    const CONNECTION_LOST: Self = Self(-2);
    /// Done: the outcome waits for the command's future.
    const DONE: Self = Self(-1);
    const FREE: Self = Self(0);
    /// The caller is writing its packet.
    const RESERVED: Self = Self(1);
    /// In line, not begun.
    const QUEUED: Self = Self(2);
    /// In line, to be sent again, or the next packet of an exchange.
    const AGAIN: Self = Self(3);
    /// In line, and some of its bytes may have been sent.
    const SENDING: Self = Self(4);
    /// In line, sent: the acknowledgement is to come.
    const SENT: Self = Self(5);

    fn is_begun(self) -> bool {
        self >= Self::AGAIN
    }

    fn outcome(self) -> Result<(), CommandError> {
        match self {
            Self::CONNECTION_LOST => Err(CommandError::ConnectionLost),
            Self::SESSION_LOST => Err(CommandError::SessionLost),
            Self::STOPPED => Err(CommandError::Stopped),
            Self::PAYLOAD_ENDED => Err(CommandError::PayloadEnded),
            _ => Ok(()),
        }
    }
}

/// A place for one command.
///
/// The caller alone leaves `RESERVED`, and the agent's task alone `SENDING` and `SENT`: meanwhile the other small fields are
/// theirs, but for `watched`. All other states are left under the lock.
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub(crate) struct Slot<P: Profile, const PACKET: usize> {
    state: AtomicI8,
    /// A future waits for the outcome, and it is not there yet. Without one, the slot is free as soon as it is.
    watched: AtomicBool,
    /// The type of the packet that acknowledges the one in the slot; 0 if none does.
    awaited: AtomicU8,
    /// The more significant byte of packet identifiers. It moves on with each command, so that an identifier comes again
    /// after 255 others: some Servers know it a little longer than they should.
    generation: AtomicU8,
    /// When the packet was put in line, among the others.
    order: AtomicU32,
    /// The function that is told the outcome.
    completion: Mutex<Cell<P::Completion>>,
    /// That of some future that waits: for its command's outcome, or for a slot.
    waker: Mutex<Cell<Option<Waker>>>,
    /// Locked by the caller while `RESERVED`, the agent while `SENDING` or `SENT`, the future while `DONE`: nobody finds it
    /// locked.
    packet: SpinMutex<Packet<P, PACKET>>,
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
        let mut follows = 0;
        if let Some(payload) = self.source.get() {
            follows = payload.length();
            writer.announce(follows);
        }
        self.end = writer.finish()? as u16;
        // A payload that is not in memory needs room.
        if follows > 0 && usize::from(self.end) == SIZE {
            return Err(EncodeError::TooLarge);
        }
        Ok(awaited)
    }

    /// All bytes of the packet but those of its source.
    pub(crate) fn bytes(&self) -> &[u8] {
        wire::packet(&self.bytes, usize::from(self.end))
    }

    #[cfg(any(feature = "log", feature = "defmt"))]
    pub(crate) fn first_byte(&self) -> u8 {
        self.bytes().first().copied().unwrap_or_default()
    }

    /// Bytes of its source, from there on: `None` behind the last one, an empty slice if it has ended early.
    pub(crate) fn more(&mut self, offset: usize) -> Option<&[u8]> {
        let payload = self.source.get()?;
        let left = payload.length().checked_sub(offset).filter(|left| *left > 0)?;
        let buffer = self.bytes.get_mut(usize::from(self.end)..).unwrap_or_default();
        let bytes = payload.read(offset, buffer);
        Some(bytes.get(..left).unwrap_or(bytes))
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
            state: AtomicI8::new(State::FREE.0),
            watched: AtomicBool::new(false),
            awaited: AtomicU8::new(0),
            generation: AtomicU8::new(0),
            order: AtomicU32::new(0),
            completion: Mutex::new(Cell::new(P::Completion::NONE)),
            waker: Mutex::new(Cell::new(None)),
            packet: SpinMutex::new(Packet { end: 0, filters: 0, source: P::Source::NONE, bytes: [0; PACKET] }),
        }
    }

    #[inline(never)] // A compare-and-swap is long on a core without one.
    pub(crate) fn lock(&self) -> Option<SpinMutexGuard<'_, Packet<P, PACKET>>> {
        self.packet.try_lock()
    }

    /// Certain for who holds the lock, or has the slot.
    fn state(&self) -> State {
        State(self.state.load(Relaxed))
    }

    /// For the same.
    fn set_state(&self, state: State) {
        self.state.store(state.0, Relaxed);
    }

    /// The packet identifier of a command in this slot, the one with this number.
    fn identifier(&self, slot: u8) -> PacketIdentifier {
        PacketIdentifier::MIN.saturating_add(u16::from(self.generation.load(Relaxed)) << 8 | u16::from(slot))
    }

    /// Whether it was put in line before another one.
    fn is_before(&self, other: &Self) -> bool {
        other.order.load(Relaxed).wrapping_sub(self.order.load(Relaxed)) as i32 > 0
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
                // Under the lock: who sees there that the slot is free sees that its packet is, too.
                critical_section::with(|_| slot.set_state(State::FREE));
                self.wake();
                return Err(CommandError::Invalid(error));
            }
        };
        slot.watched.store(watched, Relaxed);
        slot.awaited.store(awaited, Relaxed);
        let agent = critical_section::with(|cs| {
            slot.completion.borrow(cs).set(completion);
            self.join(cs, slot);
            slot.set_state(State::QUEUED);
            self.agent.borrow(cs).take()
        });
        wake(agent);
        Ok(slot)
    }

    /// Takes a free slot.
    #[expect(clippy::type_complexity, reason = "said once")]
    fn reserve(&self) -> Option<(&Slot<P, PACKET>, PacketIdentifier, SpinMutexGuard<'_, Packet<P, PACKET>>)> {
        let (slot, number) = critical_section::with(|_| {
            let free = self.slots.iter().zip(0..).find(|(slot, _)| slot.state() == State::FREE);
            free.inspect(|(slot, _)| slot.set_state(State::RESERVED))
        })?;
        Some((slot, slot.identifier(number), slot.lock()?))
    }

    /// The last in line.
    fn join(&self, _: CriticalSection<'_>, slot: &Slot<P, PACKET>) {
        let next = self.next.load(Relaxed);
        slot.order.store(next, Relaxed);
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
        // Once it has ended, what the packet keeps is there as well.
        let state = State(slot.state.load(Acquire));
        if state > State::DONE { Poll::Pending } else { Poll::Ready(state.outcome()) }
    }

    /// The future of the command is gone: a command that was not begun is cancelled, one that was runs on unwatched.
    pub(crate) fn abandon(&self, slot: &Slot<P, PACKET>) {
        self.done(slot, State::FREE, &[]);
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
        let (slot, is_again) = critical_section::with(|_| {
            let mut first: Option<&Slot<P, PACKET>> = None;
            for slot in &self.slots {
                if matches!(slot.state(), State::QUEUED | State::AGAIN)
                    && first.is_none_or(|first| slot.is_before(first))
                {
                    first = Some(slot);
                }
            }
            let slot = first?;
            if P::PING && pinging && slot.awaited.load(Relaxed) == Pingresp::PACKET_TYPE {
                return None;
            }
            let is_again = slot.state() == State::AGAIN;
            slot.set_state(State::SENDING);
            Some((slot, is_again))
        })?;
        // From here on nobody else has it, nor its lock.
        self.begun.store(slot.order.load(Relaxed).wrapping_add(1), Relaxed);
        let mut packet = slot.lock()?;
        if P::PUBLISH > 0 && is_again && slot.awaited.load(Relaxed) != Pubcomp::PACKET_TYPE {
            packet.set_dup();
        }
        Some((slot, packet))
    }

    /// The packet of this slot has been sent; or never can be, since the source of its payload ended early.
    pub(crate) fn sent(&self, slot: &Slot<P, PACKET>, ended_early: bool) {
        if ended_early {
            self.done(slot, State::PAYLOAD_ENDED, &[]);
        } else if P::ACKNOWLEDGED && slot.awaited.load(Relaxed) != 0 {
            slot.set_state(State::SENT);
        } else {
            self.done(slot, State::DONE, &[]);
        }
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
        for (slot, number) in self.slots.iter().zip(0..) {
            if slot.awaited.load(Relaxed) != packet_type
                || identifier.is_some_and(|identifier| identifier != slot.identifier(number))
            {
                continue;
            }
            match slot.state() {
                State::SENDING => return Acknowledged::Early,
                State::SENT => {}
                _ => continue,
            }
            if P::PUBLISH > 1 && packet_type == Pubrec::PACKET_TYPE {
                let Some(mut packet) = slot.lock() else { return Acknowledged::Early };
                packet.release(slot.identifier(number));
                // Before others may have the slot.
                drop(packet);
                slot.awaited.store(Pubcomp::PACKET_TYPE, Relaxed);
                critical_section::with(|cs| self.join(cs, slot));
                slot.set_state(State::AGAIN);
                event!(trace, "received: PUBREC, identifier {}", self.identifier_of(slot));
                return Acknowledged::Known;
            }
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
            self.done(slot, State::DONE, codes);
            return Acknowledged::Known;
        }
        Acknowledged::Unknown
    }

    /// The connection has ended. Messages that the Server has not acknowledged are to be sent again `[MQTT-4.4.0-1]`;
    /// what else was begun is lost; the rest stays in line.
    pub(crate) fn interrupt(&self) {
        self.give_up(State::AGAIN, State::SENT, State::CONNECTION_LOST);
    }

    /// The Server has no session: exchanges that were begun with it are over.
    pub(crate) fn forget(&self) {
        self.give_up(State::AGAIN, State::SENT, State::SESSION_LOST);
    }

    /// No command goes on. (Those that are given meanwhile do.)
    pub(crate) fn stop(&self) {
        self.give_up(State::QUEUED, State::SENT, State::STOPPED);
    }

    /// The same without a connection. What one that begins meanwhile has in its hands stays there.
    pub(crate) fn clear(&self) {
        self.give_up(State::QUEUED, State::AGAIN, State::STOPPED);
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
        slot.identifier(number as u8).get()
    }

    /// The command of a slot is done, or `FREE`: nobody waits for it any more.
    fn done(&self, slot: &Slot<P, PACKET>, outcome: State, codes: &[u8]) {
        self.end(slot, State::PAYLOAD_ENDED, State::SENT, outcome, codes);
    }

    /// Ends the command of a slot if it has come so far: at once, since else another one may have the slot meanwhile.
    /// With the connection alone, messages can be sent again. Tells all who may care.
    #[inline(never)]
    fn end(&self, slot: &Slot<P, PACKET>, from: State, to: State, outcome: State, codes: &[u8]) {
        #[cfg(any(feature = "log", feature = "defmt"))]
        let identifier = self.identifier_of(slot);
        let (ended, completion) = critical_section::with(|cs| {
            let state = slot.state();
            if !(from..=to).contains(&state) {
                return (Ended::No, None);
            }
            if P::PUBLISH > 0
                && outcome == State::CONNECTION_LOST
                && matches!(slot.awaited.load(Relaxed), Puback::PACKET_TYPE..=Pubcomp::PACKET_TYPE)
            {
                slot.set_state(State::AGAIN);
                self.begun.store(slot.order.load(Relaxed), Relaxed);
                return (Ended::Again, None);
            }
            let watched = slot.watched.load(Relaxed);
            slot.watched.store(false, Relaxed);
            if outcome == State::FREE && state.is_begun() {
                return (Ended::No, None);
            }
            if P::ACKNOWLEDGED && outcome != State::FREE {
                slot.generation.store(slot.generation.load(Relaxed).wrapping_add(1), Relaxed);
            }
            slot.state.store(if watched { outcome } else { State::FREE }.0, Release);
            (Ended::Yes, slot.completion.borrow(cs).replace(P::Completion::NONE).get())
        });
        match ended {
            Ended::No => {}
            Ended::Again => event!(debug, "to be sent again: identifier {}", identifier),
            Ended::Yes => {
                if from >= State::QUEUED {
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
