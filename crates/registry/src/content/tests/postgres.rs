//! What a client does through several processes with one PostgreSQL, one request after the other: each sees what the one
//! before it has acknowledged.

use crate::{
    Actor, Error, Result,
    access::{Word, may},
    content::{NewManifest, StoredManifest},
    db::{self, sql},
    testing::Lab,
};
use api_types::{Lifetime, NewProject, NewRobot, RobotAccess, Role};
use blobstore::Location;
use bytes::Bytes;
use futures::{StreamExt as _, future::try_join_all, stream};
use oci::{Digest, ProjectName, Reference, RepositoryName, Tag};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

const NAME: &str = "team/app";

fn repo() -> RepositoryName {
    NAME.parse().unwrap()
}

fn project() -> ProjectName {
    "team".parse().unwrap()
}

async fn two() -> (Lab, Lab) {
    let lab = Lab::new().await;
    lab.project("team", false).await;
    let other = lab.replica().await;
    (lab, other)
}

/// Pushes an image with a layer of these bytes; its digest.
async fn push(lab: &Lab, tag: &str, layer: &[u8]) -> Result<Digest> {
    let mut described = Vec::new();
    for bytes in [b"{}", layer] {
        let body = stream::iter([Ok(Bytes::copy_from_slice(bytes))]).boxed();
        let digest = Digest::sha256(bytes);
        lab.uploads.put(&Actor::system(), &repo(), &digest, None, body).await?;
        described.push(json!({ "mediaType": "text/plain", "digest": digest, "size": bytes.len() }));
    }
    let manifest = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described[0], "layers": [described[1]] });
    let bytes = Bytes::from(manifest.to_string());
    let manifest =
        NewManifest { reference: tag.parse().unwrap(), tags: Vec::new(), content_type: None, bytes: bytes.clone() };
    lab.manifests.put(&Actor::system(), &repo(), manifest).await.map(|receipt| receipt.digest)
}

