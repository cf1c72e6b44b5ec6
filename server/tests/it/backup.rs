//! Copies of the database: beside live pushes, from the command line and the console, into a folder and a bucket, and back.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use oci::Digest;
use registry::{Database, backup, jobs::Ended};
use serde_json::Value;
use server::storage;

use crate::{
    harness::{Repository, TestApp, digest_of, process::beside},
    v2::bucket,
};

/// An image that was acknowledged: its tag, and the digest of its manifest.
type Image = (String, Digest);

/// Pushes images with a layer of their own for as long as it may, and notes each that was acknowledged.
async fn push(repository: Repository, pusher: usize, stop: Arc<AtomicBool>, acknowledged: Arc<Mutex<Vec<Image>>>) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let tag = format!("v{pusher}-{number}");
        let digest = repository.push_image(&tag, &tag).await;
        acknowledged.lock().unwrap().push((tag, digest));
        number += 1;
    }
}

/// Asserts that an image can be pulled, to the last byte.
async fn pull(repository: &Repository, (tag, digest): &Image) {
    let manifest = repository.get(&format!("manifests/{tag}")).await;
    assert_eq!(manifest.status(), 200, "{tag}");
    let manifest = manifest.bytes().await.unwrap();
    assert_eq!(digest_of(&manifest), *digest, "{tag}");
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let answer = repository.get(&format!("blobs/{layer}")).await;
    assert_eq!(answer.status(), 200, "{tag}");
    assert_eq!(digest_of(answer.bytes().await.unwrap()).as_str(), layer, "{tag}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_backup_under_load_is_there_after_wipe_and_restore() {
    let app = TestApp::start().await;
    let repository = || Repository::new(app.admin(), "library/app");
    let (stop, acknowledged) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<Image>>>::default());
    let pushing: Vec<_> = (0..3)
        .map(|pusher| tokio::spawn(push(repository(), pusher, Arc::clone(&stop), Arc::clone(&acknowledged))))
        .collect();
    let count = || acknowledged.lock().unwrap().len();
    while count() < 20 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let before = acknowledged.lock().unwrap().clone();
    let made = beside(&app, &["backup"]).await;
    let (printed, told) = (String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
    assert!(made.status.success(), "{told}");
    assert!(printed.starts_with("slipway-2") && printed.contains(".backup.gz: "), "{printed}");
    assert!(told.contains("secret.key") && told.contains("neither are the blobs"), "{told}");
    assert!(count() > before.len(), "nobody pushed meanwhile");
    stop.store(true, Ordering::Relaxed);
    for pusher in pushing {
        pusher.await.unwrap();
    }

    // Half of it is deleted, and nothing that the copy names goes.
    for (_, digest) in before.iter().step_by(2) {
        assert_eq!(repository().delete(&format!("manifests/{digest}")).await.status(), 202);
    }
    let collected = beside(&app, &["gc", "--grace", "0s"]).await;
    assert!(collected.status.success(), "{}", String::from_utf8_lossy(&collected.stderr));

    // The database is another one, which is new.
    let elsewhere = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", elsewhere.path().join("new.db").display());
    let setting = format!("database.url={url}");
    let restored = beside(&app, &["restore", "--latest", "--verify", "--set", &setting]).await;
    let printed = String::from_utf8_lossy(&restored.stdout);
    assert!(restored.status.success(), "{printed}{}", String::from_utf8_lossy(&restored.stderr));
    assert!(printed.starts_with("Restored ") && printed.ends_with("Nothing is damaged.\n"), "{printed}");
    let again = beside(&app, &["restore", "--latest", "--set", &setting]).await;
    assert!(String::from_utf8_lossy(&again.stderr).contains("not empty"), "{again:?}");
    let checked = beside(&app, &["fsck", "--deep", "--set", &setting]).await;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

    let folder = app.folder.path().to_str().unwrap().to_owned();
    let again = TestApp::builder().set("data_dir", &folder).set("database.url", &url).start().await;
    let restored = Repository::new(again.admin(), "library/app");
    for image in &before {
        pull(&restored, image).await;
    }
    restored.push_image("next", "next").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_restores_an_older_copy_is_told_that_there_are_newer_ones() {
    let app = TestApp::start().await;
    let made = beside(&app, &["backup"]).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let older = String::from_utf8_lossy(&made.stdout).split(':').next().unwrap().to_owned();
    let (shelf, newer) = (app.folder.path().join("backups"), "slipway-99991231T235959Z.backup.gz");
    std::fs::copy(shelf.join(&older), shelf.join(newer)).unwrap();
    let file = shelf.join(&older).display().to_string();
    let elsewhere = tempfile::tempdir().unwrap();
    for (number, (copy, is_older)) in
        [(older.as_str(), true), (file.as_str(), true), (newer, false), ("--latest", false)].into_iter().enumerate()
    {
        let new = elsewhere.path().join(format!("{number}.db"));
        let setting = format!("database.url=sqlite:{}", new.display());
        let restored = beside(&app, &["restore", copy, "--set", &setting]).await;
        let told = String::from_utf8_lossy(&restored.stderr);
        assert!(restored.status.success(), "{copy}: {told}");
        let warning = format!("newer copies in {}; the newest is {newer}", shelf.display());
        assert_eq!(told.contains(&warning), is_older, "{copy}: {told}");
    }
}

#[tokio::test]
async fn a_backup_goes_into_the_bucket_of_the_blobs_and_comes_back_from_there() {
    let (app, memory, _) = bucket::start(&[("prefix", "team"), ("redirect", "false")]).await;
    let repository = Repository::new(app.admin(), "library/app");
    let image = ("v1".to_owned(), repository.push_image("v1", "v1").await);
    let mut admin = app.signed_in("admin").await;
    assert_eq!(admin.call("request_backup", &[]).await.status(), 200);
    assert!(matches!(app.registry.jobs.run(None, std::future::pending()).await.unwrap(), Some(Ended::Done)));
    let state: Value = admin.read("background/backups").await.json().await.unwrap();
    let name = state["copies"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!((&state["copies"][0]["place"], &state["plan"]["place"]), (&"bucket".into(), &"bucket".into()));
    assert!(memory.keys().contains(&format!("team/backups/{name}")), "{:?}", memory.keys());

    let plan = storage::open(&app.config).await.unwrap().backups;
    assert_eq!(plan.names().await.unwrap(), std::slice::from_ref(&name));
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("new.db");
    backup::restore_kept(&Database::Sqlite(path.clone()), &plan, &name).await.unwrap();
    let server::config::Storage::S3(options) = &app.config.storage else { panic!("blobs are in a bucket") };
    let again = TestApp::builder()
        .set("data_dir", app.folder.path().to_str().unwrap())
        .set("database.url", &format!("sqlite:{}", path.display()))
        .set("storage.s3.bucket", test_s3::BUCKET)
        .set("storage.s3.endpoint", options.endpoint.as_deref().unwrap())
        .set("storage.s3.access_key", test_s3::ACCESS_KEY)
        .set("storage.s3.secret_key", test_s3::SECRET_KEY)
        .set("storage.s3.prefix", "team")
        .set("storage.s3.redirect", "false")
        .start()
        .await;
    pull(&Repository::new(again.admin(), "library/app"), &image).await;
}

#[tokio::test]
async fn the_page_of_the_system_shows_backups_and_makes_one() {
    let app = TestApp::builder().set("backup.interval", "24h").set("backup.keep", "2").start().await;
    let mut admin = app.signed_in("admin").await;
    let page = admin.open("/admin/system").await.text().await.unwrap();
    for words in ["No backup yet", "Back up now", "24 hours", "newest 2", "/backups"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(admin.call("request_backup", &[]).await.status(), 200);
    let again = admin.call("request_backup", &[]).await.text().await.unwrap();
    assert!(again.contains("job_unfinished"), "{again}");
    app.registry.jobs.run(None, std::future::pending()).await.unwrap();
    let page = admin.open("/admin/system").await.text().await.unwrap();
    let state: Value = admin.read("background/backups").await.json().await.unwrap();
    let name = state["copies"][0]["name"].as_str().unwrap();
    assert!(page.contains(name) && !page.contains("No backup yet"), "{page}");
    // It is in the log of who did what.
    let page = admin.open("/activity").await.text().await.unwrap();
    assert!(page.contains(name), "{page}");
}
