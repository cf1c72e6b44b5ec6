//! The path grammar of `/v2` (distribution specification, "Endpoints").

use crate::{Digest, ErrorCode, Reference, ReferenceError, RepositoryName, UploadId};
use std::borrow::Cow;
use std::fmt::Display;

/// An address of the registry API, its names parsed.
///
/// Names of repositories contain slashes and may contain the API's own words (`team/blobs/tags`), so a path is read
/// from its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v2/` (end-1): whether this is a registry, and who is asking.
    Base,
    /// `/v2/_catalog`: all repositories. Docker's, not in the specification.
    Catalog,
    /// `/v2/<name>/tags/list` (end-8a, end-8b).
    Tags(RepositoryName),
    /// `/v2/<name>/manifests/<reference>` (end-3, end-7, end-9).
    Manifest(RepositoryName, Reference),
    /// `/v2/<name>/blobs/<digest>` (end-2, end-10).
    Blob(RepositoryName, Digest),
    /// `/v2/<name>/blobs/uploads/` (end-4a, end-4b, end-4c, end-11).
    Uploads(RepositoryName),
    /// `/v2/<name>/blobs/uploads/<id>`, the location of an upload (end-5, end-6, end-13, end-14).
    Upload(RepositoryName, UploadId),
    /// `/v2/<name>/referrers/<digest>` (end-12a, end-12b).
    Referrers(RepositoryName, Digest),
}

/// An address whose form is known and one of whose names is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RouteError {
    /// `NAME_INVALID`, `TAG_INVALID`, `DIGEST_INVALID`, or `BLOB_UPLOAD_UNKNOWN` for an upload that cannot exist.
    pub code: ErrorCode,
    /// What is wrong with which text.
    pub message: String,
}

impl RouteError {
    fn new(code: ErrorCode, text: &str, reason: &dyn Display) -> Self {
        /// Nobody needs to be told more of what they sent.
        const SHOWN: usize = 128;
        let shown: String = text.chars().take(SHOWN).collect();
        Self { code, message: format!("{shown:?}: {reason}") }
    }

    /// The same error as GET and HEAD should answer it: a manifest under a malformed tag cannot exist, and asking for
    /// what does not exist is answered with 404 ("Pulling manifests"; clients and the specification's tests ask for
    /// such names).
    #[must_use]
    pub fn when_reading(mut self) -> Self {
        if self.code == ErrorCode::TagInvalid {
            self.code = ErrorCode::ManifestUnknown;
        }
        self
    }
}

impl Route {
    /// Parses the path of a request target: as it was sent, percent-encoded, without the query. `None` is no address of
    /// this API.
    pub fn parse(path: &str) -> Result<Option<Self>, RouteError> {
        let Some(rest) = path.strip_prefix("/v2") else { return Ok(None) };
        let rest = match rest.strip_prefix('/') {
            Some("") => return Ok(Some(Self::Base)),
            Some("_catalog") => return Ok(Some(Self::Catalog)),
            Some(rest) => rest,
            None if rest.is_empty() => return Ok(Some(Self::Base)),
            None => return Ok(None),
        };
        let Some((head, last)) = rest.rsplit_once('/') else { return Ok(None) };
        let Some((name, kind)) = head.rsplit_once('/') else { return Ok(None) };
        match kind {
            "tags" if last == "list" => Ok(Some(Self::Tags(repository(name)?))),
            // The slash at the end of `blobs/uploads/` is often forgotten.
            "blobs" if last == "uploads" => Ok(Some(Self::Uploads(repository(name)?))),
            "uploads" => match name.strip_suffix("/blobs") {
                Some(name) if last.is_empty() => Ok(Some(Self::Uploads(repository(name)?))),
                Some(name) => Ok(Some(Self::Upload(repository(name)?, upload(last)?))),
                None => Ok(None),
            },
            _ if last.is_empty() => Ok(None),
            "manifests" => Ok(Some(Self::Manifest(repository(name)?, reference(last)?))),
            "blobs" => Ok(Some(Self::Blob(repository(name)?, digest(last)?))),
            "referrers" => Ok(Some(Self::Referrers(repository(name)?, digest(last)?))),
            _ => Ok(None),
        }
    }

