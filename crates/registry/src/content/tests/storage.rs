//! What is told of storage is what deleting frees.

use super::{Lab, described, digest_of, noise, repo, tag};
use api_types::{ListQuery, TagStorage};
use blobstore::MemoryStore;
use oci::{ProjectName, media_type};
use serde_json::json;
use std::{sync::Arc, time::Duration};

const NAME: &str = "team/app";

async fn lab() -> Lab {
    Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(7 * 24)).await
}

fn team() -> ProjectName {
    "team".parse().unwrap()
}

/// What the project holds, and how many bytes the store has.
async fn held(lab: &Lab) -> (u64, u64) {
    let used = lab.number("SELECT storage_used FROM projects WHERE name = 'team'").await;
    let stored = lab.number("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs WHERE state = 'live'").await;
    (used as u64, stored as u64)
}

/// Empties the trash of what was just deleted, and collects.
async fn let_go(lab: &Lab) {
    let newest = lab.trash.list(&lab.actor, &team(), None).await.unwrap()[0].id;
    lab.trash.delete_now(&lab.actor, newest).await.unwrap();
    lab.collect(false, Duration::ZERO).await;
}

/// Asserts that deleting these tags frees what is told before, in the project and in the store.
async fn assert_frees_what_is_told(lab: &Lab, name: &str, tags: &[&str]) -> u64 {
    lab.collect(false, Duration::ZERO).await;
    let tags: Vec<_> = tags.iter().copied().map(tag).collect();
    let told = lab.tags.preview_deletion(&lab.actor, &repo(name), &tags).await.unwrap();
    let before = held(lab).await;
    lab.tags.delete(&lab.actor, &repo(name), &tags).await.unwrap();
    lab.collect(false, Duration::ZERO).await;
    assert_eq!(held(lab).await, before, "what is in the trash is still there");
    let_go(lab).await;
    let after = held(lab).await;
    assert_eq!(before.0 - after.0, told.frees, "{tags:?}");
    assert_eq!(before.1 - after.1, told.frees - told.elsewhere, "{tags:?}");
    lab.is_exact().await;
    told.frees
}

async fn tags(lab: &Lab, name: &str, never: bool) -> Vec<TagStorage> {
    lab.storage.tags(&lab.actor, &repo(name), "", never).await.unwrap().tags
}

async fn own(lab: &Lab, name: &str, tag: &str) -> u64 {
    tags(lab, name, false).await.into_iter().find(|found| found.name == tag).unwrap().own
}

/// Two platforms that share a base, with a bill of materials, under a tag.
async fn index(lab: &Lab, name: &str, tag: &str, base: &[u8]) {
    let mut named = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let own = format!("{tag} for {architecture}");
        let manifest = lab.image_manifest(name, architecture, &[base, own.as_bytes()]).await;
        lab.put(name, digest_of(&manifest).as_str(), &manifest).await.unwrap();
        named.push(described(media_type::OCI_IMAGE, manifest.to_string().as_bytes()));
    }
    let index =
        json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named, "annotations": {"of": tag}});
    lab.put(name, tag, &index).await.unwrap();
    let bill = format!("a bill of {tag}");
    lab.push(name, bill.as_bytes()).await;
    lab.push(name, b"{}").await;
    let attached = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": "application/spdx+json",
        "config": described(media_type::OCI_EMPTY, b"{}"),
        "layers": [described("application/spdx+json", bill.as_bytes())],
        "subject": described(media_type::OCI_INDEX, index.to_string().as_bytes()),
    });
    lab.put(name, digest_of(&attached).as_str(), &attached).await.unwrap();
}

#[tokio::test]
async fn deleting_a_choice_frees_what_was_told_before() {
    let lab = lab().await;
    let (base, middle) = (noise(1, 5_000), noise(2, 3_000));
    lab.image(NAME, "v1", "amd64", &[&base, b"one"]).await;
    lab.image(NAME, "v2", "amd64", &[&base, &middle, b"two"]).await;
    lab.image(NAME, "v3", "amd64", &[&base, &middle, b"three"]).await;
    lab.image("team/beside", "v1", "amd64", &[&base]).await;
    lab.image("other/app", "v1", "amd64", &[&middle]).await;
    index(&lab, NAME, "multi", &middle).await;
    index(&lab, NAME, "more", &noise(3, 2_000)).await;
    // Alone each of them keeps the middle for the others; together with the index they do not, but another project does.
    let alone = own(&lab, NAME, "v2").await;
    assert!(alone < 3_000);
    assert_eq!(assert_frees_what_is_told(&lab, NAME, &["v2"]).await, alone);
    let together = assert_frees_what_is_told(&lab, NAME, &["v3", "multi"]).await;
    assert!((3_000..5_000).contains(&together), "{together}");
    let whole = own(&lab, NAME, "more").await;
    assert_eq!(assert_frees_what_is_told(&lab, NAME, &["more"]).await, whole);
    // The base is held beside.
    assert!(assert_frees_what_is_told(&lab, NAME, &["v1"]).await < 5_000);
    assert!(assert_frees_what_is_told(&lab, "team/beside", &["v1"]).await >= 5_000);
    assert_eq!(held(&lab).await.0, 0);
}

