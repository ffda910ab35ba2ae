//! What both sides have said, and what follows from it: the rules by which a script is judged.

use std::collections::{BTreeMap, BTreeSet};

use slimqtt::Error;

use crate::packets::{PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK, Sent, UNSUBACK};
use crate::world::{Handled, Outcome};

/// What happened in a script, or in many: to see that they have come everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Connections.
    pub connections: usize,
    /// Connections that the Server accepted.
    pub accepted: usize,
    /// How connections ended: by DISCONNECT.
    pub disconnected: usize,
    /// `Transport`.
    pub transport: usize,
    /// `Closed`.
    pub closed: usize,
    /// `Refused`.
    pub refused: usize,
    /// `Protocol`.
    pub protocol: usize,
    /// `NoRoom`.
    pub no_room: usize,
    /// `Stopped`.
    pub stopped: usize,
    /// `PayloadEnded`.
    pub payload_ended: usize,
    /// `Timeout`.
    pub timeout: usize,
    /// Commands that succeeded.
    pub succeeded: usize,
    /// Commands that failed.
    pub failed: usize,
    /// Messages with QoS 2 that succeeded.
    pub exactly_once: usize,
    /// Messages that were handed over.
    pub handed_over: usize,
    /// Packets that were sent again.
    pub again: usize,
}

impl Tally {
    /// Both.
    pub fn add(&mut self, other: Self) {
        let Self {
            connections,
            accepted,
            disconnected,
            transport,
            closed,
            refused,
            protocol,
            no_room,
            stopped,
            payload_ended,
            timeout,
            succeeded,
            failed,
            exactly_once,
            handed_over,
            again,
        } = other;
        self.connections += connections;
        self.accepted += accepted;
        self.disconnected += disconnected;
        self.transport += transport;
        self.closed += closed;
        self.refused += refused;
        self.protocol += protocol;
        self.no_room += no_room;
        self.stopped += stopped;
        self.payload_ended += payload_ended;
        self.timeout += timeout;
        self.succeeded += succeeded;
        self.failed += failed;
        self.exactly_once += exactly_once;
        self.handed_over += handed_over;
        self.again += again;
    }
}

/// What a command has asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Publish { qos: u8, topic: String },
    Subscribe { filters: usize },
    Unsubscribe,
    Ping,
    Disconnect,
}

/// A packet of the Server's.
struct Frame {
    first_byte: u8,
    body: Vec<u8>,
}

impl Frame {
    fn identifier(&self) -> Option<u16> {
        let at = if self.first_byte >> 4 == 3 {
            if self.first_byte & 0x06 == 0 {
                return None;
            }
            2 + usize::from(u16::from_be_bytes([*self.body.first()?, *self.body.get(1)?]))
        } else {
            0
        };
        Some(u16::from_be_bytes([*self.body.get(at)?, *self.body.get(at + 1)?]))
    }
}

/// What was said on one connection.
#[derive(Default)]
struct Connection {
    clean: bool,
    sent: Vec<Sent>,
    frames: Vec<Frame>,
    /// What the Server has sent of a packet that has not ended.
    partial: Vec<u8>,
    /// Nobody can tell any more where packets begin.
    lost: bool,
    /// The Server has done what it must not, or may have.
    hostile: bool,
    stopped: bool,
    line_ended: bool,
    time_passed: bool,
    has_ended: bool,
    /// A session has begun, and the agent knows.
    begins_session: bool,
}

impl Connection {
    fn came(&self, first_byte: u8, identifier: u16) -> usize {
        let is_it = |frame: &&Frame| frame.first_byte == first_byte && frame.identifier() == Some(identifier);
        self.frames.iter().filter(is_it).count()
    }

    fn publishes(&self, qos: u8, identifier: u16) -> usize {
        let is_it = |frame: &&Frame| {
            frame.first_byte >> 4 == 3 && frame.first_byte >> 1 & 3 == qos && frame.identifier() == Some(identifier)
        };
        self.frames.iter().filter(is_it).count()
    }

    fn went(&self, first_byte: u8, identifier: u16) -> usize {
        self.sent.iter().filter(|sent| **sent == Sent::Short { first_byte, identifier }).count()
    }

    fn is_accepted(&self) -> bool {
        self.frames.first().is_some_and(|frame| frame.first_byte == 0x20 && frame.body.get(1) == Some(&0))
    }

