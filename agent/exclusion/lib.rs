//! What the tests share: a Server that takes all bytes and accepts the connection, and a clock that stands still.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};

use embedded_io_async::{ErrorType, Read, Write};
use slimqtt_agent::Clock;

#[derive(Default)]
struct Wire {
    received: Vec<u8>,
    /// What it is going to send.
    answer: Vec<u8>,
    accepted: bool,
    reader: Option<Waker>,
}

/// The far end of a connection. All clones are the same.
#[derive(Clone, Default)]
pub struct Server(Rc<RefCell<Wire>>);

impl Server {
    /// The agent's ends of the connection.
    pub fn ends(&self) -> (Rx, Tx) {
        (Rx(self.clone()), Tx(self.clone()))
    }

    /// All bytes that have come, CONNECT first.
    pub fn received(&self) -> Vec<u8> {
        self.0.borrow().received.clone()
    }
}

/// Where the agent reads.
pub struct Rx(Server);

/// Where the agent writes.
pub struct Tx(Server);

impl ErrorType for Rx {
    type Error = Infallible;
}

impl ErrorType for Tx {
    type Error = Infallible;
}

impl Read for Rx {
    /// CONNACK, when CONNECT has come, and nothing ever after.
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|context| {
            let mut wire = self.0.0.borrow_mut();
            let count = wire.answer.len().min(buffer.len());
            if count == 0 {
                wire.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            let answer: Vec<u8> = wire.answer.drain(..count).collect();
            buffer[..count].copy_from_slice(&answer);
            Poll::Ready(Ok(count))
        })
        .await
    }
}

impl Write for Tx {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.0.borrow_mut().received.extend(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        let mut wire = self.0.0.borrow_mut();
        if !wire.accepted {
            wire.accepted = true;
            wire.answer.extend([0x20, 2, 0, 0]);
            if let Some(reader) = wire.reader.take() {
                reader.wake();
            }
        }
        Ok(())
    }
}

/// A clock that stands still.
pub struct NoClock;

impl Clock for NoClock {
    fn now_ms(&self) -> u32 {
        0
    }

    async fn wait_until(&self, _deadline: u32) {
        pending().await
    }
}
