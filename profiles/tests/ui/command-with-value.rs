#[slimqtt::agent]
pub enum Command {
    Disconnect = 14,
}

fn main() {}
