//! Pushing, finding and deleting manifests.

use super::{Lab, described, digest_of, noise, repo, tag};
use crate::{Error, content::NewManifest};
use bytes::Bytes;
use oci::{Algorithm, Digest, Reference, media_type};
use serde_json::{Value, json};

const NAME: &str = "team/app";

/// A child of an index: its digest, its size, and its platform.
type Child<'a> = (&'a Digest, usize, Option<(&'a str, &'a str)>);

fn index(children: &[Child<'_>]) -> Value {
    let manifests: Vec<_> = children
        .iter()
        .map(|(digest, size, platform)| {
            let mut child = json!({"mediaType": media_type::OCI_IMAGE, "digest": digest, "size": size});
            if let Some((os, architecture)) = platform {
                child["platform"] = json!({"os": os, "architecture": architecture});
            }
            child
        })
        .collect();
    json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests})
}

async fn size_of(lab: &Lab, digest: &Digest) -> usize {
    lab.number(&format!("SELECT content_size FROM manifests WHERE digest = '{digest}'")).await as usize
}

fn artifact(subject: Option<&Value>, artifact_type: &str, note: &str) -> Value {
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": artifact_type,
        "config": described(media_type::OCI_EMPTY, b"{}"), "layers": [], "annotations": {"note": note},
    });
    if let Some(subject) = subject {
        let bytes = subject.to_string();
        manifest["subject"] = described(media_type::OCI_IMAGE, bytes.as_bytes());
    }
    manifest
}

#[tokio::test]
async fn a_manifest_that_names_what_is_missing_is_refused() {
    let lab = Lab::new().await;
    let manifest = lab.image_manifest(NAME, "amd64", &[b"one", b"two"]).await;
    lab.sql(&format!(
        "DELETE FROM repository_blobs WHERE blob_id = (SELECT id FROM blobs WHERE digest = '{}')",
        Digest::sha256(b"two")
    ))
    .await
    .unwrap();
    match lab.put(NAME, "v1", &manifest).await {
        Err(Error::ManifestReferenceUnknown { missing, .. }) => assert_eq!(missing, [Digest::sha256(b"two")]),
        other => panic!("{other:?}"),
    }
    // What another repository has does not count.
    assert!(matches!(lab.put("other/app", "v1", &manifest).await, Err(Error::ManifestReferenceUnknown { .. })));
    assert_eq!(lab.number("SELECT COUNT(*) FROM manifests").await, 0);
    assert_eq!(lab.number("SELECT COUNT(*) FROM tags").await, 0);
    let child = Digest::sha256(b"no such child");
    let sparse = lab.put(NAME, "multi", &index(&[(&child, 10, None)])).await;
    assert!(matches!(sparse, Err(Error::ManifestReferenceUnknown { .. })), "{sparse:?}");
}

#[tokio::test]
async fn a_manifest_that_states_a_wrong_size_is_refused() {
    let lab = Lab::new().await;
    let mut manifest = lab.image_manifest(NAME, "amd64", &[b"one"]).await;
    manifest["layers"][0]["size"] = 4.into();
    let refused = lab.put(NAME, "v1", &manifest).await;
    assert!(matches!(refused, Err(Error::SizeMismatch { stated: 4, actual: 3, .. })), "{refused:?}");
}

#[tokio::test]
async fn foreign_layers_need_not_be_there() {
    let lab = Lab::new().await;
    let mut manifest = lab.image_manifest(NAME, "amd64", &[]).await;
    manifest["layers"] = json!([described(media_type::DOCKER_FOREIGN_LAYER_GZIP, b"elsewhere")]);
    lab.put(NAME, "windows", &manifest).await.unwrap();
    assert_eq!(lab.head(NAME, "windows").await.unwrap(), digest_of(&manifest));
}

