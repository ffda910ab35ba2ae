#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0, retain = true)]
    Publish,
}

mod misspelled {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(QoS = 0)]
        Publish,
    }
}

fn main() {}
