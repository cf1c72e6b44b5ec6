//! Requests that take long, and what happens meanwhile.

use super::{Lab, body, noise, nothing, repo};
use crate::{
    Actor, Error, Result, Subject,
    access::UserId,
    content::{BlobReceipt, UploadBody},
};
use futures::{StreamExt as _, stream};
use oci::{Digest, RepositoryName, UploadId};
use std::sync::Arc;
use tokio::{sync::oneshot, task::JoinHandle};

/// A body of which the last part comes when the sender is told, and who hears when all before that was taken.
fn slow(first: &[u8], last: &[u8]) -> (oneshot::Sender<()>, oneshot::Receiver<()>, UploadBody) {
    let ((go, told), (take, taken)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    let last = bytes::Bytes::copy_from_slice(last);
    let rest = stream::once(async move {
        let _ = take.send(());
        let _ = told.await;
        Ok(last)
    });
    (go, taken, body(first).chain(rest).boxed())
}

struct Slow {
    lab: Arc<Lab>,
    name: RepositoryName,
    id: UploadId,
}

impl Slow {
    /// An upload with `start` in it.
    async fn begun(lab: Lab, start: &[u8]) -> Self {
        let (lab, name) = (Arc::new(lab), repo("team/app"));
        let id = lab.uploads.begin(&lab.actor, &name, None).await.unwrap().id;
        lab.uploads.append(&lab.actor, &name, &id, None, None, body(start)).await.unwrap();
        Self { lab, name, id }
    }

    fn commit(&self, actor: &Actor, digest: &Digest, body: UploadBody) -> JoinHandle<Result<BlobReceipt>> {
        let (lab, name, id) = (Arc::clone(&self.lab), self.name.clone(), self.id.clone());
        let (actor, digest) = (actor.clone(), digest.clone());
        tokio::spawn(async move { lab.uploads.commit(&actor, &name, &id, &digest, None, None, body).await })
    }
}

#[tokio::test]
async fn a_request_that_is_sent_again_does_not_harm_the_first_one() {
    let whole = noise(1, 600_000);
    let digest = Digest::sha256(&whole);
    let slow_one = Slow::begun(Lab::new().await, &whole[..300_000]).await;
    let (go, taken, first) = slow(&whole[300_000..400_000], &whole[400_000..]);
    let first = slow_one.commit(&slow_one.lab.actor, &digest, first);
    taken.await.unwrap();
    let second = slow_one.commit(&slow_one.lab.actor, &digest, body(&whole[300_000..])).await.unwrap();
    assert!(matches!(second, Err(Error::UploadBusy)), "{second:?}");
    go.send(()).unwrap();
    assert_eq!(first.await.unwrap().unwrap().digest, digest);
    assert_eq!(slow_one.lab.read("team/app", &digest).await.unwrap(), whole);
}

#[tokio::test]
async fn an_old_request_that_ends_late_takes_nothing_away() {
    let whole = noise(2, 600_000);
    let digest = Digest::sha256(&whole);
    for wrong in [false, true] {
        let upload = Slow::begun(Lab::new().await, &whole[..300_000]).await;
        let stale = Digest::sha256(if wrong { b"something else" } else { &whole[..300_000] });
        let (go, taken, late) = slow(b"", b"");
        let late = upload.commit(&upload.lab.actor, &stale, late);
        taken.await.unwrap();
        let (actor, name, id) = (&upload.lab.actor, &upload.name, &upload.id);
        upload.lab.uploads.append(actor, name, id, None, None, body(&whole[300_000..])).await.unwrap();
        go.send(()).unwrap();
        let late = late.await.unwrap();
        assert!(matches!(late, Err(Error::UploadBusy)), "{late:?}");
        upload.lab.uploads.commit(actor, name, id, &digest, None, None, nothing()).await.unwrap();
        assert_eq!(upload.lab.read("team/app", &digest).await.unwrap(), whole);
    }
}

#[tokio::test]
async fn rights_that_end_while_a_body_comes_end_the_upload() {
    let whole = noise(3, 400_000);
    let digest = Digest::sha256(&whole);
    let upload = Slow::begun(Lab::new().await, &whole[..300_000]).await;
    let lab = &upload.lab;
    lab.sql("INSERT INTO users (id, username, created_at) VALUES (7, 'ada', 0)").await.unwrap();
    lab.sql("INSERT INTO members (project_id, user_id, role, created_at) SELECT id, 7, 2, 0 FROM projects WHERE name = 'team'")
        .await
        .unwrap();
    let ada = Actor::new(Subject::User(UserId(7)), "ada");
    let (go, taken, rest) = slow(&whole[300_000..350_000], &whole[350_000..]);
    let commit = upload.commit(&ada, &digest, rest);
    let (go_put, put_taken, put) = slow(&whole[..1], &whole[1..]);
    let put = {
        let (lab, ada, name, digest) = (Arc::clone(lab), ada.clone(), repo("team/other"), digest.clone());
        tokio::spawn(async move { lab.uploads.put(&ada, &name, &digest, None, put).await })
    };
    taken.await.unwrap();
    put_taken.await.unwrap();
    lab.sql("UPDATE users SET disabled_at = 1 WHERE id = 7").await.unwrap();
    lab.content.access.forget();
    go.send(()).unwrap();
    go_put.send(()).unwrap();
    for refused in [commit.await.unwrap(), put.await.unwrap()] {
        assert!(matches!(refused, Err(Error::Unauthenticated)), "{refused:?}");
    }
    assert_eq!(lab.objects().await, 0);
    // What was acknowledged before stands, for those who still may.
    let offset = lab.uploads.status(&lab.actor, &upload.name, &upload.id).await.unwrap().offset;
    assert_eq!(offset, 300_000);
    lab.uploads
        .commit(&lab.actor, &upload.name, &upload.id, &digest, None, None, body(&whole[300_000..]))
        .await
        .unwrap();
}
