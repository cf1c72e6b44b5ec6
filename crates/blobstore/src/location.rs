//! The opaque names that callers persist.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Where an object is, in the words of the store that gave it out. Callers persist it and never look inside.
///
/// At most 255 bytes of `[A-Za-z0-9._/-]`, in components that are neither empty, nor `.`, nor `..`: whatever a database
/// is made to say, a location names nothing outside of its store. A store refuses what it could not have given out
/// itself with [`StoreError::BadLocation`](crate::StoreError::BadLocation).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Location(String);

/// The text is not a [`Location`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a location of a stored object")]
pub struct InvalidLocation;

impl Location {
    /// The location as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Location {
    type Error = InvalidLocation;

    fn try_from(text: String) -> Result<Self, InvalidLocation> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
        let stays_inside = |component: &str| !matches!(component, "" | "." | "..");
        if text.len() <= 255 && text.bytes().all(allowed) && text.split('/').all(stays_inside) {
            Ok(Self(text))
        } else {
            Err(InvalidLocation)
        }
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.0
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A paused upload, in the words of the store that paused it. Callers persist the bytes and never look inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadState(Vec<u8>);

impl UploadState {
    /// Wraps bytes that [`UploadState::as_bytes`] gave. Whether they mean anything is found out by the store.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes to persist: at most a few hundred, growing slowly with the upload in some stores.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to persist.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_never_leaves_its_store() {
        for text in ["", "/etc/passwd", "..", "a/../b", "a//b", "a/.", "a\\b", "a b", "a\0", "é", "a/", "./a"] {
            assert_eq!(text.parse::<Location>(), Err(InvalidLocation), "{text:?}");
        }
        assert_eq!("a".repeat(256).parse::<Location>(), Err(InvalidLocation));
    }

    #[test]
    fn a_location_reads_back_as_it_was_written() {
        for text in ["0123abcd", "prefix/ab/abcdef", "v1.2_x-y", "..."] {
            assert_eq!(text.parse::<Location>().map(|location| location.to_string()), Ok(text.to_owned()));
        }
    }
}
