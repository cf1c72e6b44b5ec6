//! The services of content on a real SQLite database and several stores.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::disallowed_methods
)]

mod background;
mod bounds;
mod children;
mod collection;
mod copies;
mod depth;
mod failures;
mod fsck;
mod fsck_hits;
mod fsck_rows;
mod lists;
mod manifests;
mod model;
mod moving;
mod overlaps;
mod postgres;
mod proofs;
mod protection;
mod protection_preview;
mod push;
mod quota;
mod quota_released;
mod reference;
mod removal;
mod retention;
mod rights;
mod sizes;
mod storage;
mod storm;
mod tag_history;
mod trash;
mod trash_entries;
mod trash_several;
mod walk;

use super::{
    Artifacts, BlobReceipt, Blobs, Content, ManifestReceipt, Manifests, NewManifest, Repositories, Storage, Tags,
    Trash, UploadBody, Uploads,
    collection::{Order, STRAYS_FOR_TESTS},
};
use crate::{
    Access, Actor, Clock, Options, Result,
    access::ProjectId,
    audit::{Audit, gathered::Gathered},
    backup::Backups,
    db::{self, Db, sql},
    jobs::{Ended, JobRequest, Jobs},
    maintenance::Maintenance,
    people::{Robots, Sessions, uses::Uses},
    projects::Projects,
    settings::Settings,
    testing::{Place, backups_in},
};
use api_types::{CollectionReport, JobReport};
use blobstore::{BlobStore, MemoryStore};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use oci::{Digest, Reference, RepositoryName, Tag, media_type};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use time::OffsetDateTime;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(super) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        db::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn common(&self) -> Option<OffsetDateTime> {
        Some(self.now())
    }
}

/// A registry without people: the server itself acts.
pub(super) struct Lab {
    pub(super) clock: Arc<TestClock>,
    pub(super) store: Arc<dyn BlobStore>,
    pub(super) content: Content,
    pub(super) blobs: Blobs,
    pub(super) uploads: Uploads,
    pub(super) manifests: Manifests,
    pub(super) tags: Tags,
    pub(super) repositories: Repositories,
    pub(super) artifacts: Artifacts,
    pub(super) maintenance: Maintenance,
    pub(super) jobs: Jobs,
    pub(super) trash: Trash,
    pub(super) projects: Projects,
    pub(super) storage: Storage,
    pub(super) actor: Actor,
    place: Place,
}

impl Lab {
    pub(super) async fn new() -> Self {
        Self::with(Arc::new(MemoryStore::new())).await
    }

    pub(super) async fn with(store: Arc<dyn BlobStore>) -> Self {
        Self::keeping(store, Duration::ZERO).await
    }

