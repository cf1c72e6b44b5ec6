//! The way of bytes from a request into the store: received, hashed and written at the same time, in bounded memory.

use super::{Content, UploadBody, hashing::Hashing, record, store_error, stored};
use crate::{
    Error, Result,
    access::{AuthorizedRepository, ProjectId, may},
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
    project: ProjectId,
    /// The digest where it is known from the start.
    digest: Option<Digest>,
    /// Up to this size it was found to fit into the project's quota; absent while nobody has looked. The last word is that of
    /// the transaction that links the blob.
    room: Option<u64>,
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
    pub(super) fn whole(content: &Content, project: ProjectId, digest: &Digest) -> Self {
        let hasher = DigestHasher::new(digest.algorithm());
        Self::new(content, (project, Some(digest)), None, SMALL, Some(hasher), 0)
    }

    /// Goes on with an upload. `last` is the digest where this request ends the upload.
    pub(super) fn resume(content: &Content, project: ProjectId, mut upload: UploadRow, last: Option<&Digest>) -> Self {
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
        let mut intake = Self::new(content, (project, last), Some(upload), hold, hash, total);
        intake.held_bytes = waiting.as_ref().map_or(0, Bytes::len);
        intake.held.extend(waiting);
        intake
    }

    fn new(
        content: &Content,
        (project, digest): (ProjectId, Option<&Digest>),
        upload: Option<UploadRow>,
        hold: usize,
        hash: Option<DigestHasher>,
        total: u64,
    ) -> Self {
        Self {
            content: content.clone(),
            project,
            digest: digest.cloned(),
            room: None,
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
    /// What cannot fit is refused before it is read where its length is announced. Where it is not, it is no longer stored from
    /// the moment on that it is too much, and read to its end: a client that is answered while it sends may never see the
    /// answer, and only the end says how much is needed.
    ///
    /// # Errors
    /// [`Error::BodyBroken`] and [`Error::LengthMismatch`], after which what came stands; [`Error::QuotaExceeded`] and others,
    /// after which the intake is of no more use.
    pub(super) async fn receive(&mut self, mut body: UploadBody, length: Option<u64>) -> Result<()> {
        if let Some(length) = length {
            self.fit(self.total.saturating_add(length)).await?;
        }
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
            match self.take(chunk).await {
                Err(Error::QuotaExceeded { project, used, allowed, .. }) => {
                    self.drop_bytes().await;
                    let needed = self.total + rest(body).await;
                    return Err(Error::QuotaExceeded { project, used, allowed, needed });
                }
                taken => taken?,
            }
        }
        match length.filter(|length| self.received != *length) {
            Some(expected) => Err(Error::LengthMismatch { expected, actual: self.received }),
            None => Ok(()),
        }
    }

    async fn take(&mut self, chunk: Bytes) -> Result<()> {
        if self.writer.is_some() {
            self.fit(self.total).await?;
            return self.pass(chunk).await;
        }
        self.held_bytes += chunk.len();
        self.held.push(chunk);
        if self.held_bytes > self.hold || self.held.len() > PIECES {
            self.open().await?;
        }
        Ok(())
    }

    /// Refuses a blob of at least this size if it is certain that the project may not hold it. What is small waits for the
    /// transaction that links it, so that it costs no look of its own.
    async fn fit(&mut self, size: u64) -> Result<()> {
        if size <= self.hold as u64 || self.room.is_some_and(|room| size <= room) {
            return Ok(());
        }
        let reader = self.content.db.reader();
        let mut usage = db::quotas::linked(reader, self.project).await?;
        let mut room = usage.free();
        if size > room {
            usage = db::quotas::counted(reader, self.project).await?;
            room = usage.free();
        }
        if size > room {
            // What the project has already costs nothing; as long as it is not known what comes, it may be any of that.
            room = match &self.digest {
                Some(digest) if db::released::counts(reader, self.project, digest).await? => u64::MAX,
                Some(_) => room,
                None => room.max(db::quotas::largest(reader, self.project).await?),
            };
        }
        self.room = Some(room);
        if size > room { Err(usage.exceeded(size)) } else { Ok(()) }
    }

    /// Lets go of what is stored and held, as nothing will come of it.
    async fn drop_bytes(&mut self) {
        self.held = Vec::new();
        self.held_bytes = 0;
        if let Some(writer) = self.writer.take() {
            writer.abort().await;
        }
    }

    /// Opens the upload in the store and gives it what is held.
    async fn open(&mut self) -> Result<()> {
        self.fit(self.total).await?;
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
        // The bytes in the store are durable before this row is, so a row that a crash brings back is never ahead of them.
        let saved = self.content.db.write_lightly(args, |txn, (id, version, progress, now)| {
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
        let content = self.content.clone();
        let stored = if self.writer.is_none() && !resumed {
            self.commit_held(repository, &blob, key.as_ref(), hashing).await
        } else {
            self.commit_written(repository, &blob, key.as_ref(), hashing).await
        };
        let recorded = match stored {
            Ok(Some(location)) => record::insert(&content, repository, &blob, &location, key.clone()).await,
            stored => stored.map(drop),
        };
        if let Err(Error::QuotaExceeded { .. }) = recorded {
            record::forget(&content, key.as_ref()).await;
        }
        recorded.map(|()| BlobReceipt { digest: blob.digest, size: blob.size })
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
            match record::relink(&self.content, repository, blob, key).await {
                Ok(false) => {}
                Ok(true) => {
                    writer.abort().await;
                    return Ok(None);
                }
                Err(error) => return Err(refused(writer, error).await),
            }
        }
        if let Err(error) = self.fit(blob.size).await {
            return Err(refused(writer, error).await);
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

    /// Gives up the upload with all that earlier requests brought.
    pub(super) async fn forget(mut self) {
        self.drop_bytes().await;
        let key = self.upload.as_ref().map(|upload| (upload.id.clone(), upload.version));
        record::forget(&self.content, key.as_ref()).await;
    }

    /// Gives up what came in this request. What earlier requests brought stays: they may go on from there.
    pub(super) async fn abandon(self) {
        let resumed = self.upload.is_some_and(|upload| upload.store_state.is_some());
        if let Some(writer) = self.writer.filter(|_| !resumed) {
            writer.abort().await;
        }
    }
}

/// What was written for a blob that the project may not hold is of no use; after other errors a client may go on from there.
async fn refused(writer: Box<dyn BlobWriter>, error: Error) -> Error {
    if let Error::QuotaExceeded { .. } = error {
        writer.abort().await;
    }
    error
}

/// How much is left of a body, which is read and dropped.
async fn rest(mut body: UploadBody) -> u64 {
    let mut bytes = 0;
    while let Some(Ok(chunk)) = body.next().await {
        bytes += chunk.len() as u64;
    }
    bytes
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
