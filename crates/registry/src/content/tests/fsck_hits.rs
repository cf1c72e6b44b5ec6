//! Whom it hits, what a check finds.

use super::{
    Lab, digest_of,
    fsck::{NAME, check, findings, location},
    noise,
};
use crate::db;
use api_types::BackupPlace;
use blobstore::MemoryStore;
use oci::{Digest, media_type};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

fn index(child: &Value) -> Value {
    let bytes = child.to_string();
    let named = json!({ "mediaType": child["mediaType"], "digest": digest_of(child), "size": bytes.len() });
    json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [named] })
}

/// An image without a tag in an index without one, in an index that is tagged `all`; a layer of that image.
async fn nested(lab: &Lab) -> (Value, Digest) {
    let layer = noise(1, 700);
    let image = lab.image_manifest(NAME, "amd64", &[&layer]).await;
    lab.put(NAME, digest_of(&image).as_str(), &image).await.unwrap();
    let inner = index(&image);
    lab.put(NAME, digest_of(&inner).as_str(), &inner).await.unwrap();
    lab.put(NAME, "all", &index(&inner)).await.unwrap();
    lab.image(NAME, "other", "arm64", &[&noise(2, 700)]).await;
    (image, Digest::sha256(&layer))
}

async fn tags_hit(lab: &Lab) -> Vec<(String, Vec<String>, u64)> {
    let found = findings(lab).await;
    found.into_iter().map(|damage| (damage.subject, damage.tags, damage.tag_count)).collect()
}

#[tokio::test]
async fn a_blob_hits_the_tags_of_indexes_in_which_its_image_is_in_which_its_image_is() {
    let store = MemoryStore::new();
    let lab = Lab::with(Arc::new(store.clone())).await;
    let (_, layer) = nested(&lab).await;
    store.truncate(&location(&lab, &layer).await, 5);
    assert_eq!(check(&lab, false).await.found.damaged(), 1);
    assert_eq!(tags_hit(&lab).await, [(layer.to_string(), vec!["all".to_owned()], 1)]);
}

#[tokio::test]
async fn a_manifest_hits_its_tags_and_those_of_indexes_in_which_it_is() {
    let lab = Lab::new().await;
    let (image, _) = nested(&lab).await;
    lab.put(NAME, "alone", &image).await.unwrap();
    let digest = digest_of(&image);
    // Each database has its own word for bytes.
    for other in ["CAST('{}' AS BLOB)", "'{}'::bytea"] {
        lab.sql(&format!("UPDATE manifests SET content = {other} WHERE digest = '{digest}'")).await.ok();
    }
    assert_eq!(check(&lab, false).await.found.damaged(), 1);
    assert_eq!(tags_hit(&lab).await, [(digest.to_string(), vec!["all".to_owned(), "alone".to_owned()], 2)]);
}

#[tokio::test]
async fn what_a_backup_names_and_nothing_links_any_more_is_told_and_stays() {
    let store = MemoryStore::new();
    let lab = Lab::with(Arc::new(store.clone())).await;
    let digest = lab.push(NAME, &noise(1, 700)).await.digest;
    let begun = lab
        .content
        .db
        .write("copy", |txn, name| Box::pin(async move { db::backups::begin(txn, name, BackupPlace::File).await }));
    let copy = begun.await.unwrap();
    let collected = lab.collect(false, Duration::ZERO).await;
    assert_eq!((collected.blobs, collected.kept), (0, 1));

    // A disk that fails for a while.
    let at = location(&lab, &digest).await;
    store.flip(&at, 3);
    assert_eq!(check(&lab, true).await.found.changed, 1);
    assert_eq!(tags_hit(&lab).await, [(digest.to_string(), Vec::new(), 0)]);
    assert_eq!(lab.collect(false, Duration::ZERO).await.blobs, 0);
    store.flip(&at, 3);
    let again = check(&lab, true).await.found;
    assert_eq!((again.damaged(), again.mended), (0, 1));
    assert_eq!(lab.collect(false, Duration::ZERO).await.kept, 1);

    let forgotten =
        lab.content.db.write(copy, |txn, copy| Box::pin(async move { db::backups::delete(txn, *copy).await }));
    forgotten.await.unwrap();
    assert_eq!(lab.collect(false, Duration::ZERO).await.blobs, 1);
    assert_eq!(lab.objects().await, 0);
}
