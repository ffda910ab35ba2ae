#[slimqtt::agent]
pub enum Command {
    Disconnect,
    /// Known to later versions, perhaps.
    #[authenticate(method = "none")]
    Authenticate,
    #[publish(qos = 0)]
    Publsh,
    #[subscribe(qos = 0)]
    Subscibe,
}

// What is meant is there.
static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_publish(QoS::AtMostOnce, "topic", b"message");
    let _ = MQTT.try_subscribe(&[("topic", RequestedQoS::AtMostOnce)]);
}
