//! Nobody reads or takes a blob through a repository that is not theirs.

use super::{Lab, body, noise, nothing, repo};
use crate::{
    Actor, Error, Subject,
    access::{Actions, Grant, ProjectId, UserId},
};
use oci::Digest;

/// Ada pushes to `team`, sees nothing of `other`, and passes by `open` like everybody.
async fn ada(lab: &Lab) -> Actor {
    lab.sql("INSERT INTO users (id, username, created_at) VALUES (7, 'ada', 0)").await.unwrap();
    lab.sql("INSERT INTO members (project_id, user_id, role, created_at) SELECT id, 7, 2, 0 FROM projects WHERE name = 'team'")
        .await
        .unwrap();
    lab.content.access.forget();
    Actor::new(Subject::User(UserId(7)), "ada")
}

#[tokio::test]
async fn a_mounted_blob_needs_pull_on_its_source() {
    let lab = Lab::new().await;
    let ada = ada(&lab).await;
    let (secret, public) = (noise(1, 100), noise(2, 100));
    let secret_digest = lab.push("other/hidden", &secret).await.digest;
    let public_digest = lab.push("open/shown", &public).await.digest;
    let (target, hidden, shown) = (repo("team/app"), repo("other/hidden"), repo("open/shown"));
    for from in [Some(&hidden), None, Some(&shown)] {
        assert_eq!(lab.blobs.mount(&ada, &target, &secret_digest, from).await.unwrap(), None, "{from:?}");
    }
    let stat = lab.blobs.stat(&ada, &target, &secret_digest).await;
    assert!(matches!(stat, Err(Error::RepositoryNotFound { .. })), "{stat:?}");
    for (target, from) in [("team/app", Some(&shown)), ("team/second", None)] {
        let mounted = lab.blobs.mount(&ada, &repo(target), &public_digest, from).await.unwrap().unwrap();
        assert_eq!((&mounted.digest, mounted.size), (&public_digest, 100));
        assert_eq!(lab.read(target, &public_digest).await.unwrap(), public);
    }
    assert_eq!(lab.objects().await, 2);
}

#[tokio::test]
async fn a_token_mounts_from_what_it_was_made_for() {
    let lab = Lab::new().await;
    let ada = ada(&lab).await;
    let digest = lab.push("team/source", &noise(1, 100)).await.digest;
    let project = ProjectId(lab.number("SELECT id FROM projects WHERE name = 'team'").await);
    let grant = |name: &str, push| Grant {
        project: Some(project),
        repository: repo(name),
        actions: Actions { pull: true, push, delete: false },
    };
    let narrow = ada.clone().narrowed([grant("team/app", true)]);
    assert_eq!(lab.blobs.mount(&narrow, &repo("team/app"), &digest, Some(&repo("team/source"))).await.unwrap(), None);
    assert_eq!(lab.blobs.mount(&narrow, &repo("team/app"), &digest, None).await.unwrap(), None);
    assert_eq!(lab.blobs.find_source(&ada, &digest, None).await.unwrap(), Some(repo("team/source")));
    let wide = ada.narrowed([grant("team/app", true), grant("team/source", false)]);
    assert!(lab.blobs.mount(&wide, &repo("team/app"), &digest, None).await.unwrap().is_some());
}

#[tokio::test]
async fn what_may_be_mounted_from_elsewhere_is_told_to_those_who_see_it() {
    let lab = Lab::new().await;
    let ada = ada(&lab).await;
    let hidden = lab.push("other/hidden", &noise(1, 100)).await.digest;
    assert_eq!(lab.blobs.find_source(&ada, &hidden, None).await.unwrap(), None);
    let unknown = Digest::sha256(b"hello world");
    assert_eq!(lab.blobs.find_source(&ada, &unknown, None).await.unwrap(), None);
}

#[tokio::test]
async fn an_upload_belongs_to_one_repository() {
    let lab = Lab::new().await;
    let (actor, mine, other) = (&lab.actor, repo("team/app"), repo("team/second"));
    lab.push("team/second", b"there").await;
    let id = lab.uploads.begin(actor, &mine, None).await.unwrap().id;
    let bytes = b"bytes";
    let digest = Digest::sha256(bytes);
    assert!(matches!(lab.uploads.status(actor, &other, &id).await, Err(Error::UploadNotFound)));
    assert!(matches!(lab.uploads.cancel(actor, &other, &id).await, Err(Error::UploadNotFound)));
    let append = lab.uploads.append(actor, &other, &id, None, None, body(bytes)).await;
    assert!(matches!(append, Err(Error::UploadNotFound)));
    let commit = lab.uploads.commit(actor, &other, &id, &digest, None, None, body(bytes)).await;
    assert!(matches!(commit, Err(Error::UploadNotFound)));
    lab.uploads.commit(actor, &mine, &id, &digest, None, None, body(bytes)).await.unwrap();
    lab.uploads.begin(actor, &mine, None).await.unwrap();
    let ended = lab.uploads.commit(actor, &mine, &id, &digest, None, None, nothing()).await;
    assert!(matches!(ended, Err(Error::UploadNotFound)));
}

#[tokio::test]
async fn a_blob_is_read_through_a_repository_that_links_it() {
    let lab = Lab::new().await;
    let digest = lab.push("other/hidden", b"secret").await.digest;
    lab.push("team/app", b"mine").await;
    let read = lab.read("team/app", &digest).await;
    assert!(matches!(read, Err(Error::BlobNotFound { .. })), "{read:?}");
    let ada = ada(&lab).await;
    let missing = lab.blobs.read(&ada, &repo("other/hidden"), &digest).await.unwrap_err();
    let nowhere = lab.blobs.read(&ada, &repo("nowhere/hidden"), &digest).await.unwrap_err();
    assert_eq!(missing.to_string().replace("other", "x"), nowhere.to_string().replace("nowhere", "x"));
}

#[tokio::test]
async fn somebody_who_may_only_pull_renews_no_lease() {
    let lab = Lab::new().await;
    let digest = lab.push("open/shown", b"public").await.digest;
    let lease = "SELECT leased_at FROM repository_blobs";
    let first = lab.number(lease).await;
    lab.pass(3600);
    lab.blobs.stat(&Actor::anonymous(), &repo("open/shown"), &digest).await.unwrap();
    assert_eq!(lab.number(lease).await, first);
    lab.blobs.stat(&lab.actor, &repo("open/shown"), &digest).await.unwrap();
    assert_eq!(lab.number(lease).await, first + 3_600_000_000);
    lab.pass(1);
    lab.blobs.stat(&lab.actor, &repo("open/shown"), &digest).await.unwrap();
    assert_eq!(lab.number(lease).await, first + 3_600_000_000, "a hot HEAD writes nothing");
}

#[tokio::test]
async fn a_digest_that_is_being_deleted_is_absent() {
    let lab = Lab::new().await;
    let bytes = noise(1, 50);
    let digest = lab.push("team/app", &bytes).await.digest;
    lab.sql("DELETE FROM repository_blobs").await.unwrap();
    lab.sql("DELETE FROM project_blobs").await.unwrap();
    lab.sql("UPDATE blobs SET state = 'deleting', link_count = 0").await.unwrap();
    assert!(matches!(lab.read("team/app", &digest).await, Err(Error::BlobNotFound { .. })));
    assert_eq!(lab.blobs.mount(&lab.actor, &repo("team/second"), &digest, None).await.unwrap(), None);
    lab.push("team/app", &bytes).await;
    assert_eq!(lab.number("SELECT COUNT(*) FROM blobs").await, 2);
    assert_eq!(lab.objects().await, 2);
    assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);
}
