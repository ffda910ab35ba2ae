#[slimqtt::agent]
pub enum Command {
    #[cfg(debug_assertions)]
    Disconnect,
    #[cfg(not(debug_assertions))]
    Disconnect,
}

fn main() {}
