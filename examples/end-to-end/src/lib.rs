//! What the end-to-end tests are made of: a broker and its clients, agents on the host, emulated boards, and the lines
//! between them. All that is started ends with its value.

mod board;
mod broker;
#[cfg(feature = "broker")]
mod client;
mod line;
mod modem;
mod others;
mod process;
mod rough;
#[cfg(feature = "tls")]
mod tls;

use std::env;
use std::time::Duration;

pub use board::{build, build_size_report, microbit};
pub use broker::Broker;
#[cfg(feature = "broker")]
pub use client::{Agent, Connection, Inbox, Received, TokioClock, inbox, outcome, roomy, runtime};
pub use line::{Proxy, SerialServer};
pub use modem::Modem;
pub use others::OtherBroker;
pub use process::Process;
pub use rough::{Breaks, Cheat, RoughLine};
#[cfg(feature = "tls")]
pub use tls::{Authority, TlsTransport, connect_tls};

/// Whether the long forms of the tests are asked for: `SLIMQTT_LONG=1`, as `./ci.sh long` sets it.
pub fn is_long() -> bool {
    env::var_os("SLIMQTT_LONG").is_some()
}

/// The longest that anything here may take.
pub const LIMIT: Duration = Duration::from_secs(60);
