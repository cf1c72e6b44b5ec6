//! Names of objects, for stores that keep each in a place of its own.

use std::{io, str::FromStr};

use crate::{Location, StoreError};

/// Names an upload, and the object that it becomes: 128 random bits in lower case hex, made once and never again.
///
/// Stores in a folder and in S3 use the same ids, and the same path for one, so that objects can be copied from one to
/// the other and keep their locations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Id(String);

impl Id {
    /// A new one.
    pub(crate) fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The first half, which an upload shares with all that becomes of it.
    pub(crate) fn family(&self) -> &str {
        &self.0[..16]
    }

    /// A new one of the same family.
    pub(crate) fn sibling(&self) -> io::Result<Self> {
        Ok(Self(format!("{}{}", self.family(), &Self::random()?.0[16..])))
    }

    /// The path of the object: `<xx>/<id>`.
    pub(crate) fn object(&self) -> String {
        format!("{}/{}", self.shard(), self.0)
    }

    /// The first two letters, by which objects are spread over 256 folders.
    pub(crate) fn shard(&self) -> &str {
        &self.0[..2]
    }

    /// What callers know the object by.
    pub(crate) fn location(&self) -> Location {
        self.0.parse().expect("32 hex digits make a location")
    }
}

/// The shards of all ids: `00` to `ff`.
pub(crate) fn shards() -> impl Iterator<Item = String> {
    (0..=u8::MAX).map(|shard| format!("{shard:02x}"))
}

/// The text is no id: a file that somebody else put there, or a location of another store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAnId;

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        if text.len() == 32 && text.bytes().all(hex) { Ok(Self(text.to_owned())) } else { Err(NotAnId) }
    }
}

impl TryFrom<&Location> for Id {
    type Error = StoreError;

    fn try_from(location: &Location) -> Result<Self, StoreError> {
        location.as_str().parse().map_err(|NotAnId| StoreError::BadLocation)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_id_is_thirty_two_lower_hex_digits_and_nothing_else() {
        let id = Id::random().unwrap();
        assert_eq!(id.0.parse(), Ok(id.clone()));
        assert_ne!(id, Id::random().unwrap());
        for text in ["", "ab", "../../../../../../../etc/passwd00", &"A".repeat(32), &"0".repeat(33), &"é".repeat(16)]
        {
            assert_eq!(text.parse::<Id>(), Err(NotAnId), "{text:?}");
        }
    }

    #[test]
    fn a_sibling_is_another_one_of_the_same_family() {
        let id = Id::random().unwrap();
        let sibling = id.sibling().unwrap();
        assert_ne!(sibling, id);
        assert_eq!((sibling.family(), sibling.0.parse()), (id.family(), Ok(sibling.clone())));
        assert_ne!(Id::random().unwrap().family(), id.family());
    }
}
