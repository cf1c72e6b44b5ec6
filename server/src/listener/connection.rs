//! One connection from its first byte to its last.

use std::{
    convert::Infallible,
    future::poll_fn,
    net::IpAddr,
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body::{Frame, SizeHint};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::{
    Counters, Handler, Limits,
    activity::{Activity, Verdict},
    body::{Pace, PacedBody},
    drain::Drain,
    stream::{ObservedStream, Transport},
    tls::Tls,
};

/// Reads and writes of a connection are gathered up to this size; it bounds what one connection holds.
const BUFFER: usize = 512 << 10;
/// What a sender of HTTP/2 may have under way in one request, and in all of a connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// What a record of TLS begins with that begins a handshake.
const HANDSHAKE: u8 = 22;
/// For who speaks plain HTTP where TLS is spoken.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n\
    this port speaks TLS: write https:// instead of http://\n";

/// What all connections share.
#[derive(Debug)]
pub(super) struct Builder {
    limits: Limits,
    tls: Option<Tls>,
    counters: Arc<Counters>,
    drain: Drain,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Builder {
    pub fn new(limits: Limits, tls: Option<Tls>, counters: Arc<Counters>, drain: Drain) -> Self {
        let mut http1 = http1::Builder::new();
        // The watchdog keeps the times: hyper's own timer is set anew for each request.
        http1.header_read_timeout(None).max_header_size(limits.max_header_bytes).max_buf_size(BUFFER);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.max_streams)
            .max_header_list_size(u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX))
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(BUFFER)
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(128)
            .keep_alive_interval(limits.idle_timeout)
            .keep_alive_timeout(Duration::from_secs(20));
        Self { limits, tls, counters, drain, http1, http2 }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Serves a connection to its end.
    pub async fn serve<H: Handler>(&self, stream: TcpStream, peer: IpAddr, handler: H) {
        let activity = Arc::new(Activity::new());
        let _registered = self.drain.register(&activity);
        let _open = Open::new(&self.counters);
        let stream =
            ObservedStream { inner: stream, activity: Arc::clone(&activity), counters: Arc::clone(&self.counters) };
        let Some((version, transport)) = self.begin(stream, &activity).await else { return };

        let pace = Pace { rate: self.limits.min_body_rate, window: self.limits.body_window };
        let service = service_fn(|request: Request<Incoming>| {
            let running = Running::begin(&activity);
            let stopping = self.drain.interrupted();
            let mut left = None;
            // An empty body is the common case, and costs nothing this way.
            let request = request.map(|body| {
                if http_body::Body::is_end_stream(&body) {
                    return Body::empty();
                }
                let body = PacedBody::new(body, pace, stopping.clone());
                left = Some(body.left());
                Body::new(body)
            });
            let (handler, drain) = (handler.clone(), self.drain.clone());
            let wants_body = request.method() != Method::HEAD;
            async move {
                let mut answer = handler.handle(peer, request).await;
                // Whoever keeps connections takes the next request elsewhere. HTTP/2 has a word of its own for that. What is left of
                // a body that was refused is not waited for either, so the connection ends, and the client is told.
                let ends = drain.is_draining() || left.is_some_and(|left| left.is_left());
                if version == Version::Http1 && ends {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(Answer::of(answer, wants_body, running))
            }
        });
        let io = TokioIo::new(transport);
        match version {
            Version::Http1 => {
                let mut connection = pin!(self.http1.serve_connection(io, service));
                let shutdown = http1::Connection::graceful_shutdown;
                self.watch(&activity, |cx, close| {
                    if close {
                        shutdown(connection.as_mut());
                    }
                    connection.as_mut().poll(cx).map(|_| ())
                })
                .await;
            }
            Version::Http2 => {
                activity.set_multiplexed();
                let mut connection = pin!(self.http2.serve_connection(io, service));
                self.watch(&activity, |cx, close| {
                    if close {
                        connection.as_mut().graceful_shutdown();
                    }
                    connection.as_mut().poll(cx).map(|_| ())
                })
                .await;
            }
        }
    }

    /// Finds out what is spoken. None: nothing of it came in time, or the server stops.
    async fn begin(&self, mut stream: ObservedStream, activity: &Arc<Activity>) -> Option<(Version, Transport)> {
        let Some(tls) = &self.tls else {
            let first = self.first(&stream.inner, activity).await?;
            // The preface of HTTP/2 is `PRI * HTTP/2.0`; no method begins with PRI.
            let version = if &first == b"PRI" { Version::Http2 } else { Version::Http1 };
            return Some((version, Transport::Plain(stream)));
        };
        // Who says nothing has no more time than who is slow.
        activity.handshake_began();
        if self.first(&stream.inner, activity).await?[0] != HANDSHAKE {
            // What is left unread would have the answer taken back.
            let _ = stream.inner.try_read(&mut [0; 4096]);
            let mut answer = pin!(async {
                stream.write_all(SPEAK_TLS).await?;
                stream.shutdown().await
            });
            let _ = self.watch(activity, |cx, _| answer.as_mut().poll(cx)).await?;
            return None;
        }
        let mut accepting = tls.accept(stream);
        let accepted = self.watch(activity, |cx, close| {
            if close { Poll::Ready(None) } else { Pin::new(&mut accepting).poll(cx).map(Result::ok) }
        });
        let stream = accepted.await??;
        activity.handshake_ended();
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let version = if is_http2 { Version::Http2 } else { Version::Http1 };
        Some((version, Transport::Tls(Box::new(stream))))
    }

    /// Looks at the first bytes without taking them. None: nothing came in time, or the server stops.
    async fn first(&self, stream: &TcpStream, activity: &Arc<Activity>) -> Option<[u8; 3]> {
        let mut first = [0; 3];
        let peeked = self.watch(activity, |cx, close| {
            let mut buffer = tokio::io::ReadBuf::new(&mut first);
            match stream.poll_peek(cx, &mut buffer) {
                Poll::Ready(Ok(n)) if n > 0 => Poll::Ready(true),
                Poll::Ready(_) => Poll::Ready(false),
                Poll::Pending if close => Poll::Ready(false),
                Poll::Pending => Poll::Pending,
            }
        });
        peeked.await?.then_some(first)
    }

    /// Drives a connection under the watchdog: `poll` is told once to close between requests. None: it was dropped.
    async fn watch<T>(
        &self,
        activity: &Arc<Activity>,
        mut poll: impl FnMut(&mut Context<'_>, bool) -> Poll<T>,
    ) -> Option<T> {
        let shortest = self.limits.header_timeout.min(self.limits.idle_timeout).min(self.limits.write_timeout);
        let interval = (shortest / 4).clamp(Duration::from_millis(5), Duration::from_millis(2500));
        let mut tick = pin!(tokio::time::sleep(interval));
        let (mut closing, mut expired) = (false, false);
        poll_fn(|cx| {
            activity.waker.register(cx.waker());
            if self.drain.is_aborted() {
                return Poll::Ready(None);
            }
            let mut close = self.drain.is_closing();
            while tick.as_mut().poll(cx).is_ready() {
                tick.as_mut().reset(tokio::time::Instant::now() + interval);
                match activity.verdict(&self.limits) {
                    Verdict::Fine => {}
                    // Closed a tick ago and still here: the other side does not let go.
                    Verdict::Close if !expired => {
                        self.counters.timed_out.fetch_add(1, Relaxed);
                        (close, expired) = (true, true);
                    }
                    Verdict::Close | Verdict::Drop => {
                        self.counters.timed_out.fetch_add(u64::from(!expired), Relaxed);
                        return Poll::Ready(None);
                    }
                }
            }
            let close = close && !closing;
            closing |= close;
            poll(cx, close).map(Some)
        })
        .await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

/// Counts an open connection.
struct Open<'a>(&'a Counters);

impl<'a> Open<'a> {
    fn new(counters: &'a Counters) -> Self {
        counters.accepted.fetch_add(1, Relaxed);
        counters.open.fetch_add(1, Relaxed);
        Self(counters)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

/// A request whose answer is not out yet.
struct Running {
    activity: Arc<Activity>,
    /// Whether a piece of the answer was handed on, and the next not asked for.
    waits: bool,
}

impl Running {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.request_began();
        Self { activity: Arc::clone(activity), waits: false }
    }

    fn set_waits(&mut self, waits: bool) {
        match (self.waits, waits) {
            (false, true) => self.activity.piece_waits(),
            (true, false) => self.activity.piece_went(),
            (false, false) | (true, true) => {}
        }
        self.waits = waits;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.set_waits(false);
        self.activity.request_ended();
    }
}

/// An answer's body, which keeps its request running until it is out.
struct Answer<B> {
    /// None: HEAD asked for the headers alone.
    inner: Option<B>,
    running: Running,
}

impl<B: http_body::Body> Answer<B> {
    /// For HEAD the body is left out and its length kept (RFC 9110, section 9.3.2), as hyper does so on HTTP/1 alone.
    fn of(mut answer: Response<B>, wants_body: bool, running: Running) -> Response<Self> {
        let length = answer.body().size_hint().exact().filter(|_| !answer.body().is_end_stream());
        if let Some(length) = length.filter(|_| !wants_body) {
            answer.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| length.into());
        }
        answer.map(|inner| Self { inner: wants_body.then_some(inner), running })
    }
}

impl<B: http_body::Body<Data = Bytes> + Unpin> http_body::Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        this.running.set_waits(false);
        let polled = Pin::new(inner).poll_frame(cx);
        this.running.set_waits(matches!(polled, Poll::Ready(Some(Ok(_)))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}
