//! Moving blobs from a folder into a bucket and back, beside clients that push and pull.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use api_types::{Finding, JobReport, JobState};
use oci::Digest;
use registry::{
    Actor,
    jobs::{Ended, JobRequest},
};
use serde_json::Value;
use server::{config::Storage, storage};
use test_s3::{LEAST_PART, Memory};

use crate::harness::{
    Repository, TestApp, digest_of,
    process::{beside, refused_start},
};

/// More than one part.
const LARGE: usize = 9 << 20;

/// The table of a configuration whose blobs are in a bucket.
fn bucket(url: &str) -> String {
    format!(
        "[storage.s3]\nbucket = '{}'\nendpoint = '{url}'\naccess_key = '{}'\nsecret_key = '{}'\nredirect = false\n",
        test_s3::BUCKET,
        test_s3::ACCESS_KEY,
        test_s3::SECRET_KEY
    )
}

/// What every test here has: blobs in a folder, and an empty bucket.
struct Ground {
    first: TestApp,
    memory: Memory,
    url: String,
}

impl Ground {
    async fn new() -> Self {
        let memory = Memory::new(LEAST_PART);
        let url = memory.serve().await;
        Self { first: TestApp::start().await, memory, url }
    }

    /// Keeps a configuration file; its path.
    fn before(&self, name: &str, text: &str) -> String {
        let path = self.first.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn folder_before(&self) -> String {
        self.before("folder.toml", &format!("data_dir = '{}'\n", self.first.folder.path().display()))
    }

    fn bucket_before(&self) -> String {
        self.before("bucket.toml", &bucket(&self.url))
    }

    /// The same registry with its blobs in the bucket.
    async fn in_bucket(&self, previous: Option<&str>) -> TestApp {
        let builder = TestApp::builder()
            .beside(&self.first)
            .set("storage.s3.bucket", test_s3::BUCKET)
            .set("storage.s3.endpoint", &self.url)
            .set("storage.s3.access_key", test_s3::ACCESS_KEY)
            .set("storage.s3.secret_key", test_s3::SECRET_KEY)
            .set("storage.s3.redirect", "false");
        previous.into_iter().fold(builder, |builder, path| builder.set("storage.previous", path)).start().await
    }

    /// The same registry with its blobs in a folder.
    async fn in_folder(&self, path: &str, previous: Option<&str>) -> TestApp {
        let builder = TestApp::builder().beside(&self.first).set("storage.path", path);
        previous.into_iter().fold(builder, |builder, path| builder.set("storage.previous", path)).start().await
    }
}

type Images = Arc<Mutex<Vec<(String, Digest)>>>;

/// Pushes images for as long as it may, pulls each at once, and notes them.
async fn push(repository: Repository, name: &'static str, stop: Arc<AtomicBool>, images: Images) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let tag = format!("{name}-{number}");
        let digest = repository.push_image(&tag, &tag).await;
        pull(&repository, &tag, &digest).await;
        images.lock().unwrap().push((tag, digest));
        number += 1;
    }
}

async fn pull(repository: &Repository, tag: &str, digest: &Digest) {
    let manifest = repository.get(&format!("manifests/{tag}")).await;
    assert_eq!(manifest.status(), 200, "{tag}");
    let manifest = manifest.bytes().await.unwrap();
    assert_eq!(digest_of(&manifest), *digest, "{tag}");
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    for blob in [&manifest["config"], &manifest["layers"][0]] {
        let blob = blob["digest"].as_str().unwrap();
        let answer = repository.get(&format!("blobs/{blob}")).await;
        assert_eq!(answer.status(), 200, "{tag}");
        assert_eq!(digest_of(answer.bytes().await.unwrap()).as_str(), blob, "{tag}");
    }
}

/// Runs a job to its end; what came of it.
async fn run(app: &TestApp, request: JobRequest) -> JobReport {
    let id = app.registry.jobs.request(&Actor::system(), request).await.unwrap();
    let ended = app.registry.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
    let job = app.registry.jobs.get(&Actor::system(), id).await.unwrap().summary;
    assert_eq!(job.state, JobState::Succeeded);
    job.report
}

async fn move_all(app: &TestApp) -> api_types::MoveReport {
    match run(app, JobRequest::Move).await {
        JobReport::Move(report) => report,
        other => panic!("{other:?}"),
    }
}

