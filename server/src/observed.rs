//! Answers on their way out: when the last byte is gone, the request is counted and logged.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body::{Body as _, Frame, SizeHint};
use registry::Clock;

use crate::{
    arrival::Arrival,
    log::{self, Logs},
    metrics::Metrics,
    request_id::RequestId,
    route::Part,
};

/// What observes requests, shared by all of them.
#[derive(Debug)]
pub struct Observer {
    /// Where they are counted.
    pub metrics: Metrics,
    /// Where they are logged.
    pub logs: Logs,
    /// What tells the time of a line.
    pub clock: Arc<dyn Clock>,
}

/// One request from its arrival to the end of its answer.
#[derive(Debug)]
pub struct Observation {
    observer: Arc<Observer>,
    began: Instant,
    id: RequestId,
    part: Part,
    client: IpAddr,
    method: Method,
    uri: Uri,
    user_agent: Option<HeaderValue>,
}

impl Observation {
    /// Begins when the headers are complete.
    pub fn begin<B>(observer: &Arc<Observer>, arrival: &Arrival, request: &Request<B>) -> Self {
        Self {
            observer: Arc::clone(observer),
            began: Instant::now(),
            id: arrival.id.clone(),
            part: arrival.part,
            client: arrival.client,
            method: request.method().clone(),
            uri: request.uri().clone(),
            user_agent: request.headers().get(header::USER_AGENT).cloned(),
        }
    }

    /// Goes on until the answer is out.
    pub fn watch(self, response: Response<Body>) -> Response<Observed> {
        let status = response.status().as_u16();
        response.map(|inner| {
            let expected = if self.method == Method::HEAD { Some(0) } else { inner.size_hint().exact() };
            Observed { inner, request: self, status, expected, sent: 0, ended: false }
        })
    }
}

/// The body of an answer.
#[derive(Debug)]
pub struct Observed {
    inner: Body,
    request: Observation,
    status: u16,
    expected: Option<u64>,
    sent: u64,
    ended: bool,
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.sent += frame.data_ref().map_or(0, |data| data.len() as u64),
            Poll::Ready(None) => self.ended = true,
            Poll::Ready(Some(Err(error))) => {
                // The status is out already; all that is left is to break off, and to say why.
                let id = self.request.id.as_str();
                tracing::error!(request_id = id, error = error as &dyn std::error::Error, "an answer broke off");
            }
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let Observation { observer, began, id, part, client, method, uri, user_agent } = &self.request;
        let duration = began.elapsed();
        observer.metrics.requests.record(*part, self.status, duration);
        if !observer.logs.wants(self.status, part.is_quiet()) {
            return;
        }
        observer.logs.request(&log::Request {
            at: observer.clock.now(),
            id: id.as_str(),
            method: method.as_str(),
            path: uri.path(),
            status: self.status,
            bytes: self.sent,
            duration,
            client: *client,
            user_agent: user_agent.as_ref().and_then(|value| value.to_str().ok()),
            complete: self.ended || self.inner.is_end_stream() || self.expected == Some(self.sent),
        });
    }
}
