//! What was given to the agent in confidence is in no log, at no level, and in no `Debug` output of `Connect`.

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Connect, packet};
use slimqtt_proof::World;
use slimqtt_proof::packets::publish;

struct Notes(Mutex<String>);

impl Log for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut notes = self.0.lock().expect("nobody panics with it");
        notes.push_str(&format!("{} {}\n", record.level(), record.args()));
    }

    fn flush(&self) {}
}

static NOTES: Notes = Notes(Mutex::new(String::new()));

/// Each is found as it is, and as numbers.
const SECRETS: [&str; 8] = ["Cl13nt", "Us3r", "Pa55word", "W1llTopic", "W1llText", "T0pic", "P4yload", "M3ssage"];

fn packet() -> packet::Connect<'static> {
    let [client_identifier, user_name, password, topic, message, ..] = SECRETS;
    let will = packet::Will { qos: packet::QoS::AtLeastOnce, retain: true, topic, message: message.as_bytes() };
    let (user_name, password) = (Some(user_name), Some(password.as_bytes()));
    packet::Connect { clean_session: false, keep_alive: 10, client_identifier, will: Some(will), user_name, password }
}

fn assert_no_secrets(text: &str) {
    for secret in SECRETS {
        let numbers = secret.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>();
        for form in [secret.to_owned(), numbers.join(", ")] {
            assert!(!text.contains(&form), "{form} in:\n{text}");
        }
    }
}

#[test]
fn neither_logs_nor_debug_output_have_secrets() {
    log::set_logger(&NOTES).expect("no other logger is there");
    log::set_max_level(LevelFilter::Trace);
    let [.., topic, payload, message] = SECRETS;
    let agent = Agent::new();
    let mut world = World::new(&agent);
    // All that can be said of a connection: that it goes well, is refused, breaks, goes on, is silent, is stopped.
    for ending in 0..6 {
        world.connect_as(packet());
        world.serve(ending > 0);
        world.subscribe([(topic, RequestedQoS::ExactlyOnce)]);
        world.publish(QoS::AtLeastOnce, topic.into(), payload.into());
        world.publish(QoS::ExactlyOnce, topic.into(), payload.into());
        if ending != 3 {
            world.serve(false);
        }
        for flags in [0x00, 0x02, 0x04] {
            world.send(&publish(flags, topic.as_bytes(), (flags > 0).then_some(9), message.as_bytes()));
        }
        world.send(&publish(0x02, topic.repeat(60).as_bytes(), Some(9), message.as_bytes()));
        match ending {
            0 => world.send(&publish(0x06, topic.as_bytes(), Some(9), message.as_bytes())),
            1 => world.line.end_reads(slimqtt_proof::End::Reset),
            2 => world.pass(100_000),
            3 => world.drop_connection(),
            4 => world.agent().stop(),
            _ => drop(world.disconnect()),
        }
        world.serve(false);
    }
    let notes = NOTES.0.lock().expect("nobody panics with it").clone();
    // It has said something of all this.
    for said in
        ["connected", "connection fails", "to be sent again", "acknowledged", "stopped", "disconnected", "skipped"]
    {
        assert!(notes.contains(said), "{said} is not in:\n{notes}");
    }
    assert_no_secrets(&notes);
    let connect = Connect::<128>::from_packet(&packet()).expect("it fits");
    assert!(connect.packet().windows(8).any(|bytes| bytes == b"Pa55word"), "it is in the packet");
    assert_no_secrets(&format!(
        "{connect:?} {connect:#?} {:?} {:?}",
        world.ended(),
        agent.try_publish(QoS::AtMostOnce, "#", b"")
    ));
}