#[tokio::test]
async fn a_reference_must_be_the_digest_of_the_bytes() {
    let lab = Lab::new().await;
    let manifest = lab.image_manifest(NAME, "amd64", &[b"one"]).await;
    let bytes = manifest.to_string().into_bytes();
    let sha512 = Digest::of(Algorithm::Sha512, &bytes);
    let receipt = lab.put(NAME, sha512.as_str(), &manifest).await.unwrap();
    assert_eq!(receipt.digest, sha512);
    lab.tags.create(&lab.actor, &repo(NAME), &tag("strong"), &sha512).await.unwrap();
    assert_eq!(lab.head(NAME, "strong").await.unwrap(), sha512);
    let found = lab.manifests.get(&lab.actor, &repo(NAME), &Reference::Tag(tag("strong")), false).await.unwrap();
    assert_eq!((&found.bytes[..], &*found.media_type), (&bytes[..], media_type::OCI_IMAGE));
    let wrong = Digest::sha256(b"other");
    let refused = lab.put(NAME, wrong.as_str(), &manifest).await;
    assert!(matches!(refused, Err(Error::DigestMismatch { .. })), "{refused:?}");
}

#[tokio::test]
async fn several_tags_come_with_one_push() {
    let lab = Lab::new().await;
    let manifest = lab.image_manifest(NAME, "amd64", &[b"one"]).await;
    let tags: Vec<_> = ["v1", "v1.2", "latest"].map(tag).to_vec();
    let new = NewManifest {
        reference: Reference::Digest(digest_of(&manifest)),
        tags: tags.clone(),
        content_type: Some(format!("{}; charset=utf-8", media_type::OCI_IMAGE)),
        bytes: Bytes::from(manifest.to_string()),
    };
    assert_eq!(lab.manifests.put(&lab.actor, &repo(NAME), new).await.unwrap().tags, tags);
    for tag in ["v1", "v1.2", "latest"] {
        assert_eq!(lab.head(NAME, tag).await.unwrap(), digest_of(&manifest));
    }
}

#[tokio::test]
async fn pushing_the_same_again_changes_nothing_but_tags_and_their_times() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    let before = lab.number("SELECT pushed_at FROM tags").await;
    lab.pass(60);
    assert_eq!(lab.image(NAME, "v1", "amd64", &[b"one"]).await, digest);
    assert_eq!(lab.number("SELECT pushed_at FROM tags").await, before + 60_000_000);
    assert_eq!(lab.number("SELECT COUNT(*) FROM tag_events").await, 1);
    lab.image(NAME, "v2", "amd64", &[b"one"]).await;
    let other = lab.image(NAME, "v1", "amd64", &[b"other"]).await;
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), other);
    assert_eq!(lab.head(NAME, "v2").await.unwrap(), digest);
    assert_eq!(lab.number("SELECT COUNT(*) FROM tag_events WHERE previous_digest IS NOT NULL").await, 1);
    assert_eq!(lab.number("SELECT tag_count * 100 + manifest_count FROM repositories").await, 202);
}

#[tokio::test]
async fn an_index_takes_size_and_platforms_from_its_children() {
    let lab = Lab::new().await;
    let arm = lab.image(NAME, "", "arm64", &[&noise(1, 700)]).await;
    let amd = lab.image(NAME, "", "amd64", &[&noise(2, 900)]).await;
    let (arm_size, amd_size) = (size_of(&lab, &arm).await, size_of(&lab, &amd).await);
    let named = index(&[(&arm, arm_size, Some(("linux", "arm64"))), (&amd, amd_size, Some(("linux", "amd64")))]);
    lab.put(NAME, "multi", &named).await.unwrap();
    let plain = index(&[(&amd, amd_size, None)]);
    lab.put(NAME, "plain", &plain).await.unwrap();
    let of_indexes = index(&[(&digest_of(&named), named.to_string().len(), None)]);
    lab.put(NAME, "nested", &of_indexes).await.unwrap();
    let list = lab.tags.list(&lab.actor, &repo(NAME), &api_types::ListQuery::default(), None).await.unwrap();
    let shown = |name: &str| {
        let row = list.items.iter().find(|row| row.name == name).unwrap();
        (row.size, row.platforms.iter().map(|platform| platform.architecture.clone()).collect::<Vec<_>>())
    };
    let arm_pull = lab.number(&format!("SELECT size FROM manifests WHERE digest = '{arm}'")).await as u64;
    let amd_pull = lab.number(&format!("SELECT size FROM manifests WHERE digest = '{amd}'")).await as u64;
    assert_eq!(shown("multi"), (arm_pull, vec!["arm64".into(), "amd64".into()]));
    assert_eq!(shown("plain"), (amd_pull, vec!["amd64".into()]));
    assert_eq!(shown("nested"), (arm_pull, vec!["arm64".into(), "amd64".into()]));
}

