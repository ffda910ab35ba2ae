// Five bytes for the fixed header, two for the length of a topic, and one for the topic itself.
#[slimqtt::agent(packet = 7)]
pub enum Command {
    #[publish(qos = 0)]
    Publish,
}

fn main() {}
