//! Uploads of blobs: `end-4a` to `end-6`, `end-11`, `end-13`, `end-14`.

use std::str::FromStr;

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use oci::{Algorithm, ContentRange, Digest, ErrorCode, RepositoryName, Route, UploadId};
use registry::content::{BlobReceipt, UploadStatus};

use super::{
    Answer, Call,
    body::RequestBody,
    empty,
    error::Failure,
    headers::{self, DOCKER_CONTENT_DIGEST, DOCKER_UPLOAD_UUID},
};

/// `POST /v2/<name>/blobs/uploads/`: begins an upload, takes a whole blob (`?digest=`), or mounts one that is there
/// already (`?mount=`). A mount that cannot be is an upload that begins.
pub async fn begin(call: &Call<'_>, name: &RepositoryName, body: &RequestBody) -> Answer {
    let algorithm = parameter::<Algorithm>(call, "digest-algorithm")?;
    if let Some(digest) = parameter::<Digest>(call, "digest")? {
        let length = announced_length(call);
        let _underway = call.uploads.begin();
        let receipt = call.registry.uploads.put(&call.caller.actor, name, &digest, length, body.stream()).await?;
        return Ok(created(name, &receipt));
    }
    let mount = parameter::<Digest>(call, "mount")?;
    if let Some(digest) = &mount
        && let Some(receipt) = self::mount(call, name, digest).await?
    {
        return Ok(created(name, &receipt));
    }
    let algorithm = algorithm.or(mount.map(|digest| digest.algorithm()));
    let status = call.registry.uploads.begin(&call.caller.actor, name, algorithm).await?;
    Ok(progress(StatusCode::ACCEPTED, name, &status))
}

/// A name in `from` that cannot exist is a source that has nothing. A token that does not cover a source from which its
/// account may pull is sent for one that does; it is no secret to that account that the source has the blob.
async fn mount(call: &Call<'_>, name: &RepositoryName, digest: &Digest) -> Result<Option<BlobReceipt>, Failure> {
    let from = match call.query.get("from").map(RepositoryName::from_str) {
        Some(Ok(from)) => Some(from),
        Some(Err(_)) => return Ok(None),
        None => None,
    };
    let blobs = &call.registry.blobs;
    let mounted = blobs.mount(&call.caller.actor, name, digest, from.as_ref()).await?;
    if mounted.is_none()
        && call.caller.actor.grants().is_some()
        && let Some(source) = blobs.find_source(&call.caller.account, digest, from.as_ref()).await?
    {
        return Err(Failure::MountFrom(source));
    }
    Ok(mounted)
}

/// `PATCH <location>`: appends a chunk, or a stream without a length.
pub async fn append(call: &Call<'_>, name: &RepositoryName, id: &UploadId, body: &RequestBody) -> Answer {
    let (start, length) = announced(call)?;
    let _underway = call.uploads.begin();
    let appended = call.registry.uploads.append(&call.caller.actor, name, id, start, length, body.stream()).await;
    match appended {
        Ok(status) => Ok(progress(StatusCode::ACCEPTED, name, &status)),
        Err(error) => stands_at(call, name, id, error),
    }
}

/// `PUT <location>?digest=`: appends what is left and makes it a blob.
pub async fn commit(call: &Call<'_>, name: &RepositoryName, id: &UploadId, body: &RequestBody) -> Answer {
    let digest = parameter::<Digest>(call, "digest")?.ok_or_else(|| {
        Failure::Invalid(ErrorCode::DigestInvalid, "the digest parameter is missing; it ends an upload".to_owned())
    })?;
    let (start, length) = announced(call)?;
    let _underway = call.uploads.begin();
    let uploads = &call.registry.uploads;
    match uploads.commit(&call.caller.actor, name, id, &digest, start, length, body.stream()).await {
        Ok(receipt) => Ok(created(name, &receipt)),
        Err(error) => stands_at(call, name, id, error),
    }
}

