//! The way of bytes from a request into the store: received, hashed and written at the same time, in bounded memory.

use super::{Content, UploadBody, hashing::Hashing, record, store_error, stored};
use crate::{
    Error, Result,
    access::{AuthorizedRepository, may},
    content::BlobReceipt,
    db::{
        self,
        uploads::{Kept, Progress, UploadRow},
    },
};
use blobstore::{BlobWriter, Location, StoreError};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use oci::{Algorithm, Digest, DigestHasher, UploadId};

/// Blobs up to this size are gathered in memory and stored in one go.
const SMALL: usize = 256 * 1024;

/// Up to this size the bytes of an upload wait in its row for the next request: that costs no file and no request to the
/// store, and most blobs that come in small pieces are small.
const ROW: usize = 64 * 1024;

/// Pieces that are gathered at most: each costs memory beside its bytes, and a client may send single bytes.
const PIECES: usize = 1_024;

/// The open end of an upload during one request.
pub(super) struct Intake {
    content: Content,
    /// Absent for a blob that comes in one request.
    upload: Option<UploadRow>,
    /// How many bytes may stay in memory before an upload in the store is begun.
    hold: usize,
    held: Vec<Bytes>,
    held_bytes: usize,
    writer: Option<Box<dyn BlobWriter>>,
    /// Absent when the hash of what is stored is not known: then the object is read once after it is complete.
    hashing: Option<Hashing>,
    /// Bytes of the blob so far, those of earlier requests too.
    total: u64,
    /// Bytes of this request.
    received: u64,
}

impl Intake {
    /// For a blob that comes in one request.
    pub(super) fn whole(content: &Content, algorithm: Algorithm) -> Self {
        Self::new(content, None, SMALL, Some(DigestHasher::new(algorithm)), 0)
    }

    /// Goes on with an upload. `last` is the digest where this request ends the upload.
    pub(super) fn resume(content: &Content, mut upload: UploadRow, last: Option<&Digest>) -> Self {
        let (hash, hold) = match (&upload.store_state, last) {
            (None, Some(digest)) => (Some(DigestHasher::new(digest.algorithm())), SMALL),
            (None, None) => (Some(DigestHasher::new(upload.algorithm)), ROW),
            (Some(_), last) if last.is_none_or(|digest| digest.algorithm() == upload.algorithm) => {
                let saved = upload.hash_state.as_deref().unwrap_or_default();
                (DigestHasher::restore(upload.algorithm, saved).ok(), 0)
            }
            (Some(_), _) => (None, 0),
        };
        let (total, waiting) = (upload.stored, upload.held.take());
        let mut intake = Self::new(content, Some(upload), hold, hash, total);
        intake.held_bytes = waiting.as_ref().map_or(0, Bytes::len);
        intake.held.extend(waiting);
        intake
    }

    fn new(content: &Content, upload: Option<UploadRow>, hold: usize, hash: Option<DigestHasher>, total: u64) -> Self {
        Self {
            content: content.clone(),
            upload,
            hold,
            held: Vec::new(),
            held_bytes: 0,
            writer: None,
            hashing: hash.map(Hashing::new),
            total,
            received: 0,
        }
    }

