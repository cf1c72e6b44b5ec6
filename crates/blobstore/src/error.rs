//! What can go wrong with bytes.

use std::io;

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No object at this location, or no such upload.
    #[error("not found in the store")]
    NotFound,
    /// The store has no room left, or the quota is used up. Reads go on, and so do writes once there is room.
    #[error("the store is full")]
    Full,
    /// Fewer bytes are stored than the caller knows there must be.
    #[error("only {actual} bytes are stored where at least {expected} must be")]
    Truncated {
        /// How many bytes there must be at least.
        expected: u64,
        /// How many there are.
        actual: u64,
    },
    /// The bytes are not those that were stored. A store finds only that an object becomes another one while it is read; the rest
    /// is for those who know what the bytes must be.
    #[error("the stored bytes are not what they were")]
    Changed,
    /// Another writer has this upload open.
    #[error("the upload is being written by somebody else")]
    Busy,
    /// The location is malformed, or belongs to another kind of store.
    #[error("not a location of this store")]
    BadLocation,
    /// The upload state is malformed, or belongs to another kind of store.
    #[error("not an upload state of this store")]
    BadState,
    /// The store can not be reached, or failed.
    #[error("the store failed")]
    Io(#[source] io::Error),
}

impl From<io::Error> for StoreError {
    /// Sorts out what has an outcome of its own: absent files and full disks.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_used_up_quota_are_full() {
        for errno in [rustix::io::Errno::NOSPC, rustix::io::Errno::DQUOT] {
            assert!(matches!(StoreError::from(io::Error::from(errno)), StoreError::Full), "{errno}");
        }
    }

    #[test]
    fn other_errors_keep_their_cause() {
        let error = StoreError::from(io::Error::from(rustix::io::Errno::IO));
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause, Some(io::Error::from(rustix::io::Errno::IO).to_string()));
    }
}
