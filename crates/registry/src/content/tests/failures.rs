//! What stays when something goes wrong: never a name without bytes, never bytes without an answer.

use super::{Lab, body, noise, nothing, repo};
use crate::{Error, Result};
use blobstore::{Fault, FaultyStore, MemoryStore, Operation};
use futures::{StreamExt as _, future::join_all, stream};
use oci::Digest;
use std::sync::Arc;

const LARGE: usize = 700_000;

async fn faulty() -> (Lab, FaultyStore<MemoryStore>) {
    let store = FaultyStore::new(MemoryStore::new());
    (Lab::with(Arc::new(store.clone())).await, store)
}

async fn rows(lab: &Lab) -> (i64, i64, i64) {
    (
        lab.number("SELECT COUNT(*) FROM blobs").await,
        lab.number("SELECT COUNT(*) FROM repository_blobs").await,
        lab.number("SELECT CAST(SUM(storage_used) AS BIGINT) FROM projects").await,
    )
}

#[tokio::test]
async fn no_row_speaks_of_an_object_that_was_not_stored() {
    for (operation, size) in
        [(Operation::Put, 10), (Operation::Begin, LARGE), (Operation::Write, LARGE), (Operation::Commit, LARGE)]
    {
        for fault in [Fault::Fail, Fault::Full, Fault::LoseAnswer] {
            let (lab, store) = faulty().await;
            let bytes = noise(1, size);
            let digest = Digest::sha256(&bytes);
            store.fail_nth(operation, 1, fault);
            let outcome = lab.uploads.put(&lab.actor, &repo("team/app"), &digest, None, body(&bytes)).await;
            match fault {
                Fault::Full => assert!(matches!(outcome, Err(Error::StorageFull)), "{operation:?}: {outcome:?}"),
                _ => assert!(matches!(outcome, Err(Error::Store(_))), "{operation:?}: {outcome:?}"),
            }
            assert_eq!(rows(&lab).await, (0, 0, 0), "{operation:?} {fault:?}");
            let stat = lab.blobs.stat(&lab.actor, &repo("team/app"), &digest).await;
            assert!(matches!(stat, Err(Error::BlobNotFound { .. } | Error::RepositoryNotFound { .. })), "{stat:?}");
            lab.push("team/app", &bytes).await;
            assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);
        }
    }
}

#[tokio::test]
async fn an_upload_survives_a_store_that_fails_for_a_while() {
    let (lab, store) = faulty().await;
    let (actor, name) = (&lab.actor, &repo("team/app"));
    let bytes = noise(2, LARGE);
    let digest = Digest::sha256(&bytes);
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.uploads.append(actor, name, &id, None, None, body(&bytes[..300_000])).await.unwrap();
    for operation in [Operation::Resume, Operation::Write, Operation::Pause] {
        store.fail_nth(operation, 1, Fault::Full);
        let outcome = lab.uploads.append(actor, name, &id, Some(300_000), None, body(&bytes[300_000..])).await;
        assert!(matches!(outcome, Err(Error::StorageFull)), "{operation:?}: {outcome:?}");
        assert_eq!(lab.uploads.status(actor, name, &id).await.unwrap().offset, 300_000, "{operation:?}");
    }
    lab.uploads.commit(actor, name, &id, &digest, Some(300_000), None, body(&bytes[300_000..])).await.unwrap();
    assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);
}

