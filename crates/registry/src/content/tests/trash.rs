//! What is deleted is gone for clients, and comes back as it was until its time is over.

use super::{Lab, collection::LEFT, described, digest_of, noise, repo, tag};
use crate::{Actor, Clock, Error, Subject, SystemClock, access::UserId, labels::Labels};
use api_types::{ListQuery, NewLabel, TrashEntry, TrashKind};
use blobstore::MemoryStore;
use oci::{Digest, ProjectName, media_type};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;

const NAME: &str = "team/app";
const WEEK: i64 = 7 * 24 * 3600;

async fn lab() -> Lab {
    Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(7 * 24)).await
}

fn team() -> ProjectName {
    "team".parse().unwrap()
}

async fn trash(lab: &Lab) -> Vec<TrashEntry> {
    lab.trash.list(&lab.actor, &team(), None).await.unwrap()
}

#[tokio::test]
async fn a_long_trash_is_read_page_by_page() {
    let lab = lab().await;
    let layer = noise(1, 100);
    for number in 0..202 {
        let name = format!("v{number}");
        lab.image(NAME, &name, "amd64", &[&layer]).await;
        lab.tags.delete(&lab.actor, &repo(NAME), &[tag(&name)]).await.unwrap();
    }
    let first = trash(&lab).await;
    assert_eq!((first.len(), first[0].name.as_str()), (200, "v201"));
    for rest in [
        lab.trash.list(&lab.actor, &team(), Some(first[199].id)).await.unwrap(),
        lab.trash.list_all(&lab.actor, Some(first[199].id)).await.unwrap(),
    ] {
        assert_eq!(rest.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["v1", "v0"]);
    }
}

#[tokio::test]
async fn deleted_tags_take_their_image_along_and_bring_it_back() {
    let lab = lab().await;
    let layer = noise(1, 5_000);
    let digest = lab.image(NAME, "v1", "amd64", &[&layer]).await;
    lab.image(NAME, "v2", "arm64", &[&layer, b"own"]).await;
    let before = lab.tags.list(&lab.actor, &repo(NAME), &ListQuery::default(), None).await.unwrap();
    lab.pass(60);
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1"), tag("v2")]).await.unwrap();
    for reference in ["v1", "v2", digest.as_str()] {
        assert!(matches!(lab.head(NAME, reference).await, Err(Error::ManifestNotFound { .. })), "{reference}");
    }
    let entries = trash(&lab).await;
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].kind, entries[0].tags, entries[0].artifacts), (TrashKind::Artifacts, 2, 2));
    assert_eq!((entries[0].repository.as_str(), entries[0].name.as_str()), (NAME, "v1, v2"));
    // Not even a collection without grace takes what is in the trash.
    lab.collect(false, Duration::ZERO).await;
    lab.is_exact().await;

    let restored = lab.trash.restore(&lab.actor, entries[0].id).await.unwrap();
    assert_eq!((restored.tags, restored.artifacts), (vec!["v1".to_owned(), "v2".to_owned()], 2));
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
    assert_eq!(lab.read(NAME, &Digest::sha256(&layer)).await.unwrap(), layer);
    let after = lab.tags.list(&lab.actor, &repo(NAME), &ListQuery::default(), None).await.unwrap();
    let shown = |page: &api_types::Page<api_types::TagSummary>| {
        page.items
            .iter()
            .map(|tag| (tag.name.clone(), tag.digest.clone(), tag.size, tag.platforms.clone()))
            .collect::<Vec<_>>()
    };
    let (mut one, mut other) = (shown(&before), shown(&after));
    one.sort_by(|a, b| a.0.cmp(&b.0));
    other.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(one, other);
    assert!(trash(&lab).await.is_empty());
    let again = lab.trash.restore(&lab.actor, entries[0].id).await;
    assert!(matches!(again, Err(Error::TrashEntryNotFound { .. })), "{again:?}");
    lab.is_exact().await;
}

