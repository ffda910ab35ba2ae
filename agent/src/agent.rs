//! The agent: what the attribute macro wraps.

use core::future::{Future, poll_fn};
use core::task::Poll;

use spin::mutex::SpinMutex;

use crate::command::{CommandError, Completion, Submission};
use crate::incoming::Incoming;
use crate::payload::Payload;
use crate::queue::Queue;
use crate::received::Identifiers;
use crate::request::Request;
use crate::session::Session;
use crate::wire::QoS;

/// What is fixed for an agent when it is compiled. What it does not have costs nothing: no code is left of it.
pub trait Profile {
    /// How long the Server may take to answer, in milliseconds.
    const TIMEOUT_MS: u32;

    /// The highest QoS at which it publishes; 0 also if it does not publish at all.
    const PUBLISH: u8 = 0;

    /// Whether it subscribes.
    const SUBSCRIBE: bool = false;

    /// Whether it unsubscribes.
    const UNSUBSCRIBE: bool = false;

    /// Whether it has a ping command.
    const PING: bool = false;

    /// Whether it can be stopped.
    const STOP: bool = false;

    /// Whether it tells that it is connected.
    const CONNECTED: bool = false;

    /// The highest QoS of messages that it receives. `None`: those that come are dropped unread.
    const RECEIVE: Option<u8> = None;

    /// Whether any of its commands is acknowledged.
    #[doc(hidden)]
    const ACKNOWLEDGED: bool = Self::PUBLISH > 0 || Self::SUBSCRIBE || Self::UNSUBSCRIBE || Self::PING;

    /// Whether it acknowledges what the Server sends.
    #[doc(hidden)]
    const REPLIES: bool = Self::PUBLISH > 1 || matches!(Self::RECEIVE, Some(1..));

    /// Whether a packet may have to be held back until something was sent.
    #[doc(hidden)]
    const HOLDS: bool = Self::ACKNOWLEDGED || Self::REPLIES;

    /// The qualities of service that its subscriptions may ask for.
    type RequestedQoS: Copy + Into<QoS>;

    /// Room for the packet identifiers of messages with QoS 2 that are being received: `[AtomicU16; N]`.
    type Identifiers: Identifiers;

    /// What a slot keeps of a payload that is read when it is sent: `Option<&'static dyn Payload>`, or `()` if the agent
    /// has no such messages.
    type Source: Keeps<&'static dyn Payload>;

    /// What a slot keeps of a function that is to be called: `Option<&'static Completion>`, or `()` if the agent calls
    /// none.
    type Completion: Keeps<&'static Completion>;
}

/// A place for a `T`, or `()`: none, and no code for it.
pub trait Keeps<T>: Sized + Send {
    /// There is nothing.
    const NONE: Self;

    /// Keeps it, if there is a place.
    fn new(kept: Option<T>) -> Self;

    /// What is kept.
    fn get(&self) -> Option<T>;
}

impl<T> Keeps<T> for () {
    const NONE: Self = ();

    fn new(_kept: Option<T>) -> Self {}

    fn get(&self) -> Option<T> {
        None
    }
}

impl<T: Copy + Send> Keeps<T> for Option<T> {
    const NONE: Self = None;

    fn new(kept: Self) -> Self {
        kept
    }

    fn get(&self) -> Self {
        *self
    }
}

/// One MQTT connection, shared by all who hold a reference to it.
///
/// `COMMANDS` slots of `PACKET` bytes for outgoing packets; five bytes of each are kept for the fixed header.
/// `RECEIVE` bytes for incoming packets. Its typed methods come from the attribute macro.
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub struct Agent<P: Profile, const COMMANDS: usize, const PACKET: usize, const RECEIVE: usize> {
    pub(crate) session: Session<P>,
    pub(crate) queue: Queue<P, COMMANDS, PACKET>,
    /// Locked by the task that runs the connection.
    pub(crate) incoming: SpinMutex<Incoming<RECEIVE>>,
}

impl<P: Profile, const COMMANDS: usize, const PACKET: usize, const RECEIVE: usize> Agent<P, COMMANDS, PACKET, RECEIVE> {
    /// An agent without a connection. Commands can be given at once.
    #[expect(clippy::new_without_default, reason = "an agent is made to be a static")]
    pub const fn new() -> Self {
        Self { session: Session::new(), queue: Queue::new(), incoming: SpinMutex::new(Incoming::new()) }
    }

    /// A command that waits for a free slot, then for its outcome; `A` is what an acknowledgement says: the return codes of
    /// SUBACK, in an array, or nothing.
    pub const fn submit<'a, A>(&'a self, request: Request<'a, P>) -> Submission<'a, P, A, COMMANDS, PACKET> {
        Submission::new(&self.queue, request)
    }

    /// A command that never waits, and whose outcome nobody learns.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] and [`CommandError::QueueFull`]: nothing was queued.
    pub fn try_submit(&self, request: &Request<'_, P>) -> Result<(), CommandError> {
        self.queue.submit(request, false, P::Completion::NONE).map(drop)
    }

    /// A command that never waits, and whose outcome is told to a function.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] and [`CommandError::QueueFull`]: nothing was queued, and the function is not called.
    pub fn submit_then(&self, request: &Request<'_, P>, completion: &'static Completion) -> Result<(), CommandError> {
        const { assert!(size_of::<P::Completion>() > 0, "this agent calls no functions") };
        self.queue.submit(request, false, P::Completion::new(Some(completion))).map(drop)
    }

    /// Waits until the Server has accepted a connection; at once while there is one. Tells whether the Server had the
    /// session `[MQTT-3.2.2-2]`.
    ///
    /// A connection lasts until the future of [`run`](Self::run) is dropped. Of one that was over before this future was polled
    /// nothing is told: a session that began with it is there in the next one. Who waits sleeps in a place of those who
    /// wait for a slot. Only for a profile with [`CONNECTED`](Profile::CONNECTED).
    pub fn connected(&self) -> impl Future<Output = bool> {
        poll_fn(|context| {
            self.queue.wait(context.waker());
            self.try_connected().map_or(Poll::Pending, Poll::Ready)
        })
    }

    /// The same without waiting; `None` where there is no connection.
    pub fn try_connected(&self) -> Option<bool> {
        const { assert!(P::CONNECTED, "this agent does not tell that it is connected") };
        self.session.present()
    }

    /// Stops the agent at once: [`run`](Self::run) ends with [`Error::Stopped`](crate::Error::Stopped), without a
    /// DISCONNECT, and all commands that are queued or on their way fail with [`CommandError::Stopped`].
    ///
    /// It takes no slot, so it never waits and cannot fail. While no connection is running it only clears the queue.
    /// Afterwards the agent can be run again. Only for a profile with [`STOP`](Profile::STOP).
    pub fn stop(&self) {
        const { assert!(P::STOP, "this agent cannot be stopped") };
        if self.session.stop() {
            self.queue.wake_agent();
        } else {
            self.queue.clear();
        }
    }
}
