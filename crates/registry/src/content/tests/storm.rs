//! Pushes, re-pushes of deleted digests, mounts and deletions without pause, beside a collection that begins again as soon as it
//! ends and has no grace: no acknowledged image is broken, and in the end nothing is left but what can be reached. Once more what is
//! deleted goes to a trash, from which it is restored, let go for good, or swept.
//!
//! The bucket is that of a server elsewhere where the environment names one, as for the tests of the store.

use super::{Lab, collection, collection::locations, described, digest_of, noise, repo, tag};
use crate::{Error, Result, jobs::Ended};
use blobstore::{AccessKeys, BlobStore, FolderStore, S3Options, S3Store};
use oci::{Digest, Reference, media_type};
use serde_json::{Value, json};
use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

const NAMES: [&str; 5] = ["team/a", "team/b", "team/deep/er", "other/a", "open/a"];
const PUSHERS: u64 = 8;

/// Pushes by each of [`PUSHERS`]: 2,000 in all.
const PUSHES: u64 = 250;

const LAYERS: u64 = 120;
const TAGS: u64 = 4;
const DELETERS: u64 = 3;

/// How long the trash keeps what is deleted, where there is one: half a second, as the storm's clock goes.
const KEPT: Duration = Duration::from_secs(5);

/// How often a layer is looked for: its image may be restored, or pushed again, between two looks.
const LOOKS: u32 = 10;

/// What has happened, so that the test knows that it has tested something.
#[derive(Debug, Default)]
struct Tally {
    pushed: AtomicU64,
    stored: AtomicU64,
    mounted: AtomicU64,
    found: AtomicU64,
    refused: AtomicU64,
    deleted: AtomicU64,
    restored: AtomicU64,
    let_go: AtomicU64,
    collections: AtomicU64,
}

/// Chances that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.roll(NAMES.len() as u64) as usize]
    }
}

fn layer(number: u64) -> Vec<u8> {
    noise(number, 200 + number as usize * 17)
}

/// An image of some of the layers, the first one as its configuration.
fn image(layers: &[u64]) -> Value {
    let named: Vec<_> = layers.iter().map(|number| described(media_type::OCI_LAYER, &layer(*number))).collect();
    json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE,
        "config": named[0], "layers": named[1..],
    })
}

/// What to say of an error that no client should meet.
fn unexpected(error: &Error) -> ! {
    panic!("{error}: {:?}", std::error::Error::source(error).map(ToString::to_string))
}

struct Pusher {
    lab: Arc<Lab>,
    dice: Dice,
    tally: Arc<Tally>,
}

impl Pusher {
    async fn run(mut self) {
        for _ in 0..PUSHES {
            let name = self.dice.name();
            let first = self.dice.roll(LAYERS);
            let layers: Vec<u64> = (0..=self.dice.roll(3)).map(|step| (first + step * 5) % LAYERS).collect();
            let tag = format!("v{}", self.dice.roll(TAGS));
            let digest = self.push(name, &tag, &layers).await;
            self.tally.pushed.fetch_add(1, Relaxed);
            self.prove(name, &digest, &layers).await;
        }
    }

    /// As a client does it: asks for each blob, has it mounted or sends it, then the manifest; from the start if that is refused.
    async fn push(&mut self, name: &str, tag: &str, layers: &[u64]) -> Digest {
        let manifest = image(layers);
        for _ in 0..500 {
            for number in layers {
                self.bring(name, *number).await;
            }
            match self.lab.put(name, tag, &manifest).await {
                Ok(receipt) => return receipt.digest,
                Err(Error::ManifestReferenceUnknown { .. }) => self.tally.refused.fetch_add(1, Relaxed),
                Err(error) => unexpected(&error),
            };
        }
        panic!("{name} was refused five hundred times");
    }

