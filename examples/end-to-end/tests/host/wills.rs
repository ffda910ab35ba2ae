//! What the broker says in the place of a client that is gone.

use slimqtt::complete::{Agent, QoS};
use slimqtt::packet::{self, Will};
use slimqtt::{Connect, Error};
use slimqtt_end_to_end::{Broker, Connection, Proxy, outcome};

use super::{encoded, plain};

fn with_will(client_identifier: &str) -> Connect<128> {
    let will = Will { qos: packet::QoS::ExactlyOnce, retain: true, topic: "alive", message: b"no" };
    encoded(&packet::Connect { will: Some(will), ..plain(client_identifier) })
}

#[test]
fn will_is_published_when_the_connection_is_cut() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let proxy = Proxy::to(broker.port);
    let mut subscriber = broker.watch("alive", "%q %t %p");
    let connection = Connection::once(&MQTT, proxy.port, with_will("cut"), |_| {});
    assert_eq!(outcome(MQTT.publish_retained(QoS::AtLeastOnce, "alive", b"yes")), Ok(()));
    assert_eq!(subscriber.lines(1), ["1 alive yes"]);
    proxy.cut();
    assert!(matches!(connection.ended(), Err(Error::Closed | Error::Transport(_))));
    assert_eq!(subscriber.lines(2), ["1 alive yes", "2 alive no"]);
    // And it is retained.
    let mut late = broker.watch("alive", "%r %t %p");
    assert_eq!(late.lines(1), ["1 alive no"]);
}

#[test]
fn will_is_published_when_the_agent_is_stopped() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let mut subscriber = broker.subscriber("alive");
    let connection = Connection::once(&MQTT, broker.port, with_will("stopped"), |_| {});
    assert_eq!(outcome(MQTT.ping()), Ok(()));
    MQTT.stop();
    assert_eq!(connection.ended(), Err(Error::Stopped));
    assert_eq!(subscriber.lines(1), ["alive no"]);
}

#[test]
fn will_is_not_published_after_a_disconnect() {
    static MQTT: Agent = Agent::new();
    let mut broker = Broker::start();
    let mut subscriber = broker.subscriber("alive");
    let connection = Connection::once(&MQTT, broker.port, with_will("polite"), |_| {});
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
    broker.process.wait_for("Client polite disconnected");
    broker.publish(&["-t", "alive", "-m", "somebody else"]);
    assert_eq!(subscriber.lines(1), ["alive somebody else"]);
}
