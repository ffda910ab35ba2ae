//! Writes the agent with the options that features name. `#[cfg]` could not: the options of a variant are the macro's own
//! text, which the compiler passes on as it stands.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let qos = |up_to_1: bool, up_to_2: bool| match (up_to_1, up_to_2) {
        (_, true) => "qos = 0..=2",
        (true, false) => "qos = 0..=1",
        (false, false) => "qos = 0",
    };
    let publish = list(&[
        (true, qos(cfg!(feature = "publish_1"), cfg!(feature = "publish_2"))),
        (cfg!(feature = "retain"), "retain"),
        (cfg!(feature = "from"), "from"),
    ]);
    let subscribe = list(&[
        (true, qos(cfg!(feature = "subscribe_1"), cfg!(feature = "subscribe_2"))),
        (cfg!(feature = "filters_4"), "filters = 4"),
    ]);
    let arguments = list(&[
        (cfg!(feature = "commands_8"), "commands = 8"),
        (cfg!(feature = "packet_256"), "packet = 256"),
        (cfg!(feature = "receive_256"), "receive = 256"),
        (cfg!(feature = "received_16"), "received = 16"),
        (cfg!(feature = "completions"), "completions"),
        (cfg!(feature = "connected"), "connected"),
    ]);
    let unsubscribe =
        if cfg!(feature = "filters_4") { "#[unsubscribe(filters = 4)] Unsubscribe" } else { "Unsubscribe" };
    let commands = list(&[
        (cfg!(feature = "publish"), &format!("#[publish({publish})] Publish")),
        (cfg!(feature = "subscribe"), &format!("#[subscribe({subscribe})] Subscribe")),
        (cfg!(feature = "unsubscribe"), unsubscribe),
        (cfg!(feature = "ping"), "Ping"),
        (cfg!(feature = "disconnect"), "Disconnect"),
        (cfg!(feature = "stop"), "Stop"),
    ]);
    let agent = format!("#[slimqtt::agent({arguments})] pub(crate) enum Command {{ {commands} }}\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("agent.rs"), agent)?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}

/// Those that are there, separated by commas.
fn list(all: &[(bool, &str)]) -> String {
    let there: Vec<_> = all.iter().filter(|(is_there, _)| *is_there).map(|(_, text)| *text).collect();
    there.join(", ")
}
