//! Lines between a client and its broker, which can be cut.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A port that passes each connection on to the broker, until it is cut.
pub struct Proxy {
    /// The port it listens on.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

/// What is cut, and when.
#[derive(Default)]
struct State {
    /// The ends of clients, and of the broker.
    open: Vec<[TcpStream; 2]>,
    /// How often it was cut. A connection that began before the last time is over.
    age: usize,
    /// After so many more bytes, in both directions together.
    left: Option<usize>,
    /// How many cuts are to follow the next one.
    cuts: usize,
    random: u32,
}

impl State {
    fn cut(&mut self) {
        self.age += 1;
        for [client, broker] in self.open.drain(..) {
            // They may have been closed already. What the broker still sends gets lost, but it can send it: mosquitto 2.0
            // forgets how far a message with QoS 2 has come when it fails to send PUBREL again.
            let _ = client.shutdown(Shutdown::Both);
            let _ = broker.shutdown(Shutdown::Write);
        }
    }

    /// How many of `count` bytes of a connection go on their way before the next cut.
    fn pass(&mut self, age: usize, count: usize) -> usize {
        if age != self.age {
            return 0;
        }
        let Some(left) = &mut self.left else { return count };
        let passed = count.min(*left);
        *left -= passed;
        passed
    }

    /// Cuts, if it is time.
    fn passed(&mut self) {
        if self.left != Some(0) {
            return;
        }
        self.cut();
        self.left = (self.cuts > 0).then(|| self.distance());
        self.cuts = self.cuts.saturating_sub(1);
    }

    /// How many bytes pass before a cut: from a part of CONNECT to dozens of packets.
    fn distance(&mut self) -> usize {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (self.random >> 16) as usize % 700
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// A line to this port that is not cut. It is there as long as the test.
    pub fn to(broker: u16) -> Self {
        let (listener, port) = listen();
        let state = Arc::new(Mutex::new(State::default()));
        let line = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)).expect("the broker listens");
                // Before the first byte goes: that may be the last one.
                let mut state = lock(&line);
                state.open.push([duplicate(&client), duplicate(&server)]);
                let age = state.age;
                drop(state);
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to, line) = (duplicate(from), duplicate(to), Arc::clone(&line));
                    thread::spawn(move || forward(from, to, age, &line));
                }
            }
        });
        Self { port, state }
    }

    /// Cuts what is connected now.
    pub fn cut(&self) {
        lock(&self.state).cut();
    }

    /// Cuts when so many more bytes have passed, in both directions together.
    pub fn cut_after(&self, bytes: usize) {
        lock(&self.state).left = Some(bytes);
    }

    /// Cuts so many times, after distances that look like chance and depend on the seed only.
    pub fn cut_often(&self, cuts: usize, seed: u32) {
        let mut state = lock(&self.state);
        state.random = seed;
        state.left = Some(state.distance());
        state.cuts = cuts - 1;
    }

    /// Cuts no more. Returns how many cuts were still to come.
    pub fn spare(&self) -> usize {
        let mut state = lock(&self.state);
        let left = state.cuts + usize::from(state.left.is_some());
        (state.left, state.cuts) = (None, 0);
        left
    }

    /// How many cuts are still to come.
    pub fn cuts_left(&self) -> usize {
        let state = lock(&self.state);
        state.cuts + usize::from(state.left.is_some())
    }
}

/// Passes bytes on until their source is closed; after a cut they get lost.
fn forward(mut from: TcpStream, mut to: TcpStream, age: usize, state: &Mutex<State>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let passed = lock(state).pass(age, count);
        if to.write_all(&buffer[..passed]).is_ok() {
            lock(state).passed();
        }
    }
    // What one end closes is closed for the other one. It may be already.
    let _ = to.shutdown(Shutdown::Write);
}

/// What a serial line ends at: it connects to the broker when the device sends something, and passes on what comes.
///
/// The device does not learn when that connection ends: a serial line goes on.
pub struct SerialServer {
    /// The port that the serial line is wired to.
    pub port: u16,
    broker: Arc<Mutex<Link>>,
}

/// The connection to the broker.
enum Link {
    Open(TcpStream),
    Closed,
    /// What the device sends gets lost.
    Cut,
}

impl SerialServer {
    /// A serial server for one device. It is there as long as the test.
    pub fn to(broker: u16) -> Self {
        let (listener, port) = listen();
        let link = Arc::new(Mutex::new(Link::Closed));
        let server = Self { port, broker: Arc::clone(&link) };
        thread::spawn(move || {
            let (mut device, _) = listener.accept().expect("the device's end of the line");
            let mut buffer = [0; 256];
            while let Ok(count @ 1..) = device.read(&mut buffer) {
                let mut state = link.lock().unwrap_or_else(PoisonError::into_inner);
                if let Link::Closed = *state {
                    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)).expect("the broker listens");
                    stream.set_nodelay(true).expect("TCP has this option");
                    let (from, to, link) = (duplicate(&stream), duplicate(&device), Arc::clone(&link));
                    thread::spawn(move || receive(from, to, &link));
                    *state = Link::Open(stream);
                }
                if let Link::Open(stream) = &mut *state {
                    // If it fails, the other direction finds the end.
                    let _ = stream.write_all(&buffer[..count]);
                }
            }
        });
        server
    }

    /// Cuts the connection to the broker, until it is restored.
    pub fn cut(&self) {
        let mut state = self.broker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Link::Open(stream) = &*state {
            // It may have been closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        *state = Link::Cut;
    }

    /// Lets it connect again.
    pub fn restore(&self) {
        *self.broker.lock().unwrap_or_else(PoisonError::into_inner) = Link::Closed;
    }
}

/// Passes on what comes from the broker, until one of the ends is closed.
fn receive(mut broker: TcpStream, mut device: TcpStream, link: &Mutex<Link>) {
    let mut buffer = [0; 256];
    while let Ok(count @ 1..) = broker.read(&mut buffer) {
        if device.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let mut state = link.lock().unwrap_or_else(PoisonError::into_inner);
    // It may be another connection by now.
    if let Link::Open(stream) = &*state
        && stream.local_addr().ok() == broker.local_addr().ok()
    {
        *state = Link::Closed;
    }
}

pub(crate) fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on the loopback interface");
    let port = listener.local_addr().expect("a bound listener has an address").port();
    (listener, port)
}

pub(crate) fn duplicate(stream: &TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("TCP has this option");
    stream.try_clone().expect("a socket can be duplicated")
}
