//! Nothing that is acknowledged is over the quota, and what cannot be is refused as soon as that is certain.

use super::{Lab, body, noise, nothing, repo};
use crate::{Error, Result};
use bytes::Bytes;
use futures::{StreamExt as _, future::join_all, stream};
use oci::{Digest, ProjectName};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const LARGE: usize = 500_000;

pub(super) fn team() -> ProjectName {
    "team".parse().unwrap()
}

async fn limited(quota: u64) -> Lab {
    let lab = Lab::new().await;
    lab.projects.set_quota(&lab.actor, &team(), Some(quota)).await.unwrap();
    lab
}

async fn used(lab: &Lab) -> i64 {
    lab.number("SELECT storage_used FROM projects WHERE name = 'team'").await
}

/// Asserts that it was refused, with what is used, allowed and needed.
pub(super) fn refused<T: std::fmt::Debug>(outcome: Result<T>, told: (u64, u64, u64)) {
    match outcome {
        Err(Error::QuotaExceeded { project, used, allowed, needed }) => {
            assert_eq!((project.as_str(), (used, allowed, needed)), ("team", told));
        }
        outcome => panic!("{outcome:?}"),
    }
}

/// A body that counts the pieces that were read of it.
fn counted(bytes: &[u8], read: &Arc<AtomicUsize>) -> super::UploadBody {
    let read = Arc::clone(read);
    let pieces: Vec<_> = bytes.chunks(10_000).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces)
        .map(move |piece| {
            read.fetch_add(1, Ordering::SeqCst);
            Ok(piece)
        })
        .boxed()
}

#[tokio::test]
async fn pushes_at_once_never_pass_the_quota_together() {
    let lab = limited(1_000).await;
    let labs = Arc::new([lab.beside().await, lab.beside().await]);
    let pushes = (0..24_u64).map(|at| {
        let labs = Arc::clone(&labs);
        tokio::spawn(async move {
            let (lab, bytes) = (&labs[at as usize % 2], noise(at, 150));
            let name = repo(&format!("team/r{}", at % 5));
            lab.uploads.put(&lab.actor, &name, &Digest::sha256(&bytes), None, body(&bytes)).await
        })
    });
    let outcomes: Vec<_> = join_all(pushes).await.into_iter().map(std::result::Result::unwrap).collect();
    let refusals = outcomes.iter().filter(|outcome| outcome.is_err());
    assert!(refusals.clone().all(|refusal| matches!(refusal, Err(Error::QuotaExceeded { needed: 150, .. }))));
    assert_eq!((refusals.count(), used(&lab).await), (18, 900));
    assert_eq!(lab.objects().await, 6, "what was refused is not stored");
    lab.is_exact().await;
}

#[tokio::test]
async fn mounts_and_digests_that_are_stored_already_count_like_pushes() {
    let lab = limited(1_000).await;
    let (first, second) = (noise(1, 600), noise(2, 600));
    for bytes in [&first, &second] {
        lab.push("other/source", bytes).await;
    }
    lab.push("team/app", &first).await;
    let digest = Digest::sha256(&second);
    let mounted = lab.blobs.mount(&lab.actor, &repo("team/app"), &digest, Some(&repo("other/source"))).await;
    refused(mounted, (600, 1_000, 600));
    let pushed = lab.uploads.put(&lab.actor, &repo("team/app"), &digest, None, body(&second)).await;
    refused(pushed, (600, 1_000, 600));
    // What the project has costs nothing in another repository of it.
    let there = Digest::sha256(&first);
    let mounted = lab.blobs.mount(&lab.actor, &repo("team/more"), &there, Some(&repo("team/app"))).await.unwrap();
    assert!(mounted.is_some());
    assert_eq!(used(&lab).await, 600);
    lab.is_exact().await;
}

