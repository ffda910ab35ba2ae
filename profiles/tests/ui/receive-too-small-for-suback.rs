#[slimqtt::agent(receive = 13)]
pub enum Command {
    #[subscribe(qos = 0, filters = 10)]
    Subscribe,
}

fn main() {}
