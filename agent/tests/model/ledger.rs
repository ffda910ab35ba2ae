//! What was asked for, what was seen on the wire, what was said: and whether it all fits together.
//!
//! Every rule that the model knows is an assertion here, except those about messages that a Server would lose (in
//! `server`) and about the state of rest (in `episode`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use slimqtt_agent::CommandError;

use crate::kit::{Handled, connect_bytes};
use crate::orders::{self, FAILING, Kind, Order};
use crate::packets::{Packet, Stream, beginning};
use crate::server::{Down, PUBACK, PUBCOMP, PUBREC, SUBACK, UNSUBACK};

/// Packet identifiers for which the profile has room.
pub(crate) const ROOM: usize = 2;

/// How a command was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A task awaits it.
    Future,
    /// Nobody learns how it ends.
    Try,
    /// A function is told.
    Completion,
}

/// A command, from the time at which it was given.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) order: Order,
    pub(crate) form: Form,
    valid: bool,
    /// Its outcome, if somebody was told, or it was refused.
    pub(crate) outcome: Option<orders::Result>,
    /// Its future was dropped.
    pub(crate) dropped: bool,
    /// Its future was dropped before any of it was offered to the transport, so it must never be sent.
    cancelled: bool,
    /// The numbers of the connections on which it was offered to the transport: that is how the agent's turning to it
    /// shows, even if the transport has taken nothing.
    attempts: Vec<usize>,
    /// Its place in the order of the first attempts of all commands.
    place: usize,
    /// The packet identifier of all attempts.
    identifier: u16,
    /// How often its first packet was sent as a whole.
    transmissions: usize,
    /// The connection on which it was sent last as a whole.
    sent_on: Option<usize>,
    /// How often the Server has delivered its message.
    deliveries: usize,
    /// The place of its PUBREC among all that were read.
    received: Option<usize>,
    /// PUBREL was sent as a whole.
    released: bool,
    /// The client has read the acknowledgement that ends the exchange, with these return codes.
    acknowledged: Option<Vec<u8>>,
    /// The client was told, after the command was begun, that the Server has no session.
    session_lost: bool,
    /// `stop` was called, and may concern it.
    pub(crate) may_be_stopped: bool,
    /// `stop` concerns it for certain.
    stopped: bool,
    /// All was at rest, and so its slot was free.
    pub(crate) at_rest: bool,
}

impl Record {
    fn is_cut_off(&self, connection: usize) -> bool {
        self.attempts.last().is_some_and(|&last| last < connection)
    }

    /// Whether the source of its payload may end early.
    fn may_fail(&self) -> bool {
        matches!(self.order.kind, Kind::Publish { source: Some(FAILING..), .. })
    }

    /// Whether none of its packets may be sent any more. (An acknowledgement that was read may not have been dealt with
    /// before the connection ended.)
    fn is_over(&self) -> bool {
        self.outcome.is_some() || self.session_lost || self.stopped || self.at_rest
    }

    /// Whether its packet identifier may be used for something else, on this connection.
    fn may_be_over(&self, connection: usize) -> bool {
        self.acknowledged.is_some()
            || self.session_lost
            || self.may_be_stopped
            || self.may_fail() && self.is_cut_off(connection)
            || !self.order.outlives_connections() && self.is_cut_off(connection)
    }

    /// Whether it may have a slot.
    fn may_have_a_slot(&self) -> bool {
        self.valid && self.outcome.is_none() && !self.cancelled && !self.at_rest
    }

    /// Whether its slot is free, unless the agent has not come to that yet.
    fn is_probably_over(&self) -> bool {
        self.acknowledged.is_some()
            || self.session_lost
            || self.stopped
            || !self.order.outlives_connections() && self.transmissions > 0
    }

    /// Whether all that it asked for has happened, or it is known why it has not.
    fn is_settled(&self) -> bool {
        self.outcome.is_some()
            || self.cancelled
            || self.acknowledged.is_some()
            || self.session_lost
            || self.may_be_stopped
            || self.may_fail() && !self.attempts.is_empty()
            || !self.order.outlives_connections() && !self.attempts.is_empty()
            || !self.order.has_name()
    }
}

/// A message of the Server's own.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    /// Its topic does not fit into the receive buffer.
    pub(crate) is_hopeless: bool,
    /// How often the handler has got all of it.
    pub(crate) handed: usize,
}

