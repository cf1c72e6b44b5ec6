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
    for place in [store.current(), store.previous()] {
        assert_eq!(read(&**place, &location).await, b"before and after", "what was committed stays, and is in both");
    }
}

#[tokio::test]
async fn an_upload_that_cannot_be_carried_over_is_not_acknowledged() {
    let previous = crate::MemoryStore::new();
    let current = crate::FaultyStore::new(crate::MemoryStore::new());
    let store = MovingStore::new(Arc::new(current.clone()), Arc::new(previous.clone()));
    let mut writer = previous.begin().await.unwrap();
    writer.write("before".into()).await.unwrap();
    let state = writer.pause().await.unwrap();
    let writer = store.resume(&state, 6).await.unwrap();
    current.fail_always(crate::Operation::Commit, crate::Fault::Fail);
    assert!(matches!(writer.commit().await, Err(StoreError::Io(_))));
}

#[tokio::test]
async fn a_retired_store_is_not_asked_and_may_fail() {
    let previous = crate::FaultyStore::new(crate::MemoryStore::new());
    let store = MovingStore::new(Arc::new(crate::MemoryStore::new()), Arc::new(previous.clone()));
    let new = store.put("new".into()).await.unwrap();
    let paused = {
        let mut writer = store.begin().await.unwrap();
        writer.write("half".into()).await.unwrap();
        writer.pause().await.unwrap()
    };
    // Clones are one store.
    assert!(!store.clone().retire_previous(true));
    let operations = {
        use crate::Operation::{Abort, Delete, List, ListUploads, Open, Resume, Size};
        [Abort, Delete, List, ListUploads, Open, Resume, Size]
    };
    for operation in operations {
        previous.fail_always(operation, crate::Fault::Fail);
    }
    assert_eq!(read(&store, &new).await, b"new");
    let listed: Vec<_> = store.list().map_ok(|object| object.location).try_collect().await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&new));
    let uploads: Vec<_> = store.list_uploads(SystemTime::UNIX_EPOCH).try_collect().await.unwrap();
    assert_eq!(uploads, []);
    let writer = store.resume(&paused, 4).await.unwrap();
    writer.abort().await;
    store.abort(&paused).await.unwrap();
    store.delete_many(std::slice::from_ref(&new)).await.unwrap();
    for operation in operations {
        assert_eq!(previous.calls(operation), 0, "{operation:?}");
    }
    // What is nowhere is not there, whatever the other place says.
    assert_eq!(store.size(&new).await.unwrap(), None);
    assert!(matches!(store.open(&new, 0..3).await, Err(StoreError::NotFound)));
    assert!(matches!(store.resume(&paused, 4).await.map(drop), Err(StoreError::NotFound)));
}

#[tokio::test]
async fn an_upload_of_a_retired_store_is_begun_anew() {
    let Folders { store: in_folder, folders: _folders } = &folders().await;
    let store = MovingStore::new(Arc::new(crate::MemoryStore::new()), Arc::clone(in_folder.current()));
    let mut writer = store.previous().begin().await.unwrap();
    writer.write("before".into()).await.unwrap();
    let state = writer.pause().await.unwrap();
    store.await_free(&state).await.unwrap();
    store.retire_previous(true);
    // That the state is not one of the new store is nothing that a client is to blame for.
    assert!(matches!(store.await_free(&state).await, Err(StoreError::NotFound)));
    assert!(matches!(store.resume(&state, 6).await.map(drop), Err(StoreError::NotFound)));
    store.abort(&state).await.unwrap();
}

#[tokio::test]
async fn what_a_retired_store_has_alone_is_read_all_the_same() {
    let Folders { store, .. } = &folders().await;
    let location = store.previous().put("alone".into()).await.unwrap();
    store.retire_previous(true);
    assert_eq!(read(store, &location).await, b"alone");
    let listed: Vec<_> = store.list().try_collect().await.unwrap();
    assert_eq!(listed, []);
    store.delete_many(std::slice::from_ref(&location)).await.unwrap();
    assert_eq!(read(store, &location).await, b"alone", "it is not deleted there");
    assert!(store.retire_previous(false));
    store.delete_many(std::slice::from_ref(&location)).await.unwrap();
    assert_eq!(store.size(&location).await.unwrap(), None);
}

#[tokio::test]
async fn a_place_has_a_name_of_its_own_that_lasts() {
    let Folders { store, folders } = &folders().await;
    let again = FolderStore::open(folders[0].path().join(".")).unwrap();
    assert_eq!(store.place(), again.place());
    assert_ne!(store.place(), store.previous().place());
}

#[tokio::test]
async fn one_place_is_known_by_whatever_names() {
    let ground = tempfile::tempdir().unwrap();
    let (one, two) = (ground.path().join("one"), ground.path().join("two"));
    let previous = FolderStore::open(&one).unwrap();
    assert!(MovingStore::new(Arc::new(previous.clone()), Arc::new(previous.clone())).is_one_place().await.unwrap());
    // A store holds on to its folder and not to the name.
    std::fs::rename(&one, &two).unwrap();
    let current = FolderStore::open(&two).unwrap();
    assert_ne!(current.place(), previous.place());
    let store = MovingStore::new(Arc::new(current), Arc::new(previous));
    assert!(store.is_one_place().await.unwrap());
    assert_eq!(store.current().list().try_collect::<Vec<_>>().await.unwrap(), []);
    let Folders { store, .. } = &folders().await;
    assert!(!store.is_one_place().await.unwrap());
    assert_eq!(store.list().try_collect::<Vec<_>>().await.unwrap(), []);
}
