//! Copies from one repository into another: whole or refused, and never more than a push may do.

use super::{Lab, described, digest_of, noise, protection, repo, tag};
use crate::{
    Actor, Error, Result, Subject,
    access::{RepositoryId, UserId},
    content::graph::{Graph, reached},
    db,
};
use oci::{Digest, Reference, media_type};
use serde_json::{Value, json};

const FROM: &str = "other/app";
const TO: &str = "team/copy";

async fn copy(lab: &Lab, reference: &str) -> Result<()> {
    lab.artifacts.copy(&lab.actor, (&repo(FROM), &reference.parse().unwrap()), &repo(TO)).await
}

fn described_manifest(manifest: &Value) -> Value {
    described(manifest["mediaType"].as_str().unwrap(), manifest.to_string().as_bytes())
}

/// An image that is attached to another manifest.
async fn attached(lab: &Lab, subject: &Value, text: &[u8]) -> Value {
    let mut manifest = lab.image_manifest(FROM, "amd64", &[text]).await;
    manifest["subject"] = described_manifest(subject);
    lab.put(FROM, digest_of(&manifest).as_str(), &manifest).await.unwrap();
    manifest
}

async fn referrers(lab: &Lab, subject: &Value) -> Vec<Digest> {
    let page = lab.manifests.referrers(&lab.actor, &repo(TO), &digest_of(subject), None, None).await.unwrap();
    page.manifests.into_iter().map(|descriptor| descriptor.digest).collect()
}

#[tokio::test]
async fn an_image_is_copied_with_all_its_tags_and_without_moving_bytes() {
    let lab = Lab::new().await;
    let layer = noise(1, 20_000);
    let digest = lab.image(FROM, "1.0", "amd64", &[&layer]).await;
    lab.tags.create(&lab.actor, &repo(FROM), &tag("latest"), &digest).await.unwrap();
    let objects = lab.objects().await;
    for reference in ["1.0", digest.as_str()] {
        copy(&lab, reference).await.unwrap();
        for name in ["1.0", "latest", digest.as_str()] {
            assert_eq!(lab.head(TO, name).await.unwrap(), digest, "{reference}: {name}");
        }
    }
    assert_eq!(lab.read(TO, &Digest::sha256(&layer)).await.unwrap(), layer);
    assert_eq!(lab.objects().await, objects);
    let platform =
        "SELECT m.platforms FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE r.path = 'copy'";
    assert!(lab.texts(platform).await[0].contains("amd64"), "it is read from the configuration, which is there before");
    let moves = "SELECT COUNT(*) FROM tag_events e JOIN repositories r ON r.id = e.repository_id WHERE r.path = 'copy'";
    assert_eq!(lab.number(moves).await, 2);
    let pushes = format!("SELECT COUNT(*) FROM audit_events WHERE action = 'manifest.push' AND resource LIKE '{TO}%'");
    assert_eq!(lab.number(&pushes).await, 2);
    // The source may go.
    lab.repositories.delete(&lab.actor, &repo(FROM)).await.unwrap();
    lab.collect(false, std::time::Duration::ZERO).await;
    assert_eq!(lab.read(TO, &Digest::sha256(&layer)).await.unwrap(), layer);
    lab.is_exact().await;
}

#[tokio::test]
async fn an_index_comes_with_its_children_and_with_what_is_attached_to_any_of_them() {
    let lab = Lab::new().await;
    let mut children = Vec::new();
    for (at, architecture) in ["amd64", "arm64"].into_iter().enumerate() {
        let manifest = lab.image_manifest(FROM, architecture, &[&noise(at as u64, 500)]).await;
        lab.put(FROM, digest_of(&manifest).as_str(), &manifest).await.unwrap();
        children.push(manifest);
    }
    let named: Vec<_> = children.iter().map(described_manifest).collect();
    let inner = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named});
    lab.put(FROM, digest_of(&inner).as_str(), &inner).await.unwrap();
    // The same child stands nearer to the root than the index that names it too.
    let named = [described_manifest(&children[0]), described_manifest(&inner)];
    let outer = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named});
    lab.put(FROM, "multi", &outer).await.unwrap();
    let signature = attached(&lab, &outer, b"signature").await;
    let of_child = attached(&lab, &children[1], b"of a child").await;
    let of_signature = attached(&lab, &signature, b"of the signature").await;

    copy(&lab, "multi").await.unwrap();
    assert_eq!(lab.head(TO, "multi").await.unwrap(), digest_of(&outer));
    for (subject, referrer) in [(&outer, &signature), (&children[1], &of_child), (&signature, &of_signature)] {
        assert_eq!(referrers(&lab, subject).await, [digest_of(referrer)]);
    }
    for child in &children {
        assert_eq!(lab.head(TO, digest_of(child).as_str()).await.unwrap(), digest_of(child));
    }
    lab.is_exact().await;
}

