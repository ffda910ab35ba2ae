#[slimqtt::agent]
pub enum Command {
    #[published(qos = 0)]
    Publish,
    #[subscribes(qos = 0)]
    Subscribe,
    #[unsubscibe(filters = 2)]
    Unsubscribe,
}

fn main() {}
