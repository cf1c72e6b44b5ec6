//! Referrers: `end-12a`, `end-12b`.

use http::{HeaderValue, header};
use oci::{Descriptor, Digest, RepositoryName, Route, media_type};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use registry::content::ReferrerPage;
use serde::Serialize;

use super::{
    Answer, Call,
    headers::{self, OCI_FILTERS_APPLIED},
    json,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index<'a> {
    schema_version: u8,
    media_type: &'static str,
    manifests: &'a [Descriptor],
}

/// `GET /v2/<name>/referrers/<digest>?artifactType=`. There is always a list: a repository that has nothing yet, like a
/// subject that nothing refers to, has an empty one.
pub async fn list(call: &Call<'_>, name: &RepositoryName, subject: &Digest) -> Answer {
    let artifact_type = call.query.get("artifactType").filter(|text| !text.is_empty());
    let cursor = call.query.get("last");
    let listed = call.registry.manifests.referrers(&call.caller.actor, name, subject, artifact_type, cursor).await;
    let page = match listed {
        Err(registry::Error::RepositoryNotFound { .. }) => ReferrerPage { manifests: Vec::new(), next: None },
        listed => listed?,
    };
    let index = Index { schema_version: 2, media_type: media_type::OCI_INDEX, manifests: &page.manifests };
    let mut response = json(serde_json::to_vec(&index).expect("descriptors always serialize"));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type::OCI_INDEX));
    if artifact_type.is_some() {
        headers.insert(OCI_FILTERS_APPLIED, HeaderValue::from_static("artifactType"));
    }
    if let Some(next) = &page.next {
        headers.insert(header::LINK, link(name, subject, artifact_type, next));
    }
    Ok(response)
}

fn link(name: &RepositoryName, subject: &Digest, artifact_type: Option<&str>, cursor: &str) -> HeaderValue {
    let path = Route::Referrers(name.clone(), subject.clone()).path();
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let filter = artifact_type.map(|text| format!("artifactType={}&", encoded(text))).unwrap_or_default();
    headers::ascii(format!(r#"<{path}?{filter}last={}>; rel="next""#, encoded(cursor)))
}
