#[slimqtt::agent]
pub enum Agent {
    Disconnect,
}

static MQTT: Agent = Agent::new();

mod other {
    #[slimqtt::agent]
    pub enum RequestedQoS {
        Disconnect,
    }
}

fn main() {}
