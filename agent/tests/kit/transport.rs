//! A transport in memory, and its far end in the hands of the test.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};

use super::CONNACK;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Reset,
    Broken,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Reset => ErrorKind::ConnectionReset,
            Self::Broken => ErrorKind::BrokenPipe,
        }
    }
}

/// How one direction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Zero bytes.
    Closed,
    Fault(Fault),
}

impl End {
    fn result(self) -> Result<usize, Fault> {
        match self {
            Self::Closed => Ok(0),
            Self::Fault(fault) => Err(fault),
        }
    }
}

struct Wire {
    // to the agent
    pieces: VecDeque<Vec<u8>>,
    read_end: Option<End>,
    reader: Option<Waker>,
    // from the agent
    written: Vec<u8>,
    taken: usize,
    write_limit: usize,
    room: usize,
    write_end: Option<(usize, End)>,
    writer: Option<Waker>,
    flushes: Vec<usize>,
    flush_held: bool,
    flush_end: Option<Fault>,
    accepts: bool,
    // what the agent wants to write and the transport has not taken
    offered: Vec<u8>,
    // Whether a write that has taken bytes pends until it is let go, and how many bytes such a write has taken.
    lingers: bool,
    lingering: Option<usize>,
    // Whether each call pends once before it does anything, and has.
    hesitates: bool,
    read_hesitated: bool,
    write_hesitated: bool,
}

/// The Server's end, and where the agent's ends come from. All clones are the same.
#[derive(Clone)]
pub(crate) struct Server(Arc<Mutex<Wire>>);

