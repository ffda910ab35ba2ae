#[slimqtt::agent(mqtt = "5.0", comands = 8, packet = 4, timeout, received = 8, completions = yes)]
pub enum Command {
    #[publish(qos = 3, retain = true)]
    Publish(QoS),
    #[publish(qos = 0)]
    Disconect = 3,
    #[subscribe(qos = 0..2, filters = 0)]
    Subscribe,
    Ping,
    Authenticate,
}

// None of these is wrong, and none is reported.
static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_publish_retained(QoS::ExactlyOnce, "topic", b"message");
    let _ = MQTT.try_subscribe(&[("topic", RequestedQoS::AtLeastOnce)]);
    let _ = MQTT.try_ping();
    let _ = MQTT.try_disconnect();
}