#[tokio::test]
async fn a_child_may_be_deleted_and_come_back() {
    let lab = Lab::new().await;
    let child = lab.image(NAME, "", "amd64", &[b"one"]).await;
    let multi = index(&[(&child, size_of(&lab, &child).await, Some(("linux", "amd64")))]);
    lab.put(NAME, "multi", &multi).await.unwrap();
    lab.delete(NAME, child.as_str()).await.unwrap();
    assert!(matches!(lab.head(NAME, child.as_str()).await, Err(Error::ManifestNotFound { .. })));
    assert_eq!(lab.head(NAME, "multi").await.unwrap(), digest_of(&multi));
    lab.image(NAME, "", "amd64", &[b"one"]).await;
    lab.put(NAME, "multi", &multi).await.unwrap();
    assert_eq!(
        lab.number("SELECT COUNT(*) FROM manifest_references WHERE kind = 'child' AND child_id IS NULL").await,
        0
    );
    assert_eq!(lab.number("SELECT COUNT(*) FROM manifests WHERE is_child").await, 1);
    lab.delete(NAME, digest_of(&multi).as_str()).await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM manifests WHERE is_child").await, 0);
}

#[tokio::test]
async fn deleting_a_manifest_takes_its_tags_and_nothing_else() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.tags.create(&lab.actor, &repo(NAME), &tag("latest"), &digest).await.unwrap();
    let kept = lab.image(NAME, "v2", "amd64", &[b"two"]).await;
    lab.delete(NAME, "latest").await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
    lab.delete(NAME, digest.as_str()).await.unwrap();
    for reference in ["v1", "latest", digest.as_str()] {
        assert!(matches!(lab.head(NAME, reference).await, Err(Error::ManifestNotFound { .. })), "{reference}");
    }
    assert_eq!(lab.head(NAME, "v2").await.unwrap(), kept);
    assert!(matches!(lab.delete(NAME, "v1").await, Err(Error::TagNotFound { .. })));
    assert!(matches!(lab.delete(NAME, digest.as_str()).await, Err(Error::ManifestNotFound { .. })));
    assert_eq!(lab.number("SELECT tag_count * 100 + manifest_count FROM repositories").await, 101);
    // An untagged manifest stays until somebody deletes it.
    lab.delete(NAME, "v2").await.unwrap();
    assert_eq!(lab.head(NAME, kept.as_str()).await.unwrap(), kept);
}

#[tokio::test]
async fn a_named_blob_stays_and_a_free_one_goes_at_once() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    let layer = Digest::sha256(b"layer");
    let refused = lab.blobs.delete(&lab.actor, &repo(NAME), &layer).await;
    assert!(matches!(refused, Err(Error::BlobInUse { .. })), "{refused:?}");
    lab.delete(NAME, digest.as_str()).await.unwrap();
    lab.blobs.delete(&lab.actor, &repo(NAME), &layer).await.unwrap();
    assert!(matches!(lab.read(NAME, &layer).await, Err(Error::BlobNotFound { .. })));
    let again = lab.blobs.delete(&lab.actor, &repo(NAME), &layer).await;
    assert!(matches!(again, Err(Error::BlobNotFound { .. })), "{again:?}");
}

