//! Header names and values of the protocol.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use oci::Digest;

pub const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
pub const DOCKER_UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");
pub const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");
pub const OCI_FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

const DOCKER_DISTRIBUTION_API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

pub const JSON: HeaderValue = HeaderValue::from_static(oci::media_type::JSON);
pub const OCTET_STREAM: HeaderValue = HeaderValue::from_static(oci::media_type::OCTET_STREAM);

const API_VERSION: HeaderValue = HeaderValue::from_static("registry/2.0");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// What every answer under `/v2` says: which protocol it is, and that it is no page.
pub fn protect(headers: &mut HeaderMap) {
    headers.insert(DOCKER_DISTRIBUTION_API_VERSION, API_VERSION);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(header::CONTENT_SECURITY_POLICY, NO_PAGE);
}

/// A digest as a header's value.
pub fn digest(digest: &Digest) -> HeaderValue {
    HeaderValue::from_str(digest.as_str()).expect("a digest is of ASCII letters, digits and a colon")
}

/// The strong entity tag of content that is known by its digest.
pub fn etag(digest: &Digest) -> HeaderValue {
    let mut text = String::with_capacity(digest.as_str().len() + 2);
    text.push('"');
    text.push_str(digest.as_str());
    text.push('"');
    HeaderValue::try_from(text).expect("a digest is of ASCII letters, digits and a colon")
}

/// A path of ours, or another text that was built from validated names only.
pub fn ascii(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("names, references and ids are of ASCII without control characters")
}
