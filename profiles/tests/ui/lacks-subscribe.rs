#[slimqtt::agent]
pub enum Command {
    Disconnect,
}

static MQTT: Agent = Agent::new();

fn main() {
    let _ = MQTT.try_subscribe(&["topic"]);
}
