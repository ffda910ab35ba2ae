//! The one task that owns the connection: the async shell around the session.
//!
//! Two loops run side by side, to receive and to transmit, and a timer. The loops never return; they tell the session that
//! the connection has ended, and [`Running`] finds it there. (A future that returns carries a panic for whoever polls it
//! again. These carry none.)

use core::convert::Infallible;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use embedded_io_async::{Error as _, Read, Write};
use pin_project_lite::pin_project;
use spin::mutex::SpinMutexGuard;

use crate::agent::{Agent, Profile};
use crate::clock::Clock;
use crate::connect::Connect;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::message::Message;
use crate::queue::{Packet, Slot};
use crate::session::Session;

pin_project! {
    /// A connection, from CONNECT to its end; nothing, if the agent has another one.
    struct Run<C> {
        #[pin]
        connection: Option<C>,
    }
}

impl<C: Future<Output = Result<(), Error>>> Future for Run<C> {
    type Output = C::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().connection.as_pin_mut() {
            Some(connection) => connection.poll(context),
            None => Poll::Ready(Err(Error::Busy)),
        }
    }
}

pin_project! {
    /// A connection that the agent has.
    struct Running<O, R, T, N, U, W> {
        // The clock: what time it is, and a timer for another time.
        now: N,
        wait_until: U,
        #[pin]
        timer: Option<W>,
        // In the order in which they are dropped: when no loop holds a slot any more, the connection is over, and when
        // that is done, the receive buffer is free for another one.
        #[pin]
        transmit: T,
        owner: O,
        #[pin]
        receive: R,
    }
}

impl<O, R, T, N, U, W> Future for Running<O, R, T, N, U, W>
where
    O: Connection,
    R: Future<Output = Infallible>,
    T: Future<Output = Infallible>,
    N: Fn() -> u32,
    U: Fn(u32) -> W,
    W: Future<Output = ()>,
{
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let connection = this.owner;
        connection.register(context.waker());
        // What has come may give transmit something to do; what has been sent, or time that is up, have another round
        // follow.
        while !connection.is_stopped() {
            let Poll::Pending = this.receive.as_mut().poll(context);
            let Poll::Pending = this.transmit.as_mut().poll(context);
            let deadline = connection.tick((this.now)());
            this.timer.set(Some((this.wait_until)(deadline)));
            let time_is_up = this.timer.as_mut().as_pin_mut().is_some_and(|timer| timer.poll(context).is_ready());
            if !time_is_up && !connection.has_news() {
                break;
            }
        }
        connection.ended().map_or(Poll::Pending, Poll::Ready)
    }
}

pin_project! {
    /// Reads; or waits until it is polled again, if a packet is held back. (Both in one place: each that waits costs code.)
    struct Receive<R> {
        #[pin]
        read: R,
        held: bool,
        polled: bool,
    }
}

impl<R: Future> Future for Receive<R> {
    /// `None` if a packet was held back.
    type Output = Option<R::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !*this.held {
            this.read.poll(context).map(Some)
        } else if mem::replace(this.polled, true) {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    }
}

pin_project! {
    /// Has the transport send what it holds back, and waits until it is polled again. (Both in one place, too.)
    struct Idle<'a, F, P: Profile> {
        #[pin]
        flush: F,
        session: &'a Session<P>,
        unflushed: bool,
        polled: bool,
    }
}

impl<E, F: Future<Output = Result<(), E>>, P: Profile> Future for Idle<'_, F, P> {
    type Output = Result<(), E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = mem::replace(this.polled, true);
        if *this.unflushed {
            ready!(this.flush.poll(context))?;
            *this.unflushed = false;
            this.session.flushed();
        }
        // There was nothing to send when this began; meanwhile there may be.
        if polled { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

/// What a running connection holds of its agent, whatever the agent's profile and capacities.
trait Connection {
    fn register(&self, waker: &Waker);
    fn is_stopped(&self) -> bool;
    fn has_news(&self) -> bool;
    fn tick(&self, now: u32) -> u32;
    fn ended(&self) -> Option<Result<(), Error>>;
}

/// The right to run a connection of this agent.
struct Owner<'a, P: Profile, const COMMANDS: usize, const PACKET: usize, const RECEIVE: usize>(
    &'a Agent<P, COMMANDS, PACKET, RECEIVE>,
);

impl<P: Profile, const COMMANDS: usize, const PACKET: usize, const RECEIVE: usize> Connection
    for Owner<'_, P, COMMANDS, PACKET, RECEIVE>
{
    fn register(&self, waker: &Waker) {
        self.0.queue.register(waker);
    }

    fn is_stopped(&self) -> bool {
        self.0.session.is_stopped()
    }

    fn has_news(&self) -> bool {
        self.0.session.has_news()
    }

    fn tick(&self, now: u32) -> u32 {
        self.0.session.tick(now, P::TIMEOUT_MS)
    }

    fn ended(&self) -> Option<Result<(), Error>> {
        self.0.session.ended()
    }
}

impl<P: Profile, const COMMANDS: usize, const PACKET: usize, const RECEIVE: usize> Drop
    for Owner<'_, P, COMMANDS, PACKET, RECEIVE>
{
    fn drop(&mut self) {
        self.0.session.leave(&self.0.queue);
    }
}

/// An acknowledgement on its way out, aligned so that it is stored as a word.
#[repr(align(4))]
struct Reply([u8; 4]);

/// A packet that is to be sent.
enum Next<'a, P: Profile, const PACKET: usize> {
    /// One of the session's own.
    Own(&'a [u8]),
    /// That of a command.
    Command(&'a Slot<P, PACKET>, SpinMutexGuard<'a, Packet<P, PACKET>>),
}

