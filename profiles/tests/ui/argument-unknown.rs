#[slimqtt::agent(comands = 8)]
pub enum Misspelled {
    Disconnect,
}

mod other {
    #[slimqtt::agent(queue = 8)]
    pub enum Command {
        Disconnect,
    }
}

fn main() {}