    fn is_resumed(&self) -> bool {
        !self.clean && self.frames.first().is_some_and(|frame| frame.first_byte == 0x20 && frame.body == [1, 0])
    }
}

/// All connections of an agent.
pub(crate) struct Ledger {
    connections: Vec<Connection>,
    /// All messages have topics that name their identifiers.
    pub(crate) is_readable: bool,
    /// A source of a payload had fewer bytes than it had promised.
    pub(crate) has_liar: bool,
    /// How many messages were handed over, by QoS and packet identifier.
    handed_over: BTreeMap<(u8, u16), usize>,
    /// Messages with QoS 2 of which PUBREC has gone out, and PUBCOMP has not.
    received: BTreeSet<u16>,
    /// How many of them there were before, by packet identifier.
    rounds: BTreeMap<u16, usize>,
    pub(crate) tally: Tally,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            connections: Vec::new(),
            is_readable: true,
            has_liar: false,
            handed_over: BTreeMap::new(),
            received: BTreeSet::new(),
            rounds: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    fn now(&mut self) -> &mut Connection {
        if self.connections.is_empty() {
            self.connections.push(Connection::default());
        }
        let last = self.connections.len() - 1;
        &mut self.connections[last]
    }

    pub(crate) fn connects(&mut self, clean: bool) {
        if self.connections.last().is_some_and(|last| last.clean && last.begins_session) {
            self.forget();
        }
        self.connections.push(Connection { clean, ..Connection::default() });
        self.tally.connections += 1;
    }

    /// A session is over: identifiers of QoS 2 name other messages from now on.
    fn forget(&mut self) {
        for identifier in std::mem::take(&mut self.received) {
            *self.rounds.entry(identifier).or_default() += 1;
        }
    }

    fn handed(&self, qos: u8, identifier: u16) -> usize {
        self.handed_over.get(&(qos, identifier)).copied().unwrap_or_default()
    }

    /// What is acknowledged was handed over.
    fn acknowledges(&mut self, first_byte: u8, identifier: u16) {
        let lost = match first_byte {
            PUBACK => {
                let acknowledged: usize = self.connections.iter().map(|it| it.went(PUBACK, identifier)).sum();
                acknowledged >= self.handed(1, identifier)
            }
            PUBREC if self.received.insert(identifier) => {
                self.rounds.get(&identifier).copied().unwrap_or_default() >= self.handed(2, identifier)
            }
            PUBCOMP if self.received.remove(&identifier) => {
                *self.rounds.entry(identifier).or_default() += 1;
                false
            }
            _ => false,
        };
        assert!(!lost || !self.is_readable, "message {identifier} is acknowledged, and was not handed over");
    }

