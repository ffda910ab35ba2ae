//! What the agent says of its work, to `log`, to `defmt`, to both, or to nobody.
//!
//! The task that runs the connection says it, and not those who give commands, who may be interrupts; but who calls
//! `stop` while there is no connection. It is never what the agent was given: no topic, no payload, no client identifier,
//! user name or password.

/// An event, at a level, which is `trace`, `debug`, `info` or `warn`. Without a feature it is not there at all: its
/// arguments are not even evaluated.
macro_rules! event {
    ($level:ident, $($message:tt)+) => {{
        #[cfg(feature = "log")]
        log::$level!($($message)+);
        #[cfg(feature = "defmt")]
        defmt::$level!($($message)+);
    }};
}

#[cfg(feature = "defmt")]
impl defmt::Format for crate::wire::ConnectReturnCode {
    fn format(&self, formatter: defmt::Formatter<'_>) {
        // As a number: its names are generated, and would be in the firmware's table of texts.
        defmt::write!(formatter, "{=u8}", *self as u8);
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for crate::wire::SubackReturnCode {
    fn format(&self, formatter: defmt::Formatter<'_>) {
        defmt::write!(formatter, "{=u8}", *self as u8);
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for crate::wire::QoS {
    fn format(&self, formatter: defmt::Formatter<'_>) {
        defmt::write!(formatter, "{=u8}", *self as u8);
    }
}
