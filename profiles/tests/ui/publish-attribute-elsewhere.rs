#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0)]
    Disconnect,
}

fn main() {}
