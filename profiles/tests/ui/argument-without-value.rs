#[slimqtt::agent(commands, packet =, receive = %, timeout: 5)]
pub enum Command {
    Disconnect,
}

fn main() {}