#[tokio::test]
async fn what_cosign_attached_with_a_tag_comes_along_and_replaces_nothing() {
    let lab = Lab::new().await;
    let digest = lab.image(FROM, "1.0", "amd64", &[b"image"]).await;
    let name = format!("{}.sig", digest.as_str().replace(':', "-"));
    let signature = lab.image(FROM, &name, "amd64", &[b"by them"]).await;
    copy(&lab, "1.0").await.unwrap();
    assert_eq!(lab.head(TO, &name).await.unwrap(), signature);
    let ours = lab.image(TO, &name, "amd64", &[b"by us"]).await;
    copy(&lab, "1.0").await.unwrap();
    assert_eq!(lab.head(TO, &name).await.unwrap(), ours, "who signed there has signed");
    lab.is_exact().await;
}

#[tokio::test]
async fn a_protected_tag_is_not_moved_and_then_nothing_is_copied() {
    let lab = Lab::new().await;
    let ours = lab.image(TO, "v1", "amd64", &[b"ours"]).await;
    let theirs = lab.image(FROM, "v1", "amd64", &[b"theirs"]).await;
    lab.tags.create(&lab.actor, &repo(FROM), &tag("new"), &theirs).await.unwrap();
    let team = "team".parse().unwrap();
    protection::rules(&lab).create(&lab.actor, &team, &protection::scope("**", "v*"), true).await.unwrap();
    for reference in ["new", "v1"] {
        let refused = copy(&lab, reference).await;
        assert!(matches!(&refused, Err(Error::TagProtected { tag, .. }) if tag == "v1"), "{refused:?}");
    }
    assert_eq!(lab.head(TO, "v1").await.unwrap(), ours);
    let blob = lab.blobs.stat(&lab.actor, &repo(TO), &Digest::sha256(b"theirs")).await;
    assert!(matches!(blob, Err(Error::BlobNotFound { .. })), "{blob:?}");
    for name in ["new", theirs.as_str()] {
        assert!(matches!(lab.head(TO, name).await, Err(Error::ManifestNotFound { .. })), "{name}");
    }
}

#[tokio::test]
async fn the_targets_quota_holds_for_copies() {
    let lab = Lab::new().await;
    lab.image(FROM, "1.0", "amd64", &[&noise(1, 5_000)]).await;
    lab.projects.set_quota(&lab.actor, &"team".parse().unwrap(), Some(1_000)).await.unwrap();
    let refused = copy(&lab, "1.0").await;
    assert!(matches!(&refused, Err(Error::QuotaExceeded { project, .. }) if project.as_str() == "team"), "{refused:?}");
    assert!(matches!(
        lab.head(TO, "1.0").await,
        Err(Error::ManifestNotFound { .. } | Error::RepositoryNotFound { .. })
    ));
    lab.is_exact().await;
}

