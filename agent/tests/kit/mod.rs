//! What the tests share: a small world in which nothing happens by chance.

#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod clock;
mod executor;
mod transport;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::AtomicU16;

use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::{self, QoS, SubackReturnCode};
use slimqtt_agent::{Agent as AnyAgent, CommandError, Completion, Connect, Error, Message, Payload, Profile};

pub(crate) use clock::ManualClock;
pub(crate) use executor::{Executor, Task, Urgent};
pub(crate) use transport::{End, Fault, Server};

pub(crate) enum Beacon {}

impl Profile for Beacon {
    const TIMEOUT_MS: u32 = TIMEOUT;
    type RequestedQoS = QoS;
    type Identifiers = [AtomicU16; 0];
    type Source = ();
    type Completion = ();
}

/// Has everything, and room for two messages with QoS 2 that come.
pub(crate) enum Complete {}

impl Profile for Complete {
    const TIMEOUT_MS: u32 = TIMEOUT;
    const PUBLISH: u8 = 2;
    const SUBSCRIBE: bool = true;
    const UNSUBSCRIBE: bool = true;
    const PING: bool = true;
    const STOP: bool = true;
    const CONNECTED: bool = true;
    const RECEIVE: Option<u8> = Some(2);
    type RequestedQoS = QoS;
    type Identifiers = [AtomicU16; 2];
    type Source = Option<&'static dyn Payload>;
    type Completion = Option<&'static Completion>;
}

pub(crate) type Agent<const COMMANDS: usize, const PACKET: usize> = AnyAgent<Beacon, COMMANDS, PACKET, RECEIVE>;
pub(crate) type CompleteAgent<const COMMANDS: usize, const PACKET: usize> =
    AnyAgent<Complete, COMMANDS, PACKET, RECEIVE>;

/// How long the Server may take to answer, in milliseconds.
pub(crate) const TIMEOUT: u32 = 5000;

/// Small, so that ordinary packets are larger.
pub(crate) const RECEIVE: usize = 16;

pub(crate) const CONNACK: [u8; 4] = [0x20, 2, 0, 0];
/// CONNACK of a Server that has kept the session.
pub(crate) const RESUMED: [u8; 4] = [0x20, 2, 1, 0];
pub(crate) const PINGREQ: [u8; 2] = [0xC0, 0];
pub(crate) const PINGRESP: [u8; 2] = [0xD0, 0];
pub(crate) const DISCONNECT: [u8; 2] = [0xE0, 0];

// First bytes.
pub(crate) const PUBACK: u8 = 0x40;
pub(crate) const PUBREC: u8 = 0x50;
pub(crate) const PUBREL: u8 = 0x62;
pub(crate) const PUBCOMP: u8 = 0x70;
pub(crate) const UNSUBACK: u8 = 0xB0;

/// As they stand in the first byte of PUBLISH.
pub(crate) const DUP: u8 = 0x08;
pub(crate) const RETAIN: u8 = 0x01;

/// The CONNECT packet of a world's connections.
pub(crate) fn connect_bytes(keep_alive: u16) -> Vec<u8> {
    let mut bytes = b"\x10\x12\0\x04MQTT\x04\x02".to_vec();
    bytes.extend(keep_alive.to_be_bytes());
    bytes.extend(b"\0\x06room-1");
    bytes
}

/// Silence until PINGREQ, in milliseconds.
pub(crate) fn silence(keep_alive: u16) -> u32 {
    u32::from(keep_alive) * 1000 / 8 * 7
}

/// A command that publishes.
pub(crate) fn message<'a, P: Profile>(topic: &'a str, payload: &'a [u8]) -> Request<'a, P> {
    message_at(QoS::AtMostOnce, topic, payload)
}

/// A command that publishes at this QoS.
pub(crate) fn message_at<'a, P: Profile>(qos: QoS, topic: &'a str, payload: &'a [u8]) -> Request<'a, P> {
    Request::Publish(Publish { qos, retain: false, topic }, payload)
}

