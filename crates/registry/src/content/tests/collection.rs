//! What collection takes away, what it leaves, and what stands after a crash at each of its steps.

use super::{Lab, body, described, digest_of, noise, repo, tag};
use crate::{Error, jobs::Ended};
use api_types::{CollectionPhase, JobState};
use blobstore::{Fault, FaultyStore, MemoryStore, Operation};
use futures::TryStreamExt as _;
use oci::{Digest, media_type};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

const NAME: &str = "team/app";
const NOW: Duration = Duration::ZERO;

/// What is left and should not be, once nothing runs and a collection without grace is done.
pub(super) const LEFT: [(&str, &str); 3] = [
    (
        "links that nothing names",
        "SELECT COUNT(*) FROM repository_blobs l WHERE NOT EXISTS (SELECT 1 FROM manifest_references n \
         WHERE n.repository_id = l.repository_id AND n.blob_id = l.blob_id) AND NOT EXISTS (SELECT 1 FROM trash_blobs t \
         WHERE t.repository_id = l.repository_id AND t.blob_id = l.blob_id)",
    ),
    ("blobs that nothing links", "SELECT COUNT(*) FROM blobs WHERE link_count = 0 AND state <> 'stray'"),
    ("blobs that are going", "SELECT COUNT(*) FROM blobs WHERE state = 'deleting'"),
];

/// Locations that the store has, and those that the rows name.
pub(super) async fn locations(lab: &Lab) -> (BTreeSet<String>, BTreeSet<String>) {
    let objects: Vec<_> = lab.store.list().try_collect().await.unwrap();
    let rows = lab.texts("SELECT location FROM blobs WHERE state <> 'stray'").await;
    (objects.into_iter().map(|object| object.location.to_string()).collect(), rows.into_iter().collect())
}

async fn used(lab: &Lab) -> (i64, i64) {
    (
        lab.number("SELECT storage_used FROM projects WHERE name = 'team'").await,
        lab.number("SELECT CAST(COALESCE(SUM(storage_used), 0) AS BIGINT) FROM repositories").await,
    )
}

