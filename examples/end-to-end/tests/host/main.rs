//! The profile `complete` on the host, over TCP, against a real broker.

mod commands;
mod liveness;
mod payloads;
mod refusals;
mod retained;
mod sessions;
mod wills;

use slimqtt::Connect;
use slimqtt::packet;

/// The packet that most of these tests connect with.
fn plain(client_identifier: &str) -> packet::Connect<'_> {
    packet::Connect {
        clean_session: true,
        keep_alive: 60,
        client_identifier,
        will: None,
        user_name: None,
        password: None,
    }
}

/// As bytes.
fn encoded(packet: &packet::Connect<'_>) -> Connect<128> {
    Connect::from_packet(packet).expect("CONNECT fits into 128 bytes")
}
