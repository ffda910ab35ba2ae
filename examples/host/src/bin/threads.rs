//! Threads that share one agent, in a program without an async runtime.
//!
//! ```sh
//! export PATH=$PATH:/usr/sbin                                # where Debian keeps mosquitto
//! mosquitto -p 18830 &
//! sleep 1                                                    # until it listens
//! mosquitto_sub -v -p 18830 -q 1 -t 'threads/#' &
//! cargo run -p slimqtt-host --bin threads -- 127.0.0.1:18830
//! ```
//!
//! End mosquitto and start it again meanwhile: no message of the sensors is lost.

use std::io;
use std::net::TcpStream;
use std::process;
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use async_io::{Async, Timer};
use clap::Parser;
use embedded_io_adapters::futures_03::FromFutures;
use slimqtt::complete::{Agent, QoS};
use slimqtt::{Backoff, Clock, CommandError, Connect, ConnectReturnCode, Error, packet};

/// The one connection: every thread uses it, and none has to know of a lock.
///
/// An agent has room for one waiting thread more than it has slots, here 4. Declare one of your own for more threads.
static MQTT: Agent = Agent::new();

/// The session is kept, so that a message that was on its way when the connection broke is sent again on the next one.
const CONNECT: Connect<32> = match Connect::from_packet(&packet::Connect {
    clean_session: false,
    keep_alive: 60,
    client_identifier: "threads",
    will: None,
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

/// Threads that publish over one connection.
#[derive(Parser)]
struct Arguments {
    /// HOST:PORT of the broker.
    #[arg(default_value = "127.0.0.1:1883")]
    broker: String,
    /// How many messages each thread publishes.
    #[arg(long, default_value_t = 20)]
    messages: usize,
    /// Milliseconds between two messages of a thread.
    #[arg(long, default_value_t = 200)]
    pause: u64,
}

/// The main thread runs the connection. So the program also ends if the broker refuses it.
fn main() -> Result<()> {
    let Arguments { broker, messages, pause } = Arguments::parse();
    let pause = Duration::from_millis(pause);
    let work = thread::spawn(move || work(messages, pause));
    async_io::block_on(connection(&broker))?;
    outcome(work)
}

/// All other threads. When they are done, the connection is, too.
fn work(messages: usize, pause: Duration) -> Result<()> {
    let topics = ["threads/sensor/1", "threads/sensor/2", "threads/sensor/3"];
    let sensors = topics.map(|topic| thread::spawn(move || sensor(topic, messages, pause)));
    let button = thread::spawn(move || button(messages, pause));
    // All of them come to their end. The first that failed tells why.
    let outcomes: Vec<Result<()>> = sensors.into_iter().chain([button]).map(outcome).collect();
    // If the connection is lost just now, it is for the next one.
    while pollster::block_on(MQTT.disconnect()).is_err() {}
    outcomes.into_iter().collect()
}

/// What has become of a thread, when it has ended.
fn outcome<E: Into<anyhow::Error>>(thread: JoinHandle<Result<(), E>>) -> Result<()> {
    thread.join().map_err(|_| anyhow!("a thread panicked"))?.map_err(Into::into)
}

/// Publishes, and waits until the broker has the message: `block_on` parks the thread until it is woken.
fn sensor(topic: &str, messages: usize, pause: Duration) -> Result<(), CommandError> {
    for number in 0..messages {
        let message = number.to_string();
        // If the broker has forgotten the session, the message may have arrived or not: at QoS 1 it may come twice.
        while let Err(error) = pollster::block_on(MQTT.publish(QoS::AtLeastOnce, topic, message.as_bytes())) {
            if error != CommandError::SessionLost {
                return Err(error);
            }
        }
        sleep(pause);
    }
    println!("{topic}: {messages} messages have arrived");
    Ok(())
}

/// Never waits. Where there is no connection, the slots are full after a while.
fn button(messages: usize, pause: Duration) -> Result<(), CommandError> {
    let mut accepted = 0;
    for number in 0..messages {
        match MQTT.try_publish(QoS::AtMostOnce, "threads/button", number.to_string().as_bytes()) {
            Ok(()) => accepted += 1,
            Err(CommandError::QueueFull) => {}
            Err(error) => return Err(error),
        }
        sleep(pause);
    }
    println!("threads/button: {accepted} of {messages} messages were put in line");
    Ok(())
}

/// One connection after another, until a thread disconnects.
async fn connection(broker: &str) -> Result<()> {
    let clock = ThreadClock(Instant::now());
    let mut backoff = Backoff::new(200, 10_000, process::id());
    loop {
        let began = clock.now_ms();
        match transport(broker) {
            Ok(stream) => {
                // Reads and writes are two borrows of one socket.
                let (mut rx, mut tx) = (FromFutures::new(&stream), FromFutures::new(&stream));
                match MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, |_| {}).await {
                    Ok(()) => return Ok(()),
                    // The same CONNECT will not help, unless the broker says that it is busy.
                    Err(error @ Error::Refused(code)) if code != ConnectReturnCode::ServerUnavailable => bail!(error),
                    Err(error) => eprintln!("connection lost: {error}"),
                }
            }
            Err(error) => eprintln!("cannot connect to {broker}: {error}"),
        }
        backoff.wait(&clock, began).await;
    }
}

/// The agent reads while it writes, so it cannot have a socket that blocks: `async-io` turns one of the standard library
/// into one that does not. Its `block_on` sleeps in the operating system until the socket or a timer is ready, or another
/// thread has given a command; it brings no executor.
fn transport(broker: &str) -> io::Result<Async<TcpStream>> {
    let stream = TcpStream::connect(broker)?;
    stream.set_nodelay(true)?;
    Async::new(stream)
}

/// Milliseconds since the program began.
struct ThreadClock(Instant);

impl Clock for ThreadClock {
    fn now_ms(&self) -> u32 {
        // It may wrap.
        self.0.elapsed().as_millis() as u32
    }

    async fn wait_until(&self, deadline: u32) {
        // Less than 0 if the deadline has passed.
        let left = deadline.wrapping_sub(self.now_ms()) as i32;
        Timer::after(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_thread_has_failed_is_told() {
        let told =
            |work: fn() -> Result<(), CommandError>| outcome(thread::spawn(work)).map_err(|error| error.to_string());
        assert_eq!(told(|| Ok(())), Ok(()));
        assert_eq!(told(|| Err(CommandError::QueueFull)), Err(CommandError::QueueFull.to_string()));
        assert_eq!(told(|| panic!("on purpose")), Err("a thread panicked".to_owned()));
    }
}
