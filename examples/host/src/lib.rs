//! What the programs on tokio have of their platform: a clock, and a transport over TCP.
#![forbid(unsafe_code)]

use std::io;
use std::time::{Duration, Instant};

use embedded_io_adapters::tokio_1::FromTokio;
use slimqtt::Clock;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::sleep;

/// Milliseconds since it was made.
pub struct TokioClock(Instant);

impl Default for TokioClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TokioClock {
    fn now_ms(&self) -> u32 {
        // It may wrap.
        self.0.elapsed().as_millis() as u32
    }

    async fn wait_until(&self, deadline: u32) {
        // Less than 0 if the deadline has passed.
        let left = deadline.wrapping_sub(self.now_ms()) as i32;
        sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
    }
}

/// What an agent reads from, and what it writes to.
pub type Transport = (FromTokio<OwnedReadHalf>, FromTokio<OwnedWriteHalf>);

/// Connects to `HOST:PORT`.
///
/// # Errors
/// Where nobody listens.
pub async fn connect(broker: &str) -> io::Result<Transport> {
    let stream = TcpStream::connect(broker).await?;
    // Packets are small, and are not to wait for one another.
    stream.set_nodelay(true)?;
    let (rx, tx) = stream.into_split();
    Ok((FromTokio::new(rx), FromTokio::new(tx)))
}