#[tokio::test]
async fn a_deleted_image_gives_its_bytes_back_and_shared_layers_stay() {
    let lab = Lab::new().await;
    let (base, own) = (noise(1, 5_000), noise(2, 3_000));
    lab.image(NAME, "v1", "amd64", &[&base]).await;
    let kept = used(&lab).await;
    lab.image(NAME, "v2", "arm64", &[&base, &own]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v2")]).await.unwrap();
    assert!(used(&lab).await > kept, "nothing is freed before collection");

    let told = lab.collect(true, NOW).await;
    assert_eq!(lab.objects().await, 4, "a dry run takes nothing away");
    let report = lab.collect(false, NOW).await;
    assert_eq!((told.links, told.blobs, told.bytes), (report.links, report.blobs, report.bytes));
    assert_eq!((report.links, report.blobs, report.phase), (2, 2, CollectionPhase::Done));
    assert!(report.bytes > 3_000);
    assert_eq!(used(&lab).await, kept);
    assert_eq!(lab.objects().await, 2);
    assert_eq!(lab.read(NAME, &Digest::sha256(&base)).await.unwrap(), base);
    assert!(matches!(lab.read(NAME, &Digest::sha256(&own)).await, Err(Error::BlobNotFound { .. })));
    assert_eq!(lab.collect(false, NOW).await.blobs, 0, "nothing is left for a second run");
}

#[tokio::test]
async fn what_was_touched_within_the_grace_stays() {
    let lab = Lab::new().await;
    let hour = Duration::from_hours(1);
    let old = lab.push(NAME, b"pushed long ago").await.digest;
    let asked = lab.push(NAME, b"asked for lately").await.digest;
    lab.pass(3_000);
    let young = lab.push(NAME, b"pushed just now").await.digest;
    lab.blobs.stat(&lab.actor, &repo(NAME), &asked).await.unwrap();
    lab.pass(700);
    let report = lab.collect(false, hour).await;
    assert_eq!((report.links, report.blobs), (1, 1));
    assert!(matches!(lab.read(NAME, &old).await, Err(Error::BlobNotFound { .. })));
    for digest in [&asked, &young] {
        lab.read(NAME, digest).await.unwrap();
    }
}

#[tokio::test]
async fn untagged_manifests_are_content_until_they_are_deleted() {
    let lab = Lab::new().await;
    let layer = noise(1, 2_000);
    let digest = lab.image(NAME, "v1", "amd64", &[&layer]).await;
    lab.delete(NAME, "v1").await.unwrap();
    assert_eq!(lab.collect(false, NOW).await.links, 0);
    assert_eq!(lab.head(NAME, digest.as_str()).await.unwrap(), digest);
    assert_eq!(lab.read(NAME, &Digest::sha256(&layer)).await.unwrap(), layer);
    lab.delete(NAME, digest.as_str()).await.unwrap();
    assert_eq!(lab.collect(false, NOW).await.blobs, 2);
    assert_eq!(lab.objects().await, 0);
}

#[tokio::test]
async fn a_blob_goes_from_the_store_with_its_last_repository() {
    let lab = Lab::new().await;
    let layer = noise(1, 2_000);
    for name in [NAME, "team/copy", "other/app"] {
        lab.image(name, "v1", "amd64", &[&layer]).await;
    }
    for (name, objects) in [(NAME, 2), ("other/app", 2), ("team/copy", 0)] {
        lab.repositories.delete(&lab.actor, &repo(name)).await.unwrap();
        lab.collect(false, NOW).await;
        assert_eq!(lab.objects().await, objects, "{name}");
    }
    assert_eq!(used(&lab).await, (0, 0));
}

#[tokio::test]
async fn a_blob_that_is_going_is_absent_everywhere_and_may_be_pushed_again() {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    let bytes = noise(1, 4_000);
    let digest = lab.push(NAME, &bytes).await.digest;
    lab.push("team/other", &bytes).await;
    lab.push(NAME, b"{}").await;
    lab.image("team/kept", "v1", "amd64", &[b"kept"]).await;
    let before = lab.texts(&format!("SELECT location FROM blobs WHERE digest = '{digest}'")).await;

    // It stops between the mark and the object.
    store.fail_always(Operation::Delete, Fault::Stall);
    let collector = lab.beside().await;
    let id = collector.ask_for(false, NOW).await;
    let running = tokio::spawn(async move { collector.jobs.run(Some(id), std::future::pending()).await });
    let marked = format!("SELECT COUNT(*) FROM blobs WHERE digest = '{digest}' AND state = 'deleting'");
    while lab.number(&marked).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (actor, name) = (&lab.actor, &repo(NAME));
    lab.pass(2);
    assert!(matches!(lab.blobs.stat(actor, name, &digest).await, Err(Error::BlobNotFound { .. })));
    assert!(matches!(lab.blobs.read(actor, name, &digest).await, Err(Error::BlobNotFound { .. })));
    for from in [None, Some(repo("team/other"))] {
        assert_eq!(lab.blobs.mount(actor, name, &digest, from.as_ref()).await.unwrap(), None);
        assert_eq!(lab.blobs.find_source(actor, &digest, from.as_ref()).await.unwrap(), None);
    }
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE,
        "config": described(media_type::OCI_EMPTY, b"{}"), "layers": [described(media_type::OCI_LAYER, &bytes)],
    });
    assert!(matches!(lab.put(NAME, "v1", &manifest).await, Err(Error::ManifestReferenceUnknown { .. })));

    lab.push(NAME, &bytes).await;
    lab.push(NAME, b"{}").await;
    lab.put(NAME, "v1", &manifest).await.unwrap();
    store.heal();
    assert!(matches!(running.await.unwrap().unwrap(), Some(Ended::Done)));
    lab.pass(2);
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);
    let after = lab.texts(&format!("SELECT location FROM blobs WHERE digest = '{digest}'")).await;
    assert_eq!(after.len(), 1);
    assert_ne!(before, after, "the same digest, at another location");
    let (objects, rows) = locations(&lab).await;
    assert_eq!(objects, rows);
}