#[tokio::test]
async fn the_database_itself_keeps_what_is_referred_to() {
    let lab = Lab::new().await;
    lab.image(NAME, "v1", "amd64", &[b"layer"]).await;
    for statement in [
        "DELETE FROM blobs",
        "DELETE FROM repository_blobs",
        "DELETE FROM project_blobs; DELETE FROM blobs",
        "DELETE FROM manifests",
        "DELETE FROM repositories",
        "INSERT INTO manifest_references SELECT manifest_id, 99, 'layer', 'x', repository_id, 4711, NULL FROM manifest_references LIMIT 1",
    ] {
        let refused = lab.sql(statement).await;
        assert!(matches!(refused, Err(Error::Database(_))), "{statement}: {refused:?}");
    }
    assert_eq!(lab.read(NAME, &Digest::sha256(b"layer")).await.unwrap(), b"layer");
}

#[tokio::test]
async fn referrers_are_found_before_and_after_their_subject() {
    let lab = Lab::new().await;
    let none = lab.manifests.referrers(&lab.actor, &repo(NAME), &Digest::sha256(b"x"), None, None).await.unwrap();
    assert_eq!((none.manifests.len(), none.next), (0, None));
    lab.push(NAME, b"{}").await;
    let subject = lab.image_manifest(NAME, "amd64", &[b"one"]).await;
    let early = artifact(Some(&subject), "application/vnd.example.early", "first");
    let receipt = lab.put(NAME, digest_of(&early).as_str(), &early).await.unwrap();
    assert_eq!(receipt.subject, Some(digest_of(&subject)));
    lab.put(NAME, "v1", &subject).await.unwrap();
    let mut late = artifact(Some(&subject), "", "second");
    late["artifactType"].take();
    late.as_object_mut().unwrap().remove("artifactType");
    lab.put(NAME, "late", &late).await.unwrap();
    let mut list = index(&[]);
    list["subject"] = described(media_type::OCI_IMAGE, subject.to_string().as_bytes());
    lab.put(NAME, "list", &list).await.unwrap();

    let page = |filter: Option<&'static str>| {
        let (lab, digest) = (&lab, digest_of(&subject));
        async move { lab.manifests.referrers(&lab.actor, &repo(NAME), &digest, filter, None).await.unwrap().manifests }
    };
    let all = page(None).await;
    let types: Vec<_> = all.iter().map(|referrer| referrer.artifact_type.as_deref()).collect();
    assert_eq!(types, [Some("application/vnd.example.early"), Some(media_type::OCI_EMPTY), None]);
    assert_eq!(all[0].annotations.iter().collect::<Vec<_>>(), [(&"note".to_owned(), &"first".to_owned())]);
    assert_eq!(all[0].size as usize, early.to_string().len());
    assert_eq!(page(Some("application/vnd.example.early")).await, all[..1]);
    assert_eq!(page(Some("application/vnd.example.none")).await, []);
    // Deleting the subject leaves its referrers.
    lab.delete(NAME, digest_of(&subject).as_str()).await.unwrap();
    assert_eq!(page(None).await.len(), 3);
}

#[tokio::test]
async fn a_thousand_referrers_fill_a_page() {
    let lab = Lab::new().await;
    lab.push(NAME, b"{}").await;
    let subject = json!({"any": "thing"});
    lab.put(NAME, "one", &artifact(Some(&subject), "application/vnd.example", "one")).await.unwrap();
    let zeros = "0".repeat(60);
    lab.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2499) \
         INSERT INTO manifests (repository_id, digest, media_type, kind, artifact_type, subject_digest, platforms, \
         annotations, size, content_size, content, pushed_by_kind, pushed_by_name, pushed_at) \
         SELECT repository_id, 'sha256:{zeros}' || substr(CAST(10000 + i AS TEXT), 2), media_type, kind, artifact_type, subject_digest, platforms, \
         annotations, size, content_size, content, 3, 'system', pushed_at FROM manifests, n",
    ))
    .await
    .unwrap();
    let digest = digest_of(&subject);
    let (mut seen, mut cursor, mut pages) = (std::collections::BTreeSet::new(), None, Vec::new());
    loop {
        let page = lab.manifests.referrers(&lab.actor, &repo(NAME), &digest, None, cursor.as_deref()).await.unwrap();
        pages.push(page.manifests.len());
        seen.extend(page.manifests.into_iter().map(|referrer| referrer.digest));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((pages, seen.len()), (vec![1000, 1000, 500], 2500));
}

