//! Counts that are written later, and what is swept up.

use super::{Lab, body, noise, repo};
use crate::{Error, Result};
use oci::Reference;

const NAME: &str = "team/app";

async fn pull(lab: &Lab, reference: &str) -> Result<()> {
    let reference: Reference = reference.parse().unwrap();
    lab.manifests.get(&lab.actor, &repo(NAME), &reference, false).await.map(|_| ())
}

#[tokio::test]
async fn pulls_are_counted_when_they_are_flushed() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.maintenance.flush_traffic().await.unwrap();
    let counts =
        "SELECT t.pull_count * 10000 + m.pull_count * 100 + r.pull_count FROM tags t, manifests m, repositories r";
    assert_eq!(lab.number(counts).await, 0);
    for _ in 0..3 {
        pull(&lab, "v1").await.unwrap();
    }
    lab.head(NAME, "v1").await.unwrap();
    pull(&lab, digest.as_str()).await.unwrap();
    assert_eq!(lab.number(counts).await, 0, "a pull writes nothing in its path");
    lab.maintenance.flush_traffic().await.unwrap();
    lab.maintenance.flush_traffic().await.unwrap();
    assert_eq!(lab.number(counts).await, 40404);
    assert_eq!(lab.number("SELECT pushes * 100 + pulls FROM traffic_days").await, 104);
    let list = lab.tags.list(&lab.actor, &repo(NAME), &api_types::ListQuery::default(), None).await.unwrap();
    assert!(list.items[0].last_pulled_at.is_some());
    let detail = lab.repositories.get(&lab.actor, &repo(NAME)).await.unwrap();
    assert_eq!((detail.pulls_this_week, detail.summary.pulls), (4, 4));
    lab.pass(8 * 24 * 3600);
    assert_eq!(lab.repositories.get(&lab.actor, &repo(NAME)).await.unwrap().pulls_this_week, 0);
}

#[tokio::test]
async fn counts_of_what_was_deleted_meanwhile_are_dropped() {
    let lab = Lab::new().await;
    lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    pull(&lab, "v1").await.unwrap();
    lab.repositories.delete(&lab.actor, &repo(NAME)).await.unwrap();
    lab.maintenance.flush_traffic().await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM traffic_days").await, 0);
}

#[tokio::test]
async fn uploads_that_rest_too_long_are_swept() {
    let lab = Lab::new().await;
    let (actor, name) = (&lab.actor, &repo(NAME));
    let old = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.uploads.append(actor, name, &old, None, None, body(&noise(1, 500_000))).await.unwrap();
    lab.pass(3000);
    let young = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.maintenance.sweep().await.unwrap();
    assert_eq!(lab.uploads.status(actor, name, &old).await.unwrap().offset, 500_000);
    lab.pass(700);
    lab.maintenance.sweep().await.unwrap();
    assert!(matches!(lab.uploads.status(actor, name, &old).await, Err(Error::UploadNotFound)));
    lab.uploads.status(actor, name, &young).await.unwrap();
    let left = lab.store.sweep(std::time::SystemTime::now()).await.unwrap();
    assert_eq!(left.uploads, 0, "the bytes went with the row");
}

#[tokio::test]
async fn a_cancelled_upload_is_gone_with_its_bytes() {
    let lab = Lab::new().await;
    let (actor, name) = (&lab.actor, &repo(NAME));
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.uploads.append(actor, name, &id, None, None, body(&noise(1, 500_000))).await.unwrap();
    lab.uploads.cancel(actor, name, &id).await.unwrap();
    assert!(matches!(lab.uploads.status(actor, name, &id).await, Err(Error::UploadNotFound)));
    assert!(matches!(lab.uploads.cancel(actor, name, &id).await, Err(Error::UploadNotFound)));
    assert_eq!(lab.store.sweep(std::time::SystemTime::now()).await.unwrap().uploads, 0);
}

#[tokio::test]
async fn repositories_that_nothing_was_pushed_to_vanish_after_a_day() {
    let lab = Lab::new().await;
    lab.image("team/used", "v1", "amd64", &[]).await;
    lab.push("team/holds-a-blob", b"bytes").await;
    let id = lab.uploads.begin(&lab.actor, &repo("team/begun"), None).await.unwrap().id;
    lab.uploads.cancel(&lab.actor, &repo("team/begun"), &id).await.unwrap();
    lab.maintenance.sweep().await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM repositories").await, 3);
    lab.pass(25 * 3600);
    lab.maintenance.sweep().await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM repositories").await, 2);
}
