//! Reading objects to their end, no faster than is allowed.

use super::Fsck;
use crate::{
    Result,
    content::{Content, hashing::Hashing, stored},
};
use blobstore::{BlobStore, Location, StoreError};
use futures::StreamExt as _;
use oci::{Algorithm, Digest, DigestHasher};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A limit to how many bytes are read in a second, over all readers that share it.
#[derive(Clone, Debug)]
pub(super) struct Throttle {
    rate: u64,
    /// When the bytes that were taken so far may have been read.
    until: Arc<Mutex<Instant>>,
    read: Arc<AtomicU64>,
}

impl Throttle {
    /// So many bytes a second; as many as there are where it is 0.
    pub(super) fn new(rate: u64) -> Self {
        Self { rate, until: Arc::new(Mutex::new(Instant::now())), read: Arc::default() }
    }

    /// Takes bytes that were read: waits until that many may have been.
    async fn take(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
        if self.rate == 0 {
            return;
        }
        let until = {
            let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
            // What was not read while nobody wanted to is not made up for.
            *until = (*until).max(Instant::now()) + Duration::from_micros(bytes.saturating_mul(1_000_000) / self.rate);
            *until
        };
        tokio::time::sleep_until(until.into()).await;
    }

    /// Bytes that were read since the last time that this was asked.
    pub(super) fn read(&self) -> u64 {
        self.read.swap(0, Ordering::Relaxed)
    }
}

/// What came of reading an object to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// It has this digest.
    Digest(Digest),
    /// It went, or became shorter, since its size was asked for.
    Other,
    /// The store answers, but not with these bytes.
    Unreadable,
}

/// What the store says about an object's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Known(u64),
    Absent,
    Unreadable,
}

impl Fsck {
    /// An object's size. A store that does not answer at all is an error.
    pub(super) async fn size(content: &Content, location: &Location) -> Result<Size> {
        for last in [false, true] {
            match content.home().size(location).await {
                Ok(Some(size)) => return Ok(Size::Known(size)),
                Ok(None) | Err(StoreError::BadLocation) => return Ok(Size::Absent),
                Err(_) if last => break,
                Err(_) => stored(content.store.probe().await)?,
            }
        }
        Ok(Size::Unreadable)
    }

    /// Reads the first `size` bytes of an object of `store`. What cannot be read is tried once more, after a look whether the store answers at
    /// all: if it does not, that is an error.
    pub(super) async fn digest(
        content: &Content,
        store: &Arc<dyn BlobStore>,
        throttle: &Throttle,
        location: &Location,
        size: u64,
        algorithm: Algorithm,
    ) -> Result<Read> {
        for last in [false, true] {
            match hash(store, throttle, location, size, algorithm).await? {
                Ok(digest) => return Ok(Read::Digest(digest)),
                Err(StoreError::NotFound | StoreError::Truncated { .. } | StoreError::BadLocation) => {
                    return Ok(Read::Other);
                }
                Err(_) if last => break,
                Err(_) => stored(content.store.probe().await)?,
            }
        }
        Ok(Read::Unreadable)
    }
}

async fn hash(
    store: &Arc<dyn BlobStore>,
    throttle: &Throttle,
    location: &Location,
    size: u64,
    algorithm: Algorithm,
) -> Result<Result<Digest, StoreError>> {
    let mut bytes = match store.open(location, 0..size).await {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error)),
    };
    let mut hashing = Hashing::new(DigestHasher::new(algorithm));
    while let Some(chunk) = bytes.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return Ok(Err(error)),
        };
        throttle.take(chunk.len() as u64).await;
        hashing.add(chunk).await?;
    }
    Ok(Ok(hashing.settle().await?.finish()))
}
