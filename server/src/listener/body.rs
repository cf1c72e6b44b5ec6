//! Request bodies that must keep a pace.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Pieces below this size are copied, in bytes.
const SMALL: usize = 4096;

/// Why a request body ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The client sent less than it must; answer 408.
    #[error("the request body came too slowly")]
    TooSlow,
    /// The server stops; put aside what is there and answer 503.
    #[error("the server is stopping")]
    Stopping,
    /// The client went away or broke the protocol.
    #[error("the request body broke off")]
    Broken(#[source] hyper::Error),
}

/// The least a client must bring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Bytes a second.
    pub rate: u64,
    /// Over how much waiting.
    pub window: Duration,
}

/// Whether a request's body was left before its end.
#[derive(Clone, Debug)]
pub(super) struct Left(Arc<AtomicBool>);

impl Left {
    pub(super) fn is_left(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A request body that ends in an error when its client keeps the server waiting.
///
/// Only time spent waiting for the client counts: a handler that does not read is not the client's fault.
#[derive(Debug)]
pub struct PacedBody {
    inner: Incoming,
    pace: Pace,
    /// Time spent waiting in this window, up to `waiting_since`.
    waited: Duration,
    waiting_since: Option<Instant>,
    received: u64,
    timer: Option<Pin<Box<Sleep>>>,
    stopping: CancellationToken,
    stopped: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    left: Left,
}

impl PacedBody {
    pub(super) fn new(inner: Incoming, pace: Pace, stopping: CancellationToken) -> Self {
        let (waited, received) = (Duration::ZERO, 0);
        let left = Left(Arc::new(AtomicBool::new(true)));
        Self { inner, pace, waited, waiting_since: None, received, timer: None, stopping, stopped: None, left }
    }

    /// Tells whether the body was left, also when it is gone.
    pub(super) fn left(&self) -> Left {
        self.left.clone()
    }

    /// Counts the time waited until now; true when a window is over and too little came in it.
    fn too_slow(&mut self) -> bool {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
        if self.waited < self.pace.window {
            return false;
        }
        let expected = u128::from(self.pace.rate) * self.pace.window.as_millis() / 1000;
        let slow = u128::from(self.received) < expected;
        self.waited = Duration::ZERO;
        self.received = 0;
        slow
    }

    /// Sees to it that the task wakes when the window is over or the server stops.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let stopped = self.stopped.get_or_insert_with(|| Box::pin(self.stopping.clone().cancelled_owned()));
        if stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(BodyError::Stopping);
        }
        self.waiting_since = Some(Instant::now());
        let remaining = self.pace.window.saturating_sub(self.waited);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(remaining)));
        // The timer may be from an earlier wait: then it fires early, and is set anew.
        while timer.as_mut().poll(cx).is_ready() {
            timer.as_mut().reset(tokio::time::Instant::now() + remaining.max(Duration::from_millis(1)));
        }
        Poll::Pending
    }
}

/// A piece that keeps no more memory than it has bytes. It is a part of the buffer that was read into, and a client that
/// sends single bytes would make us keep a buffer for each of them.
fn unpinned(data: Bytes) -> Bytes {
    if data.len() < SMALL { Bytes::copy_from_slice(&data) } else { data }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        let slow = this.too_slow();
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.inner.is_end_stream() {
                    this.left.0.store(false, Relaxed);
                }
                Poll::Ready(Some(Ok(frame.map_data(unpinned))))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(BodyError::Broken(error)))),
            Poll::Ready(None) => {
                this.left.0.store(false, Relaxed);
                Poll::Ready(None)
            }
            Poll::Pending if slow => Poll::Ready(Some(Err(BodyError::TooSlow))),
            Poll::Pending => Poll::Ready(Some(Err(ready!(this.wait(cx))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
