//! What tells whether an object was touched.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use crate::ByteStream;

/// An object that was opened.
pub struct Opened {
    /// The bytes of the range.
    pub bytes: ByteStream,
    /// Which version of the object they are of; `None` where the store cannot tell versions apart.
    pub version: Option<Version>,
}

/// Stays the same as long as nobody writes to the object, and changes when somebody does who should not: an object is immutable.
/// It is what the store says of the object (an entity tag, the times of a file), not its bytes, so it cannot tell of bytes
/// that rot. Only to be compared with others of the same location in the same process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(u64);

impl Version {
    /// The version of which a store says this.
    pub(crate) fn of(said: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        said.hash(&mut hasher);
        Self(hasher.finish())
    }
}
