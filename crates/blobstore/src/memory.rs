//! A store in memory, for tests and demonstrations.
#![expect(clippy::disallowed_methods, reason = "a store dates its objects itself, as a file system does")]

use std::{
    collections::{HashMap, HashSet},
    fmt,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt as _};

use crate::{BlobStore, BlobWriter, Location, Opened, StoreError, StoredObject, StoredUpload, UploadState};

/// Keeps everything in memory and forgets it with the last clone. Clones share their content.
///
/// Large objects come back in pieces of 64 KiB, so that tests meet more than one.
#[derive(Clone, Default)]
pub struct MemoryStore {
    content: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    last_id: u64,
    uploads: HashMap<u64, Upload>,
    open: HashSet<u64>,
    objects: HashMap<Location, Object>,
}

struct Upload {
    bytes: BytesMut,
    modified: SystemTime,
}

struct Object {
    bytes: Bytes,
    modified: SystemTime,
}

/// What all locations begin with.
const PREFIX: &str = "memory/";

const PIECE: usize = 64 * 1024;

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cuts an object to its first `length` bytes, as a broken disk would. Does nothing if it is absent.
    pub fn truncate(&self, location: &Location, length: usize) {
        if let Some(object) = self.content().objects.get_mut(location) {
            object.bytes.truncate(length);
        }
    }

    /// Turns a byte of an object around, as a broken disk would. Does nothing if there is none.
    pub fn flip(&self, location: &Location, at: usize) {
        if let Some(object) = self.content().objects.get_mut(location) {
            let mut bytes = object.bytes.to_vec();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = !*byte;
            }
            object.bytes = bytes.into();
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        // The content is whole between any two statements that can panic, so a poisoned lock says nothing.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.content();
        f.debug_struct("MemoryStore")
            .field("objects", &content.objects.len())
            .field("uploads", &content.uploads.len())
            .finish()
    }
}

impl Content {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn add(&mut self, id: u64, bytes: Bytes) -> Location {
        let location: Location =
            format!("{PREFIX}{id}").parse().expect("digits and lower case letters make a location");
        self.objects.insert(location.clone(), Object { bytes, modified: SystemTime::now() });
        location
    }
}

fn upload_id(state: &UploadState) -> Result<u64, StoreError> {
    let text = std::str::from_utf8(state.as_bytes()).map_err(|_| StoreError::BadState)?;
    text.strip_prefix(PREFIX).and_then(|id| id.parse().ok()).ok_or(StoreError::BadState)
}

fn upload_state(id: u64) -> UploadState {
    UploadState::from_bytes(format!("{PREFIX}{id}"))
}

/// The number of an object.
fn check(location: &Location) -> Result<u64, StoreError> {
    let id = location.as_str().strip_prefix(PREFIX).and_then(|id| id.parse::<u64>().ok());
    id.ok_or(StoreError::BadLocation)
}

