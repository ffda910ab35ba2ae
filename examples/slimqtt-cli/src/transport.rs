//! TCP, with TLS or without.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use embedded_io_adapters::tokio_1::FromTokio;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, copy, sink, split};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::arguments::Connection;

/// How long a connection may take to be made, and to be closed.
const CONNECTING: Duration = Duration::from_secs(10);
const CLOSING: Duration = Duration::from_secs(1);

/// A stream of bytes, both ways.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// Both halves of a connection.
pub(crate) struct Transport {
    pub(crate) rx: FromTokio<ReadHalf<Box<dyn Stream>>>,
    pub(crate) tx: FromTokio<WriteHalf<Box<dyn Stream>>>,
}

impl Transport {
    fn new(stream: impl Stream + 'static) -> Self {
        let (rx, tx) = split(Box::new(stream) as Box<dyn Stream>);
        Self { rx: FromTokio::new(rx), tx: FromTokio::new(tx) }
    }

    /// Closes it in order. Who closes a connection with bytes unread resets it, and may take away what it has just sent.
    pub(crate) async fn close(self) {
        let mut stream = self.rx.into_inner().unsplit(self.tx.into_inner());
        let _ = timeout(CLOSING, async {
            stream.shutdown().await?;
            copy(&mut stream.take(u64::MAX), &mut sink()).await
        })
        .await;
    }
}

/// Where connections go.
pub(crate) struct Broker {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Broker {
    /// Reads the files that TLS needs.
    pub(crate) fn new(options: &Connection) -> Result<Self> {
        let (host, port) = (options.host().to_owned(), options.port());
        let tls = if options.uses_tls() {
            let name =
                ServerName::try_from(host.clone()).with_context(|| format!("no certificate has the name `{host}`"))?;
            Some((TlsConnector::from(Arc::new(tls(options)?)), name))
        } else {
            None
        };
        Ok(Self { host, port, tls })
    }

    pub(crate) async fn connect(&self) -> Result<Transport> {
        let Self { host, port, tls } = self;
        log::debug!("connecting to {host}, port {port}, {} TLS", if tls.is_some() { "with" } else { "without" });
        let connecting = async {
            let tcp = TcpStream::connect((host.as_str(), *port)).await?;
            tcp.set_nodelay(true)?;
            Ok(match tls {
                Some((connector, name)) => Transport::new(connector.connect(name.clone(), tcp).await?),
                None => Transport::new(tcp),
            })
        };
        let connected = timeout(CONNECTING, connecting).await;
        let outcome = connected.unwrap_or_else(|_| anyhow::bail!("no answer for {} seconds", CONNECTING.as_secs()));
        outcome.with_context(|| format!("cannot connect to {host}, port {port}"))
    }
}

fn tls(options: &Connection) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = &options.cafile {
        for certificate in certificates(file)? {
            roots.add(certificate).with_context(|| format!("cannot use a certificate of {}", file.display()))?;
        }
    }
    if options.trusts_system() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    ensure!(!roots.is_empty(), "the system has no certificates that it trusts: give --cafile");
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = if options.insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName(verifier)))
    } else {
        builder.with_webpki_verifier(verifier)
    };
    let (Some(certificate), Some(key)) = (&options.cert, &options.key) else {
        return Ok(builder.with_no_client_auth());
    };
    let private =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read a key from {}", key.display()))?;
    let config = builder.with_client_auth_cert(certificates(certificate)?, private);
    config.with_context(|| format!("cannot use the certificate {} with this key", certificate.display()))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.with_context(|| format!("cannot read certificates from {}", file.display()))?;
    ensure!(!certificates.is_empty(), "there is no certificate in {}", file.display());
    Ok(certificates)
}

/// Takes a certificate from an authority that is trusted, whatever name it is for.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is the last thing that is looked at.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
