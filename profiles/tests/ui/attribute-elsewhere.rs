#[slimqtt::agent]
pub enum Command {
    #[subscribe(filters = 2)]
    #[publish(qos = 0)]
    Publish,
    #[publish(qos = 0)]
    Disconnect,
}

fn main() {}
