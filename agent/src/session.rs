//! The rules of the protocol, without I/O: what came in, what goes out, and when time is up.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};

use critical_section::Mutex;

use crate::agent::Profile;
use crate::connect::Connect;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::message::Message;
use crate::queue::{Acknowledged, Queue};
use crate::received::{self, Identifiers};
use crate::topic_name::TopicName;
use crate::wire::{
    Connack, ConnectReturnCode, DecodeError, Disconnect, PacketIdentifier, Pingreq, Pingresp, Puback, Pubcomp, Publish,
    Pubrec, Pubrel, QoS, Reader, Suback, Unsuback,
};

impl From<DecodeError> for Error {
    fn from(_: DecodeError) -> Self {
        Self::Protocol
    }
}

/// Where the connection stands, in the order in which it goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u8);

impl State {
    /// There is no connection.
    const IDLE: Self = Self(0);
    /// CONNECT is to be sent, before anything else `[MQTT-3.1.0-1]`.
    const CONNECT: Self = Self(1);
    /// CONNACK is to come, before anything else `[MQTT-3.2.0-1]`.
    const AWAIT_CONNACK: Self = Self(2);
    const CONNECTED: Self = Self(3);
    /// Nothing was sent for so long that PINGREQ is to be sent, before anything else `[MQTT-3.1.2-23]`.
    const PING: Self = Self(4);
    /// PINGRESP is to come.
    const AWAIT_PINGRESP: Self = Self(5);
    /// DISCONNECT is given to the transport: nothing is sent after it `[MQTT-3.14.4-2]`.
    const DISCONNECTING: Self = Self(6);
    /// DISCONNECT has been sent.
    const DISCONNECTED: Self = Self(7);
    /// The connection has failed.
    const FAILED: Self = Self(8);

    /// Whether commands may be sent.
    pub(crate) fn takes_commands(self) -> bool {
        matches!(self, Self::CONNECTED | Self::AWAIT_PINGRESP)
    }

    /// Whether a PINGREQ is on its way.
    pub(crate) fn is_pinging(self) -> bool {
        self == Self::AWAIT_PINGRESP
    }
}

/// One connection after another.
///
/// Its fields are atomics because an agent is shared. Only the task that runs the connection uses them, but for `stop`, and
/// `kind`, which `connected` reads; so plain loads and stores do, without a lock.
#[repr(C)] // Bytes first: small offsets are cheap on a Cortex-M0.
pub(crate) struct Session<P: Profile> {
    state: AtomicU8,
    /// Which session CONNECT asks for, and which one there is.
    kind: AtomicU8,
    /// Somebody wants the connection to end.
    stop: AtomicBool,
    /// Whether the loops have to go round once more.
    news: AtomicU8,
    /// When bytes were sent last.
    sent_at: AtomicU32,
    /// Since when the Server is expected to answer, or the transport to have sent DISCONNECT.
    asked_at: AtomicU32,
    /// How long nothing may be sent before a PINGREQ is due; 0 for ever.
    keep_alive_ms: AtomicU32,
    /// The packet that acknowledges what has come, if one is to be sent: all of them have four bytes.
    reply: AtomicU32,
    /// Messages with QoS 2 that have come, and are not released.
    received: P::Identifiers,
    /// Why the connection has failed, if it has.
    failure: Mutex<Cell<Error>>,
}

/// The length of a topic's length.
const TOPIC_LENGTH: usize = 2;

/// A session that outlives the connection was asked for.
const KEPT: u8 = 0;
/// A clean session was asked for.
const ASKED: u8 = 1;
/// A clean session has begun, and will end with the connection.
const CLEAN: u8 = 2;
/// One that outlives the connection has begun.
const NEW: u8 = 3;
/// It goes on: the Server had it.
const PRESENT: u8 = 4;

/// Nothing has happened.
const NONE: u8 = 0;
/// Nothing has happened, and a packet is held back until something is sent.
const HELD: u8 = 1;
/// Something was sent meanwhile, or a PINGREQ is due.
const SOME: u8 = 2;

/// Decodes one of the packets that have two bytes behind the fixed header. To look at that first makes the rest small.
#[inline(always)]
fn decode_short<T>(bytes: &[u8], decode: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    if bytes.len() == 2 { decode(&mut Reader::new(bytes)) } else { Err(DecodeError) }
}