impl<P: Profile, const PACKET: usize> Next<'_, P, PACKET> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(packet) => packet,
            Self::Command(_, packet) => packet.bytes(),
        }
    }

    /// Those that follow them, from there on: `None` behind the last one, an empty slice if they have ended early.
    fn more(&mut self, offset: usize) -> Option<&[u8]> {
        match self {
            Self::Own(_) => None,
            Self::Command(_, packet) => packet.more(offset),
        }
    }
}

#[expect(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice: 32 bytes of RAM in all")]
impl<P: Profile, const COMMANDS: usize, const PACKET: usize, const RECEIVE: usize> Agent<P, COMMANDS, PACKET, RECEIVE> {
    /// Runs one connection on a fresh transport, from CONNECT to its end. Messages go to the handler, which must not wait,
    /// and may give commands. (As a closure it needs the type of its argument: `|message: Message<'_>| ...`.)
    ///
    /// `Ok` means that a `Disconnect` command ended it `[MQTT-3.14.4-1]`: close the transport. After an error too; then
    /// wait a little, connect the transport anew and call `run` again: commands that were not begun are still in line.
    /// Messages that were not acknowledged are sent again before them, in their order, if neither CONNECT asked for a
    /// clean session and the Server has kept it too `[MQTT-4.4.0-1]`; else their commands fail. Dropping the future ends
    /// the connection without a DISCONNECT.
    ///
    /// # Errors
    /// See [`Error`]. No command's failure ends the connection.
    pub fn run<'a, const CONNECT: usize>(
        &'a self,
        rx: &'a mut impl Read,
        tx: &'a mut impl Write,
        clock: &'a impl Clock,
        connect: &'a Connect<CONNECT>,
        handler: impl FnMut(Message<'_>) + 'a,
    ) -> impl Future<Output = Result<(), Error>> {
        // Whoever has the receive buffer has the connection.
        let connection = self.incoming.try_lock().map(|incoming| {
            self.session.begin(clock.now_ms(), connect.keep_alive(), connect.clean_session());
            Running {
                now: || clock.now_ms(),
                wait_until: |deadline| clock.wait_until(deadline),
                timer: None,
                transmit: self.transmit(tx, clock, connect),
                owner: Owner(self),
                receive: self.receive(rx, incoming, handler),
            }
        });
        Run { connection }
    }

    fn receive(
        &self,
        rx: &mut impl Read,
        mut incoming: SpinMutexGuard<'_, Incoming<RECEIVE>>,
        mut handler: impl FnMut(Message<'_>),
    ) -> impl Future<Output = Infallible> {
        async move {
            incoming.begin();
            let mut held = false;
            loop {
                let read = Receive { read: rx.read(incoming.space()), held, polled: false }.await;
                held = !self.session.received(&self.queue, &mut incoming, read, &mut handler);
            }
        }
    }

    fn transmit<const CONNECT: usize>(
        &self,
        tx: &mut impl Write,
        clock: &impl Clock,
        connect: &Connect<CONNECT>,
    ) -> impl Future<Output = Infallible> {
        async move {
            let mut reply = Reply([0; 4]);
            // Whether the transport may hold bytes back.
            let mut unflushed = false;
            'packets: loop {
                let Some(mut next) = self.next(connect, &mut reply) else {
                    let idle = Idle { flush: tx.flush(), session: &self.session, unflushed, polled: false };
                    if let Err(error) = idle.await {
                        self.session.fail(Error::Transport(error.kind()));
                    }
                    unflushed = false;
                    continue;
                };
                unflushed = true;
                let mut rest = next.bytes();
                if let [first_byte, ..] = rest {
                    self.session.sends(*first_byte, clock.now_ms());
                }
                let mut offset = 0;
                let ended_early = loop {
                    while !rest.is_empty() {
                        let failure = match tx.write(rest).await {
                            Ok(0) => Error::Closed,
                            Ok(count) => {
                                self.session.wrote(clock.now_ms());
                                rest = rest.get(count..).unwrap_or_default();
                                continue;
                            }
                            Err(error) => Error::Transport(error.kind()),
                        };
                        self.session.fail(failure);
                        continue 'packets;
                    }
                    let Some(more) = next.more(offset) else { break false };
                    rest = more;
                    offset += rest.len();
                    if rest.is_empty() {
                        // Nobody could tell the next packet from the rest of this one.
                        self.session.fail(Error::PayloadEnded);
                        break true;
                    }
                };
                self.session.sent();
                if let Next::Command(slot, packet) = next {
                    event!(
                        trace,
                        "sent: type {}, identifier {}",
                        packet.first_byte() >> 4,
                        self.queue.identifier_of(slot)
                    );
                    drop(packet);
                    self.queue.sent(slot, ended_early);
                }
            }
        }
    }

    /// The packet that is to be sent now, if there is one.
    fn next<'a, const CONNECT: usize>(
        &'a self,
        connect: &'a Connect<CONNECT>,
        reply: &'a mut Reply,
    ) -> Option<Next<'a, P, PACKET>> {
        let state = self.session.state();
        if let Some(packet) = self.session.own_packet(state, connect) {
            return Some(Next::Own(packet));
        }
        if !state.takes_commands() {
            return None;
        }
        if let Some(packet) = self.session.take_reply() {
            *reply = Reply(packet);
            return Some(Next::Own(&reply.0));
        }
        let (slot, packet) = self.queue.next(state.is_pinging())?;
        Some(Next::Command(slot, packet))
    }
}
