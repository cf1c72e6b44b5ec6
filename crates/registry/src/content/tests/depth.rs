//! Indexes of indexes and referrers of referrers, nested thousands deep, and so many ways down that nobody walks them all: whatever
//! is done with them ends.

use super::{Lab, described, digest_of, noise, repo, tag};
use crate::{
    access::ProjectId,
    content::manifests::restore,
    db::{actors::ActorColumns, trash::TrashedManifest},
};
use blobstore::MemoryStore;
use oci::{ProjectName, media_type};
use serde_json::{Value, json};
use std::{future::Future, sync::Arc, time::Duration};

const NAME: &str = "team/app";

const DEPTH: usize = 2_000;

/// All of it is a matter of seconds on a machine that has nothing else to do; what looks at everything anew for each level takes many minutes.
const PATIENCE: Duration = Duration::from_secs(300);

async fn ends<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, Box::pin(work)).await.unwrap_or_else(|_| panic!("{what} does not end"))
}

/// A trash that keeps what is deleted, and an image that is about to be pushed.
async fn lab() -> (Lab, Value) {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    let image = lab.image_manifest(NAME, "amd64", &[&noise(1, 5_000)]).await;
    (lab, image)
}

fn described_manifest(manifest: &Value) -> Value {
    described(manifest["mediaType"].as_str().unwrap(), manifest.to_string().as_bytes())
}

fn index(children: &[Value], note: &str) -> Value {
    let named: Vec<_> = children.iter().map(described_manifest).collect();
    json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named, "annotations": {"note": note},
    })
}

fn referrer(subject: &Value) -> Value {
    json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": "application/vnd.example",
        "config": described(media_type::OCI_EMPTY, b"{}"), "layers": [], "subject": described_manifest(subject),
    })
}

/// Stores manifests as pushes do, but all in one transaction.
async fn put_all(lab: &Lab, manifests: &[Value]) {
    let now = lab.content.now();
    let stored = manifests.iter().map(|manifest| TrashedManifest {
        digest: digest_of(manifest).to_string(),
        media_type: manifest["mediaType"].as_str().unwrap().to_owned(),
        platforms: "[]".to_owned(),
        content: manifest.to_string().into_bytes(),
        by: ActorColumns::from(&lab.actor),
        pushed_at: now,
        pull_count: 0,
        last_pulled_at: None,
    });
    let stored: Vec<_> = stored.collect();
    let project = ProjectId(lab.number("SELECT id FROM projects WHERE name = 'team'").await);
    let put = lab.content.db.write((project, repo(NAME), stored, now), |txn, (project, name, stored, now)| {
        Box::pin(async move {
            for manifest in stored {
                restore(txn, *project, name, manifest, *now).await?;
            }
            Ok(())
        })
    });
    put.await.unwrap();
}

/// Tags the top of so many manifests that hang on it, which are all that the project has; looks at it from all sides, deletes it,
/// brings it back, and lets it go.
async fn is_served_and_goes_and_comes_back(lab: &Lab, top: &Value, manifests: usize) {
    let (name, tags, team) = (repo(NAME), [tag("top")], "team".parse::<ProjectName>().unwrap());
    let digest = digest_of(top);
    lab.tags.create(&lab.actor, &name, &tags[0], &digest).await.unwrap();
    assert_eq!(ends("a pull", lab.head(NAME, "top")).await.unwrap(), digest);
    let stored = lab.number("SELECT CAST(SUM(size) AS BIGINT) FROM blobs").await as u64;
    let told = ends("the storage explorer", lab.storage.tags(&lab.actor, &name, "", false)).await.unwrap();
    let weights: Vec<_> = told.tags.iter().map(|tag| (tag.held, tag.own)).collect();
    assert_eq!(weights, [(stored, stored)]);
    let reference = "top".parse().unwrap();
    let told = ends("its page", lab.artifacts.get(&lab.actor, &name, &reference, None, "")).await.unwrap();
    assert_eq!((told.deletion.artifacts, told.deletion.frees), (manifests as u64, stored));

    let count = "SELECT COUNT(*) FROM manifests";
    assert_eq!(lab.number(count).await, manifests as i64);
    ends("a deletion", lab.tags.delete(&lab.actor, &name, &tags)).await.unwrap();
    assert_eq!(lab.number(count).await, 0);
    ends("a collection", lab.collect(false, Duration::ZERO)).await;
    let entry = lab.trash.list(&lab.actor, &team, None).await.unwrap()[0].id;
    let restored = ends("restoring it", lab.trash.restore(&lab.actor, entry)).await.unwrap();
    assert_eq!((restored.artifacts, lab.number(count).await), (manifests as u64, manifests as i64));
    assert_eq!(lab.head(NAME, "top").await.unwrap(), digest);
    lab.is_exact().await;

    ends("a deletion", lab.tags.delete(&lab.actor, &name, &tags)).await.unwrap();
    let entry = lab.trash.list(&lab.actor, &team, None).await.unwrap()[0].id;
    lab.trash.delete_now(&lab.actor, entry).await.unwrap();
    ends("a collection", lab.collect(false, Duration::ZERO)).await;
    assert_eq!(lab.number("SELECT COUNT(*) FROM blobs").await, 0, "nothing holds them any more");
    lab.is_exact().await;
}

#[tokio::test]
async fn indexes_nested_thousands_deep() {
    let (lab, image) = lab().await;
    let mut chain = vec![image];
    for level in 1..=DEPTH {
        let next = index(&chain[level - 1..], &level.to_string());
        chain.push(next);
    }
    put_all(&lab, &chain).await;
    is_served_and_goes_and_comes_back(&lab, &chain[DEPTH], chain.len()).await;
}

#[tokio::test]
async fn a_chain_of_thousands_of_referrers() {
    let (lab, image) = lab().await;
    lab.push(NAME, b"{}").await;
    let mut chain = vec![image];
    for level in 1..=DEPTH {
        let next = referrer(&chain[level - 1]);
        chain.push(next);
    }
    put_all(&lab, &chain).await;
    let listed = lab.manifests.referrers(&lab.actor, &repo(NAME), &digest_of(&chain[0]), None, None).await.unwrap();
    assert_eq!((listed.manifests.len(), &listed.manifests[0].digest), (1, &digest_of(&chain[1])));
    is_served_and_goes_and_comes_back(&lab, &chain[0], chain.len()).await;
}

#[tokio::test]
async fn indexes_with_more_ways_down_than_anybody_can_walk() {
    let (lab, image) = lab().await;
    let mut all = vec![image];
    let mut level = all.clone();
    // Each of two names both below: 2^64 ways from the top to the image.
    for depth in 0..64 {
        level = ["left", "right"].map(|side| index(&level, &format!("{depth} {side}"))).to_vec();
        all.extend(level.iter().cloned());
    }
    let top = index(&level, "top");
    all.push(top.clone());
    put_all(&lab, &all).await;
    is_served_and_goes_and_comes_back(&lab, &top, all.len()).await;
}
