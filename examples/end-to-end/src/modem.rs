//! A modem at the far end of a serial line: it connects when it is told to dial, says when the connection is over, and loses it
//! again and again, as a seed says.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::line::{duplicate, listen};

// As in the firmware `soak`.
const ESCAPE: u8 = b'}';
const LITERAL: u8 = 0;
const DIAL: u8 = 1;
const HUNG_UP: u8 = 2;
const CONNECTED: u8 = 3;

/// A modem for one device. It is there as long as the test.
pub struct Modem {
    /// The port that the serial line is wired to.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    device: TcpStream,
    broker: Option<TcpStream>,
    /// Which connection it is.
    generation: usize,
    /// The longest way to the next cut, in bytes of both directions.
    distance: usize,
    left: usize,
    random: u32,
    cuts: usize,
}

impl State {
    /// How many of these bytes go on their way.
    fn pass(&mut self, count: usize) -> usize {
        let passed = count.min(self.left);
        self.left -= passed;
        passed
    }

    /// Cuts, if it is time.
    fn passed(&mut self) {
        if self.left == 0 {
            self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            self.left = 1 + (self.random >> 8) as usize % self.distance;
            self.cuts += 1;
            self.hang_up();
        }
    }

    /// The connection is over. What the broker still sends gets lost, but it can send it: mosquitto 2.0 forgets how far a
    /// message with QoS 2 has come when it fails to send PUBREL again.
    fn hang_up(&mut self) {
        if let Some(broker) = self.broker.take() {
            let _ = broker.shutdown(Shutdown::Write);
            let _ = self.device.write_all(&[ESCAPE, HUNG_UP]);
        }
    }

    fn dial(&mut self, broker: u16, line: &Arc<Mutex<Self>>) {
        if let Some(last) = self.broker.take() {
            let _ = last.shutdown(Shutdown::Write);
        }
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)).expect("the broker listens");
        self.generation += 1;
        let (from, line, generation) = (duplicate(&stream), Arc::clone(line), self.generation);
        thread::spawn(move || receive(from, generation, &line));
        self.broker = Some(stream);
        let _ = self.device.write_all(&[ESCAPE, CONNECTED]);
    }

    /// A byte of the device's, on its way to the broker.
    fn send(&mut self, byte: u8) {
        if let Some(mut broker) = self.broker.as_ref() {
            // If it fails, the other direction finds the end.
            let _ = broker.write_all(&[byte]);
            self.pass(1);
            self.passed();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Modem {
    /// A modem that connects to this port, and loses the connection after up to `distance` bytes.
    pub fn to(broker: u16, seed: u32, distance: usize) -> Self {
        let (listener, port) = listen();
        // The device is not there yet: until then its place is taken by a line to nobody.
        let nobody = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
        let _ = listener.accept().expect("it was just connected");
        let state =
            State { device: nobody, broker: None, generation: 0, distance, left: distance, random: seed, cuts: 0 };
        let state = Arc::new(Mutex::new(state));
        let line = Arc::clone(&state);
        thread::spawn(move || {
            let (mut device, _) = listener.accept().expect("the device's end of the line");
            lock(&line).device = duplicate(&device);
            let mut buffer = [0; 256];
            let mut escaped = false;
            while let Ok(count @ 1..) = device.read(&mut buffer) {
                let mut state = lock(&line);
                for byte in &buffer[..count] {
                    match (escaped, *byte) {
                        (true, DIAL) => state.dial(broker, &line),
                        (true, LITERAL) => state.send(ESCAPE),
                        (_, ESCAPE) => {}
                        (_, byte) => state.send(byte),
                    }
                    // One that was not finished may stand before another.
                    escaped = *byte == ESCAPE;
                }
            }
        });
        Self { port, state }
    }

    /// How often it has lost the connection.
    pub fn cuts(&self) -> usize {
        lock(&self.state).cuts
    }
}

/// Passes on what comes from the broker, until that is the end.
fn receive(mut broker: TcpStream, generation: usize, state: &Mutex<State>) {
    let mut buffer = [0; 256];
    let mut escaped = Vec::new();
    while let Ok(count @ 1..) = broker.read(&mut buffer) {
        let mut state = lock(state);
        if state.generation != generation || state.broker.is_none() {
            continue;
        }
        let passed = state.pass(count);
        escaped.clear();
        for byte in &buffer[..passed] {
            escaped.push(*byte);
            if *byte == ESCAPE {
                escaped.push(LITERAL);
            }
        }
        let _ = state.device.write_all(&escaped);
        state.passed();
    }
    let mut state = lock(state);
    if state.generation == generation {
        state.hang_up();
    }
}