impl Server {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Wire {
            pieces: VecDeque::new(),
            read_end: None,
            reader: None,
            written: Vec::new(),
            taken: 0,
            write_limit: usize::MAX,
            room: usize::MAX,
            write_end: None,
            writer: None,
            flushes: Vec::new(),
            flush_held: false,
            flush_end: None,
            accepts: false,
            offered: Vec::new(),
            lingers: false,
            lingering: None,
            hesitates: false,
            read_hesitated: false,
            write_hesitated: false,
        })))
    }

    pub(crate) fn ends(&self) -> (Rx, Tx) {
        (Rx(self.clone()), Tx(self.clone()))
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.0.lock().unwrap()
    }

    /// Sends bytes that arrive in one piece, if the agent reads as much at once.
    pub(crate) fn send(&self, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "sends nothing");
        self.change(|wire| wire.pieces.push_back(bytes.to_vec()));
    }

    /// Sends bytes that arrive one by one.
    pub(crate) fn trickle(&self, bytes: &[u8]) {
        self.change(|wire| wire.pieces.extend(bytes.iter().map(|&byte| vec![byte])));
    }

    /// Ends the direction to the agent, behind all that was sent.
    pub(crate) fn end_reads(&self, end: End) {
        self.change(|wire| wire.read_end = Some(end));
    }

    /// Ends the direction from the agent, when so many more bytes have come.
    pub(crate) fn end_writes_after(&self, bytes: usize, end: End) {
        self.change(|wire| wire.write_end = Some((wire.taken + bytes, end)));
    }

    /// Takes so many more bytes, then none until told otherwise.
    pub(crate) fn take(&self, bytes: usize) {
        self.change(|wire| wire.room = bytes);
    }

    /// Takes all bytes again.
    pub(crate) fn take_all(&self) {
        self.take(usize::MAX);
    }

    /// Takes no more than so many bytes in one write.
    pub(crate) fn limit_writes(&self, bytes: usize) {
        self.change(|wire| wire.write_limit = bytes);
    }

    /// Lets every read and every write pend once before it does anything.
    pub(crate) fn hesitate(&self) {
        self.change(|wire| wire.hesitates = true);
    }

    /// Whether flushes pend.
    pub(crate) fn hold_flushes(&self, held: bool) {
        self.change(|wire| wire.flush_held = held);
    }

    /// Whether writes that have taken bytes pend.
    pub(crate) fn hold_writes(&self, held: bool) {
        self.change(|wire| wire.lingers = held);
    }

    pub(crate) fn fail_flushes(&self, fault: Fault) {
        self.change(|wire| wire.flush_end = Some(fault));
    }

    /// Answers the first flush with CONNACK.
    pub(crate) fn accept_first(&self) {
        self.change(|wire| wire.accepts = true);
    }

    /// The bytes that came since the last call.
    pub(crate) fn received(&self) -> Vec<u8> {
        std::mem::take(&mut self.wire().written)
    }

    /// How many bytes had come at each flush, from the start of the connection.
    pub(crate) fn flushes(&self) -> Vec<usize> {
        self.wire().flushes.clone()
    }

    /// How many bytes had come at the last flush, from the start of the connection.
    pub(crate) fn flushed(&self) -> usize {
        self.wire().flushes.last().copied().unwrap_or_default()
    }

    /// What the agent wanted to write with its last call, without what was taken.
    pub(crate) fn offered(&self) -> Vec<u8> {
        self.wire().offered.clone()
    }

    /// How many bytes have come, from the start of the connection.
    pub(crate) fn taken(&self) -> usize {
        self.wire().taken
    }

    /// How many bytes the agent has not read yet.
    pub(crate) fn unread(&self) -> usize {
        self.wire().pieces.iter().map(Vec::len).sum()
    }

    fn change(&self, change: impl FnOnce(&mut Wire)) {
        let mut wire = self.wire();
        change(&mut wire);
        let wakers = [wire.reader.take(), wire.writer.take()];
        drop(wire);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Wire {
    fn read(&mut self, buffer: &mut [u8], context: &Context<'_>) -> Poll<Result<usize, Fault>> {
        assert!(!buffer.is_empty(), "reads nothing, which looks like the end");
        if self.hesitates && !std::mem::replace(&mut self.read_hesitated, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(piece) = self.pieces.front_mut() {
            let count = piece.len().min(buffer.len());
            buffer[..count].copy_from_slice(&piece[..count]);
            piece.drain(..count);
            if piece.is_empty() {
                self.pieces.pop_front();
            }
            self.read_hesitated = false;
            return Poll::Ready(Ok(count));
        }
        if let Some(end) = self.read_end {
            return Poll::Ready(end.result());
        }
        self.reader = Some(context.waker().clone());
        Poll::Pending
    }

    fn write(&mut self, bytes: &[u8], context: &Context<'_>) -> Poll<Result<usize, Fault>> {
        assert!(!bytes.is_empty(), "writes nothing");
        if self.lingering.is_none() {
            self.offered.clear();
            self.offered.extend_from_slice(bytes);
        }
        if self.hesitates && !std::mem::replace(&mut self.write_hesitated, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(count) = self.lingering {
            if self.lingers {
                self.writer = Some(context.waker().clone());
                return Poll::Pending;
            }
            self.lingering = None;
            return Poll::Ready(Ok(count));
        }
        let mut count = bytes.len().min(self.write_limit).min(self.room);
        if let Some((at, end)) = self.write_end {
            count = count.min(at - self.taken);
            if at == self.taken {
                return Poll::Ready(end.result());
            }
        }
        if count == 0 {
            self.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        self.written.extend_from_slice(&bytes[..count]);
        self.offered.drain(..count);
        self.taken += count;
        if self.room != usize::MAX {
            self.room -= count;
        }
        self.write_hesitated = false;
        if self.lingers {
            self.lingering = Some(count);
            self.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(count))
    }

    fn flush(&mut self, context: &Context<'_>) -> Poll<Result<(), Fault>> {
        if let Some(fault) = self.flush_end {
            return Poll::Ready(Err(fault));
        }
        if self.flush_held {
            self.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        let in_vain = self.flushes.iter().rev().take_while(|&&taken| taken == self.taken);
        assert!(in_vain.count() < 100, "flushes nothing, again and again");
        self.flushes.push(self.taken);
        if std::mem::take(&mut self.accepts) {
            self.pieces.push_back(CONNACK.to_vec());
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The agent's receiving end.
pub(crate) struct Rx(Server);

/// The agent's sending end.
pub(crate) struct Tx(Server);

impl ErrorType for Rx {
    type Error = Fault;
}

impl ErrorType for Tx {
    type Error = Fault;
}

impl Read for Rx {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        poll_fn(|context| self.0.wire().read(buffer, context)).await
    }
}

impl Write for Tx {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        poll_fn(|context| self.0.wire().write(bytes, context)).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        poll_fn(|context| self.0.wire().flush(context)).await
    }
}
