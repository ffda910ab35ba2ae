mod no_attribute {
    #[slimqtt::agent]
    pub enum Command {
        Publish,
    }
}

mod no_option {
    #[slimqtt::agent]
    pub enum Command {
        #[publish]
        Publish,
    }
}

mod empty {
    #[slimqtt::agent]
    pub enum Command {
        #[subscribe()]
        Subscribe,
    }
}

mod no_list {
    #[slimqtt::agent]
    pub enum Command {
        #[publish = 0]
        Publish,
    }
}

mod no_name {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(0)]
        Publish,
    }
}

mod other_options {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(retain)]
        Publish,
        #[subscribe(filters = 2)]
        Subscribe,
    }
}

mod no_attribute_of_subscribe {
    #[slimqtt::agent]
    pub enum Command {
        Subscribe,
    }
}

// Each of them has every QoS.
static MQTT: other_options::Agent = other_options::Agent::new();

fn main() {
    let _ = MQTT.try_publish_retained(other_options::QoS::ExactlyOnce, "topic", b"message");
}