#[tokio::test]
async fn an_index_comes_back_with_its_children_and_referrers() {
    let lab = lab().await;
    lab.push(NAME, b"{}").await;
    let mut named = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let manifest = lab.image_manifest(NAME, architecture, &[architecture.as_bytes()]).await;
        lab.put(NAME, digest_of(&manifest).as_str(), &manifest).await.unwrap();
        named.push(described(media_type::OCI_IMAGE, manifest.to_string().as_bytes()));
    }
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named});
    lab.put(NAME, "multi", &index).await.unwrap();
    let sbom = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": "application/spdx+json",
        "config": described(media_type::OCI_EMPTY, b"{}"), "layers": [],
        "subject": described(media_type::OCI_INDEX, index.to_string().as_bytes()),
    });
    lab.put(NAME, digest_of(&sbom).as_str(), &sbom).await.unwrap();
    let marks = "SELECT CAST(SUM(CASE WHEN is_child THEN 10 ELSE 0 END + CASE WHEN has_sbom THEN 1 ELSE 0 END) AS BIGINT) FROM manifests";
    let before = lab.number(marks).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("multi")]).await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM manifests").await, 0);
    lab.collect(false, Duration::ZERO).await;
    let entry = trash(&lab).await[0].id;
    assert_eq!(lab.trash.restore(&lab.actor, entry).await.unwrap().artifacts, 4);
    assert_eq!(lab.number(marks).await, before);
    assert_eq!(
        lab.number("SELECT COUNT(*) FROM manifest_references WHERE kind = 'child' AND child_id IS NULL").await,
        0
    );
    let artifacts = lab.artifacts.get(&lab.actor, &repo(NAME), &"multi".parse().unwrap(), None, "").await.unwrap();
    assert_eq!((artifacts.platforms.len(), artifacts.referrers.total), (2, 1));
    lab.is_exact().await;
}

#[tokio::test]
async fn what_comes_back_has_the_labels_that_are_still_there() {
    let lab = lab().await;
    let content = &lab.content;
    let labels = Labels::new((content.db.clone(), content.access.clone(), Arc::clone(&content.clock)));
    lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    let mut ids = Vec::new();
    for name in ["stays", "goes"] {
        let label = NewLabel { name: name.to_owned(), ..NewLabel::default() };
        ids.push(labels.create(&lab.actor, Some(&team()), &label).await.unwrap());
    }
    let reference = "v1".parse().unwrap();
    labels.change(&lab.actor, &repo(NAME), &reference, ids.clone(), Vec::new()).await.unwrap();
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    assert_eq!(labels.list(&lab.actor, Some(&team())).await.unwrap()[1].artifacts, 0);
    labels.delete(&lab.actor, ids[1]).await.unwrap();
    lab.trash.restore(&lab.actor, trash(&lab).await[0].id).await.unwrap();
    let shown = lab.artifacts.get(&lab.actor, &repo(NAME), &reference, None, "").await.unwrap().summary.labels;
    assert_eq!(shown.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(), ["stays"]);
    // A repository that is in the trash keeps its own.
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    assert_eq!(labels.list(&lab.actor, Some(&team())).await.unwrap()[0].artifacts, 0, "it is not seen");
    lab.trash.restore(&lab.actor, trash(&lab).await[0].id).await.unwrap();
    assert_eq!(labels.list(&lab.actor, Some(&team())).await.unwrap()[0].artifacts, 1);
}

#[tokio::test]
async fn a_tag_that_was_pushed_again_stays_where_it_is() {
    let lab = lab().await;
    let old = lab.image(NAME, "v1", "amd64", &[b"old"]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    let new = lab.image(NAME, "v1", "amd64", &[b"new"]).await;
    let restored = lab.trash.restore(&lab.actor, trash(&lab).await[0].id).await.unwrap();
    assert_eq!((restored.tags.len(), restored.kept), (0, vec!["v1".to_owned()]));
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), new);
    assert_eq!(lab.head(NAME, old.as_str()).await.unwrap(), old);
    lab.is_exact().await;
}