/// A message that the client is to hand over on this connection.
struct Expected {
    message: usize,
    dup: bool,
    /// There may be no room for its packet identifier.
    may_lack_room: bool,
}

/// What is known of a connection.
struct Connection {
    number: usize,
    clean: bool,
    keep_alive: u16,
    stream: Stream,
    /// Whole packets that were sent.
    packets: usize,
    /// Return code and Session Present of the CONNACK that the client has read.
    connack: Option<(u8, bool)>,
    disconnected: bool,
    /// PINGRESP is to come.
    pinging: bool,
    /// The places of the last PUBLISH with QoS > 0 and the last PUBREL that were sent.
    last_publish: Option<usize>,
    last_release: Option<usize>,
    /// The commands whose PUBREL was sent.
    released: BTreeSet<usize>,
    /// How many PUBRELs are due beside those, since there was a PUBREC too many.
    extra_releases: BTreeMap<u16, usize>,
    // What comes.
    expected: VecDeque<Expected>,
    /// The message that is being handed over, and how much of it was.
    current: Option<(usize, usize)>,
    /// Packet identifiers with QoS 2 for which the client may have to remember that it has handed over a message: with
    /// more than it has room for it ends the connection.
    may_be_held: BTreeSet<u16>,
    handed: BTreeSet<usize>,
    due_pubacks: VecDeque<(u16, usize)>,
    due_pubrecs: VecDeque<(u16, usize)>,
    due_pubcomps: Vec<u16>,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) records: Vec<Record>,
    pub(crate) messages: Vec<Message>,
    connection: Option<Connection>,
    connections: usize,
    /// The command that has had this packet identifier last.
    exchanges: BTreeMap<u16, usize>,
    places: usize,
    /// Commands that are known to be in line, in their order.
    line: VecDeque<usize>,
    /// PINGREQs that somebody must have asked for, since there was no keep-alive.
    pings: usize,
    pings_done: usize,
    pingresps: usize,
    disconnects: usize,
    disconnects_done: usize,
}

// What the client is asked for, and what it says.
impl Ledger {
    pub(crate) fn give(&mut self, order: Order, form: Form, valid: bool) {
        assert_eq!(order.number, self.records.len());
        self.records.push(Record {
            order,
            form,
            valid,
            outcome: None,
            dropped: false,
            cancelled: false,
            attempts: Vec::new(),
            place: 0,
            identifier: 0,
            transmissions: 0,
            sent_on: None,
            deliveries: 0,
            received: None,
            released: false,
            acknowledged: None,
            session_lost: false,
            may_be_stopped: false,
            stopped: false,
            at_rest: false,
        });
    }

    /// A form that never waits has put the command in line; perhaps while all in line were being stopped.
    pub(crate) fn accepted(&mut self, number: usize, while_stopping: bool) {
        let record = &mut self.records[number];
        assert!(record.valid, "wrong arguments, and accepted");
        if while_stopping {
            record.may_be_stopped = true;
        } else if record.order.has_name() {
            self.line.push_back(number);
        }
    }

    /// The future was dropped.
    pub(crate) fn dropped(&mut self, number: usize) {
        let record = &mut self.records[number];
        record.dropped = true;
        // From the packets without a name nobody can tell.
        record.cancelled = record.attempts.is_empty() && record.order.has_name();
    }

    /// `stop` was called. It concerns all that were given before, and may concern those that are given before the
    /// connection has ended.
    pub(crate) fn stopping(&mut self) {
        for record in self.records.iter_mut().filter(|record| record.outcome.is_none() && !record.at_rest) {
            record.may_be_stopped = true;
        }
    }

    /// `stop` has cleared the queue: nothing that was surely in line, or begun, is sent any more.
    pub(crate) fn stopped(&mut self) {
        self.stopping();
        for number in self.line.drain(..) {
            self.records[number].stopped = true;
        }
        for record in self.records.iter_mut().filter(|record| record.may_be_stopped && !record.attempts.is_empty()) {
            record.stopped = true;
        }
    }

    /// How many commands may have a slot now, or want one.
    pub(crate) fn slots_in_use(&self) -> usize {
        self.records.iter().filter(|record| record.may_have_a_slot()).count()
    }

    /// How many of them have probably a slot.
    pub(crate) fn commands_on_their_way(&self) -> usize {
        self.records.iter().filter(|record| record.may_have_a_slot() && !record.is_probably_over()).count()
    }