impl<P: Profile> Session<P> {
    pub(crate) const fn new() -> Self {
        Self {
            state: AtomicU8::new(State::IDLE.0),
            kind: AtomicU8::new(KEPT),
            stop: AtomicBool::new(false),
            news: AtomicU8::new(NONE),
            sent_at: AtomicU32::new(0),
            asked_at: AtomicU32::new(0),
            keep_alive_ms: AtomicU32::new(0),
            reply: AtomicU32::new(0),
            received: P::Identifiers::NONE,
            failure: Mutex::new(Cell::new(Error::Busy)),
        }
    }

    pub(crate) fn state(&self) -> State {
        State(self.state.load(Relaxed))
    }

    fn set_state(&self, state: State) {
        self.state.store(state.0, Relaxed);
    }

    /// A connection begins.
    pub(crate) fn begin(&self, now: u32, keep_alive: u16, clean: bool) {
        event!(debug, "connection begins: keep-alive {} s, clean session {}", keep_alive, clean);
        self.kind.store(if clean { ASKED } else { KEPT }, Relaxed);
        if P::REPLIES {
            self.reply.store(0, Relaxed);
        }
        self.sent_at.store(now, Relaxed);
        self.asked_at.store(now, Relaxed);
        // An eighth early: the packet has to arrive before the time is up.
        self.keep_alive_ms.store(u32::from(keep_alive) * 875, Relaxed);
        self.set_state(State::CONNECT);
    }

    /// The connection is over. However it ended, a command that was being sent is not left in the air.
    pub(crate) fn leave<const COMMANDS: usize, const PACKET: usize>(&self, queue: &Queue<P, COMMANDS, PACKET>) {
        loop {
            if self.is_stopped() {
                event!(info, "stopped");
                self.stop.store(false, Relaxed);
                queue.stop();
            }
            queue.interrupt();
            if self.kind.load(Relaxed) == CLEAN {
                self.forget(queue);
            }
            if P::CONNECTED {
                self.kind.store(KEPT, Relaxed);
            }
            let left = !P::STOP
                || critical_section::with(|_| {
                    let left = !self.is_stopped();
                    if left {
                        self.set_state(State::IDLE);
                    }
                    left
                });
            if left {
                event!(debug, "connection is over");
                return;
            }
        }
    }

    /// The session is over: its state is not to be used in another one `[MQTT-3.1.2-6]`.
    fn forget<const COMMANDS: usize, const PACKET: usize>(&self, queue: &Queue<P, COMMANDS, PACKET>) {
        if P::PUBLISH > 0 {
            queue.forget();
        }
        if P::RECEIVE == Some(2) {
            received::clear(self.received.places());
        }
    }

    /// Asks for the end of the connection. False if there is none.
    pub(crate) fn stop(&self) -> bool {
        critical_section::with(|_| {
            let running = self.state() != State::IDLE;
            self.stop.store(running, Relaxed);
            running
        })
    }

    /// Whether somebody wants the connection to end.
    pub(crate) fn is_stopped(&self) -> bool {
        P::STOP && self.stop.load(Relaxed)
    }

    /// Ends the connection. The first reason counts.
    #[inline(never)]
    pub(crate) fn fail(&self, failure: Error) {
        if self.state().0 < State::DISCONNECTED.0 {
            event!(warn, "connection fails: {:?}", failure);
            self.set_state(State::FAILED);
            critical_section::with(|cs| self.failure.borrow(cs).set(failure));
        }
    }

    /// How the connection has ended, if it has.
    pub(crate) fn ended(&self) -> Option<Result<(), Error>> {
        match self.state() {
            _ if self.is_stopped() => Some(Err(Error::Stopped)),
            State::DISCONNECTED => Some(Ok(())),
            State::FAILED => Some(Err(critical_section::with(|cs| self.failure.borrow(cs).get()))),
            _ => None,
        }
    }

    /// Once the Server has accepted the connection, and until it ends: whether the Server had the session.
    pub(crate) fn present(&self) -> Option<bool> {
        let kind = self.kind.load(Relaxed);
        (kind >= CLEAN).then_some(kind == PRESENT)
    }

