#[slimqtt::agent(crate = "slimqtt")]
pub enum Command {
    Disconnect,
}

fn main() {}