#[tokio::test]
async fn a_page_of_referrers_is_no_larger_than_a_manifest_may_be() {
    let lab = Lab::new().await;
    lab.push(NAME, b"{}").await;
    let subject = json!({"any": "thing"});
    let mut pushed = Vec::new();
    for (at, length) in [10, 1_500_000, 1_500_000, 5_000, 1_500_000, 4_150_000, 10, 10].into_iter().enumerate() {
        let note = format!("{at}{}", "x".repeat(length));
        let referrer = artifact(Some(&subject), "application/vnd.example", &note);
        pushed.push(lab.put(NAME, digest_of(&referrer).as_str(), &referrer).await.unwrap().digest);
    }
    for filter in [None, Some("application/vnd.example")] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None, Vec::new());
        loop {
            let subject = digest_of(&subject);
            let page = lab.manifests.referrers(&lab.actor, &repo(NAME), &subject, filter, cursor.as_deref()).await;
            let page = page.unwrap();
            let listed = serde_json::to_vec(&page.manifests).unwrap();
            assert!(listed.len() <= oci::MAX_MANIFEST_SIZE, "{}", listed.len());
            pages.push(page.manifests.len());
            seen.extend(page.manifests.into_iter().map(|referrer| {
                assert!(referrer.annotations["note"].len() > 10, "whole, however long");
                referrer.digest
            }));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((pages, &seen), (vec![4, 1, 3], &pushed));
    }
}

#[tokio::test]
async fn what_is_attached_is_shown_beside_the_tag() {
    let lab = Lab::new().await;
    lab.push(NAME, b"{}").await;
    let subject = lab.image_manifest(NAME, "amd64", &[b"one"]).await;
    let digest = lab.put(NAME, "v1", &subject).await.unwrap().digest;
    let attached = || async {
        let list = lab.tags.list(&lab.actor, &repo(NAME), &api_types::ListQuery::default(), None).await.unwrap();
        list.items.iter().find(|row| row.name == "v1").unwrap().attached
    };
    assert_eq!(attached().await, api_types::Attachments::default());
    let sbom = artifact(Some(&subject), "application/spdx+json", "");
    lab.put(NAME, digest_of(&sbom).as_str(), &sbom).await.unwrap();
    let cosign = artifact(None, "application/vnd.dev.cosign.artifact.sig.v1+json", "");
    let signature_tag = digest.as_str().replacen(':', "-", 1) + ".sig";
    lab.put(NAME, &signature_tag, &cosign).await.unwrap();
    let found = attached().await;
    assert!((found.signature, found.sbom, found.provenance) == (true, true, false), "{found:?}");
    lab.delete(NAME, &signature_tag).await.unwrap();
    lab.delete(NAME, digest_of(&sbom).as_str()).await.unwrap();
    assert_eq!(attached().await, api_types::Attachments::default());
    // The other way round: what was attached before the image came.
    lab.put(NAME, digest_of(&sbom).as_str(), &sbom).await.unwrap();
    lab.delete(NAME, digest.as_str()).await.unwrap();
    lab.put(NAME, "v1", &subject).await.unwrap();
    assert!(attached().await.sbom);
}