    async fn bring(&mut self, name: &str, number: u64) {
        let (bytes, lab) = (layer(number), &self.lab);
        let digest = Digest::sha256(&bytes);
        match lab.blobs.stat(&lab.actor, &repo(name), &digest).await {
            Ok(_) => {
                self.tally.found.fetch_add(1, Relaxed);
                return;
            }
            Err(Error::BlobNotFound { .. } | Error::RepositoryNotFound { .. }) => {}
            Err(error) => unexpected(&error),
        }
        let from = (self.dice.roll(3) > 0).then(|| repo(self.dice.name()));
        match lab.blobs.mount(&lab.actor, &repo(name), &digest, from.as_ref()).await {
            Ok(Some(_)) => {
                self.tally.mounted.fetch_add(1, Relaxed);
            }
            Ok(None) => {
                lab.push(name, &bytes).await;
                self.tally.stored.fetch_add(1, Relaxed);
            }
            Err(error) => unexpected(&error),
        }
    }

    /// All of an image that was acknowledged can be read, unless somebody has deleted it since.
    async fn prove(&self, name: &str, digest: &Digest, layers: &[u64]) {
        for number in layers {
            if !self.has(name, digest, *number).await {
                return;
            }
        }
    }

    /// Whether the image is still there, and then its layer is.
    async fn has(&self, name: &str, image: &Digest, number: u64) -> bool {
        let (bytes, lab) = (layer(number), &self.lab);
        let (digest, reference) = (Digest::sha256(&bytes), Reference::Digest(image.clone()));
        // What was deleted when its layer was looked for may be restored or pushed again when it is looked for itself.
        let mut why = String::new();
        for _ in 0..LOOKS {
            match lab.read(name, &digest).await {
                Ok(read) => {
                    assert!(read == bytes, "{name}@{image}: layer {number} has other bytes");
                    return true;
                }
                Err(error) => why = error.to_string(),
            }
            let manifest = lab.manifests.get(&lab.actor, &repo(name), &reference, true).await;
            if matches!(manifest, Err(Error::ManifestNotFound { .. } | Error::RepositoryNotFound { .. })) {
                return false;
            }
        }
        panic!("{name}@{image} lacks layer {number}: {why}");
    }
}

async fn delete(lab: Arc<Lab>, mut dice: Dice, stop: Arc<AtomicBool>, tally: Arc<Tally>) {
    let sides = if lab.trash.time().is_zero() { 40 } else { 46 };
    while !stop.load(Relaxed) {
        let name = dice.name();
        let gone: Result<()> = match dice.roll(sides) {
            0 => lab.repositories.delete(&lab.actor, &repo(name)).await,
            1..=28 => {
                let tag = tag(&format!("v{}", dice.roll(TAGS)));
                lab.tags.delete(&lab.actor, &repo(name), &[tag]).await
            }
            29..=32 => {
                let first = dice.roll(LAYERS);
                lab.delete(name, digest_of(&image(&[first])).as_str()).await
            }
            33..=39 => {
                let digest = Digest::sha256(&layer(dice.roll(LAYERS)));
                lab.blobs.delete(&lab.actor, &repo(name), &digest).await
            }
            _ => {
                take_from_trash(&lab, &mut dice, &tally).await;
                continue;
            }
        };
        match gone {
            Ok(()) => {
                tally.deleted.fetch_add(1, Relaxed);
            }
            Err(
                Error::TagNotFound { .. }
                | Error::ManifestNotFound { .. }
                | Error::RepositoryNotFound { .. }
                | Error::BlobInUse { .. }
                | Error::BlobNotFound { .. },
            ) => {}
            Err(error) => unexpected(&error),
        }
        tokio::task::yield_now().await;
    }
}

/// Restores one of what was deleted last, or lets it go before its time.
async fn take_from_trash(lab: &Lab, dice: &mut Dice, tally: &Tally) {
    let entries = lab.trash.list_all(&lab.actor, None).await.unwrap();
    let Some(entry) = entries.get(dice.roll(6) as usize) else { return };
    let (taken, count) = if dice.roll(3) > 0 {
        (restore(lab, entry.id).await, &tally.restored)
    } else {
        let gone = match lab.trash.delete_now(&lab.actor, entry.id).await {
            Ok(()) => true,
            Err(Error::TrashEntryNotFound { .. }) => false,
            Err(error) => unexpected(&error),
        };
        (gone, &tally.let_go)
    };
    count.fetch_add(u64::from(taken), Relaxed);
}

