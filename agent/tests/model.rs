//! The agent against an independent model of MQTT 3.1.1, in random steps: whatever is lost, cut off, late, dropped or
//! doubled, no message is lost or doubled beyond what its QoS allows, and no slot and no packet identifier leaks.
//!
//! - [`server`] is the other side: a Server that keeps a session, acknowledges late and out of order, publishes messages
//!   of its own at every QoS, and repeats after a reconnect what the standard wants it to.
//! - [`orders`] are the commands that the agent is given, with the bytes that each of them must make.
//! - [`ledger`] sees the commands and their outcomes, every byte on the wire in both directions, and what the handler
//!   gets, and judges: nearly all assertions are there.
//! - [`episode`] is a story of some hundred random steps. Each one is a little thing: a command, a poll of one task, a few
//!   bytes that arrive, a packet of the Server, a break of the line, time. Now and then, and in the end, all comes to
//!   rest: then everything that was asked for must have happened, and all slots and identifiers must be free.
//!
//! The model uses none of the agent's codec or state to judge; it makes and reads packets by itself ([`packets`]).
//!
//! Plain `cargo test` makes 600,000 steps in some seconds. A million for each number of slots:
//!
//! ```sh
//! SLIMQTT_MODEL_STEPS=1000000 cargo test -p slimqtt-agent --test model -- --nocapture
//! ```
//!
//! Each episode has a seed, which is printed with the last steps if an assertion fails. To see it again:
//! `SLIMQTT_MODEL_SEED=<seed> SLIMQTT_MODEL_STEPS=1`, with the same number of slots.

mod kit;

#[path = "model/episode.rs"]
mod episode;
#[path = "model/ledger.rs"]
mod ledger;
#[path = "model/orders.rs"]
mod orders;
#[path = "model/packets.rs"]
mod packets;
#[path = "model/random.rs"]
mod random;
#[path = "model/server.rs"]
mod server;

use std::env;
use std::time::Instant;

use episode::{Agent, Episode};
use ledger::Figures;

/// Steps of an episode, before all comes to rest.
const EPISODE: usize = 400;

/// Steps of each test, if the environment does not say.
const STEPS: u64 = 200_000;

fn variable(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

fn play<const COMMANDS: usize, const RECEIVE: usize>() {
    let steps = variable("SLIMQTT_MODEL_STEPS", STEPS) as usize;
    let first = variable("SLIMQTT_MODEL_SEED", 1);
    let began = Instant::now();
    let mut figures = Figures::default();
    for seed in first.. {
        // Completions, which are functions without a lifetime, use it too.
        let agent = Box::leak(Box::new(Agent::<COMMANDS, RECEIVE>::new()));
        figures.add_all(Episode::<COMMANDS, RECEIVE>::new(agent, seed).play(EPISODE));
        if figures.steps() >= steps {
            break;
        }
    }
    println!("figures: {} steps", figures.steps());
    println!("{COMMANDS} slots, receive buffer of {RECEIVE} bytes, {:.1?}: {figures:?}", began.elapsed());
}

#[test]
fn with_one_slot() {
    play::<1, 16>();
}

#[test]
fn with_two_slots() {
    play::<2, 16>();
}

#[test]
fn with_four_slots_and_a_larger_buffer() {
    play::<4, 64>();
}
