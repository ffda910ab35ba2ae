#[slimqtt::agent(completions = true)]
pub enum Command {
    #[publish(qos = 0, retain = false, from =)]
    Publish,
}

// Neither is reported.
static MQTT: Agent = Agent::new();
static DONE: slimqtt::Completion = slimqtt::Completion::new(|_, _| {}, 0);

fn main() {
    let _ = MQTT.publish_retained_then(QoS::AtMostOnce, "topic", b"message", &DONE);
}
