fn main() {
    let _ = slimqtt::filter!("a/#/b");
}
