#[slimqtt::agent]
pub enum Command {
    Disconnect,
    /// Known to later versions, perhaps.
    #[subscribe(qos = 0, filters = 2)]
    Subscribe,
    #[publish(qos = 0)]
    Publsh,
}

// What is meant is there.
static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_publish(QoS::AtMostOnce, "topic", b"message");
}
