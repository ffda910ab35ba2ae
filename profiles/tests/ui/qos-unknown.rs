mod three {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = 3)]
        Publish,
    }
}

mod open_end {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = 0..)]
        Publish,
    }
}

mod end_excluded {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = 0..3)]
        Publish,
    }
}

mod one_excluded {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = 1..2)]
        Publish,
    }
}

mod empty {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = 2..=1)]
        Publish,
    }
}

mod too_far {
    #[slimqtt::agent]
    pub enum Command {
        #[subscribe(qos = 0..=3)]
        Subscribe,
    }
}

mod name {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = AtMostOnce)]
        Publish,
    }
}

mod text {
    #[slimqtt::agent]
    pub enum Command {
        #[publish(qos = "1")]
        Publish,
    }
}

fn main() {}