#[tokio::test]
async fn what_clients_delete_goes_to_the_trash_too() {
    let lab = lab().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    lab.delete(NAME, "v1").await.unwrap();
    lab.delete(NAME, digest.as_str()).await.unwrap();
    let entries = trash(&lab).await;
    let kinds: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.name.as_str())).collect();
    assert_eq!(kinds, [(TrashKind::Artifacts, digest.as_str()), (TrashKind::Tags, "v1")]);
    // The tag has nothing to point at until the artifact is back.
    let early = lab.trash.restore(&lab.actor, entries[1].id).await;
    assert!(matches!(early, Err(Error::ManifestNotFound { .. })), "{early:?}");
    lab.trash.restore(&lab.actor, entries[0].id).await.unwrap();
    lab.trash.restore(&lab.actor, entries[1].id).await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
    lab.is_exact().await;
}

#[tokio::test]
async fn a_blob_that_a_client_deletes_itself_is_gone_for_good() {
    let lab = lab().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    lab.delete(NAME, digest.as_str()).await.unwrap();
    let layer = Digest::sha256(b"layer");
    lab.blobs.delete(&lab.actor, &repo(NAME), &layer).await.unwrap();
    assert!(matches!(lab.blobs.stat(&lab.actor, &repo(NAME), &layer).await, Err(Error::BlobNotFound { .. })));
    let entry = trash(&lab).await[0].id;
    let incomplete = lab.trash.restore(&lab.actor, entry).await;
    assert!(matches!(incomplete, Err(Error::ManifestReferenceUnknown { .. })), "{incomplete:?}");
    assert_eq!(trash(&lab).await.len(), 1, "nothing has changed");
    lab.push(NAME, b"layer").await;
    lab.trash.restore(&lab.actor, entry).await.unwrap();
    assert_eq!(lab.read(NAME, &layer).await.unwrap(), b"layer");
    lab.is_exact().await;
}

#[tokio::test]
async fn a_repository_comes_back_whole_under_its_name() {
    let lab = lab().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    lab.repositories.describe(&lab.actor, &repo(NAME), "Serves things.").await.unwrap();
    lab.image("team/other", "v1", "amd64", &[b"other"]).await;
    let before = lab.repositories.get(&lab.actor, &repo(NAME)).await.unwrap();
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    assert!(matches!(lab.head(NAME, "v1").await, Err(Error::RepositoryNotFound { .. })));
    assert!(matches!(lab.read(NAME, &Digest::sha256(b"layer")).await, Err(Error::RepositoryNotFound { .. })));
    assert!(matches!(lab.tags.names(&lab.actor, &repo(NAME), 10, None).await, Err(Error::RepositoryNotFound { .. })));
    let listed = lab.repositories.list(&lab.actor, &team(), &ListQuery::default()).await.unwrap();
    assert_eq!(listed.items.iter().map(|repository| repository.path.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(lab.repositories.catalog(&lab.actor, 10, None).await.unwrap().names, ["team/other"]);
    assert_eq!(lab.blobs.mount(&lab.actor, &repo("team/other"), &Digest::sha256(b"layer"), None).await.unwrap(), None);
    lab.collect(false, Duration::ZERO).await;
    lab.is_exact().await;

    let entry = trash(&lab).await.remove(0);
    assert_eq!(
        (entry.kind, entry.repository.as_str(), entry.tags, entry.artifacts),
        (TrashKind::Repository, NAME, 1, 1)
    );
    lab.trash.restore(&lab.actor, entry.id).await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
    assert_eq!(lab.repositories.get(&lab.actor, &repo(NAME)).await.unwrap(), before);
    lab.is_exact().await;
}

#[tokio::test]
async fn a_name_that_was_given_anew_is_not_taken_from_the_new_one() {
    let lab = lab().await;
    lab.image(NAME, "v1", "amd64", &[b"old"]).await;
    let early = trash_of_a_tag(&lab).await;
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    let hidden = lab.trash.restore(&lab.actor, early).await;
    assert!(matches!(hidden, Err(Error::RepositoryNotFound { .. })), "{hidden:?}");
    let new = lab.image(NAME, "v1", "amd64", &[b"new"]).await;
    let entry = trash(&lab).await[0].id;
    let taken = lab.trash.restore(&lab.actor, entry).await;
    assert!(matches!(taken, Err(Error::RepositoryNameTaken { .. })), "{taken:?}");
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), new);
    // Both go, one after the other, and then both come back where there is room.
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    lab.trash.restore(&lab.actor, entry).await.unwrap();
    lab.trash.restore(&lab.actor, early).await.unwrap();
    assert_ne!(lab.head(NAME, "v1").await.unwrap(), new);
    lab.is_exact().await;
}

