//! Two stores as one, while objects move from one into the other.
//!
//! What is new goes into the new one. What is not there yet is read from the previous one, and what is deleted is deleted from both;
//! an object has the same location in both. Uploads that were begun in the previous one go on there, and become objects of both. So
//! nobody has to wait for the move, and it may take as long as it likes.
//!
//! Once all objects are known to be in the new one the previous one is retired: it is asked only for what is missing against all
//! expectation, and that it does not answer is no error. Its uploads are lost.

use std::{
    collections::HashSet,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};

use crate::{BlobStore, BlobWriter, ByteStream, Location, Opened, StoreError, StoredObject, StoredUpload, UploadState};

/// A store that takes over from another one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MovingStore {
    current: Arc<dyn BlobStore>,
    previous: Arc<dyn BlobStore>,
    /// Shared by all clones.
    retired: Arc<AtomicBool>,
}

impl MovingStore {
    /// Serves from both; what is new goes into `current`.
    pub fn new(current: Arc<dyn BlobStore>, previous: Arc<dyn BlobStore>) -> Self {
        Self { current, previous, retired: Arc::default() }
    }

    /// The store that objects are moved into.
    pub fn current(&self) -> &Arc<dyn BlobStore> {
        &self.current
    }

    /// The store that objects are moved from.
    pub fn previous(&self) -> &Arc<dyn BlobStore> {
        &self.previous
    }

    /// Says whether all objects are in the new store, for this one and all its clones; what was said before.
    pub fn retire_previous(&self, retired: bool) -> bool {
        self.retired.swap(retired, Ordering::AcqRel)
    }

    /// Whether all objects are known to be in the new store.
    pub fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Whether both stores are one place, by whatever names: nothing can be moved there, and nothing of it can go.
    ///
    /// An object is put into the new store for that, and deleted again.
    pub async fn is_one_place(&self) -> Result<bool, StoreError> {
        if self.current.place() == self.previous.place() {
            return Ok(true);
        }
        let sample = self.current.put(Bytes::from_static(b"whose is this?")).await?;
        let seen = self.previous.size(&sample).await;
        self.current.delete_many(&[sample]).await?;
        // One that does not answer is another one than the one that did.
        Ok(matches!(seen, Ok(Some(_))))
    }

    /// Copies what has just become an object of the previous store: a move may have looked for it already.
    async fn carry(&self, location: &Location) -> Result<(), StoreError> {
        let size = self.previous.size(location).await?.ok_or(StoreError::NotFound)?;
        let pieces = self.previous.open(location, 0..size).await?;
        let mut writer = self.current.begin_at(location).await?;
        if let Err(error) = pour(pieces, &mut *writer).await {
            writer.abort().await;
            return Err(error);
        }
        writer.commit().await.map(drop)
    }
}

async fn pour(mut pieces: ByteStream, writer: &mut dyn BlobWriter) -> Result<(), StoreError> {
    while let Some(piece) = pieces.try_next().await? {
        writer.write(piece).await?;
    }
    Ok(())
}

/// Goes on with an upload of the previous store.
struct Carried {
    writer: Box<dyn BlobWriter>,
    store: MovingStore,
}

#[async_trait]
impl BlobWriter for Carried {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        self.writer.write(chunk).await
    }

    async fn pause(self: Box<Self>) -> Result<UploadState, StoreError> {
        self.writer.pause().await
    }

    async fn commit(self: Box<Self>) -> Result<Location, StoreError> {
        let Self { writer, store } = *self;
        let location = writer.commit().await?;
        store.carry(&location).await?;
        Ok(location)
    }

    async fn abort(self: Box<Self>) {
        self.writer.abort().await;
    }
}

/// What a retired store has to say of an upload of its own.
fn lost<T>(error: StoreError) -> Result<T, StoreError> {
    Err(if matches!(error, StoreError::BadState) { StoreError::NotFound } else { error })
}

#[async_trait]
impl BlobStore for MovingStore {
    async fn begin(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.current.begin().await
    }

