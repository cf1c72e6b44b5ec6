//! What a check finds of objects that are gone, cut or changed, what is served of them meanwhile, and what heals them.

use super::{Lab, described, noise, repo, tag};
use crate::{
    Actor, Error,
    content::fsck::Order,
    db,
    jobs::{Ended, JobRequest},
};
use api_types::{Damage, DamageKind, FsckPhase, FsckReport, JobReport, JobState};
use blobstore::{
    AccessKeys, BlobStore, Fault, FaultyStore, FolderStore, Location, MemoryStore, Operation, S3Options, S3Store,
};
use bytes::Bytes;
use oci::{Digest, media_type};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// Any object is old enough to be told of.
const OLD: i64 = -3_600_000_000;

pub(super) const NAME: &str = "team/app";

/// Asks for a check; nobody works on it yet.
pub(super) async fn ask(lab: &Lab, deep: bool) -> i64 {
    let id = lab.jobs.request(&lab.actor, JobRequest::Fsck { deep, rate: None }).await.unwrap();
    let order = serde_json::to_string(&Order::new(deep, 0).telling_of(OLD)).unwrap();
    lab.sql(&format!("UPDATE jobs SET payload = '{order}' WHERE id = {id}")).await.unwrap();
    id
}

pub(super) async fn report(lab: &Lab, id: i64) -> FsckReport {
    let job = lab.jobs.get(&lab.actor, id).await.unwrap().summary;
    let JobReport::Fsck(report) = job.report else { panic!("{job:?}") };
    report
}

/// Checks from beginning to end.
pub(super) async fn check(lab: &Lab, deep: bool) -> FsckReport {
    let id = ask(lab, deep).await;
    let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
    let report = report(lab, id).await;
    assert_eq!(report.phase, FsckPhase::Done);
    report
}

/// What the last check found.
pub(super) async fn findings(lab: &Lab) -> Vec<Damage> {
    db::damages::list(lab.content.db.reader(), 0, false, 100_000).await.unwrap()
}

/// What happens to an object or a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm {
    Delete,
    Truncate,
    Flip,
}

impl Harm {
    pub(super) const ALL: [Self; 3] = [Self::Delete, Self::Truncate, Self::Flip];

    /// What is left of these bytes.
    pub(super) fn of(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Delete => return None,
            Self::Truncate => bytes.truncate(bytes.len() / 2),
            Self::Flip => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x20;
            }
        }
        Some(bytes)
    }

    fn found_as(self) -> DamageKind {
        match self {
            Self::Delete => DamageKind::Missing,
            Self::Truncate => DamageKind::WrongLength,
            Self::Flip => DamageKind::Changed,
        }
    }
}

/// A place whose objects can be harmed behind the store's back.
pub(super) enum Ground {
    Memory(MemoryStore),
    Folder(tempfile::TempDir),
    Bucket(test_s3::Memory),
}

impl Ground {
    pub(super) async fn store(&self) -> Arc<dyn BlobStore> {
        match self {
            Self::Memory(store) => Arc::new(store.clone()),
            Self::Folder(folder) => Arc::new(FolderStore::open(folder.path()).unwrap()),
            Self::Bucket(memory) => {
                let mut options = S3Options::new(test_s3::BUCKET);
                options.endpoint = Some(memory.serve().await);
                let (access_key, secret_key) = (test_s3::ACCESS_KEY.to_owned(), test_s3::SECRET_KEY.to_owned());
                options.keys = Some(AccessKeys { access_key, secret_key });
                Arc::new(S3Store::open(&options).await.unwrap())
            }
        }
    }

    pub(super) async fn harm(&self, location: &Location, harm: Harm) {
        let path = format!("{}/{location}", &location.as_str()[..2]);
        match self {
            Self::Memory(store) => {
                let size = store.size(location).await.unwrap().unwrap();
                let half = usize::try_from(size / 2).unwrap();
                match harm {
                    Harm::Delete => store.delete_many(std::slice::from_ref(location)).await.unwrap(),
                    Harm::Truncate => store.truncate(location, half),
                    Harm::Flip => store.flip(location, half),
                }
            }
            Self::Folder(folder) => {
                let path = folder.path().join(path);
                let bytes = std::fs::read(&path).unwrap();
                match harm.of(&bytes) {
                    Some(bytes) => std::fs::write(path, bytes).unwrap(),
                    None => std::fs::remove_file(path).unwrap(),
                }
            }
            Self::Bucket(memory) => {
                memory.sabotage(&format!("blobs/{path}"), |bytes| harm.of(&bytes).map(Bytes::from));
            }
        }
    }
}

