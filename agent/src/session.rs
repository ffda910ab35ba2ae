//! The rules of the protocol, without I/O: what came in, what goes out, and when time is up.

use core::cell::Cell;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use critical_section::Mutex;

use crate::error::Error;
use crate::incoming::Received;
use crate::wire::{Connack, ConnectReturnCode, Disconnect, Pingreq, Pingresp, Publish, Reader};

/// Where the connection stands, in the order in which it goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State(u8);

impl State {
    /// There is no connection.
    const IDLE: Self = Self(0);
    /// CONNECT is to be sent, before anything else `[MQTT-3.1.0-1]`.
    const CONNECT: Self = Self(1);
    /// CONNACK is to come, before anything else `[MQTT-3.2.0-1]`.
    const AWAIT_CONNACK: Self = Self(2);
    const CONNECTED: Self = Self(3);
    /// Nothing was sent for so long that a PINGREQ is due `[MQTT-3.1.2-23]`.
    const PING_DUE: Self = Self(4);
    /// PINGRESP is to come.
    const AWAIT_PINGRESP: Self = Self(5);
    /// DISCONNECT has been given to the transport: nothing is sent after it `[MQTT-3.14.4-2]`.
    const DISCONNECTING: Self = Self(6);
    /// DISCONNECT has been sent.
    const DISCONNECTED: Self = Self(7);
    /// The connection has failed.
    const FAILED: Self = Self(8);
}

/// One connection after another.
///
/// Its fields are atomics because an agent is shared. Only the task that runs the connection uses them, so plain loads
/// and stores do, without a lock.
pub(crate) struct Session {
    state: AtomicU8,
    /// When the last packet had been sent.
    sent_at: AtomicU32,
    /// Since when the Server is expected to answer, or the transport to have sent DISCONNECT.
    asked_at: AtomicU32,
    /// How long nothing may be sent before a PINGREQ is due; 0 for ever.
    keep_alive_ms: AtomicU32,
    /// Why the connection has failed, if it has.
    failure: Mutex<Cell<Error>>,
}

impl Session {
    pub(crate) const fn new() -> Self {
        Self {
            state: AtomicU8::new(State::IDLE.0),
            sent_at: AtomicU32::new(0),
            asked_at: AtomicU32::new(0),
            keep_alive_ms: AtomicU32::new(0),
            failure: Mutex::new(Cell::new(Error::Busy)),
        }
    }

    fn state(&self) -> State {
        State(self.state.load(Relaxed))
    }

    fn set_state(&self, state: State) {
        self.state.store(state.0, Relaxed);
    }

    /// A connection begins. False if there is one already.
    pub(crate) fn begin(&self, now: u32, keep_alive: u16) -> bool {
        let idle = critical_section::with(|_| {
            let idle = self.state() == State::IDLE;
            if idle {
                self.set_state(State::CONNECT);
            }
            idle
        });
        if idle {
            self.sent_at.store(now, Relaxed);
            self.asked_at.store(now, Relaxed);
            // An eighth early: the packet has to arrive before the time is up.
            self.keep_alive_ms.store(u32::from(keep_alive) * 875, Relaxed);
        }
        idle
    }

    /// The connection is over.
    pub(crate) fn leave(&self) {
        self.set_state(State::IDLE);
    }

    /// Ends the connection. The first reason counts.
    #[inline(never)]
    pub(crate) fn fail(&self, failure: Error) {
        if self.state() != State::DISCONNECTED && self.state() != State::FAILED {
            self.set_state(State::FAILED);
            critical_section::with(|cs| self.failure.borrow(cs).set(failure));
        }
    }

    /// How the connection has ended, if it has.
    pub(crate) fn ended(&self) -> Option<Result<(), Error>> {
        match self.state() {
            State::DISCONNECTED => Some(Ok(())),
            State::FAILED => Some(Err(critical_section::with(|cs| self.failure.borrow(cs).get()))),
            _ => None,
        }
    }

