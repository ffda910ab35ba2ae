//! Commands, as those who give them see them.

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::agent::Profile;
use crate::queue::{Queue, Slot};
use crate::request::Request;
use crate::wire::{EncodeError, List, SubackReturnCode};

/// Why a command failed. It concerns this command alone: the connection and all other commands go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CommandError {
    /// The arguments are wrong; nothing was queued.
    Invalid(EncodeError),
    /// All slots are taken; nothing was queued. Only the forms of a command that never wait say so.
    QueueFull,
    /// The connection ended before the command was done, and it cannot go on with the next one: the packet may have
    /// arrived or not.
    ConnectionLost,
    /// The connection ended before the message was acknowledged, and so did the session: it was a clean one
    /// `[MQTT-3.1.2-6]`, or the Server did not have it any more with the next connection. The message may have arrived or
    /// not.
    SessionLost,
    /// The agent was stopped.
    Stopped,
    /// The source of the payload had fewer bytes than it had promised.
    PayloadEnded,
}

/// What an acknowledgement says.
pub trait Answer: Sized {
    /// Nothing has been said.
    const NONE: Self;

    /// Takes what the return codes of the packet say.
    fn read(&mut self, codes: &[u8]);
}

impl Answer for () {
    const NONE: Self = ();

    fn read(&mut self, _codes: &[u8]) {}
}

/// A return code for each topic filter, in the order of the filters `[MQTT-3.9.3-1]`.
impl<const FILTERS: usize> Answer for [SubackReturnCode; FILTERS] {
    const NONE: Self = [SubackReturnCode::Failure; FILTERS];

    fn read(&mut self, codes: &[u8]) {
        for (place, code) in self.iter_mut().zip(codes) {
            *place = SubackReturnCode::from_u8(*code).unwrap_or(SubackReturnCode::Failure);
        }
    }
}

/// A function that is called when a command is done, for code that has no futures.
///
/// The agent's task calls it, or whoever calls `stop` while there is no connection; so it must not wait. It may give
/// commands.
///
/// ```
/// use slimqtt_agent::Completion;
///
/// static STORED: Completion = Completion::new(|record, outcome| { /* `record` is 7 */ }, 7);
/// ```
pub struct Completion {
    function: fn(usize, Outcome<'_>),
    context: usize,
}

/// What a [`Completion`] is told: why the command failed; or the return codes of its acknowledgement, which only SUBACK
/// has, one for each topic filter.
pub type Outcome<'a> = Result<List<'a, SubackReturnCode>, CommandError>;

impl Completion {
    /// A function, and a number for its own use.
    pub const fn new(function: fn(usize, Outcome<'_>), context: usize) -> Self {
        Self { function, context }
    }

    pub(crate) fn call(&self, outcome: Outcome<'_>) {
        (self.function)(self.context, outcome);
    }
}

/// A command on its way: a future that resolves when the command is done.
///
/// Nothing happens before it is polled. Dropped before the agent turns to its packet, it cancels the command; dropped
/// later, the packet is sent all the same, with all that the standard wants to follow, and the outcome is lost. So any
/// time limit can be put around it.
///
/// If no slot is free, it waits for one. There is room for one task more than there are slots, those included that wait
/// for the outcome of their command. Further ones take turns, and keep each other awake until a slot is free; where they
/// have a higher priority than the task that runs the connection, that is for ever. Give such an agent more slots.
#[must_use = "a command does nothing unless it is awaited"]
pub struct Submission<'a, P: Profile, A, const COMMANDS: usize, const PACKET: usize> {
    queue: &'a Queue<P, COMMANDS, PACKET>,
    request: Request<'a, P>,
    slot: Option<&'a Slot<P, PACKET>>,
    answer: PhantomData<fn() -> A>,
}

impl<'a, P: Profile, A, const COMMANDS: usize, const PACKET: usize> Submission<'a, P, A, COMMANDS, PACKET> {
    pub(crate) const fn new(queue: &'a Queue<P, COMMANDS, PACKET>, request: Request<'a, P>) -> Self {
        Self { queue, request, slot: None, answer: PhantomData }
    }
}

impl<P: Profile, A: Answer, const COMMANDS: usize, const PACKET: usize> Future
    for Submission<'_, P, A, COMMANDS, PACKET>
{
    type Output = Result<A, CommandError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let outcome = this.queue.poll(&mut this.slot, &this.request, context.waker());
        outcome.map_ok(|()| {
            let mut answer = A::NONE;
            if size_of::<A>() > 0
                && let Some(packet) = this.slot.and_then(Slot::lock)
            {
                answer.read(packet.kept());
            }
            answer
        })
    }
}

impl<P: Profile, A, const COMMANDS: usize, const PACKET: usize> Drop for Submission<'_, P, A, COMMANDS, PACKET> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            self.queue.abandon(slot);
        }
    }
}
