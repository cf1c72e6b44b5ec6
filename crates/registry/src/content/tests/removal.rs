//! Deleting tags with what only they hold, and being told before.

use super::{Lab, described, digest_of, noise, repo, tag};
use crate::{Error, content::Parts};
use oci::{Digest, Reference, media_type};
use serde_json::{Value, json};

const NAME: &str = "team/app";

/// An index of images for two platforms that share a base layer; with an SBOM attached to the index.
struct Shelf {
    lab: Lab,
    index: Value,
    children: [Digest; 2],
    sbom: Digest,
}

const BASE: usize = 10_000;
const OWN: usize = 1_000;

async fn shelf() -> Shelf {
    let lab = Lab::new().await;
    lab.push(NAME, b"{}").await;
    let base = noise(0, BASE);
    let mut children = Vec::new();
    let mut named = Vec::new();
    for (at, architecture) in ["amd64", "arm64"].into_iter().enumerate() {
        let manifest = lab.image_manifest(NAME, architecture, &[&base, &noise(at as u64 + 1, OWN)]).await;
        children.push(lab.put(NAME, digest_of(&manifest).as_str(), &manifest).await.unwrap().digest);
        let mut child = described(media_type::OCI_IMAGE, manifest.to_string().as_bytes());
        child["platform"] = json!({"os": "linux", "architecture": architecture});
        named.push(child);
    }
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named});
    lab.put(NAME, "multi", &index).await.unwrap();
    let sbom = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": "application/spdx+json",
        "config": described(media_type::OCI_EMPTY, b"{}"), "layers": [],
        "subject": described(media_type::OCI_INDEX, index.to_string().as_bytes()),
    });
    let sbom = lab.put(NAME, digest_of(&sbom).as_str(), &sbom).await.unwrap().digest;
    Shelf { lab, index, children: children.try_into().unwrap(), sbom }
}

async fn manifests(lab: &Lab) -> i64 {
    lab.number("SELECT COUNT(*) FROM manifests").await
}

#[tokio::test]
async fn with_its_last_tag_an_index_goes_with_children_and_referrers() {
    let Shelf { lab, index, children, sbom } = shelf().await;
    let preview = lab.tags.preview_deletion(&lab.actor, &repo(NAME), &[tag("multi")]).await.unwrap();
    assert_eq!((preview.tags, preview.artifacts, preview.sharing_tags), (1, 4, 0));
    let stored = lab.number("SELECT CAST(SUM(size) AS BIGINT) FROM blobs").await as u64;
    assert_eq!(preview.frees, stored);
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("multi")]).await.unwrap();
    assert_eq!(manifests(&lab).await, 0);
    for digest in [&digest_of(&index), &children[0], &children[1], &sbom] {
        assert!(matches!(lab.head(NAME, digest.as_str()).await, Err(Error::ManifestNotFound { .. })));
    }
    assert_eq!(lab.number("SELECT tag_count + manifest_count FROM repositories").await, 0);
    assert_eq!(lab.number("SELECT COUNT(*) FROM tag_events WHERE digest IS NULL").await, 1);
}

#[tokio::test]
async fn what_something_else_holds_stays() {
    let Shelf { lab, index, children, sbom } = shelf().await;
    let multi = digest_of(&index);
    lab.tags.create(&lab.actor, &repo(NAME), &tag("latest"), &multi).await.unwrap();
    lab.tags.create(&lab.actor, &repo(NAME), &tag("amd"), &children[0]).await.unwrap();
    let preview = lab.tags.preview_deletion(&lab.actor, &repo(NAME), &[tag("multi")]).await.unwrap();
    assert_eq!((preview.tags, preview.artifacts, preview.frees), (1, 0, 0));
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("multi")]).await.unwrap();
    assert_eq!(manifests(&lab).await, 4);

    // The tagged child stays, with the layers that it holds; the base is shared with it.
    let preview = lab.tags.preview_deletion(&lab.actor, &repo(NAME), &[tag("latest")]).await.unwrap();
    assert_eq!((preview.tags, preview.artifacts, preview.sharing_tags), (1, 3, 1));
    assert!(preview.frees >= OWN as u64 && preview.frees < BASE as u64, "{}", preview.frees);
    lab.tags.delete(&lab.actor, &repo(NAME), &[tag("latest")]).await.unwrap();
    assert_eq!(lab.head(NAME, "amd").await.unwrap(), children[0]);
    assert!(matches!(lab.head(NAME, sbom.as_str()).await, Err(Error::ManifestNotFound { .. })));
    assert_eq!(manifests(&lab).await, 1);
    assert_eq!(lab.number("SELECT COUNT(*) FROM manifests WHERE is_child").await, 0);
}

#[tokio::test]
async fn a_deleted_index_takes_its_parts_along_or_leaves_them_as_is_chosen() {
    for (parts, left) in [(Parts::Go, 1), (Parts::Stay, 3)] {
        let Shelf { lab, children, sbom, .. } = shelf().await;
        // Somebody else still names this one.
        lab.tags.create(&lab.actor, &repo(NAME), &tag("amd"), &children[0]).await.unwrap();
        let reference = "multi".parse().unwrap();
        let told = lab.artifacts.get(&lab.actor, &repo(NAME), &reference, None, "").await.unwrap();
        assert_eq!((told.deletion.artifacts, told.deletion_alone.artifacts), (3, 1));
        assert!(told.deletion.frees > told.deletion_alone.frees);
        lab.manifests.delete_whole(&lab.actor, &repo(NAME), &reference, parts).await.unwrap();
        assert_eq!(manifests(&lab).await, left, "{parts:?}");
        assert_eq!(lab.head(NAME, "amd").await.unwrap(), children[0]);
        for part in [&children[1], &sbom] {
            assert_eq!(lab.head(NAME, part.as_str()).await.is_ok(), parts == Parts::Stay, "{parts:?}");
        }
        assert_eq!(lab.number("SELECT tag_count * 10 + manifest_count FROM repositories").await, 10 + left);
        assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'manifest.delete'").await, 1);
    }
}