    /// Somebody was told what has become of a command.
    pub(crate) fn resolved(&mut self, number: usize, outcome: orders::Result, commands: usize) {
        // One that is refused wants a slot itself, unless it is wrong.
        let most = commands + usize::from(self.records[number].valid);
        let full = !matches!(outcome, Err(CommandError::QueueFull)) || self.slots_in_use() >= most;
        let connections = self.connections;
        let running = self.connection.is_some();
        let record = &mut self.records[number];
        assert!(record.outcome.is_none(), "command {number} is resolved twice");
        assert!(!record.dropped, "command {number} is resolved, and its future is gone");
        let kind = record.order.kind;
        let attempted = !record.attempts.is_empty();
        match &outcome {
            Ok(codes) => {
                assert!(record.valid, "wrong arguments, and done");
                match kind {
                    Kind::Publish { qos: 0, .. } => assert_eq!(record.transmissions, 1, "done, and not sent"),
                    Kind::Publish { qos: 1, .. } => {
                        assert!(record.acknowledged.is_some(), "command {number} is done without PUBACK");
                        assert!(record.deliveries >= 1, "command {number} is done, and lost");
                    }
                    Kind::Publish { .. } => {
                        assert!(record.acknowledged.is_some(), "command {number} is done without PUBCOMP");
                        assert_eq!(record.deliveries, 1, "command {number} is done, and not delivered exactly once");
                    }
                    Kind::Subscribe => assert_eq!(record.acknowledged.as_ref(), Some(&codes.0), "SUBACK"),
                    Kind::Unsubscribe => assert!(record.acknowledged.is_some(), "done without UNSUBACK"),
                    Kind::Ping => self.pings_done += 1,
                    Kind::Disconnect => self.disconnects_done += 1,
                }
            }
            Err(CommandError::Invalid(_)) => assert!(!record.valid && !attempted, "{:?} is valid", record.order),
            Err(CommandError::QueueFull) => {
                assert!(record.form != Form::Future && !attempted, "not refused");
                assert!(full, "there was a free slot");
            }
            Err(CommandError::ConnectionLost) => {
                assert!(!record.order.outlives_connections(), "command {number} was to be repeated");
                let lost = record.is_cut_off(connections) || attempted && !running;
                assert!(lost || !record.order.has_name(), "command {number} was not on the connection that was lost");
            }
            Err(CommandError::SessionLost) => assert!(record.session_lost, "the Server has kept the session"),
            Err(CommandError::Stopped) => assert!(record.may_be_stopped, "nobody has stopped command {number}"),
            Err(CommandError::PayloadEnded) => assert!(record.may_fail() && attempted, "its payload is complete"),
            Err(error) => panic!("unknown: {error:?}"),
        }
        record.outcome = Some(outcome);
        assert!(self.pings_done <= self.pingresps, "done without PINGRESP");
        assert!(self.disconnects_done <= self.disconnects, "done without DISCONNECT");
    }

    /// The Server has delivered the message of a command.
    pub(crate) fn delivered(&mut self, number: usize) {
        let record = &mut self.records[number];
        record.deliveries += 1;
        let Kind::Publish { qos, .. } = record.order.kind else { panic!("no message") };
        let most = if qos == 1 { record.transmissions } else { 1 };
        assert!(record.deliveries <= most, "message {number} with QoS {qos} comes too often");
    }
}

// What the client sends.
impl Ledger {
    pub(crate) fn connect(&mut self, clean: bool, keep_alive: u16) {
        self.connections += 1;
        self.connection = Some(Connection {
            number: self.connections,
            clean,
            keep_alive,
            stream: Stream::default(),
            packets: 0,
            connack: None,
            disconnected: false,
            pinging: false,
            last_publish: None,
            last_release: None,
            released: BTreeSet::new(),
            extra_releases: BTreeMap::new(),
            expected: VecDeque::new(),
            current: None,
            may_be_held: BTreeSet::new(),
            handed: BTreeSet::new(),
            due_pubacks: VecDeque::new(),
            due_pubrecs: VecDeque::new(),
            due_pubcomps: Vec::new(),
        });
    }