    /// A packet of the session's own that is to be sent now. Whoever asks then sends it.
    pub(crate) fn own_packet<'a>(&self, connect: &'a [u8]) -> Option<&'a [u8]> {
        let (packet, next): (&[u8], _) = match self.state() {
            State::CONNECT => (connect, State::AWAIT_CONNACK),
            State::PING_DUE => (&Pingreq::BYTES, State::AWAIT_PINGRESP),
            _ => return None,
        };
        // Before the packet is out: the answer may come before the transport says that it was sent.
        self.set_state(next);
        Some(packet)
    }

    /// Whether commands may be sent.
    pub(crate) fn takes_commands(&self) -> bool {
        matches!(self.state(), State::CONNECTED | State::AWAIT_PINGRESP)
    }

    /// The transport has taken a packet that begins with this byte.
    pub(crate) fn sent(&self, first_byte: u8, now: u32) {
        self.sent_at.store(now, Relaxed);
        if first_byte == Disconnect::FIRST_BYTE && self.state() != State::FAILED {
            self.set_state(State::DISCONNECTING);
            self.asked_at.store(now, Relaxed);
        }
    }

    /// The transport has sent all that it had taken.
    pub(crate) fn flushed(&self) {
        if self.state() == State::DISCONNECTING {
            self.set_state(State::DISCONNECTED);
        }
    }

    /// A packet has come, or a part of one.
    pub(crate) fn received(&self, received: Received<'_>) -> Result<(), Error> {
        let Received::Packet { first_byte, body } = received else {
            return Ok(());
        };
        let state = self.state();
        // Dropped unread: what crosses a DISCONNECT, and PUBLISH. Without a subscription none is expected, yet a Server may
        // be configured to send some.
        if state.0 >= State::DISCONNECTING.0
            || (first_byte >> 4 == Publish::PACKET_TYPE && state.0 >= State::CONNECTED.0)
        {
            return Ok(());
        }
        let mut body = Reader::new(body.ok_or(Error::Protocol)?);
        match (state, first_byte) {
            (State::AWAIT_CONNACK, Connack::FIRST_BYTE) => {
                let connack = Connack::decode(first_byte, &mut body).map_err(|_| Error::Protocol)?;
                // A clean session was asked for [MQTT-3.2.2-1].
                if connack.session_present {
                    return Err(Error::Protocol);
                }
                if connack.return_code != ConnectReturnCode::Accepted {
                    return Err(Error::Refused(connack.return_code));
                }
            }
            (State::AWAIT_PINGRESP, Pingresp::FIRST_BYTE) => {
                Pingresp::decode(first_byte, &mut body).map_err(|_| Error::Protocol)?;
            }
            _ => return Err(Error::Protocol),
        }
        self.set_state(State::CONNECTED);
        Ok(())
    }

    /// Looks at the clock. Returns when to look again: never, on a connection that has failed, or on an open one without
    /// keep-alive.
    ///
    /// Packets that go and come do not move that time, they only make it too early. So there is one timer, and nobody
    /// has to stop it.
    pub(crate) fn tick(&self, now: u32, timeout_ms: u32) -> Option<u32> {
        let keep_alive = self.keep_alive_ms.load(Relaxed);
        if self.state() == State::CONNECTED {
            if keep_alive == 0 {
                return None;
            }
            let sent_at = self.sent_at.load(Relaxed);
            if now.wrapping_sub(sent_at) < keep_alive {
                return Some(sent_at.wrapping_add(keep_alive));
            }
            self.set_state(State::PING_DUE);
            self.asked_at.store(now, Relaxed);
        }
        let left = timeout_ms.saturating_sub(now.wrapping_sub(self.asked_at.load(Relaxed)));
        if left == 0 {
            self.fail(Error::Timeout);
            return None;
        }
        // The answer may come, and the next silence be over, before the time is up.
        let wait = if keep_alive == 0 { left } else { left.min(keep_alive) };
        Some(now.wrapping_add(wait))
    }
}
