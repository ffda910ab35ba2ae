//! A firmware download: the broker keeps an image of any size, and hands it over as one message; the device has 128 bytes
//! for messages, gets it in parts, and writes them into (simulated) flash as they come.
//!
//! ```sh
//! export PATH=$PATH:/usr/sbin                                # where Debian keeps mosquitto
//! mosquitto -p 18830 &
//! sleep 1                                                    # until it listens
//! mosquitto_sub -v -p 18830 -t 'device/1/state' &
//! cargo run -p slimqtt-host --bin download -- 127.0.0.1:18830 device &
//! head -c 65536 /dev/urandom > image.bin
//! cargo run -p slimqtt-host --bin download -- 127.0.0.1:18830 publish --version 2 image.bin
//! ```
//!
//! Publish another version: it replaces this one. Start the device before or after that: the message is a retained one.
//! What takes the parts is `slimqtt-download` (`examples/download`), which is made for chips; its page says more.

use std::fs;
use std::path::PathBuf;
use std::process;

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, Subcommand};
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Backoff, Clock, Connect, ConnectReturnCode, Error, Message, Payload, SubackReturnCode};
use slimqtt_download::{Download, Image, Progress, RamFlash};
use slimqtt_host::{TokioClock, connect};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

static MQTT: Agent = Agent::new();

const IMAGE: &str = "device/1/image";
const STATE: &str = "device/1/state";

/// 128 KB in sectors of 4 KB, as many chips have it.
type Flash = RamFlash<0x2_0000, 0x1000>;

/// Firmware over MQTT.
#[derive(Parser)]
struct Arguments {
    /// HOST:PORT of the broker.
    broker: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Publishes an image, and has the broker keep it.
    Publish {
        /// The image's version number.
        #[arg(long)]
        version: u32,
        /// The image.
        file: PathBuf,
    },
    /// Act as the device, and wait for images.
    Device,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Arguments { broker, command } = Arguments::parse();
    match command {
        Command::Publish { version, file } => publish(&broker, version, &file).await,
        Command::Device => device(&broker).await,
    }
}

/// The header and the image are one message: whatever happens, they belong together.
async fn publish(broker: &str, version: u32, file: &PathBuf) -> Result<()> {
    let image = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let about = Image::of(version, &image);
    // Much larger than a slot: the agent reads it when it sends it, so it must be there for ever.
    let message: &'static [u8] = [&about.header()[..], &image].concat().leak();
    let payload: &'static dyn Payload = Box::leak(Box::new(message));

    let (mut rx, mut tx) = connect(broker).await.with_context(|| format!("cannot connect to {broker}"))?;
    let (clock, connect_packet) = (TokioClock::default(), Connect::<32>::new("publisher", 60)?);
    let run = MQTT.run(&mut rx, &mut tx, &clock, &connect_packet, |_| {});
    let work = async {
        MQTT.publish_retained_from(QoS::AtLeastOnce, IMAGE, payload).await?;
        anyhow::Ok(MQTT.disconnect().await?)
    };
    tokio::try_join!(async { Ok(run.await?) }, work)?;
    println!("published {about}");
    Ok(())
}

/// One connection after another. The download outlives them.
async fn device(broker: &str) -> Result<()> {
    let mut flash = Box::new(Flash::new());
    let mut download = Download::new(&mut *flash)?;
    let (reports, mut to_report) = unbounded_channel();
    // Called for each part. The next one is not read before this returns, so flash may take its time; TCP has the broker wait.
    let mut handler = |message: Message<'_>| {
        if message.offset == 0 {
            println!("a message of {} bytes begins", message.length);
        }
        let report = match download.take(message.payload, message.offset, message.length) {
            Ok(Progress::Coming) => return,
            Ok(Progress::Installed(image)) => format!("installed {image}"),
            Ok(Progress::Known(image)) => format!("has {image}"),
            Err(error) => format!("failed: {error}"),
        };
        // Somebody reports as long as the connection is there.
        let _ = reports.send(report);
    };
    let (clock, connect_packet) = (TokioClock::default(), Connect::<32>::new("device-1", 60)?);
    let mut backoff = Backoff::new(200, 10_000, process::id());
    loop {
        let began = clock.now_ms();
        match connect(broker).await {
            Ok((mut rx, mut tx)) => {
                let run = MQTT.run(&mut rx, &mut tx, &clock, &connect_packet, &mut handler);
                let ended = tokio::select! {
                    ended = run => ended,
                    Err(error) = report(&mut to_report) => bail!(error),
                };
                match ended {
                    Ok(()) => return Ok(()),
                    // The same CONNECT will not help, unless the broker says that it is busy.
                    Err(error @ Error::Refused(code)) if code != ConnectReturnCode::ServerUnavailable => bail!(error),
                    Err(error) => println!("connection lost: {error}"),
                }
            }
            Err(error) => println!("cannot connect to {broker}: {error}"),
        }
        backoff.wait(&clock, began).await;
    }
}

/// Asks for the image on each connection anew, and tells what has become of it. A report that is lost with its connection is
/// made again: the broker sends the image again, and the device has it then.
async fn report(reports: &mut UnboundedReceiver<String>) -> Result<()> {
    let [code] = MQTT.subscribe(&[(IMAGE, RequestedQoS::AtLeastOnce)]).await?;
    ensure!(code != SubackReturnCode::Failure, "the broker refuses the subscription to {IMAGE}");
    while let Some(report) = reports.recv().await {
        println!("{report}");
        MQTT.publish_retained(QoS::AtLeastOnce, STATE, report.as_bytes()).await?;
    }
    Ok(())
}