/// The location of a blob.
pub(super) async fn location(lab: &Lab, digest: &Digest) -> Location {
    let found = lab.texts(&format!("SELECT location FROM blobs WHERE digest = '{digest}'")).await;
    found[0].parse().unwrap()
}

fn layer(number: usize) -> Vec<u8> {
    noise(number as u64 + 1, 300 + number * 7)
}

/// Pushes the image of this number again or for the first time.
async fn push(lab: &Lab, number: usize) {
    lab.image(NAME, &format!("v{number}"), "amd64", &[&layer(number)]).await;
}

/// `images` images, of which the layers of the first `harmed` are gone, cut or changed in turn: all are found, each as what it is,
/// nothing else is, and pushing them again heals them.
async fn every_harm_is_found(ground: Ground, images: usize, harmed: usize) {
    let lab = Lab::with(ground.store().await).await;
    for number in 0..images {
        push(&lab, number).await;
    }
    let sums = lab.texts("SELECT CAST(storage_used AS TEXT) FROM projects ORDER BY id").await;
    let well = check(&lab, true).await;
    assert_eq!((well.found, well.blobs), (api_types::DamageCounts::default(), images as u64 + 1), "no false alarm");
    assert_eq!(well.manifests, images as u64);

    let mut expected = BTreeMap::new();
    for number in 0..harmed {
        let (digest, harm) = (Digest::sha256(&layer(number)), Harm::ALL[number % 3]);
        ground.harm(&location(&lab, &digest).await, harm).await;
        expected.insert(digest.to_string(), (harm, format!("v{number}")));
    }
    let quick = check(&lab, false).await;
    let changed = expected.values().filter(|(harm, _)| *harm == Harm::Flip).count() as u64;
    assert_eq!((quick.found.damaged(), quick.found.changed), (harmed as u64 - changed, 0), "{quick:?}");
    let deep = check(&lab, true).await;
    assert_eq!((deep.found.damaged(), deep.found.changed), (harmed as u64, changed), "{deep:?}");
    let found = findings(&lab).await;
    assert_eq!(found.len(), harmed);
    for damage in &found {
        let (harm, tag) = &expected[&damage.subject];
        assert_eq!((damage.kind, damage.healed), (harm.found_as(), false), "{damage:?}");
        assert_eq!(damage.repository.as_deref(), Some(NAME));
        assert_eq!((&damage.tags, damage.tag_count), (&vec![tag.clone()], 1));
    }

    lab.pass(2);
    for number in 0..harmed {
        let digest = Digest::sha256(&layer(number));
        assert!(matches!(lab.read(NAME, &digest).await, Err(Error::BlobNotFound { .. })), "{number}");
    }
    for number in harmed..images {
        assert_eq!(lab.read(NAME, &Digest::sha256(&layer(number))).await.unwrap(), layer(number));
    }
    for number in 0..harmed {
        push(&lab, number).await;
    }
    lab.pass(2);
    for number in 0..images {
        assert_eq!(lab.read(NAME, &Digest::sha256(&layer(number))).await.unwrap(), layer(number));
    }
    assert!(findings(&lab).await.iter().all(|damage| damage.healed));
    let healed = check(&lab, true).await;
    assert_eq!(healed.found.damaged(), 0, "{healed:?}");
    lab.is_exact().await;
    assert_eq!(lab.texts("SELECT CAST(storage_used AS TEXT) FROM projects ORDER BY id").await, sums);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_harmed_objects_are_all_found_and_heal_in_memory() {
    every_harm_is_found(Ground::Memory(MemoryStore::new()), 150, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_harmed_objects_are_all_found_and_heal_in_a_folder() {
    every_harm_is_found(Ground::Folder(tempfile::tempdir().unwrap()), 150, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn harmed_objects_are_all_found_and_heal_in_a_bucket() {
    every_harm_is_found(Ground::Bucket(test_s3::Memory::new(test_s3::LEAST_PART)), 24, 15).await;
}

#[tokio::test]
async fn what_is_in_quarantine_is_absent_everywhere_until_it_is_pushed_again() {
    let ground = Ground::Memory(MemoryStore::new());
    let lab = Lab::with(ground.store().await).await;
    let bytes = noise(1, 4_000);
    lab.image(NAME, "v1", "amd64", &[&bytes]).await;
    lab.image("team/other", "v1", "amd64", &[&bytes]).await;
    let (actor, name, digest) = (&lab.actor, &repo(NAME), Digest::sha256(&bytes));
    let before = location(&lab, &digest).await;
    ground.harm(&before, Harm::Truncate).await;
    // Before anybody has looked: an error before the first byte, never a short answer.
    assert!(matches!(lab.read(NAME, &digest).await, Err(Error::Store(_))));
    check(&lab, false).await;
    lab.pass(2);
    assert!(matches!(lab.blobs.stat(actor, name, &digest).await, Err(Error::BlobNotFound { .. })));
    assert!(matches!(lab.blobs.read(actor, name, &digest).await, Err(Error::BlobNotFound { .. })));
    for from in [None, Some(repo("team/other"))] {
        assert_eq!(lab.blobs.mount(actor, &repo("team/new"), &digest, from.as_ref()).await.unwrap(), None);
    }
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE,
        "config": described(media_type::OCI_LAYER, &bytes), "layers": [],
    });
    assert!(matches!(lab.put(NAME, "v2", &manifest).await, Err(Error::ManifestReferenceUnknown { .. })));
    let tags: Vec<_> = findings(&lab).await.into_iter().map(|damage| (damage.repository, damage.tags)).collect();
    assert_eq!(tags, [(Some(NAME.into()), vec!["v1".into()]), (Some("team/other".into()), vec!["v1".into()])]);
    // Collection neither frees it nor trips over it.
    lab.collect(false, std::time::Duration::ZERO).await;

    // One push into one repository heals all of them.
    lab.push(NAME, &bytes).await;
    lab.pass(2);
    for name in [NAME, "team/other"] {
        assert_eq!(lab.read(name, &digest).await.unwrap(), bytes);
    }
    lab.put(NAME, "v2", &manifest).await.unwrap();
    assert_ne!(location(&lab, &digest).await, before, "at another location");
    let left = check(&lab, true).await;
    assert_eq!((left.found.damaged(), left.found.unnamed), (0, 1), "the old object has no row any more");
}

#[tokio::test]
async fn what_is_whole_again_is_let_go_and_what_nothing_links_is_left_to_collection() {
    let ground = Ground::Memory(MemoryStore::new());
    let lab = Lab::with(ground.store().await).await;
    let bytes = noise(1, 900);
    lab.image(NAME, "v1", "amd64", &[&bytes]).await;
    let digest = Digest::sha256(&bytes);
    let at = location(&lab, &digest).await;
    ground.harm(&at, Harm::Flip).await;
    assert_eq!(check(&lab, true).await.found.changed, 1);
    // A disk that was mended, or a bucket of which an old version was restored.
    ground.harm(&at, Harm::Flip).await;
    let again = check(&lab, false).await;
    assert_eq!((again.found.damaged(), again.found.mended), (0, 1));
    lab.pass(2);
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);

    ground.harm(&at, Harm::Flip).await;
    assert_eq!(check(&lab, true).await.found.changed, 1);
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    lab.collect(false, std::time::Duration::ZERO).await;
    assert_eq!(check(&lab, false).await.found.damaged(), 0, "nobody misses it");
    lab.collect(false, std::time::Duration::ZERO).await;
    assert_eq!((lab.objects().await, lab.number("SELECT COUNT(*) FROM blobs").await), (0, 0));
}

#[tokio::test]
async fn what_is_in_quarantine_and_linked_by_nothing_any_more_is_collected() {
    let ground = Ground::Memory(MemoryStore::new());
    let lab = Lab::with(ground.store().await).await;
    let bytes = noise(1, 900);
    lab.image(NAME, "v1", "amd64", &[&bytes]).await;
    ground.harm(&location(&lab, &Digest::sha256(&bytes)).await, Harm::Flip).await;
    assert_eq!(check(&lab, true).await.found.changed, 1);
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    // One that came back without its object has a place that no store gives out.
    lab.sql(
        "INSERT INTO blobs (digest, size, location, state, created_at) VALUES ('sha256:0', 70, 'lost-7', 'damaged', 0)",
    )
    .await
    .unwrap();
    let told = lab.collect(true, std::time::Duration::ZERO).await;
    let freed = lab.collect(false, std::time::Duration::ZERO).await;
    assert_eq!((told.blobs, told.bytes), (freed.blobs, freed.bytes));
    assert_eq!(freed.blobs, 3, "the layer, its configuration, and the one without an object");
    assert_eq!((lab.objects().await, lab.number("SELECT COUNT(*) FROM blobs").await), (0, 0));
}

#[tokio::test]
async fn an_object_without_a_row_is_told_once_it_is_old() {
    let lab = Lab::new().await;
    lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    let stray = lab.store.put(noise(1, 700).into()).await.unwrap();
    let id = lab.jobs.request(&lab.actor, JobRequest::Fsck { deep: false, rate: None }).await.unwrap();
    lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert_eq!(report(&lab, id).await.found.unnamed, 0, "somebody may be about to record it");
    assert_eq!(check(&lab, false).await.found.unnamed, 1);
    let told = findings(&lab).await;
    assert_eq!((told[0].kind, told[0].subject.as_str()), (DamageKind::Unnamed, stray.as_str()));
    assert_eq!(lab.store.size(&stray).await.unwrap(), Some(700), "nothing is deleted");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_no_damage() {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    for number in 0..5 {
        push(&lab, number).await;
    }
    for (operation, deep) in [(Operation::List, false), (Operation::Open, true), (Operation::Read, true)] {
        store.fail_always(operation, Fault::Fail);
        store.fail_always(Operation::Probe, Fault::Fail);
        let id = ask(&lab, deep).await;
        let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
        assert!(matches!(ended, Some(Ended::Broke(Error::Store(_)))), "{operation:?}: {ended:?}");
        assert_eq!(report(&lab, id).await.found.damaged(), 0, "{operation:?}");
        store.heal();
        lab.sql("UPDATE jobs SET run_at = 0").await.unwrap();
        let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
        assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
        assert_eq!(report(&lab, id).await.found.damaged(), 0, "{operation:?}");
    }
    // One that answers, and cannot read an object, is.
    store.fail_always(Operation::Read, Fault::Fail);
    let found = check(&lab, true).await.found;
    assert_eq!((found.unreadable, found.damaged()), (6, 6));
}

#[tokio::test]
async fn a_check_goes_on_where_another_process_left_it_and_counts_nothing_twice() {
    let ground = Ground::Memory(MemoryStore::new());
    let lab = Lab::with(ground.store().await).await;
    for number in 0..60 {
        push(&lab, number).await;
        ground.harm(&location(&lab, &Digest::sha256(&layer(number))).await, Harm::Delete).await;
    }
    let id = ask(&lab, false).await;
    let dying = lab.beside().await;
    let running = tokio::spawn(async move { dying.jobs.run(Some(id), std::future::pending()).await });
    // Steps of fifty: it dies, if it is not quicker, between two of them.
    while lab.number("SELECT COUNT(*) FROM blobs WHERE state = 'damaged'").await == 0 {
        tokio::task::yield_now().await;
    }
    running.abort();
    let _ = running.await;
    lab.sql("UPDATE jobs SET lease_until = 0").await.unwrap();
    let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
    let job = lab.jobs.get(&lab.actor, id).await.unwrap().summary;
    assert!(ended.is_none() || matches!(ended, Some(Ended::Done)), "{ended:?}");
    assert_eq!(job.state, JobState::Succeeded);
    assert_eq!(report(&lab, id).await.found.missing, 60);
    assert_eq!(findings(&lab).await.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_and_collections_beside_checks_raise_no_alarm() {
    let lab = Arc::new(Lab::new().await);
    let pushing = {
        let lab = Arc::clone(&lab);
        tokio::spawn(async move {
            for number in 0..120 {
                push(&lab, number).await;
                if number % 3 == 0 {
                    lab.tags.delete(&lab.actor, &repo(NAME), &[tag(&format!("v{number}"))]).await.unwrap();
                }
                if number % 10 == 0 {
                    lab.collect(false, std::time::Duration::ZERO).await;
                }
            }
        })
    };
    let checker = lab.beside().await;
    let mut checks = 0;
    while !pushing.is_finished() || checks == 0 {
        let found = check(&checker, true).await.found;
        assert_eq!((found.damaged(), found.mended), (0, 0), "{:?}", findings(&checker).await);
        checks += 1;
    }
    pushing.await.unwrap();
}

#[tokio::test]
async fn reading_keeps_to_its_rate() {
    let lab = Lab::new().await;
    for number in 0..4 {
        lab.push(NAME, &noise(number, 50_000)).await;
    }
    let id = lab.jobs.request(&lab.actor, JobRequest::Fsck { deep: true, rate: Some(400_000) }).await.unwrap();
    let began = std::time::Instant::now();
    lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(began.elapsed() >= std::time::Duration::from_millis(450), "{:?}", began.elapsed());
    assert_eq!(report(&lab, id).await.bytes, 200_000);
}

#[tokio::test]
async fn nobody_but_administrators_hears_of_damage() {
    let lab = Lab::new().await;
    let damages = crate::content::Damages::new(lab.content.clone());
    assert!(matches!(damages.list(&Actor::anonymous(), 0, false, 10).await, Err(Error::Unauthenticated)));
    assert!(damages.list(&lab.actor, 0, false, 10).await.unwrap().items.is_empty());
}