/// A PUBLISH packet with QoS 0, made without the code under test.
pub(crate) fn publish_bytes(topic: &str, payload: &[u8]) -> Vec<u8> {
    publish_packet(0x30, topic, None, payload)
}

/// Any PUBLISH packet, made without the code under test.
pub(crate) fn publish_packet(first_byte: u8, topic: &str, identifier: Option<u16>, payload: &[u8]) -> Vec<u8> {
    let mut body = u16::try_from(topic.len()).unwrap().to_be_bytes().to_vec();
    body.extend(topic.as_bytes());
    body.extend(identifier.into_iter().flat_map(u16::to_be_bytes));
    body.extend(payload);
    let mut packet = vec![first_byte];
    let mut length = body.len();
    while length > 0x7F {
        packet.push(length as u8 | 0x80);
        length >>= 7;
    }
    packet.push(length as u8);
    packet.extend(body);
    packet
}

/// The packets that a command to publish to each of these topics makes, without payload.
pub(crate) fn publishes(topics: &[&str]) -> Vec<u8> {
    topics.iter().flat_map(|topic| publish_bytes(topic, b"")).collect()
}

/// The packet identifier of the first of these packets, which are short, and sent by the agent: whatever it has chosen.
pub(crate) fn identifier(packets: &[u8]) -> u16 {
    let at = match packets[0] >> 4 {
        3 => 4 + usize::from(packets[3]),
        _ => 2,
    };
    u16::from_be_bytes([packets[at], packets[at + 1]])
}

/// A packet that acknowledges: it has nothing but a packet identifier.
pub(crate) fn acknowledgement(first_byte: u8, identifier: u16) -> Vec<u8> {
    let [high, low] = identifier.to_be_bytes();
    vec![first_byte, 2, high, low]
}

/// What the handler got, copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handled {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

impl From<Message<'_>> for Handled {
    fn from(message: Message<'_>) -> Self {
        let Message { topic, payload, qos, retain, dup, offset, length } = message;
        Self { topic: topic.as_str().to_owned(), payload: payload.to_vec(), qos, retain, dup, offset, length }
    }
}

/// An agent, its Server, time, and tasks.
pub(crate) struct World<'a, const COMMANDS: usize, const PACKET: usize, P: Profile = Beacon> {
    agent: &'a AnyAgent<P, COMMANDS, PACKET, RECEIVE>,
    /// Whether connections ask for a clean session.
    pub(crate) clean_session: bool,
    handled: Rc<RefCell<Vec<Handled>>>,
    /// What the handler of the next connections does with a message, after it has noted it.
    pub(crate) reaction: Rc<dyn Fn() + 'a>,
    pub(crate) server: Server,
    pub(crate) clock: ManualClock,
    pub(crate) executor: Executor<'a>,
}

impl<'a, const COMMANDS: usize, const PACKET: usize, P: Profile> World<'a, COMMANDS, PACKET, P> {
    pub(crate) fn new(agent: &'a AnyAgent<P, COMMANDS, PACKET, RECEIVE>) -> Self {
        Self::starting_at(agent, 0)
    }

    pub(crate) fn starting_at(agent: &'a AnyAgent<P, COMMANDS, PACKET, RECEIVE>, now: u32) -> Self {
        Self {
            agent,
            clean_session: true,
            handled: Rc::default(),
            reaction: Rc::new(|| {}),
            server: Server::new(),
            clock: ManualClock::starting_at(now),
            executor: Executor::default(),
        }
    }

