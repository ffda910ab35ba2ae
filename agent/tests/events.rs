//! What the agent says of its work when it is built with a logger: `cargo test -p slimqtt-agent --features log`.

mod kit;

use std::cell::RefCell;

use kit::{CONNACK, CompleteAgent, DISCONNECT, Server, Task, World, acknowledgement, message_at, publish_packet};
use log::{LevelFilter, Log, Metadata, Record};
use slimqtt_agent::request::Request;
use slimqtt_agent::wire::{self, ConnectReturnCode, QoS, Will};
use slimqtt_agent::{Connect, Error};

/// All that is given to the agent and must stay between it and the Server has this in it.
const SECRET: &str = "secret";

std::thread_local! {
    // Each test has a thread of its own, and so has its world.
    static EVENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        EVENTS.with_borrow_mut(|events| events.push(format!("{} {}", record.level(), record.args())));
    }

    fn flush(&self) {}
}

fn record() {
    static RECORDER: Recorder = Recorder;
    // All tests set the same one.
    let _ = log::set_logger(&RECORDER);
    log::set_max_level(LevelFilter::Trace);
}

/// What was said since the last call.
fn said() -> Vec<String> {
    let events = EVENTS.take();
    assert!(events.iter().all(|event| !event.contains(SECRET)), "{events:#?}");
    events
}

type Run<'a> = Task<'a, Result<(), Error>>;

/// Begins a connection with everything in CONNECT that nobody else may know.
fn dial<'a, const COMMANDS: usize>(
    world: &mut Complete<'a, COMMANDS>,
    agent: &'a CompleteAgent<COMMANDS, 64>,
) -> Run<'a> {
    world.server = Server::new();
    let (mut rx, mut tx) = world.server.ends();
    let clock = world.clock.clone();
    let packet = wire::Connect {
        clean_session: false,
        keep_alive: 60,
        client_identifier: "secret identifier",
        will: Some(Will { qos: QoS::AtMostOnce, retain: false, topic: "secret/will", message: b"secret will" }),
        user_name: Some("secret user"),
        password: Some(b"secret password"),
    };
    let connect = Connect::<128>::from_packet(&packet).unwrap();
    let run = world.executor.spawn("run", async move { agent.run(&mut rx, &mut tx, &clock, &connect, |_| {}).await });
    world.settle();
    run
}

type Complete<'a, const COMMANDS: usize> = World<'a, COMMANDS, 64, kit::Complete>;

#[test]
fn a_session_over_two_connections() {
    record();
    let agent = CompleteAgent::<2, 64>::new();
    let mut world = World::new(&agent);
    let run = dial(&mut world, &agent);
    assert_eq!(said(), ["DEBUG connection begins: keep-alive 60 s, clean session false"]);
    world.answer(&CONNACK);
    assert_eq!(said(), ["INFO connected, session present: false"]);

    world.submit("once", message_at(QoS::AtLeastOnce, "secret/a", b"secret payload"));
    world.submit("twice", message_at(QoS::ExactlyOnce, "secret/b", b"secret payload"));
    world.settle();
    world.answer(&acknowledgement(0x50, 2));
    world.settle();
    let sent = ["TRACE sent: type 3, identifier 1", "TRACE sent: type 3, identifier 2"];
    let released = ["TRACE received: PUBREC, identifier 2", "TRACE sent: type 6, identifier 2"];
    assert_eq!(said(), [sent, released].concat());

    run.cancel();
    let again = ["DEBUG to be sent again: identifier 1", "DEBUG to be sent again: identifier 2"];
    assert_eq!(said(), [&again[..], &["DEBUG connection is over"]].concat());

    let run = dial(&mut world, &agent);
    world.answer(&[0x20, 2, 1, 0]);
    let begun = "DEBUG connection begins: keep-alive 60 s, clean session false";
    let sent = ["TRACE sent: type 3, identifier 1", "TRACE sent: type 6, identifier 2"];
    assert_eq!(said(), [begun, "INFO connected, session present: true", sent[0], sent[1]]);
    world.answer(&acknowledgement(0x70, 2));
    assert_eq!(said(), ["TRACE acknowledged: by type 7, identifier 2"]);

    run.cancel();
    said();
    let run = dial(&mut world, &agent);
    world.answer(&CONNACK);
    assert_eq!(said()[1..], ["INFO connected, session present: false", "DEBUG given up: identifier 1"]);

    world.submit("end", Request::Disconnect);
    world.settle();
    assert_eq!(run.output(), Some(Ok(())));
    assert!(world.server.received().ends_with(&DISCONNECT));
    let [sent, rest @ ..] = &said()[..] else { panic!("nothing was said") };
    assert!(sent.starts_with("TRACE sent: type 14, identifier "), "{sent}");
    assert_eq!(rest, ["INFO disconnected", "DEBUG connection is over"]);
}

#[test]
fn messages_that_the_agent_cannot_take() {
    record();
    let agent = CompleteAgent::<2, 64>::new();
    let mut world = World::new(&agent);
    let _run = dial(&mut world, &agent);
    world.answer(&CONNACK);
    said();
    world.answer(&publish_packet(0x30, "secret/and/longer/than/the/buffer", None, b"secret payload"));
    assert_eq!(said(), ["WARN message skipped: its topic of 33 bytes does not fit"]);
    for identifier in 7..=9 {
        world.answer(&publish_packet(0x34, "secret", Some(identifier), b"1"));
    }
    assert_eq!(said(), ["WARN connection fails: NoRoom", "DEBUG connection is over"]);
}

#[test]
fn ends_of_connections() {
    record();
    let agent = CompleteAgent::<2, 64>::new();
    let mut world = World::new(&agent);
    let run = dial(&mut world, &agent);
    said();
    world.answer(&[0x20, 2, 0, 5]);
    assert_eq!(said(), ["WARN connection fails: Refused(NotAuthorized)", "DEBUG connection is over"]);
    assert_eq!(run.output(), Some(Err(Error::Refused(ConnectReturnCode::NotAuthorized))));

    let _run = dial(&mut world, &agent);
    world.answer(&CONNACK);
    said();
    world.pass(kit::silence(60));
    assert_eq!(said(), ["TRACE PINGREQ is due"]);
    world.pass(kit::TIMEOUT);
    assert_eq!(said(), ["WARN connection fails: Timeout", "DEBUG connection is over"]);

    let _run = dial(&mut world, &agent);
    world.answer(&CONNACK);
    said();
    agent.stop();
    world.settle();
    assert_eq!(said(), ["INFO stopped", "DEBUG connection is over"]);
}
