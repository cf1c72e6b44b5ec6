//! How long the console's page about storage takes in a project with many images.
//!
//! ```console
//! $ cargo run --release -p registry --example storage                  # 100,000 images on SQLite
//! $ cargo run --release -p registry --example storage -- --postgres --images 100000 --repositories 50
//! ```
//!
//! It fills a database of its own with rows, asks through the same services as the console, and prints the first, the median and the
//! slowest of several runs. Each image has a configuration and two layers of its own and shares four of a hundred others; half of the
//! images were never pulled. `--keep FILE` keeps the SQLite file and uses it again.

#![allow(clippy::unwrap_used, missing_docs, reason = "a program for whoever measures")]

use api_types::{BackupPlace, ListQuery, NewProject};
use blobstore::{FolderShelf, MemoryStore};
use oci::{ProjectName, RepositoryName, Tag};
use registry::{Actor, Database, Options as Opening, Postgres, Registry, Secret, SystemClock, backup::Plan};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use test_postgres::Cluster;

/// Runs of each question.
const RUNS: usize = 15;

/// Layers that many images share.
const SHARED: u64 = 100;

struct Options {
    postgres: bool,
    images: u64,
    repositories: u64,
    keep: Option<PathBuf>,
}

#[tokio::main]
async fn main() {
    let mut options = Options { postgres: false, images: 100_000, repositories: 50, keep: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value after the option");
        match argument.as_str() {
            "--postgres" => options.postgres = true,
            "--images" => options.images = value().parse().expect("a number"),
            "--repositories" => options.repositories = value().parse().expect("a number"),
            "--keep" => options.keep = Some(value().into()),
            other => panic!("there is no option {other}"),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let cluster = options.postgres.then(Cluster::start);
    let path = options.keep.clone().unwrap_or_else(|| folder.path().join("storage.db"));
    let before = cluster.is_none() && path.exists();
    let (database, url) = match &cluster {
        Some(cluster) => {
            let url = cluster.url("postgres");
            (Database::Postgres(Box::new(Postgres::new(&url, None).unwrap())), url)
        }
        None => (Database::Sqlite(path.clone()), format!("sqlite://{}", path.display())),
    };
    let registry = open(database, folder.path()).await;
    if !before {
        fill(&registry, &sea_orm::Database::connect(url).await.unwrap(), &options).await;
    }
    ask(&registry).await;
}

async fn open(database: Database, backups: &Path) -> Registry {
    let opening = Opening {
        backups: Plan {
            place: BackupPlace::Folder,
            path: backups.display().to_string(),
            shelf: Arc::new(FolderShelf::new(backups)),
            interval: None,
            keep: 1,
            hold: Duration::ZERO,
        },
        database,
        admin_password: Some(Secret::new("a long enough password".to_owned())),
        password_min_length: 12,
        upload_expiry: Duration::from_hours(1),
        link_grace: Duration::from_hours(1),
        trash_time: Duration::ZERO,
        read_rate: 0,
        manifest_cache: 1 << 20,
    };
    Registry::open(opening, Arc::new(MemoryStore::new()), Arc::new(SystemClock)).await.unwrap()
}

/// The numbers from 1 to `to` as a table with one column, both of this name.
fn numbers(backend: DbBackend, name: &str, to: u64) -> String {
    match backend {
        DbBackend::Postgres => format!("(SELECT generate_series(1, {to})::bigint AS {name}) AS t_{name}"),
        _ => format!(
            "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {to}) SELECT i AS {name} FROM s) AS t_{name}"
        ),
    }
}

/// Rows as pushes would leave them. Blobs that are shared have the numbers up to [`SHARED`], and those of an image follow.
async fn fill(registry: &Registry, connection: &DatabaseConnection, options: &Options) {
    let started = Instant::now();
    let project = NewProject { name: "scale".to_owned(), public: false, description: String::new() };
    let project = registry.projects.create(&Actor::system(), &project).await.unwrap().0;
    let backend = connection.get_database_backend();
    let (images, repositories) = (options.images, options.repositories);
    let blobs = SHARED + images * 3;
    let postgres = backend == DbBackend::Postgres;
    let digest = |number: &str| {
        let hex =
            if postgres { format!("lpad(to_hex({number}), 64, '0')") } else { format!("printf('%064x', {number})") };
        format!("'sha256:' || {hex}")
    };
    let content = if postgres { "decode(repeat('7b', 1000), 'hex')" } else { "zeroblob(1000)" };
    let each = |name: &str, to: u64| numbers(backend, name, to);
    let repository = format!("1000 + n % {repositories}");
    // Which blob stands at a place of an image: a configuration, two of its own, four that are shared.
    let blob = format!("CASE WHEN k <= 3 THEN {SHARED} + (n - 1) * 3 + k ELSE 1 + (n * 7 + k * 13) % {SHARED} END");
    let places = format!("{} CROSS JOIN {}", each("n", images), each("k", 7));
    let size = format!(
        "CASE WHEN n > {SHARED} AND (n - {SHARED}) % 3 = 1 THEN 2000 + n % 977 ELSE 100000 + (n * 7919) % 30000000 END"
    );
    let count = |of: &str| format!("(SELECT COUNT(*) FROM {of} c WHERE c.repository_id = repositories.id)");
    let statements = [
        format!(
            "INSERT INTO repositories (id, project_id, path, last_pushed_at, created_at) \
             SELECT 999 + n, {project}, 'r' || n, 1, 1 FROM {}",
            each("n", repositories)
        ),
        format!(
            "INSERT INTO blobs (id, digest, size, location, state, created_at) \
             SELECT n, {}, {size}, 'l' || n, 'live', 1 FROM {}",
            digest("n"),
            each("n", blobs)
        ),
        format!(
            "INSERT INTO repository_blobs (repository_id, blob_id, project_id, leased_at) \
             SELECT DISTINCT {repository}, {blob}, {project}, 1 FROM {places}"
        ),
        "UPDATE blobs SET link_count = (SELECT COUNT(*) FROM repository_blobs l WHERE l.blob_id = blobs.id)".to_owned(),
        "INSERT INTO project_blobs (project_id, blob_id, link_count, size, only_repository_id) \
         SELECT l.project_id, l.blob_id, COUNT(*), MAX(b.size), CASE WHEN COUNT(*) = 1 THEN MIN(l.repository_id) END \
         FROM repository_blobs l JOIN blobs b ON b.id = l.blob_id GROUP BY l.project_id, l.blob_id"
            .to_owned(),
        format!(
            "INSERT INTO manifests (id, repository_id, digest, media_type, kind, platforms, annotations, size, content_size, \
             content, pushed_by_kind, pushed_by_name, pushed_at, last_pulled_at) SELECT n, {repository}, {}, \
             'application/vnd.oci.image.manifest.v1+json', 'image', '[]', '{{}}', 0, 1000, {content}, 1, 'ada', n, \
             CASE WHEN n % 2 = 0 THEN 1 END FROM {}",
            digest("n + 1000000000"),
            each("n", images)
        ),
        format!(
            "INSERT INTO manifest_references (manifest_id, position, kind, digest, repository_id, blob_id) \
             SELECT n, k, CASE WHEN k = 1 THEN 'config' ELSE 'layer' END, '', {repository}, {blob} FROM {places}"
        ),
        "UPDATE manifests SET size = (SELECT SUM(b.size) FROM (SELECT DISTINCT blob_id FROM manifest_references r \
         WHERE r.manifest_id = manifests.id) d JOIN blobs b ON b.id = d.blob_id)"
            .to_owned(),
        format!(
            "INSERT INTO tags (repository_id, name, version_key, manifest_id, pushed_by_kind, pushed_by_name, pushed_at) \
             SELECT {repository}, 'v' || n, 'v' || n, n, 1, 'ada', n FROM {}",
            each("n", images)
        ),
        format!(
            "UPDATE repositories SET tag_count = {}, manifest_count = {}, tagged_size = (SELECT SUM(m.size) FROM manifests m \
             WHERE m.repository_id = repositories.id), storage_used = (SELECT SUM(b.size) FROM repository_blobs l \
             JOIN blobs b ON b.id = l.blob_id WHERE l.repository_id = repositories.id)",
            count("tags"),
            count("manifests")
        ),
        format!(
            "UPDATE projects SET repository_count = {repositories}, \
             storage_used = (SELECT SUM(size) FROM project_blobs WHERE project_id = {project}) WHERE id = {project}"
        ),
        if postgres { "VACUUM ANALYZE" } else { "PRAGMA wal_checkpoint" }.to_owned(),
    ];
    for statement in statements {
        connection.execute_unprepared(&statement).await.unwrap();
    }
    eprintln!("{images} images in {:.0} s", started.elapsed().as_secs_f64());
}

async fn ask(registry: &Registry) {
    let actor = Actor::system();
    let project: ProjectName = "scale".parse().unwrap();
    let repository: RepositoryName = "scale/r2".parse().unwrap();
    println!("| question | rows | first | median | slowest |\n|---|---|---|---|---|");
    let by = |sort: &str| ListQuery { sort: sort.to_owned(), ..ListQuery::default() };
    for (name, query) in [("storage of a project", by("")), ("the same by name", by("name"))] {
        time(name, async || registry.storage.project(&actor, &project, &query).await.unwrap().repositories.items.len())
            .await;
    }
    for (name, never) in [("storage of a repository's tags", false), ("those that nobody pulled", true)] {
        time(name, async || registry.storage.tags(&actor, &repository, "", never).await.unwrap().tags.len()).await;
    }
    let page = registry.storage.tags(&actor, &repository, "", false).await.unwrap();
    let tags: Vec<Tag> = page.tags.iter().map(|tag| tag.name.parse().unwrap()).collect();
    for count in [1, tags.len()] {
        let name = format!("what deleting {count} of them frees");
        let tags = &tags[..count];
        time(&name, async || {
            registry
                .tags
                .preview_deletion(&actor, &repository, tags)
                .await
                .unwrap()
                .tags
                .try_into()
                .unwrap_or(usize::MAX)
        })
        .await;
    }
    time("a project with its quota", async || {
        usize::from(registry.projects.get(&actor, &project).await.unwrap().summary.storage_used > 0)
    })
    .await;
    time("projects by size", async || registry.projects.list(&actor, &by("size")).await.unwrap().items.len()).await;
    let started = Instant::now();
    let wrong = registry.projects.verify_sums(&actor).await.unwrap();
    println!("\nA recount of all sums found {} differences in {:.1} s.", wrong.len(), started.elapsed().as_secs_f64());
}

/// Asks several times; prints what it took.
async fn time(name: &str, ask: impl AsyncFn() -> usize) {
    let mut took = Vec::with_capacity(RUNS);
    let mut rows = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        rows = ask().await;
        took.push(start.elapsed());
    }
    let first = took[0];
    took.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (median, slowest) = (took[RUNS / 2], took[RUNS - 1]);
    println!("| {name} | {rows} | {:.1} ms | {:.1} ms | {:.1} ms |", ms(first), ms(median), ms(slowest));
}
