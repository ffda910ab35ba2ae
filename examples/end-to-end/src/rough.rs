//! A line on which all goes wrong that can go wrong with a stream of bytes, as a seed says: it is split and merged
//! anywhere, late, cut in the middle of packets, and closed in one direction only.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, sleep};
use std::time::Duration;

use crate::line::{duplicate, listen};

/// A port that passes connections on to the broker, and treats them badly.
pub struct RoughLine {
    /// The port it listens on.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

/// How connections ended on a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaks {
    /// Both directions at once.
    pub cut: usize,
    /// The client was told that the broker had closed; what the client sent still arrived.
    pub half_closed_to_client: usize,
    /// The broker was told that the client had closed; what the broker sent still arrived.
    pub half_closed_to_broker: usize,
}

impl Breaks {
    /// All of them.
    pub const fn sum(self) -> usize {
        self.cut + self.half_closed_to_client + self.half_closed_to_broker
    }
}

/// What a client may do behind the back of who uses it: to show that a test finds it. Both do it in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cheat {
    /// Every 50th message is acknowledged, and goes nowhere.
    Swallow,
    /// Every 50th message goes twice.
    Repeat,
}

const CHEATS_EVERY: usize = 50;

/// Client to broker, and broker to client.
const DIRECTIONS: [usize; 2] = [0, 1];

struct State {
    random: Random,
    /// The longest way from one break to the next, in bytes of both directions; 0 is for ever.
    distance: usize,
    /// How many bytes are left before the next break.
    left: usize,
    breaks: Breaks,
    cheat: Option<Cheat>,
    /// How many messages a cheat has seen.
    messages: usize,
}

/// Marsaglia's xorshift.
struct Random(u32);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 4) as usize % limit
    }
}

/// One connection: its ends, of which each is written to by one at a time, and which direction goes nowhere.
struct Connection {
    client: TcpStream,
    broker: TcpStream,
    writing: [Mutex<()>; 2],
    broken: [AtomicBool; 2],
}

impl Connection {
    fn from(&self, direction: usize) -> &TcpStream {
        if direction == 0 { &self.client } else { &self.broker }
    }

    fn to(&self, direction: usize) -> &TcpStream {
        self.from(1 - direction)
    }

    /// What goes in this direction gets lost from now on, and the one who reads it learns of it. The other one can go on
    /// sending: mosquitto 2.0 forgets how far a message with QoS 2 has come when it fails to send PUBREL again.
    fn close(&self, direction: usize) {
        self.broken[direction].store(true, SeqCst);
        // It may have been closed already.
        let _ = self.to(direction).shutdown(Shutdown::Write);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RoughLine {
    /// A line to this port that breaks after up to `distance` bytes, again and again. It is there as long as the test.
    pub fn to(broker: u16, seed: u32, distance: usize) -> Self {
        Self::with(broker, seed, distance, None)
    }

    /// The same behind a client that cheats.
    pub fn cheating(broker: u16, seed: u32, distance: usize, cheat: Cheat) -> Self {
        Self::with(broker, seed, distance, Some(cheat))
    }

    fn with(broker: u16, seed: u32, distance: usize, cheat: Option<Cheat>) -> Self {
        let (listener, port) = listen();
        // The generator would never leave 0.
        let random = Random(seed.wrapping_mul(0x9E37_79B9) | 1);
        let breaks = Breaks::default();
        let state = Arc::new(Mutex::new(State { random, distance, left: distance, breaks, cheat, messages: 0 }));
        let line = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let broker = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)).expect("the broker listens");
                let (client, broker) = (duplicate(&client), duplicate(&broker));
                let (writing, broken) = Default::default();
                let connection = Arc::new(Connection { client, broker, writing, broken });
                for direction in DIRECTIONS {
                    let (connection, line) = (Arc::clone(&connection), Arc::clone(&line));
                    thread::spawn(move || forward(&connection, direction, &line));
                }
            }
        });
        Self { port, state }
    }

    /// Breaks no more, and cheats no more.
    pub fn spare(&self) {
        let mut state = lock(&self.state);
        (state.distance, state.cheat) = (0, None);
    }

    /// How often it broke.
    pub fn breaks(&self) -> Breaks {
        lock(&self.state).breaks
    }
}