#[tokio::test]
async fn whatever_is_chosen_of_many_that_share_frees_what_was_told() {
    let lab = lab().await;
    let mut dice = 7_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let names = ["team/a", "team/b", "other/a"];
    for at in 0..24 {
        let layers: Vec<_> = (0..3).map(|_| roll(9)).map(|layer| noise(layer, 100 + layer as usize * 37)).collect();
        let layers: Vec<&[u8]> = layers.iter().map(Vec::as_slice).collect();
        let name = names[roll(3) as usize];
        lab.image(name, &format!("t{at}"), "amd64", &layers).await;
        if roll(3) == 0 {
            lab.image(name, &format!("u{at}"), "amd64", &layers).await;
        }
        if roll(4) == 0 {
            index(&lab, name, &format!("i{at}"), layers[0]).await;
        }
    }
    for round in 0_usize.. {
        let name = names[round % 2];
        let left = tags(&lab, name, false).await;
        for tag in &left {
            let alone = lab.tags.preview_deletion(&lab.actor, &repo(name), &[super::tag(&tag.name)]).await.unwrap();
            assert_eq!((tag.own, tag.own <= tag.held), (alone.frees, true), "{}", tag.name);
        }
        // A few of them, and some stay in the trash.
        let chosen: Vec<_> = left.iter().filter(|_| roll(2) == 0).take(4).map(|tag| tag.name.as_str()).collect();
        if left.is_empty() && tags(&lab, names[(round + 1) % 2], false).await.is_empty() {
            break;
        }
        if chosen.is_empty() {
            continue;
        }
        if roll(3) == 0 {
            let chosen: Vec<_> = chosen.into_iter().map(tag).collect();
            lab.tags.delete(&lab.actor, &repo(name), &chosen).await.unwrap();
        } else {
            assert_frees_what_is_told(&lab, name, &chosen).await;
        }
    }
}