    async fn begin_at(&self, location: &Location) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.current.begin_at(location).await
    }

    fn place(&self) -> String {
        self.current.place()
    }

    fn moving(&self) -> Option<&MovingStore> {
        Some(self)
    }

    async fn resume(&self, state: &UploadState, offset: u64) -> Result<Box<dyn BlobWriter>, StoreError> {
        match self.current.resume(state, offset).await {
            Err(error) if self.is_retired() => lost(error),
            Err(StoreError::BadState | StoreError::NotFound) => {
                let writer = self.previous.resume(state, offset).await?;
                Ok(Box::new(Carried { writer, store: self.clone() }))
            }
            resumed => resumed,
        }
    }

    async fn await_free(&self, state: &UploadState) -> Result<(), StoreError> {
        match self.current.await_free(state).await {
            Err(error) if self.is_retired() => lost(error),
            Err(StoreError::BadState | StoreError::NotFound) => self.previous.await_free(state).await,
            free => free,
        }
    }

    async fn abort(&self, state: &UploadState) -> Result<(), StoreError> {
        if self.is_retired() {
            return match self.current.abort(state).await {
                // What is left of it goes with the store.
                Err(StoreError::BadState) => Ok(()),
                aborted => aborted,
            };
        }
        match (self.current.abort(state).await, self.previous.abort(state).await) {
            // It is an upload of the other one.
            (Err(StoreError::BadState), aborted) | (aborted, Err(StoreError::BadState)) => aborted,
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    async fn put(&self, bytes: Bytes) -> Result<Location, StoreError> {
        self.current.put(bytes).await
    }

    async fn open_version(&self, location: &Location, range: Range<u64>) -> Result<Opened, StoreError> {
        match self.current.open_version(location, range.clone()).await {
            Err(StoreError::NotFound) if self.is_retired() => {
                let opened = self.previous.open_version(location, range).await.map_err(|_| StoreError::NotFound)?;
                tracing::warn!(%location, "an object was read from the previous place: all should be in the new one");
                Ok(opened)
            }
            Err(StoreError::NotFound) => self.previous.open_version(location, range).await,
            opened => opened,
        }
    }

    async fn size(&self, location: &Location) -> Result<Option<u64>, StoreError> {
        match self.current.size(location).await? {
            Some(size) => Ok(Some(size)),
            None if self.is_retired() => Ok(self.previous.size(location).await.unwrap_or_default()),
            None => self.previous.size(location).await,
        }
    }

    async fn presign(
        &self,
        location: &Location,
        content_type: &str,
        expires: Duration,
    ) -> Result<Option<String>, StoreError> {
        // A URL leads to one of them, so it has to be known which one has the object.
        let store = if self.current.size(location).await?.is_some() { &self.current } else { &self.previous };
        store.presign(location, content_type, expires).await
    }

    async fn delete_many(&self, locations: &[Location]) -> Result<(), StoreError> {
        if !self.is_retired() {
            self.previous.delete_many(locations).await?;
        }
        self.current.delete_many(locations).await
    }

    fn list(&self) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        let store = self.clone();
        stream::iter(self.parts()).flat_map(move |part| store.list_part(&part)).boxed()
    }

    fn parts(&self) -> Vec<String> {
        self.current.parts()
    }

    fn list_part(&self, part: &str) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        if self.is_retired() {
            return self.current.list_part(part);
        }
        let (store, part) = (self.clone(), part.to_owned());
        let both = async move {
            let moved: Vec<StoredObject> = store.current.list_part(&part).try_collect().await?;
            let seen: HashSet<Location> = moved.iter().map(|object| object.location.clone()).collect();
            let others = store.previous.list_part(&part);
            let others = others.try_filter(move |object| std::future::ready(!seen.contains(&object.location)));
            Ok::<_, StoreError>(stream::iter(moved.into_iter().map(Ok)).chain(others))
        };
        stream::once(both).try_flatten().boxed()
    }

    fn list_uploads(&self, untouched_since: SystemTime) -> BoxStream<'static, Result<StoredUpload, StoreError>> {
        let uploads = self.current.list_uploads(untouched_since);
        if self.is_retired() {
            return uploads;
        }
        uploads.chain(self.previous.list_uploads(untouched_since)).boxed()
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.current.probe().await
    }
}

#[cfg(test)]
mod tests;
