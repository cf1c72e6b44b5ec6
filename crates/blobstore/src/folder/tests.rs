//! What only the inside of the store can set up. The contract, and what anybody can see in the folder, is in `tests/`.
#![allow(clippy::unwrap_used)]

use std::fs;

use futures::stream::TryStreamExt as _;
use tempfile::TempDir;

use super::*;
use crate::{contract::Subject, contract_suite};

struct Threaded {
    store: Arc<dyn BlobStore>,
    root: TempDir,
}

#[async_trait]
impl Subject for Threaded {
    fn store(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    async fn cut(&self, location: &Location, length: u64) {
        let path = self.root.path().join(&location.as_str()[..2]).join(location.as_str());
        File::options().write(true).open(path).unwrap().set_len(length).unwrap();
    }
}

/// A store as on a network file system, where every read goes to a thread.
async fn threaded() -> Threaded {
    let root = tempfile::tempdir().unwrap();
    let mut store = FolderStore::open(root.path()).unwrap();
    Arc::get_mut(&mut store.folder).unwrap().inline = false;
    Threaded { store: Arc::new(store), root }
}

contract_suite!(threaded_contract, threaded);

fn store() -> (FolderStore, TempDir) {
    let root = tempfile::tempdir().unwrap();
    (FolderStore::open(root.path()).unwrap(), root)
}

fn noise(length: usize) -> Bytes {
    (0..length).map(|index| u8::try_from((index * 31 + index / 253) % 251).unwrap()).collect()
}

#[tokio::test]
async fn what_is_not_cached_is_read_from_the_disk() {
    let (store, root) = store();
    for length in [1, 5000, 300_000, 11 * 1024 * 1024 + 3] {
        let bytes = noise(length);
        let location = store.put(bytes.clone()).await.unwrap();
        for cached_from in [0, 1, 3] {
            // Some, all or none of the pages in the cache.
            let file = File::open(root.path().join(&location.as_str()[..2]).join(location.as_str())).unwrap();
            let from = (length * cached_from / 3) as u64;
            rustix::fs::fadvise(&file, 0, std::num::NonZeroU64::new(from), rustix::fs::Advice::DontNeed).unwrap();
            let pieces: Vec<_> = store.open(&location, 0..length as u64).await.unwrap().try_collect().await.unwrap();
            assert!(pieces.concat() == bytes, "{length} bytes, cached from {from}");
        }
    }
}

#[tokio::test]
async fn an_upload_that_lost_a_write_never_commits() {
    let (store, root) = store();
    let id = Id::random().unwrap();
    fs::write(root.path().join(id.upload()), "").unwrap();
    // A file that cannot be written to, as on a disk that fails.
    let unwritable = File::open(root.path().join(id.upload())).unwrap();
    let mut writer = Box::new(FolderWriter::begin(store.folder.clone(), id.clone(), unwritable));
    let mut failed = false;
    for _ in 0..4 {
        failed |= writer.write(noise(1024 * 1024)).await.is_err();
    }
    assert!(failed, "the caller hears of it while it writes");
    // Even if the caller does not listen.
    assert!(writer.commit().await.is_err());
    assert!(!root.path().join(id.object()).exists());
}

#[tokio::test]
async fn an_upload_whose_file_was_changed_by_somebody_else_does_not_commit() {
    let (store, root) = store();
    let mut writer = store.begin().await.unwrap();
    writer.write(noise(1000)).await.unwrap();
    let state = writer.pause().await.unwrap();
    let Paused { id, .. } = Paused::try_from(&state).unwrap();
    let mut writer = store.resume(&state, 1000).await.unwrap();
    writer.write(noise(10)).await.unwrap();
    File::options().write(true).open(root.path().join(id.upload())).unwrap().set_len(2000).unwrap();
    assert!(matches!(writer.commit().await, Err(StoreError::Truncated { .. })));
    assert!(!root.path().join(id.object()).exists());
}

#[tokio::test]
async fn an_upload_with_a_second_name_is_not_resumed() {
    let (store, root) = store();
    let mut writer = store.begin().await.unwrap();
    writer.write(noise(1000)).await.unwrap();
    let state = writer.pause().await.unwrap();
    let Paused { id, .. } = Paused::try_from(&state).unwrap();
    // As if a power cut had brought back the name that a commit took away.
    fs::hard_link(root.path().join(id.upload()), root.path().join(id.object())).unwrap();
    assert!(matches!(store.resume(&state, 0).await.map(drop), Err(StoreError::NotFound)));
    assert_eq!(fs::read(root.path().join(id.object())).unwrap(), noise(1000));
}

#[tokio::test]
async fn a_commit_never_replaces_an_object() {
    let (store, root) = store();
    let mut writer = store.begin().await.unwrap();
    writer.write(noise(1000)).await.unwrap();
    let state = writer.pause().await.unwrap();
    let Paused { id, .. } = Paused::try_from(&state).unwrap();
    fs::write(root.path().join(id.object()), "precious").unwrap();
    let writer = store.resume(&state, 1000).await.unwrap();
    assert!(matches!(writer.commit().await, Err(StoreError::Io(_))));
    assert_eq!(fs::read(root.path().join(id.object())).unwrap(), b"precious");
}

#[tokio::test]
async fn an_upload_that_is_committed_between_opening_and_locking_it_is_not_touched() {
    let (store, root) = store();
    let mut writer = store.begin().await.unwrap();
    writer.write(noise(1000)).await.unwrap();
    let state = writer.pause().await.unwrap();
    let paused = Paused::try_from(&state).unwrap();
    let opened = system::open_for_writing(&store.folder.root, &paused.id.upload()).unwrap();
    let location = store.resume(&state, 1000).await.unwrap().commit().await.unwrap();
    let taken = take_over(&store.folder.root, &paused, opened, 0).map(drop);
    assert!(matches!(taken, Err(StoreError::NotFound)), "{taken:?}");
    assert_eq!(fs::read(root.path().join(paused.id.object())).unwrap(), noise(1000));
    assert_eq!(store.size(&location).await.unwrap(), Some(1000));
}

#[tokio::test]
async fn bytes_that_no_pause_made_durable_are_not_resumed_after() {
    let (store, root) = store();
    let mut writer = store.begin().await.unwrap();
    writer.write(noise(1000)).await.unwrap();
    let state = writer.pause().await.unwrap();
    let Paused { id, .. } = Paused::try_from(&state).unwrap();
    // As if a power cut had kept the length of what was written last, but not the bytes.
    File::options().write(true).open(root.path().join(id.upload())).unwrap().set_len(1500).unwrap();
    let resumed = store.resume(&state, 1500).await.map(drop);
    assert!(matches!(resumed, Err(StoreError::Truncated { expected: 1500, actual: 1000 })), "{resumed:?}");
    store.resume(&state, 1000).await.unwrap().commit().await.unwrap();
    assert_eq!(fs::read(root.path().join(id.object())).unwrap(), noise(1000));
}

/// Waits until something is so, which takes a moment in another thread.
async fn soon(so: impl Fn() -> bool) {
    for _ in 0..6000 {
        if so() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to pass within a minute");
}

#[tokio::test]
async fn a_dropped_upload_that_nobody_can_resume_gives_its_room_back() {
    let (store, root) = store();
    let uploads = root.path().join(layout::UPLOADS);
    let mut writer = store.begin().await.unwrap();
    writer.write(noise(3_000_000)).await.unwrap();
    assert_eq!(fs::read_dir(&uploads).unwrap().count(), 1);
    drop(writer);
    soon(|| fs::read_dir(&uploads).unwrap().count() == 0).await;
}

#[tokio::test]
async fn a_dropped_writer_gives_back_the_room_since_the_last_pause() {
    let (store, root) = store();
    let mut writer = store.begin().await.unwrap();
    writer.write(noise(1000)).await.unwrap();
    let state = writer.pause().await.unwrap();
    let Paused { id, .. } = Paused::try_from(&state).unwrap();
    let upload = root.path().join(id.upload());
    let mut writer = store.resume(&state, 1000).await.unwrap();
    writer.write(noise(3_000_000)).await.unwrap();
    soon(|| fs::metadata(&upload).unwrap().len() > 1000).await;
    drop(writer);
    soon(|| fs::read(&upload).unwrap() == noise(1000)).await;
    store.resume(&state, 1000).await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn large_uploads_are_whole_past_the_page_cache_and_through_it() {
    // Far enough for large blocks, and no multiple of anything.
    let bytes = noise(999_983).repeat(72);
    for direct in [true, false] {
        let (store, _root) = store();
        let store = if direct { store } else { store.through_page_cache() };
        let mut writer = store.begin().await.unwrap();
        // Pieces and a pause that fit to nothing.
        let (first, second) = bytes.split_at(9 * 1024 * 1024 + 13);
        for piece in first.chunks(100_003) {
            writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let state = writer.pause().await.unwrap();
        let mut writer = store.resume(&state, first.len() as u64).await.unwrap();
        for piece in second.chunks(1_000_003) {
            writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let location = writer.commit().await.unwrap();
        let read: Vec<Bytes> = store.open(&location, 0..bytes.len() as u64).await.unwrap().try_collect().await.unwrap();
        assert!(read.concat() == bytes, "direct: {direct}");
    }
}