#[tokio::test]
async fn a_project_is_told_by_repository_with_its_largest_and_those_that_nobody_pulled() {
    let lab = lab().await;
    let (base, large) = (noise(1, 5_000), noise(2, 9_000));
    lab.image("team/small", "v1", "amd64", &[&base]).await;
    lab.image("team/large", "v1", "amd64", &[&base, &large]).await;
    lab.image("team/large", "again", "amd64", &[&base, &large]).await;
    lab.image("team/gone", "v1", "amd64", &[&noise(3, 700)]).await;
    lab.repositories.delete(&lab.actor, &repo("team/gone")).await.unwrap();
    lab.manifests.get(&lab.actor, &repo("team/small"), &"v1".parse().unwrap(), false).await.unwrap();
    lab.maintenance.flush_traffic().await.unwrap();

    let told = lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap();
    assert_eq!(told.held, held(&lab).await.0 - 700, "what was deleted is linked and does not count");
    let rows: Vec<_> = told.repositories.items.iter().map(|row| (row.path.as_str(), row.held, row.own)).collect();
    assert_eq!((rows[0].0, rows[1].0, rows.len()), ("large", "small", 2));
    // They share the base; the configuration of the small one is that of the one in the trash.
    assert_eq!((rows[0].2, rows[1].2), (rows[0].1 - 5_000, 0), "{rows:?}");
    assert_eq!((told.trashed, told.held), (700, rows[0].1 + rows[1].1 - 5_000));
    assert_eq!(told.pulled, 2 * rows[0].1 + rows[1].1);
    let places = |places: &[api_types::TagPlace]| {
        places.iter().map(|place| format!("{}:{}", place.repository, place.tag)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(places(&told.largest), "team/large:again team/small:v1");
    assert_eq!(places(&told.never_pulled), "team/large:again");
    let names = |tags: Vec<TagStorage>| tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>();
    assert_eq!(names(tags(&lab, "team/large", true).await), ["again", "v1"]);
    assert!(names(tags(&lab, "team/small", true).await).is_empty());
    lab.is_exact().await;
}

#[tokio::test]
async fn what_other_projects_hold_too_is_told_until_they_let_go_of_it() {
    let lab = lab().await;
    let elsewhere = async || {
        let told = lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap().elsewhere;
        // Blob by blob, without any count that is kept.
        let counted = "WITH held AS (SELECT l.blob_id, p.name FROM repository_blobs l JOIN projects p ON p.id = l.project_id) \
                       SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs \
                       WHERE id IN (SELECT blob_id FROM held WHERE name = 'team') \
                       AND id IN (SELECT blob_id FROM held WHERE name <> 'team')";
        assert_eq!(told, Some(lab.number(counted).await as u64));
        told.unwrap()
    };
    let (base, layer) = (noise(1, 5_000), noise(2, 3_000));
    lab.image(NAME, "v1", "amd64", &[&base, &layer]).await;
    lab.image("team/beside", "v1", "amd64", &[&base]).await;
    assert_eq!(elsewhere().await, 0, "what two of its own repositories share");
    lab.push("other/app", &base).await;
    assert_eq!(elsewhere().await, 5_000);
    lab.image("open/app", "v1", "arm64", &[&base, &layer, &noise(3, 700)]).await;
    assert_eq!(elsewhere().await, 8_000, "once, whoever and how many have it");
    lab.repositories.delete(&lab.actor, &repo("open/app")).await.unwrap();
    assert_eq!(elsewhere().await, 8_000, "the trash of another holds it");
    let open: ProjectName = "open".parse().unwrap();
    let entry = lab.trash.list(&lab.actor, &open, None).await.unwrap()[0].id;
    lab.trash.delete_now(&lab.actor, entry).await.unwrap();
    lab.collect(false, Duration::ZERO).await;
    assert_eq!(elsewhere().await, 0);
    lab.push("other/app", &base).await;
    assert_eq!(elsewhere().await, 5_000);
    for name in [NAME, "team/beside"] {
        lab.repositories.delete(&lab.actor, &repo(name)).await.unwrap();
    }
    let told = lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap();
    assert_eq!((told.held, told.elsewhere), (0, Some(0)), "what its own trash holds does not count");
    lab.is_exact().await;
}

#[tokio::test]
async fn deleting_a_repository_gives_the_room_that_is_told_and_the_store_what_its_trash_has_too() {
    let lab = lab().await;
    let (base, layer) = (noise(1, 5_000), noise(2, 3_000));
    lab.image(NAME, "v1", "amd64", &[&base, &layer]).await;
    lab.image(NAME, "v2", "amd64", &[&base, &noise(3, 700)]).await;
    lab.image("team/beside", "v1", "amd64", &[&base]).await;
    lab.image("other/app", "v1", "amd64", &[&layer]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v2")]).await.unwrap();
    lab.collect(false, Duration::ZERO).await;
    let told = lab.repositories.get(&lab.actor, &repo(NAME)).await.unwrap().storage_own;
    assert!((3_000..3_700).contains(&told), "{told}");
    let (before, counted) = (held(&lab).await, lab.counted("team").await);
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    assert_eq!((counted - lab.counted("team").await, held(&lab).await), (told, before));
    let trashed = lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap().trashed;
    assert_eq!(trashed, told + 700);
    let_go(&lab).await;
    let after = held(&lab).await;
    assert_eq!((before.0 - after.0, before.1 - after.1), (trashed, trashed - 3_000));
    lab.is_exact().await;
}

#[tokio::test]
async fn what_two_deleted_repositories_hold_counts_as_theirs() {
    let lab = lab().await;
    let (both, all) = (noise(1, 5_000), noise(2, 3_000));
    lab.image("team/one", "v1", "amd64", &[&both, &all]).await;
    lab.image("team/two", "v1", "amd64", &[&both, &all]).await;
    lab.image("team/stays", "v1", "amd64", &[&all, b"and another", b"layer"]).await;
    for name in ["team/one", "team/two"] {
        lab.repositories.delete(&lab.actor, &repo(name)).await.unwrap();
    }
    let trashed = lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap().trashed;
    // With it goes their configuration, which is one.
    let config = lab.number("SELECT MIN(size) FROM blobs WHERE size > 50").await as u64;
    assert_eq!(trashed, 5_000 + config);
}

#[tokio::test]
async fn what_only_deleted_tags_hold_counts_as_in_the_trash() {
    let lab = lab().await;
    let trashed = async || lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap().trashed;
    let (base, layer) = (noise(1, 5_000), noise(2, 3_000));
    lab.image(NAME, "v1", "amd64", &[&base]).await;
    lab.image(NAME, "v2", "amd64", &[&base, &layer]).await;
    lab.push(NAME, &noise(3, 700)).await;
    assert_eq!(trashed().await, 0);
    let told = lab.tags.preview_deletion(&lab.actor, &repo(NAME), &[tag("v2")]).await.unwrap().frees;
    assert!((3_000..5_000).contains(&told), "{told}");
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v2")]).await.unwrap();
    assert_eq!(trashed().await, told, "neither what another tag holds nor what was just pushed");
    let project = lab.storage.project(&lab.actor, &team(), &ListQuery::default()).await.unwrap();
    let [repository] = project.repositories.items.as_slice() else { panic!("{project:?}") };
    assert_eq!((repository.held, repository.own), (project.held, project.held), "the same counts in both");
    lab.image("team/beside", "v1", "amd64", &[&layer]).await;
    assert_eq!(trashed().await, told - 3_000, "a layer that is used beside");
    lab.repositories.delete(&lab.actor, &repo("team/beside")).await.unwrap();
    assert_eq!(trashed().await, told, "the trash holds it twice");
    let entries = lab.trash.list(&lab.actor, &team(), None).await.unwrap();
    lab.trash.restore(&lab.actor, entries[1].id).await.unwrap();
    assert_eq!(trashed().await, 0);
}
