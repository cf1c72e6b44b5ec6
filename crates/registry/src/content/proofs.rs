//! What is served whole is what was stored.
//!
//! A blob that is read from its first byte to its last is hashed on its way, and its last piece is given out once the digest is
//! right: whoever is served one that is not what was stored sees the answer break off. A blob that was right is believed for a
//! day, as long as its store tells that nobody touched the object: so the pulls that follow cost what they cost without.
//!
//! One that is not right is looked at once more, as a check does, and then it is in quarantine, so that the next push of it heals
//! whatever names it ([`super::fsck`]). Until that is decided parts of it are refused, so that nobody fetches the end by itself.

use super::{Content, fsck::suspicion::Suspicion, hashing::Hashing, stored};
use crate::{Error, Result, db::blobs::BlobRow};
use blobstore::{ByteStream, Location, Opened, StoreError, Version};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use oci::{Digest, DigestHasher};
use std::{
    collections::HashSet,
    io,
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// How long an object is believed that nobody touches: bytes rot without being touched.
const BELIEVED: Duration = Duration::from_hours(24);

/// Objects that are believed at most; some 200 bytes for each.
const CAPACITY: u64 = 50_000;

/// How long one of which nothing is certain is left alone.
const AGAIN: Duration = Duration::from_mins(1);

/// Blobs that are suspected at most: any more are wrong on their way out alone.
const SUSPECTS: usize = 1_000;

/// Which objects were found right, by this process.
#[derive(Debug)]
pub(crate) struct Proofs {
    right: moka::sync::Cache<Location, Version>,
    /// Blobs that are looked at again, or were a moment ago without a result.
    suspected: Mutex<HashSet<i64>>,
    /// One is read at a time, at this rate: those who pull what is right have to wait for neither.
    turn: Semaphore,
    rate: u64,
}

impl Proofs {
    /// See [`crate::Options::read_rate`].
    pub(super) fn new(rate: u64) -> Self {
        let right = moka::sync::Cache::builder().max_capacity(CAPACITY).time_to_live(BELIEVED).build();
        Self { right, suspected: Mutex::default(), turn: Semaphore::new(1), rate }
    }

    fn suspected(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.suspected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// The bytes of a range of a blob. Those of all of it are proven on their way unless they are believed.
    pub(super) async fn open(&self, blob: &BlobRow, digest: &Digest, range: Range<u64>) -> Result<ByteStream> {
        let is_whole = range == (0..blob.size);
        if !is_whole && self.proofs.suspected().contains(&blob.id) {
            return Err(Error::Store(StoreError::Changed));
        }
        let Opened { bytes, version } = stored(self.store.open_version(&blob.location, range).await)?;
        if !is_whole || (version.is_some() && self.proofs.right.get(&blob.location) == version) {
            return Ok(bytes);
        }
        let proving = Proving {
            content: self.clone(),
            blob: blob.clone(),
            digest: digest.clone(),
            version,
            bytes,
            left: blob.size,
            hashing: Hashing::piece_by_piece(DigestHasher::new(digest.algorithm())),
        };
        let pieces = stream::unfold(Some(proving), |proving| async {
            match proving?.next().await {
                Ok(Some((piece, proving))) => Some((Ok(piece), proving)),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(pieces.boxed())
    }

    /// Whether this object was found right.
    #[cfg(test)]
    pub(super) fn believes(&self, location: &Location) -> bool {
        self.proofs.right.contains_key(location)
    }

    /// Looks at a blob that was not right, meanwhile.
    fn suspect(&self, suspicion: Suspicion) {
        let (blob, digest) = (suspicion.blob.id, suspicion.digest.clone());
        let mut suspected = self.proofs.suspected();
        if suspected.len() >= SUSPECTS || !suspected.insert(blob) {
            return;
        }
        drop(suspected);
        let content = self.clone();
        tokio::spawn(async move {
            let proofs = &content.proofs;
            let looked = {
                // Nobody closes it.
                let _turn = proofs.turn.acquire().await;
                content.look_again(suspicion, proofs.rate).await
            };
            if let Err(error) = &looked {
                let error = error as &dyn std::error::Error;
                tracing::error!(%digest, error, "a blob was read wrong, and could not be looked at again");
            }
            if !matches!(looked, Ok(true)) {
                tokio::time::sleep(AGAIN).await;
            }
            proofs.suspected().remove(&blob);
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
    async fn next(mut self) -> std::result::Result<Option<(Bytes, Option<Self>)>, StoreError> {
        // An end that comes early is seen by who counts, as without us.
        let Some(piece) = self.bytes.next().await.transpose()? else { return Ok(None) };
        self.left = self.left.saturating_sub(piece.len() as u64);
        self.hashing.add(piece.clone()).await.map_err(broken)?;
        if self.left > 0 {
            return Ok(Some((piece, Some(self))));
        }
        let read = self.hashing.settle().await.map_err(broken)?.finish();
        if read != self.digest {
            self.content.suspect(Suspicion { blob: self.blob, digest: self.digest, read });
            return Err(StoreError::Changed);
        }
        // Whatever was read before, it is right now.
        self.content.proofs.suspected().remove(&self.blob.id);
        if let Some(version) = self.version {
            self.content.proofs.right.insert(self.blob.location, version);
        }
        Ok(Some((piece, None)))
    }
}

fn broken(error: Error) -> StoreError {
    StoreError::Io(io::Error::other(error))
}
