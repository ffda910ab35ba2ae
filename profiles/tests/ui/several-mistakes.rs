#[slimqtt::agent(mqtt = "5.0", comands = 8, packet = 4, timeout)]
pub enum Command {
    #[publish(qos = 2, retain = true)]
    Publish(QoS),
    #[publish(qos = 0)]
    Disconect = 3,
    Subscribe,
}

// None of these is wrong, and none is reported.
static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_publish(QoS::AtMostOnce, "topic", b"message");
    let _ = MQTT.try_disconnect();
}