    /// Takes a body to its end, or as far as it came. No more than `length` bytes are taken where that was announced.
    ///
    /// # Errors
    /// [`Error::BodyBroken`] and [`Error::LengthMismatch`], after which what came stands; others, after which the
    /// intake is of no more use.
    pub(super) async fn receive(&mut self, mut body: UploadBody, length: Option<u64>) -> Result<()> {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(Error::BodyBroken)?;
            if chunk.is_empty() {
                continue;
            }
            let received = self.received + chunk.len() as u64;
            if let Some(expected) = length.filter(|length| received > *length) {
                return Err(Error::LengthMismatch { expected, actual: received });
            }
            self.received = received;
            self.total += chunk.len() as u64;
            self.take(chunk).await?;
        }
        match length.filter(|length| self.received != *length) {
            Some(expected) => Err(Error::LengthMismatch { expected, actual: self.received }),
            None => Ok(()),
        }
    }

    async fn take(&mut self, chunk: Bytes) -> Result<()> {
        if self.writer.is_some() {
            return self.pass(chunk).await;
        }
        self.held_bytes += chunk.len();
        self.held.push(chunk);
        if self.held_bytes > self.hold || self.held.len() > PIECES {
            self.open().await?;
        }
        Ok(())
    }

    /// Opens the upload in the store and gives it what is held.
    async fn open(&mut self) -> Result<()> {
        let before = self.total - self.held_bytes as u64;
        let state = self.upload.as_ref().and_then(|upload| upload.store_state.clone());
        self.writer = Some(match state {
            Some(state) => {
                // Whoever writes at this moment goes on undisturbed, and it is this request that is refused.
                self.content.store.await_free(&state).await.map_err(resume_error)?;
                // From here on stored bytes may change, so nobody else may go on from the version that was read.
                self.claim().await?;
                self.content.store.resume(&state, before).await.map_err(resume_error)?
            }
            None => stored(self.content.store.begin().await)?,
        });
        self.held_bytes = 0;
        for chunk in std::mem::take(&mut self.held) {
            self.pass(chunk).await?;
        }
        Ok(())
    }

    async fn claim(&mut self) -> Result<()> {
        let Some(upload) = &mut self.upload else { return Ok(()) };
        let args = (upload.id.clone(), upload.version, self.content.now());
        let claimed = self
            .content
            .db
            .write(args, |txn, (id, version, now)| {
                Box::pin(async move { db::uploads::claim(txn, id, *version, *now).await })
            })
            .await?;
        if !claimed {
            return Err(Error::UploadBusy);
        }
        upload.version += 1;
        Ok(())
    }

    async fn pass(&mut self, chunk: Bytes) -> Result<()> {
        if let Some(hashing) = &mut self.hashing {
            hashing.add(chunk.clone()).await?;
        }
        match &mut self.writer {
            Some(writer) => stored(writer.write(chunk).await),
            None => Ok(()),
        }
    }

    /// Puts the upload aside for the next request; how many bytes it has now.
    ///
    /// # Errors
    /// [`Error::UploadBusy`] or [`Error::UploadNotFound`] if another request changed or ended it meanwhile.
    pub(super) async fn pause(mut self) -> Result<u64> {
        if self.received == 0 {
            return Ok(self.total);
        }
        if self.writer.is_none() && self.held_bytes > ROW {
            self.open().await?;
        }
        let Some(upload) = self.upload else { return Ok(self.total) };
        let (algorithm, kept) = match self.writer {
            Some(writer) => {
                let (algorithm, hash_state) = match self.hashing {
                    Some(hashing) => {
                        let hasher = hashing.settle().await?;
                        (hasher.algorithm(), hasher.save())
                    }
                    None => (upload.algorithm, Vec::new()),
                };
                (algorithm, Kept::Store { hash_state, store_state: stored(writer.pause().await)? })
            }
            None => (upload.algorithm, Kept::Row(joined(self.held, self.held_bytes))),
        };
        let progress = Progress { algorithm, stored: self.total, kept: kept.clone() };
        let args = (upload.id.clone(), upload.version, progress, self.content.now());
        let saved = self.content.db.write(args, |txn, (id, version, progress, now)| {
            Box::pin(async move { db::uploads::save(txn, id, *version, progress, *now).await })
        });
        if saved.await? {
            return Ok(self.total);
        }
        if upload.store_state.is_none()
            && let Kept::Store { store_state, .. } = kept
        {
            // Nobody else knows of these bytes. Where they cannot be removed now, the sweep does it.
            let _ = self.content.store.abort(&store_state).await;
        }
        Err(lost(&self.content, &upload.id).await)
    }

    /// Ends the upload as the blob that it should be: durable, linked to the repository, and only then answered.
    ///
    /// # Errors
    /// [`Error::DigestMismatch`], after which the upload is gone; others.
    pub(super) async fn commit(
        mut self,
        repository: &AuthorizedRepository<may::Push>,
        digest: &Digest,
    ) -> Result<BlobReceipt> {
        let resumed = self.upload.as_ref().is_some_and(|upload| upload.store_state.is_some());
        let key = self.upload.as_ref().map(|upload| (upload.id.clone(), upload.version));
        let hashing = self.hashing.take().filter(|hashing| hashing.algorithm() == digest.algorithm());
        let blob = record::Blob { digest: digest.clone(), size: self.total };
        let location = if self.writer.is_none() && !resumed {
            self.commit_held(repository, &blob, key.as_ref(), hashing).await?
        } else {
            self.commit_written(repository, &blob, key.as_ref(), hashing).await?
        };
        if let Some(location) = location {
            record::insert(&self.content, repository, &blob, &location, key).await?;
        }
        Ok(BlobReceipt { digest: blob.digest, size: blob.size })
    }

    /// Stores what is in memory; `None` if the blob was there and is linked now.
    async fn commit_held(
        &mut self,
        repository: &AuthorizedRepository<may::Push>,
        blob: &record::Blob,
        key: Option<&record::UploadKey>,
        hashing: Option<Hashing>,
    ) -> Result<Option<Location>> {
        let mut hashing = hashing.unwrap_or_else(|| Hashing::new(DigestHasher::new(blob.digest.algorithm())));
        for chunk in &self.held {
            hashing.add(chunk.clone()).await?;
        }
        let actual = hashing.settle().await?.finish();
        if actual != blob.digest {
            record::forget(&self.content, key).await;
            return Err(Error::DigestMismatch { expected: blob.digest.clone(), actual });
        }
        if record::relink(&self.content, repository, blob, key).await? {
            return Ok(None);
        }
        let bytes = joined(std::mem::take(&mut self.held), self.held_bytes);
        stored(self.content.store.put(bytes).await).map(Some)
    }

    /// Completes what the store has; `None` if the blob was there and is linked now.
    async fn commit_written(
        &mut self,
        repository: &AuthorizedRepository<may::Push>,
        blob: &record::Blob,
        key: Option<&record::UploadKey>,
        hashing: Option<Hashing>,
    ) -> Result<Option<Location>> {
        let writer = match (self.writer.take(), &self.upload) {
            (Some(writer), _) => writer,
            (None, Some(UploadRow { id, store_state: Some(state), stored, version, .. })) => {
                // The body may have taken its time: what others have added since must not be cut off.
                match db::uploads::find(self.content.db.reader(), id).await? {
                    Some(now) if now.version == *version => {}
                    Some(_) => return Err(Error::UploadBusy),
                    None => return Err(Error::UploadNotFound),
                }
                self.content.store.resume(state, *stored).await.map_err(resume_error)?
            }
            (None, _) => return Err(Error::UploadNotFound),
        };
        let actual = match hashing {
            Some(hashing) => Some(hashing.settle().await?.finish()),
            None => None,
        };
        if let Some(actual) = &actual {
            if *actual != blob.digest {
                writer.abort().await;
                record::forget(&self.content, key).await;
                return Err(Error::DigestMismatch { expected: blob.digest.clone(), actual: actual.clone() });
            }
            if record::relink(&self.content, repository, blob, key).await? {
                writer.abort().await;
                return Ok(None);
            }
        }
        let location = writer.commit().await.map_err(resume_error)?;
        if actual.is_none() {
            let actual = read_digest(&self.content, &location, blob.size, blob.digest.algorithm()).await?;
            if actual != blob.digest {
                self.content.discard(&location).await;
                record::forget(&self.content, key).await;
                return Err(Error::DigestMismatch { expected: blob.digest.clone(), actual });
            }
        }
        Ok(Some(location))
    }

    /// Gives up what came in this request. What earlier requests brought stays: they may go on from there.
    pub(super) async fn abandon(self) {
        let resumed = self.upload.is_some_and(|upload| upload.store_state.is_some());
        if let Some(writer) = self.writer.filter(|_| !resumed) {
            writer.abort().await;
        }
    }
}

