//! The search over ten thousand repositories with a hundred tags each, as an administrator and as a member of one project.

use crate::{fill, head, time};
use registry::{Actor, Subject, access::UserId};

pub async fn run(options: &fill::Options) {
    let (filled, before) = fill::open(options, "search").await;
    let (repositories, tags) = (options.repositories.unwrap_or(10_000), options.tags);
    if !before {
        let projects = "INSERT INTO projects (name, public, created_at, updated_at) SELECT 'team-' || n.n, FALSE, 0, 0 FROM {numbers}";
        filled.for_each("projects", 200, projects).await;
        let rows = "INSERT INTO repositories (project_id, path, last_pushed_at, created_at) \
             SELECT 2 + n.n % 200, CASE n.n % 4 WHEN 0 THEN 'services/' WHEN 1 THEN 'jobs/' ELSE '' END || 'checkout-' || n.n, \
             n.n, 0 FROM {numbers}";
        filled.for_each("repositories", repositories, rows).await;
        let indexes = [filled.without_indexes("manifests").await, filled.without_indexes("tags").await].concat();
        // A multiplier that is odd scatters the digests over all that there are.
        let hex = if options.postgres {
            "LPAD(TO_HEX(n.n * 2654435761 % 4294967296), 8, '0')"
        } else {
            "PRINTF('%08x', n.n * 2654435761 % 4294967296)"
        };
        let rows = format!(
            "INSERT INTO manifests (repository_id, digest, media_type, kind, platforms, annotations, size, content_size, \
             content, pushed_by_kind, pushed_by_name, pushed_at) SELECT 1 + n.n % {repositories}, \
             'sha256:' || {hex} || '00000000000000000000000000000000000000000000000000000000', 'm', 'image', '[]', '{{}}', \
             1, 1, '', 3, 'system', 0 FROM {{numbers}}"
        );
        filled.for_each("manifests", tags, &rows).await;
        let rows = format!(
            "INSERT INTO tags (repository_id, name, version_key, manifest_id, pushed_by_kind, pushed_by_name, pushed_at) \
             SELECT 1 + n.n % {repositories}, CASE WHEN n.n <= {repositories} THEN 'latest' ELSE (n.n % 10) || '.' || \
             (n.n / {repositories}) || '.' || (n.n % 97) || CASE n.n % 3 WHEN 0 THEN '-alpine' ELSE '' END END, 'v', n.n, 3, \
             'system', 0 FROM {{numbers}}"
        );
        filled.for_each("tags", tags, &rows).await;
        filled.run("INSERT INTO users (username, created_at) VALUES ('member', 0)").await;
        filled.run("INSERT INTO members (project_id, user_id, role, created_at) SELECT 52, id, 2, 0 FROM users WHERE username = 'member'").await;
        filled.with_indexes(indexes).await;
    }
    println!("{repositories} repositories, {tags} tags on {}, {} runs each\n", options.database(), crate::RUNS);
    head();
    let search = &filled.registry.search;
    let admin = Actor::new(Subject::User(UserId(1)), "admin");
    let member = Actor::new(Subject::User(UserId(2)), "member");
    for (who, actor) in [("admin", &admin), ("member of one project", &member)] {
        for text in [
            "c",
            "checkout",
            "checkout-4711",
            "services/checkout-12",
            "team-50",
            "latest",
            "1.",
            "7.42",
            "1.2.3-alp",
            "checkout-50:",
            "team-50/jobs/checkout-49:1",
            "9e3779",
            "sha256:3c6ef372",
            "nothing-like-it",
            "zzz",
        ] {
            time(&format!("`{text}` as {who}"), async || {
                let found = search.find(actor, text, 0).await.unwrap();
                found.projects.len()
                    + found.repositories.len()
                    + found.tags.len()
                    + found.artifacts.len()
                    + found.people.len()
            })
            .await;
        }
    }
}
