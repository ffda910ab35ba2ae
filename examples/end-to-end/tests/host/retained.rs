//! Messages that the broker keeps.

use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt_end_to_end::{Broker, Connection, inbox, outcome};

use super::{encoded, plain};

#[test]
fn retained_message_is_kept_for_later_subscribers_until_an_empty_one_clears_it() {
    static MQTT: Agent = Agent::new();
    let broker = Broker::start();
    let (handler, inbox) = inbox();
    let connection = Connection::once(&MQTT, broker.port, encoded(&plain("retained")), handler);
    let subscribe = || outcome(MQTT.subscribe(&[("kept", RequestedQoS::ExactlyOnce)])).expect("it is granted");
    let unsubscribe = || outcome(MQTT.unsubscribe(&["kept"])).expect("it is acknowledged");

    assert_eq!(outcome(MQTT.publish_retained(QoS::ExactlyOnce, "kept", b"first")), Ok(()));
    assert_eq!(outcome(MQTT.publish_retained(QoS::AtLeastOnce, "kept", b"second")), Ok(()));
    assert_eq!(outcome(MQTT.publish(QoS::AtLeastOnce, "kept", b"passing")), Ok(()));
    subscribe();
    let message = inbox.next();
    assert_eq!((message.topic.as_str(), message.payload.as_slice(), message.retain), ("kept", &b"second"[..], true));

    // To whom it is published, it is like any other one [MQTT-3.3.1-9].
    assert_eq!(outcome(MQTT.publish_retained(QoS::AtMostOnce, "kept", b"third")), Ok(()));
    let message = inbox.next();
    assert_eq!((message.payload.as_slice(), message.retain), (&b"third"[..], false));
    unsubscribe();

    assert_eq!(outcome(MQTT.publish_retained(QoS::AtLeastOnce, "kept", b"")), Ok(()));
    subscribe();
    assert_eq!(outcome(MQTT.publish(QoS::AtMostOnce, "kept", b"live")), Ok(()));
    let message = inbox.next();
    assert_eq!((message.payload.as_slice(), message.retain), (&b"live"[..], false));
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    assert_eq!(connection.ended(), Ok(()));
    assert!(inbox.all().is_empty());
}
