//! A store in a folder of the local file system.
//!
//! # What makes an acknowledged object durable
//!
//! - [`put`](BlobStore::put) creates the file under its final name (which did not exist before and is told to nobody
//!   yet), writes it, syncs the file, then its folder: the fewest syncs there can be. A crash in between leaves an
//!   object that nobody knows.
//! - An upload is written beside the objects. A commit syncs the file, renames it, and syncs the folder that it came
//!   into, in this order, so whatever bears an object's name is complete. The folder it left needs no sync: if the old
//!   name came back after a power cut, it would be a second name of the same object that nobody knows;
//!   [`resume`](BlobStore::resume) refuses such a file and a sweep removes the name.
//! - A pause syncs the file, and the commit after it need not do it again.
//! - A deletion is not synced: an object that comes back after a power cut is garbage, not a loss.
//!
//! Concurrent syncs are merged by the file system into common journal commits; that is why they run in as many threads
//! as there are writers, up to a limit.
//!
//! # Who may write
//!
//! A writer holds an advisory lock (`flock`) on its upload's file. So a client that comes back while its first
//! connection still hangs cannot have two writers mix their bytes under one digest, not even in two processes. The
//! kernel drops the lock with the process.
//!
//! The folder must be on one file system with working locks.

mod buffers;
mod layout;
mod listing;
mod reader;
mod shelf;
mod system;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fs::{File, TryLockError},
    io::{self, Seek as _, SeekFrom, Write as _},
    ops::Range,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinError,
    time::{Instant, sleep},
};

pub use self::shelf::FolderShelf;
use self::{
    buffers::Buffers,
    layout::{Id, Paused},
    writer::FolderWriter,
};
use crate::{BlobStore, BlobWriter, Location, Opened, StoreError, StoredObject, StoredUpload, UploadState};

/// How many threads may write or sync at once. The others wait without one, so that a slow disk does not take the
/// threads from those who read.
const WRITING_THREADS: usize = 64;

/// How long a resumed upload waits for its previous writer to let go: a dropped one may be in the middle of its last
/// batch.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// Keeps every object in a file of its own below one folder. Cheap to clone. Processes may share the folder.
///
/// Needs a tokio runtime with threads for blocking work.
#[derive(Debug, Clone)]
pub struct FolderStore {
    folder: Arc<Folder>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    root: File,
    /// Whether reads from the page cache may run on the threads of the runtime.
    inline: bool,
    /// Whether the bytes of large objects are written past the page cache.
    direct: bool,
    buffers: Buffers,
    turns: Arc<Semaphore>,
}

impl FolderStore {
    /// Opens the store in the folder `path`, which is created with its parents if need be. Blocks for some
    /// milliseconds.
    ///
    /// The error does not name the path; the caller knows it.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let root = layout::prepare(path.as_ref())?;
        let folder = Folder {
            path: path.as_ref().to_owned(),
            inline: system::can_read_inline(&root),
            root,
            direct: true,
            buffers: Buffers::default(),
            turns: Arc::new(Semaphore::new(WRITING_THREADS)),
        };
        Ok(Self { folder: Arc::new(folder) })
    }

    /// Lets large objects go through the page cache, where they stay for the pulls that may follow a push. That costs
    /// memory, processor time, and everybody's syncs a wait.
    ///
    /// # Panics
    /// If the store is shared already.
    #[must_use]
    pub fn through_page_cache(mut self) -> Self {
        Arc::get_mut(&mut self.folder).expect("the store was just opened").direct = false;
        self
    }

    /// Does something with the folder in a thread for blocking work.
    async fn in_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let folder = self.folder.clone();
        in_thread(move || work(&folder)).await
    }
}

impl Folder {
    /// Waits for a turn to occupy a thread with writing.
    async fn turn(&self) -> OwnedSemaphorePermit {
        self.turns.clone().acquire_owned().await.expect("the semaphore is never closed")
    }

    async fn remove_upload(self: Arc<Self>, id: Id) -> Result<(), StoreError> {
        in_thread(move || system::remove(&self.root, &id.upload()).map(drop)).await
    }
}

/// Runs blocking work in a thread for it.
async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StoreError> {
    joined(tokio::task::spawn_blocking(work).await)
}

fn joined<T>(result: Result<io::Result<T>, JoinError>) -> Result<T, StoreError> {
    Ok(result.map_err(io::Error::other)??)
}

/// Tries again for a while what finds another writer at work.
async fn patiently<T, F>(attempt: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match attempt().await {
            Err(StoreError::Busy) if Instant::now() < deadline => sleep(Duration::from_millis(10)).await,
            outcome => return outcome,
        }
    }
}

/// Takes the lock of an upload's file, if no writer has it.
fn lock(file: &File) -> Result<(), StoreError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => StoreError::Busy,
        TryLockError::Error(error) => error.into(),
    })
}

