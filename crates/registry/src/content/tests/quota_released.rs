//! What is deleted gives its room back at once, and counts again from the moment on that somebody wants it.

use super::{
    Lab, body, described, noise,
    quota::{refused, team},
    repo, tag,
};
use crate::{Error, Result};
use api_types::{ListQuery, TrashEntry};
use blobstore::MemoryStore;
use futures::{StreamExt as _, future::join_all};
use oci::{Digest, media_type};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

const NAME: &str = "team/app";
const HOUR: Duration = Duration::from_hours(1);

/// The configuration of all images.
const CONFIG: &[u8] = b"{}";

async fn limit(lab: &Lab, quota: u64) {
    lab.projects.set_quota(&lab.actor, &team(), Some(quota)).await.unwrap();
}

/// With a trash, and a limit.
async fn keeping(quota: u64) -> Lab {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(7 * 24)).await;
    limit(&lab, quota).await;
    lab
}

fn manifest(layer: &[u8]) -> Value {
    json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE,
        "config": described(media_type::OCI_EMPTY, CONFIG), "layers": [described(media_type::OCI_LAYER, layer)],
    })
}

async fn upload(lab: &Lab, name: &str, bytes: &[u8]) -> Result<()> {
    lab.uploads.put(&lab.actor, &repo(name), &Digest::sha256(bytes), None, body(bytes)).await.map(drop)
}

/// Pushes an image of one layer: what is new of it is the layer's size, and two bytes of the first one.
pub(super) async fn push(lab: &Lab, name: &str, tag: &str, layer: &[u8]) -> Result<()> {
    upload(lab, name, CONFIG).await?;
    upload(lab, name, layer).await?;
    lab.put(name, tag, &manifest(layer)).await.map(drop)
}

pub(super) async fn delete(lab: &Lab, name: &str, tags: &[&str]) {
    let tags: Vec<_> = tags.iter().copied().map(tag).collect();
    lab.tags.delete(&lab.actor, &repo(name), &tags).await.unwrap();
}

/// What is in the trash, the newest first.
async fn trash(lab: &Lab) -> Vec<TrashEntry> {
    lab.trash.list(&lab.actor, &team(), None).await.unwrap()
}

/// What the project links, whatever counts of it.
async fn linked(lab: &Lab) -> i64 {
    lab.number("SELECT storage_used FROM projects WHERE name = 'team'").await
}

/// Asserts that restoring the newest entry is refused, with what is used, allowed and needed, and that it is still there.
async fn not_restored(lab: &Lab, told: (u64, u64, u64)) {
    let (before, counted) = (trash(lab).await, lab.counted("team").await);
    match lab.trash.restore(&lab.actor, before[0].id).await {
        Err(Error::RestoreExceedsQuota { project, used, allowed, needed }) => {
            assert_eq!((project.as_str(), (used, allowed, needed)), ("team", told));
        }
        outcome => panic!("{outcome:?}"),
    }
    assert_eq!((trash(lab).await, lab.counted("team").await), (before, counted));
}

#[tokio::test]
async fn whoever_deletes_may_push_as_much_at_once_and_restores_what_there_is_room_for() {
    let lab = keeping(1_000).await;
    let (first, second) = (noise(1, 900), noise(2, 900));
    push(&lab, NAME, "v1", &first).await.unwrap();
    refused(push(&lab, NAME, "v2", &second).await, (902, 1_000, 900));
    delete(&lab, NAME, &["v1"]).await;
    assert_eq!((lab.counted("team").await, linked(&lab).await), (0, 902));
    push(&lab, NAME, "v2", &second).await.unwrap();
    assert_eq!((lab.counted("team").await, linked(&lab).await), (902, 1_802));

    not_restored(&lab, (902, 1_000, 900)).await;
    assert!(matches!(lab.head(NAME, "v1").await, Err(Error::ManifestNotFound { .. })));
    let first_entry = trash(&lab).await[0].id;
    delete(&lab, NAME, &["v2"]).await;
    lab.trash.restore(&lab.actor, first_entry).await.unwrap();
    assert_eq!(lab.read(NAME, &Digest::sha256(&first)).await.unwrap(), first);
    assert_eq!(lab.counted("team").await, 902);
    not_restored(&lab, (902, 1_000, 900)).await;
    lab.is_exact().await;
}

