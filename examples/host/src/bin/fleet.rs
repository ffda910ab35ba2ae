//! A thousand devices in one process, each with an agent and a connection of its own, and what they take.
//!
//! ```sh
//! export PATH=$PATH:/usr/sbin                            # where Debian keeps mosquitto
//! mosquitto -p 18830 &
//! sleep 1                                                # until it listens
//! cargo run --release -p slimqtt-host --bin fleet -- 127.0.0.1:18830 --agents 1000 --messages 100
//! ```
//!
//! The devices stand in a ring: each publishes to the next one and receives from the one before, at QoS 1 and 2 in turn.
//! Each waits for its neighbour's message before it sends another one, so all of them are busy all the time.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use memory_stats::memory_stats;
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Connect, Message, SubackReturnCode};
use slimqtt_host::{TokioClock, connect};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

/// Files that the process has open beside the connections, and some to spare.
const OTHER_FILES: u64 = 32;

/// How many devices connect at a time.
const DIALING: usize = 50;

/// Agents by the hundred against one broker.
#[derive(Parser)]
struct Arguments {
    /// HOST:PORT of the broker.
    #[arg(default_value = "127.0.0.1:1883")]
    broker: String,
    /// How many agents.
    #[arg(long, default_value = "1000")]
    agents: NonZeroUsize,
    /// How many messages each of them publishes, and receives.
    #[arg(long, default_value_t = 100)]
    messages: usize,
}

/// What the devices have in common.
struct Fleet {
    broker: String,
    agents: usize,
    messages: usize,
    /// A few connect at a time: a broker has a short queue for new connections.
    dialing: Semaphore,
    /// All meet when they have subscribed, and when they have sent and received all.
    stages: Barrier,
    /// They stay connected until memory was measured.
    measured: Semaphore,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { broker, agents, messages } = Arguments::parse();
    let agents = agents.get();
    allow_files(agents as u64 + OTHER_FILES)?;
    let (dialing, stages, measured) = (Semaphore::new(DIALING), Barrier::new(agents + 1), Semaphore::new(0));
    let fleet = Arc::new(Fleet { broker, agents, messages, dialing, stages, measured });
    let before = resident()?;
    let grown = || anyhow::Ok(resident()?.saturating_sub(before) / agents);
    let (mut devices, mut task, mut connection) = (JoinSet::new(), 0, 0);
    for index in 0..agents {
        let device = device(Arc::clone(&fleet), index);
        task = size_of_val(&device);
        devices.spawn(device);
    }
    together(&fleet, &mut devices).await?;
    let subscribed = grown()?;
    let began = Instant::now();
    together(&fleet, &mut devices).await?;
    let (seconds, after) = (began.elapsed().as_secs_f64(), grown()?);
    fleet.measured.add_permits(agents);
    while let Some(device) = devices.join_next().await {
        connection = device??;
    }
    let total = agents * messages;
    println!("{agents} agents: {total} messages published, {total} received, in {seconds:.2} s");
    println!("{:.0} messages per second, half of them at QoS 1 and half at QoS 2", total as f64 / seconds);
    println!("memory of one agent, in bytes:");
    for (bytes, what) in [
        (size_of::<Agent>(), "the agent itself, size_of::<Agent>()"),
        (connection, "the future that runs its connection"),
        (task, "the whole task: these two, the transport, and what this program does with them"),
        (subscribed, "growth of the process's resident memory when all had subscribed, divided by the agents"),
        (after, "the same when all messages had come"),
    ] {
        println!("{bytes:8}  {what}");
    }
    Ok(())
}

/// Waits until all devices have come as far as this. If one of them ends instead, they never will.
async fn together(fleet: &Fleet, devices: &mut JoinSet<Result<usize>>) -> Result<()> {
    tokio::select! {
        _ = fleet.stages.wait() => Ok(()),
        Some(ended) = devices.join_next() => {
            ended??;
            bail!("a device ended too early")
        }
    }
}

/// One device. Nothing of it is a static: its agent lives in this future, and so in the task. Returns the size of the
/// future that runs its connection.
async fn device(fleet: Arc<Fleet>, index: usize) -> Result<usize> {
    let Fleet { broker, agents, messages, dialing, stages, measured } = &*fleet;
    let agent = Agent::new();
    let come = Semaphore::new(0);
    let connect_packet = Connect::<32>::new(&format!("fleet-{index}"), 600)?;
    let permit = dialing.acquire().await?;
    let (mut rx, mut tx) = connect(broker).await.with_context(|| format!("cannot connect to {broker}"))?;
    let clock = TokioClock::default();
    let mut expected = 0;
    let handler = |message: Message<'_>| {
        // In their order, and none twice: the line does not break.
        if message.payload == expected.to_string().as_bytes() {
            expected += 1;
            come.add_permits(1);
        } else {
            come.close();
        }
    };
    let run = agent.run(&mut rx, &mut tx, &clock, &connect_packet, handler);
    let size = size_of_val(&run);
    let work = async {
        let (own, next) = (format!("fleet/{index}"), format!("fleet/{}", (index + 1) % agents));
        let [code] = agent.subscribe(&[(&own, RequestedQoS::ExactlyOnce)]).await?;
        ensure!(code == SubackReturnCode::GrantedExactlyOnce, "the broker grants {code:?}");
        drop(permit);
        stages.wait().await;
        for number in 0..*messages {
            let qos = if number % 2 == 0 { QoS::AtLeastOnce } else { QoS::ExactlyOnce };
            agent.publish(qos, &next, number.to_string().as_bytes()).await?;
            come.acquire().await.context("another message than the expected one has come")?.forget();
        }
        stages.wait().await;
        measured.acquire().await?.forget();
        Ok(agent.disconnect().await?)
    };
    // Both end well; or the first error ends both.
    tokio::try_join!(async { Ok(run.await?) }, work)?;
    Ok(size)
}

/// Each connection is an open file. Raises the limit of them, as far as this process may.
fn allow_files(needed: u64) -> Result<()> {
    let limit = rlimit::increase_nofile_limit(needed).context("cannot raise the limit of open files")?;
    ensure!(
        limit >= needed,
        "needs {needed} open files, and may have {limit}: run `ulimit -n {needed}` before, or take fewer agents"
    );
    Ok(())
}

/// Memory of this process that is in RAM, in bytes.
fn resident() -> Result<usize> {
    Ok(memory_stats().context("this system does not tell how much memory is in use")?.physical_mem)
}