/// Locks the file of a paused upload and drops what follows `offset`. Gives the file back with its end as position, and
/// whether all of it is on stable storage.
fn take_over(root: &File, paused: &Paused, mut file: File, offset: u64) -> Result<(File, bool), StoreError> {
    lock(&file)?;
    // Between opening and locking, somebody may have committed or aborted it: then this file is an object, or nothing.
    // From now on, nobody but us commits it.
    let metadata = file.metadata()?;
    if !system::exists(root, &paused.id.upload())? || metadata.nlink() != 1 {
        return Err(StoreError::NotFound);
    }
    // What was written after the pause may be there, or come back as zeros after a power cut. Nobody was told of it.
    let actual = metadata.len();
    let kept = paused.durable.min(actual);
    if kept < offset {
        return Err(StoreError::Truncated { expected: offset, actual: kept });
    }
    if actual > offset {
        file.set_len(offset)?;
    }
    file.seek(SeekFrom::Start(offset))?;
    Ok((file, actual == offset))
}

#[async_trait]
impl BlobStore for FolderStore {
    async fn begin(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let (id, file) = self
            .in_thread(|folder| {
                let id = Id::random()?;
                let file = system::create(&folder.root, &id.upload())?;
                file.lock()?;
                Ok((id, file))
            })
            .await?;
        Ok(Box::new(FolderWriter::begin(self.folder.clone(), id, file)))
    }

    async fn begin_at(&self, location: &Location) -> Result<Box<dyn BlobWriter>, StoreError> {
        let object = Id::try_from(location)?;
        // The upload has a name of its own: one that was left behind under the object's must not become it.
        let (id, file) = self
            .in_thread(|folder| {
                let id = Id::random()?;
                let file = system::create(&folder.root, &id.upload())?;
                file.lock()?;
                Ok((id, file))
            })
            .await?;
        Ok(Box::new(FolderWriter::begin(self.folder.clone(), id, file).becoming(object)))
    }

    fn place(&self) -> String {
        let path = &self.folder.path;
        format!("folder {}", path.canonicalize().unwrap_or_else(|_| path.clone()).display())
    }

    async fn resume(&self, state: &UploadState, offset: u64) -> Result<Box<dyn BlobWriter>, StoreError> {
        let paused = Paused::try_from(state)?;
        let (file, durable) = patiently(|| {
            let wanted = paused.clone();
            let taken = self.in_thread(move |Folder { root, .. }| {
                let file = system::open_for_writing(root, &wanted.id.upload())?;
                Ok(take_over(root, &wanted, file, offset))
            });
            async { taken.await? }
        })
        .await?;
        Ok(Box::new(FolderWriter::resume(self.folder.clone(), paused.id, file, offset, durable)))
    }

    async fn await_free(&self, state: &UploadState) -> Result<(), StoreError> {
        let Paused { id, .. } = Paused::try_from(state)?;
        patiently(|| {
            let path = id.upload();
            let locked = self.in_thread(move |folder| Ok(lock(&system::open_for_writing(&folder.root, &path)?)));
            async { locked.await? }
        })
        .await
    }

    async fn abort(&self, state: &UploadState) -> Result<(), StoreError> {
        let Paused { id, .. } = Paused::try_from(state)?;
        self.folder.clone().remove_upload(id).await
    }

    async fn put(&self, bytes: Bytes) -> Result<Location, StoreError> {
        let turn = self.folder.turn().await;
        self.in_thread(move |folder| {
            let id = Id::random()?;
            let path = id.object();
            let mut file = system::create(&folder.root, &path)?;
            let write = file.write_all(&bytes).and_then(|()| file.sync_data());
            write.and_then(|()| system::sync_folder(&folder.root, id.shard())).inspect_err(|_| {
                // It is not acknowledged; try to leave no garbage.
                let _ = system::remove(&folder.root, &path);
            })?;
            drop(turn);
            Ok(id.location())
        })
        .await
    }

    async fn open_version(&self, location: &Location, range: Range<u64>) -> Result<Opened, StoreError> {
        reader::open(&self.folder, &Id::try_from(location)?, range).await
    }

    async fn size(&self, location: &Location) -> Result<Option<u64>, StoreError> {
        let id = Id::try_from(location)?;
        let opened =
            self.in_thread(move |folder| Ok(system::open(&folder.root, &id.object())?.metadata()?.len())).await;
        match opened {
            Ok(size) => Ok(Some(size)),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn presign(
        &self,
        location: &Location,
        _content_type: &str,
        _expires: Duration,
    ) -> Result<Option<String>, StoreError> {
        Id::try_from(location)?;
        Ok(None)
    }

    async fn delete_many(&self, locations: &[Location]) -> Result<(), StoreError> {
        let ids = locations.iter().map(Id::try_from).collect::<Result<Vec<_>, _>>()?;
        self.in_thread(move |folder| ids.iter().try_for_each(|id| system::remove(&folder.root, &id.object()).map(drop)))
            .await
    }

    fn list(&self) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        listing::objects(self.folder.clone())
    }

    fn parts(&self) -> Vec<String> {
        layout::shards().collect()
    }

    fn list_part(&self, part: &str) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        listing::objects_of(self.folder.clone(), part.to_owned())
    }

    fn list_uploads(&self, untouched_since: SystemTime) -> BoxStream<'static, Result<StoredUpload, StoreError>> {
        listing::uploads(self.folder.clone(), untouched_since)
    }

    async fn probe(&self) -> Result<(), StoreError> {
        // Not synced: this is asked often, and finds what it is to find (read-only, full, gone) without.
        self.in_thread(|folder| {
            let path = Id::random()?.upload();
            let written = system::create(&folder.root, &path)?.write_all(b"probe");
            system::remove(&folder.root, &path)?;
            written
        })
        .await
    }
}
