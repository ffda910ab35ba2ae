//! The same agent over the TLS that firmware has, `embedded-tls`: it reads and writes through its two halves, and certificates
//! are checked.

use std::io::{Error, ErrorKind};
use std::rc::Rc;
use std::thread;
use std::time::SystemTime;

use embedded_io_async::{ErrorType, Read, Write};
use embedded_tls::pki::CertVerifier;
use embedded_tls::{
    Aes128GcmSha256, Certificate, CryptoProvider, CryptoRngCore, SignatureScheme, TlsConfig, TlsConnection, TlsContext,
    TlsError, TlsVerifier,
};
use p256::ecdsa::signature::SignerMut;
use p256::ecdsa::{DerSignature, SigningKey};
use rand_core::OsRng;
use slimqtt::Connect;
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt_end_to_end::{Authority, Broker, TokioClock, inbox, outcome, runtime};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// A TCP connection, for both halves.
#[derive(Clone)]
struct Socket(Rc<TcpStream>);

impl ErrorType for Socket {
    type Error = Error;
}

impl Read for Socket {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            self.0.readable().await?;
            match self.0.try_read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }
}

impl Write for Socket {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        loop {
            self.0.writable().await?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// What it needs of the platform: random numbers, and what time it is. It has no certificate of its own.
struct Platform<'a> {
    verifier: CertVerifier<'a, Aes128GcmSha256, SystemTime, 4096>,
}

impl CryptoProvider for Platform<'_> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = DerSignature;

    fn rng(&mut self) -> impl CryptoRngCore {
        OsRng
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }

    fn signer(&mut self) -> Result<(impl SignerMut<DerSignature>, SignatureScheme), TlsError> {
        Err::<(SigningKey, _), _>(TlsError::InvalidPrivateKey)
    }
}

/// A broker that speaks TLS 1.3 alone, and its files.
fn broker([certificate, key]: &[String; 2]) -> (Broker, TempDir) {
    let directory = tempfile::tempdir().expect("a folder for temporary files");
    let [certificate, key] = [("certificate.pem", certificate), ("key.pem", key)].map(|(name, text)| {
        let file = directory.path().join(name);
        std::fs::write(&file, text).expect("a file for the broker");
        file.display().to_string()
    });
    let lines = format!("allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\ntls_version tlsv1.3");
    (Broker::configured(&lines), directory)
}

/// Opens TLS to a broker that has to have this name, and lets somebody use it.
async fn with_tls<T>(
    port: u16,
    name: &str,
    authority: &str,
    using: impl AsyncFnOnce(&mut TlsConnection<'_, Socket, Aes128GcmSha256>) -> T,
) -> Result<T, TlsError> {
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate");
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the broker listens");
    // The largest record that may come; those that go out are as large as one wants.
    let (mut incoming, mut outgoing) = (vec![0; 16_640], vec![0; 1024]);
    let mut tls = TlsConnection::new(Socket(Rc::new(stream)), &mut incoming, &mut outgoing);
    let platform = Platform { verifier: CertVerifier::new(Certificate::X509(&authority)) };
    tls.open(TlsContext::new(&TlsConfig::new().with_server_name(name), platform)).await?;
    Ok(using(&mut tls).await)
}

#[test]
fn messages_go_and_come() {
    static MQTT: Agent = Agent::new();
    let authority = Authority::new();
    let (broker, _files) = broker(&authority.sign("broker.example"));
    let (handler, inbox) = inbox();
    let (port, certificate) = (broker.port, authority.certificate.clone());
    let connection = thread::spawn(move || {
        let connect = Connect::<32>::new("embedded-tls", 60).expect("it fits");
        runtime().block_on(with_tls(port, "broker.example", &certificate, async |tls| {
            let (mut rx, mut tx) = tls.split();
            MQTT.run(&mut rx, &mut tx, &TokioClock::default(), &connect, handler).await
        }))
    });
    outcome(MQTT.subscribe(&[("secret/#", RequestedQoS::ExactlyOnce)])).expect("it is granted");
    for number in 0..300_u32 {
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][number as usize % 3];
        assert_eq!(outcome(MQTT.publish(qos, "secret/1", &number.to_be_bytes())), Ok(()));
        assert_eq!(inbox.next().payload, number.to_be_bytes());
    }
    // Larger than a record.
    static LARGE: [u8; 50_000] = [7; 50_000];
    assert_eq!(outcome(MQTT.publish_from(QoS::ExactlyOnce, "secret/2", &LARGE)), Ok(()));
    assert!(inbox.next().payload == LARGE);
    assert_eq!(outcome(MQTT.disconnect()), Ok(()));
    let ended = connection.join().expect("it does not panic").expect("it is trusted");
    assert_eq!(ended, Ok(()));
}

#[test]
fn wrong_certificates_are_refused() {
    let authority = Authority::new();
    let opens = |port, name: &str, authority: &Authority| {
        runtime().block_on(with_tls(port, name, &authority.certificate, async |_| {})).is_ok()
    };
    let (good, _files) = broker(&authority.sign("broker.example"));
    let (expired, _files) = broker(&authority.sign_until("broker.example", (2020, 1, 1)));
    assert!(opens(good.port, "broker.example", &authority));
    assert!(!opens(good.port, "broker.example", &Authority::new()), "another authority");
    assert!(!opens(good.port, "other.example", &authority), "another name");
    assert!(!opens(expired.port, "broker.example", &authority), "an old one");
}
