mod five {
    #[slimqtt::agent(mqtt = "5.0")]
    pub enum Command {
        Disconnect,
    }
}

mod no_string {
    #[slimqtt::agent(mqtt = 3.1.1)]
    pub enum Command {
        Disconnect,
    }
}

fn main() {}
