#[slimqtt::agent("3.1.1", commands = 8)]
pub enum Command {
    Disconnect,
}

fn main() {}
