//! Publishes a message over TLS: `cargo run -p slimqtt-end-to-end --features tls --example tls -- PORT NAME AUTHORITY.pem`,
//! where the Server listens on a port of this host and has a certificate for the name from the authority.

use std::error::Error;
use std::{env, fs};

use slimqtt::Connect;
use slimqtt::complete::{Agent, QoS};
use slimqtt_end_to_end::{TokioClock, connect_tls};

static MQTT: Agent = Agent::new();

const CONNECT: Connect<32> = match Connect::new("tls", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let [port, name, authority] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("give a port, the name in the certificate, and a file with the authority's certificate".into());
    };
    let (mut rx, mut tx) = connect_tls(port.parse()?, name, &fs::read_to_string(authority)?).await?;
    let clock = TokioClock::default();
    let run = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, |_| {});
    let publish = async {
        MQTT.publish(QoS::ExactlyOnce, "room/1/temperature", b"21.5").await?;
        MQTT.disconnect().await
    };
    let (ended, published) = tokio::join!(run, publish);
    published?;
    Ok(ended?)
}
