//! Manifests: `end-3`, `end-7`, `end-9`.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use oci::{Digest, ErrorCode, MAX_MANIFEST_SIZE, Reference, RepositoryName, Route, Tag, media_type};
use registry::content::NewManifest;

use super::{
    Answer, Call,
    body::RequestBody,
    conditional, empty,
    error::Failure,
    headers::{self, DOCKER_CONTENT_DIGEST, OCI_SUBJECT, OCI_TAG, OCTET_STREAM},
};
use crate::whole::{Incomplete, Taken};

/// Tags that one request can set; the specification asks for 10 at least.
const MOST_TAGS: usize = 100;

/// `GET` and `HEAD /v2/<name>/manifests/<reference>`
pub async fn get(call: &Call<'_>, name: &RepositoryName, reference: &Reference) -> Answer {
    let manifest = call.registry.manifests.get(&call.caller.actor, name, reference, call.is_head()).await?;
    let etag = headers::etag(&manifest.digest);
    if conditional::is_known(&call.head().headers, &etag) {
        return Ok(described(StatusCode::NOT_MODIFIED, &manifest.digest, etag));
    }
    let mut response = described(StatusCode::OK, &manifest.digest, etag);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, manifest.bytes.len().into());
    headers.insert(header::CONTENT_TYPE, content_type(&manifest.media_type));
    if !call.is_head() {
        *response.body_mut() = Body::from(manifest.bytes);
    }
    Ok(response)
}

/// `PUT /v2/<name>/manifests/<reference>`, with `?tag=` as often as wanted.
pub async fn put(call: &Call<'_>, name: &RepositoryName, reference: &Reference, body: &RequestBody) -> Answer {
    let tags = tags(call)?;
    let told = !tags.is_empty();
    let content_type = match call.head().headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) {
        Some(Ok(text)) => Some(text.to_owned()),
        Some(Err(_)) => {
            return Err(Failure::Invalid(ErrorCode::ManifestInvalid, "the Content-Type is no media type".to_owned()));
        }
        None => None,
    };
    // Before the body is read: nobody fills memory who may not push.
    call.registry.manifests.may_put(&call.caller.actor, name).await?;
    let (bytes, _taken) = whole(call, body).await?;
    let manifest = NewManifest { reference: reference.clone(), tags, content_type, bytes };
    let receipt = call.registry.manifests.put(&call.caller.actor, name, manifest).await?;

    let mut response = empty(StatusCode::CREATED);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, 0.into());
    headers
        .insert(header::LOCATION, headers::ascii(Route::Manifest(name.clone(), receipt.digest.clone().into()).path()));
    headers.insert(DOCKER_CONTENT_DIGEST, headers::digest(&receipt.digest));
    if let Some(subject) = &receipt.subject {
        headers.insert(OCI_SUBJECT, headers::digest(subject));
    }
    if told {
        let tags = receipt.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
        headers.insert(OCI_TAG, headers::ascii(tags));
    }
    Ok(response)
}

/// `DELETE /v2/<name>/manifests/<reference>`
pub async fn delete(call: &Call<'_>, name: &RepositoryName, reference: &Reference) -> Answer {
    call.registry.manifests.delete(&call.caller.actor, name, reference).await?;
    let mut response = empty(StatusCode::ACCEPTED);
    response.headers_mut().insert(header::CONTENT_LENGTH, 0.into());
    Ok(response)
}

fn described(status: StatusCode, digest: &Digest, etag: HeaderValue) -> Response<Body> {
    let mut response = empty(status);
    response.headers_mut().insert(DOCKER_CONTENT_DIGEST, headers::digest(digest));
    response.headers_mut().insert(header::ETAG, etag);
    response
}

/// The type of a manifest, if it is one of those that clients know: no manifest can make itself a page or a script.
fn content_type(stored: &str) -> HeaderValue {
    match stored {
        media_type::OCI_IMAGE => HeaderValue::from_static(media_type::OCI_IMAGE),
        media_type::OCI_INDEX => HeaderValue::from_static(media_type::OCI_INDEX),
        media_type::DOCKER_IMAGE => HeaderValue::from_static(media_type::DOCKER_IMAGE),
        media_type::DOCKER_LIST => HeaderValue::from_static(media_type::DOCKER_LIST),
        _ => OCTET_STREAM,
    }
}

fn tags(call: &Call<'_>) -> Result<Vec<Tag>, Failure> {
    let tags = call.query.all("tag").take(MOST_TAGS + 1).map(|text| {
        text.parse::<Tag>().map_err(|error| Failure::Invalid(ErrorCode::TagInvalid, format!("tag: {error}")))
    });
    let tags = tags.collect::<Result<Vec<_>, _>>()?;
    if tags.len() > MOST_TAGS { Err(Failure::TooManyTags) } else { Ok(tags) }
}

/// The whole body, if it is not too large.
async fn whole(call: &Call<'_>, body: &RequestBody) -> Result<(Bytes, Taken), Failure> {
    let announced = call.head().headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_MANIFEST_SIZE as u64) {
        return Err(Failure::ManifestTooLarge);
    }
    call.room.whole(body.clone(), MAX_MANIFEST_SIZE).await.map_err(|error| match error {
        Incomplete::TooLarge => Failure::ManifestTooLarge,
        Incomplete::NoRoom => Failure::NoRoom,
        Incomplete::Broken(error) => registry::Error::BodyBroken(error.into_inner()).into(),
    })
}
