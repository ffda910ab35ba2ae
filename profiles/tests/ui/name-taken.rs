#[slimqtt::agent]
pub enum Agent {
    Disconnect,
}

static MQTT: Agent = Agent::new();

fn main() {}
