mod one {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = 1)]
        Publish,
    }
}

mod range {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = 0..=1)]
        Publish,
    }
}

mod name {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = AtMostOnce)]
        Publish,
    }
}

fn main() {}