/// Whether it is back; something newer, or what a client has deleted for good, may be in its way.
async fn restore(lab: &Lab, entry: i64) -> bool {
    match lab.trash.restore(&lab.actor, entry).await {
        Ok(_) => true,
        Err(
            Error::TrashEntryNotFound { .. }
            | Error::RepositoryNameTaken { .. }
            | Error::RepositoryNotFound { .. }
            | Error::ManifestNotFound { .. }
            | Error::ManifestReferenceUnknown { .. },
        ) => false,
        Err(error) => unexpected(&error),
    }
}

async fn collect(lab: Arc<Lab>, stop: Arc<AtomicBool>, tally: Arc<Tally>) -> u64 {
    let mut blobs = 0;
    while !stop.load(Relaxed) {
        lab.trash.sweep().await.unwrap();
        let id = lab.ask_for(false, Duration::ZERO).await;
        let ended = lab.jobs.run(Some(id), std::future::pending()).await.unwrap();
        assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
        blobs += lab.report(id).await.blobs;
        tally.collections.fetch_add(1, Relaxed);
    }
    blobs
}

/// Lets the clock go on, so that what is remembered grows old.
async fn tick(lab: Arc<Lab>, stop: Arc<AtomicBool>) {
    while !stop.load(Relaxed) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        lab.pass(1);
    }
}

/// Two collections after everything, nothing is left but what can be reached; how much that is.
async fn settle(lab: &Lab, told: &str) -> u64 {
    for _ in 0..2 {
        lab.collect(false, Duration::ZERO).await;
    }
    lab.is_exact().await;
    for (what, statement) in &collection::LEFT {
        assert_eq!(lab.number(statement).await, 0, "{what}: {told}");
    }
    let (objects, rows) = locations(lab).await;
    assert_eq!(objects, rows, "the store has what the rows name, and nothing else");
    let named = "SELECT p.name || '/' || r.path || ' ' || n.digest FROM manifest_references n \
                 JOIN repositories r ON r.id = n.repository_id JOIN projects p ON p.id = r.project_id \
                 WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id AND t.kind = 'repository')";
    let named = lab.texts(named).await;
    for line in &named {
        let (name, digest) = line.split_once(' ').unwrap();
        let digest: Digest = digest.parse().unwrap();
        let bytes = lab.read(name, &digest).await.unwrap();
        assert_eq!(Digest::sha256(&bytes), digest, "{name}");
    }
    named.len() as u64
}

/// What was deleted last comes back whole; what stays in the trash is gone with its time, and nothing of it is left.
async fn empty_the_trash(lab: &Lab, told: &str) {
    for entry in lab.trash.list_all(&lab.actor, None).await.unwrap() {
        restore(lab, entry.id).await;
    }
    settle(lab, told).await;
    lab.pass(KEPT.as_secs() as i64);
    lab.trash.sweep().await.unwrap();
    settle(lab, told).await;
    for left in ["SELECT COUNT(*) FROM trash", "SELECT COUNT(*) FROM repositories WHERE path LIKE '~%'"] {
        assert_eq!(lab.number(left).await, 0, "{left}: {told}");
    }
    for name in NAMES {
        lab.head(name, "gone").await.unwrap();
    }
}