#[tokio::test]
async fn whoever_found_a_repository_before_it_was_deleted_changes_nothing_of_it_in_the_trash() {
    let lab = lab().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    let other = lab.beside().await;
    for way in 0..3 {
        // From here on this process knows for a moment which repository it is.
        lab.head(NAME, "v1").await.unwrap();
        other.repositories.delete(&other.actor, &repo(NAME)).await.unwrap();
        let late = match way {
            0 => lab.delete(NAME, "v1").await,
            1 => lab.delete(NAME, digest.as_str()).await,
            _ => lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await,
        };
        assert!(matches!(late, Err(Error::RepositoryNotFound { .. })), "{way}: {late:?}");
        let entries = trash(&lab).await;
        assert_eq!(entries.len(), 1, "{way}: {entries:?}");
        lab.trash.restore(&lab.actor, entries[0].id).await.unwrap();
        assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest, "{way}");
    }
    lab.is_exact().await;
}

#[tokio::test]
async fn a_repository_without_an_image_goes_at_once_and_takes_no_later_one_along() {
    let lab = lab().await;
    lab.push(NAME, b"a layer of a push that goes on").await;
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    assert!(trash(&lab).await.is_empty());
    let digest = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.pass(2 * WEEK);
    lab.maintenance.sweep().await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
    lab.is_exact().await;
}

/// Deletes a further tag of the repository; its entry.
async fn trash_of_a_tag(lab: &Lab) -> i64 {
    lab.image(NAME, "further", "arm64", &[b"further"]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("further")]).await.unwrap();
    trash(lab).await[0].id
}

