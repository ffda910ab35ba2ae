//! The agent: what the attribute macro wraps.

use core::marker::PhantomData;

use crate::command::{CommandError, Submission};
use crate::queue::Queue;
use crate::session::Session;
use crate::wire::Encode;

/// What is fixed for an agent when it is compiled.
pub trait Profile {
    /// How long the Server may take to answer, in milliseconds.
    const TIMEOUT_MS: u32;
}

/// One MQTT connection, shared by all who hold a reference to it.
///
/// `COMMANDS` slots of `PACKET` bytes for outgoing packets; five bytes of each are kept for the fixed header. Its typed
/// methods come from the attribute macro.
#[repr(C)] // In this order: small offsets are cheap on a Cortex-M0.
pub struct Agent<P, const COMMANDS: usize, const PACKET: usize> {
    pub(crate) session: Session,
    pub(crate) queue: Queue<COMMANDS, PACKET>,
    profile: PhantomData<fn() -> P>,
}

impl<P: Profile, const COMMANDS: usize, const PACKET: usize> Agent<P, COMMANDS, PACKET> {
    /// An agent without a connection. Commands can be given at once.
    #[expect(clippy::new_without_default, reason = "an agent is made to be a static")]
    pub const fn new() -> Self {
        Self { session: Session::new(), queue: Queue::new(), profile: PhantomData }
    }

    /// A command that waits for a free slot, then for its outcome.
    pub const fn submit<C: Encode + Unpin>(&self, packet: C) -> Submission<'_, C, COMMANDS, PACKET> {
        Submission::new(&self.queue, packet)
    }

    /// A command that never waits, and whose outcome nobody learns.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] and [`CommandError::QueueFull`]: nothing was queued.
    pub fn try_submit(&self, packet: &impl Encode) -> Result<(), CommandError> {
        self.queue.submit(packet, None).map(drop)
    }
}