#[tokio::test]
async fn a_deleted_repository_gives_room_and_comes_back_where_it_fits() {
    let lab = keeping(1_000).await;
    let (own, shared) = (noise(1, 600), noise(2, 300));
    push(&lab, NAME, "v1", &own).await.unwrap();
    push(&lab, NAME, "v2", &shared).await.unwrap();
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    assert_eq!((lab.counted("team").await, linked(&lab).await), (0, 902));
    // What the trash has of it counts for who uses it beside, and is no more to be counted when it is restored.
    push(&lab, "team/beside", "v1", &shared).await.unwrap();
    push(&lab, "team/beside", "v2", &noise(3, 500)).await.unwrap();
    not_restored(&lab, (802, 1_000, 600)).await;
    let entry = trash(&lab).await[0].id;
    delete(&lab, "team/beside", &["v2"]).await;
    lab.trash.restore(&lab.actor, entry).await.unwrap();
    assert_eq!((lab.counted("team").await, linked(&lab).await), (902, 1_402));
    lab.is_exact().await;
}

#[tokio::test]
async fn what_the_trash_has_counts_once_somebody_wants_it_again() {
    let lab = keeping(1_000).await;
    let (old, new) = (noise(1, 600), noise(2, 900));
    push(&lab, NAME, "v1", &old).await.unwrap();
    delete(&lab, NAME, &["v1"]).await;
    push(&lab, NAME, "v2", &new).await.unwrap();
    let told = (902, 1_000, 600);
    refused(lab.put(NAME, "v1", &manifest(&old)).await, told);
    refused(upload(&lab, NAME, &old).await, told);
    refused(upload(&lab, "team/beside", &old).await, told);
    let (digest, name) = (Digest::sha256(&old), repo(NAME));
    refused(lab.blobs.mount(&lab.actor, &repo("team/beside"), &digest, Some(&name)).await, told);
    let asked = lab.blobs.stat(&lab.actor, &name, &digest).await;
    assert!(matches!(asked, Err(Error::BlobNotFound { .. })), "who counts on it is refused later: {asked:?}");
    assert_eq!(lab.counted("team").await, 902, "none of them has changed anything");

    limit(&lab, 1_502).await;
    lab.blobs.stat(&lab.actor, &name, &digest).await.unwrap();
    assert_eq!(lab.counted("team").await, 1_502, "an answer that a push may count on");
    refused(upload(&lab, NAME, &noise(3, 1)).await, (1_502, 1_502, 1));
    lab.put(NAME, "v1", &manifest(&old)).await.unwrap();
    upload(&lab, "team/beside", &old).await.unwrap();
    assert_eq!(lab.counted("team").await, 1_502, "it counts already");
    // Nor is refused under a lower limit what makes nothing more of it.
    limit(&lab, 10).await;
    lab.put(NAME, "again", &manifest(&old)).await.unwrap();
    lab.trash.restore(&lab.actor, trash(&lab).await[0].id).await.unwrap();
    upload(&lab, "team/third", &new).await.unwrap();
    lab.is_exact().await;
}

#[tokio::test]
async fn early_refusals_count_as_the_last_word_does() {
    const LARGE: usize = 500_000;
    let lab = keeping(LARGE as u64 + 100).await;
    let (old, new) = (noise(1, LARGE), noise(2, LARGE));
    push(&lab, NAME, "v1", &old).await.unwrap();
    delete(&lab, NAME, &["v1"]).await;
    let length = Some(LARGE as u64);
    let put = async |bytes: &[u8], read: &Arc<AtomicUsize>| {
        let read = Arc::clone(read);
        let watched = body(bytes).inspect(move |_| {
            read.fetch_add(1, Ordering::SeqCst);
        });
        lab.uploads.put(&lab.actor, &repo(NAME), &Digest::sha256(bytes), length, watched.boxed()).await
    };
    let read = Arc::new(AtomicUsize::new(0));
    put(&new, &read).await.unwrap();
    assert_eq!((lab.counted("team").await, read.swap(0, Ordering::SeqCst)), (LARGE as u64, LARGE / 10_000));
    // The project has it, and it is in nobody's way: that is no reason to read it.
    refused(put(&old, &read).await, (LARGE as u64, LARGE as u64 + 100, LARGE as u64));
    assert_eq!(read.load(Ordering::SeqCst), 0);
    put(&new, &read).await.unwrap();
    lab.is_exact().await;
}

