//! TCP, with TLS or without.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, copy, sink, split};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::arguments::Connection;
use crate::tls;

/// How long a connection may take to be made, and to be closed.
const CONNECTING: Duration = Duration::from_secs(10);
const CLOSING: Duration = Duration::from_secs(1);

/// A stream of bytes, both ways.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// Both halves of a connection.
pub(crate) struct Transport {
    pub(crate) rx: Half<ReadHalf<Box<dyn Stream>>>,
    pub(crate) tx: Half<WriteHalf<Box<dyn Stream>>>,
}

/// One of them. It remembers how it has failed: the agent only tells the kind of an error.
pub(crate) struct Half<T> {
    half: T,
    failure: Option<io::Error>,
}

impl<T> Half<T> {
    fn note<R>(&mut self, outcome: io::Result<R>) -> Result<R, ErrorKind> {
        outcome.map_err(|error| {
            let kind = error.kind().into();
            self.failure = Some(error);
            kind
        })
    }
}

impl<T> ErrorType for Half<T> {
    type Error = ErrorKind;
}

impl<T: AsyncRead + Unpin> Read for Half<T> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let outcome = self.half.read(buffer).await;
        self.note(outcome)
    }
}

impl<T: AsyncWrite + Unpin> Write for Half<T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let outcome = self.half.write(bytes).await;
        self.note(outcome)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        let outcome = self.half.flush().await;
        self.note(outcome)
    }
}

impl Transport {
    fn new(stream: impl Stream + 'static) -> Self {
        let (rx, tx) = split(Box::new(stream) as Box<dyn Stream>);
        Self { rx: Half { half: rx, failure: None }, tx: Half { half: tx, failure: None } }
    }

    /// How it has failed, if it has.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        self.rx.failure.take().or_else(|| self.tx.failure.take())
    }

    /// Closes it in order. Who closes a connection with bytes unread resets it, and may take away what it has just sent.
    pub(crate) async fn close(self) {
        let mut stream = self.rx.half.unsplit(self.tx.half);
        let closing = async {
            stream.shutdown().await?;
            copy(&mut stream, &mut sink()).await
        };
        // The broker has had its DISCONNECT, or is gone.
        let _ = timeout(CLOSING, closing).await;
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
            Some((TlsConnector::from(Arc::new(tls::config(options)?)), name))
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
        let outcome = connected.unwrap_or_else(|_| bail!("no answer for {} seconds", CONNECTING.as_secs()));
        outcome.with_context(|| format!("cannot connect to {host}, port {port}"))
    }
}
