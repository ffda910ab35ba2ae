//! The one task that owns the connection: the async shell around the session.
//!
//! Three loops run side by side: receive, transmit, and keep time. None of them ever returns; they tell the session
//! that the connection has ended, and [`Run`] finds it there. (A future that returns carries a panic for whoever polls
//! it again. These carry none.)

use core::convert::Infallible;
use core::future::{pending, poll_fn};
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use embedded_io_async::{Error as _, Read, Write};
use pin_project_lite::pin_project;
use spin::mutex::SpinMutexGuard;

use crate::agent::{Agent, Profile};
use crate::clock::Clock;
use crate::connect::Connect;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::queue::{Packet, Slot};

pin_project! {
    /// A connection, from CONNECT to its end.
    struct Run<C, R, T, K> {
        #[pin]
        receive: R,
        #[pin]
        transmit: T,
        #[pin]
        keep_time: K,
        // None if the agent has another connection. The last field: dropped when no loop holds a slot any more.
        connection: Option<C>,
    }
}

impl<C, R, T, K> Future for Run<C, R, T, K>
where
    C: Connection,
    R: Future<Output = Infallible>,
    T: Future<Output = Infallible>,
    K: Future<Output = Infallible>,
{
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(connection) = this.connection else {
            return Poll::Ready(Err(Error::Busy));
        };
        connection.register(context.waker());
        // What has come may be what the clock waits for, and both may give transmit something to do.
        let Poll::Pending = this.receive.poll(context);
        let Poll::Pending = this.keep_time.poll(context);
        let Poll::Pending = this.transmit.poll(context);
        connection.ended().map_or(Poll::Pending, Poll::Ready)
    }
}

/// What a running connection holds of its agent, whatever the agent's profile and capacities.
trait Connection {
    fn register(&self, waker: &Waker);
    fn ended(&self) -> Option<Result<(), Error>>;
}

/// The right to run a connection of this agent.
struct Owner<'a, P: Profile, const COMMANDS: usize, const PACKET: usize>(&'a Agent<P, COMMANDS, PACKET>);

impl<P: Profile, const COMMANDS: usize, const PACKET: usize> Connection for Owner<'_, P, COMMANDS, PACKET> {
    fn register(&self, waker: &Waker) {
        self.0.queue.register(waker);
    }

    fn ended(&self) -> Option<Result<(), Error>> {
        self.0.session.ended()
    }
}

impl<P: Profile, const COMMANDS: usize, const PACKET: usize> Drop for Owner<'_, P, COMMANDS, PACKET> {
    fn drop(&mut self) {
        // However a connection ends, a command that was being sent is not left in the air.
        self.0.queue.interrupt();
        self.0.session.leave();
    }
}

/// A packet that is to be sent.
enum Next<'a, const PACKET: usize> {
    /// One of the session's own.
    Own(&'a [u8]),
    /// That of a command.
    Command(&'a Slot<PACKET>, SpinMutexGuard<'a, Packet<PACKET>>),
}

#[expect(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice: 32 bytes of RAM in all")]
impl<P: Profile, const COMMANDS: usize, const PACKET: usize> Agent<P, COMMANDS, PACKET> {
    /// Runs one connection on a fresh transport, from CONNECT to its end. `RECEIVE` is the size of the buffer for
    /// incoming packets, in bytes.
    ///
    /// `Ok` means that a `Disconnect` command ended it `[MQTT-3.14.4-1]`: close the transport. After an error too; then
    /// wait a little, connect the transport anew and call `run` again. Dropping the future ends the connection without
    /// a DISCONNECT.
    ///
    /// # Errors
    /// See [`Error`]. No command's failure ends the connection.
    pub fn run<'a, const RECEIVE: usize, const CONNECT: usize>(
        &'a self,
        rx: &'a mut impl Read,
        tx: &'a mut impl Write,
        clock: &'a impl Clock,
        connect: &'a Connect<CONNECT>,
    ) -> impl Future<Output = Result<(), Error>> {
        let begun = self.session.begin(clock.now_ms(), connect.keep_alive());
        Run {
            receive: self.receive::<RECEIVE>(rx),
            transmit: self.transmit(tx, clock, connect),
            keep_time: self.keep_time(clock),
            connection: begun.then(|| Owner(self)),
        }
    }

    fn receive<const RECEIVE: usize>(&self, rx: &mut impl Read) -> impl Future<Output = Infallible> {
        async move {
            let mut incoming = Incoming::<RECEIVE>::new();
            loop {
                let received = match rx.read(incoming.space()).await {
                    Err(error) => Err(Error::Transport(error.kind())),
                    Ok(0) => Err(Error::Closed),
                    Ok(count) => match incoming.advance(count) {
                        Err(_) => Err(Error::Protocol),
                        Ok(received) => self.session.received(received),
                    },
                };
                if let Err(error) = received {
                    self.session.fail(error);
                    pending::<()>().await;
                }
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
            // Whether the transport may hold bytes back.
            let mut unflushed = false;
            'packets: loop {
                let Some(next) = self.next(connect.packet()) else {
                    if !unflushed {
                        next_poll().await;
                        continue;
                    }
                    unflushed = false;
                    match tx.flush().await {
                        Ok(()) => self.session.flushed(),
                        Err(error) => self.session.fail(Error::Transport(error.kind())),
                    }
                    continue;
                };
                let mut rest = match &next {
                    Next::Own(packet) => packet,
                    Next::Command(_, packet) => packet.bytes(),
                };
                let first_byte = rest.first().copied().unwrap_or_default();
                unflushed = false;
                while !rest.is_empty() {
                    let failure = match tx.write(rest).await {
                        Ok(0) => Error::Closed,
                        Ok(count) => {
                            rest = rest.get(count..).unwrap_or_default();
                            continue;
                        }
                        Err(error) => Error::Transport(error.kind()),
                    };
                    self.session.fail(failure);
                    continue 'packets;
                }
                unflushed = true;
                self.session.sent(first_byte, clock.now_ms());
                if let Next::Command(slot, packet) = next {
                    drop(packet);
                    self.queue.sent(slot);
                }
            }
        }
    }

    /// The packet that is to be sent now, if there is one.
    fn next<'a>(&'a self, connect: &'a [u8]) -> Option<Next<'a, PACKET>> {
        if let Some(packet) = self.session.own_packet(connect) {
            return Some(Next::Own(packet));
        }
        if !self.session.takes_commands() {
            return None;
        }
        self.queue.next().map(|(slot, packet)| Next::Command(slot, packet))
    }

    fn keep_time(&self, clock: &impl Clock) -> impl Future<Output = Infallible> {
        async move {
            loop {
                match self.session.tick(clock.now_ms(), P::TIMEOUT_MS) {
                    Some(deadline) => clock.wait_until(deadline).await,
                    None => pending().await,
                }
            }
        }
    }
}

/// Waits until [`Run`] is polled again, for whatever reason.
fn next_poll() -> impl Future<Output = ()> {
    let mut polled = false;
    poll_fn(move |_| if mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending })
}
