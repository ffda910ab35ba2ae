#[slimqtt::agent]
pub enum Command {
    #[published(qos = 0)]
    Publish,
}

fn main() {}