#[async_trait]
impl BlobStore for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let mut content = self.content();
        let id = content.next_id();
        content.uploads.insert(id, Upload { bytes: BytesMut::new(), modified: SystemTime::now() });
        content.open.insert(id);
        Ok(Box::new(MemoryWriter { store: self.clone(), id, object: None, unnamed: true }))
    }

    async fn begin_at(&self, location: &Location) -> Result<Box<dyn BlobWriter>, StoreError> {
        let object = check(location)?;
        let mut content = self.content();
        content.last_id = content.last_id.max(object);
        let id = content.next_id();
        content.uploads.insert(id, Upload { bytes: BytesMut::new(), modified: SystemTime::now() });
        content.open.insert(id);
        Ok(Box::new(MemoryWriter { store: self.clone(), id, object: Some(object), unnamed: true }))
    }

    fn place(&self) -> String {
        format!("memory {:p}", Arc::as_ptr(&self.content))
    }

    async fn resume(&self, state: &UploadState, offset: u64) -> Result<Box<dyn BlobWriter>, StoreError> {
        let id = upload_id(state)?;
        let mut content = self.content();
        if content.open.contains(&id) {
            return Err(StoreError::Busy);
        }
        let upload = content.uploads.get_mut(&id).ok_or(StoreError::NotFound)?;
        let actual = upload.bytes.len() as u64;
        let kept = usize::try_from(offset).ok().filter(|kept| *kept <= upload.bytes.len());
        upload.bytes.truncate(kept.ok_or(StoreError::Truncated { expected: offset, actual })?);
        content.open.insert(id);
        Ok(Box::new(MemoryWriter { store: self.clone(), id, object: None, unnamed: false }))
    }

    async fn await_free(&self, state: &UploadState) -> Result<(), StoreError> {
        let id = upload_id(state)?;
        if self.content().open.contains(&id) { Err(StoreError::Busy) } else { Ok(()) }
    }

    async fn abort(&self, state: &UploadState) -> Result<(), StoreError> {
        let id = upload_id(state)?;
        self.content().uploads.remove(&id);
        Ok(())
    }

    async fn put(&self, bytes: Bytes) -> Result<Location, StoreError> {
        let mut content = self.content();
        let id = content.next_id();
        Ok(content.add(id, bytes))
    }

    async fn open_version(&self, location: &Location, range: Range<u64>) -> Result<Opened, StoreError> {
        check(location)?;
        let content = self.content();
        let bytes = &content.objects.get(location).ok_or(StoreError::NotFound)?.bytes;
        let short = StoreError::Truncated { expected: range.end, actual: bytes.len() as u64 };
        let end = usize::try_from(range.end).ok().filter(|end| *end <= bytes.len()).ok_or(short)?;
        let start = usize::try_from(range.start).map_or(end, |start| start.min(end));
        let mut rest = bytes.slice(start..end);
        let bytes = stream::iter(std::iter::from_fn(move || {
            (!rest.is_empty()).then(|| Ok(rest.split_to(PIECE.min(rest.len()))))
        }))
        .boxed();
        Ok(Opened { bytes, version: None })
    }

    async fn size(&self, location: &Location) -> Result<Option<u64>, StoreError> {
        check(location)?;
        Ok(self.content().objects.get(location).map(|object| object.bytes.len() as u64))
    }

    async fn presign(
        &self,
        location: &Location,
        _content_type: &str,
        _expires: Duration,
    ) -> Result<Option<String>, StoreError> {
        check(location)?;
        Ok(None)
    }

    async fn delete_many(&self, locations: &[Location]) -> Result<(), StoreError> {
        locations.iter().try_for_each(|location| check(location).map(drop))?;
        let mut content = self.content();
        for location in locations {
            content.objects.remove(location);
        }
        Ok(())
    }

    fn list(&self) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        self.list_part("")
    }

    fn parts(&self) -> Vec<String> {
        vec![PREFIX.to_owned()]
    }

    fn list_part(&self, part: &str) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        let shown = |(location, object): (&Location, &Object)| {
            let size = object.bytes.len() as u64;
            Ok(StoredObject { location: location.clone(), size, modified: object.modified })
        };
        let content = self.content();
        let of_this_part = content.objects.iter().filter(|(location, _)| location.as_str().starts_with(part));
        let objects: Vec<_> = of_this_part.map(shown).collect();
        stream::iter(objects).boxed()
    }

    fn list_uploads(&self, untouched_since: SystemTime) -> BoxStream<'static, Result<StoredUpload, StoreError>> {
        let content = self.content();
        let abandoned =
            |(id, upload): &(&u64, &Upload)| upload.modified <= untouched_since && !content.open.contains(id);
        let shown = |(id, upload): (&u64, &Upload)| {
            let size = upload.bytes.len() as u64;
            Ok(StoredUpload { state: upload_state(*id), size, modified: upload.modified })
        };
        let uploads: Vec<_> = content.uploads.iter().filter(abandoned).map(shown).collect();
        stream::iter(uploads).boxed()
    }

    async fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

struct MemoryWriter {
    store: MemoryStore,
    id: u64,
    /// The number of the object that it becomes, where that is known.
    object: Option<u64>,
    /// Nobody has a state to resume this upload with.
    unnamed: bool,
}

impl Drop for MemoryWriter {
    fn drop(&mut self) {
        let mut content = self.store.content();
        content.open.remove(&self.id);
        if self.unnamed {
            content.uploads.remove(&self.id);
        }
    }
}

#[async_trait]
impl BlobWriter for MemoryWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        let mut content = self.store.content();
        let upload = content.uploads.get_mut(&self.id).ok_or(StoreError::NotFound)?;
        upload.bytes.extend_from_slice(&chunk);
        upload.modified = SystemTime::now();
        Ok(())
    }

    async fn pause(mut self: Box<Self>) -> Result<UploadState, StoreError> {
        if self.object.is_some() {
            return Err(StoreError::BadState);
        }
        self.unnamed = false;
        let there = self.store.content().uploads.contains_key(&self.id);
        there.then(|| upload_state(self.id)).ok_or(StoreError::NotFound)
    }

    async fn commit(self: Box<Self>) -> Result<Location, StoreError> {
        let mut content = self.store.content();
        let upload = content.uploads.remove(&self.id).ok_or(StoreError::NotFound)?;
        Ok(content.add(self.object.unwrap_or(self.id), upload.bytes.freeze()))
    }

    async fn abort(self: Box<Self>) {
        self.store.content().uploads.remove(&self.id);
    }
}
