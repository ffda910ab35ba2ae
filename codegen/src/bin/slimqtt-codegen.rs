//! Prints the code that a spec produces.

fn main() {
    match slimqtt_codegen::Generator::new(&slimqtt_spec::MQTT_3_1_1).generate() {
        Ok(s) => print!("{s}"),
        Err(e) => eprintln!("{e}"),
    }
}
