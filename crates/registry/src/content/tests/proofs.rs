//! What is served whole is what was stored.

use super::{
    Lab,
    fsck::{Ground, Harm, NAME, ask, check, findings, location, report},
    noise, repo,
};
use crate::{Error, jobs::Ended};
use api_types::DamageKind;
use blobstore::{BlobStore as _, Fault, FaultyStore, Location, MemoryStore, Operation, StoreError};
use futures::TryStreamExt as _;
use oci::Digest;
use std::{sync::Arc, time::Duration};

/// More than one piece of any store, and more than is hashed in one go.
const LARGE: usize = 3_000_001;

fn is_changed<T>(read: &crate::Result<T>) -> bool {
    matches!(read, Err(Error::Store(StoreError::Changed)))
}

/// Waits until the blob is in quarantine.
pub(super) async fn quarantined(lab: &Lab, digest: &Digest) {
    let sql = format!("SELECT COUNT(*) FROM blobs WHERE digest = '{digest}' AND state = 'damaged'");
    tokio::time::timeout(Duration::from_secs(30), async {
        while lab.number(&sql).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

/// Gives whoever might look at a blob the time for it.
async fn looked_at() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

/// Waits until a blob was read once more.
async fn read_again(store: &FaultyStore<MemoryStore>, before: u64) {
    let reading = async {
        while store.calls(Operation::Read) <= before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading).await.unwrap();
    looked_at().await;
}

async fn a_changed_blob_is_not_served_whole_and_heals(ground: Ground) {
    let lab = Lab::with(ground.store().await).await;
    for (tag, size) in [("small", 900), ("large", LARGE)] {
        let bytes = noise(size as u64, size);
        lab.image(NAME, tag, "amd64", &[&bytes]).await;
        let digest = Digest::sha256(&bytes);
        ground.harm(&location(&lab, &digest).await, Harm::Flip).await;

        let reader = lab.blobs.read(&lab.actor, &repo(NAME), &digest).await.unwrap();
        let (mut pieces, mut served) = (reader.open(0..size as u64).await.unwrap(), 0);
        let end = loop {
            match pieces.try_next().await {
                Ok(Some(piece)) => served += piece.len(),
                Ok(None) => panic!("all of it was served"),
                Err(error) => break error,
            }
        };
        assert!(matches!(end, StoreError::Changed), "{end:?}");
        assert!(served < size, "the last piece is held back");

        quarantined(&lab, &digest).await;
        lab.pass(2);
        assert!(matches!(lab.read(NAME, &digest).await, Err(Error::BlobNotFound { .. })));
        let found = findings(&lab).await;
        let found = found.iter().find(|damage| damage.subject == digest.as_str()).unwrap();
        assert_eq!((found.kind, found.healed), (DamageKind::Changed, false));
        assert_eq!((found.repository.as_deref(), &found.tags), (Some(NAME), &vec![tag.to_owned()]));

        lab.push(NAME, &bytes).await;
        lab.pass(2);
        assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes, "whoever pushes it again heals it");
    }
    assert!(findings(&lab).await.iter().all(|damage| damage.healed));
    assert_eq!(check(&lab, true).await.found.damaged(), 0);
    lab.is_exact().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_blob_is_not_served_whole_and_heals_in_memory() {
    a_changed_blob_is_not_served_whole_and_heals(Ground::Memory(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_blob_is_not_served_whole_and_heals_in_a_folder() {
    a_changed_blob_is_not_served_whole_and_heals(Ground::Folder(tempfile::tempdir().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_blob_is_not_served_whole_and_heals_in_a_bucket() {
    a_changed_blob_is_not_served_whole_and_heals(Ground::Bucket(test_s3::Memory::new(test_s3::LEAST_PART))).await;
}

#[tokio::test]
async fn what_was_right_is_believed_until_somebody_touches_it() {
    let ground = Ground::Folder(tempfile::tempdir().unwrap());
    let lab = Lab::with(ground.store().await).await;
    let bytes = noise(1, LARGE);
    lab.push(NAME, &bytes).await;
    let digest = Digest::sha256(&bytes);
    let at = location(&lab, &digest).await;
    let part = lab.blobs.read(&lab.actor, &repo(NAME), &digest).await.unwrap().open(0..LARGE as u64 - 1).await.unwrap();
    assert_eq!(part.try_collect::<Vec<_>>().await.unwrap().concat(), bytes[..LARGE - 1]);
    assert!(!lab.content.believes(&at), "a part proves nothing");
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);
    assert!(lab.content.believes(&at));
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);

    // Files are dated to a few milliseconds.
    tokio::time::sleep(Duration::from_millis(50)).await;
    ground.harm(&at, Harm::Flip).await;
    assert!(is_changed(&lab.read(NAME, &digest).await));
    quarantined(&lab, &digest).await;
}

/// A blob that is read with its byte 7 changed, and again after `meanwhile`, is as it was and served once nothing changes it any more.
async fn stays(meanwhile: impl Fn(&MemoryStore, &Location), after: impl Fn(&MemoryStore, &Location)) {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    let bytes = noise(1, 900);
    lab.push(NAME, &bytes).await;
    let digest = Digest::sha256(&bytes);
    let at = location(&lab, &digest).await;
    store.inner().flip(&at, 7);
    let read = lab.read(NAME, &digest).await;
    // Nobody else runs before this.
    store.inner().flip(&at, 7);
    meanwhile(store.inner(), &at);
    assert!(is_changed(&read));
    read_again(&store, store.calls(Operation::Read)).await;
    after(store.inner(), &at);
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);
    assert!(findings(&lab).await.is_empty());
}

#[tokio::test]
async fn what_is_right_when_it_is_read_again_stays() {
    stays(|_, _| {}, |_, _| {}).await;
}

#[tokio::test]
async fn what_is_wrong_in_another_way_when_it_is_read_again_stays() {
    // On the way to us something changes it, and now another byte of it.
    stays(|store, at| store.flip(at, 8), |store, at| store.flip(at, 8)).await;
}

#[tokio::test]
async fn one_that_became_longer_and_another_one_goes_into_quarantine() {
    let ground = Ground::Folder(tempfile::tempdir().unwrap());
    let lab = Lab::with(ground.store().await).await;
    let bytes = noise(1, 900);
    lab.push(NAME, &bytes).await;
    let digest = Digest::sha256(&bytes);
    let at = location(&lab, &digest).await;
    let Ground::Folder(folder) = &ground else { unreachable!() };
    std::fs::write(folder.path().join(&at.as_str()[..2]).join(at.as_str()), noise(2, 1_000)).unwrap();
    assert!(is_changed(&lab.read(NAME, &digest).await));
    quarantined(&lab, &digest).await;
    assert_eq!(findings(&lab).await[0].kind, DamageKind::WrongLength);
}

#[tokio::test]
async fn of_one_that_was_read_wrong_no_part_is_served_until_it_is_known_what_it_is() {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    let bytes = noise(1, LARGE);
    lab.push(NAME, &bytes).await;
    let digest = Digest::sha256(&bytes);
    store.inner().flip(&location(&lab, &digest).await, 7);
    let reader = lab.blobs.read(&lab.actor, &repo(NAME), &digest).await.unwrap();
    let mut pieces = reader.open(0..LARGE as u64).await.unwrap();
    let mut got = 0;
    while let Ok(Some(piece)) = pieces.try_next().await {
        got += piece.len();
    }
    // It is about to be read again. Whoever goes on where it broke off would have all of it.
    store.fail_always(Operation::Read, Fault::Stall);
    let end = reader.open(got as u64..LARGE as u64).await;
    assert!(is_changed(&end.map(drop)));
    store.heal();
    quarantined(&lab, &digest).await;
}

/// An image with a layer that was changed, and its store.
async fn changed() -> (Lab, FaultyStore<MemoryStore>, Digest) {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    let bytes = noise(1, 900);
    lab.image(NAME, "v1", "amd64", &[&bytes]).await;
    let digest = Digest::sha256(&bytes);
    store.inner().flip(&location(&lab, &digest).await, 7);
    (lab, store, digest)
}

/// What a check counts and what is listed.
async fn is_told_once(lab: &Lab, id: i64, digest: &Digest) {
    assert_eq!(report(lab, id).await.found.changed, 1);
    let told = findings(lab).await.into_iter().map(|damage| damage.subject).collect::<Vec<_>>();
    assert_eq!(told, [digest.as_str()]);
}

#[tokio::test]
async fn a_check_counts_what_was_pulled_since_it_began() {
    let (lab, store, digest) = changed().await;
    // It begins, and the store does not answer.
    store.fail_always(Operation::List, Fault::Fail);
    store.fail_always(Operation::Probe, Fault::Fail);
    let id = ask(&lab, false).await;
    let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Broke(_))), "{ended:?}");
    store.heal();
    assert!(is_changed(&lab.read(NAME, &digest).await));
    quarantined(&lab, &digest).await;
    assert_eq!(findings(&lab).await.len(), 1);
    lab.sql("UPDATE jobs SET run_at = 0").await.unwrap();
    let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
    is_told_once(&lab, id, &digest).await;
}

#[tokio::test]
async fn a_check_counts_what_went_into_quarantine_while_it_was_read() {
    let (lab, store, digest) = changed().await;
    store.fail_always(Operation::Read, Fault::Stall);
    let id = ask(&lab, true).await;
    let checker = lab.beside().await;
    let before = store.calls(Operation::Read);
    let running = tokio::spawn(async move { checker.jobs.run(Some(id), std::future::pending()).await.map(drop) });
    // It has the layer and the configuration before it.
    let reading = async {
        while store.calls(Operation::Read) < before + 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading).await.unwrap();
    lab.sql(&format!("UPDATE blobs SET state = 'damaged' WHERE digest = '{digest}'")).await.unwrap();
    store.heal();
    running.await.unwrap().unwrap();
    is_told_once(&lab, id, &digest).await;
}

#[tokio::test]
async fn what_ends_while_it_is_read_is_no_damage() {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    let bytes = noise(1, LARGE);
    lab.push(NAME, &bytes).await;
    let digest = Digest::sha256(&bytes);
    store.fail_nth(Operation::Read, 3, Fault::CutShort);
    assert!(matches!(lab.read(NAME, &digest).await, Err(Error::Store(StoreError::Truncated { .. }))));
    looked_at().await;
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);
    assert!(findings(&lab).await.is_empty());
}

#[tokio::test]
async fn what_does_not_come_is_refused_and_no_damage() {
    let store = MemoryStore::new();
    let lab = Lab::with(Arc::new(store.clone())).await;
    let bytes = noise(1, 900);
    lab.push(NAME, &bytes).await;
    let digest = Digest::sha256(&bytes);
    store.delete_many(&[location(&lab, &digest).await]).await.unwrap();
    // A disk may be away for a moment, and everything with it.
    assert!(matches!(lab.read(NAME, &digest).await, Err(Error::Store(StoreError::NotFound))));
    looked_at().await;
    assert_eq!(lab.number("SELECT COUNT(*) FROM blobs WHERE state <> 'live'").await, 0);
}
