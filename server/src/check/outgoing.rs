//! Requests to hosts that are configured: looked up once, asked at the very address that answered, no redirect followed.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName},
    },
};

use super::{certificate::TakesAny, reason_of};

/// To look up a name, to connect, to agree on TLS.
const CONNECT: Duration = Duration::from_secs(5);
/// To answer.
const ANSWER: Duration = Duration::from_secs(15);
/// Of an answer's body no more is read.
const LARGEST_ANSWER: usize = 64 << 10;

/// A host that was found.
#[derive(Debug)]
pub struct Host {
    name: String,
    /// As in the `Host` header.
    authority: String,
    https: bool,
    /// The address that took a connection.
    pub address: SocketAddr,
}

/// Why a host was not found.
#[derive(Debug)]
pub enum Unreached {
    /// Its name has no address.
    Name(String),
    /// None of its addresses took a connection.
    Connection(String),
}

/// A connection for one request.
#[derive(Debug)]
pub struct Connection {
    sender: http1::SendRequest<Body>,
    authority: HeaderValue,
    /// This end of it.
    pub local: SocketAddr,
    /// What the other end showed of itself, its own certificate first; empty over plain HTTP.
    pub chain: Vec<CertificateDer<'static>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Host {
    /// Looks a host up and finds the first of its addresses that takes a connection. `authority` is what requests name it as.
    pub async fn find(https: bool, name: &str, port: u16, authority: &str) -> Result<Self, Unreached> {
        let found = timeout(CONNECT, tokio::net::lookup_host((name, port))).await;
        let addresses: Vec<_> = match found {
            Ok(Ok(addresses)) => addresses.take(8).collect(),
            Ok(Err(error)) => return Err(Unreached::Name(error.to_string())),
            Err(_) => return Err(Unreached::Name("no answer to the question for its address".to_owned())),
        };
        let mut reason = "its name has no address".to_owned();
        for address in addresses {
            match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(_)) => {
                    let (name, authority) = (name.to_owned(), authority.to_owned());
                    return Ok(Self { name, authority, https, address });
                }
                Ok(Err(error)) => reason = format!("{address}: {error}"),
                Err(_) => reason = format!("{address}: no answer in {} s", CONNECT.as_secs()),
            }
        }
        Err(Unreached::Connection(reason))
    }

    /// Opens a connection. The certificate is not judged here.
    pub async fn open(&self) -> Result<Connection, String> {
        timeout(CONNECT, self.connect()).await.unwrap_or_else(|_| Err("no answer to the handshake".to_owned()))
    }

    async fn connect(&self) -> Result<Connection, String> {
        let stream = TcpStream::connect(self.address).await.map_err(|error| error.to_string())?;
        let local = stream.local_addr().map_err(|error| error.to_string())?;
        let authority = HeaderValue::try_from(&self.authority).map_err(|error| error.to_string())?;
        if !self.https {
            return Ok(Connection { sender: begin(stream).await?, authority, local, chain: Vec::new() });
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let mut config = config
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(TakesAny(provider)))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from(self.name.clone()).map_err(|error| error.to_string())?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let stream = stream.map_err(|error| reason_of(&error))?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|certificate| certificate.clone().into_owned()).collect();
        Ok(Connection { sender: begin(stream).await?, authority, local, chain })
    }
}

async fn begin<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: S,
) -> Result<http1::SendRequest<Body>, String> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| reason_of(&error))?;
    // It ends with its sender.
    tokio::spawn(connection);
    Ok(sender)
}

impl Connection {
    /// Asks, and waits for the whole answer.
    pub async fn send(self, request: Request<Body>) -> Result<Answer, String> {
        self.send_within(ANSWER, request).await.unwrap_or_else(|| Err(format!("no answer in {} s", ANSWER.as_secs())))
    }

    /// Asks, and waits for the whole answer. None: it did not come in time.
    pub async fn send_within(
        mut self,
        patience: Duration,
        mut request: Request<Body>,
    ) -> Option<Result<Answer, String>> {
        request.headers_mut().insert(header::HOST, self.authority.clone());
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("slipway-check"));
        let answered = timeout(patience, async {
            let (head, body) = self.sender.send_request(request).await.map_err(|error| reason_of(&error))?.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await;
            // What is longer is nothing that was asked for.
            let body = body.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
            Ok(Answer { status: head.status, headers: head.headers, body })
        });
        answered.await.ok()
    }
}
