#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0)]
    #[publish(qos = 0)]
    Publish,
}

fn main() {}
