//! Children of an index that were deleted and are there again belong to it as before.

use super::{Lab, described, digest_of, noise, protection, repo};
use crate::{
    Error,
    content::{Parts, RetentionRules},
    jobs::Ended,
};
use api_types::{Keep, RetentionRule};
use blobstore::MemoryStore;
use oci::{Digest, ProjectName, media_type};
use serde_json::{Value, json};
use std::{future, sync::Arc, time::Duration};

const NAME: &str = "team/app";
const DAY: i64 = 24 * 3600;

fn team() -> ProjectName {
    "team".parse().unwrap()
}

/// How a deleted child comes back.
#[derive(Clone, Copy, Debug)]
enum Back {
    Restored,
    Pushed,
}

const WAYS: [Back; 2] = [Back::Restored, Back::Pushed];

async fn back(lab: &Lab, way: Back, child: &Value) {
    match way {
        Back::Restored => {
            let entry = lab.trash.list(&lab.actor, &team(), None).await.unwrap()[0].id;
            assert_eq!(lab.trash.restore(&lab.actor, entry).await.unwrap().artifacts, 1);
        }
        Back::Pushed => drop(lab.put(NAME, digest_of(child).as_str(), child).await.unwrap()),
    }
}

/// The tag `multi` on an index of two images, of which the second was deleted and is back; its digest.
async fn family(way: Back) -> (Lab, Digest) {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    let mut children = Vec::new();
    for (at, architecture) in ["amd64", "arm64"].into_iter().enumerate() {
        let manifest = lab.image_manifest(NAME, architecture, &[&noise(at as u64, 500)]).await;
        lab.put(NAME, digest_of(&manifest).as_str(), &manifest).await.unwrap();
        children.push(manifest);
    }
    lab.put(NAME, "multi", &index(&children)).await.unwrap();
    let child = &children[1];
    lab.delete(NAME, digest_of(child).as_str()).await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM manifests WHERE is_child").await, 1);
    back(&lab, way, child).await;
    (lab, digest_of(child))
}

fn index(children: &[Value]) -> Value {
    let named: Vec<_> =
        children.iter().map(|child| described(media_type::OCI_IMAGE, child.to_string().as_bytes())).collect();
    json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named})
}

#[tokio::test]
async fn the_rule_about_untagged_artifacts_leaves_it() {
    for way in WAYS {
        let (lab, child) = family(way).await;
        let loose = lab.image(NAME, "", "amd64", &[b"loose"]).await;
        lab.pass(3 * DAY);
        let rules = RetentionRules::new(lab.content.clone(), lab.jobs.clone());
        let scope = protection::scope("**", "**");
        let rule = RetentionRule { id: 0, scope, keep: Keep::UntaggedWithin { days: 2 }, enabled: true };
        rules.create(&lab.actor, &team(), &rule).await.unwrap();
        let run = rules.run(&lab.actor, &team(), false).await.unwrap();
        let ended = lab.jobs.run(Some(run), future::pending()).await.unwrap();
        assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
        assert_eq!(lab.head(NAME, child.as_str()).await.unwrap(), child, "{way:?}");
        assert!(lab.head(NAME, loose.as_str()).await.is_err(), "the rule was followed");
        assert_eq!(lab.number("SELECT COUNT(*) FROM manifests WHERE is_child").await, 2, "{way:?}");
        lab.is_exact().await;
    }
}

#[tokio::test]
async fn its_index_protects_it() {
    for way in WAYS {
        let (lab, child) = family(way).await;
        let scope = protection::scope("**", "multi");
        protection::rules(&lab).create(&lab.actor, &team(), &scope, true).await.unwrap();
        let refused = lab.delete(NAME, child.as_str()).await;
        assert!(matches!(&refused, Err(Error::TagProtected { tag, .. }) if tag == "multi"), "{way:?}: {refused:?}");
        assert_eq!(lab.head(NAME, child.as_str()).await.unwrap(), child);
        lab.is_exact().await;
    }
}

#[tokio::test]
async fn it_goes_with_its_index() {
    for way in WAYS {
        let (lab, child) = family(way).await;
        let reference = "multi".parse().unwrap();
        lab.manifests.delete_whole(&lab.actor, &repo(NAME), &reference, Parts::Go).await.unwrap();
        assert!(matches!(lab.head(NAME, child.as_str()).await, Err(Error::ManifestNotFound { .. })), "{way:?}");
        assert_eq!(lab.number("SELECT COUNT(*) FROM manifests").await, 0, "{way:?}");
        lab.is_exact().await;
    }
}

#[tokio::test]
async fn an_attestation_is_shown_at_its_index_again() {
    let shown = "SELECT CAST(CASE WHEN has_provenance THEN 1 ELSE 0 END AS BIGINT) FROM manifests WHERE kind = 'index'";
    for way in WAYS {
        let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
        lab.push(NAME, b"{}").await;
        let mut statement = lab.image_manifest(NAME, "unknown", &[b"{\"predicate\":1}"]).await;
        statement["layers"][0]["mediaType"] = media_type::IN_TOTO.into();
        statement["layers"][0]["annotations"] = json!({"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"});
        lab.put(NAME, digest_of(&statement).as_str(), &statement).await.unwrap();
        let multi = index(std::slice::from_ref(&statement));
        lab.put(NAME, "multi", &multi).await.unwrap();
        assert_eq!(lab.number(shown).await, 1);
        // What is attached to the index is looked for anew while the statement is away.
        let sbom = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": "application/spdx+json",
            "config": described(media_type::OCI_EMPTY, b"{}"), "layers": [],
            "subject": described(media_type::OCI_INDEX, multi.to_string().as_bytes()),
        });
        lab.delete(NAME, digest_of(&statement).as_str()).await.unwrap();
        lab.put(NAME, digest_of(&sbom).as_str(), &sbom).await.unwrap();
        lab.delete(NAME, digest_of(&sbom).as_str()).await.unwrap();
        assert_eq!(lab.number(shown).await, 0);
        let entries = lab.trash.list(&lab.actor, &team(), None).await.unwrap();
        let of_statement = entries.iter().find(|entry| entry.name == digest_of(&statement).as_str()).unwrap().id;
        match way {
            Back::Restored => drop(lab.trash.restore(&lab.actor, of_statement).await.unwrap()),
            Back::Pushed => back(&lab, way, &statement).await,
        }
        assert_eq!(lab.number(shown).await, 1, "{way:?}");
        lab.is_exact().await;
    }
}