#[tokio::test]
async fn a_wrong_digest_leaves_no_trace() {
    let wrong = Digest::sha256(b"something else");
    for size in [0, 10, LARGE] {
        let lab = Lab::new().await;
        let (actor, name) = (&lab.actor, &repo("team/app"));
        let bytes = noise(3, size);
        let refused = lab.uploads.put(actor, name, &wrong, None, body(&bytes)).await;
        assert!(matches!(refused, Err(Error::DigestMismatch { .. })), "{refused:?}");

        let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
        lab.uploads.append(actor, name, &id, None, None, body(&bytes)).await.unwrap();
        let refused = lab.uploads.commit(actor, name, &id, &wrong, None, None, nothing()).await;
        assert!(matches!(refused, Err(Error::DigestMismatch { .. })), "{refused:?}");

        assert_eq!(rows(&lab).await, (0, 0, 0));
        assert_eq!(lab.number("SELECT COUNT(*) FROM uploads").await, 0);
        assert_eq!(lab.objects().await, 0);
        assert_eq!(lab.store.sweep(std::time::SystemTime::now()).await.unwrap().uploads, 0);
    }
}

#[tokio::test]
async fn what_the_quota_does_not_allow_is_not_kept() {
    let lab = Lab::new().await;
    lab.sql("UPDATE projects SET storage_quota = 1000 WHERE name = 'team'").await.unwrap();
    lab.push("team/app", &noise(1, 600)).await;
    let more = noise(2, 401);
    let refused = lab.uploads.put(&lab.actor, &repo("team/app"), &Digest::sha256(&more), None, body(&more)).await;
    assert!(
        matches!(&refused, Err(Error::QuotaExceeded { project, used: 600, allowed: 1000, needed: 401 }) if project == "team"),
        "{refused:?}"
    );
    assert_eq!(rows(&lab).await, (1, 1, 600));
    assert_eq!(lab.objects().await, 1);
    // What the project has already costs nothing more, and the rest still fits.
    lab.push("team/second", &noise(1, 600)).await;
    lab.push("team/app", &noise(3, 400)).await;
    assert_eq!(rows(&lab).await, (2, 3, 1000));
}

#[tokio::test]
async fn one_digest_pushed_by_many_is_one_row_and_one_object() {
    for size in [100, LARGE] {
        let lab = Arc::new(Lab::new().await);
        let bytes = noise(4, size);
        let digest = Digest::sha256(&bytes);
        let pushes = (0..24).map(|pusher| {
            let (lab, digest) = (Arc::clone(&lab), digest.clone());
            let bytes = if pusher % 6 == 5 { noise(5, size) } else { bytes.clone() };
            tokio::spawn(async move {
                let name = repo(&format!("team/app{}", pusher % 4));
                (pusher % 6 != 5, lab.uploads.put(&lab.actor, &name, &digest, None, body(&bytes)).await)
            })
        });
        for push in join_all(pushes).await {
            let (honest, outcome) = push.unwrap();
            match outcome {
                Ok(_) => assert!(honest),
                Err(error) => assert!(matches!(error, Error::DigestMismatch { .. }) && !honest, "{error:?}"),
            }
        }
        assert_eq!(rows(&lab).await, (1, 4, size as i64));
        assert_eq!(lab.objects().await, 1);
        assert_eq!(lab.read("team/app3", &digest).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn two_requests_on_one_upload_never_mix() {
    let (lab, store) = faulty().await;
    let lab = Arc::new(lab);
    let (actor, name) = (lab.actor.clone(), repo("team/app"));
    let start = noise(6, 300_000);
    let endings = [noise(7, 300_000), noise(8, 300_000)];
    let id = lab.uploads.begin(&actor, &name, None).await.unwrap().id;
    lab.uploads.append(&actor, &name, &id, None, None, body(&start)).await.unwrap();
    store.fail_always(Operation::Pause, Fault::Delay(std::time::Duration::from_secs(1)));
    let appends = endings.clone().map(|ending| {
        let (lab, actor, name, id) = (Arc::clone(&lab), actor.clone(), name.clone(), id.clone());
        tokio::spawn(async move { lab.uploads.append(&actor, &name, &id, Some(300_000), None, body(&ending)).await })
    });
    let outcomes: Vec<Result<_>> = join_all(appends).await.into_iter().map(std::result::Result::unwrap).collect();
    let won: Vec<usize> = (0..2).filter(|at| outcomes[*at].is_ok()).collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::UploadBusy))), "{outcomes:?}");
    let whole = [start, endings[won[0]].clone()].concat();
    let digest = Digest::sha256(&whole);
    lab.uploads.commit(&actor, &name, &id, &digest, None, None, nothing()).await.unwrap();
    assert_eq!(lab.read("team/app", &digest).await.unwrap(), whole);
}

