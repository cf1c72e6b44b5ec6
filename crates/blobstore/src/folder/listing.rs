//! Walking the folder: what is committed, and what was left behind.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    sync::Arc,
    time::SystemTime,
};

use futures::stream::{self, BoxStream, StreamExt as _};

use super::{
    Folder, in_thread,
    layout::{self, Id, Paused},
    system,
};
use crate::{StoreError, StoredObject, StoredUpload};

/// All objects, one folder at a time, so that memory is bounded by the fullest of 256 folders.
pub(super) fn objects(folder: Arc<Folder>) -> BoxStream<'static, Result<StoredObject, StoreError>> {
    stream::iter(layout::shards()).flat_map(move |shard| objects_of(folder.clone(), shard)).boxed()
}

/// The objects of one folder.
pub(super) fn objects_of(folder: Arc<Folder>, shard: String) -> BoxStream<'static, Result<StoredObject, StoreError>> {
    let objects = in_thread(move || {
        let of_this_shard = |entry: &Entry| entry.id.shard() == shard;
        let files = entries(&folder.path.join(&shard))?.into_iter().filter(of_this_shard);
        Ok(files.map(Entry::into_object).collect::<Vec<_>>())
    });
    stream::once(objects).map(each).flat_map(stream::iter).boxed()
}

/// The uploads to which nothing was added since `untouched_since` and that nobody has locked.
pub(super) fn uploads(
    folder: Arc<Folder>,
    untouched_since: SystemTime,
) -> BoxStream<'static, Result<StoredUpload, StoreError>> {
    let uploads = in_thread(move || {
        let mut uploads = Vec::new();
        for entry in entries(&folder.path.join(layout::UPLOADS))? {
            if entry.modified <= untouched_since && !in_use(&folder.root, &entry.id)? {
                uploads.push(entry.into_upload());
            }
        }
        Ok(uploads)
    });
    stream::once(uploads).map(each).flat_map(stream::iter).boxed()
}

/// The items of a list, or the error instead of them.
fn each<T>(list: Result<Vec<T>, StoreError>) -> Vec<Result<T, StoreError>> {
    match list {
        Ok(items) => items.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    }
}

fn in_use(root: &File, id: &Id) -> io::Result<bool> {
    let file = match system::open_for_writing(root, &id.upload()) {
        Ok(file) => file,
        // Committed or aborted meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

struct Entry {
    id: Id,
    size: u64,
    modified: SystemTime,
}

impl Entry {
    fn into_object(self) -> StoredObject {
        StoredObject { location: self.id.location(), size: self.size, modified: self.modified }
    }

    fn into_upload(self) -> StoredUpload {
        let state = (&Paused { id: self.id, durable: 0 }).into();
        StoredUpload { state, size: self.size, modified: self.modified }
    }
}

/// The files of a folder that have a name of ours. Others are somebody else's and none of our business.
fn entries(path: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in path.read_dir()? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                entries.push(Entry { id, size: metadata.len(), modified: metadata.modified()? });
            }
            Ok(_) => {}
            // Deleted, or committed, since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}
