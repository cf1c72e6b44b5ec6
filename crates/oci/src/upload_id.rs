//! Names of upload sessions.

use crate::parsed::parsed_string;

/// Why a string names no upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an upload is named by 1 to 64 letters, digits, underscores and hyphens")]
pub struct UploadIdError;

parsed_string! {
    /// The opaque name of an upload session in its `Location` (end-4a): `[A-Za-z0-9_-]{1,64}`. Knowing it gives no
    /// right to it.
    UploadId, UploadIdError, check
}

fn check(text: &str) -> Result<(), UploadIdError> {
    let allowed = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if allowed && (1..=64).contains(&text.len()) { Ok(()) } else { Err(UploadIdError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_url_safe_names_are_upload_ids() {
        for id in ["a", "0192f0c1-7a5e-7cc0-8000-000000000000", "A_b-9", "x".repeat(64).as_str()] {
            assert!(id.parse::<UploadId>().is_ok(), "{id}");
        }
        for id in ["", ".", "..", "a/b", "a.b", "a%20", "é", "x".repeat(65).as_str()] {
            assert!(id.parse::<UploadId>().is_err(), "{id}");
        }
    }
}
