//! Error codes and the body that carries them (distribution specification, "Error Codes").

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Declares the codes once: variant, text, status and what it means.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal, $message:literal;)*) => {
        /// What went wrong, in the specification's words. Clients act on [`ErrorCode::as_str`]; people read the message
        /// beside it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The HTTP status that goes with it, unless the endpoint knows a better one (413 for a manifest that is
            /// too large).
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)*
                }
            }

            /// A message for when there is nothing more exact to say.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }
        }
    };
}

error_codes! {
    /// code-1.
    BlobUnknown = "BLOB_UNKNOWN", 404, "the blob is not known to this repository";
    /// code-2.
    BlobUploadInvalid = "BLOB_UPLOAD_INVALID", 400, "the upload cannot go on like this";
    /// code-3.
    BlobUploadUnknown = "BLOB_UPLOAD_UNKNOWN", 404, "there is no such upload: it was finished, cancelled or never was";
    /// code-4.
    DigestInvalid = "DIGEST_INVALID", 400, "the digest is malformed or is not that of the content";
    /// code-5.
    ManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN", 400, "the manifest names content that this repository does not have";
    /// code-6.
    ManifestInvalid = "MANIFEST_INVALID", 400, "the manifest is not valid";
    /// code-7.
    ManifestUnknown = "MANIFEST_UNKNOWN", 404, "the manifest is not known to this repository";
    /// code-8.
    NameInvalid = "NAME_INVALID", 400, "the repository's name is not valid";
    /// code-9.
    NameUnknown = "NAME_UNKNOWN", 404, "there is no such repository";
    /// code-10.
    SizeInvalid = "SIZE_INVALID", 400, "the content does not have the length that was stated";
    /// code-11.
    Unauthorized = "UNAUTHORIZED", 401, "sign in to do this";
    /// code-12.
    Denied = "DENIED", 403, "you may not do this";
    /// code-13.
    Unsupported = "UNSUPPORTED", 405, "this is not supported";
    /// code-14.
    TooManyRequests = "TOOMANYREQUESTS", 429, "too many requests: wait a while";
    /// A chunk that does not start where the last one ended. The specification asks for the status and names no code.
    RangeInvalid = "RANGE_INVALID", 416, "the range does not follow what was received";
    /// A tag outside the grammar. Not in the specification's table; older registries and clients know it.
    TagInvalid = "TAG_INVALID", 400, "the tag is not valid";
    /// An `n` that is no number. Not in the specification's table; older registries and clients know it.
    PaginationNumberInvalid = "PAGINATION_NUMBER_INVALID", 400, "the number of results asked for is not valid";
    /// A failure of the registry itself; the cause is in its log.
    Unknown = "UNKNOWN", 500, "the registry failed";
    /// The registry cannot do this now; trying again later is right.
    Unavailable = "UNAVAILABLE", 503, "the registry cannot do this at the moment";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A code that is not in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the error code is not known")]
pub struct UnknownErrorCode;

impl FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownErrorCode)
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The body of every error answer under `/v2`: `{"errors":[{"code","message","detail"}]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong, most important first; at least one.
    pub errors: Vec<ErrorEntry>,
}

/// One error of an [`ErrorBody`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorEntry {
    /// What programs act on.
    pub code: ErrorCode,
    /// What people read: what happened, why, and what to do.
    pub message: String,
    /// Facts for programs and reports, such as the digest that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<serde_json::Value>,
}

impl ErrorBody {
    /// A body with one error.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { errors: vec![ErrorEntry { code, message: message.into(), detail: None }] }
    }

    /// Adds facts to the last error.
    #[must_use]
    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        if let Some(last) = self.errors.last_mut() {
            last.detail = Some(detail);
        }
        self
    }

    /// The body as JSON.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    #[test]
    fn codes_have_one_text_each_and_an_error_status() {
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().parse::<ErrorCode>().as_ref(), Ok(code));
            assert!((400..600).contains(&code.status()), "{code}");
            assert!(code.as_str().bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
        }
        assert_eq!("blob_unknown".parse::<ErrorCode>(), Err(UnknownErrorCode));
    }

    #[test]
    fn the_body_has_the_shape_of_the_specification() {
        let body = ErrorBody::new(ErrorCode::BlobUnknown, "gone").with_detail(json!({"digest": "sha256:…"}));
        let expected =
            json!({"errors": [{"code": "BLOB_UNKNOWN", "message": "gone", "detail": {"digest": "sha256:…"}}]});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&body.to_json()).unwrap(), expected);
        assert_eq!(serde_json::from_value::<ErrorBody>(expected).unwrap(), body);
        assert_eq!(
            ErrorBody::new(ErrorCode::Denied, "no").to_json(),
            r#"{"errors":[{"code":"DENIED","message":"no"}]}"#
        );
    }
}