    /// CONNECT or PINGREQ, if it is to be sent now. Whoever asks then sends it.
    pub(crate) fn own_packet<'a, const CONNECT: usize>(
        &self,
        state: State,
        connect: &'a Connect<CONNECT>,
    ) -> Option<&'a [u8]> {
        let (packet, next): (&[u8], _) = match state {
            State::CONNECT => (connect.packet(), State::AWAIT_CONNACK),
            State::PING => (&Pingreq::BYTES, State::AWAIT_PINGRESP),
            _ => return None,
        };
        // Before the packet is out: the answer may come before the transport says that it was sent.
        self.set_state(next);
        Some(packet)
    }

    /// The packet that acknowledges what has come, if one is to be sent. Whoever asks then sends it.
    pub(crate) fn take_reply(&self) -> Option<[u8; 4]> {
        let reply = if P::REPLIES { self.reply.load(Relaxed) } else { 0 };
        self.reply.store(0, Relaxed);
        (reply != 0).then_some(reply.to_le_bytes())
    }

    /// A packet with this first byte is about to be sent.
    pub(crate) fn sends(&self, first_byte: u8, now: u32) {
        let next = match first_byte {
            Disconnect::FIRST_BYTE => State::DISCONNECTING,
            Pingreq::FIRST_BYTE if P::PING => State::AWAIT_PINGRESP,
            _ => return,
        };
        self.set_state(next);
        self.asked_at.store(now, Relaxed);
    }

    /// The transport has taken bytes. (While a long packet goes out, no PINGREQ is due.)
    pub(crate) fn wrote(&self, now: u32) {
        self.sent_at.store(now, Relaxed);
    }

    /// The transport has sent all that it had taken.
    pub(crate) fn flushed(&self) {
        if self.state() == State::DISCONNECTING {
            event!(info, "disconnected");
            self.set_state(State::DISCONNECTED);
        }
    }

    /// A packet was sent: one that is held back can be dealt with now, perhaps.
    pub(crate) fn sent(&self) {
        if P::HOLDS && self.news.load(Relaxed) == HELD {
            self.news.store(SOME, Relaxed);
        }
    }

    /// Whether something has happened since the last time that this was asked.
    pub(crate) fn has_news(&self) -> bool {
        let has_news = self.news.load(Relaxed) == SOME;
        if has_news {
            self.news.store(NONE, Relaxed);
        }
        has_news
    }

    /// Something has been read, or nothing, if a packet was held back. False if one is now: it cannot be dealt with before
    /// something is sent, or is the last one.
    pub(crate) fn received<
        E: embedded_io_async::Error,
        const COMMANDS: usize,
        const PACKET: usize,
        const RECEIVE: usize,
    >(
        &self,
        queue: &Queue<P, COMMANDS, PACKET>,
        incoming: &mut Incoming<RECEIVE>,
        read: Option<Result<usize, E>>,
        handler: &mut impl FnMut(Message<'_>),
    ) -> bool {
        let failure = 'read: {
            match read {
                None => {}
                Some(Ok(0)) => break 'read Error::Closed,
                Some(Ok(count)) => {
                    if let Err(error) = incoming.advance(count) {
                        break 'read error.into();
                    }
                }
                Some(Err(error)) => break 'read Error::Transport(error.kind()),
            }
            loop {
                if !incoming.is_here() {
                    return true;
                }
                match self.packet(queue, incoming, handler) {
                    Ok(true) => {}
                    Ok(false) => return false,
                    Err(error) => break 'read error,
                }
            }
        };
        self.fail(failure);
        false
    }

    /// A packet has come, or a part of one. False if it cannot be dealt with before something is sent.
    fn packet<const COMMANDS: usize, const PACKET: usize, const RECEIVE: usize>(
        &self,
        queue: &Queue<P, COMMANDS, PACKET>,
        incoming: &mut Incoming<RECEIVE>,
        handler: &mut impl FnMut(Message<'_>),
    ) -> Result<bool, Error> {
        let (state, first_byte) = (self.state(), incoming.first_byte());
        let publish = first_byte >> 4 == Publish::PACKET_TYPE;
        let mut keep = 0;
        let taken = if state.0 < State::CONNECTED.0 || state.0 < State::DISCONNECTING.0 && !publish {
            // No other packet is larger than the buffer.
            if incoming.missing > 0 {
                return Err(Error::Protocol);
            }
            self.answered(queue, state, first_byte, incoming.body())?
        } else if publish && P::RECEIVE.is_some() && state.0 < State::DISCONNECTING.0 {
            let taken = self.message(incoming, handler)?;
            keep = taken.unwrap_or_default();
            taken.is_some()
        } else {
            // Dropped unread: what crosses a DISCONNECT, and PUBLISH where none is expected: without a subscription, yet
            // a Server may be configured to send some.
            true
        };
        if taken {
            incoming.take(keep);
        } else {
            self.news.store(HELD, Relaxed);
        }
        Ok(taken)
    }

    /// A packet has come that is no message.
    fn answered<const COMMANDS: usize, const PACKET: usize>(
        &self,
        queue: &Queue<P, COMMANDS, PACKET>,
        state: State,
        first_byte: u8,
        bytes: &[u8],
    ) -> Result<bool, Error> {
        if state == State::AWAIT_CONNACK {
            let connack = decode_short(bytes, |body| Connack::decode(first_byte, body))?;
            let clean = self.kind.load(Relaxed) != KEPT;
            // [MQTT-3.2.2-1]
            if connack.session_present && clean {
                return Err(Error::Protocol);
            }
            if connack.return_code != ConnectReturnCode::Accepted {
                return Err(Error::Refused(connack.return_code));
            }
            event!(info, "connected, session present: {}", connack.session_present);
            if !connack.session_present {
                self.forget(queue);
            }
            if clean {
                self.kind.store(CLEAN, Relaxed);
            } else if P::CONNECTED {
                self.kind.store(if connack.session_present { PRESENT } else { NEW }, Relaxed);
            }
            self.set_state(State::CONNECTED);
            if P::CONNECTED {
                queue.wake();
            }
            return Ok(true);
        }
        let (mut identifier, mut codes): (_, &[u8]) = (None, &[]);
        match first_byte {
            _ if state == State::CONNECT => return Err(Error::Protocol),
            Pingresp::FIRST_BYTE if state == State::AWAIT_PINGRESP => {
                Pingresp::decode(first_byte, &mut Reader::new(bytes))?;
            }
            Suback::FIRST_BYTE if P::SUBSCRIBE => {
                identifier = Some(Suback::decode(first_byte, &mut Reader::new(bytes))?.packet_identifier);
                codes = bytes.get(2..).unwrap_or_default();
            }
            Puback::FIRST_BYTE
            | Pubrec::FIRST_BYTE
            | Pubrel::FIRST_BYTE
            | Pubcomp::FIRST_BYTE
            | Unsuback::FIRST_BYTE
                if P::HOLDS =>
            {
                // They all look the same behind the first byte.
                identifier =
                    Some(decode_short(bytes, |body| Puback::decode(Puback::FIRST_BYTE, body))?.packet_identifier);
            }
            _ => return Err(Error::Protocol),
        }
        if first_byte == Pubrel::FIRST_BYTE
            && let Some(identifier) = identifier
        {
            // [MQTT-4.3.3-2]
            let replied = P::RECEIVE == Some(2) && self.reply(Pubcomp::FIRST_BYTE, identifier);
            if replied && let Some(place) = received::place(self.received.places(), identifier) {
                // If it is of none, the place is a free one.
                place.store(0, Relaxed);
            }
            return if P::RECEIVE == Some(2) { Ok(replied) } else { Err(Error::Protocol) };
        }
        if P::ACKNOWLEDGED {
            match queue.acknowledge(first_byte >> 4, identifier, codes) {
                Acknowledged::Wrong => return Err(Error::Protocol),
                Acknowledged::Early => return Ok(false),
                // PUBREC that is for no message is answered as well, at once: the Server can end the exchange then.
                Acknowledged::Unknown if P::PUBLISH > 1 && first_byte == Pubrec::FIRST_BYTE => {
                    return Ok(identifier.is_none_or(|identifier| self.reply(Pubrel::FIRST_BYTE, identifier)));
                }
                _ => {}
            }
        }
        if first_byte == Pingresp::FIRST_BYTE {
            self.set_state(State::CONNECTED);
        }
        Ok(true)
    }

    /// A message has come, or a part of one. Returns the length of its variable header; of that of its topic's length, if
    /// the rest of it is skipped; `None` if it cannot be acknowledged before something is sent.
    fn message<const RECEIVE: usize>(
        &self,
        incoming: &Incoming<RECEIVE>,
        handler: &mut impl FnMut(Message<'_>),
    ) -> Result<Option<usize>, Error> {
        let (first_byte, missing, passed) = (incoming.first_byte(), incoming.missing, incoming.passed);
        let qos = QoS::from_u8(first_byte >> 1 & 0x03).ok_or(Error::Protocol)?;
        if P::RECEIVE.is_none_or(|highest| qos as u8 > highest) {
            return Err(Error::Protocol);
        }
        let mut body = Reader::new(incoming.body());
        let topic_length = usize::from(body.u16());
        let identifier_length = if qos as u8 > 0 { 2 } else { 0 };
        let variable_header = TOPIC_LENGTH + topic_length + identifier_length;
        let length = passed + incoming.body().len() + missing;
        let length = length.checked_sub(variable_header).ok_or(Error::Protocol)?;
        let (retain, dup) = (first_byte & 0x01 != 0, first_byte & 0x08 != 0);
        // If not, the topic leaves no room for the payload, or has none itself.
        let fits = passed + missing == 0 || variable_header < incoming.room();
        let (mut topic, mut payload): (_, &[u8]) = (TopicName::UNKNOWN, &[]);
        let mut is_new = fits || passed == 0;
        if fits {
            topic = TopicName::new(body.take(topic_length)).ok_or(Error::Protocol)?;
            // [MQTT-3.3.1-2]
            body.require(qos as u8 > 0 || !dup);
            let identifier = if qos as u8 > 0 { Some(body.packet_identifier()) } else { None };
            payload = body.rest();
            body.finish(())?;
            if let Some(identifier) = identifier {
                let exactly_once = P::RECEIVE == Some(2) && qos == QoS::ExactlyOnce;
                let mut place = None;
                if exactly_once {
                    // [MQTT-4.8.0-2]
                    let found = received::place(self.received.places(), identifier).ok_or(Error::NoRoom)?;
                    is_new = found.load(Relaxed) != identifier.get();
                    place = Some(found);
                }
                if missing == 0 {
                    let first_byte = if exactly_once { Pubrec::FIRST_BYTE } else { Puback::FIRST_BYTE };
                    // The reply is not sent before this poll is over, so that the message comes first.
                    if !self.reply(first_byte, identifier) {
                        return Ok(None);
                    }
                    if let Some(place) = place {
                        place.store(identifier.get(), Relaxed);
                    }
                }
            }
        } else if is_new {
            event!(warn, "message skipped: its topic of {} bytes does not fit", topic_length);
        }
        if is_new {
            handler(Message { topic, payload, qos, retain, dup, offset: passed, length });
        }
        Ok(Some(if fits { variable_header } else { TOPIC_LENGTH }))
    }

    /// Leaves a packet for transmission. False if there is one already.
    fn reply(&self, first_byte: u8, identifier: PacketIdentifier) -> bool {
        let free = self.reply.load(Relaxed) == 0;
        if free {
            let [high, low] = identifier.get().to_be_bytes();
            self.reply.store(u32::from_le_bytes([first_byte, 2, high, low]), Relaxed);
        }
        free
    }

    /// Looks at the clock, each time that something may have happened. Returns when to look again at the latest.
    pub(crate) fn tick(&self, now: u32, timeout_ms: u32) -> u32 {
        let (state, keep_alive) = (self.state(), self.keep_alive_ms.load(Relaxed));
        let connected = state == State::CONNECTED;
        // Without keep-alive, and on a connection that has failed, as good as never.
        let never = now.wrapping_add(i32::MAX as u32);
        if connected && keep_alive == 0 {
            return never;
        }
        let (since, most) = if connected {
            (&self.sent_at, keep_alive)
        } else if state.0 > State::CONNECTED.0 && keep_alive > 0 {
            // The Server would miss the next PINGREQ if it took longer than keep-alive to answer one.
            (&self.asked_at, timeout_ms.min(keep_alive))
        } else {
            (&self.asked_at, timeout_ms)
        };
        let since = since.load(Relaxed);
        if now.wrapping_sub(since) < most {
            return since.wrapping_add(most);
        }
        if connected {
            event!(trace, "PINGREQ is due");
            self.set_state(State::PING);
            self.news.store(SOME, Relaxed);
            self.asked_at.store(now, Relaxed);
        } else {
            self.fail(Error::Timeout);
        }
        never
    }
}
