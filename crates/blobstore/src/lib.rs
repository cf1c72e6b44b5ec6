//! Bytes of blobs, at rest.
//!
//! A store knows nothing of digests, repositories or rights: the database maps a digest to a [`Location`], and the
//! store keeps the bytes behind that location. The words:
//!
//! - an **upload** is a growing object that nobody can read yet. A [`BlobWriter`] appends to it; [`BlobWriter::pause`]
//!   puts it aside as an [`UploadState`] that any process can resume, also after a crash;
//! - a **commit** turns an upload into an **object**: durable, readable, immutable, at a [`Location`] of its own that
//!   is never given out a second time. So an object is never overwritten, and a late delete cannot hit fresh bytes;
//! - the **store** ([`BlobStore`]) holds both;
//! - a **shelf** ([`Shelf`]) beside it holds files by name, which are no objects: copies of the database.
//!
//! What holds for every store is written down as tests in [`contract`], and [`contract_suite!`] stamps them for one
//! more. To add a store: implement [`BlobStore`] and [`BlobWriter`], implement [`contract::Subject`] in its tests,
//! stamp the suite.

pub mod contract;
mod error;
mod faulty;
mod folder;
mod id;
mod location;
mod memory;
mod moving;
mod s3;
mod shelf;
mod version;

use std::{fmt::Debug, ops::Range, time::Duration, time::SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt as _};

pub use error::StoreError;
pub use faulty::{Fault, FaultyStore, Operation};
pub use folder::{FolderShelf, FolderStore};
pub use location::{InvalidLocation, Location, UploadState};
pub use memory::MemoryStore;
pub use moving::MovingStore;
pub use s3::{AccessKeys, DEFAULT_BUDGET, Encryption, LEAST_BUDGET, S3Options, S3Shelf, S3Store};
pub use shelf::{Shelf, ShelfFile, ShelfWriter};
pub use version::{Opened, Version};

/// The bytes of an object in order, in pieces of the store's choosing. After an error nothing follows.
pub type ByteStream = BoxStream<'static, Result<Bytes, StoreError>>;

/// An object as [`BlobStore::list`] shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Where it is.
    pub location: Location,
    /// Its length in bytes.
    pub size: u64,
    /// When it was committed, by the store's clock. At least to the second.
    pub modified: SystemTime,
}

/// An upload that was neither committed nor aborted, as [`BlobStore::list_uploads`] shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    /// Names the upload to [`BlobStore::abort`]. It is not a state to resume from.
    pub state: UploadState,
    /// The bytes it occupies.
    pub size: u64,
    /// When the last byte was added, by the store's clock.
    pub modified: SystemTime,
}

/// What [`BlobStore::sweep`] removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Number of uploads.
    pub uploads: u64,
    /// The bytes they occupied.
    pub bytes: u64,
}

