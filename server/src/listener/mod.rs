//! The accept loop: HTTP/1 and HTTP/2 over TCP or [`Tls`] with limits on everything a client decides.
//!
//! `axum::serve` bounds neither the time that headers take nor what a body may crawl, so connections are served here,
//! straight on hyper. A connection is one task; its activity is written by the stream and the service and read by
//! a watchdog that wakes a few times in the shortest limit, so that a request costs no timer.
//!
//! Stopping has four steps, see [`Drain`]: for a while nothing but the word that this server stops; then no new
//! connections and requests; then running bodies end with [`BodyError::Stopping`] so that uploads can be put aside; then
//! connections are dropped.

mod activity;
mod body;
mod connection;
mod drain;
mod redirect;
mod stream;
mod tls;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use futures::FutureExt as _;
use http::{Request, Response};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

pub use self::{
    body::{BodyError, PacedBody},
    drain::Drain,
    redirect::ToTls,
    tls::{Tls, TlsError},
};

/// What answers requests. The body that is returned may carry guards: it is dropped when the answer is out.
pub trait Handler: Clone + Send + Sync + 'static {
    /// The body of an answer.
    type Body: http_body::Body<Data = bytes::Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;

    /// Answers one request of the peer at the other end of the connection.
    fn handle(&self, peer: IpAddr, request: Request<Body>) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Limits of connections and requests; see `Config::http` for what each means.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the first byte of a request to the end of its headers, over HTTP/1; and for the handshake of TLS.
    pub header_timeout: Duration,
    /// Between requests.
    pub idle_timeout: Duration,
    /// Without taking a byte of an answer; over HTTP/2, a KiB of all that wait.
    pub write_timeout: Duration,
    /// Bytes of the request line and all headers.
    pub max_header_bytes: usize,
    /// Connections served at once.
    pub max_connections: usize,
    /// Concurrent requests of one HTTP/2 connection.
    pub max_streams: u32,
    /// Bytes a second of a request body, over `body_window` of waiting for the client.
    pub min_body_rate: u64,
    /// See `min_body_rate`.
    pub body_window: Duration,
    /// Between the signal to stop and the last connection that is accepted.
    pub shutdown_delay: Duration,
    /// For running requests after that.
    pub shutdown_grace: Duration,
}

impl From<&crate::config::Http> for Limits {
    fn from(http: &crate::config::Http) -> Self {
        Self {
            header_timeout: http.header_timeout,
            idle_timeout: http.idle_timeout,
            write_timeout: http.write_timeout,
            max_header_bytes: http.max_header_bytes,
            max_connections: http.max_connections,
            max_streams: http.max_streams,
            min_body_rate: http.min_body_rate,
            body_window: http.body_window,
            shutdown_delay: http.shutdown_delay,
            shutdown_grace: http.shutdown_grace,
        }
    }
}

/// What the listener has seen since it started.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections that are open.
    pub open: AtomicU64,
    /// Connections that were accepted.
    pub accepted: AtomicU64,
    /// Connections that a limit ended: too slow, or at rest for too long.
    pub timed_out: AtomicU64,
    /// Bytes read from clients.
    pub received: AtomicU64,
    /// Bytes written to clients.
    pub sent: AtomicU64,
}

/// How long handlers may go on after their request bodies were ended.
const PUT_ASIDE: Duration = Duration::from_secs(5);

/// Opens the listening socket.
///
/// An IPv6 wildcard falls back to the IPv4 one where the machine has no IPv6. `TCP_NODELAY` is set here once: on Linux
/// accepted sockets inherit it.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let open = |address: SocketAddr| {
        let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
        socket.set_reuseaddr(true)?;
        socket.set_nodelay(true)?;
        socket.set_keepalive(true)?;
        socket.bind(address)?;
        socket.listen(4096)
    };
    match open(address) {
        Err(error)
            if address.is_ipv6()
                && address.ip().is_unspecified()
                && (matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
                    || error.raw_os_error() == Some(EAFNOSUPPORT)) =>
        {
            open(SocketAddr::from(([0, 0, 0, 0], address.port())))
        }
        result => result,
    }
}

/// "Address family not supported by protocol", which has no `ErrorKind`.
const EAFNOSUPPORT: i32 = 97;

/// Accepts and serves connections until `drain` starts, for `shutdown_delay` after that, and until the last one has ended.
/// With `tls` nothing else is spoken.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    tls: Option<Tls>,
    handler: H,
    limits: Limits,
    counters: Arc<Counters>,
    drain: Drain,
) {
    let max_connections = limits.max_connections.min(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(max_connections));
    let builder = Arc::new(connection::Builder::new(limits, tls, counters, drain.clone()));
    let mut closing = pin!(async {
        drain.started().await;
        tokio::time::sleep(builder.limits().shutdown_delay).await;
    });
    let serve = |(stream, peer): (TcpStream, SocketAddr), place: OwnedSemaphorePermit| {
        let (builder, handler) = (Arc::clone(&builder), handler.clone());
        tokio::spawn(async move {
            builder.serve(stream, peer.ip().to_canonical(), handler).await;
            drop(place);
        });
    };
    loop {
        // A place first, so that no connection is accepted that nobody serves.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place.expect("the semaphore is never closed"),
            () = &mut closing => break,
        };
        tokio::select! {
            accepted = accept(&listener) => serve(accepted, place),
            () = &mut closing => break,
        }
    }
    // Whoever has connected already would find the connection broken.
    while let (Ok(place), Some(Ok(accepted))) =
        (Arc::clone(&places).try_acquire_owned(), listener.accept().now_or_never())
    {
        serve(accepted, place);
    }
    drop(listener);
    drain.close();

    let everyone = u32::try_from(max_connections).unwrap_or(u32::MAX);
    let gone = async || {
        let _ = places.acquire_many(everyone).await;
    };
    if tokio::time::timeout(builder.limits().shutdown_grace, gone()).await.is_ok() {
        return;
    }
    drain.interrupt();
    if tokio::time::timeout(PUT_ASIDE, gone()).await.is_err() {
        tracing::warn!(
            connections = builder.counters().open.load(Ordering::Relaxed),
            "dropping connections that did not end in time"
        );
        drain.abort();
        let _ = tokio::time::timeout(PUT_ASIDE, gone()).await;
    }
}

/// The next connection. Without file descriptors or memory there is nothing to do but to wait for some.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if !cfg!(target_os = "linux") {
                    let _ = stream.set_nodelay(true);
                }
                return (stream, peer);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}
