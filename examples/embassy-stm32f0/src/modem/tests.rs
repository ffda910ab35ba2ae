//! The dialogue with modems that are played: each hears what is said, and answers as ESP-AT does.

extern crate std;

use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::Poll;
use std::collections::VecDeque;
use std::string::{String, ToString};
use std::vec::Vec;

use embassy_futures::block_on;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use slimqtt::Clock;

use super::{Failure, Modem, Settings};

const SETTINGS: Settings<'_> =
    Settings { network: "balcony", password: "geranium", broker: "192.168.1.10", port: "1883" };

const JOIN: &str = "AT+CWJAP=\"balcony\",\"geranium\"";
const START: &str = "AT+CIPSTART=\"TCP\",\"192.168.1.10\",1883";

/// A modem, and the line to it.
struct Played {
    /// What it answers to a line, if it does.
    answer: fn(&str) -> Option<&'static str>,
    /// Lines that it was told, and `+++`.
    told: RefCell<Vec<String>>,
    line: RefCell<String>,
    said: RefCell<VecDeque<u8>>,
    /// Whether it passes on bytes; these go to the broker.
    passes: Cell<bool>,
    passed: RefCell<Vec<u8>>,
    /// Time goes on only if nobody has anything to say.
    now: Cell<u32>,
    /// When it last was told something.
    told_at: Cell<u32>,
    /// After so many bytes the line fails.
    cut_after: Cell<usize>,
}

impl Played {
    fn new(answer: fn(&str) -> Option<&'static str>) -> Self {
        Self {
            answer,
            told: RefCell::default(),
            line: RefCell::default(),
            said: RefCell::default(),
            passes: Cell::new(false),
            passed: RefCell::default(),
            now: Cell::new(u32::MAX - 500),
            told_at: Cell::new(0),
            cut_after: Cell::new(usize::MAX),
        }
    }

    fn hear(&self, bytes: &[u8]) {
        if self.passes.get() {
            let silence = self.now.get().wrapping_sub(self.told_at.get());
            if bytes == b"+++" && silence >= 20 {
                self.passes.set(false);
                self.told.borrow_mut().push("+++".to_string());
            } else {
                self.passed.borrow_mut().extend(bytes);
            }
            self.told_at.set(self.now.get());
            return;
        }
        let mut line = self.line.borrow_mut();
        for byte in bytes {
            line.push(char::from(*byte));
            if let Some(command) = line.strip_suffix("\r\n") {
                if let Some(answer) = (self.answer)(command) {
                    self.said.borrow_mut().extend(answer.bytes());
                    self.passes.set(answer.ends_with('>'));
                }
                self.told.borrow_mut().push(command.to_string());
                line.clear();
            }
        }
        self.told_at.set(self.now.get());
    }

    fn connect(&self, settings: &Settings<'_>) -> Result<(), Failure> {
        let (mut rx, mut tx) = (Line(self), Line(self));
        block_on(Modem { rx: &mut rx, tx: &mut tx, clock: self }.connect(settings))
    }

    fn told(&self) -> Vec<String> {
        self.told.take()
    }
}

/// Our end of the line.
struct Line<'a>(&'a Played);

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

    /// It is polled after the line, so there is nothing left to say.
    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()> {
        poll_fn(move |_| {
            self.now.set(deadline);
            Poll::Ready(())
        })
    }
}

/// A modem that does all that it is told, and echoes it until it is told not to.
fn obedient(line: &str) -> Option<&'static str> {
    Some(match line {
        "+++AT" => "+++AT\r\r\n\r\nERROR\r\n",
        "AT" => "AT\r\r\n\r\nOK\r\n",
        "ATE0" => "ATE0\r\r\n\r\nOK\r\n",
        "AT+CIPCLOSE" | "AT+SYSSTORE=0" => "\r\nERROR\r\n",
        JOIN => "WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n",
        START => "CONNECT\r\n\r\nOK\r\n",
        "AT+CIPSEND" => "\r\nOK\r\n\r\n>",
        _ => "\r\nOK\r\n",
    })
}