/// `GET <location>`: where it stands.
pub async fn status(call: &Call<'_>, name: &RepositoryName, id: &UploadId) -> Answer {
    let status = call.registry.uploads.status(&call.caller.actor, name, id).await?;
    Ok(progress(StatusCode::NO_CONTENT, name, &status))
}

/// `DELETE <location>`: gives it up.
pub async fn cancel(call: &Call<'_>, name: &RepositoryName, id: &UploadId) -> Answer {
    call.registry.uploads.cancel(&call.caller.actor, name, id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// A chunk that does not follow is answered with where the upload stands, so that the client can go on from there.
fn stands_at(call: &Call<'_>, name: &RepositoryName, id: &UploadId, error: registry::Error) -> Answer {
    let offset = match &error {
        registry::Error::UploadOutOfOrder { offset, .. } => *offset,
        _ => return Err(error.into()),
    };
    let mut response = Failure::Registry(error).answer(call.asked);
    describe(&mut response, name, &UploadStatus { id: id.clone(), offset });
    Ok(response)
}

fn progress(code: StatusCode, name: &RepositoryName, status: &UploadStatus) -> Response<Body> {
    let mut response = empty(code);
    if code != StatusCode::NO_CONTENT {
        response.headers_mut().insert(header::CONTENT_LENGTH, 0.into());
    }
    describe(&mut response, name, status);
    response
}

/// Location, id and range. The location is relative, so that no proxy can break it; the range of an upload without bytes
/// is `0-0`, as clients expect.
fn describe(response: &mut Response<Body>, name: &RepositoryName, status: &UploadStatus) {
    let headers = response.headers_mut();
    let id = HeaderValue::from_str(status.id.as_str()).expect("upload ids are of ASCII letters, digits, - and _");
    headers.insert(header::LOCATION, headers::ascii(Route::Upload(name.clone(), status.id.clone()).path()));
    headers.insert(header::RANGE, headers::ascii(format!("0-{}", status.offset.saturating_sub(1))));
    headers.insert(DOCKER_UPLOAD_UUID, id);
}

fn created(name: &RepositoryName, receipt: &BlobReceipt) -> Response<Body> {
    let mut response = empty(StatusCode::CREATED);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, 0.into());
    headers.insert(header::LOCATION, headers::ascii(Route::Blob(name.clone(), receipt.digest.clone()).path()));
    headers.insert(DOCKER_CONTENT_DIGEST, headers::digest(&receipt.digest));
    response
}

/// A digest or an algorithm among the parameters.
fn parameter<T: FromStr<Err: std::fmt::Display>>(call: &Call<'_>, name: &str) -> Result<Option<T>, Failure> {
    let Some(text) = call.query.get(name) else { return Ok(None) };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(Failure::Invalid(ErrorCode::DigestInvalid, format!("{name}: {error}"))),
    }
}

fn announced_length(call: &Call<'_>) -> Option<u64> {
    call.head().headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Where a chunk starts and how long it is, as far as its headers say and if they agree.
fn announced(call: &Call<'_>) -> Result<(Option<u64>, Option<u64>), Failure> {
    let length = announced_length(call);
    let Some(value) = call.head().headers.get(header::CONTENT_RANGE) else { return Ok((None, length)) };
    let range = value.to_str().unwrap_or_default().parse::<ContentRange>();
    // An upload is often ended by an empty PUT that repeats the last chunk's header in some form.
    let range = match range {
        Ok(range) => range,
        Err(_) if length == Some(0) => return Ok((None, length)),
        Err(error) => return Err(Failure::Invalid(ErrorCode::BlobUploadInvalid, format!("Content-Range: {error}"))),
    };
    match length {
        Some(length) if length != range.len() => Err(Failure::Invalid(
            ErrorCode::SizeInvalid,
            format!("Content-Range {range} has {} bytes, but Content-Length says {length}", range.len()),
        )),
        _ => Ok((Some(range.start), Some(range.len()))),
    }
}