    /// The repository that it is about.
    pub fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Base | Self::Catalog => None,
            Self::Tags(name)
            | Self::Manifest(name, _)
            | Self::Blob(name, _)
            | Self::Uploads(name)
            | Self::Upload(name, _)
            | Self::Referrers(name, _) => Some(name),
        }
    }

    /// The canonical path; what goes into `Location` headers.
    pub fn path(&self) -> String {
        match self {
            Self::Base => "/v2/".to_owned(),
            Self::Catalog => "/v2/_catalog".to_owned(),
            Self::Tags(name) => format!("/v2/{name}/tags/list"),
            Self::Manifest(name, reference) => format!("/v2/{name}/manifests/{reference}"),
            Self::Blob(name, digest) => format!("/v2/{name}/blobs/{digest}"),
            Self::Uploads(name) => format!("/v2/{name}/blobs/uploads/"),
            Self::Upload(name, id) => format!("/v2/{name}/blobs/uploads/{id}"),
            Self::Referrers(name, digest) => format!("/v2/{name}/referrers/{digest}"),
        }
    }
}

fn repository(text: &str) -> Result<RepositoryName, RouteError> {
    let text = decoded(text);
    text.parse().map_err(|error| RouteError::new(ErrorCode::NameInvalid, &text, &error))
}

fn digest(text: &str) -> Result<Digest, RouteError> {
    let text = decoded(text);
    text.parse().map_err(|error| RouteError::new(ErrorCode::DigestInvalid, &text, &error))
}

fn upload(text: &str) -> Result<UploadId, RouteError> {
    text.parse().map_err(|error| RouteError::new(ErrorCode::BlobUploadUnknown, text, &error))
}

fn reference(text: &str) -> Result<Reference, RouteError> {
    let text = decoded(text);
    text.parse().map_err(|error| {
        let code = match error {
            ReferenceError::Tag(_) => ErrorCode::TagInvalid,
            ReferenceError::Digest(_) => ErrorCode::DigestInvalid,
        };
        RouteError::new(code, &text, &error)
    })
}

