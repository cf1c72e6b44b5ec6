//! When a move is over, and what servers make of it that store here and there.

use super::{Lab, body, fsck, repo};
use crate::{
    Error,
    content::{Elsewhere, Settled},
    jobs::{Ended, JobRequest},
};
use api_types::{JobKind, JobReport, MoveReport};
use blobstore::{BlobStore, FolderStore, Location, MovingStore};
use oci::Digest;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;

/// Two folders, and what servers see in them.
struct Ground {
    before: TempDir,
    after: TempDir,
    /// A server that knows of the first folder alone.
    old: Lab,
}

fn folder(at: &TempDir) -> Arc<dyn BlobStore> {
    Arc::new(FolderStore::open(at.path()).unwrap())
}

impl Ground {
    async fn new() -> Self {
        let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let old = Lab::with(folder(&before)).await;
        Self { before, after, old }
    }

    /// A server that moves blobs into the second folder.
    async fn new_server(&self) -> Lab {
        let store = MovingStore::new(folder(&self.after), folder(&self.before));
        self.old.storing(Arc::new(store)).await
    }

    /// A server that reads from both, and stores into the first one.
    async fn swapped(&self) -> Lab {
        let store = MovingStore::new(folder(&self.before), folder(&self.after));
        self.old.storing(Arc::new(store)).await
    }

    /// A server that has moved a blob, which the second folder has lost since.
    async fn moved_and_lost(&self) -> (Lab, Digest) {
        let digest = self.old.push("team/app", b"lost").await.digest;
        let mover = self.new_server().await;
        assert!(move_all(&mover).await.switched);
        let location = fsck::location(&mover, &digest).await;
        std::fs::remove_file(path(&self.after, &location)).unwrap();
        (mover, digest)
    }

    /// The file of a blob in the first folder.
    async fn file(&self, digest: &Digest) -> PathBuf {
        let location = fsck::location(&self.old, digest).await;
        path(&self.before, &location)
    }
}

fn path(folder: &TempDir, location: &Location) -> PathBuf {
    folder.path().join(&location.as_str()[..2]).join(location.as_str())
}

async fn move_all(lab: &Lab) -> MoveReport {
    let id = lab.jobs.request(&lab.actor, JobRequest::Move).await.unwrap();
    let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
    match lab.jobs.get(&lab.actor, id).await.unwrap().summary.report {
        JobReport::Move(report) => report,
        other => panic!("{other:?}"),
    }
}

fn is_retired(lab: &Lab) -> bool {
    lab.store.moving().unwrap().is_retired()
}

/// Whether a server would take a job that was asked for.
async fn is_due(lab: &Lab, kind: JobKind) -> bool {
    tokio::time::timeout(Duration::from_secs(2), lab.jobs.due(kind)).await.is_ok()
}

/// What becomes of a push of something that nobody has.
async fn refused(lab: &Lab, bytes: &[u8]) -> Error {
    let pushed = lab.uploads.put(&lab.actor, &repo("team/app"), &Digest::sha256(bytes), None, body(bytes)).await;
    pushed.unwrap_err()
}

#[tokio::test]
async fn once_nothing_is_missing_no_server_asks_the_place_of_before() {
    let ground = Ground::new().await;
    let first = ground.old.push("team/app", b"first").await.digest;
    let (mover, other) = (ground.new_server().await, ground.new_server().await);
    let second = other.push("team/app", b"second").await.digest;
    let report = move_all(&mover).await;
    assert_eq!((report.copied, report.failed, report.switched), (1, 0, true), "{report:?}");
    assert!(is_retired(&mover) && !is_retired(&other));
    assert!(other.maintenance.follow_home().await.unwrap() && is_retired(&other));

    std::fs::remove_dir_all(ground.before.path()).unwrap();
    for lab in [&mover, &other] {
        assert_eq!(lab.read("team/app", &first).await.unwrap(), b"first");
        assert_eq!(lab.read("team/app", &second).await.unwrap(), b"second");
    }
    let third = other.push("team/app", b"third").await.digest;
    other.blobs.delete(&other.actor, &repo("team/app"), &first).await.unwrap();
    mover.collect(false, Duration::from_hours(1)).await;
    assert_eq!(mover.objects().await, 2);
    assert_eq!(fsck::check(&mover, true).await.found.damaged(), 0);
    mover.maintenance.sweep().await.unwrap();

    // Whoever starts with the old settings finds nothing there, and needs nothing.
    let late = ground.new_server().await;
    assert_eq!(late.maintenance.settle().await.unwrap(), Settled::Here);
    assert!(late.maintenance.follow_home().await.unwrap() && is_retired(&late));
    assert_eq!(late.read("team/app", &third).await.unwrap(), b"third");
    let again = move_all(&late).await;
    assert_eq!((again.copied, again.pass, again.switched), (0, 1, true), "{again:?}");
}

