#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0)]
    Publish,
    Disconnect,
    #[publish(qos = 0)]
    Publish,
}

fn main() {}
