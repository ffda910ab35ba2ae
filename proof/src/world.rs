//! An agent, its connection, those who give it commands, and time: nothing happens by chance, and nobody is polled who was
//! not woken.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{CommandError, Connect, Error, Message, Payload, SubackReturnCode, packet};

use crate::clock::ManualClock;
use crate::line::Line;
use crate::packets::{self, Sent};

/// More polls, and more calls of the transport, than anything here needs before all are at rest.
const ENDLESS: usize = 200_000;

/// How a command has ended; with return codes if it was to subscribe.
pub type Outcome = Result<Vec<SubackReturnCode>, CommandError>;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// A future that is polled when it was woken.
pub struct Task<'a, T> {
    future: Option<Pin<Box<dyn Future<Output = T> + 'a>>>,
    flag: Arc<Flag>,
    output: Option<T>,
}

impl<'a, T> Task<'a, T> {
    fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Some(Box::pin(future)), flag: Arc::new(Flag(AtomicBool::new(true))), output: None }
    }

    /// Polls it if it was woken. False if it sleeps.
    fn step(&mut self) -> bool {
        let Some(future) = &mut self.future else { return false };
        if !self.flag.0.swap(false, SeqCst) {
            return false;
        }
        let waker = Waker::from(Arc::clone(&self.flag));
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.output = Some(output);
            self.future = None;
        }
        true
    }

    /// What it has returned, if it has.
    pub const fn output(&self) -> Option<&T> {
        self.output.as_ref()
    }
}

/// What a handler was told, copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// Topic name.
    pub topic: String,
    /// The part of the application message that was there.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: packet::QoS,
    /// Whether it may have come before.
    pub dup: bool,
    /// Where the part begins.
    pub offset: usize,
    /// The whole application message, in bytes.
    pub length: usize,
}

/// An agent and all around it.
pub struct World<'a> {
    agent: &'a Agent,
    /// The line of the present connection, or of the last one.
    pub line: Line,
    /// Time.
    pub clock: ManualClock,
    connection: Option<Task<'a, Result<(), Error>>>,
    commands: Vec<Task<'a, Outcome>>,
    handled: Rc<RefCell<Vec<Handled>>>,
    calls: Rc<Cell<usize>>,
    /// The beginning of a packet, of what the agent has sent.
    partial: Vec<u8>,
}

impl<'a> World<'a> {
    /// An agent without a connection.
    pub fn new(agent: &'a Agent) -> Self {
        let calls = Rc::default();
        Self {
            agent,
            line: Line::new(Rc::clone(&calls)),
            // It wraps soon.
            clock: ManualClock::starting_at(u32::MAX - 5_000),
            connection: None,
            commands: Vec::new(),
            handled: Rc::default(),
            calls,
            partial: Vec::new(),
        }
    }

