//! A modem and a broker that are played, for tests: they hear what is said, and answer as ESP-AT and MQTT have it. Nothing
//! happens by itself, time included.

extern crate std;

use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::format;
use std::string::{String, ToString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;
use std::vec::Vec;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use slimqtt::Clock;

use crate::modem::Modem;

/// What a modem answers to a line, if it does.
pub(crate) type Answer = fn(&str) -> Option<&'static str>;

/// A modem that does all that it is told, and echoes it until it is told not to.
pub(crate) fn obedient(line: &str) -> Option<&'static str> {
    Some(match line {
        "+++AT" => "+++AT\r\r\n\r\nERROR\r\n",
        "AT" => "AT\r\r\n\r\nOK\r\n",
        "ATE0" => "ATE0\r\r\n\r\nOK\r\n",
        "AT+CIPCLOSE" | "AT+SYSSTORE=0" => "\r\nERROR\r\n",
        "AT+CIPSEND" => "\r\nOK\r\n\r\n>",
        line if line.starts_with("AT+CWJAP") => "WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n",
        line if line.starts_with("AT+CIPSTART") => "CONNECT\r\n\r\nOK\r\n",
        _ => "\r\nOK\r\n",
    })
}

/// A modem, the line to it, the broker, and time.
pub(crate) struct Played {
    answer: Cell<Answer>,
    /// Lines that the modem was told, and `+++`.
    told: RefCell<Vec<String>>,
    line: RefCell<String>,
    /// What the modem has said, and nobody has read.
    pub(crate) said: RefCell<VecDeque<u8>>,
    /// Whether it passes on bytes to the broker.
    pub(crate) passes: Cell<bool>,
    passed: RefCell<Vec<u8>>,
    /// Whether the TCP connection has been lost.
    lost: Cell<bool>,
    pub(crate) refuses_subscriptions: Cell<bool>,
    broker: RefCell<Vec<String>>,
    pub(crate) now: Cell<u32>,
    /// For when somebody waits.
    next: Cell<Option<u32>>,
    /// When the modem last was told something.
    told_at: Cell<u32>,
    /// After so many bytes the line fails.
    pub(crate) cut_after: Cell<usize>,
}

impl Played {
    pub(crate) fn new(answer: Answer) -> Self {
        Self {
            answer: Cell::new(answer),
            told: RefCell::default(),
            line: RefCell::default(),
            said: RefCell::default(),
            passes: Cell::new(false),
            passed: RefCell::default(),
            lost: Cell::new(false),
            refuses_subscriptions: Cell::new(false),
            broker: RefCell::default(),
            // Soon it wraps.
            now: Cell::new(u32::MAX - 500),
            next: Cell::new(None),
            told_at: Cell::new(0),
            cut_after: Cell::new(usize::MAX),
        }
    }

    /// Our end of the line to it.
    pub(crate) fn ours(&self) -> Modem<Line<'_>, Line<'_>, &Self> {
        Modem { rx: Line(self), tx: Line(self), clock: self }
    }

    /// Makes it another modem.
    pub(crate) fn change(&self, answer: Answer) {
        self.answer.set(answer);
    }

