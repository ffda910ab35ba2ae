#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod code;
pub mod defs;
mod diagnostic;
pub mod parse;
mod print;
pub mod resolve;
mod source;
mod suggest;

pub use code::Code;
pub use diagnostic::{Diagnostic, Report};
pub use source::Source;

use defs::Protocol;
use std::borrow::Cow;

/// MQTT Version 3.1.1.
pub const MQTT_3_1_1: Source = Source {
    name: Cow::Borrowed("protocol-spec/spec/mqtt-3.1.1.mqtt"),
    text: Cow::Borrowed(include_str!("../spec/mqtt-3.1.1.mqtt")),
};

/// MQTT Version 5.0.
pub const MQTT_5_0: Source = Source {
    name: Cow::Borrowed("protocol-spec/spec/mqtt-5.0.mqtt"),
    text: Cow::Borrowed(include_str!("../spec/mqtt-5.0.mqtt")),
};

/// Reads a spec: [`parse`](parse::parse) and [`resolve`](resolve::resolve).
///
/// # Errors
///
/// All mistakes of the spec at once. A spec with mistakes in its syntax is not looked into any further.
pub fn load(source: &Source) -> Result<Protocol, Report> {
    let report = |mistakes| Report::new(source.clone(), mistakes);
    let protocol = parse::parse(&source.text).map_err(report)?;
    resolve::resolve(&protocol).map_err(report)?;
    Ok(protocol)
}