    /// Runs a connection over the present transport. Nothing has happened yet.
    pub(crate) fn run(&mut self, keep_alive: u16) -> Task<'a, Result<(), Error>> {
        let (mut rx, mut tx) = self.server.ends();
        let (agent, clock) = (self.agent, self.clock.clone());
        let packet = wire::Connect {
            clean_session: self.clean_session,
            keep_alive,
            client_identifier: "room-1",
            will: None,
            user_name: None,
            password: None,
        };
        let connect = Connect::<64>::from_packet(&packet).unwrap();
        let handled = Rc::clone(&self.handled);
        let reaction = Rc::clone(&self.reaction);
        let handler = move |message: Message<'_>| {
            handled.borrow_mut().push(message.into());
            reaction();
        };
        self.executor.spawn("run", async move { agent.run(&mut rx, &mut tx, &clock, &connect, handler).await })
    }

    /// Begins a connection over a new transport: CONNECT is out.
    pub(crate) fn dial(&mut self, keep_alive: u16) -> Task<'a, Result<(), Error>> {
        self.server = Server::new();
        let run = self.run(keep_alive);
        self.settle();
        let mut connect = connect_bytes(keep_alive);
        connect[9] = u8::from(self.clean_session) << 1;
        assert_eq!(self.server.received(), connect);
        run
    }

    /// Makes a connection over a new transport, on which the Server has kept the session.
    pub(crate) fn resume(&mut self) -> Task<'a, Result<(), Error>> {
        let run = self.dial(0);
        self.answer(&RESUMED);
        assert_eq!(run.output(), None);
        run
    }

    /// Makes a connection over a new transport.
    pub(crate) fn open(&mut self, keep_alive: u16) -> Task<'a, Result<(), Error>> {
        let run = self.dial(keep_alive);
        self.answer(&CONNACK);
        assert_eq!(run.output(), None);
        run
    }

    /// The Server sends these bytes, and all react.
    pub(crate) fn answer(&self, bytes: &[u8]) {
        self.server.send(bytes);
        self.settle();
    }

    /// Spawns a task that gives a command and awaits it.
    pub(crate) fn submit(&mut self, name: &'static str, request: Request<'a, P>) -> Task<'a, Result<(), CommandError>> {
        let agent = self.agent;
        self.executor.spawn(name, agent.submit(request))
    }

    /// Spawns a task that subscribes, and awaits the answer to each of the filters.
    pub(crate) fn subscribe<const FILTERS: usize>(
        &mut self,
        name: &'static str,
        filters: &'a [(&'a str, P::RequestedQoS); FILTERS],
    ) -> Task<'a, Result<[SubackReturnCode; FILTERS], CommandError>> {
        let agent = self.agent;
        self.executor.spawn(name, agent.submit(Request::Subscribe(filters)))
    }

    /// Spawns a task that publishes an empty message to the topic of its name.
    pub(crate) fn publish(&mut self, name: &'static str) -> Task<'a, Result<(), CommandError>> {
        self.submit(name, message(name, b""))
    }

    /// Spawns a task that publishes an empty message at this QoS to the topic of its name.
    pub(crate) fn publish_at(&mut self, qos: QoS, name: &'static str) -> Task<'a, Result<(), CommandError>> {
        self.submit(name, message_at(qos, name, b""))
    }

    /// On an open connection: as many commands as there are slots find room at once, and are sent.
    pub(crate) fn assert_all_slots_are_free(&self) {
        self.settle();
        for slot in 0..COMMANDS {
            assert_eq!(self.agent.try_submit(&message("free", b"")), Ok(()), "{slot} of {COMMANDS} slots are free");
        }
        assert_eq!(self.agent.try_submit(&message("full", b"")), Err(CommandError::QueueFull));
        assert_eq!(self.sent(), publishes(&vec!["free"; COMMANDS]));
    }

    pub(crate) fn settle(&self) {
        self.executor.settle();
    }

    /// Lets time pass, with all that happens meanwhile.
    pub(crate) fn pass(&self, ms: u32) {
        self.settle();
        let mut rest = ms;
        while let Some(left) = self.clock.next_timer()
            && left <= rest
        {
            rest -= left;
            self.clock.advance(left);
            self.settle();
        }
        self.clock.advance(rest);
        self.settle();
    }

    /// What the handler has got since the last call, when all has settled.
    pub(crate) fn handled(&self) -> Vec<Handled> {
        self.settle();
        self.handled.take()
    }

    /// What the agent has sent since the last call, when all has settled.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.settle();
        self.server.received()
    }
}