#[tokio::test]
async fn a_crash_between_any_two_steps_leaves_nothing_dangling() {
    // Before the objects, and after them but before their rows.
    for fault in [Fault::Stall, Fault::LoseAnswer] {
        let store = FaultyStore::new(MemoryStore::new());
        let lab = Lab::with(Arc::new(store.clone())).await;
        let kept = noise(1, 1_000);
        lab.image(NAME, "v1", "amd64", &[&kept]).await;
        for seed in 2..40 {
            lab.push(NAME, &noise(seed, 500)).await;
        }
        lab.delete(NAME, "v1").await.unwrap();
        let digest = lab.image(NAME, "v2", "amd64", &[&kept]).await;
        store.fail_nth(Operation::Delete, 1, fault);
        let crashed = lab.beside().await;
        let id = crashed.ask_for(false, NOW).await;
        if fault == Fault::Stall {
            let dying = tokio::spawn(async move { crashed.jobs.run(Some(id), std::future::pending()).await });
            while lab.number("SELECT COUNT(*) FROM blobs WHERE state = 'deleting'").await == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            dying.abort();
            assert!(lab.jobs.run(Some(id), std::future::pending()).await.unwrap().is_none(), "it still has the lease");
            lab.sql("UPDATE jobs SET lease_until = 0").await.unwrap();
        } else {
            let broke = crashed.jobs.run(Some(id), std::future::pending()).await.unwrap();
            assert!(matches!(broke, Some(Ended::Broke(Error::Store(_)))), "{broke:?}");
            lab.sql("UPDATE jobs SET run_at = 0").await.unwrap();
        }
        store.heal();
        // Meanwhile a digest of those that were going comes back.
        let again = noise(2, 500);
        lab.push(NAME, &again).await;
        let (objects, rows) = locations(&lab).await;
        let live = lab.texts("SELECT location FROM blobs WHERE state = 'live'").await;
        assert!(live.iter().all(|location| objects.contains(location)), "no live row without its object");
        assert!(objects.iter().all(|object| rows.contains(object)), "no object without its row");

        assert!(matches!(lab.jobs.run(Some(id), std::future::pending()).await.unwrap(), Some(Ended::Done)));
        let job = lab.jobs.get(&lab.actor, id).await.unwrap().summary;
        assert_eq!((job.state, job.attempts), (JobState::Succeeded, 1), "it got on");
        let report = lab.report(id).await;
        assert_eq!((report.links, report.blobs), (38, 38), "counted once, however often it was begun");
        let (objects, rows) = locations(&lab).await;
        assert_eq!(objects, rows);
        assert_eq!(lab.read(NAME, &Digest::sha256(&again)).await.unwrap(), again);
        assert_eq!(lab.read(NAME, &Digest::sha256(&kept)).await.unwrap(), kept);
        assert_eq!(lab.head(NAME, "v2").await.unwrap(), digest);
    }
}

#[tokio::test]
async fn a_collection_that_gets_on_is_not_given_up_and_one_that_does_not_is() {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    lab.push(NAME, b"nothing names it").await;
    let id = lab.ask_for(false, NOW).await;
    // Others had trouble, and died, before it got anywhere.
    lab.sql("UPDATE jobs SET attempts = 4").await.unwrap();
    store.fail_always(Operation::Delete, Fault::Fail);
    // The first attempt takes the link away and marks the blob, which none after it does again.
    for attempt in 1..=5 {
        let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
        assert!(matches!(ended, Some(Ended::Broke(Error::Store(_)))), "{attempt}: {ended:?}");
        let job = lab.jobs.get(&lab.actor, id).await.unwrap().summary;
        let state = if attempt < 5 { JobState::Queued } else { JobState::Failed };
        assert_eq!((job.attempts, job.state), (attempt, state));
        lab.sql("UPDATE jobs SET run_at = 0").await.unwrap();
    }
    store.heal();
    assert_eq!(lab.collect(false, NOW).await.blobs, 1, "the next one goes on");
}