#[test]
fn a_modem_that_was_just_turned_on_is_led_to_the_broker() {
    let modem = Played::new(obedient);
    modem.said.borrow_mut().extend(b"\0\xFF ready\r\nOK\r\n");
    assert_eq!(modem.connect(&SETTINGS), Ok(()));
    let dialogue = ["+++AT", "ATE0", "AT+SYSSTORE=0", "AT+CWMODE=1", "AT+CIPCLOSE", JOIN, "AT+CIPMODE=1", START, "AT+CIPSEND"];
    assert_eq!(modem.told(), dialogue);
    assert!(modem.passes.get());
}

#[test]
fn a_modem_that_passes_on_bytes_is_led_out_of_it_first() {
    let modem = Played::new(obedient);
    assert_eq!(modem.connect(&SETTINGS), Ok(()));
    modem.told();
    // The connection ends in the middle of a packet, and the broker had said something.
    modem.hear(b"\x30\x20");
    modem.said.borrow_mut().extend(b"\x40\x02ERROR\r\n");
    assert_eq!(modem.connect(&SETTINGS), Ok(()));
    let dialogue = ["+++", "AT", "ATE0", "AT+SYSSTORE=0", "AT+CWMODE=1", "AT+CIPCLOSE", JOIN, "AT+CIPMODE=1", START, "AT+CIPSEND"];
    assert_eq!(modem.told(), dialogue);
    assert_eq!(*modem.passed.borrow(), b"\x30\x20");
}

#[test]
fn what_follows_the_prompt_is_left_on_the_line() {
    let modem = Played::new(|line| match line {
        "AT+CIPSEND" => Some("OK\r\n>\x20\x02"),
        line => obedient(line),
    });
    assert_eq!(modem.connect(&SETTINGS), Ok(()));
    assert_eq!(modem.said.take(), b"\x20\x02");
}

#[test]
fn texts_may_have_any_characters() {
    let modem = Played::new(|line| obedient(line));
    let settings = Settings { network: "a,b", password: "\"c\\ d>", broker: "mqtt.example", port: "8883" };
    assert_eq!(modem.connect(&settings), Ok(()));
    let told = modem.told();
    assert_eq!(told[5], "AT+CWJAP=\"a\\,b\",\"\\\"c\\\\ d>\"");
    assert_eq!(told[7], "AT+CIPSTART=\"TCP\",\"mqtt.example\",8883");
}

#[test]
fn what_the_modem_cannot_do_is_told() {
    let wrong_password = |line: &str| match line {
        JOIN => Some("+CWJAP:2\r\n\r\nFAIL\r\n"),
        line => obedient(line),
    };
    assert_eq!(Played::new(wrong_password).connect(&SETTINGS), Err(Failure::Refused("AT+CWJAP=")));
    let no_broker = |line: &str| match line {
        START => Some("\r\nERROR\r\nCLOSED\r\n"),
        line => obedient(line),
    };
    assert_eq!(Played::new(no_broker).connect(&SETTINGS), Err(Failure::Refused("AT+CIPSTART=")));
}

#[test]
fn a_modem_that_is_silent_is_given_up() {
    // Not there at all: the first question may go unanswered.
    let modem = Played::new(|_| None);
    let began = modem.now.get();
    assert_eq!(modem.connect(&SETTINGS), Err(Failure::Silent("ATE0")));
    assert_eq!(modem.now.get().wrapping_sub(began), 50 + 1_200 + 2 * 1_000);
    // Or while it looks for the network. It goes on, and says so without end.
    let modem = Played::new(|line| match line {
        JOIN => Some("WIFI DISCONNECT\r\nbusy p...\r\nOKAY\r\n OK\r\n>\r\nAn answer longer than any that counts\r\n"),
        line => obedient(line),
    });
    let began = modem.now.get();
    assert_eq!(modem.connect(&SETTINGS), Err(Failure::Silent("AT+CWJAP=")));
    assert_eq!(modem.now.get().wrapping_sub(began), 50 + 1_200 + 20_000);
}

#[test]
fn a_line_that_fails_ends_the_dialogue_wherever_it_is() {
    let whole = Played::new(obedient);
    whole.cut_after.set(1_000);
    assert_eq!(whole.connect(&SETTINGS), Ok(()));
    let bytes = 1_000 - whole.cut_after.get();
    for cut_after in 0..bytes {
        let modem = Played::new(obedient);
        modem.cut_after.set(cut_after);
        assert_eq!(modem.connect(&SETTINGS), Err(Failure::Line), "{cut_after}");
    }
}
