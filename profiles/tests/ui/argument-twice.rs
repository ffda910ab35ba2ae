#[slimqtt::agent(commands = 8, packet = 64, commands = 4)]
pub enum Command {
    Disconnect,
}

fn main() {}