#[tokio::test]
async fn what_is_deleted_for_good_is_collected_without_waiting_once_nobody_counts_on_it() {
    for kept in [true, false] {
        let lab = if kept { keeping(1_000).await } else { Lab::new().await };
        let (layer, going) = (noise(1, 600), noise(2, 50));
        push(&lab, NAME, "v1", &layer).await.unwrap();
        lab.pass(4_000);
        upload(&lab, NAME, &going).await.unwrap();
        delete(&lab, NAME, &["v1"]).await;
        assert_eq!(lab.counted("team").await, 50, "a push that goes on counts");
        assert_eq!(lab.collect(false, HOUR).await.links, if kept { 0 } else { 2 });
        if kept {
            lab.trash.delete_now(&lab.actor, trash(&lab).await[0].id).await.unwrap();
            assert_eq!((lab.counted("team").await, linked(&lab).await), (50, 652));
            assert_eq!(lab.collect(false, HOUR).await.links, 2);
        }
        assert_eq!((lab.counted("team").await, linked(&lab).await, lab.objects().await), (50, 50, 1));
        lab.is_exact().await;
    }
}

#[tokio::test]
async fn what_was_asked_for_since_it_was_deleted_is_left_to_whoever_asked() {
    let lab = keeping(1_000).await;
    let layer = noise(1, 600);
    push(&lab, NAME, "v1", &layer).await.unwrap();
    delete(&lab, NAME, &["v1"]).await;
    lab.pass(4_000);
    lab.blobs.stat(&lab.actor, &repo(NAME), &Digest::sha256(&layer)).await.unwrap();
    lab.trash.delete_now(&lab.actor, trash(&lab).await[0].id).await.unwrap();
    assert_eq!(lab.collect(false, HOUR).await.links, 1, "the configuration");
    assert_eq!((lab.counted("team").await, linked(&lab).await), (600, 600));
    push(&lab, NAME, "v2", &layer).await.unwrap();
    lab.is_exact().await;
}

#[tokio::test]
async fn a_push_that_counts_on_layers_finds_them_though_the_image_that_had_them_is_deleted_and_collected() {
    for kept in [true, false] {
        let lab = if kept { keeping(1_000).await } else { Lab::new().await };
        let layer = noise(1, 600);
        push(&lab, NAME, "v1", &layer).await.unwrap();
        lab.pass(4_000);
        // Half of a push: it is told that the layer is there, and that the configuration is stored.
        lab.blobs.stat(&lab.actor, &repo(NAME), &Digest::sha256(&layer)).await.unwrap();
        upload(&lab, NAME, CONFIG).await.unwrap();
        delete(&lab, NAME, &["v1"]).await;
        if kept {
            lab.trash.delete_now(&lab.actor, trash(&lab).await[0].id).await.unwrap();
        }
        assert_eq!((lab.counted("team").await, linked(&lab).await), (0, 602), "kept: {kept}");
        lab.pass(600);
        assert_eq!(lab.collect(false, HOUR).await.links, 0, "kept: {kept}");
        // The other half.
        lab.put(NAME, "v2", &manifest(&layer)).await.unwrap();
        assert_eq!(lab.counted("team").await, 602, "kept: {kept}");
        lab.is_exact().await;
        delete(&lab, NAME, &["v2"]).await;
        if kept {
            lab.trash.delete_now(&lab.actor, trash(&lab).await[0].id).await.unwrap();
        }
        lab.pass(4_000);
        assert_eq!(lab.collect(false, HOUR).await.links, 2, "kept: {kept}");
        assert_eq!((linked(&lab).await, lab.objects().await), (0, 0), "kept: {kept}");
    }
}

