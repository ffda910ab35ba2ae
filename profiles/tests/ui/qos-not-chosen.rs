#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0..=1)]
    Publish,
    #[subscribe(qos = 1)]
    Subscribe,
}

static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_publish(QoS::ExactlyOnce, "topic", b"message");
    let _ = MQTT.try_subscribe([("topic", RequestedQoS::AtMostOnce)]);
}
