#[slimqtt::agent]
pub enum Command {
    #[keep_alive(seconds = 60)]
    Disconnect,
}

fn main() {}