    /// With a trash that keeps what is deleted for so long.
    pub(super) async fn keeping(store: Arc<dyn BlobStore>, trash_time: Duration) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000_000)));
        let lab = Self::on(Place::new().await, store, clock, trash_time).await;
        for (project, public) in [("team", false), ("other", false), ("open", true)] {
            lab.sql(&format!(
                "INSERT INTO projects (name, public, created_at, updated_at) VALUES ('{project}', {public}, 0, 0)"
            ))
            .await
            .unwrap();
        }
        lab
    }

    /// Another process with the same database, store and clock.
    pub(super) async fn beside(&self) -> Self {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Self::on(self.place.clone(), store, clock, self.content.trash_time).await
    }

    /// Another process with the same database and clock that stores elsewhere.
    pub(super) async fn storing(&self, store: Arc<dyn BlobStore>) -> Self {
        Self::on(self.place.clone(), store, Arc::clone(&self.clock), self.content.trash_time).await
    }

    /// Another process with the same database and store, and a clock of its own.
    pub(super) async fn by_clock(&self, clock: Arc<dyn Clock>) -> Self {
        let (store, clocks) = (Arc::clone(&self.store), (Arc::clone(&self.clock), clock));
        Self::by(self.place.clone(), store, clocks, self.content.trash_time).await
    }

    async fn on(place: Place, store: Arc<dyn BlobStore>, clock: Arc<TestClock>, trash_time: Duration) -> Self {
        let dynamic: Arc<dyn Clock> = clock.clone();
        Self::by(place, store, (clock, dynamic), trash_time).await
    }

    async fn by(
        place: Place,
        store: Arc<dyn BlobStore>,
        (clock, dynamic): (Arc<TestClock>, Arc<dyn Clock>),
        trash_time: Duration,
    ) -> Self {
        let options = Options {
            database: place.database(),
            admin_password: None,
            password_min_length: 12,
            upload_expiry: Duration::from_hours(1),
            link_grace: Duration::from_hours(1),
            trash_time,
            read_rate: 0,
            backups: backups_in(std::path::Path::new("/nonexistent")),
            manifest_cache: 1 << 20,
        };
        let db = Db::open(&options.database).await.unwrap();
        let access = Access::new(db.clone(), dynamic.clone());
        let ground = || (db.clone(), access.clone(), dynamic.clone());
        let content = Content::new(ground(), store.clone(), Gathered::default(), &options);
        let backups = Backups::new(content.clone(), options.database.clone(), options.backups.clone());
        let settings = Settings::new(ground());
        let audit = Audit::new(ground(), settings.clone());
        let sessions = Sessions::new(ground());
        let projects = Projects::new(ground(), Robots::new(ground()), settings, trash_time);
        Self {
            clock,
            store,
            blobs: Blobs::new(content.clone()),
            uploads: Uploads::new(content.clone()),
            manifests: Manifests::new(content.clone()),
            tags: Tags::new(content.clone()),
            repositories: Repositories::new(content.clone()),
            artifacts: Artifacts::new(content.clone()),
            maintenance: Maintenance::new(content.clone(), sessions, projects.clone(), (Uses::default(), audit)),
            trash: Trash::new(content.clone()),
            projects,
            storage: Storage::new(content.clone()),
            jobs: Jobs::new(content.clone(), backups, options.link_grace, options.read_rate),
            actor: Actor::system(),
            content,
            place,
        }
    }

    /// Collects from beginning to end.
    pub(super) async fn collect(&self, dry_run: bool, grace: Duration) -> CollectionReport {
        let id = self.ask_for(dry_run, grace).await;
        let ended = self.jobs.run(Some(id), std::future::pending()).await.unwrap();
        assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
        self.report(id).await
    }

    /// Collects with no grace, and takes objects without a row for old ones.
    pub(super) async fn collect_strays(&self, dry_run: bool) -> CollectionReport {
        let id = self.ask_for(dry_run, Duration::ZERO).await;
        let order = serde_json::to_string(&Order::new(Duration::ZERO).taking_strays(STRAYS_FOR_TESTS)).unwrap();
        self.sql(&format!("UPDATE jobs SET payload = '{order}' WHERE id = {id}")).await.unwrap();
        assert!(matches!(self.jobs.run(Some(id), std::future::pending()).await.unwrap(), Some(Ended::Done)));
        self.report(id).await
    }

    /// Asks for a collection; nobody works on it yet.
    pub(super) async fn ask_for(&self, dry_run: bool, grace: Duration) -> i64 {
        let request = JobRequest::Collection { dry_run, grace: Some(grace) };
        self.jobs.request(&self.actor, request).await.unwrap()
    }

    pub(super) async fn report(&self, id: i64) -> CollectionReport {
        match self.jobs.get(&self.actor, id).await.unwrap().summary.report {
            JobReport::Collection(report) => report,
            other => panic!("{other:?}"),
        }
    }

    /// Asserts that every sum and count is what a recount gives.
    pub(super) async fn is_exact(&self) {
        assert_eq!(self.projects.verify_sums(&self.actor).await.unwrap(), []);
        for (what, statement) in model::WRONG {
            assert_eq!(self.number(statement).await, 0, "{what}");
        }
    }

    /// What of a project counts towards its quota.
    pub(super) async fn counted(&self, project: &str) -> u64 {
        let id = self.number(&format!("SELECT id FROM projects WHERE name = '{project}'")).await;
        db::quotas::counted(self.content.db.reader(), ProjectId(id)).await.unwrap().used
    }

    /// Runs a statement behind the services' back.
    pub(super) async fn sql(&self, statement: &str) -> Result<u64> {
        self.content
            .db
            .write(statement.to_owned(), move |txn, statement| {
                Box::pin(async move { sql::execute(txn, statement, []).await })
            })
            .await
    }

    /// The first number that a statement gives.
    pub(super) async fn number(&self, statement: &str) -> i64 {
        sql::get_value(self.content.db.reader(), statement, []).await.unwrap()
    }

    /// The texts that a statement gives.
    pub(super) async fn texts(&self, statement: &str) -> Vec<String> {
        let rows = sql::all(self.content.db.reader(), statement, []).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Objects in the store.
    pub(super) async fn objects(&self) -> usize {
        self.store.list().try_collect::<Vec<_>>().await.unwrap().len()
    }

    pub(super) async fn push(&self, name: &str, bytes: &[u8]) -> BlobReceipt {
        let digest = Digest::sha256(bytes);
        self.uploads.put(&self.actor, &repo(name), &digest, None, body(bytes)).await.unwrap()
    }

    pub(super) async fn read(&self, name: &str, digest: &Digest) -> Result<Vec<u8>> {
        let reader = self.blobs.read(&self.actor, &repo(name), digest).await?;
        let bytes = reader.open(0..reader.info.size).await?;
        Ok(super::stored(bytes.try_collect::<Vec<_>>().await)?.concat())
    }

    pub(super) async fn put(&self, name: &str, reference: &str, manifest: &Value) -> Result<ManifestReceipt> {
        let new = NewManifest {
            reference: reference.parse().unwrap(),
            tags: Vec::new(),
            content_type: None,
            bytes: Bytes::from(manifest.to_string()),
        };
        self.manifests.put(&self.actor, &repo(name), new).await
    }

    /// Pushes an image with a configuration for the platform and these layers, under a tag or (empty) by digest.
    pub(super) async fn image(&self, name: &str, tag: &str, architecture: &str, layers: &[&[u8]]) -> Digest {
        let manifest = self.image_manifest(name, architecture, layers).await;
        let reference = if tag.is_empty() { digest_of(&manifest).to_string() } else { tag.to_owned() };
        self.put(name, &reference, &manifest).await.unwrap().digest
    }

    pub(super) async fn image_manifest(&self, name: &str, architecture: &str, layers: &[&[u8]]) -> Value {
        let history: Vec<_> =
            layers.iter().enumerate().map(|(at, _)| json!({"created_by": format!("RUN step {at}")})).collect();
        let config = json!({"os": "linux", "architecture": architecture, "history": history}).to_string();
        self.push(name, config.as_bytes()).await;
        for layer in layers {
            self.push(name, layer).await;
        }
        let layers: Vec<_> = layers.iter().map(|layer| described(media_type::OCI_LAYER_GZIP, layer)).collect();
        json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE,
            "config": described(media_type::OCI_CONFIG, config.as_bytes()),
            "layers": layers,
        })
    }

    pub(super) async fn head(&self, name: &str, reference: &str) -> Result<Digest> {
        let reference: Reference = reference.parse().unwrap();
        self.manifests.get(&self.actor, &repo(name), &reference, true).await.map(|manifest| manifest.digest)
    }

    pub(super) async fn delete(&self, name: &str, reference: &str) -> Result<()> {
        self.manifests.delete(&self.actor, &repo(name), &reference.parse().unwrap()).await
    }
}

pub(super) fn repo(name: &str) -> RepositoryName {
    name.parse().unwrap()
}

pub(super) fn tag(name: &str) -> Tag {
    name.parse().unwrap()
}

pub(super) fn digest_of(manifest: &Value) -> Digest {
    Digest::sha256(manifest.to_string().as_bytes())
}

/// A descriptor of content.
pub(super) fn described(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::sha256(bytes), "size": bytes.len()})
}

/// A body that comes whole, in pieces as a network cuts it.
pub(super) fn body(bytes: &[u8]) -> UploadBody {
    let pieces: Vec<_> = bytes.chunks(10_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

/// A body that breaks off after these bytes.
pub(super) fn broken(bytes: &[u8]) -> UploadBody {
    body(bytes).chain(stream::iter([Err("connection reset".into())])).boxed()
}

pub(super) fn nothing() -> UploadBody {
    stream::empty().boxed()
}

/// Bytes that do not repeat soon.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}