/// Hashes a stored object once more: the client commits with another algorithm than was running.
async fn read_digest(content: &Content, location: &Location, size: u64, algorithm: Algorithm) -> Result<Digest> {
    let mut hashing = Hashing::new(DigestHasher::new(algorithm));
    let mut bytes = stored(content.store.open(location, 0..size).await)?;
    while let Some(chunk) = bytes.next().await {
        hashing.add(stored(chunk)?).await?;
    }
    Ok(hashing.settle().await?.finish())
}

/// What became of an upload that was changed behind our back.
async fn lost(content: &Content, id: &UploadId) -> Error {
    match db::uploads::find(content.db.reader(), id).await {
        Ok(Some(_)) => Error::UploadBusy,
        Ok(None) => Error::UploadNotFound,
        Err(error) => error,
    }
}

/// An upload whose bytes the store does not have any more cannot go on.
fn resume_error(error: StoreError) -> Error {
    match error {
        StoreError::NotFound | StoreError::Truncated { .. } => Error::UploadNotFound,
        StoreError::Busy => Error::UploadBusy,
        error => store_error(error),
    }
}

fn joined(mut chunks: Vec<Bytes>, size: usize) -> Bytes {
    if chunks.len() == 1 {
        return chunks.swap_remove(0);
    }
    let mut bytes = BytesMut::with_capacity(size);
    for chunk in chunks {
        bytes.extend_from_slice(&chunk);
    }
    bytes.freeze()
}
