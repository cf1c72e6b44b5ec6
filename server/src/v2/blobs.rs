//! Blobs: `end-2`, `end-10`.

use std::{
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::Body;
use blobstore::{ByteStream, StoreError};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use oci::{ByteRange, Digest, RangeOutcome, RepositoryName};
use registry::content::BlobReader;

use super::{
    Answer, Call, conditional, empty,
    error::Failure,
    headers::{self, DOCKER_CONTENT_DIGEST, OCTET_STREAM},
};

const BYTES: HeaderValue = HeaderValue::from_static("bytes");
const ATTACHMENT: HeaderValue = HeaderValue::from_static("attachment");

/// Up to here a blob is read before the answer begins: one write for head and body, and a store that fails is still
/// answered with its status.
const SMALL: u64 = 64 * 1024;

/// `HEAD /v2/<name>/blobs/<digest>`
pub async fn head(call: &Call<'_>, name: &RepositoryName, digest: &Digest) -> Answer {
    let info = call.registry.blobs.stat(&call.caller.actor, name, digest).await?;
    let etag = headers::etag(&info.digest);
    if conditional::is_known(&call.head().headers, &etag) {
        return Ok(described(StatusCode::NOT_MODIFIED, &info.digest, etag));
    }
    let mut response = described(StatusCode::OK, &info.digest, etag);
    response.headers_mut().insert(header::CONTENT_LENGTH, info.size.into());
    Ok(response)
}

/// `GET /v2/<name>/blobs/<digest>`, or a part of it (RFC 9110, 14).
pub async fn get(call: &Call<'_>, name: &RepositoryName, digest: &Digest) -> Answer {
    let reader = call.registry.blobs.read(&call.caller.actor, name, digest).await?;
    let request = &call.head().headers;
    let etag = headers::etag(&reader.info.digest);
    if conditional::is_known(request, &etag) {
        return Ok(described(StatusCode::NOT_MODIFIED, &reader.info.digest, etag));
    }
    if let Some(url) = reader.presign().await? {
        return Ok(redirect(&reader, etag, url));
    }
    let size = reader.info.size;
    let range = request
        .get(header::RANGE)
        .filter(|_| conditional::range_counts(request, &etag))
        .and_then(|range| range.to_str().ok())
        .map_or(RangeOutcome::Whole, |range| ByteRange::parse(range, size));
    let (status, range) = match range {
        RangeOutcome::Whole => (StatusCode::OK, 0..size),
        RangeOutcome::Partial(range) => (StatusCode::PARTIAL_CONTENT, range),
        RangeOutcome::Unsatisfiable => return Err(Failure::RangeNotSatisfiable(size)),
    };
    let body = body(&reader, range.clone()).await?;
    let mut response = described(status, &reader.info.digest, etag);
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        answer.insert(header::CONTENT_RANGE, headers::ascii(text));
    }
    *response.body_mut() = body;
    Ok(response)
}

/// `DELETE /v2/<name>/blobs/<digest>`: unlinks it from the repository.
pub async fn delete(call: &Call<'_>, name: &RepositoryName, digest: &Digest) -> Answer {
    call.registry.blobs.delete(&call.caller.actor, name, digest).await?;
    let mut response = empty(StatusCode::ACCEPTED);
    response.headers_mut().insert(header::CONTENT_LENGTH, 0.into());
    response.headers_mut().insert(DOCKER_CONTENT_DIGEST, headers::digest(digest));
    Ok(response)
}

/// What every answer about a blob says. Blobs are bytes to save, whatever is in them.
fn described(status: StatusCode, digest: &Digest, etag: HeaderValue) -> Response<Body> {
    let mut response = empty(status);
    let headers = response.headers_mut();
    headers.insert(DOCKER_CONTENT_DIGEST, headers::digest(digest));
    headers.insert(header::ETAG, etag);
    headers.insert(header::ACCEPT_RANGES, BYTES);
    headers.insert(header::CONTENT_TYPE, OCTET_STREAM);
    headers.insert(header::CONTENT_DISPOSITION, ATTACHMENT);
    response
}

/// To the store itself. The address is a secret that opens the blob for a while, so nobody may keep it.
fn redirect(reader: &BlobReader, etag: HeaderValue, url: String) -> Response<Body> {
    let mut response = described(StatusCode::TEMPORARY_REDIRECT, &reader.info.digest, etag);
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, headers::ascii(url));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LENGTH, 0.into());
    response
}

async fn body(reader: &BlobReader, range: Range<u64>) -> Result<Body, Failure> {
    if range.is_empty() {
        return Ok(Body::empty());
    }
    let length = range.end - range.start;
    let mut stream = reader.open(range).await?;
    if length > SMALL {
        return Ok(Body::new(BlobBody { stream, length, sent: 0 }));
    }
    let mut read = Bytes::new();
    while let Some(chunk) = stream.try_next().await.map_err(registry::Error::Store)? {
        read = if read.is_empty() { chunk } else { joined(&read, &chunk) };
    }
    Ok(Body::from(read))
}

/// The bytes of a store whose number is known. An answer that cannot be whole breaks off.
struct BlobBody {
    stream: ByteStream,
    length: u64,
    sent: u64,
}

impl http_body::Body for BlobBody {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        let chunk = match ready!(self.stream.poll_next_unpin(cx)) {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None if self.sent < self.length => {
                return Poll::Ready(Some(Err(StoreError::Truncated { expected: self.length, actual: self.sent })));
            }
            None => return Poll::Ready(None),
        };
        self.sent += chunk.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent >= self.length
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length.saturating_sub(self.sent))
    }
}

fn joined(a: &[u8], b: &[u8]) -> Bytes {
    let mut all = BytesMut::with_capacity(a.len() + b.len());
    all.extend_from_slice(a);
    all.extend_from_slice(b);
    all.freeze()
}