#[tokio::test]
async fn a_length_that_cannot_fit_is_refused_before_a_byte_is_read() {
    let lab = limited(400_000).await;
    let (actor, name, bytes) = (&lab.actor, &repo("team/app"), noise(1, LARGE));
    let (digest, read) = (Digest::sha256(&bytes), Arc::new(AtomicUsize::new(0)));
    let told = (0, 400_000, LARGE as u64);
    let length = Some(LARGE as u64);
    refused(lab.uploads.put(actor, name, &digest, length, counted(&bytes, &read)).await, told);
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    refused(lab.uploads.append(actor, name, &id, None, length, counted(&bytes, &read)).await, told);
    assert!(matches!(lab.uploads.status(actor, name, &id).await, Err(Error::UploadNotFound)), "it can come to nothing");
    assert_eq!(read.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_comes_without_a_length_is_read_to_its_end_and_not_stored() {
    let lab = limited(400_000).await;
    let (actor, name, bytes) = (&lab.actor, &repo("team/app"), noise(1, LARGE));
    for start in [0, 100_000] {
        let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
        if start > 0 {
            lab.uploads.append(actor, name, &id, None, None, body(&bytes[..start])).await.unwrap();
        }
        let read = Arc::new(AtomicUsize::new(0));
        let appended = lab.uploads.append(actor, name, &id, None, None, counted(&bytes[start..], &read)).await;
        refused(appended, (0, 400_000, LARGE as u64));
        assert_eq!(read.load(Ordering::SeqCst), (LARGE - start) / 10_000);
        assert!(matches!(lab.uploads.status(actor, name, &id).await, Err(Error::UploadNotFound)));
    }
    assert_eq!((lab.objects().await, used(&lab).await), (0, 0));
    assert_eq!(
        lab.store.sweep(std::time::SystemTime::now()).await.unwrap().uploads,
        0,
        "no upload is left in the store"
    );
}

#[tokio::test]
async fn what_the_project_has_already_is_not_refused_early() {
    let lab = limited(LARGE as u64).await;
    let (actor, bytes) = (&lab.actor, noise(1, LARGE));
    lab.push("team/app", &bytes).await;
    let (name, digest, length) = (&repo("team/copy"), Digest::sha256(&bytes), Some(LARGE as u64));
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.uploads.append(actor, name, &id, None, length, body(&bytes)).await.unwrap();
    lab.uploads.commit(actor, name, &id, &digest, None, Some(0), nothing()).await.unwrap();
    lab.uploads.put(actor, &repo("team/third"), &digest, length, body(&bytes)).await.unwrap();
    // It could have been that one, and only its digest tells that it is not.
    let other = noise(2, LARGE);
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.uploads.append(actor, name, &id, None, length, body(&other)).await.unwrap();
    let committed = lab.uploads.commit(actor, name, &id, &Digest::sha256(&other), None, Some(0), nothing()).await;
    refused(committed, (LARGE as u64, LARGE as u64, LARGE as u64));
    assert!(matches!(lab.uploads.status(actor, name, &id).await, Err(Error::UploadNotFound)));
    assert_eq!((lab.objects().await, used(&lab).await), (1, LARGE as i64));
    assert_eq!(lab.store.sweep(std::time::SystemTime::now()).await.unwrap().uploads, 0);
}

#[tokio::test]
async fn a_limit_below_what_is_held_takes_nothing_away() {
    let lab = limited(1_000).await;
    let bytes = noise(1, 800);
    lab.push("team/app", &bytes).await;
    lab.projects.set_quota(&lab.actor, &team(), Some(500)).await.unwrap();
    assert_eq!(lab.read("team/app", &Digest::sha256(&bytes)).await.unwrap(), bytes);
    lab.push("team/copy", &bytes).await;
    let more = noise(2, 1);
    let pushed = lab.uploads.put(&lab.actor, &repo("team/app"), &Digest::sha256(&more), None, body(&more)).await;
    refused(pushed, (800, 500, 1));
    lab.projects.set_quota(&lab.actor, &team(), None).await.unwrap();
    lab.push("team/app", &more).await;
    lab.is_exact().await;
}
