#[slimqtt::agent(receive = 5)]
pub enum Command {
    Disconnect,
}

fn main() {}
