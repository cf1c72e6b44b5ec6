//! Copies that are whole, and those that are not.

#![allow(clippy::unwrap_used)]

mod migration;

use super::{BackupError, keep_before_migration, restore, restore_kept};
use crate::{
    Actor, Clock as _, Error,
    content::NewManifest,
    jobs::{Ended, JobRequest},
    testing::{Lab, Place, backups_in},
};
use api_types::{CollectionReport, JobReport, NewProject};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use oci::{Digest, RepositoryName};
use serde_json::json;
use std::{
    io::Cursor,
    os::unix::fs::PermissionsExt as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A copy in a file of its own, as bytes.
async fn copy(lab: &Lab) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a copy");
    lab.backups.write_file(&lab.admin(), &path).await.unwrap();
    std::fs::read(path).unwrap()
}

/// Has a copy made that is kept.
async fn keep(lab: &Lab) {
    let id = lab.jobs.request(&lab.admin(), JobRequest::Backup).await.unwrap();
    assert!(matches!(lab.jobs.run(Some(id), std::future::pending()).await.unwrap(), Some(Ended::Done)));
}

/// Names of files in the folder of copies, in order.
fn kept(lab: &Lab) -> Vec<String> {
    let entries = std::fs::read_dir(lab.shelf.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn restored(lab: &Lab, copy: Vec<u8>, place: Place) -> Lab {
    restore(&place.database(), Cursor::new(copy)).await.unwrap();
    lab.elsewhere(place).await
}

/// A place of the other kind: what is copied from one can be restored into the other.
fn sqlite() -> Place {
    Place::Folder(Arc::new(tempfile::tempdir().unwrap()))
}

fn repository(number: usize) -> RepositoryName {
    format!("library/r{}", number % 3).parse().unwrap()
}

/// Pushes an image with a layer of its own; what was acknowledged.
async fn push(lab: &Lab, number: usize) -> (RepositoryName, String, Digest) {
    let (name, actor) = (repository(number), Actor::system());
    let layer = Bytes::from(format!("layer {number} {}", "x".repeat(number % 700)));
    let digest = Digest::sha256(&layer);
    let body = stream::iter([Ok(layer.clone())]).boxed();
    lab.uploads.put(&actor, &name, &digest, None, body).await.unwrap();
    let described = json!({ "mediaType": "text/plain", "digest": digest, "size": layer.len() });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described, "layers": [described],
    });
    let tag = format!("v{number}");
    let manifest = NewManifest {
        reference: tag.parse().unwrap(),
        tags: Vec::new(),
        content_type: None,
        bytes: Bytes::from(manifest.to_string()),
    };
    let digest = lab.manifests.put(&actor, &name, manifest).await.unwrap().digest;
    (name, tag, digest)
}

async fn pull(lab: &Lab, (name, tag, digest): &(RepositoryName, String, Digest)) {
    let actor = Actor::system();
    let manifest = lab.manifests.get(&actor, name, &tag.parse().unwrap(), false).await.unwrap();
    assert_eq!(manifest.digest, *digest, "{name}:{tag}");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.bytes).unwrap();
    let layer: Digest = manifest["layers"][0]["digest"].as_str().unwrap().parse().unwrap();
    let reader = lab.blobs.read(&actor, name, &layer).await.unwrap();
    let bytes: Vec<Bytes> = reader.open(0..reader.info.size).await.unwrap().try_collect().await.unwrap();
    assert!(layer.matches(&bytes.concat()), "{name}:{tag}");
}

