//! Tasks of tokio that share one agent: some publish, one gets messages through a channel, and Ctrl-C disconnects.
//!
//! ```sh
//! export PATH=$PATH:/usr/sbin                                # where Debian keeps mosquitto
//! mosquitto -p 18830 &
//! sleep 1                                                    # until it listens
//! mosquitto_sub -v -p 18830 -q 2 -t 'house/#' &
//! cargo run -p slimqtt-host --bin tokio -- 127.0.0.1:18830 &
//! mosquitto_pub -p 18830 -q 1 -t house/ask/1 -m hello        # when it has said `subscribed`; answered by `house/answer hello`
//! ```
//!
//! Clock and transport are in `src/lib.rs`. End mosquitto and start it again: the program connects anew.

use std::pin::pin;
use std::process;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Backoff, Clock, CommandError, Connect, ConnectReturnCode, Error, Message, packet};
use slimqtt_host::{TokioClock, Transport, connect};
use tokio::signal::ctrl_c;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{MissedTickBehavior, interval, timeout};

static MQTT: Agent = Agent::new();

/// The session is kept: what is published for this client while it is away waits for it.
const CONNECT: Connect<32> = match Connect::from_packet(&packet::Connect {
    clean_session: false,
    keep_alive: 60,
    client_identifier: "house",
    will: None,
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

/// How long the broker may take to hear a goodbye. It may be away just then.
const GOODBYE: Duration = Duration::from_secs(2);

/// Tasks that publish and receive over one connection.
#[derive(Parser)]
struct Arguments {
    /// HOST:PORT of the broker.
    #[arg(default_value = "127.0.0.1:1883")]
    broker: String,
    /// Milliseconds between two temperatures.
    #[arg(long, default_value_t = 1000)]
    pause: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { broker, pause } = Arguments::parse();
    let (questions, inbox) = unbounded_channel();
    tokio::spawn(async move {
        if let Err(error) = temperature(pause).await {
            eprintln!("no more temperatures: {error}");
        }
    });
    tokio::spawn(answers(inbox));
    let mut connection = pin!(connection(broker, questions));
    tokio::select! {
        // In this order: Ctrl-C is heard from the beginning.
        biased;
        pressed = ctrl_c() => pressed?,
        // It cannot go on: the broker has refused it.
        ended = &mut connection => return ended,
    }
    // If the connection is lost just now, it is for the next one.
    let disconnect = async {
        while MQTT.disconnect().await.is_err() {}
        Ok(())
    };
    let goodbye = async { tokio::try_join!(connection, disconnect) };
    let Ok(ended) = timeout(GOODBYE, goodbye).await else { bail!("there is no broker to disconnect from") };
    ended?;
    println!("disconnected");
    Ok(())
}

/// Any task that publishes: it waits until the broker has the message.
async fn temperature(pause: u64) -> Result<(), CommandError> {
    let mut interval = interval(Duration::from_millis(pause));
    // `publish` may have waited long for a connection. What was not measured then is not made up for.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0.. {
        interval.tick().await;
        let message = format!("21.{}", number % 10);
        match MQTT.publish(QoS::AtLeastOnce, "house/temperature", message.as_bytes()).await {
            // The broker has forgotten the session. It may have the message or not; the next one follows.
            Ok(()) | Err(CommandError::SessionLost) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The task that gets messages. It may take its time for each, and give commands.
async fn answers(mut inbox: UnboundedReceiver<Question>) {
    while let Some(Question { topic, text }) = inbox.recv().await {
        println!("{topic}: {text}");
        if let Err(error) = MQTT.publish(QoS::ExactlyOnce, "house/answer", text.as_bytes()).await {
            eprintln!("no answer to {topic}: {error}");
        }
    }
}

/// A message, as it goes through the channel.
struct Question {
    topic: String,
    text: String,
}

/// One connection after another, until a task disconnects.
async fn connection(broker: String, questions: UnboundedSender<Question>) -> Result<()> {
    let clock = TokioClock::default();
    let mut backoff = Backoff::new(200, 10_000, process::id());
    loop {
        let began = clock.now_ms();
        match connect(&broker).await {
            Ok(transport) => match run(transport, &clock, &questions).await {
                Ok(()) => return Ok(()),
                // The same CONNECT will not help, unless the broker says that it is busy.
                Err(error @ Error::Refused(code)) if code != ConnectReturnCode::ServerUnavailable => bail!(error),
                Err(error) => eprintln!("connection lost: {error}"),
            },
            Err(error) => eprintln!("cannot connect to {broker}: {error}"),
        }
        backoff.wait(&clock, began).await;
    }
}

/// One connection. It subscribes anew, since a broker may have lost the session.
async fn run(
    (mut rx, mut tx): Transport,
    clock: &TokioClock,
    questions: &UnboundedSender<Question>,
) -> Result<(), Error> {
    // Called while a packet is taken apart, so it only puts the message aside. The channel has no limit: what has been
    // acknowledged is not to be dropped.
    let handler = |message: Message<'_>| {
        // One that is larger than the receive buffer would come in parts. See `download.rs` for those.
        if message.payload.len() == message.length {
            let text = String::from_utf8_lossy(message.payload).into_owned();
            // It fails when the program ends.
            let _ = questions.send(Question { topic: message.topic.as_str().to_owned(), text });
        }
    };
    let run = MQTT.run(&mut rx, &mut tx, clock, &CONNECT, handler);
    let subscribe = async {
        match MQTT.subscribe(&[("house/ask/#", RequestedQoS::ExactlyOnce)]).await {
            Ok([code]) => println!("subscribed: {code:?}"),
            // The next connection has the next try.
            Err(error) => eprintln!("not subscribed: {error}"),
        }
        std::future::pending().await
    };
    tokio::select! {
        ended = run => ended,
        ended = subscribe => ended,
    }
}