#[tokio::test]
async fn a_buildkit_attestation_in_the_index_is_attached_to_it() {
    let lab = Lab::new().await;
    let image = lab.image(NAME, "", "amd64", &[b"one"]).await;
    let mut statement = lab.image_manifest(NAME, "unknown", &[b"{\"predicate\":1}"]).await;
    statement["layers"][0]["mediaType"] = media_type::IN_TOTO.into();
    statement["layers"][0]["annotations"] = json!({"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"});
    let statement = lab.put(NAME, digest_of(&statement).as_str(), &statement).await.unwrap().digest;
    let multi = index(&[
        (&image, size_of(&lab, &image).await, Some(("linux", "amd64"))),
        (&statement, size_of(&lab, &statement).await, Some(("unknown", "unknown"))),
    ]);
    lab.put(NAME, "multi", &multi).await.unwrap();
    let list = lab.tags.list(&lab.actor, &repo(NAME), &api_types::ListQuery::default(), None).await.unwrap();
    assert!(list.items[0].attached.provenance);
    assert_eq!(list.items[0].platforms.len(), 1);
}

#[tokio::test]
async fn a_manifest_of_the_greatest_size_is_stored() {
    let lab = Lab::new().await;
    lab.push(NAME, b"{}").await;
    let mut manifest = artifact(None, "application/vnd.example", "");
    let annotations: serde_json::Map<_, _> =
        (0..390).map(|at| (format!("org.example.{at}"), "x".repeat(10_000).into())).collect();
    manifest["annotations"] = annotations.into();
    lab.put(NAME, "large", &manifest).await.unwrap();
    let found = lab.manifests.get(&lab.actor, &repo(NAME), &"large".parse().unwrap(), false).await.unwrap();
    assert_eq!(found.bytes, manifest.to_string().as_bytes());
    let refused = lab.put(NAME, "broken", &json!({"schemaVersion": 2, "layers": [], "manifests": []})).await;
    assert!(matches!(refused, Err(Error::ManifestInvalid(_))), "{refused:?}");
}

/// An index of as many entries as fit, each for another platform.
fn greatest_index(child: impl Fn(usize) -> (Digest, usize)) -> Value {
    let entry = |at: usize| {
        let (digest, size) = child(at);
        json!({
            "mediaType": media_type::OCI_IMAGE, "digest": digest, "size": size,
            "platform": {"os": "linux", "architecture": format!("a{at:05}")},
        })
    };
    let count = (oci::MAX_MANIFEST_SIZE - 1_000) / (entry(0).to_string().len() + 2);
    let manifests: Vec<_> = (0..count).map(entry).collect();
    json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests})
}

#[tokio::test]
async fn an_index_of_as_many_children_as_fit_is_answered() {
    let lab = Lab::new().await;
    let unknown = greatest_index(|at| (Digest::sha256(at.to_string().as_bytes()), 1_000));
    let named = unknown["manifests"].as_array().unwrap().len();
    assert!(named > 10_000, "{named}");
    let refused = lab.put(NAME, "many", &unknown).await.unwrap_err();
    let told = refused.to_string();
    assert!(told.len() < 2_000 && told.contains(&format!("and {} more", named - 20)), "{told}");
    assert!(matches!(refused, Error::ManifestReferenceUnknown { missing, .. } if missing.len() == named));

    let child = lab.image(NAME, "", "amd64", &[b"one"]).await;
    let size = size_of(&lab, &child).await;
    lab.put(NAME, "many", &greatest_index(|_| (child.clone(), size))).await.unwrap();
    let list = lab.tags.list(&lab.actor, &repo(NAME), &api_types::ListQuery::default(), None).await.unwrap();
    let shown: Vec<_> = list.items[0].platforms.iter().map(|platform| platform.architecture.as_str()).collect();
    assert_eq!((shown.len(), shown[0], shown[99]), (100, "a00000", "a00099"));
}

#[tokio::test]
async fn a_pull_sees_every_move_that_was_acknowledged_before_it() {
    let lab = Lab::new().await;
    for round in 0..20_u8 {
        let digest = lab.image(NAME, "latest", "amd64", &[&[round]]).await;
        // Twice: the second time it is remembered.
        assert_eq!(lab.head(NAME, "latest").await.unwrap(), digest);
        assert_eq!(lab.head(NAME, "latest").await.unwrap(), digest);
    }
    lab.delete(NAME, "latest").await.unwrap();
    assert!(matches!(lab.head(NAME, "latest").await, Err(Error::ManifestNotFound { .. })));
}
