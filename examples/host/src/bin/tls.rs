//! A message over TLS, with [rustls](https://docs.rs/rustls): the broker's certificate is checked before a byte of MQTT
//! goes out.
//!
//! ```sh
//! mkdir -p target/tls && cd target/tls
//! openssl req -x509 -newkey rsa:2048 -noenc -keyout ca.key -out ca.pem -days 30 -subj /CN=authority
//! openssl req -newkey rsa:2048 -noenc -keyout broker.key -out broker.csr -subj /CN=broker
//! printf 'subjectAltName=DNS:localhost' | openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -days 30 \
//!     -extfile /dev/stdin -out broker.pem
//! printf 'listener 18883\nallow_anonymous true\ncertfile broker.pem\nkeyfile broker.key\n' > tls.conf
//! export PATH=$PATH:/usr/sbin                            # where Debian keeps mosquitto
//! mosquitto -c tls.conf &
//! sleep 1                                                # until it listens
//! cargo run -p slimqtt-host --bin tls -- localhost:18883 --authority ca.pem
//! ```
//!
//! With `--name other.example` it ends before it has said anything: the certificate is for another name.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use embedded_io_adapters::tokio_1::FromTokio;
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Connect, Message, SubackReturnCode};
use slimqtt_host::TokioClock;
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

static MQTT: Agent = Agent::new();

const CONNECT: Connect<32> = match Connect::new("tls", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

/// Publishes a message over TLS, and receives it.
#[derive(Parser)]
struct Arguments {
    /// HOST:PORT of the broker.
    #[arg(default_value = "localhost:8883")]
    broker: String,
    /// File with the certificates of those who may sign the broker's, in PEM.
    #[arg(long)]
    authority: PathBuf,
    /// The name that the broker's certificate must have; without it, the host's.
    #[arg(long)]
    name: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let stream = secure(Arguments::parse()).await?;
    // From here on all is as over TCP: a half to read from, and one to write to.
    let (rx, tx) = tokio::io::split(stream);
    let (mut rx, mut tx) = (FromTokio::new(rx), FromTokio::new(tx));
    let clock = TokioClock::default();
    let (sender, mut messages) = unbounded_channel();
    let handler = |message: Message<'_>| {
        // Somebody waits for it as long as the connection is there.
        let _ = sender.send(String::from_utf8_lossy(message.payload).into_owned());
    };
    let run = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, handler);
    let work = async {
        let [code] = MQTT.subscribe(&[("tls/temperature", RequestedQoS::ExactlyOnce)]).await?;
        ensure!(code != SubackReturnCode::Failure, "the broker refuses the subscription");
        MQTT.publish(QoS::ExactlyOnce, "tls/temperature", b"21.5").await?;
        println!("received over TLS: {}", messages.recv().await.unwrap_or_default());
        anyhow::Ok(MQTT.disconnect().await?)
    };
    // Both end well; or the first error ends both.
    tokio::try_join!(async { Ok(run.await?) }, work)?;
    Ok(())
}

/// Connects, and checks the certificate: who has signed it, for which name, and until when.
async fn secure(Arguments { broker, authority, name }: Arguments) -> Result<TlsStream<TcpStream>> {
    let file = authority.display();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&authority).with_context(|| format!("cannot read {file}"))? {
        roots.add(certificate.with_context(|| format!("{file} is not in PEM"))?)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let host = broker.rsplit_once(':').map_or(&*broker, |(host, _port)| host);
    let name = ServerName::try_from(name.unwrap_or_else(|| host.to_owned()))?;
    let stream = TcpStream::connect(&broker).await.with_context(|| format!("cannot connect to {broker}"))?;
    stream.set_nodelay(true)?;
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.with_context(|| format!("{broker} is not trusted"))
}
