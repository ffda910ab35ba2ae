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
        #[publish()]
        Publish,
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

fn main() {}