async fn check(lab: &Lab) {
    let id = lab.jobs.request(&lab.admin(), JobRequest::Fsck { deep: true, rate: None }).await.unwrap();
    assert!(matches!(lab.jobs.run(Some(id), std::future::pending()).await.unwrap(), Some(Ended::Done)));
    let job = lab.jobs.get(&lab.admin(), id).await.unwrap().summary;
    let JobReport::Fsck(report) = job.report else { panic!("{job:?}") };
    assert_eq!(report.found, api_types::DamageCounts::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_was_acknowledged_before_a_copy_under_load_comes_back() {
    let lab = Arc::new(Lab::new().await);
    let (stop, acknowledged) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<_>>>::default());
    let pushing: Vec<_> = (0..4_usize)
        .map(|pusher| {
            let (lab, stop, acknowledged) = (Arc::clone(&lab), Arc::clone(&stop), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut number = pusher;
                while !stop.load(Ordering::Relaxed) {
                    let image = push(&lab, number).await;
                    acknowledged.lock().unwrap().push(image);
                    number += 4;
                }
            })
        })
        .collect();
    while acknowledged.lock().unwrap().len() < 60 {
        tokio::task::yield_now().await;
    }
    // A disk may be so slow that no push ends during a copy.
    let mut rounds = 0;
    let (before, copied) = loop {
        let before = acknowledged.lock().unwrap().clone();
        let copied = copy(&lab).await;
        rounds += 1;
        if acknowledged.lock().unwrap().len() > before.len() {
            break (before, copied);
        }
        assert!(rounds < 100, "nobody pushes meanwhile");
    };
    stop.store(true, Ordering::Relaxed);
    for pusher in pushing {
        pusher.await.unwrap();
    }
    // The database is gone; the store is as it is.
    for place in [Place::new().await, sqlite()] {
        let again = restored(&lab, copied.clone(), place).await;
        for image in &before {
            pull(&again, image).await;
        }
        check(&again).await;
        push(&again, 100_000).await;
        let [admins, projects] = ["SELECT COUNT(*) FROM users", "SELECT COUNT(*) FROM projects"];
        assert_eq!((again.number(admins).await, again.number(projects).await), (1, 1), "no second first start");
    }
}

#[tokio::test]
async fn ids_that_were_given_out_before_are_not_given_out_again() {
    let lab = Lab::new().await;
    let project = async |lab: &Lab, name: &str| {
        let new = NewProject { name: name.to_owned(), public: false, description: String::new() };
        lab.projects.create(&Actor::system(), &new).await.unwrap()
    };
    let deleted = project(&lab, "deleted").await;
    lab.sql(&format!("DELETE FROM projects WHERE id = {}", deleted.0)).await;
    let copied = copy(&lab).await;
    for place in [Place::new().await, sqlite()] {
        let again = restored(&lab, copied.clone(), place).await;
        assert_eq!(project(&again, "next").await.0, deleted.0 + 1);
    }
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_was() {
    let lab = Lab::new().await;
    lab.sql("INSERT INTO settings (key, value, updated_at) VALUES ('odd', 'é\\n\"''', -5)").await;
    lab.sql_with_bytes("UPDATE users SET link_hash = $1, link_expires_at = 9007199254740993", &[0, 255, 10]).await;
    lab.fill("library", 2).await;
    let copied = copy(&lab).await;
    for place in [Place::new().await, sqlite()] {
        let again = restored(&lab, copied.clone(), place).await;
        for (statement, expected) in [
            ("SELECT COUNT(*) FROM settings WHERE key = 'odd' AND value = 'é\\n\"''' AND updated_at = -5", 1),
            ("SELECT link_expires_at FROM users", 9_007_199_254_740_993),
            ("SELECT CAST(LENGTH(link_hash) AS BIGINT) FROM users", 3),
            ("SELECT COUNT(*) FROM users WHERE is_admin = TRUE AND must_change_password = FALSE", 1),
            ("SELECT COUNT(*) FROM manifests", 2),
        ] {
            assert_eq!(again.number(statement).await, expected, "{statement}");
        }
        check(&again).await;
    }
}

#[tokio::test]
async fn a_copy_that_was_cut_or_changed_restores_nothing() {
    let lab = Lab::new().await;
    lab.fill("library", 3).await;
    let whole = copy(&lab).await;
    let place = sqlite();
    let mut broken = vec![Vec::new(), b"no copy at all".to_vec(), whole[..whole.len() / 2].to_vec()];
    broken.push(whole[..whole.len() - 1].to_vec());
    for at in [whole.len() / 3, whole.len() / 2, whole.len() - 20] {
        let mut changed = whole.clone();
        changed[at] ^= 4;
        broken.push(changed);
    }
    for (at, copied) in broken.into_iter().enumerate() {
        let refused = restore(&place.database(), Cursor::new(copied)).await;
        assert!(refused.is_err(), "{at}: {refused:?}");
    }
    // It is as empty as before.
    restored(&lab, whole, place).await;
}

#[tokio::test]
async fn a_copy_is_restored_into_a_new_database_only() {
    let lab = Lab::new().await;
    let copied = copy(&lab).await;
    let refused = restore(&lab.database(), Cursor::new(copied)).await;
    assert!(matches!(refused, Err(BackupError::NotEmpty(_))), "{refused:?}");
}

#[tokio::test]
async fn nobody_but_administrators_copies() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let path = lab.shelf.path().join("a");
    for actor in [ada, Actor::anonymous()] {
        let refused = lab.backups.write_file(&actor, &path).await;
        let Err(BackupError::Registry(error)) = refused else { panic!("{refused:?}") };
        assert!(matches!(error, Error::AdministratorsOnly | Error::Unauthenticated), "{error}");
        assert!(lab.jobs.request(&actor, JobRequest::Backup).await.is_err());
        assert!(lab.backups.list(&actor).await.is_err() && lab.backups.plan(&actor).await.is_err());
    }
    assert_eq!(kept(&lab), Vec::<String>::new());
}

