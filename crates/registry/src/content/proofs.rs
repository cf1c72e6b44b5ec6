//! What is served whole is what was stored.
//!
//! A blob that is read from its first byte to its last is hashed on its way, and its last piece is given out once the digest is
//! right: whoever is served one that is not what was stored sees the answer break off. A blob that was right is believed for a
//! day, as long as its store tells that nobody touched the object: so the pulls that follow cost what they cost without.
//!
//! One that is not right is looked at once more, as a check does, and then it is in quarantine, so that the next push of it heals
//! whatever names it ([`super::fsck`]).

use super::{Content, hashing::Hashing};
use crate::db::blobs::BlobRow;
use blobstore::{ByteStream, Location, Opened, StoreError, Version};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use oci::{Digest, DigestHasher};
use std::{io, time::Duration};

/// How long an object is believed that nobody touches: bytes rot without being touched.
const BELIEVED: Duration = Duration::from_hours(24);

/// Objects that are believed at most; some 200 bytes for each.
const CAPACITY: u64 = 50_000;

/// How often one blob is looked at again, however often it is asked for.
const AGAIN: Duration = Duration::from_mins(1);

/// Which objects were found right, by this process.
#[derive(Debug)]
pub(crate) struct Proofs {
    right: moka::sync::Cache<Location, Version>,
    /// Blobs that are looked at, or were a moment ago.
    suspected: moka::sync::Cache<i64, ()>,
}

impl Proofs {
    pub(super) fn new() -> Self {
        Self {
            right: moka::sync::Cache::builder().max_capacity(CAPACITY).time_to_live(BELIEVED).build(),
            suspected: moka::sync::Cache::builder().max_capacity(CAPACITY).time_to_live(AGAIN).build(),
        }
    }
}

impl Content {
    /// The bytes of all of a blob, which are proven on their way unless they are believed.
    pub(super) fn proven(&self, blob: &BlobRow, digest: &Digest, opened: Opened) -> ByteStream {
        let Opened { bytes, version } = opened;
        if version.is_some() && self.proofs.right.get(&blob.location) == version {
            return bytes;
        }
        let proving = Proving {
            content: self.clone(),
            blob: blob.clone(),
            digest: digest.clone(),
            version,
            bytes,
            left: blob.size,
            hashing: Hashing::in_even_steps(DigestHasher::new(digest.algorithm())),
        };
        let pieces = stream::unfold(Some(proving), |proving| async {
            match proving?.next().await {
                Ok(Some((piece, proving))) => Some((Ok(piece), proving)),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        pieces.boxed()
    }

    /// Whether this object was found right.
    #[cfg(test)]
    pub(super) fn believes(&self, location: &Location) -> bool {
        self.proofs.right.contains_key(location)
    }

    /// Looks at a blob that was not right, meanwhile.
    fn suspect(&self, blob: &BlobRow, digest: &Digest) {
        if !self.proofs.suspected.entry(blob.id).or_insert(()).is_fresh() {
            return;
        }
        let (content, blob, digest) = (self.clone(), blob.id, digest.clone());
        tokio::spawn(async move {
            if let Err(error) = content.look_again(blob).await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(%digest, error, "a blob is not what was stored, and could not be put into quarantine");
            }
        });
    }
}

/// A blob on its way out.
struct Proving {
    content: Content,
    blob: BlobRow,
    digest: Digest,
    version: Option<Version>,
    bytes: ByteStream,
    /// How many bytes are still to come.
    left: u64,
    hashing: Hashing,
}

impl Proving {
    /// The next piece, with what is there to go on; `None` at the end.
    async fn next(mut self) -> Result<Option<(Bytes, Option<Self>)>, StoreError> {
        // An end that comes early is seen by who counts, as without us.
        let Some(piece) = self.bytes.next().await.transpose()? else { return Ok(None) };
        self.left = self.left.saturating_sub(piece.len() as u64);
        self.hashing.add(piece.clone()).await.map_err(broken)?;
        if self.left > 0 {
            return Ok(Some((piece, Some(self))));
        }
        if self.hashing.settle().await.map_err(broken)?.finish() != self.digest {
            self.content.suspect(&self.blob, &self.digest);
            return Err(StoreError::Changed);
        }
        if let Some(version) = self.version {
            self.content.proofs.right.insert(self.blob.location, version);
        }
        Ok(Some((piece, None)))
    }
}

fn broken(error: crate::Error) -> StoreError {
    StoreError::Io(io::Error::other(error))
}
