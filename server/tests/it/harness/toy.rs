//! A small server on the real listener, for what has nothing to do with registries.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::body::Body;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use server::listener::{self, BodyError, Counters, Drain, Handler, Limits, Tls};
use tokio::{sync::Notify, task::JoinHandle};

/// What it answers depends on the path; see [`Answers`].
pub struct Toy {
    pub address: SocketAddr,
    pub counters: Arc<Counters>,
    pub drain: Drain,
    pub answers: Answers,
    pub task: JoinHandle<()>,
}

#[derive(Clone, Default)]
pub struct Answers {
    /// Lets requests for `/wait` go on.
    pub go: Arc<Notify>,
    /// Tells that a request for `/wait` has arrived.
    pub arrived: Arc<Notify>,
}

/// Limits that no test runs into by chance.
pub fn relaxed() -> Limits {
    Limits {
        header_timeout: Duration::from_mins(5),
        idle_timeout: Duration::from_mins(5),
        write_timeout: Duration::from_mins(5),
        max_header_bytes: 16 << 10,
        max_connections: 100,
        max_streams: 10,
        min_body_rate: 1024,
        body_window: Duration::from_mins(5),
        shutdown_delay: Duration::ZERO,
        shutdown_grace: Duration::from_mins(5),
    }
}

impl Toy {
    pub fn start(limits: Limits) -> Self {
        Self::over(None, limits)
    }

    /// Speaks TLS where there is some.
    pub fn over(tls: Option<Tls>, limits: Limits) -> Self {
        let listener = listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (counters, drain, answers) = (Arc::<Counters>::default(), Drain::default(), Answers::default());
        let served = listener::serve(listener, tls, answers.clone(), limits, Arc::clone(&counters), drain.clone());
        let task = tokio::spawn(served);
        Self { address, counters, drain, answers, task }
    }
}

impl Handler for Answers {
    type Body = Body;

    async fn handle(&self, peer: IpAddr, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        match path.as_str() {
            "/peer" => Response::new(Body::from(peer.to_string())),
            "/wait" => {
                self.arrived.notify_one();
                self.go.notified().await;
                Response::new(Body::from("waited"))
            }
            "/endless" => {
                let chunk = bytes::Bytes::from(vec![b'x'; 64 << 10]);
                let chunks = futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
                Response::new(Body::from_stream(chunks))
            }
            "/sleepy" => {
                // Does not read for longer than the body's window.
                tokio::time::sleep(Duration::from_millis(800)).await;
                count(request.into_body()).await
            }
            "/count" => {
                self.arrived.notify_one();
                count(request.into_body()).await
            }
            _ => Response::new(Body::from("hello")),
        }
    }
}

/// Answers how many bytes came, or why they ended.
async fn count(mut body: Body) -> Response<Body> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes += frame.into_data().map_or(0, |data| data.len()),
            Err(error) => {
                let status = match error.into_inner().downcast_ref::<BodyError>() {
                    Some(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
                    Some(BodyError::Stopping) => StatusCode::SERVICE_UNAVAILABLE,
                    Some(BodyError::Broken(_)) | None => StatusCode::BAD_REQUEST,
                };
                let mut response = Response::new(Body::from(format!("{bytes}")));
                *response.status_mut() = status;
                return response;
            }
        }
    }
    Response::new(Body::from(format!("{bytes}")))
}
