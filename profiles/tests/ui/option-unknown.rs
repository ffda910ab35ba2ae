#[slimqtt::agent]
pub enum Command {
    #[publish(qos = 0, dup)]
    Publish,
    #[subscribe(qos = 0, retain)]
    Subscribe,
    #[unsubscribe(qos = 0)]
    Unsubscribe,
}

mod misspelled {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(QoS = 0, retian, form)]
        Publish,
        #[subscribe(qos = 0, filter = 2)]
        Subscribe,
    }

    // What is meant is there.
    static MQTT: Agent = Agent::new();

    pub fn publish() {
        let _ = MQTT.try_publish_retained_from(QoS::AtMostOnce, "topic", &[]);
    }
}

fn main() {}