#[tokio::test]
async fn nothing_is_recorded_elsewhere_once_a_move_is_over() {
    let ground = Ground::new().await;
    let swapped = ground.swapped().await;
    let before = swapped.push("team/app", b"before the end").await.digest;
    let mover = ground.new_server().await;
    assert!(move_all(&mover).await.switched);
    let kept = ground.old.objects().await;
    for lab in [&ground.old, &swapped] {
        let error = refused(lab, b"after the end").await;
        assert!(matches!(&error, Error::Internal(_)), "{error:?}");
        assert_eq!(ground.old.objects().await, kept, "what was refused is not kept");
        // A look at a place where blobs are not at home concludes nothing.
        let id = fsck::ask(lab, false).await;
        assert!(!lab.maintenance.follow_home().await.unwrap());
        assert!(!is_due(lab, JobKind::Fsck).await && is_due(&mover, JobKind::Fsck).await);
        lab.sql("UPDATE blobs SET size = size + 1").await.unwrap();
        let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
        assert!(matches!(ended, Some(Ended::Broke(Error::Internal(_)))), "{ended:?}");
        lab.sql("UPDATE blobs SET size = size - 1").await.unwrap();
        lab.jobs.cancel(&lab.actor, id).await.unwrap();
    }
    assert_eq!(mover.number("SELECT COUNT(*) FROM blobs WHERE state = 'damaged'").await, 0);
    // What is there already is linked, whoever is asked.
    swapped.push("team/other", b"before the end").await;
    mover.push("team/app", b"after the end").await;
    assert_eq!(mover.read("team/app", &before).await.unwrap(), b"before the end");
}

#[tokio::test]
async fn a_server_that_starts_and_stores_elsewhere_ends_it() {
    let ground = Ground::new().await;
    ground.old.push("team/app", b"first").await;
    let mover = ground.new_server().await;
    assert!(move_all(&mover).await.switched);
    let back = ground.swapped().await;
    assert_eq!(back.maintenance.settle().await.unwrap(), Settled::Moved);
    let late = back.push("team/app", b"late").await.digest;
    // It has not heard of that yet, and finds it all the same.
    assert!(is_retired(&mover));
    assert_eq!(mover.read("team/app", &late).await.unwrap(), b"late");
    assert!(!mover.maintenance.follow_home().await.unwrap() && !is_retired(&mover));
    // All the way back, to where the first one was left behind.
    mover.push("team/app", b"later").await;
    let report = move_all(&back).await;
    assert_eq!((report.copied, report.switched), (1, true), "{report:?}");
    assert!(matches!(refused(&mover, b"too late").await, Error::Internal(_)));
    assert_eq!(ground.old.objects().await, 3);
}

