#[slimqtt::agent(commands = 0, packet = 65_536, receive = -1, timeout = 99_999_999_999_999_999_999_999)]
pub enum Command {
    Disconnect,
}

fn main() {}
