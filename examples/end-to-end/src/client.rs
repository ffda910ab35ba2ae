//! Agents on the host: each connection has a thread, and any thread gives commands.

use std::mem;
use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use embedded_io_adapters::tokio_1::FromTokio;
use slimqtt::complete;
use slimqtt::packet::QoS;
use slimqtt::{Backoff, Clock, Connect, Error, Message};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use crate::LIMIT;

/// Milliseconds since it was made.
pub struct TokioClock(Instant);

impl Default for TokioClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TokioClock {
    fn now_ms(&self) -> u32 {
        self.0.elapsed().as_millis() as u32
    }

    async fn wait_until(&self, deadline: u32) {
        let left = deadline.wrapping_sub(self.now_ms()) as i32;
        sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
    }
}

/// What runs the futures of one thread.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a tokio runtime")
}

/// Waits for the outcome of a command.
pub fn outcome<T>(command: impl Future<Output = T>) -> T {
    runtime().block_on(async { timeout(LIMIT, command).await }).expect("a command has an outcome")
}

/// The profile `complete`, with room for as many messages with QoS 2 at a time as there can be.
pub mod roomy {
    /// What a client can do.
    #[slimqtt::agent(commands = 4, packet = 128, receive = 128, received = 255)]
    pub enum Command {
        /// Publish a message.
        #[publish(qos = 0..=2)]
        Publish,
        /// Subscribe to topics.
        #[subscribe(qos = 0..=2)]
        Subscribe,
        /// End the connection.
        Disconnect,
    }
}

/// What the agents here have in common: each has a type of its own, and no trait.
pub trait Agent: Sync + 'static {
    /// Runs one connection.
    fn run<const N: usize>(
        &self,
        transport: &mut (FromTokio<OwnedReadHalf>, FromTokio<OwnedWriteHalf>),
        clock: &TokioClock,
        connect: &Connect<N>,
        handler: impl FnMut(Message<'_>),
    ) -> impl Future<Output = Result<(), Error>>;
}

macro_rules! agent {
    ($agent:ty) => {
        impl Agent for $agent {
            async fn run<const N: usize>(
                &self,
                (rx, tx): &mut (FromTokio<OwnedReadHalf>, FromTokio<OwnedWriteHalf>),
                clock: &TokioClock,
                connect: &Connect<N>,
                handler: impl FnMut(Message<'_>),
            ) -> Result<(), Error> {
                Self::run(self, rx, tx, clock, connect, handler).await
            }
        }
    };
}

agent!(complete::Agent);
agent!(roomy::Agent);

/// A thread that runs an agent's connection.
pub struct Connection {
    ended: Receiver<Result<(), Error>>,
}

impl Connection {
    /// Runs one connection to this port.
    pub fn once<const N: usize>(
        agent: &'static impl Agent,
        port: u16,
        connect: Connect<N>,
        handler: impl FnMut(Message<'_>) + Send + 'static,
    ) -> Self {
        Self::run(agent, port, connect, handler, |_| false)
    }

    /// Runs one connection after another to this port, until one ends with a DISCONNECT.
    pub fn again_and_again<const N: usize>(
        agent: &'static impl Agent,
        port: u16,
        connect: Connect<N>,
        handler: impl FnMut(Message<'_>) + Send + 'static,
    ) -> Self {
        Self::run(agent, port, connect, handler, |ended| ended.is_err())
    }

    fn run<const N: usize>(
        agent: &'static impl Agent,
        port: u16,
        connect: Connect<N>,
        mut handler: impl FnMut(Message<'_>) + Send + 'static,
        goes_on: fn(&Result<(), Error>) -> bool,
    ) -> Self {
        let (sender, ended) = channel();
        let mut connections = async move || {
            let clock = TokioClock::default();
            // Short, since the Server is known to be there.
            let mut backoff = Backoff::new(1, 10, 1);
            loop {
                let began = clock.now_ms();
                let transport = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("somebody listens");
                transport.set_nodelay(true).expect("TCP has this option");
                let (rx, tx) = transport.into_split();
                let mut transport = (FromTokio::new(rx), FromTokio::new(tx));
                let ended = agent.run(&mut transport, &clock, &connect, &mut handler).await;
                if !goes_on(&ended) {
                    return ended;
                }
                backoff.wait(&clock, began).await;
            }
        };
        thread::spawn(move || sender.send(runtime().block_on(connections())));
        Self { ended }
    }

    /// Waits for the end.
    pub fn ended(self) -> Result<(), Error> {
        self.ended.recv_timeout(LIMIT).expect("the connection ends")
    }

    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.ended.try_recv().is_err()
    }
}

/// A message, put together from its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Topic name.
    pub topic: String,
    /// The whole application message.
    pub payload: Vec<u8>,
    /// Quality of service at which it came.
    pub qos: QoS,
    /// Whether the Server had kept it.
    pub retain: bool,
    /// Whether it may have come before.
    pub dup: bool,
    /// In how many parts it came.
    pub parts: usize,
}

/// Messages, as a handler has left them here.
pub struct Inbox(Receiver<Received>);

impl Inbox {
    /// The next message.
    pub fn next(&self) -> Received {
        self.0.recv_timeout(LIMIT).expect("a message comes")
    }

    /// All messages that are here.
    pub fn all(&self) -> Vec<Received> {
        self.0.try_iter().collect()
    }
}

/// A handler for messages of any length, and where they are then.
pub fn inbox() -> (impl FnMut(Message<'_>) + Clone + Send + 'static, Inbox) {
    let (sender, receiver) = channel();
    let (mut payload, mut parts) = (Vec::new(), 0);
    let handler = move |message: Message<'_>| {
        // One that was cut comes again from its start.
        if message.offset == 0 {
            payload.clear();
            parts = 0;
        }
        assert_eq!(message.offset, payload.len(), "parts come in their order");
        payload.extend_from_slice(message.payload);
        parts += 1;
        if message.is_last() {
            assert_eq!(payload.len(), message.length);
            // The test may have seen enough.
            let _ = sender.send(Received {
                topic: message.topic.as_str().to_owned(),
                payload: mem::take(&mut payload),
                qos: message.qos,
                retain: message.retain,
                dup: message.dup,
                parts,
            });
        }
    };
    (handler, Inbox(receiver))
}