#[tokio::test]
async fn a_server_that_was_forgotten_ends_nothing_when_it_starts() {
    let ground = Ground::new().await;
    for number in 0..10 {
        ground.old.push("team/app", format!("before {number}").as_bytes()).await;
    }
    let mover = ground.new_server().await;
    assert!(move_all(&mover).await.switched);
    let late = mover.push("team/app", b"late").await.digest;
    let (home, place) = (folder(&ground.after).place(), folder(&ground.before).place());
    let elsewhere = Elsewhere { home, place, newest: 5, missing: 1 };
    assert_eq!(ground.old.maintenance.settle().await.unwrap(), Settled::Elsewhere(elsewhere.clone()));
    assert!(mover.maintenance.follow_home().await.unwrap() && is_retired(&mover));
    // A check from there, which only a command asks for, takes nothing out of service.
    let id = fsck::ask(&ground.old, false).await;
    let ended = ground.old.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Broke(Error::Internal(_)))), "{ended:?}");
    ground.old.jobs.cancel(&ground.old.actor, id).await.unwrap();
    let kept = mover.objects().await;
    ground.old.collect(false, Duration::from_hours(1)).await;
    assert_eq!(mover.number("SELECT COUNT(*) FROM blobs WHERE state = 'damaged'").await, 0);
    assert_eq!(mover.objects().await, kept);

    // Whoever says that the other place is lost begins with what is there.
    assert_eq!(ground.old.maintenance.elsewhere().await.unwrap(), Some(elsewhere));
    let (old, actor) = (&ground.old, &ground.old.actor);
    assert!(old.maintenance.accept_place(actor).await.unwrap());
    assert!(!mover.maintenance.follow_home().await.unwrap());
    assert_eq!(old.maintenance.settle().await.unwrap(), Settled::Here);
    assert_eq!(fsck::check(old, false).await.found.damaged(), 1);
    old.push("team/app", b"late").await;
    assert_eq!(old.read("team/app", &late).await.unwrap(), b"late");
    assert!(!old.maintenance.accept_place(actor).await.unwrap());
    assert_eq!(old.number("SELECT COUNT(*) FROM audit_events WHERE action = 'storage.accept'").await, 1);
}

#[tokio::test]
async fn an_object_of_another_length_is_not_the_blob() {
    let ground = Ground::new().await;
    let digest = ground.old.push("team/app", b"whole").await.digest;
    let mover = ground.new_server().await;
    assert!(move_all(&mover).await.switched);
    let (file, swapped) = (ground.file(&digest).await, ground.swapped().await);
    std::fs::write(&file, b"cut").unwrap();
    for lab in [&ground.old, &swapped] {
        let settled = lab.maintenance.settle().await.unwrap();
        assert!(matches!(&settled, Settled::Elsewhere(Elsewhere { newest: 1, missing: 1, .. })), "{settled:?}");
    }
    // What is not where it stores is read from the other place, which it will do.
    std::fs::remove_file(&file).unwrap();
    assert_eq!(swapped.maintenance.settle().await.unwrap(), Settled::Moved);
}

#[tokio::test]
async fn where_there_are_no_blobs_every_place_will_do() {
    let ground = Ground::new().await;
    assert!(move_all(&ground.new_server().await).await.switched);
    assert_eq!(ground.old.maintenance.settle().await.unwrap(), Settled::Moved);
}

