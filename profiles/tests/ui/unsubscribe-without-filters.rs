#[slimqtt::agent]
pub enum Command {
    #[unsubscribe]
    Unsubscribe,
}

fn main() {}