    /// What the modem was told since this was asked for the last time.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.take()
    }

    /// And the broker. A PINGREQ is not worth telling.
    pub(crate) fn heard_by_broker(&self) -> Vec<String> {
        self.broker.take()
    }

    /// The modem keeps on passing on bytes, but they are lost.
    pub(crate) fn lose_connection(&self) {
        self.lost.set(true);
    }

    pub(crate) fn broker_publishes(&self, topic: &str, message: &str) {
        let length = 2 + topic.len() + message.len();
        let mut said = self.said.borrow_mut();
        said.extend([0x30, length as u8, 0, topic.len() as u8]);
        said.extend(topic.bytes().chain(message.bytes()));
    }

    pub(crate) fn poll<F: Future>(&self, mut future: Pin<&mut F>) -> Poll<F::Output> {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            self.next.set(None);
            let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
            // One part of it may have woken another one, which was polled before.
            if poll.is_ready() || !woken.0.swap(false, Ordering::Relaxed) {
                return poll;
            }
        }
    }

    /// Lets time go on for so many milliseconds, with all that is to happen then.
    pub(crate) fn pass<F: Future>(&self, mut future: Pin<&mut F>, milliseconds: u32) {
        let end = self.now.get().wrapping_add(milliseconds);
        loop {
            assert!(self.poll(future.as_mut()).is_pending());
            let left = end.wrapping_sub(self.now.get());
            match self.next.get() {
                Some(next) if next.wrapping_sub(self.now.get()) < left => self.now.set(next),
                _ if left > 0 => self.now.set(end),
                _ => break,
            }
        }
    }

    /// Lets time go on until the future is done.
    pub(crate) fn finish<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            match self.poll(future.as_mut()) {
                Poll::Ready(output) => return output,
                Poll::Pending => self.now.set(self.next.get().expect("nobody waits for anything")),
            }
        }
    }

    pub(crate) fn hear(&self, bytes: &[u8]) {
        let silence = self.now.get().wrapping_sub(self.told_at.replace(self.now.get()));
        if !self.passes.get() {
            bytes.iter().for_each(|byte| self.hear_command(*byte));
        } else if bytes == b"+++" && silence >= 20 {
            self.passes.set(false);
            self.told.borrow_mut().push("+++".to_string());
        } else if !self.lost.get() {
            self.passed.borrow_mut().extend(bytes);
            self.broker_hears();
        }
    }

    fn hear_command(&self, byte: u8) {
        let mut line = self.line.borrow_mut();
        line.push(char::from(byte));
        let Some(command) = line.strip_suffix("\r\n") else { return };
        if let Some(answer) = self.answer.get()(command) {
            self.said.borrow_mut().extend(answer.bytes());
            if command == "AT+CIPSEND" {
                self.passes.set(true);
                self.lost.set(false);
                self.passed.borrow_mut().clear();
            }
        }
        self.told.borrow_mut().push(command.to_string());
        line.clear();
    }

    /// Answers to a packet, if it is there as a whole. None is longer than 127 bytes.
    fn broker_hears(&self) {
        let mut passed = self.passed.borrow_mut();
        let [first, length, ..] = passed[..] else { return };
        if passed.len() < 2 + usize::from(length) {
            return;
        }
        let packet: Vec<u8> = passed.drain(..2 + usize::from(length)).collect();
        let text = |at: usize| {
            let length = usize::from(packet[at + 1]);
            (str::from_utf8(&packet[at + 2..at + 2 + length]).expect("UTF-8"), at + 2 + length)
        };
        let (heard, answer) = match first {
            0x10 => ("CONNECT".to_string(), Vec::from([0x20, 2, 0, 0])),
            0x82 => {
                let code = if self.refuses_subscriptions.get() { 0x80 } else { 1 };
                (format!("SUBSCRIBE {}", text(4).0), Vec::from([0x90, 3, packet[2], packet[3], code]))
            }
            0x32 | 0x33 => {
                let (topic, end) = text(2);
                let message = str::from_utf8(&packet[end + 2..]).expect("UTF-8");
                let retained = if first == 0x33 { " retained" } else { "" };
                let heard = format!("PUBLISH {topic} {message}{retained}");
                (heard, Vec::from([0x40, 2, packet[end], packet[end + 1]]))
            }
            0xC0 => (String::new(), Vec::from([0xD0, 0])),
            other => panic!("a packet that begins with {other:#x}"),
        };
        self.said.borrow_mut().extend(answer);
        if !heard.is_empty() {
            self.broker.borrow_mut().push(heard);
        }
    }
}

/// Whether somebody has been woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Our end of the line.
pub(crate) struct Line<'a>(&'a Played);

impl ErrorType for Line<'_> {
    type Error = ErrorKind;
}

impl Read for Line<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|_| {
            if self.0.cut_after.get() == 0 {
                return Poll::Ready(Err(ErrorKind::Other));
            }
            match self.0.said.borrow_mut().pop_front() {
                Some(byte) => {
                    self.0.cut_after.set(self.0.cut_after.get() - 1);
                    buffer[0] = byte;
                    Poll::Ready(Ok(1))
                }
                None => Poll::Pending,
            }
        })
        .await
    }
}

impl Write for Line<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        // As little as a line may take at a time, but for `+++`, which has to be in one piece.
        let count = if bytes == b"+++" { 3 } else { 1 };
        self.0.hear(&bytes[..count]);
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl Clock for Played {
    fn now_ms(&self) -> u32 {
        self.now.get()
    }

    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()> {
        poll_fn(move |_| {
            let left = |deadline: u32| deadline.wrapping_sub(self.now.get()) as i32;
            if left(deadline) <= 0 {
                return Poll::Ready(());
            }
            if self.next.get().is_none_or(|next| left(deadline) < left(next)) {
                self.next.set(Some(deadline));
            }
            Poll::Pending
        })
    }
}