/// Asserts that everything is whole where this server looks for it, and nowhere else.
async fn is_whole(app: &TestApp, images: &Images) {
    let JobReport::Fsck(report) = run(app, JobRequest::Fsck { deep: true, rate: Some(0) }).await else { panic!() };
    assert_eq!(report.found.damaged(), 0, "{report:?}");
    let repository = Repository::new(app.admin(), "library/app");
    let images = images.lock().unwrap().clone();
    for (tag, digest) in images {
        pull(&repository, &tag, &digest).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_move_into_a_bucket_and_back_beside_pushes_and_pulls() {
    let ground = Ground::new().await;
    let repository = |app: &TestApp| Repository::new(app.admin(), "library/app");
    let images = Images::default();
    for number in 0..30 {
        let tag = format!("first-{number}");
        let digest = repository(&ground.first).push_image(&tag, &tag).await;
        images.lock().unwrap().push((tag, digest));
    }
    let large: Vec<u8> = (0..LARGE).map(|at| u8::try_from(at % 253).unwrap()).collect();
    let large_digest = repository(&ground.first).push_blob(&large).await;

    let there = ground.in_bucket(Some(&ground.folder_before())).await;
    let stop = Arc::<AtomicBool>::default();
    let pushing = tokio::spawn(push(repository(&there), "there", Arc::clone(&stop), Arc::clone(&images)));
    let report = move_all(&there).await;
    stop.store(true, Ordering::Relaxed);
    pushing.await.unwrap();
    assert!(report.finished && report.failed == 0 && report.copied >= 61, "{report:?}");
    assert!(report.bytes > LARGE as u64 && report.pass >= 2 && report.switched, "{report:?}");
    let again = move_all(&there).await;
    assert_eq!((again.copied, again.pass), (0, 1), "nothing is copied twice");

    // The folder of the first days is gone, and nobody misses it.
    let away = ground.first.folder.path().join("away");
    std::fs::create_dir(&away).unwrap();
    for entry in std::fs::read_dir(ground.first.folder.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().len() == 2 {
            std::fs::rename(entry.path(), away.join(entry.file_name())).unwrap();
        }
    }
    is_whole(&there, &images).await;
    let last = repository(&there).push_image("last", "last").await;
    images.lock().unwrap().push(("last".to_owned(), last));
    let restarted = ground.in_bucket(Some(&ground.folder_before())).await;
    is_whole(&restarted, &images).await;
    let report = restarted.examiner(&[("storage.previous", &ground.folder_before())]).look().await;
    assert!(report.findings.contains(&Finding::BlobsMoved), "{report:?}");
    let alone = ground.in_bucket(None).await;
    is_whole(&alone, &images).await;
    let report = alone.examiner(&[]).look().await;
    assert!(!report.findings.contains(&Finding::BlobsMoved), "{report:?}");
    let answer = repository(&alone).get(&format!("blobs/{large_digest}")).await;
    assert!(answer.bytes().await.unwrap() == large, "the large one");

    // And back, into a new folder.
    let folder = ground.first.folder.path().join("new");
    let folder = folder.to_str().unwrap();
    let back = ground.in_folder(folder, Some(&ground.bucket_before())).await;
    let stop = Arc::<AtomicBool>::default();
    let pushing = tokio::spawn(push(repository(&back), "back", Arc::clone(&stop), Arc::clone(&images)));
    let report = move_all(&back).await;
    stop.store(true, Ordering::Relaxed);
    pushing.await.unwrap();
    assert!(report.finished && report.failed == 0 && report.copied >= 61, "{report:?}");
    for key in ground.memory.keys() {
        ground.memory.sabotage(&key, |_| None);
    }
    is_whole(&ground.in_folder(folder, None).await, &images).await;
}

#[tokio::test]
async fn what_is_not_what_it_was_is_counted_and_not_copied() {
    let ground = Ground::new().await;
    let repository = Repository::new(ground.first.admin(), "library/app");
    repository.push_blob(vec![1; 5_000]).await;
    let harmed = repository.push_blob(vec![2; 6_000]).await;
    let mut harmed_files = 0;
    for shard in std::fs::read_dir(ground.first.folder.path()).unwrap().map(|entry| entry.unwrap()) {
        if shard.file_name().len() != 2 {
            continue;
        }
        for file in std::fs::read_dir(shard.path()).unwrap().map(|entry| entry.unwrap()) {
            if file.metadata().unwrap().len() == 6_000 {
                std::fs::write(file.path(), vec![3; 6_000]).unwrap();
                harmed_files += 1;
            }
        }
    }
    assert_eq!(harmed_files, 1);
    let there = ground.in_bucket(Some(&ground.folder_before())).await;
    let report = move_all(&there).await;
    assert_eq!((report.copied, report.failed, report.finished), (1, 1, true), "{report:?}");
    assert!(!report.switched, "{report:?}");
    let objects = ground.memory.keys().into_iter().filter(|key| key.starts_with("blobs/")).count();
    assert_eq!(objects, 1, "{:?}", ground.memory.keys());
    // Whoever pushes it again puts it into the new place.
    assert_eq!(Repository::new(there.admin(), "library/app").push_blob(vec![2; 6_000]).await, harmed);
}

#[tokio::test]
async fn a_place_of_before_that_cannot_be_opened_is_missed_until_all_have_moved() {
    let ground = Ground::new().await;
    Repository::new(ground.first.admin(), "library/app").push_blob(vec![1; 5_000]).await;
    let there = ground.in_bucket(Some(&ground.folder_before())).await;
    let file = ground.before("no folder", "");
    let mut config = there.config.clone();
    config.previous_storage = Some(Storage::Folder { path: Path::new(&file).join("blobs"), direct_io: false });
    let open = async || storage::open_registry(&config, Arc::new(there.clock.clone())).await;
    let refused = format!("{:#}", open().await.unwrap_err());
    assert!(refused.contains("storage.previous"), "{refused}");
    assert!(move_all(&there).await.switched);
    assert!(open().await.unwrap().maintenance.follow_home().await.unwrap());
}

#[tokio::test]
async fn a_server_with_the_settings_of_before_starts_only_once_the_new_place_is_given_up() {
    let ground = Ground::new().await;
    Repository::new(ground.first.admin(), "library/app").push_blob(vec![1; 5_000]).await;
    let there = ground.in_bucket(Some(&ground.folder_before())).await;
    assert!(move_all(&there).await.switched);
    Repository::new(there.admin(), "library/app").push_blob(vec![2; 6_000]).await;
    let (bucket, folder) = (format!("/{}", test_s3::BUCKET), ground.first.folder.path().canonicalize().unwrap());
    let told = refused_start(&ground.first).await;
    let places = [bucket.as_str(), folder.to_str().unwrap()];
    for word in places.into_iter().chain(["1 of the newest 2", "storage.previous", "slipway storage accept"]) {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    assert!(there.registry.maintenance.follow_home().await.unwrap());

    let accept = async |arguments: &[&str]| {
        let output = beside(&ground.first, &[&["storage", "accept"][..], arguments].concat()).await;
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (done, told) = accept(&[]).await;
    assert!(!done && told.contains(&bucket) && told.contains("--yes"), "{told}");
    assert!(there.registry.maintenance.follow_home().await.unwrap());
    let (done, told) = accept(&["--yes"]).await;
    assert!(done && told.contains("slipway fsck"), "{told}");
    let (done, told) = accept(&["--yes"]).await;
    assert!(done && told.contains("nothing to accept"), "{told}");
    let again = TestApp::builder().beside(&ground.first).start().await;
    let JobReport::Fsck(report) = run(&again, JobRequest::Fsck { deep: false, rate: Some(0) }).await else { panic!() };
    assert_eq!(report.found.damaged(), 1, "{report:?}");
}

#[tokio::test]
async fn a_move_goes_on_where_it_was_stopped() {
    let ground = Ground::new().await;
    let repository = Repository::new(ground.first.admin(), "library/app");
    for number in 0..40_u8 {
        repository.push_blob(vec![number; 400_000]).await;
    }
    let there = ground.in_bucket(Some(&ground.folder_before())).await;
    let id = there.registry.jobs.request(&Actor::system(), JobRequest::Move).await.unwrap();
    let memory = ground.memory.clone();
    let some_are_there = async move {
        while memory.keys().len() < 5 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let ended = there.registry.jobs.run(Some(id), some_are_there).await.unwrap();
    assert!(matches!(ended, Some(Ended::Released)), "{ended:?}");
    let left = ground.memory.keys().len();
    assert!((5..40).contains(&left), "{left} are there");
    let ended = there.registry.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
    is_whole(&ground.in_bucket(None).await, &Images::default()).await;
    assert_eq!(ground.memory.keys().len(), 40);
    // A server that knows of no previous place says so.
    let alone = ground.in_bucket(None).await;
    let id = alone.registry.jobs.request(&Actor::system(), JobRequest::Move).await.unwrap();
    let ended = alone.registry.jobs.run(Some(id), std::future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Broke(_))), "{ended:?}");
    let told = alone.registry.jobs.get(&Actor::system(), id).await.unwrap().summary.error.unwrap();
    assert!(told.contains("storage.previous"), "{told}");
}