    /// The connection is over, and with it a clean session `[MQTT-3.1.2-6]`.
    pub(crate) fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take()
            && connection.clean
            && matches!(connection.connack, Some((0, _)))
        {
            self.lose_session();
        }
    }

    fn lose_session(&mut self) {
        for record in &mut self.records {
            record.session_lost |=
                record.order.outlives_connections() && !record.attempts.is_empty() && !record.stopped;
        }
    }

    /// The transport has taken these bytes, and was offered those.
    pub(crate) fn written(&mut self, taken: &[u8], offered: &[u8]) {
        let Some(mut connection) = self.connection.take() else {
            assert!(taken.is_empty(), "written without a connection");
            return;
        };
        if taken.is_empty() && offered.is_empty() {
            self.connection = Some(connection);
            return;
        }
        connection.stream.push(taken);
        while let Some(packet) = connection.stream.next() {
            self.sent(&mut connection, &packet);
            connection.packets += 1;
        }
        let begun = [connection.stream.rest(), offered].concat();
        if !begun.is_empty() {
            assert!(!connection.disconnected, "something behind DISCONNECT [MQTT-3.14.4-2]");
            self.begun(&mut connection, &begun);
        }
        self.connection = Some(connection);
    }

    /// A packet has been begun, or is complete, which begins with these bytes. Returns the command that it belongs to, if
    /// it tells.
    fn begun(&mut self, connection: &mut Connection, bytes: &[u8]) -> Option<usize> {
        if connection.packets == 0 {
            assert_eq!(bytes[0], 0x10, "the first packet is CONNECT [MQTT-3.1.0-1]");
            return None;
        }
        assert_ne!(bytes[0], 0x10, "a second CONNECT [MQTT-3.1.0-2]");
        assert!(matches!(connection.connack, Some((0, _))), "sent before CONNACK had come");
        let (first_byte, mut body) = beginning(bytes);
        let (number, identifier) = match first_byte >> 4 {
            3 => {
                let number = orders::number(body.string());
                (number, if first_byte & 0x06 == 0 { 0 } else { body.u16() })
            }
            8 | 10 => {
                let identifier = body.u16();
                (orders::number(body.string()), identifier)
            }
            _ => return None,
        };
        if self.records[number].attempts.last() != Some(&connection.number) {
            self.attempt(connection, number, first_byte & 0xF8 == 0x38, identifier);
        }
        Some(number)
    }

    /// The first packet of a command is sent for the first time on this connection.
    fn attempt(&mut self, connection: &mut Connection, number: usize, dup: bool, identifier: u16) {
        let record = &self.records[number];
        assert!(record.valid && record.outcome.is_none(), "command {number} had come to its end: {:?}", record.outcome);
        assert!(!record.cancelled, "command {number} was cancelled");
        assert!(!record.stopped, "command {number} was stopped");
        assert!(!record.at_rest, "command {number} had come to its end");
        assert!(!record.session_lost, "command {number} belongs to a session that is lost");
        assert!(!record.released, "PUBLISH behind its PUBREL [MQTT-4.3.3-1]");
        let repeated = !record.attempts.is_empty();
        assert!(!repeated || record.order.outlives_connections(), "command {number} is sent twice");
        let Kind::Publish { qos, .. } = record.order.kind else {
            assert!(identifier > 0, "[MQTT-2.3.1-1]");
            self.begin(connection, number, identifier);
            return;
        };
        assert_eq!(dup, repeated, "DUP of command {number} [MQTT-3.3.1-1]");
        if qos > 0 {
            assert!(identifier > 0, "[MQTT-2.3.1-1]");
            if repeated {
                assert_eq!(identifier, record.identifier, "the original packet identifier [MQTT-4.4.0-1]");
            }
        }
        self.begin(connection, number, identifier);
        if qos > 0 {
            let place = Some(self.records[number].place);
            assert!(connection.last_publish < place, "command {number} is sent out of its order [MQTT-4.6.0-1]");
            connection.last_publish = place;
        }
    }

    fn begin(&mut self, connection: &Connection, number: usize, identifier: u16) {
        if identifier > 0
            && let Some(other) = self.exchanges.insert(identifier, number)
            && other != number
        {
            let other = &self.records[other];
            let over = other.may_be_over(connection.number);
            assert!(over, "identifier {identifier} is in use by {} [MQTT-2.3.1-2]", other.order.number);
        }
        let record = &mut self.records[number];
        if record.attempts.is_empty() {
            self.places += 1;
            record.place = self.places;
            if self.line.contains(&number) {
                assert_eq!(self.line.pop_front(), Some(number), "not the first in line");
            }
        }
        record.attempts.push(connection.number);
        record.identifier = identifier;
        // What was read on an earlier connection was not dealt with before that connection had ended.
        record.acknowledged = None;
        record.received = None;
    }

    /// The client has sent all of this packet.
    fn sent(&mut self, connection: &mut Connection, packet: &Packet) {
        assert!(!connection.disconnected, "something behind DISCONNECT [MQTT-3.14.4-2]");
        let first_byte = packet.first_byte();
        if let Some(number) = self.begun(connection, &packet.bytes) {
            let record = &mut self.records[number];
            let dup = record.order.outlives_connections() && record.attempts.len() > 1;
            assert_eq!(packet.bytes, record.order.packet(dup, record.identifier), "{:?}", record.order);
            record.transmissions += 1;
            let before = record.sent_on.replace(connection.number);
            assert_ne!(before, record.sent_on, "command {number} is sent twice on a connection");
            return;
        }
        let mut body = packet.body();
        match first_byte {
            0x10 => {
                let mut expected = connect_bytes(connection.keep_alive);
                expected[9] = u8::from(connection.clean) << 1;
                assert_eq!(packet.bytes, expected);
            }
            0x62 => self.releases(connection, body.u16()),
            PUBACK => {
                let identifier = body.u16();
                let (due, message) = connection.due_pubacks.pop_front().expect("PUBACK for nothing");
                assert_eq!(identifier, due, "PUBACK out of order [MQTT-4.6.0-2]");
                assert!(connection.handed.contains(&message), "PUBACK before the handler had all of the message");
            }
            PUBREC => {
                let identifier = body.u16();
                loop {
                    let (due, message) = connection.due_pubrecs.pop_front().expect("PUBREC for nothing");
                    if identifier == due {
                        assert!(self.messages[message].handed == 1, "PUBREC before the handler had all of the message");
                        break;
                    }
                    assert!(self.messages[message].handed == 0, "no PUBREC for {due}, or out of order [MQTT-4.6.0-3]");
                }
            }
            PUBCOMP => {
                let identifier = body.u16();
                let place = connection.due_pubcomps.iter().position(|&due| due == identifier);
                connection.due_pubcomps.remove(place.expect("PUBCOMP for nothing"));
            }
            0xC0 => {
                assert!(!connection.pinging, "PINGREQ while another one is on its way");
                connection.pinging = true;
                self.pings += usize::from(connection.keep_alive == 0);
                assert!(self.pings <= self.given(Kind::Ping), "nobody has asked for PINGREQ");
            }
            0xE0 => {
                connection.disconnected = true;
                self.disconnects += 1;
                assert!(self.disconnects <= self.given(Kind::Disconnect), "nobody has asked for DISCONNECT");
            }
            _ => panic!("a client does not send {first_byte:#X}"),
        }
    }

    fn given(&self, kind: Kind) -> usize {
        let refused =
            |record: &Record| matches!(record.outcome, Some(Err(CommandError::QueueFull | CommandError::Invalid(_))));
        self.records.iter().filter(|record| record.order.kind == kind && !refused(record)).count()
    }

    /// PUBREL was sent.
    fn releases(&mut self, connection: &mut Connection, identifier: u16) {
        let extra = connection.extra_releases.get_mut(&identifier).filter(|count| **count > 0);
        if let Some(&number) = self.exchanges.get(&identifier) {
            let record = &mut self.records[number];
            if let Some(place) = record.received
                && !record.is_over()
                && connection.released.insert(number)
            {
                if extra.is_none() {
                    assert!(connection.last_release < Some(place), "PUBREL out of order [MQTT-4.6.0-4]");
                    connection.last_release = Some(place);
                }
                record.released = true;
                return;
            }
        }
        *extra.expect("PUBREL, and no PUBREC has come") -= 1;
    }
}

