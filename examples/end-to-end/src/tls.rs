//! TLS below an agent, with rustls: the Server shows a certificate, and it is checked.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use embedded_io_adapters::tokio_1::FromTokio;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Both halves of a transport for an agent.
pub type TlsTransport = (FromTokio<ReadHalf<TlsStream<TcpStream>>>, FromTokio<WriteHalf<TlsStream<TcpStream>>>);

/// Connects to a port of this host, and checks that the Server has a certificate for this name from this authority, given in
/// PEM.
///
/// # Errors
/// Where nobody listens, or the certificate is not good enough.
pub async fn connect_tls(port: u16, name: &str, authority: &str) -> io::Result<TlsTransport> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(authority.as_bytes()).map_err(io::Error::other)?;
    roots.add(certificate).map_err(io::Error::other)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let (rx, tx) = split(stream);
    Ok((FromTokio::new(rx), FromTokio::new(tx)))
}

/// Who signs certificates.
pub struct Authority {
    /// Its own certificate, in PEM.
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Another one each time.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Another name than in what it signs, which would look as if it had signed itself.
        parameters.distinguished_name.push(DnType::CommonName, "authority");
        let certificate = parameters.self_signed(&key).expect("a certificate").pem();
        Self { certificate, issuer: Issuer::new(parameters, key) }
    }

    /// A certificate for a Server of this name, and its key, both in PEM.
    pub fn sign(&self, name: &str) -> [String; 2] {
        self.sign_until(name, (4096, 1, 1))
    }

    /// The same, until a day: year, month, day.
    pub fn sign_until(&self, name: &str, (year, month, day): (i32, u8, u8)) -> [String; 2] {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new([name.to_owned()]).expect("a name");
        parameters.not_after = rcgen::date_time_ymd(year, month, day);
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate").pem();
        [certificate, key.serialize_pem()]
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