    /// The Server sends bytes.
    pub(crate) fn serves(&mut self, bytes: &[u8], hostile: bool) {
        let now = self.now();
        // Before CONNACK nothing else may come [MQTT-3.2.0-1].
        now.hostile |= hostile || !now.is_accepted() && bytes.first() != Some(&0x20);
        now.partial.extend_from_slice(bytes);
        while !now.lost {
            let length = now.partial.iter().skip(1).take(4).position(|byte| byte & 0x80 == 0);
            let Some(last) = length else {
                now.lost = now.partial.len() > 4;
                break;
            };
            let header = 2 + last;
            let length =
                now.partial[1..header].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7F));
            if now.partial.len() < header + length {
                break;
            }
            let packet: Vec<u8> = now.partial.drain(..header + length).collect();
            now.frames.push(Frame { first_byte: packet[0], body: packet[header..].to_vec() });
        }
    }

    pub(crate) fn line_ends(&mut self) {
        self.now().line_ended = true;
    }

    pub(crate) fn stops(&mut self) {
        self.now().stopped = true;
    }

    pub(crate) fn time_passes(&mut self) {
        self.now().time_passed = true;
    }

    /// The agent has sent packets: only those that it may.
    pub(crate) fn sends(&mut self, packets: Vec<Sent>) {
        for packet in packets {
            let now = self.now();
            let begins = !now.begins_session
                && !matches!(packet, Sent::Connect { .. })
                && now.frames.first().is_some_and(|frame| frame.first_byte == 0x20 && frame.body == [0, 0]);
            if begins {
                now.begins_session = true;
                self.forget();
            }
            if let Sent::Short { first_byte, identifier } = packet {
                self.acknowledges(first_byte, identifier);
            }
            let earlier = self.connections.iter().rev().skip(1);
            // PUBRELs may have become due on any earlier connection of the session.
            let had_pubrec = |identifier| earlier.clone().any(|it| it.came(PUBREC, identifier) > 0);
            let resends = matches!(packet, Sent::Publish { dup: true, .. });
            if let Sent::Short { first_byte: PUBREL, identifier } = packet {
                let now = &self.connections[self.connections.len() - 1];
                let due = now.came(PUBREC, identifier) + usize::from(now.is_resumed() && had_pubrec(identifier));
                assert!(now.went(PUBREL, identifier) < due, "PUBREL {identifier} for no PUBREC [MQTT-4.3.3-1]");
            }
            self.tally.again += usize::from(resends);
            let now = self.now();
            let is_first = now.sent.is_empty();
            match &packet {
                Sent::Connect { clean_session } => {
                    assert!(is_first, "a second CONNECT [MQTT-3.1.0-2]");
                    assert_eq!(*clean_session, now.clean);
                }
                packet => {
                    assert!(!is_first, "{packet:?} before CONNECT [MQTT-3.1.0-1]");
                    assert!(now.is_accepted(), "{packet:?} before CONNACK");
                }
            }
            assert!(now.sent.last() != Some(&Sent::Disconnect), "{packet:?} after DISCONNECT [MQTT-3.14.4-2]");
            match packet {
                Sent::Short { first_byte: PUBACK, identifier } => {
                    let due = now.publishes(1, identifier);
                    assert!(now.went(PUBACK, identifier) < due, "PUBACK {identifier} for no message [MQTT-3.3.4-1]");
                }
                Sent::Short { first_byte: PUBREC, identifier } => {
                    let due = now.publishes(2, identifier);
                    assert!(now.went(PUBREC, identifier) < due, "PUBREC {identifier} for no message [MQTT-3.3.4-1]");
                }
                Sent::Short { first_byte: PUBCOMP, identifier } => {
                    let due = now.came(PUBREL, identifier);
                    assert!(now.went(PUBCOMP, identifier) < due, "PUBCOMP {identifier} for no PUBREL [MQTT-4.3.3-2]");
                }
                Sent::Publish { qos: 1.., identifier, .. }
                | Sent::Subscribe { identifier, .. }
                | Sent::Unsubscribe { identifier } => {
                    let uses = now.sent.iter().filter(|sent| match sent {
                        Sent::Publish { qos: 1.., identifier: other, .. }
                        | Sent::Subscribe { identifier: other, .. }
                        | Sent::Unsubscribe { identifier: other } => *other == identifier,
                        _ => false,
                    });
                    let ends = [PUBACK, PUBCOMP, SUBACK, UNSUBACK].map(|it| now.came(it, identifier));
                    let ends: usize = ends.iter().sum();
                    assert!(uses.count() <= ends, "identifier {identifier} is in use [MQTT-2.3.1-2]");
                }
                _ => {}
            }
            if resends {
                assert!(now.is_resumed(), "{packet:?} without a session [MQTT-4.4.0-1]");
            }
            now.sent.push(packet);
        }
    }

    /// The connection has ended, if it has, like this.
    pub(crate) fn ends(&mut self, ended: Option<Result<(), Error>>) {
        let liar = self.has_liar;
        let messages = self.connections.iter().flat_map(|it| &it.frames);
        let twos = messages.filter(|frame| frame.first_byte >> 4 == 3 && frame.first_byte >> 1 & 3 == 2).count();
        let now = self.now();
        let Some(ended) = ended.filter(|_| !now.has_ended) else { return };
        now.has_ended = true;
        let is_right = match ended {
            Ok(()) => now.sent.last() == Some(&Sent::Disconnect),
            Err(Error::Closed | Error::Transport(_)) => now.line_ended,
            Err(Error::Refused(code)) => now.frames.first().is_some_and(|it| it.body == [0, code as u8]),
            Err(Error::Stopped) => now.stopped,
            Err(Error::PayloadEnded) => liar,
            Err(Error::Timeout) => now.time_passed,
            Err(Error::NoRoom) => twos > 8,
            Err(Error::Protocol) => now.hostile,
            Err(_) => false,
        };
        assert!(is_right, "the connection ended for no reason: {ended:?}");
        if now.is_accepted() {
            self.tally.accepted += 1;
        }
        let tally = &mut self.tally;
        let count = match ended {
            Ok(()) => &mut tally.disconnected,
            Err(Error::Transport(_)) => &mut tally.transport,
            Err(Error::Closed) => &mut tally.closed,
            Err(Error::Refused(_)) => &mut tally.refused,
            Err(Error::Protocol) => &mut tally.protocol,
            Err(Error::NoRoom) => &mut tally.no_room,
            Err(Error::Stopped) => &mut tally.stopped,
            Err(Error::PayloadEnded) => &mut tally.payload_ended,
            Err(_) => &mut tally.timeout,
        };
        *count += 1;
    }

    /// Whether the Server has done nothing on this connection that it must not.
    pub(crate) fn is_honest(&mut self) -> bool {
        !self.now().hostile
    }

    /// A message, or a part of one, was handed over.
    pub(crate) fn handed_over(&mut self, part: Handled, identifier: Option<u16>) {
        assert!(part.offset + part.payload.len() <= part.length, "{part:?}");
        if part.offset + part.payload.len() < part.length || part.topic.is_empty() {
            return;
        }
        self.tally.handed_over += 1;
        let Some(identifier) = identifier else { return };
        let qos = part.qos as u8;
        *self.handed_over.entry((qos, identifier)).or_default() += 1;
        if qos < 2 || !self.is_readable {
            return;
        }
        let times = self.handed(2, identifier);
        let came: usize = self.connections.iter().map(|it| it.publishes(2, identifier)).sum();
        assert!(times <= came, "message {identifier} was handed over more often than it came");
        // New ones come behind PUBREL, or with a new session: a clean one begins and ends with none.
        let released: usize = self.connections.iter().map(|it| it.came(PUBREL, identifier)).sum();
        let sessions: usize =
            self.connections.iter().map(|it| if it.clean { 2 } else { usize::from(!it.is_resumed()) }).sum();
        assert!(times <= 1 + released + sessions, "message {identifier} was handed over twice [MQTT-4.3.3-2]");
    }

    /// A command has ended like this.
    pub(crate) fn completed(&mut self, asked: &Asked, outcome: &Outcome) {
        let Ok(codes) = outcome else {
            self.tally.failed += 1;
            return;
        };
        self.tally.succeeded += 1;
        let is_right = match asked {
            Asked::Publish { qos, topic } => {
                let is_it = |sent: &Sent| match sent {
                    Sent::Publish { qos: its, topic: its_topic, identifier, .. }
                        if its == qos && its_topic == topic =>
                    {
                        Some(*identifier)
                    }
                    _ => None,
                };
                let sent = self.connections.iter().enumerate();
                let mut sent =
                    sent.filter_map(|(index, it)| it.sent.iter().find_map(is_it).map(|found| (index, found)));
                match qos {
                    0 => sent.next().is_some(),
                    1 => sent.any(|(index, identifier)| self.connections[index].came(PUBACK, identifier) > 0),
                    _ => {
                        self.tally.exactly_once += 1;
                        sent.any(|(index, identifier)| {
                            let later = &self.connections[index..];
                            let received = later.iter().position(|it| it.came(PUBREC, identifier) > 0);
                            received.is_some_and(|from| later[from..].iter().any(|it| it.came(PUBCOMP, identifier) > 0))
                        })
                    }
                }
            }
            Asked::Subscribe { filters } => {
                assert_eq!(codes.len(), *filters);
                self.connections.iter().any(|it| {
                    it.sent.iter().any(|sent| {
                        matches!(sent, Sent::Subscribe { identifier, filters: its } if its == filters
                            && it.frames.iter().any(|frame| frame.first_byte == SUBACK
                                && frame.identifier() == Some(*identifier) && frame.body.len() == 2 + filters))
                    })
                })
            }
            Asked::Unsubscribe => self.connections.iter().any(|it| {
                it.sent
                    .iter()
                    .any(|sent| matches!(sent, Sent::Unsubscribe { identifier } if it.came(UNSUBACK, *identifier) > 0))
            }),
            Asked::Ping => self
                .connections
                .iter()
                .any(|it| it.sent.contains(&Sent::Pingreq) && it.frames.iter().any(|frame| frame.first_byte == 0xD0)),
            Asked::Disconnect => self.connections.iter().any(|it| it.sent.contains(&Sent::Disconnect)),
        };
        assert!(is_right, "{asked:?} succeeded for no reason");
    }
}
