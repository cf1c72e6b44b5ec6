//! The store that fails on demand does so where it is told, and nowhere else.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use blobstore::{BlobStore as _, Fault, FaultyStore, MemoryStore, Operation, StoreError};
use bytes::Bytes;
use futures::stream::{StreamExt as _, TryStreamExt as _};
use tokio::time::timeout;

const BYTES: Bytes = Bytes::from_static(b"some bytes");

fn store() -> FaultyStore<MemoryStore> {
    FaultyStore::new(MemoryStore::new())
}

async fn objects(store: &FaultyStore<MemoryStore>) -> usize {
    store.inner().list().count().await
}

#[tokio::test]
async fn only_the_nth_call_fails() {
    let store = store();
    store.put(BYTES).await.unwrap();
    store.fail_nth(Operation::Put, 2, Fault::Fail);
    store.put(BYTES).await.unwrap();
    assert!(matches!(store.put(BYTES).await, Err(StoreError::Io(_))));
    store.put(BYTES).await.unwrap();
    assert_eq!((store.calls(Operation::Put), objects(&store).await), (4, 3));
}

#[tokio::test]
async fn a_full_store_stays_full_until_it_is_healed() {
    let store = store();
    store.fail_always(Operation::Write, Fault::Full);
    for _ in 0..2 {
        let mut writer = store.begin().await.unwrap();
        assert!(matches!(writer.write(BYTES).await, Err(StoreError::Full)));
    }
    store.heal();
    let mut writer = store.begin().await.unwrap();
    writer.write(BYTES).await.unwrap();
    let location = writer.commit().await.unwrap();
    assert_eq!(store.size(&location).await.unwrap(), Some(10));
}

#[tokio::test]
async fn a_lost_answer_hides_a_success() {
    let store = store();
    store.fail_nth(Operation::Commit, 1, Fault::LoseAnswer);
    assert!(matches!(store.begin().await.unwrap().commit().await, Err(StoreError::Io(_))));
    assert_eq!(objects(&store).await, 1);
}

#[tokio::test]
async fn a_stalled_call_goes_on_when_the_store_is_healed() {
    let store = store();
    store.fail_always(Operation::Put, Fault::Stall);
    let stalled = tokio::spawn({
        let store = store.clone();
        async move { store.put(BYTES).await }
    });
    while store.calls(Operation::Put) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(timeout(Duration::from_millis(50), store.put(BYTES)).await.is_err());
    assert_eq!(objects(&store).await, 0);
    store.heal();
    stalled.await.unwrap().unwrap();
    assert_eq!(objects(&store).await, 1);
}

#[tokio::test]
async fn a_read_can_break_in_the_middle() {
    let store = store();
    let location = store.put(vec![1; 200_000].into()).await.unwrap();
    store.fail_nth(Operation::Read, 2, Fault::CutShort);
    let mut pieces = store.open(&location, 0..200_000).await.unwrap();
    assert!(pieces.next().await.unwrap().is_ok());
    assert!(matches!(pieces.next().await, Some(Err(StoreError::Truncated { .. }))));
    assert!(pieces.next().await.is_none());
    let whole: Vec<_> = store.open(&location, 0..200_000).await.unwrap().try_collect().await.unwrap();
    assert_eq!(whole.concat().len(), 200_000);
}

#[tokio::test]
async fn writers_of_a_resumed_upload_fail_too() {
    let store = store();
    let state = store.begin().await.unwrap().pause().await.unwrap();
    store.fail_nth(Operation::Pause, 1, Fault::Fail);
    assert!(store.resume(&state, 0).await.unwrap().pause().await.is_err());
    assert_eq!(store.calls(Operation::Pause), 2);
}
