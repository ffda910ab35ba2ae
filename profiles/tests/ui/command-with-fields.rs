#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0)]
    Publish { topic: &str },
    Disconnect(),
}

fn main() {}