#[tokio::test]
async fn a_deleted_subject_takes_along_what_is_attached_to_it_and_over_the_protocol_leaves_it() {
    for by_protocol in [true, false] {
        let Shelf { lab, index, children, sbom } = shelf().await;
        let multi: Reference = Reference::Digest(digest_of(&index));
        if by_protocol {
            lab.manifests.delete(&lab.actor, &repo(NAME), &multi).await.unwrap();
        } else {
            lab.manifests.delete_whole(&lab.actor, &repo(NAME), &multi, Parts::Go).await.unwrap();
        }
        for part in [&children[0], &children[1], &sbom] {
            assert_eq!(lab.head(NAME, part.as_str()).await.is_ok(), by_protocol, "{part}");
        }
    }
}

#[tokio::test]
async fn an_unknown_tag_deletes_nothing() {
    let Shelf { lab, .. } = shelf().await;
    let refused = lab.tags.delete(&lab.actor, &repo(NAME), &[tag("multi"), tag("nope")]).await;
    assert!(matches!(&refused, Err(Error::TagNotFound { tag, .. }) if tag.as_str() == "nope"), "{refused:?}");
    assert_eq!(manifests(&lab).await, 4);
}

#[tokio::test]
async fn an_artifact_shows_its_inside() {
    let Shelf { lab, index, children, sbom } = shelf().await;
    let other = lab.image(NAME, "other", "amd64", &[&noise(0, BASE)]).await;
    let get = |reference: String, platform: Option<Digest>| {
        let lab = &lab;
        async move {
            let reference = reference.parse().unwrap();
            lab.artifacts.get(&lab.actor, &repo(NAME), &reference, platform.as_ref(), "").await
        }
    };
    let detail = get("multi".into(), None).await.unwrap();
    assert_eq!(detail.summary.digest, digest_of(&index).to_string());
    assert_eq!(detail.raw_manifest, Some(index.to_string()));
    let platforms: Vec<_> = detail.platforms.iter().map(|entry| (entry.digest.as_str(), entry.selected)).collect();
    assert_eq!(platforms, [(children[0].as_str(), true), (children[1].as_str(), false)]);
    assert_eq!((detail.referrers.total, detail.referrers.items.len()), (1, 1));
    assert_eq!(detail.referrers.items[0].digest, sbom.to_string());
    let image = detail.image.unwrap();
    assert_eq!((image.layers_size, image.shared_size), ((BASE + OWN) as u64, BASE as u64));
    let steps: Vec<_> =
        image.steps.iter().map(|step| (step.instruction.as_str(), step.layer.as_ref().unwrap().shared_tags)).collect();
    assert_eq!(steps, [("RUN", 1), ("RUN", 0)]);
    // Four manifests go; the base stays for the other tag.
    assert_eq!((detail.deletion.tags, detail.deletion.artifacts, detail.deletion.sharing_tags), (1, 4, 1));

    let arm = get("multi".into(), Some(children[1].clone())).await.unwrap();
    assert_eq!(arm.image.unwrap().digest, children[1].to_string());
    let by_digest = get(other.to_string(), None).await.unwrap();
    assert_eq!((by_digest.tag, by_digest.summary.tags), (None, vec!["other".to_owned()]));
    assert!(matches!(get("nope".into(), None).await, Err(Error::ManifestNotFound { .. })));

    let all = lab.artifacts.list(&lab.actor, &repo(NAME), &api_types::ListQuery::default(), None).await.unwrap();
    assert_eq!(all.total, 5);
    let filter = api_types::ListQuery { filter: "MULT".into(), ..api_types::ListQuery::default() };
    let found = lab.artifacts.list(&lab.actor, &repo(NAME), &filter, None).await.unwrap();
    assert_eq!((found.total, &found.items[0].tags), (1, &vec!["multi".to_owned()]));
}

#[tokio::test]
async fn a_deleted_repository_leaves_nothing_but_free_blobs() {
    let Shelf { lab, .. } = shelf().await;
    lab.image("team/second", "v1", "amd64", &[&noise(0, BASE)]).await;
    lab.uploads.begin(&lab.actor, &repo(NAME), None).await.unwrap();
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    assert!(matches!(lab.head(NAME, "multi").await, Err(Error::RepositoryNotFound { .. })));
    let again = lab.repositories.delete(&lab.actor, &repo(NAME)).await;
    assert!(matches!(again, Err(Error::RepositoryNotFound { .. })), "{again:?}");
    assert_eq!(lab.number("SELECT COUNT(*) FROM repository_blobs").await, 2);
    assert_eq!(lab.number("SELECT COUNT(*) FROM blobs WHERE link_count > 0").await, 2);
    let left = lab.number("SELECT storage_used FROM repositories").await;
    assert_eq!(lab.number("SELECT storage_used FROM projects WHERE name = 'team'").await, left);
    assert!(left > BASE as i64);
    lab.head("team/second", "v1").await.unwrap();
}
