//! What the tests share: a small world in which nothing happens by chance.

#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod clock;
mod executor;
mod transport;

use slimqtt_agent::wire::{Encode, QoS};
use slimqtt_agent::{Agent as AnyAgent, CommandError, Connect, Error, Message, Profile};

pub(crate) use clock::ManualClock;
pub(crate) use executor::{Executor, Task, Urgent};
pub(crate) use transport::{End, Fault, Server};

pub(crate) enum Beacon {}

impl Profile for Beacon {
    const TIMEOUT_MS: u32 = TIMEOUT;
}

pub(crate) type Agent<const COMMANDS: usize, const PACKET: usize> = AnyAgent<Beacon, COMMANDS, PACKET>;

/// How long the Server may take to answer, in milliseconds.
pub(crate) const TIMEOUT: u32 = 5000;

/// Small, so that ordinary packets are larger.
pub(crate) const RECEIVE: usize = 16;

pub(crate) const CONNACK: [u8; 4] = [0x20, 2, 0, 0];
pub(crate) const PINGREQ: [u8; 2] = [0xC0, 0];
pub(crate) const PINGRESP: [u8; 2] = [0xD0, 0];
pub(crate) const DISCONNECT: [u8; 2] = [0xE0, 0];

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
pub(crate) fn message<'a>(topic: &'a str, payload: &'a [u8]) -> Message<'a, QoS> {
    Message { qos: QoS::AtMostOnce, topic, payload }
}

/// A PUBLISH packet with QoS 0, made without the code under test.
pub(crate) fn publish_bytes(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = u16::try_from(topic.len()).unwrap().to_be_bytes().to_vec();
    body.extend(topic.as_bytes());
    body.extend(payload);
    let mut packet = vec![0x30];
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

/// An agent, its Server, time, and tasks.
pub(crate) struct World<'a, const COMMANDS: usize, const PACKET: usize> {
    agent: &'a Agent<COMMANDS, PACKET>,
    pub(crate) server: Server,
    pub(crate) clock: ManualClock,
    pub(crate) executor: Executor<'a>,
}

impl<'a, const COMMANDS: usize, const PACKET: usize> World<'a, COMMANDS, PACKET> {
    pub(crate) fn new(agent: &'a Agent<COMMANDS, PACKET>) -> Self {
        Self::starting_at(agent, 0)
    }

    pub(crate) fn starting_at(agent: &'a Agent<COMMANDS, PACKET>, now: u32) -> Self {
        Self { agent, server: Server::new(), clock: ManualClock::starting_at(now), executor: Executor::default() }
    }

    /// Runs a connection over the present transport. Nothing has happened yet.
    pub(crate) fn run(&mut self, keep_alive: u16) -> Task<'a, Result<(), Error>> {
        let (mut rx, mut tx) = self.server.ends();
        let (agent, clock) = (self.agent, self.clock.clone());
        let connect = Connect::<64>::new("room-1", keep_alive).unwrap();
        self.executor.spawn("run", async move { agent.run::<RECEIVE, 64>(&mut rx, &mut tx, &clock, &connect).await })
    }

    /// Begins a connection over a new transport: CONNECT is out.
    pub(crate) fn dial(&mut self, keep_alive: u16) -> Task<'a, Result<(), Error>> {
        self.server = Server::new();
        let run = self.run(keep_alive);
        self.settle();
        assert_eq!(self.server.received(), connect_bytes(keep_alive));
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
    pub(crate) fn submit(
        &mut self,
        name: &'static str,
        packet: impl Encode + Unpin + 'a,
    ) -> Task<'a, Result<(), CommandError>> {
        let agent = self.agent;
        self.executor.spawn(name, agent.submit(packet))
    }

    /// Spawns a task that publishes an empty message to the topic of its name.
    pub(crate) fn publish(&mut self, name: &'static str) -> Task<'a, Result<(), CommandError>> {
        self.submit(name, message(name, b""))
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

    /// What the agent has sent since the last call, when all has settled.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.settle();
        self.server.received()
    }
}
