//! What names a manifest inside its repository.

use crate::{Digest, DigestError, Tag, TagError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// `<tag-or-digest>` (end-3, end-7, end-9): anything with a colon is a digest, as tags have none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// By a name that may move.
    Tag(Tag),
    /// By content.
    Digest(Digest),
}

/// Why a string is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It has no colon and is no tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// It has a colon and is no digest.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl Reference {
    /// The text, as it stands in a path.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag(tag) => tag.as_str(),
            Self::Digest(digest) => digest.as_str(),
        }
    }

    /// The tag, if it is one.
    pub fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Tag(tag) => Some(tag),
            Self::Digest(_) => None,
        }
    }

    /// The digest, if it is one.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) => Some(digest),
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text.contains(':') { Self::Digest(text.parse()?) } else { Self::Tag(text.parse()?) })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Tag> for Reference {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}

impl From<Digest> for Reference {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_colon_makes_it_a_digest() {
        let digest = Digest::sha256(b"x");
        assert_eq!(digest.as_str().parse::<Reference>().unwrap(), Reference::Digest(digest));
        assert_eq!("latest".parse::<Reference>().unwrap().tag().unwrap().as_str(), "latest");
        assert_eq!("sha256-abc".parse::<Reference>().unwrap().digest(), None);
        assert_eq!(
            "sha256:abc".parse::<Reference>(),
            Err(ReferenceError::Digest(DigestError::Length { expected: 64, actual: 3 }))
        );
        assert_eq!(".x".parse::<Reference>(), Err(ReferenceError::Tag(TagError)));
    }

    proptest! {
        #[test]
        fn any_string_parses_to_itself_or_is_refused(text in ".{0,80}") {
            if let Ok(reference) = text.parse::<Reference>() {
                prop_assert_eq!(reference.to_string(), text);
            }
        }
    }
}
