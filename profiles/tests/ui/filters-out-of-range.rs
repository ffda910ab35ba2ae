#[slimqtt::agent]
pub enum Command {
    #[subscribe(qos = 0, filters = 0)]
    Subscribe,
    #[unsubscribe(filters = 126)]
    Unsubscribe,
}

fn main() {}
