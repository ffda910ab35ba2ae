//! Commands, as those who give them see them.

use core::pin::Pin;
use core::task::{Context, Poll};

use crate::queue::{Queue, Slot};
use crate::wire::{Encode, EncodeError, Publish, QoS, Writer};

/// Why a command failed. It concerns this command alone: the connection and all other commands go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// The arguments are wrong; nothing was queued.
    Invalid(EncodeError),
    /// All slots are taken; nothing was queued. Only the `try_` form of a command says so, the other one waits.
    QueueFull,
    /// The connection ended while the packet was being sent: it may have arrived or not.
    ConnectionLost,
}

/// A command on its way: a future that resolves when the command is done.
///
/// Nothing happens before it is polled. Dropped before the agent turns to its packet, it cancels the command; dropped
/// later, the packet is sent all the same and the outcome lost. So any time limit can be put around it.
///
/// If no slot is free, it waits for one. There is room for one waiting task more than there are slots. Further ones take
/// turns, and keep each other awake until a slot is free; where they have a higher priority than the task that runs the
/// connection, that is for ever. Give such an agent more slots.
#[must_use = "a command does nothing unless it is awaited"]
pub struct Submission<'a, P, const COMMANDS: usize, const PACKET: usize> {
    queue: &'a Queue<COMMANDS, PACKET>,
    packet: P,
    slot: Option<&'a Slot<PACKET>>,
}

impl<'a, P, const COMMANDS: usize, const PACKET: usize> Submission<'a, P, COMMANDS, PACKET> {
    pub(crate) const fn new(queue: &'a Queue<COMMANDS, PACKET>, packet: P) -> Self {
        Self { queue, packet, slot: None }
    }
}

impl<P: Encode + Unpin, const COMMANDS: usize, const PACKET: usize> Future for Submission<'_, P, COMMANDS, PACKET> {
    type Output = Result<(), CommandError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.queue.poll(&mut this.slot, &this.packet, context.waker())
    }
}

impl<P, const COMMANDS: usize, const PACKET: usize> Drop for Submission<'_, P, COMMANDS, PACKET> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            self.queue.abandon(slot);
        }
    }
}

/// The arguments of a publish command. `Q` is the agent's own type of QoS: what it lacks needs no code.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a, Q> {
    /// Quality of service.
    pub qos: Q,
    /// Topic name.
    pub topic: &'a str,
    /// Application message.
    pub payload: &'a [u8],
}

impl<Q: Copy + Into<QoS>> Encode for Message<'_, Q> {
    fn encode(&self, writer: &mut Writer<'_>) {
        let publish = Publish {
            dup: false,
            qos: self.qos.into(),
            retain: false,
            topic_name: self.topic,
            packet_identifier: None,
            message: self.payload,
        };
        publish.encode(writer);
    }
}