#[tokio::test]
async fn what_is_past_its_time_is_gone_and_collected() {
    let lab = lab().await;
    lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.image("team/gone", "v1", "amd64", &[b"two"]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    lab.repositories.delete(&lab.actor, &repo("team/gone")).await.unwrap();
    lab.pass(WEEK - 1);
    lab.maintenance.sweep().await.unwrap();
    lab.collect(false, Duration::ZERO).await;
    assert_eq!(trash(&lab).await.len(), 2);
    let stored = lab.objects().await;
    let late = trash(&lab).await[1].id;
    lab.pass(1);
    assert!(matches!(lab.trash.restore(&lab.actor, late).await, Err(Error::TrashEntryNotFound { .. })));
    lab.maintenance.sweep().await.unwrap();
    assert!(trash(&lab).await.is_empty());
    assert_eq!(lab.objects().await, stored, "the bytes are for the collection");
    lab.collect(false, Duration::ZERO).await;
    assert_eq!(lab.objects().await, 0);
    for (what, statement) in LEFT {
        assert_eq!(lab.number(statement).await, 0, "{what}");
    }
    assert_eq!(lab.number("SELECT CAST(SUM(storage_used) AS BIGINT) FROM projects").await, 0);
    lab.is_exact().await;
}

#[tokio::test]
async fn the_trash_is_for_those_who_may_delete_and_its_end_for_administrators() {
    let lab = lab().await;
    lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    let entry = trash(&lab).await[0].id;
    lab.sql(
        "INSERT INTO users (id, username, created_at) VALUES (7, 'dev', 0), (8, 'maintainer', 0), (9, 'stranger', 0)",
    )
    .await
    .unwrap();
    lab.sql(
        "INSERT INTO members (project_id, user_id, role, created_at) SELECT id, 7, 2, 0 FROM projects WHERE name = 'team' \
         UNION ALL SELECT id, 8, 4, 0 FROM projects WHERE name = 'team'",
    )
    .await
    .unwrap();
    let person = |id, name: &str| Actor::new(Subject::User(UserId(id)), name);
    let (dev, maintainer, stranger) = (person(7, "dev"), person(8, "maintainer"), person(9, "stranger"));
    for (actor, known) in [(&dev, true), (&stranger, false), (&Actor::anonymous(), false)] {
        let list = lab.trash.list(actor, &team(), None).await;
        let restore = lab.trash.restore(actor, entry).await;
        if known {
            assert!(matches!(list, Err(Error::Forbidden { .. })), "{list:?}");
            assert!(matches!(restore, Err(Error::Forbidden { .. })), "{restore:?}");
        } else {
            assert!(matches!(list, Err(Error::ProjectNotFound { .. })), "{list:?}");
            assert!(matches!(restore, Err(Error::TrashEntryNotFound { .. })), "{restore:?}");
        }
    }
    let refused = lab.trash.delete_now(&maintainer, entry).await;
    assert!(matches!(refused, Err(Error::AdministratorsOnly)), "{refused:?}");
    assert!(matches!(lab.trash.list_all(&maintainer, None).await, Err(Error::AdministratorsOnly)));
    lab.trash.restore(&maintainer, entry).await.unwrap();
    lab.tags.delete(&maintainer, &repo(NAME), &[tag("v1")]).await.unwrap();
    let entry = lab.trash.list_all(&lab.actor, None).await.unwrap().remove(0);
    assert_eq!(entry.deleted_by.name, "maintainer");
    lab.trash.delete_now(&lab.actor, entry.id).await.unwrap();
    lab.collect(false, Duration::ZERO).await;
    assert_eq!(lab.objects().await, 0);
    lab.is_exact().await;
}

/// The clock of a machine, two weeks ahead of all others.
#[derive(Debug)]
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + time::Duration::days(14)
    }
}

#[tokio::test]
async fn a_process_whose_clock_is_ahead_takes_nothing_before_its_time() {
    let lab = lab().await.by_clock(Arc::new(SystemClock)).await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    let loose = lab.push(NAME, b"a layer of a push that goes on").await.digest;
    let ahead = lab.by_clock(Arc::new(Ahead)).await;
    ahead.maintenance.sweep().await.unwrap();
    assert_eq!(ahead.collect(false, Duration::from_hours(1)).await.links, 0, "touched within the grace");
    assert_eq!(lab.read(NAME, &loose).await.unwrap(), b"a layer of a push that goes on");
    let entry = trash(&lab).await[0].id;
    ahead.trash.restore(&ahead.actor, entry).await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
    // Nor is anything gone at once that it deletes, or that one deletes whose clock is behind.
    ahead.tags.delete(&ahead.actor, &repo(NAME), &[tag("v1")]).await.unwrap();
    let kept = lab.number("SELECT expires_at - deleted_at FROM trash").await;
    assert_eq!(kept, WEEK * 1_000_000);
    assert!(lab.number("SELECT deleted_at FROM trash").await <= lab.content.now() + 60_000_000);
    lab.sql("UPDATE trash SET expires_at = 1").await.unwrap();
    lab.maintenance.sweep().await.unwrap();
    assert!(trash(&lab).await.is_empty());
}
