//! Connections on which nothing happens.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use slimqtt::complete::Agent;
use slimqtt::packet;
use slimqtt_end_to_end::{Broker, Connection, LIMIT, outcome};

use super::{encoded, plain};

#[test]
fn keep_alive_keeps_the_connection_that_the_broker_else_drops() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let connect = |client| encoded(&packet::Connect { keep_alive: 1, ..plain(client) });
    let connection = Connection::once(&MQTT, broker.port, connect("agent"), |_| {});
    assert_eq!(outcome(MQTT.ping()), Ok(()));
    // A client that makes the same promise later, and breaks it.
    let mut silent = TcpStream::connect((Ipv4Addr::LOCALHOST, broker.port)).expect("the broker listens");
    silent.set_read_timeout(Some(LIMIT)).expect("a timeout can be set");
    silent.write_all(connect("silent").packet()).expect("CONNECT can be sent");
    let mut received = Vec::new();
    silent.read_to_end(&mut received).expect("the broker closes the connection");
    assert_eq!(received, b"\x20\x02\0\0", "CONNACK, and then nothing");

    broker.process.wait_for("Client silent has exceeded timeout");
    for _ in 0..2 {
        broker.process.wait_for("Received PINGREQ from agent");
    }
    assert!(connection.is_open());
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
}
