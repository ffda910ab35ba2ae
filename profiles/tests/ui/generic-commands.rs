#[slimqtt::agent]
pub enum Command<T> {
    Disconnect,
}

fn main() {}