#[tokio::test]
async fn objects_without_a_row_go_once_they_are_old() {
    let lab = Lab::new().await;
    lab.image(NAME, "v1", "amd64", &[b"kept"]).await;
    let stray = lab.store.put(noise(1, 700).into()).await.unwrap();
    let report = lab.collect(false, NOW).await;
    assert_eq!((report.objects, lab.objects().await), (0, 3), "somebody may be about to record it");

    let told = lab.collect_strays(true).await;
    assert_eq!((told.objects, told.object_bytes, lab.objects().await), (1, 700, 3));
    let report = lab.collect_strays(false).await;
    assert_eq!((report.objects, report.object_bytes, lab.objects().await), (1, 700, 2));
    // Whoever stored it and wakes up now is told that it did not work, and nothing dangles.
    let late = lab
        .sql(&format!(
            "INSERT INTO blobs (digest, size, location, state, created_at) VALUES ('sha256:0', 1, '{stray}', 'live', 0)"
        ))
        .await;
    assert!(matches!(late, Err(Error::Database(_))), "{late:?}");
    assert_eq!(lab.number("SELECT COUNT(*) FROM blobs WHERE state = 'stray'").await, 1);
    lab.sql("UPDATE blobs SET created_at = 0 WHERE state = 'stray'").await.unwrap();
    lab.collect_strays(false).await;
    assert_eq!(lab.number("SELECT COUNT(*) FROM blobs WHERE state = 'stray'").await, 0);
    assert_eq!(lab.read(NAME, &Digest::sha256(b"kept")).await.unwrap(), b"kept");
}

#[tokio::test]
async fn a_holder_that_lost_its_job_changes_nothing_more() {
    let store = FaultyStore::new(MemoryStore::new());
    let lab = Lab::with(Arc::new(store.clone())).await;
    for seed in 0..3 {
        lab.push(NAME, &noise(seed, 100)).await;
    }
    store.fail_always(Operation::Delete, Fault::Stall);
    let frozen = lab.beside().await;
    let id = frozen.ask_for(false, NOW).await;
    let waking = tokio::spawn(async move { frozen.jobs.run(Some(id), std::future::pending()).await });
    while lab.number("SELECT COUNT(*) FROM blobs WHERE state = 'deleting'").await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lab.sql("UPDATE jobs SET lease_until = 0").await.unwrap();
    let next = lab.beside().await;
    let taking_over = tokio::spawn(async move { next.jobs.run(Some(id), std::future::pending()).await });
    while lab.number("SELECT fence FROM jobs").await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    store.heal();
    let (waking, taking_over) = (waking.await.unwrap().unwrap(), taking_over.await.unwrap().unwrap());
    assert!(matches!(waking, Some(Ended::Lost)), "{waking:?}");
    assert!(matches!(taking_over, Some(Ended::Done)), "{taking_over:?}");
    assert_eq!(lab.report(id).await.blobs, 3, "each is counted by one of them");
    assert_eq!(lab.objects().await, 0);
}

#[tokio::test]
async fn an_upload_of_a_digest_that_goes_at_this_moment_stands() {
    let lab = Lab::new().await;
    let bytes = noise(1, 300_000);
    let digest = lab.push(NAME, &bytes).await.digest;
    let id = lab.uploads.begin(&lab.actor, &repo(NAME), None).await.unwrap().id;
    lab.uploads.append(&lab.actor, &repo(NAME), &id, None, None, body(&bytes)).await.unwrap();
    lab.collect(false, NOW).await;
    lab.uploads.commit(&lab.actor, &repo(NAME), &id, &digest, None, None, super::nothing()).await.unwrap();
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE,
        "config": described(media_type::OCI_LAYER, &bytes), "layers": [],
    });
    lab.put(NAME, digest_of(&image).as_str(), &image).await.unwrap();
    lab.collect(false, NOW).await;
    assert_eq!(lab.read(NAME, &digest).await.unwrap(), bytes);
}
