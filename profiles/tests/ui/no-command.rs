#[slimqtt::agent]
pub enum Command {}

static MQTT: Agent = Agent::new();

fn main() {}
