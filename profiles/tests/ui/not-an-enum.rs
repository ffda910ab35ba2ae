#[slimqtt::agent(commands = 0)]
#[derive(Clone)]
pub struct Command {
    publish: bool,
}

#[slimqtt::agent]
pub async fn disconnect() {}

fn main() {}