async fn storm(store: Arc<dyn BlobStore>, kept: Duration) {
    let lab = Arc::new(Lab::keeping(store, kept).await);
    // On PostgreSQL clients go to two processes, and the collection is a third one.
    let process = async || if test_postgres::is_chosen() { Arc::new(lab.beside().await) } else { Arc::clone(&lab) };
    let (other, third) = (process().await, process().await);
    let (stop, tally) = (Arc::<AtomicBool>::default(), Arc::<Tally>::default());
    let beside: Vec<_> = (0..DELETERS)
        .map(|at| tokio::spawn(delete(Arc::clone(&lab), Dice(977 + at), Arc::clone(&stop), Arc::clone(&tally))))
        .collect();
    let collecting = tokio::spawn(collect(third, Arc::clone(&stop), Arc::clone(&tally)));
    let ticking = tokio::spawn(tick(Arc::clone(&lab), Arc::clone(&stop)));
    let pushing: Vec<_> = (0..PUSHERS)
        .map(|at| {
            let lab = Arc::clone(if at % 2 == 0 { &lab } else { &other });
            tokio::spawn(Pusher { lab, dice: Dice(31 + at * 7), tally: Arc::clone(&tally) }.run())
        })
        .collect();
    for pusher in pushing {
        pusher.await.unwrap();
    }
    stop.store(true, Relaxed);
    for deleting in beside {
        deleting.await.unwrap();
    }
    ticking.await.unwrap();
    let collected = collecting.await.unwrap();
    let told = format!("{tally:?}, {collected} blobs collected");
    println!("{told}");
    // What comes last stays, but for what is deleted again.
    let mut last = Pusher { lab: Arc::clone(&lab), dice: Dice(7), tally: Arc::clone(&tally) };
    for (at, name) in NAMES.into_iter().enumerate() {
        last.push(name, "last", &[at as u64, 40, 41, 42]).await;
        last.push(name, "gone", &[at as u64, 50, 51, 52]).await;
        lab.tags.delete(&lab.actor, &repo(name), &[tag("gone")]).await.unwrap();
    }

    let last = lab.beside().await;
    let named = settle(&last, &told).await;
    let keeps = !kept.is_zero();
    if keeps {
        empty_the_trash(&last, &told).await;
    }
    for name in NAMES {
        last.head(name, "last").await.unwrap();
    }
    assert_eq!(tally.pushed.load(Relaxed), PUSHERS * PUSHES);
    // What is in the trash is not collected, and seldom pushed again.
    let (collects, restores) = if keeps { (1, 10) } else { (100, 0) };
    for (what, count, least) in [
        ("collected", collected, collects),
        ("collections", tally.collections.load(Relaxed), 3),
        ("mounted", tally.mounted.load(Relaxed), 100),
        ("pushed again", tally.stored.load(Relaxed), LAYERS + collects),
        ("deleted", tally.deleted.load(Relaxed), 100),
        ("restored", tally.restored.load(Relaxed), restores),
        ("let go", tally.let_go.load(Relaxed), restores),
        ("in the end", named, 20),
    ] {
        assert!(count >= least, "{what}: {told}");
    }
}

/// The bucket that the environment names, with a place of its own for this test; else one in this process.
async fn bucket() -> S3Options {
    let variable = |name: &str| env::var(format!("SLIPWAY_TEST_S3_{name}")).ok();
    let mut options = S3Options::new(test_s3::BUCKET);
    options.prefix = format!("tests/{}", uuid::Uuid::new_v4().simple());
    let (access_key, secret_key) = match variable("ENDPOINT") {
        Some(endpoint) => {
            options.endpoint = Some(endpoint);
            options.bucket = variable("BUCKET").expect("SLIPWAY_TEST_S3_BUCKET names a bucket");
            options.region = variable("REGION");
            let access_key = variable("ACCESS_KEY").expect("SLIPWAY_TEST_S3_ACCESS_KEY is set");
            (access_key, variable("SECRET_KEY").expect("SLIPWAY_TEST_S3_SECRET_KEY is set"))
        }
        None => {
            options.endpoint = Some(test_s3::Memory::new(test_s3::LEAST_PART).serve().await);
            (test_s3::ACCESS_KEY.to_owned(), test_s3::SECRET_KEY.to_owned())
        }
    };
    options.keys = Some(AccessKeys { access_key, secret_key });
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_image_breaks_beside_a_collection_without_pause_in_a_folder_with_a_trash() {
    let folder = tempfile::tempdir().unwrap();
    storm(Arc::new(FolderStore::open(folder.path()).unwrap()), KEPT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_image_breaks_beside_a_collection_without_pause_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    storm(Arc::new(FolderStore::open(folder.path()).unwrap()), Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_image_breaks_beside_a_collection_without_pause_in_a_bucket() {
    storm(Arc::new(S3Store::open(&bucket().await).await.unwrap()), Duration::ZERO).await;
}
