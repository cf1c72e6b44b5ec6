//! A registry on a real database with a clock that stands still until it is moved, for tests. The database is SQLite, or
//! PostgreSQL where [`test_postgres::VARIABLE`] says so.

#![allow(clippy::unwrap_used)]

use crate::{
    Actor, Clock, Database, Options, Postgres, Registry, Result, Secret, Subject,
    access::{AccessTokenId, ProjectId, RobotId, RobotPermission, TokenScope, UserId},
    backup,
    content::NewManifest,
    db::{self, Db, sql},
    people::tokens::{self, TokenKind},
};
use api_types::{BackupPlace, NewProject, Role};
use blobstore::{FolderShelf, MemoryStore};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use oci::{Digest, RepositoryName};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use test_postgres::TestDatabase;
use time::OffsetDateTime;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        db::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn common(&self) -> Option<OffsetDateTime> {
        Some(self.now())
    }
}

/// Where a test keeps its metadata. It goes with the last who holds it.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Folder(Arc<tempfile::TempDir>),
    Server(Arc<TestDatabase>),
}

impl Place {
    /// An empty database, migrated.
    pub(crate) async fn new() -> Self {
        if !test_postgres::is_chosen() {
            return Self::Folder(Arc::new(tempfile::tempdir().unwrap()));
        }
        let migrate = async |url: String| drop(Db::open(&on_server(&url)).await.unwrap());
        Self::Server(Arc::new(test_postgres::database("migrated", migrate).await))
    }

    pub(crate) fn database(&self) -> Database {
        match self {
            Self::Folder(folder) => Database::Sqlite(folder.path().join("slipway.db")),
            Self::Server(database) => on_server(&database.url()),
        }
    }
}

pub(crate) fn on_server(url: &str) -> Database {
    let mut settings = Postgres::new(url, None).unwrap();
    settings.max_connections = 8;
    // What is tested beside each other waits for one machine; that is no defect of a server.
    settings.acquire_timeout = Duration::from_secs(60);
    Database::Postgres(Box::new(settings))
}

/// What processes share: metadata, blobs and copies.
type Ground = (Place, Arc<MemoryStore>, Arc<tempfile::TempDir>);

/// A registry and its database.
#[derive(Debug)]
pub(crate) struct Lab {
    registry: Registry,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) db: Db,
    store: Arc<MemoryStore>,
    /// Where copies of the database are kept.
    pub(crate) shelf: Arc<tempfile::TempDir>,
    place: Place,
}

impl Deref for Lab {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        &self.registry
    }
}

/// A password that the policy accepts.
pub(crate) const PASSWORD: &str = "pflaumenmus und zwieback";

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// Copies are kept here.
pub(crate) fn backups_in(folder: &std::path::Path) -> backup::Plan {
    backup::Plan {
        place: BackupPlace::Folder,
        path: folder.display().to_string(),
        shelf: Arc::new(FolderShelf::new(folder)),
        interval: None,
        keep: 3,
        hold: Duration::from_hours(1),
    }
}

fn options(database: Database, shelf: &std::path::Path, admin_password: Option<&str>, trash_time: Duration) -> Options {
    Options {
        backups: backups_in(shelf),
        database,
        admin_password: admin_password.map(secret),
        password_min_length: 12,
        upload_expiry: Duration::from_hours(1),
        link_grace: Duration::from_hours(1),
        trash_time,
        read_rate: 0,
        manifest_cache: 1 << 20,
    }
}

impl Lab {
    /// With an administrator who chose a password.
    pub(crate) async fn new() -> Self {
        Self::open(Some(PASSWORD)).await.unwrap()
    }

