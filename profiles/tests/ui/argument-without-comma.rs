#[slimqtt::agent(mqtt = "3.1.1" commands = 8; packet = 64, receive = 16)]
pub enum Command {
    Disconnect,
}

fn main() {}
