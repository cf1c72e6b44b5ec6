//! What entries of the trash tell of what would come back.

use super::{Lab, repo, tag};
use api_types::{TRASH_TAGS, TrashKind};
use blobstore::MemoryStore;
use std::{sync::Arc, time::Duration};

const NAME: &str = "team/app";

#[tokio::test]
async fn each_names_the_first_of_its_own_tags() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(7 * 24)).await;
    let many = lab.image(NAME, "v3", "amd64", &[b"many"]).await;
    for name in ["v10", "latest", "V1", "v1", "v2", "v30"] {
        lab.tags.create(&lab.actor, &repo(NAME), &tag(name), &many).await.unwrap();
    }
    let one = lab.image(NAME, "one", "amd64", &[b"one"]).await;
    let untagged = lab.image(NAME, "gone", "amd64", &[b"untagged"]).await;
    lab.image("team/other", "stays", "amd64", &[b"other"]).await;
    for reference in ["gone", many.as_str(), one.as_str(), untagged.as_str()] {
        lab.delete(NAME, reference).await.unwrap();
    }
    lab.repositories.delete(&lab.actor, &repo("team/other")).await.unwrap();

    let team = lab.trash.list(&lab.actor, &"team".parse().unwrap(), None).await.unwrap();
    assert_eq!(lab.trash.list_all(&lab.actor, None).await.unwrap(), team);
    let told: Vec<_> = team
        .iter()
        .map(|entry| {
            let names: Vec<&str> = entry.tag_names.iter().map(String::as_str).collect();
            (entry.kind, entry.name.as_str(), entry.tags, names)
        })
        .collect();
    assert_eq!(
        told,
        [
            (TrashKind::Repository, "", 1, vec![]),
            (TrashKind::Artifacts, untagged.as_str(), 0, vec![]),
            (TrashKind::Artifacts, one.as_str(), 1, vec!["one"]),
            (TrashKind::Artifacts, many.as_str(), 7, vec!["V1", "latest", "v1", "v10", "v2"]),
            (TrashKind::Tags, "gone", 1, vec!["gone"]),
        ]
    );
    assert_eq!(team[3].tag_names.len(), TRASH_TAGS as usize);
}
