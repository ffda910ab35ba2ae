//! A Server in memory: it answers every packet, and delivers messages to those subscriptions whose filter is the topic.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embedded_io_async::{ErrorType, Read, Write};
use slimqtt::Clock;

/// The Server, with one connection.
#[derive(Default)]
pub(crate) struct Server(RefCell<State>);

#[derive(Default)]
struct State {
    /// What the Client has sent, and is not a packet yet.
    begun: Vec<u8>,
    /// The packets that it has sent.
    packets: Vec<Vec<u8>>,
    /// What is on its way to it.
    answers: VecDeque<u8>,
    subscriptions: Vec<(String, u8)>,
    identifier: u8,
}

impl Server {
    /// The packets that have come since this was called last.
    pub(crate) fn packets(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.borrow_mut().packets)
    }

    /// Delivers a message of another Client to who has subscribed to it.
    #[allow(dead_code, reason = "not every test has other Clients")]
    pub(crate) fn deliver(&self, topic: &str, qos: u8, message: &[u8]) {
        self.0.borrow_mut().deliver(topic, qos, message);
    }

    /// The two directions of its connection, as the Client sees them.
    pub(crate) fn transport(&self) -> (Rx<'_>, Tx<'_>) {
        (Rx(self), Tx(self))
    }
}

impl State {
    fn take(&mut self, bytes: &[u8]) {
        self.begun.extend(bytes);
        while let Some((header, length)) = length(&self.begun)
            && self.begun.len() >= header + length
        {
            let packet: Vec<u8> = self.begun.drain(..header + length).collect();
            self.answer(packet[0], &packet[header..]);
            self.packets.push(packet);
        }
    }

    fn answer(&mut self, first_byte: u8, body: &[u8]) {
        let identifier = || [body[0], body[1]];
        match first_byte >> 4 {
            1 => self.answers.extend([0x20, 2, 0, 0]),
            3 => self.published(first_byte, body),
            // Messages of its own are done.
            4 | 7 | 14 => {}
            5 => self.answers.extend([&[0x62, 2][..], &identifier()].concat()),
            6 => self.answers.extend([&[0x70, 2][..], &identifier()].concat()),
            8 => {
                let mut rest = &body[2..];
                let mut codes = Vec::new();
                while let Some((filter, after)) = string(rest) {
                    // One that it refuses.
                    codes.push(if filter == "secret" { 0x80 } else { after[0] });
                    self.subscriptions.push((filter.to_owned(), after[0]));
                    rest = &after[1..];
                }
                self.answers.extend([0x90, 2 + codes.len() as u8]);
                self.answers.extend([&identifier()[..], &codes].concat());
            }
            10 => {
                let mut rest = &body[2..];
                while let Some((filter, after)) = string(rest) {
                    self.subscriptions.retain(|(known, _)| known != filter);
                    rest = after;
                }
                self.answers.extend([&[0xB0, 2][..], &identifier()].concat());
            }
            12 => self.answers.extend([0xD0, 0]),
            _ => panic!("a Client does not send {first_byte:#X}"),
        }
    }

    fn published(&mut self, first_byte: u8, body: &[u8]) {
        let qos = first_byte >> 1 & 3;
        let (topic, rest) = string(body).unwrap();
        let (identifier, message) = rest.split_at(if qos > 0 { 2 } else { 0 });
        match qos {
            0 => {}
            1 => self.answers.extend([&[0x40, 2][..], identifier].concat()),
            _ => self.answers.extend([&[0x50, 2][..], identifier].concat()),
        }
        self.deliver(topic, qos, message);
    }

    fn deliver(&mut self, topic: &str, qos: u8, message: &[u8]) {
        for (_, granted) in self.subscriptions.iter().filter(|(filter, _)| filter == topic) {
            let qos = qos.min(*granted);
            self.identifier += u8::from(qos > 0);
            let identifier: &[u8] = if qos > 0 { &[0, self.identifier] } else { &[] };
            let body = [&[0, topic.len() as u8], topic.as_bytes(), identifier, message].concat();
            self.answers.push_back(0x30 | qos << 1);
            if body.len() < 128 {
                self.answers.push_back(body.len() as u8);
            } else {
                self.answers.extend([body.len() as u8 & 127 | 128, (body.len() >> 7) as u8]);
            }
            self.answers.extend(body);
        }
    }
}

/// The lengths of the fixed header and of what follows it. The tests know of no packet that has more than two bytes for it.
fn length(packet: &[u8]) -> Option<(usize, usize)> {
    match *packet {
        [_, length @ 0..128, ..] => Some((2, length.into())),
        [_, low, high, ..] => Some((3, usize::from(low & 127) + usize::from(high) * 128)),
        _ => None,
    }
}

fn string(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// From the Server.
pub(crate) struct Rx<'a>(&'a Server);

/// To the Server.
pub(crate) struct Tx<'a>(&'a Server);

impl ErrorType for Rx<'_> {
    type Error = Infallible;
}

impl ErrorType for Tx<'_> {
    type Error = Infallible;
}

impl Read for Rx<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|_| {
            let answers = &mut self.0.0.borrow_mut().answers;
            let count = answers.len().min(buffer.len());
            for (place, byte) in buffer.iter_mut().zip(answers.drain(..count)) {
                *place = byte;
            }
            if count > 0 { Poll::Ready(Ok(count)) } else { Poll::Pending }
        })
        .await
    }
}

impl Write for Tx<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.0.borrow_mut().take(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// No time passes.
pub(crate) struct Stopped;

impl Clock for Stopped {
    fn now_ms(&self) -> u32 {
        0
    }

    async fn wait_until(&self, deadline: u32) {
        if deadline > 0 {
            pending::<()>().await;
        }
    }
}

/// Polls as often as any of these tests needs, so that none can hang.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..1000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("the future is still pending");
}
