//! Two stores as one, while objects move from one into the other.
//!
//! What is new goes into the new one. What is not there yet is read from the previous one, and what is deleted is deleted from both;
//! an object has the same location in both. Uploads that were begun in the previous one go on there, and become objects there. So
//! nobody has to wait for the move, and it may take as long as it likes.

use std::{
    collections::HashSet,
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};

use crate::{BlobStore, BlobWriter, ByteStream, Location, StoreError, StoredObject, StoredUpload, UploadState};

/// A store that takes over from another one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MovingStore {
    current: Arc<dyn BlobStore>,
    previous: Arc<dyn BlobStore>,
}

impl MovingStore {
    /// Serves from both; what is new goes into `current`.
    pub fn new(current: Arc<dyn BlobStore>, previous: Arc<dyn BlobStore>) -> Self {
        Self { current, previous }
    }

    /// The store that objects are moved into.
    pub fn current(&self) -> &Arc<dyn BlobStore> {
        &self.current
    }

    /// The store that objects are moved from.
    pub fn previous(&self) -> &Arc<dyn BlobStore> {
        &self.previous
    }
}

#[async_trait]
impl BlobStore for MovingStore {
    async fn begin(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.current.begin().await
    }

    async fn begin_at(&self, location: &Location) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.current.begin_at(location).await
    }

    fn moving(&self) -> Option<&MovingStore> {
        Some(self)
    }

    async fn resume(&self, state: &UploadState, offset: u64) -> Result<Box<dyn BlobWriter>, StoreError> {
        match self.current.resume(state, offset).await {
            Err(StoreError::BadState | StoreError::NotFound) => self.previous.resume(state, offset).await,
            resumed => resumed,
        }
    }

    async fn await_free(&self, state: &UploadState) -> Result<(), StoreError> {
        match self.current.await_free(state).await {
            Err(StoreError::BadState | StoreError::NotFound) => self.previous.await_free(state).await,
            free => free,
        }
    }

    async fn abort(&self, state: &UploadState) -> Result<(), StoreError> {
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

    async fn open(&self, location: &Location, range: Range<u64>) -> Result<ByteStream, StoreError> {
        match self.current.open(location, range.clone()).await {
            Err(StoreError::NotFound) => self.previous.open(location, range).await,
            opened => opened,
        }
    }

    async fn size(&self, location: &Location) -> Result<Option<u64>, StoreError> {
        match self.current.size(location).await? {
            Some(size) => Ok(Some(size)),
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
        self.previous.delete_many(locations).await?;
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
        self.current.list_uploads(untouched_since).chain(self.previous.list_uploads(untouched_since)).boxed()
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.current.probe().await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{FolderStore, contract::Subject, contract_suite};

    /// A folder that takes over from another one.
    struct Folders {
        store: MovingStore,
        folders: [tempfile::TempDir; 2],
    }

    #[async_trait]
    impl Subject for Folders {
        fn store(&self) -> Arc<dyn BlobStore> {
            Arc::new(self.store.clone())
        }

        async fn cut(&self, location: &Location, length: u64) {
            let path = self.folders[0].path().join(&location.as_str()[..2]).join(location.as_str());
            std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
        }
    }

    async fn folders() -> Folders {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let open = |at: usize| -> Arc<dyn BlobStore> { Arc::new(FolderStore::open(folders[at].path()).unwrap()) };
        Folders { store: MovingStore::new(open(0), open(1)), folders }
    }

    contract_suite!(as_one, folders);

    async fn read(store: &dyn BlobStore, location: &Location) -> Vec<u8> {
        let size = store.size(location).await.unwrap().unwrap();
        let pieces: Vec<Bytes> = store.open(location, 0..size).await.unwrap().try_collect().await.unwrap();
        pieces.concat()
    }

    #[tokio::test]
    async fn what_was_there_before_is_read_listed_once_and_deleted_in_both_places() {
        let Folders { store, .. } = &folders().await;
        let before = store.previous().put("before".into()).await.unwrap();
        let both = store.previous().put("in both".into()).await.unwrap();
        let mut writer = store.begin_at(&both).await.unwrap();
        writer.write("in both".into()).await.unwrap();
        writer.commit().await.unwrap();
        let new = store.put("new".into()).await.unwrap();
        assert_eq!(store.previous().size(&new).await.unwrap(), None);
        for (location, bytes) in [(&before, "before"), (&both, "in both"), (&new, "new")] {
            assert_eq!(read(store, location).await, bytes.as_bytes());
        }
        let mut listed: Vec<_> =
            store.list().map_ok(|object| object.location).try_collect::<Vec<Location>>().await.unwrap();
        listed.sort();
        let mut expected = vec![before.clone(), both.clone(), new.clone()];
        expected.sort();
        assert_eq!(listed, expected);
        store.delete_many(&expected).await.unwrap();
        for place in [store.current(), store.previous()] {
            assert_eq!(place.list().try_collect::<Vec<_>>().await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn an_upload_that_was_begun_before_goes_on_where_it_was() {
        let Folders { store, .. } = &folders().await;
        let mut writer = store.previous().begin().await.unwrap();
        writer.write("before ".into()).await.unwrap();
        let state = writer.pause().await.unwrap();
        store.await_free(&state).await.unwrap();
        let mut writer = store.resume(&state, 7).await.unwrap();
        writer.write("and after".into()).await.unwrap();
        let location = writer.commit().await.unwrap();
        assert_eq!(read(store, &location).await, b"before and after");
        store.abort(&state).await.unwrap();
        assert_eq!(read(store, &location).await, b"before and after", "what was committed stays");
    }
}
