//! A proxy before a server of S3 that fails on demand, and counts.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What a request wants.
#[expect(missing_docs, reason = "they are named after the requests")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    Put,
    Get,
    Head,
    Delete,
    DeleteMany,
    List,
    Create,
    Part,
    Parts,
    Complete,
    Abort,
    Uploads,
    Copy,
}

impl Operation {
    fn of<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
        if request.headers().contains_key("x-amz-copy-source") {
            return Self::Copy;
        }
        match *request.method() {
            Method::PUT if has("partNumber") => Self::Part,
            Method::PUT => Self::Put,
            Method::HEAD => Self::Head,
            Method::POST if has("uploads") => Self::Create,
            Method::POST if has("uploadId") => Self::Complete,
            Method::POST => Self::DeleteMany,
            Method::DELETE if has("uploadId") => Self::Abort,
            Method::DELETE => Self::Delete,
            _ if has("uploads") => Self::Uploads,
            _ if has("uploadId") => Self::Parts,
            _ if has("list-type") => Self::List,
            _ => Self::Get,
        }
    }
}

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 500, and nothing done.
    Internal,
    /// 503, and nothing done.
    SlowDown,
    /// 200 with an error in the body, and nothing done.
    ErrorInBody,
    /// No answer, ever.
    Stall,
    /// The connection breaks, and nothing is done.
    Reset,
    /// All is done, but the connection breaks before the answer.
    LoseAnswer,
    /// All is done, but the answer breaks in the middle of its body.
    Truncate,
    /// All is done, later.
    Delay(Duration),
    /// 403, and nothing done: a right is missing.
    Deny,
}

/// All faults that need no measure and may go away.
pub const FAULTS: [Fault; 7] = [
    Fault::Internal,
    Fault::SlowDown,
    Fault::ErrorInBody,
    Fault::Stall,
    Fault::Reset,
    Fault::LoseAnswer,
    Fault::Truncate,
];

/// The proxy. Clones share faults and counters.
#[derive(Clone)]
pub struct Proxy {
    /// The URL to give to clients instead of the server's.
    pub url: String,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    state: Mutex<State>,
    healed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    calls: HashMap<Operation, u64>,
    faults: u64,
    once: HashMap<(Operation, u64), Fault>,
    always: HashMap<Operation, Fault>,
    storm: Option<Storm>,
}

/// Faults by chance, the same for the same seed and order of requests.
struct Storm {
    random: u64,
    percent: u64,
}

impl Proxy {
    /// Stands before the server at `upstream`.
    pub async fn before(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { url: format!("http://{}", listener.local_addr().unwrap()), plan: Arc::default() };
        let plan = proxy.plan.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let (plan, upstream) = (plan.clone(), upstream.clone());
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(|request| pass(&plan, &upstream, request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service)
                        .await;
                });
            }
        });
        proxy
    }

    /// Lets the `nth` request of an operation from now on fail; 1 is the next one.
    pub fn fail_nth(&self, operation: Operation, nth: u64, fault: Fault) {
        let mut state = self.plan.state();
        let call = state.calls.get(&operation).copied().unwrap_or_default() + nth;
        state.once.insert((operation, call), fault);
    }

    /// Lets every request of an operation fail until [`heal`](Self::heal).
    pub fn fail_always(&self, operation: Operation, fault: Fault) {
        self.plan.state().always.insert(operation, fault);
    }

    /// Lets so many of a hundred requests fail in any way.
    pub fn storm(&self, seed: u64, percent: u64) {
        self.plan.state().storm = Some(Storm { random: seed | 1, percent });
    }

    /// Forgets all faults. What stalls is let go on.
    pub fn heal(&self) {
        let mut state = self.plan.state();
        state.once.clear();
        state.always.clear();
        state.storm = None;
        self.plan.healed.send_modify(|times| *times += 1);
    }

    /// How many requests were made to fail.
    pub fn faults(&self) -> u64 {
        self.plan.state().faults
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: Operation) -> u64 {
        self.plan.state().calls.get(&operation).copied().unwrap_or_default()
    }

    /// All that was asked for since this was last called.
    pub fn take_counts(&self) -> Vec<(Operation, u64)> {
        let mut counts: Vec<_> = std::mem::take(&mut self.plan.state().calls).into_iter().collect();
        counts.sort_unstable();
        counts
    }
}

impl Plan {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, operation: Operation) -> Option<Fault> {
        let mut state = self.state();
        let call = state.calls.entry(operation).or_default();
        *call += 1;
        let call = *call;
        let once = state.once.remove(&(operation, call)).or_else(|| state.always.get(&operation).copied());
        let fault = once.or_else(|| state.storm.as_mut().and_then(Storm::next));
        state.faults += u64::from(fault.is_some());
        fault
    }
}

impl Storm {
    fn next(&mut self) -> Option<Fault> {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let which = usize::try_from(self.random / 100 % FAULTS.len() as u64).unwrap();
        (self.random % 100 < self.percent).then_some(FAULTS[which])
    }
}

async fn pass(plan: &Plan, upstream: &str, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let operation = Operation::of(&request);
    let mut healed = plan.healed.subscribe();
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    match plan.next(operation) {
        Some(Fault::Internal) => return Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError")),
        Some(Fault::SlowDown) => return Ok(error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown")),
        Some(Fault::Deny) => return Ok(error(StatusCode::FORBIDDEN, "AccessDenied")),
        Some(Fault::ErrorInBody) => return Ok(error(StatusCode::OK, "InternalError")),
        Some(Fault::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Fault::Stall) => {
            let _ = healed.changed().await;
        }
        Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(Fault::LoseAnswer) => {
            forward(upstream, Request::from_parts(head, body)).await?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Some(Fault::Truncate) => {
            let (head, body) = forward(upstream, Request::from_parts(head, body)).await?.into_parts();
            if body.is_empty() {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let half = Ok(Frame::data(body.slice(..body.len() / 2)));
            let broken = stream::once(async {
                // Else what came before would be lost too.
                tokio::time::sleep(Duration::from_millis(5)).await;
                Err(io::ErrorKind::ConnectionReset.into())
            });
            return Ok(Response::from_parts(head, StreamBody::new(stream::iter([half]).chain(broken)).boxed_unsync()));
        }
        None => {}
    }
    let answer = forward(upstream, Request::from_parts(head, body)).await?;
    let is_head = operation == Operation::Head;
    Ok(answer
        .map(|body| if is_head { empty() } else { Full::new(body).map_err(|never| match never {}).boxed_unsync() }))
}

/// Answers to HEAD keep the length that they speak of.
fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

async fn forward(upstream: &str, request: Request<Bytes>) -> io::Result<Response<Bytes>> {
    let socket = TcpStream::connect(upstream).await?;
    socket.set_nodelay(true)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let mut request = request.map(Full::new);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse::<Uri>().map_err(io::Error::other)?;
    let (mut head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    head.headers.remove(http::header::TRANSFER_ENCODING);
    Ok(Response::from_parts(head, body))
}

fn error(status: StatusCode, code: &str) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>injected</Message></Error>"
    );
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
    response
}
