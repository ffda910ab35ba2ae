const SLOTS: usize = 8;

#[slimqtt::agent(commands = SLOTS, packet = "64", receive = 1.5, timeout = 10s)]
pub enum Command {
    Disconnect,
}

fn main() {}
