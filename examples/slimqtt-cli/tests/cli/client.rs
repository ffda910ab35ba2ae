//! Runs of the program beside a broker.

use slimqtt_end_to_end::Broker;

use crate::tool::{Left, Tool, slimqtt};

/// What a program leaves that has printed this and had nothing to complain about.
pub(crate) fn printed(output: impl AsRef<[u8]>) -> Left {
    Left { code: Some(0), output: output.as_ref().to_vec(), errors: String::new() }
}

pub(crate) fn arguments<'a>(command: &'a str, port: &'a str, line: &'a str) -> impl Iterator<Item = &'a str> {
    [command, "-p", port].into_iter().chain(line.split(' '))
}

/// Runs `slimqtt pub` with these arguments, separated by spaces.
pub(crate) fn publish(port: u16, line: &str) -> Left {
    slimqtt(arguments("pub", &port.to_string(), line))
}

/// Starts `slimqtt sub` with these arguments and this client identifier, and waits until it has subscribed.
pub(crate) fn subscribe(broker: &mut Broker, id: &str, line: &str) -> Tool {
    let tool = start("sub", broker.port, &format!("{line} -i {id}"));
    broker.process.wait_for(&format!("Sending SUBACK to {id}"));
    tool
}

pub(crate) fn start(command: &str, port: u16, line: &str) -> Tool {
    Tool::start(arguments(command, &port.to_string(), line))
}

/// Bytes of all kinds.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut random = 1_u32;
    (0..length)
        .map(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        })
        .collect()
}