#[tokio::test]
async fn it_takes_pull_on_the_source_and_push_on_the_target() {
    let lab = Lab::new().await;
    for (name, text) in [(FROM, b"hidden"), ("open/app", b"shown.")] {
        lab.image(name, "1.0", "amd64", &[text]).await;
    }
    lab.sql("INSERT INTO users (id, username, created_at) VALUES (7, 'ada', 0)").await.unwrap();
    lab.sql("INSERT INTO members (project_id, user_id, role, created_at) SELECT id, 7, 2, 0 FROM projects WHERE name = 'team'")
        .await
        .unwrap();
    lab.content.access.forget();
    let ada = Actor::new(Subject::User(UserId(7)), "ada");
    let one: Reference = "1.0".parse().unwrap();
    let copy = async |from: &str, to: &str| lab.artifacts.copy(&ada, (&repo(from), &one), &repo(to)).await;
    for from in [FROM, "missing/app"] {
        let hidden = copy(from, TO).await;
        let project = from.split('/').next().unwrap();
        assert!(matches!(&hidden, Err(Error::ProjectNotFound { name }) if name == project), "{hidden:?}");
    }
    let refused = copy("open/app", "open/copy").await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    copy("open/app", TO).await.unwrap();
    assert!(lab.head(TO, "1.0").await.is_ok());
}

#[tokio::test]
async fn what_is_not_there_or_far_too_much_is_refused() {
    let lab = Lab::new().await;
    let image = lab.image_manifest(FROM, "amd64", &[b"image"]).await;
    lab.put(FROM, "1.0", &image).await.unwrap();
    assert!(matches!(copy(&lab, "2.0").await, Err(Error::ManifestNotFound { .. })));
    attached(&lab, &image, b"attached").await;
    for at in 0..10 {
        lab.sql(&format!(
            "INSERT INTO manifests (repository_id, digest, media_type, kind, subject_digest, platforms, annotations, size, \
             content_size, content, pushed_by_kind, pushed_by_name, pushed_at) \
             SELECT repository_id, '{at}' || digest, media_type, kind, subject_digest, platforms, annotations, size, \
             content_size, content, pushed_by_kind, pushed_by_name, pushed_at FROM manifests WHERE subject_digest IS NOT NULL"
        ))
        .await
        .unwrap();
    }
    let refused = copy(&lab, "1.0").await;
    assert!(matches!(&refused, Err(Error::Invalid { code: "copy_too_large", .. })), "{refused:?}");
    assert_eq!(lab.number("SELECT COUNT(*) FROM repositories").await, 1);
}

#[tokio::test]
async fn what_is_far_too_much_is_not_read_to_its_end() {
    let lab = Lab::new().await;
    // Four things that are attached to one, an index of four, and three of which each is attached to the one before.
    let wide = lab.image_manifest(FROM, "amd64", &[b"wide"]).await;
    lab.put(FROM, digest_of(&wide).as_str(), &wide).await.unwrap();
    let mut children = Vec::new();
    for layer in [b"0", b"1", b"2", b"3"] {
        attached(&lab, &wide, layer).await;
        let child = lab.image_manifest(FROM, "arm64", &[layer]).await;
        lab.put(FROM, digest_of(&child).as_str(), &child).await.unwrap();
        children.push(described_manifest(&child));
    }
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
    lab.put(FROM, digest_of(&index).as_str(), &index).await.unwrap();
    let deep = lab.image_manifest(FROM, "amd64", &[b"deep"]).await;
    lab.put(FROM, digest_of(&deep).as_str(), &deep).await.unwrap();
    let mut last = deep.clone();
    for layer in [b"a", b"b", b"c"] {
        last = attached(&lab, &last, layer).await;
    }

    let reader = lab.content.db.reader();
    let source = RepositoryId(lab.number("SELECT id FROM repositories WHERE path = 'app'").await);
    for (what, root, all, read) in [("wide", &wide, 5, 4), ("an index", &index, 5, 4), ("deep", &deep, 4, 3)] {
        let root = db::manifests::find_id(reader, source, digest_of(root).as_str()).await.unwrap().unwrap();
        let count = async |most| reached(reader, source, vec![root], most).await.unwrap().len();
        assert_eq!((count(None).await, count(Some(all)).await), (all, all), "{what}");
        assert_eq!(count(Some(2)).await, read, "{what}");
        let fits = async |most| Graph::beneath(reader, source, &[root], most).await.unwrap().is_some();
        assert_eq!((fits(all).await, fits(all - 1).await), (true, false), "{what}");
    }
}
