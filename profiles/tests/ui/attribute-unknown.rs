#[slimqtt::agent]
pub enum Command {
    #[subscribe(qos = 0)]
    Disconnect,
}

fn main() {}