#[tokio::test]
async fn a_push_of_what_the_trash_has_that_comes_to_nothing_does_not_count_for_long() {
    let lab = keeping(1_000).await;
    let layer = noise(1, 600);
    push(&lab, NAME, "v1", &layer).await.unwrap();
    delete(&lab, NAME, &["v1"]).await;
    upload(&lab, NAME, &layer).await.unwrap();
    lab.pass(1_000);
    lab.collect(false, HOUR).await;
    assert_eq!(lab.counted("team").await, 600);
    lab.pass(3_000);
    lab.collect(true, HOUR).await;
    assert_eq!(lab.counted("team").await, 600, "a dry run changes nothing");
    assert_eq!(lab.collect(false, HOUR).await.links, 0, "it can be restored");
    assert_eq!(lab.counted("team").await, 0);
    lab.trash.restore(&lab.actor, trash(&lab).await[0].id).await.unwrap();
    assert_eq!(lab.read(NAME, &Digest::sha256(&layer)).await.unwrap(), layer);
    lab.is_exact().await;
}

#[tokio::test]
async fn what_is_told_of_a_project_is_what_counts() {
    let lab = keeping(1_000).await;
    push(&lab, NAME, "v1", &noise(1, 600)).await.unwrap();
    push(&lab, NAME, "v2", &noise(2, 300)).await.unwrap();
    delete(&lab, NAME, &["v1"]).await;
    let told = lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap();
    assert_eq!((told.held, told.trashed), (302, 600));
    let listed = lab.projects.list(&lab.actor, &ListQuery::default()).await.unwrap().items;
    let listed: Vec<_> =
        listed.iter().filter(|project| project.name == "team").map(|found| found.storage_used).collect();
    assert_eq!(listed, [302]);
    assert_eq!(lab.projects.get(&lab.actor, &team()).await.unwrap().summary.storage_used, 302);
    assert_eq!(lab.projects.get_record(&lab.actor, &team()).await.unwrap().storage_used, 302);
}

#[tokio::test]
async fn pushes_and_deletions_at_once_never_count_for_more_than_is_allowed() {
    const ALLOWED: u64 = 1_000;
    let lab = keeping(ALLOWED).await;
    let labs = Arc::new([lab.beside().await, lab.beside().await]);
    let ended = Arc::new(AtomicBool::new(false));
    let watched = {
        let (labs, ended) = (Arc::clone(&labs), Arc::clone(&ended));
        tokio::spawn(async move {
            while !ended.load(Ordering::SeqCst) {
                let counted = labs[0].counted("team").await;
                assert!(counted <= ALLOWED, "{counted}");
                tokio::task::yield_now().await;
            }
        })
    };
    let pushed = Arc::new(AtomicUsize::new(0));
    let work = (0..12_usize).map(|at| {
        let (labs, pushed) = (Arc::clone(&labs), Arc::clone(&pushed));
        tokio::spawn(async move {
            let (lab, name, tag_name) = (&labs[at % 2], format!("team/r{}", at % 3), format!("t{at}"));
            for round in 0..6 {
                // Layers that others push, delete and want again, here and in other repositories.
                let layer = noise(((at + round * 5) % 9) as u64, 180);
                match push(lab, &name, &tag_name, &layer).await {
                    Ok(()) => {
                        pushed.fetch_add(1, Ordering::SeqCst);
                        delete(lab, &name, &[tag_name.as_str()]).await;
                    }
                    Err(Error::QuotaExceeded { allowed: ALLOWED, .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for outcome in join_all(work).await {
        outcome.unwrap();
    }
    ended.store(true, Ordering::SeqCst);
    watched.await.unwrap();
    assert!(pushed.load(Ordering::SeqCst) > 0);
    assert!(lab.counted("team").await <= ALLOWED);
    lab.collect(false, Duration::ZERO).await;
    assert_eq!(lab.counted("team").await, 0, "all that is left is in the trash");
    push(&lab, NAME, "last", &noise(50, 998)).await.unwrap();
    lab.is_exact().await;
}