/// Passes bytes on until their source is closed.
fn forward(connection: &Connection, direction: usize, state: &Mutex<State>) {
    let mut buffer = [0; 4096];
    let mut packets = Vec::new();
    let mut from = connection.from(direction);
    let cheats = lock(state).cheat.is_some();
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !cheats {
            write(connection, direction, &buffer[..count], state);
            continue;
        }
        packets.extend_from_slice(&buffer[..count]);
        while let Some(packet) = take_packet(&mut packets) {
            meddle(connection, direction, &packet, state);
        }
    }
    // What one end closes is closed for the other one.
    connection.close(direction);
}

/// Bytes on their way: in pieces, late, and up to where the line breaks.
fn write(connection: &Connection, direction: usize, mut bytes: &[u8], state: &Mutex<State>) {
    let _alone = connection.writing[direction].lock().unwrap_or_else(PoisonError::into_inner);
    let mut to = connection.to(direction);
    while !bytes.is_empty() && !connection.broken[direction].load(SeqCst) {
        let mut line = lock(state);
        // What comes meanwhile is merged with what follows.
        let late = if line.random.below(16) == 0 { line.random.below(3_000) } else { 0 };
        let piece = if line.random.below(2) == 0 { bytes.len() } else { 1 + line.random.below(24) };
        let mut piece = piece.min(bytes.len());
        let mut breaks = false;
        if line.distance > 0 {
            piece = piece.min(line.left);
            line.left -= piece;
            breaks = line.left == 0;
        }
        drop(line);
        if late > 0 {
            sleep(Duration::from_micros(late as u64));
        }
        let (now, later) = bytes.split_at(piece);
        bytes = later;
        // Who is closed at both ends is found by `forward`.
        let _ = to.write_all(now);
        if breaks {
            let mut line = lock(state);
            let longest = line.distance.max(1);
            line.left = 1 + line.random.below(longest);
            let kind = line.random.below(4);
            let count = match kind {
                0 => &mut line.breaks.half_closed_to_client,
                1 => &mut line.breaks.half_closed_to_broker,
                _ => &mut line.breaks.cut,
            };
            *count += 1;
            drop(line);
            if kind != 0 {
                connection.close(0);
            }
            if kind != 1 {
                connection.close(1);
            }
        }
    }
}

/// The first packet, if all of it is there.
fn take_packet(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let (mut length, mut header) = (0, 1);
    loop {
        let byte = *bytes.get(header)?;
        length |= usize::from(byte & 0x7F) << (7 * (header - 1));
        header += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let end = header + length;
    (bytes.len() >= end).then(|| bytes.drain(..end).collect())
}

/// Passes a packet on, or not.
fn meddle(connection: &Connection, direction: usize, packet: &[u8], state: &Mutex<State>) {
    let qos = packet[0] >> 1 & 0x03;
    let cheat = (packet[0] >> 4 == 3 && qos > 0).then(|| {
        let mut line = lock(state);
        line.messages += 1;
        line.cheat.filter(|_| line.messages.is_multiple_of(CHEATS_EVERY))
    });
    let Some(cheat) = cheat.flatten() else {
        return write(connection, direction, packet, state);
    };
    let body = 1 + packet[1..].iter().position(|byte| byte & 0x80 == 0).map_or(0, |last| last + 1);
    let identifier = body + 2 + usize::from(u16::from_be_bytes([packet[body], packet[body + 1]]));
    match cheat {
        Cheat::Swallow => {
            let first_byte = if qos == 1 { 0x40 } else { 0x50 };
            let answer = [first_byte, 2, packet[identifier], packet[identifier + 1]];
            write(connection, 1 - direction, &answer, state);
        }
        Cheat::Repeat => {
            write(connection, direction, packet, state);
            // The same with QoS 0, which nothing follows. Short ones only.
            let mut copy = vec![0x30, (packet.len() - body - 2) as u8];
            copy.extend_from_slice(&packet[body..identifier]);
            copy.extend_from_slice(&packet[identifier + 2..]);
            write(connection, direction, &copy, state);
        }
    }
}