#[tokio::test]
async fn what_only_a_running_server_is_about_stays_behind() {
    let lab = Lab::new().await;
    lab.sql(
        "INSERT INTO sign_in_attempts (key, failures, next_allowed_at, updated_at) VALUES ('account:admin', 3, 0, 0)",
    )
    .await;
    lab.jobs.request(&lab.admin(), JobRequest::Fsck { deep: false, rate: None }).await.unwrap();
    let again = restored(&lab, copy(&lab).await, sqlite()).await;
    for table in ["sign_in_attempts", "jobs", "sessions", "uploads", "backups"] {
        assert_eq!(again.number(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
}

#[tokio::test]
async fn copies_that_are_kept_are_private_whole_and_rotated() {
    let lab = Lab::new().await;
    lab.fill("library", 1).await;
    std::fs::write(lab.shelf.path().join("somebody-elses"), "").unwrap();
    let mut written = Vec::new();
    for _ in 0..5 {
        lab.pass(Duration::from_secs(60));
        keep(&lab).await;
        written.push(lab.backups.list(&lab.admin()).await.unwrap().remove(0));
    }
    let names: Vec<_> = written[2..].iter().map(|copy| copy.name.clone()).collect();
    let expected: Vec<_> = names.iter().cloned().chain(["somebody-elses".to_owned()]).collect();
    assert_eq!(kept(&lab), expected, "the newest three, and what is not ours");
    let listed: Vec<_> = lab.backups.list(&lab.admin()).await.unwrap().into_iter().map(|copy| copy.name).collect();
    assert_eq!(listed, names.iter().rev().cloned().collect::<Vec<_>>());

    let newest = lab.shelf.path().join(&names[2]);
    let metadata = std::fs::metadata(&newest).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, written[4].size));
    assert!(lab.backups.write_file(&lab.admin(), &newest).await.is_err(), "a file is never written over");
    let plan = backups_in(lab.shelf.path());
    assert_eq!(plan.names().await.unwrap(), names);
    let place = sqlite();
    restore_kept(&place.database(), &plan, &names[2]).await.unwrap();
    let again = lab.elsewhere(place).await;
    // It knows of the copies before it, so that it keeps what they name.
    let listed: Vec<_> = again.backups.list(&again.admin()).await.unwrap().into_iter().map(|copy| copy.name).collect();
    assert!(listed.starts_with(&[names[1].clone(), names[0].clone()]), "{listed:?}");
    assert!(!listed.contains(&names[2]), "a copy does not speak of itself");
}

#[tokio::test]
async fn a_copy_from_before_a_migration_is_one_of_those_that_are_kept() {
    let lab = Lab::new().await;
    let pushed = push(&lab, 1).await;
    for _ in 0..3 {
        lab.pass(Duration::from_secs(60));
        keep(&lab).await;
    }
    lab.pass(Duration::from_secs(60));
    let plan = backups_in(lab.shelf.path());
    let copy = keep_before_migration(&lab.database(), &plan, lab.clock.now()).await.unwrap();
    assert_eq!(plan.names().await.unwrap().len(), 4);
    lab.backups.adopt(copy).await.unwrap();
    let mut listed: Vec<_> = lab.backups.list(&lab.admin()).await.unwrap().into_iter().map(|copy| copy.name).collect();
    listed.reverse();
    assert_eq!((plan.names().await.unwrap(), listed.len()), (listed.clone(), 3));
    let place = sqlite();
    restore_kept(&place.database(), &plan, &listed[2]).await.unwrap();
    pull(&lab.elsewhere(place).await, &pushed).await;
}

/// Takes away what may go; how many blobs did, and how many stay for a backup.
async fn collect(lab: &Lab) -> (u64, u64) {
    let report = run_collection(lab, false).await;
    (report.blobs, report.kept)
}

/// How many blobs would go.
async fn collect_dry(lab: &Lab) -> u64 {
    run_collection(lab, true).await.blobs
}

async fn run_collection(lab: &Lab, dry_run: bool) -> CollectionReport {
    let request = JobRequest::Collection { dry_run, grace: Some(Duration::ZERO) };
    let id = lab.jobs.request(&lab.admin(), request).await.unwrap();
    assert!(matches!(lab.jobs.run(Some(id), std::future::pending()).await.unwrap(), Some(Ended::Done)));
    match lab.jobs.get(&lab.admin(), id).await.unwrap().summary.report {
        JobReport::Collection(report) => report,
        other => panic!("{other:?}"),
    }
}

async fn untag(lab: &Lab, (name, _, digest): &(RepositoryName, String, Digest)) {
    let reference = digest.to_string().parse().unwrap();
    lab.manifests.delete(&Actor::system(), name, &reference).await.unwrap();
}

#[tokio::test]
async fn what_a_kept_copy_names_is_not_collected_before_the_copy_goes() {
    let lab = Lab::new().await;
    let (named, later) = (push(&lab, 1).await, push(&lab, 2).await);
    let gone_before = push(&lab, 3).await;
    untag(&lab, &gone_before).await;
    assert_eq!(collect(&lab).await, (1, 0), "no copy keeps anything");
    lab.pass(Duration::from_secs(1));
    keep(&lab).await;
    let first = kept(&lab).remove(0);
    untag(&lab, &named).await;
    let after = push(&lab, 4).await;
    untag(&lab, &after).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(collect_dry(&lab).await, 0, "a dry run knows of it");
    assert_eq!(collect(&lab).await, (0, 2), "one that is younger than the copy stays too, as nobody knows that");
    assert_eq!(collect(&lab).await, (0, 2));

    let plan = backups_in(lab.shelf.path());
    let place = sqlite();
    restore_kept(&place.database(), &plan, &first).await.unwrap();
    let again = lab.elsewhere(place).await;
    for image in [&named, &later] {
        pull(&again, image).await;
    }
    check(&again).await;

    // Three younger copies, and the first one is gone with all that only it named.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        lab.pass(Duration::from_secs(1));
        keep(&lab).await;
    }
    assert!(!kept(&lab).contains(&first));
    assert_eq!(collect(&lab).await, (2, 0));
    pull(&lab, &later).await;
    assert_eq!(lab.projects.verify_sums(&lab.admin()).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_pushed_again_and_deleted_again_stays_for_the_newer_copy() {
    let lab = Lab::new().await;
    let image = push(&lab, 1).await;
    keep(&lab).await;
    untag(&lab, &image).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(collect(&lab).await, (0, 1));
    // The same bytes: the same object, which is no garbage any more, and is named by the next copies.
    assert_eq!(push(&lab, 1).await, image);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        lab.pass(Duration::from_secs(1));
        keep(&lab).await;
    }
    untag(&lab, &image).await;
    assert_eq!(collect(&lab).await, (0, 1), "it was garbage before the oldest copy, and then it was not");
    let place = sqlite();
    restore_kept(&place.database(), &backups_in(lab.shelf.path()), &kept(&lab)[0]).await.unwrap();
    pull(&lab.elsewhere(place).await, &image).await;
}

#[tokio::test]
async fn for_a_copy_that_was_taken_away_blobs_stay_for_a_while() {
    let lab = Lab::new().await;
    let image = push(&lab, 1).await;
    let copied = copy(&lab).await;
    untag(&lab, &image).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(collect(&lab).await, (0, 1));
    let again = restored(&lab, copied, sqlite()).await;
    pull(&again, &image).await;
    check(&again).await;
    // The time is up, by the clock of the database.
    lab.sql("UPDATE backups SET held_until = begun_at").await;
    assert_eq!(collect(&lab).await, (1, 0));
}

#[tokio::test]
async fn one_of_several_processes_copies_once_an_interval() {
    let lab = Lab::new().await;
    let other = lab.replica().await;
    let hour = Duration::from_hours(1);
    for asked in 1..=2 {
        for lab in [&lab, &other, &lab] {
            lab.jobs.schedule(JobRequest::Backup, hour).await.unwrap();
        }
        assert_eq!(lab.number("SELECT COUNT(*) FROM jobs WHERE kind = 'backup'").await, asked);
        assert!(matches!(other.jobs.run(None, std::future::pending()).await.unwrap(), Some(Ended::Done)));
        lab.pass(hour);
        lab.sql(&format!("UPDATE jobs SET created_at = created_at - {}", hour.as_micros())).await;
    }
    assert_eq!(kept(&lab).len(), 2);
}

#[tokio::test]
async fn a_copy_that_cannot_be_written_leaves_nothing_behind() {
    let lab = Lab::new().await;
    let image = push(&lab, 1).await;
    // A file is where a folder must be.
    let wrong = lab.shelf.path().join("file");
    std::fs::write(&wrong, "").unwrap();
    assert!(lab.backups.write_file(&lab.admin(), &wrong.join("copy")).await.is_err());
    let taken = lab.shelf.path().join("taken");
    std::fs::write(&taken, "").unwrap();
    assert!(lab.backups.write_file(&lab.admin(), &taken).await.is_err());
    assert_eq!(kept(&lab), ["file", "taken"]);
    assert_eq!(lab.number("SELECT COUNT(*) FROM backups").await, 0);
    untag(&lab, &image).await;
    assert_eq!(collect(&lab).await, (1, 0), "nothing is kept for a copy that is not there");
}

#[tokio::test]
async fn where_blobs_were_then_is_not_restored() {
    let lab = Lab::new().await;
    for key in ["blobs_home", "blobs_whole"] {
        lab.sql(&format!("INSERT INTO settings (key, value, updated_at) VALUES ('{key}', 'folder /srv', 0)")).await;
    }
    let other = restored(&lab, copy(&lab).await, sqlite()).await;
    let known = "SELECT COUNT(*) FROM settings WHERE key LIKE 'blobs_%'";
    assert_eq!((lab.number(known).await, other.number(known).await), (2, 0));
}
