#[slimqtt::agent(received = 8)]
pub enum Command {
    #[subscribe(qos = 0..=1)]
    Subscribe,
}

mod no_subscriptions {
    #[slimqtt::agent(received = 8)]
    pub enum Command {
        #[publish(qos = 2)]
        Publish,
    }
}

fn main() {}
