//! The body of a request, which has to be read even where nobody wants it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use http::{header, request};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyDataStream, BodyExt};
use registry::content::UploadBody;

/// How much of an unwanted body is read, and how long that may take.
const MOST: u64 = 8 * 1024 * 1024;
const LONGEST: Duration = Duration::from_secs(5);

/// A body that a service reads and whose rest can be read away when the service wants no more of it. To answer and close
/// while the client still sends would reset the connection, and the client might never see the answer.
#[derive(Clone, Debug)]
pub struct RequestBody(Option<Arc<Mutex<Body>>>);

impl RequestBody {
    pub fn new(body: Body) -> Self {
        Self((!body.is_end_stream()).then(|| Arc::new(Mutex::new(body))))
    }

    /// The bytes as they come.
    pub fn stream(&self) -> UploadBody {
        BodyDataStream::new(self.clone()).map_err(axum::Error::into_inner).boxed()
    }

    /// Reads what is left, up to a limit. A client that waits for `100 Continue` has sent nothing and is not asked to.
    pub async fn read_away(mut self, head: &request::Parts) {
        if self.is_end_stream() || head.headers.contains_key(header::EXPECT) {
            return;
        }
        let read = async {
            let mut left = MOST;
            while let Some(Ok(frame)) = self.frame().await {
                left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
                if left == 0 {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(LONGEST, read).await;
    }

    fn body(&self) -> Option<MutexGuard<'_, Body>> {
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.body() {
            Some(mut body) => Pin::new(&mut *body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_none_or(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.body().map_or(SizeHint::with_exact(0), |body| body.size_hint())
    }
}