/// Undoes percent-encoding, once. All names are ASCII without `%`, so an encoding that is broken or gives something
/// else may stay as it is: it fits no grammar. Allocates only if there is something to undo.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut parts = text.split('%');
    decoded.extend(parts.next());
    for part in parts {
        let byte = part
            .get(..2)
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii() => {
                decoded.push(char::from(byte));
                decoded.push_str(&part[2..]);
            }
            _ => {
                decoded.push('%');
                decoded.push_str(part);
            }
        }
    }
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn name(text: &str) -> RepositoryName {
        text.parse().unwrap()
    }

    fn digest() -> Digest {
        Digest::sha256(b"")
    }

    fn tag(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn paths_are_read_from_their_end() {
        let table = [
            ("/v2".to_owned(), Route::Base),
            ("/v2/".to_owned(), Route::Base),
            ("/v2/_catalog".to_owned(), Route::Catalog),
            ("/v2/a/tags/list".to_owned(), Route::Tags(name("a"))),
            ("/v2/a/b/c/tags/list".to_owned(), Route::Tags(name("a/b/c"))),
            ("/v2/tags/list/tags/list".to_owned(), Route::Tags(name("tags/list"))),
            ("/v2/a/manifests/latest".to_owned(), Route::Manifest(name("a"), tag("latest"))),
            ("/v2/a/manifests/manifests/list".to_owned(), Route::Manifest(name("a/manifests"), tag("list"))),
            ("/v2/a/tags/manifests/list".to_owned(), Route::Manifest(name("a/tags"), tag("list"))),
            ("/v2/a/blobs/uploads/manifests/x".to_owned(), Route::Manifest(name("a/blobs/uploads"), tag("x"))),
            (format!("/v2/a/manifests/sha256:{HEX}"), Route::Manifest(name("a"), Reference::Digest(digest()))),
            (format!("/v2/a/manifests/sha256%3A{HEX}"), Route::Manifest(name("a"), Reference::Digest(digest()))),
            (format!("/v2/a/b/blobs/sha256:{HEX}"), Route::Blob(name("a/b"), digest())),
            (format!("/v2/a/blobs/uploads/blobs/sha256%3a{HEX}"), Route::Blob(name("a/blobs/uploads"), digest())),
            (format!("/v2/a%2Fb/blobs/sha256:{HEX}"), Route::Blob(name("a/b"), digest())),
            ("/v2/a/blobs/uploads/".to_owned(), Route::Uploads(name("a"))),
            ("/v2/a/blobs/uploads".to_owned(), Route::Uploads(name("a"))),
            ("/v2/a/blobs/uploads/list".to_owned(), Route::Upload(name("a"), "list".parse().unwrap())),
            ("/v2/a/blobs/blobs/uploads/".to_owned(), Route::Uploads(name("a/blobs"))),
            (format!("/v2/a/referrers/sha256:{HEX}"), Route::Referrers(name("a"), digest())),
        ];
        for (path, route) in table {
            assert_eq!(Route::parse(&path), Ok(Some(route)), "{path}");
        }
    }

    #[test]
    fn what_is_no_address_is_nothing() {
        for path in [
            "",
            "/",
            "/v2x",
            "/v1/",
            "/v2//",
            "/v2/a",
            "/v2/a/",
            "/v2/a/b/c",
            "/v2/tags/list",
            "/v2/manifests/latest",
            "/v2/_catalog/",
            "/v2/a/manifests/",
            "/v2/a/tags",
            "/v2/a/tags/",
            "/v2/a/tags/list/",
            "/v2/a/blobs/",
            "/v2/a/uploads/x",
            "/v2/a/referrers/",
            "/v2/%74ags/list",
            "v2/a/tags/list",
        ] {
            assert_eq!(Route::parse(path), Ok(None), "{path}");
        }
    }

    #[test]
    fn malformed_names_say_what_they_are() {
        let hex = HEX.to_uppercase();
        let long = "a".repeat(256);
        let table = [
            ("/v2/A/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2//a/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2//tags/list".to_owned(), ErrorCode::NameInvalid),
            (format!("/v2/{long}/tags/list"), ErrorCode::NameInvalid),
            ("/v2/a/../b/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2/a/%2e%2e/b/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2/a%00/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2/a%252Fb/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2/a%/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2/a%c3%a9/tags/list".to_owned(), ErrorCode::NameInvalid),
            ("/v2/a/manifests/.x".to_owned(), ErrorCode::TagInvalid),
            ("/v2/a/manifests/x%2Fy".to_owned(), ErrorCode::TagInvalid),
            ("/v2/a/manifests/sha256:abc".to_owned(), ErrorCode::DigestInvalid),
            (format!("/v2/a/blobs/sha256:{hex}"), ErrorCode::DigestInvalid),
            ("/v2/a/blobs/latest".to_owned(), ErrorCode::DigestInvalid),
            ("/v2/a/referrers/latest".to_owned(), ErrorCode::DigestInvalid),
            ("/v2/a/blobs/uploads/..".to_owned(), ErrorCode::BlobUploadUnknown),
        ];
        for (path, code) in table {
            assert_eq!(Route::parse(&path).unwrap_err().code, code, "{path}");
        }
    }

    #[test]
    fn what_is_echoed_is_short_and_has_no_control_characters() {
        let error = Route::parse(&format!("/v2/a/manifests/%0d%0a{}", "x".repeat(9000))).unwrap_err();
        assert!(error.message.len() < 400 && !error.message.contains(['\r', '\n']), "{}", error.message);
    }

    #[test]
    fn reading_under_a_malformed_tag_finds_nothing() {
        let error = Route::parse("/v2/a/manifests/.INVALID_MANIFEST_NAME").unwrap_err();
        assert_eq!((error.code.status(), error.clone().when_reading().code.status()), (400, 404));
        assert_eq!(Route::parse("/v2/A/manifests/x").unwrap_err().when_reading().code, ErrorCode::NameInvalid);
    }

    fn routes() -> impl Strategy<Value = Route> {
        let names = proptest::collection::vec("blobs|tags|list|manifests|uploads|referrers|v2|[a-z]{1,3}", 1..6);
        let tags = "(list|uploads|blobs|manifests|[a-zA-Z0-9_][a-zA-Z0-9._-]{0,9})";
        (names, tags, "[A-Za-z0-9_-]{1,64}", any::<Vec<u8>>(), 0..7_u8).prop_map(|(name, tag, id, bytes, kind)| {
            let (name, digest) = (name.join("/").parse().unwrap(), Digest::sha256(&bytes));
            match kind {
                0 => Route::Tags(name),
                1 => Route::Manifest(name, tag.parse().unwrap()),
                2 => Route::Manifest(name, Reference::Digest(digest)),
                3 => Route::Blob(name, digest),
                4 => Route::Uploads(name),
                5 => Route::Upload(name, id.parse().unwrap()),
                _ => Route::Referrers(name, digest),
            }
        })
    }

    proptest! {
        #[test]
        fn every_route_has_a_path_that_leads_to_it(route in routes()) {
            prop_assert_eq!(Route::parse(&route.path()), Ok(Some(route)));
        }

        #[test]
        fn no_path_makes_it_panic(
            path in "(/v2)?(/(blobs|tags|list|manifests|uploads|referrers|_catalog|[a-z%:.é0-9]{0,5})){0,6}|.*",
        ) {
            let _ = Route::parse(&path);
        }
    }
}