#[tokio::test]
async fn a_place_that_gets_another_name_takes_blobs_as_before() {
    let ground = Ground::new().await;
    let first = ground.old.push("team/app", b"first").await.digest;
    assert!(move_all(&ground.new_server().await).await.switched);
    let elsewhere = tempfile::tempdir().unwrap();
    let renamed = elsewhere.path().join("blobs");
    std::fs::rename(ground.after.path(), &renamed).unwrap();
    let server = ground.old.storing(Arc::new(FolderStore::open(&renamed).unwrap())).await;
    let told = refused(&server, b"too early").await;
    let why = std::error::Error::source(&told).unwrap().to_string();
    assert!(why.contains("restart it") && why.contains("names of one place"), "{why}");
    assert_eq!(server.maintenance.settle().await.unwrap(), Settled::Moved);
    let second = server.push("team/app", b"second").await.digest;
    for (digest, bytes) in [(&first, &b"first"[..]), (&second, &b"second"[..])] {
        assert_eq!(server.read("team/app", digest).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn what_cannot_be_copied_keeps_the_place_of_before() {
    let ground = Ground::new().await;
    let harmed = ground.old.push("team/app", b"harmed").await.digest;
    let gone = ground.old.push("team/app", b"gone").await.digest;
    std::fs::write(ground.file(&harmed).await, b"HARMED").unwrap();
    std::fs::remove_file(ground.file(&gone).await).unwrap();
    let mover = ground.new_server().await;
    let report = move_all(&mover).await;
    assert_eq!((report.failed, report.switched, report.finished), (2, false, true), "{report:?}");
    assert!(!mover.maintenance.follow_home().await.unwrap() && !is_retired(&mover));
    // In quarantine what is nowhere cannot be missed, and what is somewhere may be wanted.
    assert_eq!(fsck::check(&mover, true).await.found.damaged(), 2);
    let report = move_all(&mover).await;
    assert_eq!((report.failed, report.switched), (1, false), "{report:?}");
    mover.push("team/app", b"harmed").await;
    let report = move_all(&mover).await;
    assert_eq!((report.copied, report.failed, report.switched), (0, 0, true), "{report:?}");
    assert_eq!(mover.read("team/app", &harmed).await.unwrap(), b"harmed");
}

#[tokio::test]
async fn what_is_whole_in_quarantine_is_moved_too() {
    let ground = Ground::new().await;
    let digest = ground.old.push("team/app", b"whole").await.digest;
    ground.old.sql("UPDATE blobs SET state = 'damaged'").await.unwrap();
    let mover = ground.new_server().await;
    let report = move_all(&mover).await;
    assert_eq!((report.copied, report.switched), (1, true), "{report:?}");
    std::fs::remove_dir_all(ground.before.path()).unwrap();
    fsck::check(&mover, false).await;
    assert_eq!(mover.read("team/app", &digest).await.unwrap(), b"whole");
}

#[tokio::test]
async fn what_the_new_place_has_lost_is_missed_although_the_place_of_before_has_it() {
    let ground = Ground::new().await;
    let (mover, digest) = ground.moved_and_lost().await;
    assert_eq!(mover.read("team/app", &digest).await.unwrap(), b"lost");
    assert_eq!(fsck::check(&mover, false).await.found.damaged(), 1);
    // It is put back by the next move.
    let report = move_all(&mover).await;
    assert_eq!((report.copied, report.switched), (1, true), "{report:?}");
    fsck::check(&mover, false).await;
    std::fs::remove_dir_all(ground.before.path()).unwrap();
    assert_eq!(mover.read("team/app", &digest).await.unwrap(), b"lost");
}

#[tokio::test]
async fn what_is_missed_later_takes_back_that_nothing_is() {
    let ground = Ground::new().await;
    let (mover, digest) = ground.moved_and_lost().await;
    std::fs::write(ground.file(&digest).await, b"LOST").unwrap();
    let report = move_all(&mover).await;
    assert_eq!((report.failed, report.switched), (1, false), "{report:?}");
    assert!(!is_retired(&mover) && !mover.maintenance.follow_home().await.unwrap());
    // The place stays the only one that takes anything.
    assert!(matches!(refused(&ground.old, b"elsewhere").await, Error::Internal(_)));
}

#[tokio::test]
async fn a_move_is_done_by_who_stores_where_it_leads() {
    let ground = Ground::new().await;
    ground.old.push("team/app", b"first").await;
    let (mover, swapped) = (ground.new_server().await, ground.swapped().await);
    let id = mover.jobs.request(&mover.actor, JobRequest::Move).await.unwrap();
    for (lab, takes) in [(&ground.old, false), (&swapped, false), (&mover, true)] {
        assert_eq!(is_due(lab, JobKind::Move).await, takes);
    }
    let ended = swapped.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Broke(Error::Internal(_)))), "{ended:?}");
    assert_eq!(mover.number("SELECT COUNT(*) FROM settings WHERE key LIKE 'blobs_%'").await, 0);
    swapped.push("team/app", b"second").await;
}

#[tokio::test]
async fn a_place_is_not_moved_into_itself() {
    let ground = Ground::new().await;
    ground.old.push("team/app", b"kept").await;
    let twice = MovingStore::new(folder(&ground.before), folder(&ground.before));
    let twice = ground.old.storing(Arc::new(twice)).await;
    assert!(twice.maintenance.moves_into_itself().await.unwrap());
    let id = twice.jobs.request(&twice.actor, JobRequest::Move).await.unwrap();
    let ended = twice.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Broke(Error::Internal(_)))), "{ended:?}");
    assert_eq!(twice.number("SELECT COUNT(*) FROM settings WHERE key LIKE 'blobs_%'").await, 0);
    assert!(!ground.new_server().await.maintenance.moves_into_itself().await.unwrap());
}