    /// The agent itself.
    pub const fn agent(&self) -> &'a Agent {
        self.agent
    }

    /// Runs a connection on a fresh line. One that is there is dropped before.
    pub fn connect(&mut self, clean_session: bool, keep_alive: u16) {
        let (will, user_name, password) = (None, None, None);
        let client_identifier = "proof";
        self.connect_as(packet::Connect { clean_session, keep_alive, client_identifier, will, user_name, password });
    }

    /// The same, with all that CONNECT can say.
    ///
    /// # Panics
    /// If that has more than 128 bytes.
    pub fn connect_as(&mut self, packet: packet::Connect<'_>) {
        let connect = Connect::<128>::from_packet(&packet).expect("CONNECT fits into 128 bytes");
        self.connection = None;
        self.line = Line::new(Rc::clone(&self.calls));
        self.partial.clear();
        let (agent, clock, handled) = (self.agent, self.clock.clone(), Rc::clone(&self.handled));
        let (mut rx, mut tx) = self.line.ends();
        self.connection = Some(Task::new(async move {
            let handler = |message: Message<'_>| {
                let Message { topic, payload, qos, dup, offset, length, .. } = message;
                let (topic, payload) = (topic.to_string(), payload.to_vec());
                handled.borrow_mut().push(Handled { topic, payload, qos, dup, offset, length });
            };
            agent.run(&mut rx, &mut tx, &clock, &connect, handler).await
        }));
    }

    /// Drops the future of the connection.
    pub fn drop_connection(&mut self) {
        self.connection = None;
    }

    /// How the connection has ended, if it has.
    pub fn ended(&self) -> Option<Result<(), Error>> {
        self.connection.as_ref().and_then(|connection| connection.output().copied())
    }

    /// Whether there is a connection that has not ended.
    pub fn is_running(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.output().is_none())
    }

    /// Polls whoever was woken until all sleep.
    ///
    /// # Panics
    /// If that never is so.
    pub fn settle(&mut self) {
        self.calls.set(0);
        for _ in 0..ENDLESS {
            let mut anybody = self.connection.as_mut().is_some_and(Task::step);
            for command in &mut self.commands {
                anybody |= command.step();
            }
            assert!(self.calls.get() < ENDLESS, "the transport is called again and again");
            if !anybody {
                return;
            }
        }
        panic!("somebody never rests");
    }

    /// Lets time pass, and all that happens meanwhile.
    pub fn pass(&mut self, ms: u32) {
        self.settle();
        let mut rest = ms;
        while let Some(left) = self.clock.left().filter(|left| *left <= rest) {
            rest -= left;
            self.clock.advance(left);
            self.settle();
        }
        self.clock.advance(rest);
        self.settle();
    }

    /// Sends bytes to the agent, and lets it do what it does.
    pub fn send(&mut self, bytes: &[u8]) {
        self.line.send(bytes);
        self.settle();
    }

    /// The packets that the agent has sent since the last call, if it is at the end of one.
    pub fn sent(&mut self) -> Vec<Sent> {
        self.settle();
        self.taken()
    }

    /// The same, as things are.
    pub fn taken(&mut self) -> Vec<Sent> {
        self.partial.extend(self.line.received());
        std::iter::from_fn(|| packets::take(&mut self.partial)).collect()
    }

    /// Whether the agent is in the middle of a packet.
    pub fn is_mid_packet(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Lets a Server that keeps to the standard answer until all is said. Returns what it was sent.
    pub fn serve(&mut self, session_present: bool) -> Vec<Sent> {
        let mut all = Vec::new();
        loop {
            let sent = self.sent();
            if sent.is_empty() {
                return all;
            }
            for packet in &sent {
                self.line.send(&packets::answer(packet, session_present));
            }
            all.extend(sent);
        }
    }

    /// What the handler was told since the last call.
    pub fn handled(&mut self) -> Vec<Handled> {
        self.settle();
        self.taken_messages()
    }

    /// The same, as things are.
    pub fn taken_messages(&mut self) -> Vec<Handled> {
        self.handled.take()
    }

    fn spawn(&mut self, command: impl Future<Output = Outcome> + 'a) -> usize {
        self.commands.push(Task::new(command));
        self.commands.len() - 1
    }

    /// How this command has ended, if it has.
    pub fn outcome(&self, command: usize) -> Option<Outcome> {
        self.commands[command].output().cloned()
    }

    /// Drops the future of this command.
    pub fn drop_command(&mut self, command: usize) {
        self.commands[command].future = None;
    }

    /// How many commands have neither ended nor been dropped.
    pub fn waiting(&self) -> usize {
        self.commands.iter().filter(|command| command.future.is_some()).count()
    }

    /// Publishes.
    pub fn publish(&mut self, qos: QoS, topic: String, payload: Vec<u8>) -> usize {
        let agent = self.agent;
        self.spawn(async move { agent.publish(qos, &topic, &payload).await.map(|()| vec![]) })
    }

    /// Publishes a payload that is read when it is sent.
    pub fn publish_from(&mut self, qos: QoS, topic: String, payload: &'static dyn Payload) -> usize {
        let agent = self.agent;
        self.spawn(async move { agent.publish_from(qos, &topic, payload).await.map(|()| vec![]) })
    }

    /// Subscribes. (The one place where the agent's method is called.)
    pub fn subscribe<const N: usize>(&mut self, filters: [(&'static str, RequestedQoS); N]) -> usize {
        let agent = self.agent;
        self.spawn(async move { agent.subscribe(&filters).await.map(|codes| codes.to_vec()) })
    }

    /// Unsubscribes. (The one place where the agent's method is called.)
    pub fn unsubscribe<const N: usize>(&mut self, filters: [&'static str; N]) -> usize {
        let agent = self.agent;
        self.spawn(async move { agent.unsubscribe(&filters).await.map(|()| vec![]) })
    }

    /// Pings.
    pub fn ping(&mut self) -> usize {
        let agent = self.agent;
        self.spawn(async move { agent.ping().await.map(|()| vec![]) })
    }

    /// Disconnects.
    pub fn disconnect(&mut self) -> usize {
        let agent = self.agent;
        self.spawn(async move { agent.disconnect().await.map(|()| vec![]) })
    }

    /// On a connection with nothing left to do: there are as many free slots as the agent has, and messages through all of
    /// them arrive.
    pub fn assert_all_slots_are_free(&mut self) {
        /// Those of the profile.
        const SLOTS: usize = 4;
        self.settle();
        for slot in 0..SLOTS {
            assert_eq!(self.agent.try_publish(QoS::ExactlyOnce, "free", b""), Ok(()), "{slot} of {SLOTS} are free");
        }
        assert_eq!(self.agent.try_publish(QoS::AtMostOnce, "full", b""), Err(CommandError::QueueFull));
        let sent = self.serve(false);
        let publishes = sent.iter().filter(|sent| matches!(sent, Sent::Publish { topic, .. } if topic == "free"));
        assert_eq!((publishes.count(), sent.len()), (SLOTS, 2 * SLOTS), "each with its PUBREL: {sent:?}");
        assert_eq!(self.agent.try_publish(QoS::AtMostOnce, "done", b""), Ok(()), "they are free again");
        assert_eq!(self.serve(false).len(), 1);
    }
}
