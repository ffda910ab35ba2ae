#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0)]
    Publish,
}

static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_publish_from(QoS::AtMostOnce, "topic", &[]);
}
