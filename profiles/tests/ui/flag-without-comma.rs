#[slimqtt::agent(completions commands = 8)]
pub enum Command {
    #[publish(qos = 0 retain from)]
    Publish,
}

// They are there all the same.
static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_publish_retained_from(QoS::AtMostOnce, "topic", &[]);
}
