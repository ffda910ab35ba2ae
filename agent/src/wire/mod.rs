//! The packets of MQTT 3.1.1 as bytes.
//!
//! The packets themselves are generated from the spec when the crate is built: a borrowed struct each, with `encode`
//! and `decode`. What they are generated onto is written by hand in the modules below. Nothing here copies more than
//! once, allocates or panics, and nothing knows of connections or time.

pub mod fixed_header;
mod list;
mod reader;
mod topic_filter;
pub mod variable_byte_integer;
mod writer;

pub use list::{Element, Iter, List};
pub use reader::{DecodeError, Reader};
pub use writer::{EncodeError, Writer, packet};

/// Names an exchange of packets between Client and Server: not zero `[MQTT-2.3.1-1]`.
pub type PacketIdentifier = core::num::NonZeroU16;

/// A control packet that can be written.
pub trait Encode {
    /// Writes the whole packet. Mistakes are noted by the writer and told by [`Writer::finish`].
    fn encode(&self, writer: &mut Writer<'_>);
}

include!(concat!(env!("OUT_DIR"), "/mqtt-3.1.1.rs"));