    /// With this password from the operator.
    pub(crate) async fn open(admin_password: Option<&str>) -> Result<Self> {
        let place = Place::new().await;
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000_000)));
        let shelf = Arc::new(tempfile::tempdir().unwrap());
        Self::on((place, Arc::new(MemoryStore::new()), shelf), clock, admin_password).await
    }

    async fn on(ground: Ground, clock: Arc<TestClock>, admin_password: Option<&str>) -> Result<Self> {
        Self::with(ground, clock, admin_password, Duration::ZERO).await
    }

    async fn with(
        (place, store, shelf): Ground,
        clock: Arc<TestClock>,
        admin_password: Option<&str>,
        trash_time: Duration,
    ) -> Result<Self> {
        let options = options(place.database(), shelf.path(), admin_password, trash_time);
        let registry = Registry::open(options, store.clone(), clock.clone()).await?;
        Ok(Self { db: registry.content.db.clone(), registry, clock, store, shelf, place })
    }

    /// With a trash that keeps what is deleted for so long.
    pub(crate) async fn keeping(trash_time: Duration) -> Self {
        let shelf = Arc::new(tempfile::tempdir().unwrap());
        let ground = (Place::new().await, Arc::new(MemoryStore::new()), shelf);
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000_000)));
        Self::with(ground, clock, Some(PASSWORD), trash_time).await.unwrap()
    }

    /// Another process with the same database and store.
    pub(crate) async fn replica(&self) -> Self {
        self.start().await.unwrap()
    }

    /// As [`Lab::replica`], if it starts.
    pub(crate) async fn start(&self) -> Result<Self> {
        let ground = (self.place.clone(), self.store.clone(), Arc::clone(&self.shelf));
        Self::on(ground, Arc::clone(&self.clock), None).await
    }

    /// Where its database is.
    pub(crate) fn database(&self) -> Database {
        self.place.database()
    }

    /// The same with another database, over the same store.
    pub(crate) async fn elsewhere(&self, place: Place) -> Self {
        Self::on((place, self.store.clone(), Arc::clone(&self.shelf)), Arc::clone(&self.clock), None).await.unwrap()
    }

    pub(crate) fn pass(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.clock.0.fetch_add(micros, Ordering::SeqCst);
    }

    pub(crate) fn back(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.clock.0.fetch_sub(micros, Ordering::SeqCst);
    }

    /// Changes rows behind every service's back, as another process does.
    pub(crate) async fn sql(&self, statement: &str) {
        let run = self.db.write(statement.to_owned(), |txn, statement| {
            Box::pin(async move { sql::execute(txn, statement, []).await })
        });
        run.await.unwrap();
    }

    /// As [`Lab::sql`], with bytes for `$1`: there is no one way to write them.
    pub(crate) async fn sql_with_bytes(&self, statement: &str, bytes: &[u8]) {
        let run = self.db.write((statement.to_owned(), bytes.to_vec()), |txn, (statement, bytes)| {
            Box::pin(async move { sql::execute(txn, statement, [bytes.clone().into()]).await })
        });
        run.await.unwrap();
    }

    /// The first number that a statement gives.
    pub(crate) async fn number(&self, statement: &str) -> i64 {
        sql::get_value(self.db.reader(), statement, []).await.unwrap()
    }

    /// The administrator of the first start.
    #[expect(clippy::unused_self, reason = "it is the administrator of this registry")]
    pub(crate) fn admin(&self) -> Actor {
        Actor::new(Subject::User(UserId(1)), "admin")
    }

    /// A person without a password, so that nothing is hashed.
    pub(crate) async fn person(&self, name: &str) -> Actor {
        self.sql(&format!("INSERT INTO users (username, created_at) VALUES ('{name}', 0)")).await;
        let id = self.number(&format!("SELECT id FROM users WHERE username = '{name}'")).await;
        Actor::new(Subject::User(UserId(id)), name)
    }

    pub(crate) async fn project(&self, name: &str, public: bool) -> ProjectId {
        let project = NewProject { name: name.to_owned(), public, description: String::new() };
        self.projects.create(&Actor::system(), &project).await.unwrap()
    }

    /// Pushes an image into each of the repositories `r0`, `r1`, … of a project, a second after the other: a layer of 100 bytes
    /// that all images anywhere share, and a configuration of 10 bytes of its own.
    pub(crate) async fn fill(&self, project: &str, repositories: u32) {
        for at in 0..repositories {
            self.pass(Duration::from_secs(1));
            let name: RepositoryName = format!("{project}/r{at}").parse().unwrap();
            let layer = [b'x'; 100];
            let config: [u8; 10] = Sha256::digest(name.as_str())[..10].try_into().unwrap();
            let mut described = Vec::new();
            for (media_type, bytes) in [("application/vnd.example.config", &config[..]), ("text/plain", &layer[..])] {
                let digest = Digest::sha256(bytes);
                let body = stream::iter([Ok(Bytes::copy_from_slice(bytes))]).boxed();
                self.uploads.put(&Actor::system(), &name, &digest, None, body).await.unwrap();
                described.push(json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() }));
            }
            let manifest = json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": described[0],
                "layers": [described[1]],
            });
            let manifest = NewManifest {
                reference: "v1".parse().unwrap(),
                tags: Vec::new(),
                content_type: None,
                bytes: Bytes::from(manifest.to_string()),
            };
            self.manifests.put(&Actor::system(), &name, manifest).await.unwrap();
        }
        self.maintenance.flush_traffic().await.unwrap();
    }

    pub(crate) async fn member(&self, project: ProjectId, actor: &Actor, role: Role) {
        let user = user_of(actor);
        self.db
            .write((project, user, role), |txn, (project, user, role)| {
                Box::pin(db::members::set(txn, *project, *user, *role, 0))
            })
            .await
            .unwrap();
        self.access.forget();
    }

    pub(crate) async fn robot(
        &self,
        project: Option<ProjectId>,
        name: &str,
        permissions: Vec<RobotPermission>,
    ) -> (RobotId, Secret<String>) {
        let shown = TokenKind::Robot.generate().unwrap();
        let robot = db::robots::NewRow {
            project,
            name: name.to_owned(),
            description: String::new(),
            secret_hash: tokens::hash(shown.expose()),
            permissions,
            expires_at: None,
            created_by: None,
            created_at: 0,
        };
        let id = self.db.write(robot, |txn, robot| Box::pin(db::robots::insert(txn, robot))).await.unwrap();
        (id, shown)
    }

    pub(crate) async fn access_token(&self, owner: &Actor, scope: TokenScope) -> (AccessTokenId, Secret<String>) {
        let shown = TokenKind::AccessToken.generate().unwrap();
        let token = db::access_tokens::NewRow {
            user: user_of(owner),
            name: shown.expose().clone(),
            secret_hash: tokens::hash(shown.expose()),
            scope,
            expires_at: None,
            created_at: 0,
        };
        let id = self.db.write(token, |txn, token| Box::pin(db::access_tokens::insert(txn, token))).await.unwrap();
        (id, shown)
    }
}

pub(crate) fn user_of(actor: &Actor) -> UserId {
    match *actor.subject() {
        Subject::User(user) | Subject::AccessToken(_, user) => user,
        _ => panic!("{} is no person", actor.name()),
    }
}
