#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0)]
    Publish,
}

static MQTT: Agent = Agent::new();
static DONE: slimqtt::Completion = slimqtt::Completion::new(|_, _| {}, 0);

fn main() {
    let _ = MQTT.publish_then(QoS::AtMostOnce, "topic", b"message", &DONE);
}