async fn pull(lab: &Lab, reference: &str) -> Result<StoredManifest> {
    let reference: Reference = reference.parse().unwrap();
    lab.manifests.get(&Actor::system(), &repo(), &reference, false).await
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_one_has_acknowledged_the_next_one_serves() {
    let (one, other) = two().await;
    assert!(pull(&other, "v1").await.is_err());
    let first = push(&one, "v1", b"first").await.unwrap();
    assert_eq!(pull(&other, "v1").await.unwrap().digest, first);
    let moved = push(&one, "v1", b"second").await.unwrap();
    assert_eq!(pull(&other, "v1").await.unwrap().digest, moved);
    assert!(pull(&other, first.as_str()).await.is_ok());
    assert_eq!(other.tags.names(&Actor::system(), &repo(), 10, None).await.unwrap().names, ["v1"]);
    push(&one, "v2", b"second").await.unwrap();
    assert_eq!(other.tags.names(&Actor::system(), &repo(), 10, None).await.unwrap().names, ["v1", "v2"]);
    let layer = Digest::sha256(b"second");
    assert_eq!(other.blobs.stat(&Actor::system(), &repo(), &layer).await.unwrap().size, 6);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_one_has_deleted_the_next_one_does_not_have() {
    let (one, other) = two().await;
    let digest = push(&one, "v1", b"first").await.unwrap();
    assert!(pull(&other, "v1").await.is_ok() && pull(&other, digest.as_str()).await.is_ok());
    one.manifests.delete(&Actor::system(), &repo(), &digest.clone().into()).await.unwrap();
    for reference in ["v1", digest.as_str()] {
        assert!(matches!(pull(&other, reference).await, Err(Error::ManifestNotFound { .. })), "{reference}");
    }
    let layer = Digest::sha256(b"first");
    assert!(other.blobs.stat(&Actor::system(), &repo(), &layer).await.is_ok());
    one.blobs.delete(&Actor::system(), &repo(), &layer).await.unwrap();
    let gone = other.blobs.stat(&Actor::system(), &repo(), &layer).await;
    assert!(matches!(gone, Err(Error::BlobNotFound { .. })));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_name_that_was_given_anew_stands_for_the_new_one_everywhere() {
    let (one, other) = two().await;
    push(&one, "v1", b"old").await.unwrap();
    pull(&other, "v1").await.unwrap();
    one.repositories.delete(&Actor::system(), &repo()).await.unwrap();
    assert!(matches!(pull(&other, "v1").await, Err(Error::RepositoryNotFound { .. })));
    let digest = push(&one, "v1", b"new repository").await.unwrap();
    assert_eq!(pull(&other, "v1").await.unwrap().digest, digest);

    one.projects.delete(&Actor::system(), &project()).await.unwrap();
    assert!(matches!(pull(&other, "v1").await, Err(Error::ProjectNotFound { .. })));
    let anew = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    one.projects.create(&Actor::system(), &anew).await.unwrap();
    let digest = push(&other, "v1", b"new project").await.unwrap();
    for lab in [&one, &other] {
        assert_eq!(pull(lab, "v1").await.unwrap().digest, digest);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn nobody_is_turned_away_because_they_were_nobody_a_moment_ago() {
    let (one, other) = two().await;
    let ada = one.person("ada").await;
    assert!(matches!(other.access.repository(&ada, &repo(), may::Pull).await, Err(Error::ProjectNotFound { .. })));
    let team = one.access.project(&Actor::system(), &project(), may::Pull).await.unwrap().id();
    one.member(team, &ada, Role::Developer).await;
    assert!(other.access.repository(&ada, &repo(), may::Push).await.is_ok());
    let late: RepositoryName = "late/app".parse().unwrap();
    assert!(other.access.repository(&Actor::system(), &late, may::Push).await.is_err());
    one.project("late", false).await;
    assert!(other.access.repository(&Actor::system(), &late, may::Push).await.is_ok());
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn rights_that_one_takes_away_end_on_all_within_a_second() {
    let (one, other) = two().await;
    let ada = one.person("ada").await;
    let team = one.access.project(&Actor::system(), &project(), may::Pull).await.unwrap().id();
    one.member(team, &ada, Role::Developer).await;
    let robot = NewRobot {
        name: "ci".to_owned(),
        description: String::new(),
        access: vec![RobotAccess::new(None, vec![Word::RepositoryPull])],
        lifetime: Lifetime::Never,
    };
    let created = one.robots.create(&Actor::system(), Some(&project()), &robot).await.unwrap();
    let client =
        crate::people::ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None };
    let robot = other.sign_in.with_credentials(&created.name, &created.secret, client.clone()).await.unwrap();
    for (actor, lab) in [(&ada, &one), (&ada, &other), (&robot, &other)] {
        assert!(lab.access.repository(actor, &repo(), may::Pull).await.is_ok());
    }
    one.sql("DELETE FROM members").await;
    one.sql("UPDATE robots SET disabled_at = 1").await;
    one.pass(Duration::from_secs(1));
    for (actor, lab) in [(&ada, &one), (&ada, &other), (&robot, &other)] {
        assert!(lab.access.repository(actor, &repo(), may::Pull).await.is_err(), "{}", actor.name());
    }
    assert!(other.sign_in.with_credentials(&created.name, &created.secret, client.clone()).await.is_err());
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn many_who_push_one_tag_and_one_digest_through_all_leave_sums_that_are_true() {
    let (one, other) = two().await;
    let pushes = (0..12_u8).map(|at| {
        let (lab, layer) = (if at % 2 == 0 { &one } else { &other }, [at / 3]);
        async move { push(lab, "v1", &layer).await }
    });
    let digests = try_join_all(pushes).await.unwrap();
    let found = pull(&one, "v1").await.unwrap().digest;
    assert!(digests.contains(&found));
    let sums = "SELECT tag_count * 1000000 + manifest_count * 1000 + storage_used FROM repositories";
    assert_eq!(one.number(sums).await, 1_004_006, "one tag, four manifests, {{}} and four layers of one byte");
    assert_eq!(one.number("SELECT storage_used FROM projects WHERE name = 'team'").await, 6);
    assert_eq!(one.number("SELECT COUNT(*) FROM blobs WHERE state = 'live' AND link_count = 1").await, 5);
    let tagged = "SELECT COUNT(*) FROM repositories r JOIN tags t ON t.repository_id = r.id \
         JOIN manifests m ON m.id = t.manifest_id WHERE r.tagged_size = m.size";
    assert_eq!(one.number(tagged).await, 1);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn pushes_and_deletions_of_one_repository_through_all_never_leave_half_an_image() {
    let (one, other) = two().await;
    let names: Vec<Tag> = (0..4).map(|at| format!("v{at}").parse().unwrap()).collect();
    let pushing = async {
        for at in 0..24_u8 {
            match push(&one, names[usize::from(at % 4)].as_str(), &[at % 5]).await {
                // What a deletion took from under it, the client pushes again.
                Ok(_) | Err(Error::ManifestReferenceUnknown { .. }) => {}
                Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string)),
            }
        }
    };
    let deleting = async {
        for at in 0..24_usize {
            match other.tags.delete(&Actor::system(), &repo(), std::slice::from_ref(&names[at % 4])).await {
                Ok(()) | Err(Error::TagNotFound { .. } | Error::RepositoryNotFound { .. }) => {}
                Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string)),
            }
            let layer = Digest::sha256(&[u8::try_from(at % 5).unwrap()]);
            match other.blobs.delete(&Actor::system(), &repo(), &layer).await {
                Ok(())
                | Err(Error::BlobInUse { .. } | Error::BlobNotFound { .. } | Error::RepositoryNotFound { .. }) => {}
                Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string)),
            }
        }
    };
    tokio::join!(pushing, deleting);
    let broken = "SELECT COUNT(*) FROM manifest_references WHERE blob_id IS NULL";
    assert_eq!(one.number(broken).await, 0);
    let counted = "SELECT COUNT(*) FROM repositories r WHERE tag_count = (SELECT COUNT(*) FROM tags) \
         AND manifest_count = (SELECT COUNT(*) FROM manifests) AND storage_used = (SELECT CAST(SUM(b.size) AS BIGINT) \
         FROM repository_blobs l JOIN blobs b ON b.id = l.blob_id) AND tagged_size = (SELECT \
         CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM tags t JOIN manifests m ON m.id = t.manifest_id)";
    assert_eq!(one.number(counted).await, 1);
    assert_eq!(one.number("SELECT COUNT(*) FROM blobs WHERE link_count NOT IN (0, 1)").await, 0);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_place_is_closed_once_all_that_was_begun_elsewhere_is_recorded() {
    let (one, other) = two().await;
    let begun = Arc::new(Notify::new());
    let recorded = one.db.write(Arc::clone(&begun), |txn, begun| {
        Box::pin(async move {
            let (digest, location) = (Digest::sha256(b"slow"), "slow".parse::<Location>().unwrap());
            db::blobs::ensure(txn, &digest, 4, &location, "before", 0).await?;
            begun.notify_one();
            sql::one(txn, "SELECT 1 FROM pg_sleep(1)", []).await?;
            Ok(())
        })
    });
    let closed = async {
        tokio::time::timeout(Duration::from_secs(60), begun.notified()).await.expect("it begins");
        let close = other.db.write((), |txn, ()| Box::pin(async move { db::home::close(txn, "after", 0).await }));
        close.await.unwrap();
        let settle = other.db.write((), |txn, ()| Box::pin(async move { db::home::settled(txn).await }));
        settle.await.unwrap();
        other.number("SELECT COUNT(*) FROM blobs").await
    };
    let (recorded, seen) = tokio::join!(recorded, closed);
    recorded.unwrap();
    assert_eq!(seen, 1);
    for (place, taken) in [("before", false), ("after", true)] {
        let recorded = one.db.write(place, |txn, place| {
            Box::pin(async move {
                let (digest, location) = (Digest::sha256(b"late"), "late".parse::<Location>().unwrap());
                db::blobs::ensure(txn, &digest, 4, &location, place, 0).await
            })
        });
        assert_eq!(recorded.await.is_ok(), taken, "{place}");
    }
}