// What the Server sends.
impl Ledger {
    /// The Server has sent this.
    pub(crate) fn put(&mut self, down: &Down) {
        let connection = self.connection.as_mut().expect("a connection");
        match *down {
            Down::Message { message, identifier, dup } => {
                let Message { qos, is_hopeless, .. } = self.messages[message];
                let mut may_lack_room = false;
                if let (Some(identifier), false) = (identifier, is_hopeless) {
                    if qos == 1 {
                        connection.due_pubacks.push_back((identifier, message));
                    } else {
                        connection.due_pubrecs.push_back((identifier, message));
                        connection.may_be_held.insert(identifier);
                        may_lack_room = connection.may_be_held.len() > ROOM;
                    }
                }
                connection.expected.push_back(Expected { message, dup, may_lack_room });
            }
            Down::Release { identifier } => {
                connection.may_be_held.remove(&identifier);
            }
            _ => {}
        }
    }

    /// A session goes on, and the client may remember these packet identifiers.
    pub(crate) fn resumes(&mut self, outgoing: impl Iterator<Item = (u16, usize)>) {
        let connection = self.connection.as_mut().expect("a connection");
        for (identifier, message) in outgoing {
            let Message { qos, handed, .. } = self.messages[message];
            if qos == 2 && handed > 0 {
                connection.may_be_held.insert(identifier);
            }
        }
    }

