//! Several entries of the trash together: each by itself, and what one needs of another comes back with it.

use super::{Lab, described, digest_of, protection, repo, tag};
use crate::{Error, content::Attempt};
use blobstore::MemoryStore;
use oci::{Digest, ProjectName, media_type};
use serde_json::json;
use std::{sync::Arc, time::Duration};

const NAME: &str = "team/app";

async fn lab() -> Lab {
    Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(7 * 24)).await
}

fn team() -> ProjectName {
    "team".parse().unwrap()
}

/// The numbers of what is in the trash, the newest first.
async fn numbers(lab: &Lab) -> Vec<i64> {
    lab.trash.list(&lab.actor, &team(), None).await.unwrap().into_iter().map(|entry| entry.id).collect()
}

/// Two images that were deleted, each with its tag; the numbers, the first first.
async fn two(lab: &Lab) -> [i64; 2] {
    for (name, layer) in [("v1", b"one"), ("v2", b"two")] {
        lab.image(NAME, name, "amd64", &[layer]).await;
        lab.tags.delete(&lab.actor, &repo(NAME), &[tag(name)]).await.unwrap();
    }
    let numbers = numbers(lab).await;
    [numbers[1], numbers[0]]
}

/// What worked and what did not, by name.
fn told<T>(attempts: &[Attempt<T>]) -> Vec<(&str, bool)> {
    let mut told: Vec<_> = attempts.iter().map(|attempt| (attempt.name.as_str(), attempt.result.is_ok())).collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn what_an_entry_needs_comes_back_with_another_one_whatever_was_deleted_first() {
    let lab = lab().await;
    let child = lab.image_manifest(NAME, "amd64", &[b"layer"]).await;
    lab.put(NAME, digest_of(&child).as_str(), &child).await.unwrap();
    let named = described(media_type::OCI_IMAGE, child.to_string().as_bytes());
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [named]});
    let digest = lab.put(NAME, "multi", &index).await.unwrap().digest;
    // The index needs the child, which was deleted before it, and the tag needs the index, which was deleted after it.
    for reference in [digest_of(&child).as_str(), "multi", digest.as_str()] {
        lab.delete(NAME, reference).await.unwrap();
    }
    let ids = numbers(&lab).await;
    let early = lab.trash.restore(&lab.actor, ids[0]).await;
    assert!(matches!(early, Err(Error::ManifestReferenceUnknown { .. })), "{early:?}");
    let early = lab.trash.restore(&lab.actor, ids[1]).await;
    assert!(matches!(early, Err(Error::ManifestNotFound { .. })), "{early:?}");
    let attempts = lab.trash.restore_each(&lab.actor, Some(&team()), &ids).await.unwrap();
    assert!(attempts.len() == 3 && attempts.iter().all(|attempt| attempt.result.is_ok()), "{attempts:?}");
    assert_eq!(lab.head(NAME, "multi").await.unwrap(), digest);
    assert_eq!(numbers(&lab).await, [] as [i64; 0]);
    lab.is_exact().await;
}

#[tokio::test]
async fn one_that_cannot_come_back_keeps_no_other_one_from_it() {
    let lab = lab().await;
    let [first, second] = two(&lab).await;
    lab.blobs.delete(&lab.actor, &repo(NAME), &Digest::sha256(b"two")).await.unwrap();
    let attempts = lab.trash.restore_each(&lab.actor, Some(&team()), &[second, first, 999_999, first]).await.unwrap();
    assert_eq!(told(&attempts), [("999999", false), ("team/app: v1", true), ("team/app: v2", false)]);
    for attempt in &attempts {
        match (attempt.name.as_str(), &attempt.result) {
            ("999999", Err(Error::TrashEntryNotFound { id: 999_999 }))
            | ("team/app: v1", Ok(_))
            | ("team/app: v2", Err(Error::ManifestReferenceUnknown { .. })) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(lab.head(NAME, "v1").await.is_ok());
    assert_eq!(numbers(&lab).await, [second]);
}

#[tokio::test]
async fn what_may_not_end_yet_keeps_no_other_one_from_its_end() {
    let lab = lab().await;
    let [first, second] = two(&lab).await;
    protection::rules(&lab).create(&lab.actor, &team(), &protection::scope("**", "v2"), true).await.unwrap();
    let attempts = lab.trash.delete_each(&lab.actor, Some(&team()), &[first, second]).await.unwrap();
    assert_eq!(told(&attempts), [("team/app: v1", true), ("team/app: v2", false)]);
    assert_eq!(numbers(&lab).await, [second]);
}

#[tokio::test]
async fn no_more_are_taken_than_a_page_has() {
    let lab = lab().await;
    let ids: Vec<i64> = (0..201).collect();
    for refused in [
        lab.trash.restore_each(&lab.actor, Some(&team()), &ids).await.map(drop),
        lab.trash.delete_each(&lab.actor, Some(&team()), &ids).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Invalid { field: "ids", .. })), "{refused:?}");
    }
}
