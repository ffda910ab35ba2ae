//! The packets of MQTT 3.1.1 as bytes, and in [`mqtt_5_0`] those of MQTT 5.0.
//!
//! The packets themselves are generated from the spec when the crate is built: a borrowed struct each, with `encode`
//! and `decode`. What they are generated onto is written by hand in the modules below. Nothing here copies more than
//! once, allocates or panics, and nothing knows of connections or time.
//!
//! Sections and statements are those of MQTT 3.1.1 wherever it does not say MQTT 5.0, which numbers them anew.

pub mod fixed_header;
mod list;
mod notes;
mod properties;
mod reader;
mod scan;
mod secret;
mod subscription_identifier;
mod text_rule;
mod topic_filter;
pub mod variable_byte_integer;
mod writer;

pub use list::{Element, Iter, List};
pub use notes::{Fault, Mistake, Noted, Notes};
pub use properties::{PropertyRules, PropertySet};
pub use reader::{DecodeError, Reader};
pub use secret::Secret;
pub use subscription_identifier::SubscriptionIdentifier;
pub use text_rule::{ShareableTopicFilter, TextRule, TopicFilter, TopicName};
pub use topic_filter::is_shared;
pub(crate) use writer::packet_mut;
pub use writer::{EncodeError, Writer, packet};

/// Names an exchange of packets between Client and Server: not zero `[MQTT-2.3.1-1]`.
pub type PacketIdentifier = core::num::NonZeroU16;

/// A control packet that can be written.
pub trait Encode {
    /// Writes the whole packet. Mistakes are noted by the writer and told by [`Writer::finish`].
    fn encode(&self, writer: &mut Writer<'_>);
}

include!(concat!(env!("OUT_DIR"), "/mqtt-3.1.1.rs"));

/// The packets of MQTT 5.0. The agent does not speak it yet: they are for whoever reads or writes them otherwise.
pub mod mqtt_5_0 {
    use core::num::{NonZeroU16, NonZeroU32};

    use super::{
        DecodeError, Element, Encode, EncodeError, Iter, List, Mistake, Notes, PacketIdentifier, PropertyRules,
        PropertySet, Reader, Secret, ShareableTopicFilter, SubscriptionIdentifier, Writer, is_shared,
    };

    include!(concat!(env!("OUT_DIR"), "/mqtt-5.0.rs"));
}