    /// The client has read all of this.
    pub(crate) fn read(&mut self, down: Down) {
        let connection = self.connection.as_mut().expect("a connection");
        match down {
            Down::Connack { session_present, return_code } => {
                connection.connack = Some((return_code, session_present));
                if return_code == 0 && !session_present {
                    self.lose_session();
                }
            }
            Down::Message { .. } => {}
            Down::Release { identifier } => connection.due_pubcomps.push(identifier),
            Down::Stray { first_byte: PUBREC, identifier } => {
                *connection.extra_releases.entry(identifier).or_default() += 1;
            }
            Down::Stray { .. } => {}
            Down::Ack { first_byte, identifier, codes } => {
                // None for PUBREL that answers a PUBREC for nothing.
                let Some(&number) = self.exchanges.get(&identifier) else { return };
                let record = &mut self.records[number];
                if record.attempts.last() != Some(&connection.number) && first_byte != PUBCOMP {
                    return;
                }
                match (record.order.kind, first_byte) {
                    (Kind::Publish { qos: 2, .. }, PUBREC) if record.received.is_none() => {
                        self.places += 1;
                        record.received = Some(self.places);
                    }
                    // There may be more PUBCOMPs than one.
                    (Kind::Publish { qos: 2, .. }, PUBCOMP) if connection.released.contains(&number) => {
                        record.acknowledged = Some(codes);
                    }
                    (Kind::Publish { qos: 1, .. }, PUBACK)
                    | (Kind::Subscribe, SUBACK)
                    | (Kind::Unsubscribe, UNSUBACK) => record.acknowledged = Some(codes),
                    _ => {}
                }
            }
            Down::Pingresp => {
                connection.pinging = false;
                self.pingresps += 1;
            }
        }
    }

    /// The handler has got this.
    pub(crate) fn handed(&mut self, part: &Handled) {
        let connection = self.connection.as_mut().expect("a message without a connection");
        let (number, offset) = connection.current.take().unwrap_or_else(|| {
            // The next one in the stream; what was left out must have had a reason.
            loop {
                let next = connection.expected.pop_front().expect("a message that was not sent");
                let message = &self.messages[next.message];
                if if part.topic.is_empty() { message.is_hopeless } else { message.topic == part.topic } {
                    assert_eq!(part.dup, next.dup);
                    return (next.message, 0);
                }
                assert!(message.qos == 2, "a message is lost: {}", message.topic);
                assert!(message.handed > 0 || next.may_lack_room, "a message is lost: {}", message.topic);
            }
        });
        let message = &mut self.messages[number];
        assert_eq!((part.qos as u8, part.retain, part.length), (message.qos, message.retain, message.payload.len()));
        if message.is_hopeless {
            assert_eq!((&part.topic[..], &part.payload[..], part.offset), ("", &b""[..], 0));
            return;
        }
        assert_eq!((&part.topic, part.offset), (&message.topic, offset), "part of another message");
        let end = offset + part.payload.len();
        assert_eq!(part.payload, message.payload[offset..end], "{}", message.topic);
        if end < message.payload.len() {
            assert!(end > offset, "a part without payload");
            connection.current = Some((number, end));
            return;
        }
        message.handed += 1;
        assert!(
            message.qos == 1 || message.handed == 1,
            "message {} with QoS {} comes twice",
            message.topic,
            message.qos
        );
        connection.handed.insert(number);
    }
}

