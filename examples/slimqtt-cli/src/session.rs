//! Connections, one after another, and how they end.

use std::cell::Cell;
use std::pin::pin;
use std::process;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use slimqtt::{Backoff, Clock, Connect, ConnectReturnCode, Error, Message};
use tokio::time::{sleep, timeout};
use tokio::{select, signal};

use crate::agent::MQTT;
use crate::arguments::Connection;
use crate::transport::{Broker, Transport};

/// Room for CONNECT, in bytes.
const CONNECT: usize = 0x2_0000;

/// How long DISCONNECT may take when somebody has had enough.
const LEAVING: Duration = Duration::from_secs(1);

/// Why a command ends where nothing is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    /// By Ctrl-C, or SIGTERM.
    Interrupted,
    TimedOut,
}

/// The connection of a command, made again where it is lost.
pub(crate) struct Session {
    broker: Broker,
    connect: Box<Connect<CONNECT>>,
    clock: HostClock,
    /// Whether a connection that is lost is made again.
    goes_on: bool,
    /// The broker is there, and takes this client.
    pub(crate) established: Cell<bool>,
    /// The command is done.
    leaving: Cell<bool>,
}

impl Session {
    pub(crate) fn new(options: &Connection, goes_on: bool) -> Result<Self> {
        let connect = options.packet().context("client identifier, Will, user name and password cannot be sent")?;
        Ok(Self {
            broker: Broker::new(options)?,
            connect: Box::new(connect),
            clock: HostClock(Instant::now()),
            goes_on,
            established: Cell::new(false),
            leaving: Cell::new(false),
        })
    }

    /// Connects, and gives commands with `begin`, until `leave` is called or a connection ends for good.
    pub(crate) async fn run(&self, mut handler: impl FnMut(Message<'_>), begin: impl AsyncFn()) -> Result<()> {
        // Up to a second, then two, four, and up to five at last: somebody may be watching.
        let mut backoff = Backoff::new(1_000, 5_000, process::id());
        loop {
            let began = self.clock.now_ms();
            let mut connection = pin!(self.connection(&mut handler));
            let ended = select! {
                biased;
                ended = &mut connection => ended,
                () = begin() => connection.await,
            };
            match ended {
                Err(error) if self.goes_on && !self.leaving.get() && self.may_pass(&error) => {
                    log::warn!("{error:#}; connecting again");
                }
                ended => return ended,
            }
            backoff.wait(&self.clock, began).await;
        }
    }

    /// One connection.
    async fn connection(&self, handler: impl FnMut(Message<'_>)) -> Result<()> {
        let mut transport = self.broker.connect().await?;
        let Transport { rx, tx } = &mut transport;
        let ended = MQTT.run(rx, tx, &self.clock, &self.connect, handler).await;
        match (ended, transport.failure()) {
            (Ok(()), _) => {
                transport.close().await;
                Ok(())
            }
            (Err(Error::Transport(_)), Some(failure)) => Err(failure).context("the connection failed"),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Whether it is of use to connect again after this error.
    fn may_pass(&self, error: &anyhow::Error) -> bool {
        let refused =
            matches!(error.downcast_ref(), Some(Error::Refused(code)) if *code != ConnectReturnCode::ServerUnavailable);
        self.established.get() && !refused
    }

    /// Has DISCONNECT sent, after all that is in line.
    pub(crate) fn leave(&self) {
        if !self.leaving.replace(true) {
            // There is a slot for it.
            let _ = MQTT.try_disconnect();
        }
    }

    /// Lets the command work until it is done, or somebody has had enough, or the time is up.
    pub(crate) async fn until_enough(
        &self,
        limit: Option<Duration>,
        work: impl Future<Output = Result<()>>,
    ) -> Result<Ended> {
        let mut work = pin!(work);
        let ended = select! {
            biased;
            outcome = &mut work => return outcome.map(|()| Ended::Done),
            () = interrupted() => Ended::Interrupted,
            () = sleep(limit.unwrap_or_default()), if limit.is_some() => Ended::TimedOut,
        };
        self.leave();
        // A broker that is not there, or does not listen, keeps nobody.
        let _ = timeout(LEAVING, work).await;
        Ok(ended)
    }
}

/// Waits for Ctrl-C, or SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        select! {
            _ = signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Where there is no such signal.
    let _ = signal::ctrl_c().await;
}

/// Milliseconds since the program began.
struct HostClock(Instant);

impl Clock for HostClock {
    fn now_ms(&self) -> u32 {
        self.0.elapsed().as_millis() as u32
    }

    async fn wait_until(&self, deadline: u32) {
        let left = deadline.wrapping_sub(self.now_ms()) as i32;
        sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
    }
}
