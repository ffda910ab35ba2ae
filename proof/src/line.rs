//! A transport in memory, and its far end in the hands of a Server.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

/// How one direction of a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Zero bytes.
    Closed,
    /// An error.
    Reset,
}

impl End {
    const fn result(self) -> Result<usize, ErrorKind> {
        match self {
            Self::Closed => Ok(0),
            Self::Reset => Err(ErrorKind::ConnectionReset),
        }
    }
}

struct Wires {
    to_agent: VecDeque<u8>,
    /// The most that one read gives.
    read_limit: usize,
    read_end: Option<End>,
    from_agent: Vec<u8>,
    /// The most that one write takes.
    write_limit: usize,
    /// How many bytes are taken before writes wait.
    room: usize,
    write_end: Option<End>,
    holds_flushes: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The Server's end of a line. All clones are the same.
#[derive(Clone)]
pub struct Line {
    wires: Rc<RefCell<Wires>>,
    calls: Rc<Cell<usize>>,
}

impl Line {
    pub(crate) fn new(calls: Rc<Cell<usize>>) -> Self {
        let wires = Wires {
            to_agent: VecDeque::new(),
            read_limit: usize::MAX,
            read_end: None,
            from_agent: Vec::new(),
            write_limit: usize::MAX,
            room: usize::MAX,
            write_end: None,
            holds_flushes: false,
            reader: None,
            writer: None,
        };
        Self { wires: Rc::new(RefCell::new(wires)), calls }
    }

    pub(crate) fn ends(&self) -> (Rx, Tx) {
        (Rx(self.clone()), Tx(self.clone()))
    }

    /// Sends bytes to the agent.
    pub fn send(&self, bytes: &[u8]) {
        self.change(|wires| wires.to_agent.extend(bytes));
    }

    /// No read gives more bytes than this, and no write takes more.
    pub fn split(&self, reads: usize, writes: usize) {
        self.change(|wires| (wires.read_limit, wires.write_limit) = (reads.max(1), writes.max(1)));
    }

    /// Takes so many more bytes from the agent, then none until told otherwise.
    pub fn take(&self, bytes: usize) {
        self.change(|wires| wires.room = bytes);
    }

    /// Whether flushes wait.
    pub fn hold_flushes(&self, holds: bool) {
        self.change(|wires| wires.holds_flushes = holds);
    }

    /// Ends the direction to the agent, behind all that was sent.
    pub fn end_reads(&self, end: End) {
        self.change(|wires| wires.read_end = Some(end));
    }

    /// Ends the direction from the agent.
    pub fn end_writes(&self, end: End) {
        self.change(|wires| wires.write_end = Some(end));
    }

    /// What has come from the agent since the last call.
    pub fn received(&self) -> Vec<u8> {
        std::mem::take(&mut self.wires.borrow_mut().from_agent)
    }

    /// How many bytes the agent has not read yet.
    pub fn unread(&self) -> usize {
        self.wires.borrow().to_agent.len()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Wires) -> T) {
        let mut wires = self.wires.borrow_mut();
        change(&mut wires);
        let wakers = [wires.reader.take(), wires.writer.take()];
        drop(wires);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// A call of the agent's. They are counted: one that never rests is found.
    fn call<T>(&self, call: impl FnOnce(&mut Wires) -> Poll<T>) -> Poll<T> {
        self.calls.set(self.calls.get() + 1);
        call(&mut self.wires.borrow_mut())
    }

    fn read(&self, buffer: &mut [u8], context: &Context<'_>) -> Poll<Result<usize, ErrorKind>> {
        assert!(!buffer.is_empty(), "reads nothing, which looks like the end");
        self.call(|wires| {
            let count = wires.to_agent.len().min(buffer.len()).min(wires.read_limit);
            if count > 0 {
                buffer.iter_mut().zip(wires.to_agent.drain(..count)).for_each(|(place, byte)| *place = byte);
                return Poll::Ready(Ok(count));
            }
            if let Some(end) = wires.read_end {
                return Poll::Ready(end.result());
            }
            wires.reader = Some(context.waker().clone());
            Poll::Pending
        })
    }

    fn write(&self, bytes: &[u8], context: &Context<'_>) -> Poll<Result<usize, ErrorKind>> {
        assert!(!bytes.is_empty(), "writes nothing");
        self.call(|wires| {
            if let Some(end) = wires.write_end {
                return Poll::Ready(end.result());
            }
            let count = bytes.len().min(wires.write_limit).min(wires.room);
            if count == 0 {
                wires.writer = Some(context.waker().clone());
                return Poll::Pending;
            }
            wires.from_agent.extend_from_slice(&bytes[..count]);
            if wires.room != usize::MAX {
                wires.room -= count;
            }
            Poll::Ready(Ok(count))
        })
    }

    fn flush(&self, context: &Context<'_>) -> Poll<Result<(), ErrorKind>> {
        self.call(|wires| {
            if let Some(End::Reset) = wires.write_end {
                return Poll::Ready(Err(ErrorKind::ConnectionReset));
            }
            if wires.holds_flushes {
                wires.writer = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        })
    }
}

/// The agent's receiving end.
pub(crate) struct Rx(Line);

/// The agent's sending end.
pub(crate) struct Tx(Line);

impl ErrorType for Rx {
    type Error = ErrorKind;
}

impl ErrorType for Tx {
    type Error = ErrorKind;
}

impl Read for Rx {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|context| self.0.read(buffer, context)).await
    }
}

impl Write for Tx {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        poll_fn(|context| self.0.write(bytes, context)).await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        poll_fn(|context| self.0.flush(context)).await
    }
}