#[tokio::test]
async fn an_upload_is_ended_once() {
    let lab = Arc::new(Lab::new().await);
    let (actor, name) = (lab.actor.clone(), repo("team/app"));
    for size in [100, LARGE] {
        let bytes = noise(9, size);
        let digest = Digest::sha256(&bytes);
        let id = lab.uploads.begin(&actor, &name, None).await.unwrap().id;
        lab.uploads.append(&actor, &name, &id, None, None, body(&bytes)).await.unwrap();
        let commits = (0..8).map(|_| {
            let (lab, actor, name, id, digest) =
                (Arc::clone(&lab), actor.clone(), name.clone(), id.clone(), digest.clone());
            tokio::spawn(async move { lab.uploads.commit(&actor, &name, &id, &digest, None, None, nothing()).await })
        });
        let outcomes: Vec<_> = join_all(commits).await.into_iter().map(std::result::Result::unwrap).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);
    }
    assert_eq!(lab.objects().await, 2);
}

#[tokio::test]
async fn a_client_that_goes_away_loses_nothing_that_arrived() {
    let lab = Arc::new(Lab::new().await);
    let (actor, name) = (lab.actor.clone(), repo("team/app"));
    let bytes = noise(10, LARGE);
    let id = lab.uploads.begin(&actor, &name, None).await.unwrap().id;
    let (close, closed) = tokio::sync::oneshot::channel::<()>();
    let (take, taken) = tokio::sync::oneshot::channel::<()>();
    let hanging = stream::once(async move {
        let _ = take.send(());
        let _ = closed.await;
        Err("gone".into())
    });
    let stuck = body(&bytes[..300_000]).chain(hanging).boxed();
    let append = tokio::spawn({
        let (lab, actor, name, id) = (Arc::clone(&lab), actor.clone(), name.clone(), id.clone());
        async move { lab.uploads.append(&actor, &name, &id, None, None, stuck).await }
    });
    taken.await.unwrap();
    append.abort();
    drop(close);
    let mut offset = 0;
    for _ in 0..6000 {
        offset = lab.uploads.status(&actor, &name, &id).await.unwrap().offset;
        if offset > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(offset, 300_000);
    let digest = Digest::sha256(&bytes);
    lab.uploads.commit(&actor, &name, &id, &digest, Some(offset), None, body(&bytes[300_000..])).await.unwrap();
}

#[tokio::test]
async fn an_announced_length_is_kept_to() {
    let lab = Lab::new().await;
    let (actor, name) = (&lab.actor, &repo("team/app"));
    let bytes = noise(11, 1000);
    let digest = Digest::sha256(&bytes);
    for length in [999, 1001] {
        let refused = lab.uploads.put(actor, name, &digest, Some(length), body(&bytes)).await;
        assert!(matches!(refused, Err(Error::LengthMismatch { expected, .. }) if expected == length), "{refused:?}");
    }
    assert_eq!(rows(&lab).await, (0, 0, 0));
    lab.uploads.put(actor, name, &digest, Some(1000), body(&bytes)).await.unwrap();
}

#[tokio::test]
async fn an_object_that_is_cut_short_is_never_served_as_whole() {
    let store = MemoryStore::new();
    let lab = Lab::with(Arc::new(store.clone())).await;
    let digest = lab.push("team/app", &noise(12, 5000)).await.digest;
    let location = crate::db::blobs::find_live(lab.content.db.reader(), &digest).await.unwrap().unwrap().location;
    store.truncate(&location, 4000);
    assert!(matches!(lab.read("team/app", &digest).await, Err(Error::Store(_))));
}