/// A place for bytes. Cheap to share; any number of tasks and processes may use one at the same time.
///
/// Every method may answer [`StoreError::Io`], and every one that adds bytes [`StoreError::Full`].
#[async_trait]
pub trait BlobStore: Send + Sync + 'static + Debug {
    /// Begins an upload at a location that was never used before.
    async fn begin(&self) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Begins an upload that becomes the object at this very location, which another store has given out: for objects that move
    /// from a folder into a bucket or back. There must be none yet. It cannot be paused: [`StoreError::BadState`].
    ///
    /// Where two do this for one location, the object is that of one of them, and whole; the later one may fail to commit.
    ///
    /// Errors: [`StoreError::BadLocation`] when this store gives out no such locations.
    async fn begin_at(&self, location: &Location) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Names the place where the objects are: the same for every process that is told of it in the same words, and another one
    /// for every other place.
    fn place(&self) -> String;

    /// The store that objects are moved from into this one, while that goes on.
    fn moving(&self) -> Option<&MovingStore> {
        None
    }

    /// Goes on with a paused upload at `offset` bytes from its start. What was stored after `offset` is dropped for
    /// good: an earlier state must not be used with a higher offset any more.
    ///
    /// A store that cannot cut what it has at every byte takes the offset at which the upload was paused, and some below
    /// it. For the others it answers [`StoreError::Truncated`], whose `actual` is the nearest one below that it does take.
    ///
    /// Errors: [`StoreError::NotFound`] when the upload was committed, aborted or swept; [`StoreError::Truncated`] when
    /// fewer than `offset` bytes are stored; [`StoreError::Busy`] when another writer still has it, as far as the store
    /// can see (two that cannot see each other never mix their bytes in one object); [`StoreError::BadState`] when the
    /// state is not one of this store.
    async fn resume(&self, state: &UploadState, offset: u64) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Waits a moment for the writer that has this upload, and answers [`StoreError::Busy`] if it stays: so that nobody
    /// takes an upload away from a writer whose store would refuse it afterwards. A store that cannot see writers, or not
    /// those of other processes, answers that there is none.
    async fn await_free(&self, _state: &UploadState) -> Result<(), StoreError> {
        Ok(())
    }

    /// Removes a paused or abandoned upload. Idempotent: an absent one is fine, and so is one that was committed, whose
    /// object stays. A writer that still has it will fail to commit.
    async fn abort(&self, state: &UploadState) -> Result<(), StoreError>;

    /// Stores a small blob in one go. When this answers, the object is as durable as after [`BlobWriter::commit`].
    async fn put(&self, bytes: Bytes) -> Result<Location, StoreError>;

    /// Opens the bytes `range` of an object. An empty range gives an empty stream.
    ///
    /// Errors: [`StoreError::NotFound`]; [`StoreError::Truncated`] when the object ends before `range.end`, which is
    /// found before the first byte is returned. An object that is cut short later ends the stream with that error,
    /// never silently.
    async fn open(&self, location: &Location, range: Range<u64>) -> Result<ByteStream, StoreError> {
        Ok(self.open_version(location, range).await?.bytes)
    }

    /// As [`BlobStore::open`], with what tells later whether the object was touched behind the store's back.
    async fn open_version(&self, location: &Location, range: Range<u64>) -> Result<Opened, StoreError>;

    /// The length of an object in bytes, or `None` if there is none at this location.
    async fn size(&self, location: &Location) -> Result<Option<u64>, StoreError>;

    /// A URL from which anybody can fetch the object for as long as `expires`, answered with the given content type.
    /// `None`: this store has no such URLs, or does not want to; stream the object instead. The object need not exist.
    async fn presign(
        &self,
        location: &Location,
        content_type: &str,
        expires: Duration,
    ) -> Result<Option<String>, StoreError>;

    /// Removes objects. Absent ones are fine. On an error some may be gone; call it again with the same list.
    async fn delete_many(&self, locations: &[Location]) -> Result<(), StoreError>;

    /// All objects, in no order. One that is put, committed or deleted meanwhile may or may not be shown. Uploads never
    /// are. An object that was never acknowledged because its process died may be shown too: what the caller does not
    /// know, and what is older than any request that may still run, is garbage.
    fn list(&self) -> BoxStream<'static, Result<StoredObject, StoreError>>;

    /// Texts in byte order: each location that this store gives out begins with exactly one of them. So all objects can be
    /// walked through in parts that a process may hold in memory, and somebody else may go on behind any of them.
    fn parts(&self) -> Vec<String>;

    /// As [`BlobStore::list`], but only the objects whose location begins with `part`, one of [`BlobStore::parts`].
    fn list_part(&self, part: &str) -> BoxStream<'static, Result<StoredObject, StoreError>>;

    /// The uploads to which nothing was added since `untouched_since`: what crashed writers and vanished clients left
    /// behind. An upload that a writer of this process has open right now is not shown.
    fn list_uploads(&self, untouched_since: SystemTime) -> BoxStream<'static, Result<StoredUpload, StoreError>>;

    /// Aborts what [`BlobStore::list_uploads`] shows. Safe beside running uploads as long as they progress:
    /// one that is swept by mistake fails to commit, it is never acknowledged and lost.
    async fn sweep(&self, untouched_since: SystemTime) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let mut uploads = self.list_uploads(untouched_since);
        while let Some(upload) = uploads.next().await {
            let upload = upload?;
            self.abort(&upload.state).await?;
            swept.uploads += 1;
            swept.bytes += upload.size;
        }
        Ok(swept)
    }

    /// Proves that the store can be reached and takes bytes. Leaves nothing behind.
    async fn probe(&self) -> Result<(), StoreError>;
}

/// The open end of an upload. One writer of a process at a time has an upload.
///
/// After an error a writer is of no more use: drop it. Whoever holds an earlier [`UploadState`] may resume from there.
/// What was written by a writer that is dropped without [`pause`](Self::pause), [`commit`](Self::commit) or
/// [`abort`](Self::abort) is of no more use. Its room is given back soon, or, after a crash, by [`BlobStore::sweep`].
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends a piece. May return before the bytes are stored, keeps a bounded amount in memory, and waits while the
    /// store is slower than the caller. An error may concern pieces that were given earlier.
    ///
    /// Cancel safe in this sense: when the future is dropped, the piece was taken wholly or not at all. Drop the writer
    /// then.
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError>;

    /// Puts the upload aside. Once this answers, everything written so far is stored, and [`BlobStore::resume`] accepts
    /// the state with any offset up to the bytes written, in any process that uses the same store, whatever became of
    /// this one. After a power cut it accepts it with the very same bytes, or refuses it.
    async fn pause(self: Box<Self>) -> Result<UploadState, StoreError>;

    /// Makes the upload an object. Once this answers, its bytes and its name survive a power cut. After an error there
    /// is no object, or there is one that nobody knows and that [`BlobStore::list`] shows.
    ///
    /// Errors: [`StoreError::NotFound`] when the upload was aborted or swept meanwhile.
    async fn commit(self: Box<Self>) -> Result<Location, StoreError>;

    /// Removes the upload, as well as that is possible.
    async fn abort(self: Box<Self>);
}
