//! The pages about storage, in a project with a hundred thousand images. Each has a configuration and two layers of its own and shares
//! four of a hundred others; half of the images were never pulled. Another project holds a tenth of what it holds.

use crate::{
    fill::{self, Filled},
    head, time,
};
use api_types::{ListQuery, NewProject};
use oci::{ProjectName, RepositoryName, Tag};
use registry::{Actor, Registry};
use sea_orm::DbBackend;
use std::{future::Future, time::Instant};

/// Layers that many images share.
const SHARED: u64 = 100;

pub async fn run(options: &fill::Options) {
    let (images, repositories) = (options.images, options.repositories.unwrap_or(50));
    let (filled, before) = fill::open(options, "storage").await;
    if !before {
        fill(&filled, images, repositories).await;
    }
    println!("{images} images in {repositories} repositories on {}, {} runs each\n", options.database(), crate::RUNS);
    ask(&filled.registry).await;
    delete(&filled.registry).await;
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
async fn fill(filled: &Filled, images: u64, repositories: u64) {
    let started = Instant::now();
    let project = NewProject { name: "scale".to_owned(), public: false, description: String::new() };
    let project = filled.registry.projects.create(&Actor::system(), &project).await.unwrap().0;
    let beside = NewProject { name: "beside".to_owned(), public: false, description: String::new() };
    let beside = filled.registry.projects.create(&Actor::system(), &beside).await.unwrap().0;
    let backend = filled.connection.get_database_backend();
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
        format!(
            "INSERT INTO repositories (id, project_id, path, last_pushed_at, created_at) VALUES (999, {beside}, 'r', 1, 1)"
        ),
        format!(
            "INSERT INTO repository_blobs (repository_id, blob_id, project_id, leased_at) \
             SELECT DISTINCT 999, {blob}, {beside}, 1 FROM {places} WHERE n % 10 = 0"
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
            "UPDATE repositories SET tag_count = {}, manifest_count = {}, tagged_size = (SELECT CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM manifests m \
             WHERE m.repository_id = repositories.id), storage_used = (SELECT SUM(b.size) FROM repository_blobs l \
             JOIN blobs b ON b.id = l.blob_id WHERE l.repository_id = repositories.id)",
            count("tags"),
            count("manifests")
        ),
        "UPDATE projects SET repository_count = (SELECT COUNT(*) FROM repositories r WHERE r.project_id = projects.id), \
         storage_used = (SELECT COALESCE(SUM(size), 0) FROM project_blobs k WHERE k.project_id = projects.id)"
            .to_owned(),
        if postgres { "VACUUM ANALYZE" } else { "PRAGMA wal_checkpoint" }.to_owned(),
    ];
    for statement in statements {
        filled.run(&statement).await;
    }
    eprintln!("{images} images in {:.0} s", started.elapsed().as_secs_f64());
}

async fn ask(registry: &Registry) {
    let actor = Actor::system();
    let project: ProjectName = "scale".parse().unwrap();
    let repository: RepositoryName = "scale/r2".parse().unwrap();
    head();
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

/// A whole repository goes to the trash, comes back, and goes for good. Each of them is one transaction, so that is also how long a push
/// waits for it at most.
async fn delete(registry: &Registry) {
    let actor = Actor::system();
    let repository: RepositoryName = "scale/r3".parse().unwrap();
    let tags = registry.repositories.get(&actor, &repository).await.unwrap().summary.tags;
    println!("\nA repository with {tags} tags:\n\n| | |\n|---|---|");
    once("goes to the trash", registry.repositories.delete(&actor, &repository)).await.unwrap();
    let entry = registry.trash.list_all(&actor, None).await.unwrap()[0].id;
    once("comes back", registry.trash.restore(&actor, entry)).await.unwrap();
    once("goes again", registry.repositories.delete(&actor, &repository)).await.unwrap();
    let entry = registry.trash.list_all(&actor, None).await.unwrap()[0].id;
    once("goes for good", registry.trash.delete_now(&actor, entry)).await.unwrap();
}

/// Does a thing; prints what it took.
async fn once<T>(name: &str, what: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let done = what.await;
    println!("| {name} | {:.1} ms |", started.elapsed().as_secs_f64() * 1e3);
    done
}
