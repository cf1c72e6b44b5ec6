//! Whether the server is alive and can do its work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Body;
use http::{HeaderValue, Method, Response, StatusCode, header};
use registry::{Error, Registry};
use tokio::sync::Mutex;

use crate::listener::Drain;

/// How long database and store may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long an answer of theirs counts for `/readyz`.
const FRESH: Duration = Duration::from_secs(1);
/// After how long a page has them asked again.
const STALE: Duration = Duration::from_secs(15);

/// Asks database and store, not more often than necessary. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    drain: Drain,
    /// When they were last asked; held while they are.
    asked: Mutex<Option<Instant>>,
    healthy: AtomicBool,
    /// Whether all that is wrong is that there is no room.
    full: AtomicBool,
}

impl Health {
    /// Healthy until something else is known; the first who asks finds out.
    pub fn new(registry: Registry, drain: Drain) -> Self {
        let (asked, healthy, full) = (Mutex::default(), AtomicBool::new(true), AtomicBool::new(false));
        Self(Arc::new(Inner { registry, drain, asked, healthy, full }))
    }

    /// What is known without waiting, for pages; has them asked when that is old.
    pub fn last_known(&self) -> bool {
        let stale = self.0.asked.try_lock().is_ok_and(|asked| asked.is_none_or(|at| at.elapsed() > STALE));
        if stale {
            let health = self.clone();
            tokio::spawn(async move { health.ask().await });
        }
        self.0.healthy.load(Ordering::Relaxed)
    }

    async fn ask(&self) -> bool {
        let mut asked = self.0.asked.lock().await;
        if asked.is_none_or(|at| at.elapsed() > FRESH) {
            let probed = tokio::time::timeout(PATIENCE, self.0.registry.probe()).await;
            self.0.full.store(matches!(probed, Ok(Err(Error::StorageFull))), Ordering::Relaxed);
            let healthy = match probed {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "not ready");
                    false
                }
                Err(_) => {
                    tracing::error!("not ready: database or store did not answer in {} s", PATIENCE.as_secs());
                    false
                }
            };
            self.0.healthy.store(healthy, Ordering::Relaxed);
            *asked = Some(Instant::now());
        }
        self.0.healthy.load(Ordering::Relaxed)
    }

    /// Whether database and store answer now, or did a moment ago.
    pub async fn is_ready(&self) -> bool {
        self.ask().await
    }

    /// Answers `/healthz` and `/readyz`.
    pub async fn answer(&self, method: &Method, path: &str) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        }
        match path {
            "/healthz" => text(StatusCode::OK, "alive\n"),
            _ if self.0.drain.is_draining() => text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
            _ if self.ask().await => text(StatusCode::OK, "ready\n"),
            // Whoever takes it out of the load balancer for that takes the pulls away too.
            _ if self.0.full.load(Ordering::Relaxed) => {
                text(StatusCode::OK, "ready for pulls; there is no room left for pushes\n")
            }
            _ => text(StatusCode::SERVICE_UNAVAILABLE, "database or store does not answer; the log says more\n"),
        }
    }
}

/// A short text.
pub fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