/// What has happened, in figures.
#[derive(Debug, Default, Clone)]
pub(crate) struct Figures(BTreeMap<&'static str, usize>);

impl Figures {
    pub(crate) fn add(&mut self, what: &'static str, count: usize) {
        *self.0.entry(what).or_default() += count;
    }

    pub(crate) fn add_all(&mut self, other: Self) {
        for (what, count) in other.0 {
            self.add(what, count);
        }
    }

    pub(crate) fn steps(&self) -> usize {
        self.0.get("steps").copied().unwrap_or_default()
    }
}

impl Ledger {
    pub(crate) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        figures.add("connections", self.connections);
        figures.add("commands", self.records.len());
        for record in &self.records {
            figures.add(
                match &record.outcome {
                    None if record.cancelled => "cancelled",
                    None => "ended unseen",
                    Some(Ok(_)) => match record.order.kind {
                        Kind::Publish { qos: 0, .. } => "done QoS 0",
                        Kind::Publish { qos: 1, .. } => "done QoS 1",
                        Kind::Publish { .. } => "done QoS 2",
                        _ => "done other",
                    },
                    Some(Err(CommandError::Invalid(_))) => "Invalid",
                    Some(Err(CommandError::QueueFull)) => "QueueFull",
                    Some(Err(CommandError::ConnectionLost)) => "ConnectionLost",
                    Some(Err(CommandError::SessionLost)) => "SessionLost",
                    Some(Err(CommandError::Stopped)) => "Stopped",
                    Some(Err(_)) => "PayloadEnded",
                },
                1,
            );
            figures.add("repeats", record.attempts.len().saturating_sub(1));
        }
        figures.add("messages", self.messages.len());
        figures.add("messages handed over", self.messages.iter().map(|message| message.handed).sum());
        figures
    }
}

// What may be said of the connection, and what is to be true when all is at rest.
impl Ledger {
    /// Return code and Session Present of the CONNACK that the client has read on this connection.
    pub(crate) fn connack(&self) -> Option<(u8, bool)> {
        self.connection.as_ref()?.connack
    }

    /// Whether DISCONNECT was sent.
    pub(crate) fn is_disconnected(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.disconnected)
    }

    /// The commands on this connection whose payload may have ended early.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.may_fail() && record.attempts.last() == Some(&self.connections))
    }

    /// Whether a message has come, or is to come, for whose packet identifier there may be no room.
    pub(crate) fn may_lack_room(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.expected.iter().any(|next| next.may_lack_room))
    }

    /// Whether the client may not have taken this message, for want of room for its packet identifier.
    pub(crate) fn may_be_dropped(&self, message: usize) -> bool {
        let message = &self.messages[message];
        message.qos == 2 && message.handed == 0
    }

    pub(crate) fn check_rest(&mut self) {
        for record in &mut self.records {
            let number = record.order.number;
            assert!(record.is_settled(), "command {number} is lost: {record:?}");
            let told = record.outcome.is_some() || record.dropped || record.form == Form::Try;
            assert!(told, "nobody was told what has become of command {number}: {record:?}");
            match record.order.kind {
                _ if record.acknowledged.is_none() => {}
                Kind::Publish { qos: 1, .. } => assert!(record.deliveries >= 1, "message {number} is lost"),
                Kind::Publish { .. } => assert_eq!(record.deliveries, 1, "deliveries of message {number}"),
                _ => {}
            }
            record.at_rest = true;
        }
        assert!(self.line.is_empty(), "commands were not sent: {:?}", self.line);
        let connection = self.connection.as_ref().expect("a connection");
        assert!(connection.due_pubacks.is_empty(), "no PUBACK for {:?}", connection.due_pubacks);
        assert!(connection.due_pubcomps.is_empty(), "no PUBCOMP for {:?}", connection.due_pubcomps);
        assert!(connection.extra_releases.values().all(|&count| count == 0), "no PUBREL");
        for &(identifier, message) in &connection.due_pubrecs {
            assert_eq!(self.messages[message].handed, 0, "no PUBREC for {identifier}");
        }
        for expected in &connection.expected {
            let message = &self.messages[expected.message];
            assert!(message.qos == 2 && (message.handed > 0 || expected.may_lack_room), "lost: {}", message.topic);
        }
    }
}
