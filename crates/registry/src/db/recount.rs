//! Sums and counts that are kept, counted anew where they are not what they should be. What they should be is what
//! [`super::sums`] says; here it is asked of rows, by their ids, and put right.
//!
//! A look is one statement, so what is pushed meanwhile is no difference. Whoever puts something right holds the row first, also
//! against those who link or push something to it, and counts in a later statement: what others have changed and not committed is
//! waited for, and what they change after that they add to the right sum.

use super::{
    locks,
    sql::{all, execute, find_value, get_value},
};
use crate::{
    Result,
    access::{ProjectId, RepositoryId},
};
use sea_orm::ConnectionTrait;

/// Whose sums they are. Those of a project are counted from those of blobs, which come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Summed {
    /// How many repositories link it, of each project and in all.
    Blob,
    /// Its storage, tags and artifacts.
    Repository,
    /// Its storage and repositories.
    Project,
}

impl Summed {
    /// In the order in which they are to be counted.
    pub(crate) const ALL: [Self; 3] = [Self::Blob, Self::Repository, Self::Project];
}

/// A column, and what it should be.
type Sum = (&'static str, &'static str);

static OF_REPOSITORY: [Sum; 4] = [
    (
        "storage_used",
        "(SELECT CAST(COALESCE(SUM(b.size), 0) AS BIGINT) FROM repository_blobs l JOIN blobs b ON b.id = l.blob_id \
         WHERE l.repository_id = repositories.id)",
    ),
    ("tag_count", "(SELECT COUNT(*) FROM tags t WHERE t.repository_id = repositories.id)"),
    (
        "tagged_size",
        "(SELECT CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM tags t JOIN manifests m ON m.id = t.manifest_id \
         WHERE t.repository_id = repositories.id)",
    ),
    ("manifest_count", "(SELECT COUNT(*) FROM manifests m WHERE m.repository_id = repositories.id)"),
];

static OF_PROJECT: [Sum; 2] = [
    (
        "storage_used",
        "(SELECT CAST(COALESCE(SUM(b.size), 0) AS BIGINT) FROM project_blobs k JOIN blobs b ON b.id = k.blob_id \
         WHERE k.project_id = projects.id)",
    ),
    (
        "repository_count",
        "(SELECT COUNT(*) FROM repositories r WHERE r.project_id = projects.id AND r.last_pushed_at IS NOT NULL)",
    ),
];

/// Links of blobs with ids in a span, counted by project; the only repository where it is one.
const LINKS: &str = "(SELECT project_id, blob_id, COUNT(*) AS links, MIN(repository_id) AS only_one FROM repository_blobs \
                     WHERE blob_id > $1 AND blob_id <= $2 GROUP BY project_id, blob_id)";

fn differs(sums: &[Sum]) -> String {
    let each: Vec<_> = sums.iter().map(|(column, counted)| format!("{column} <> {counted}")).collect();
    each.join(" OR ")
}

fn set(sums: &[Sum]) -> String {
    let each: Vec<_> = sums.iter().map(|(column, counted)| format!("{column} = {counted}")).collect();
    each.join(", ")
}

/// The highest id.
pub(crate) async fn highest(connection: &impl ConnectionTrait, what: Summed) -> Result<i64> {
    let sql = match what {
        Summed::Blob => {
            "SELECT COALESCE(MAX(x.id), 0) FROM (SELECT MAX(id) AS id FROM blobs \
             UNION ALL SELECT MAX(blob_id) AS id FROM project_blobs) x"
        }
        Summed::Repository => "SELECT COALESCE(MAX(id), 0) FROM repositories",
        Summed::Project => "SELECT COALESCE(MAX(id), 0) FROM projects",
    };
    get_value(connection, sql, []).await
}

/// Ids after `after` and up to `to` of what has a sum that is not what it should be.
pub(crate) async fn wrong(connection: &impl ConnectionTrait, what: Summed, after: i64, to: i64) -> Result<Vec<i64>> {
    let sql = match what {
        Summed::Blob => format!(
            "SELECT c.blob_id FROM {LINKS} c JOIN blobs b ON b.id = c.blob_id \
             LEFT JOIN project_blobs k ON k.project_id = c.project_id AND k.blob_id = c.blob_id \
             WHERE k.blob_id IS NULL OR k.link_count <> c.links OR k.size <> b.size \
             OR COALESCE(k.only_repository_id, 0) <> CASE WHEN c.links = 1 THEN c.only_one ELSE 0 END \
             UNION SELECT k.blob_id FROM project_blobs k LEFT JOIN {LINKS} c \
             ON c.project_id = k.project_id AND c.blob_id = k.blob_id \
             WHERE k.blob_id > $1 AND k.blob_id <= $2 AND c.blob_id IS NULL \
             UNION SELECT b.id FROM blobs b LEFT JOIN (SELECT blob_id, COUNT(*) AS links FROM repository_blobs \
             WHERE blob_id > $1 AND blob_id <= $2 GROUP BY blob_id) c ON c.blob_id = b.id \
             WHERE b.id > $1 AND b.id <= $2 AND b.link_count <> COALESCE(c.links, 0) ORDER BY 1"
        ),
        Summed::Repository => {
            let differs = differs(&OF_REPOSITORY);
            format!("SELECT id FROM repositories WHERE id > $1 AND id <= $2 AND ({differs}) ORDER BY id")
        }
        Summed::Project => {
            let differs = differs(&OF_PROJECT);
            format!("SELECT id FROM projects WHERE id > $1 AND id <= $2 AND ({differs}) ORDER BY id")
        }
    };
    let rows = all(connection, &sql, [after.into(), to.into()]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// What people call it; its table and id where the row is gone.
pub(crate) async fn name(connection: &impl ConnectionTrait, what: Summed, id: i64) -> Result<String> {
    let (table, sql) = match what {
        Summed::Blob => ("blobs", "SELECT digest FROM blobs WHERE id = $1"),
        Summed::Repository => (
            "repositories",
            "SELECT p.name || '/' || r.path FROM repositories r JOIN projects p ON p.id = r.project_id WHERE r.id = $1",
        ),
        Summed::Project => ("projects", "SELECT name FROM projects WHERE id = $1"),
    };
    let found: Option<String> = find_value(connection, sql, [id.into()]).await?;
    Ok(found.unwrap_or_else(|| format!("{table} {id}")))
}

/// Counts anew; `false` if all was right.
pub(crate) async fn mend(connection: &impl ConnectionTrait, what: Summed, id: i64) -> Result<bool> {
    let (table, sums) = match what {
        Summed::Blob => return mend_blob(connection, id).await,
        Summed::Repository => {
            locks::whole_repository(connection, RepositoryId(id)).await?;
            ("repositories", &OF_REPOSITORY[..])
        }
        Summed::Project => {
            locks::whole_project(connection, ProjectId(id)).await?;
            ("projects", &OF_PROJECT[..])
        }
    };
    let sql = format!("UPDATE {table} SET {} WHERE id = $1 AND ({})", set(sums), differs(sums));
    Ok(execute(connection, &sql, [id.into()]).await? != 0)
}

async fn mend_blob(connection: &impl ConnectionTrait, id: i64) -> Result<bool> {
    locks::whole_blob(connection, id).await?;
    let links = "(SELECT COUNT(*) FROM repository_blobs l WHERE l.blob_id = blobs.id)";
    let sql = format!(
        "UPDATE blobs SET link_count = {links}, garbage_since = CASE WHEN {links} > 0 THEN NULL ELSE garbage_since END \
         WHERE id = $1 AND link_count <> {links}"
    );
    let mut changed = execute(connection, &sql, [id.into()]).await?;
    let sql = "DELETE FROM project_blobs WHERE blob_id = $1 AND NOT EXISTS (SELECT 1 FROM repository_blobs l \
               WHERE l.blob_id = project_blobs.blob_id AND l.project_id = project_blobs.project_id)";
    changed += execute(connection, sql, [id.into()]).await?;
    let sql = "INSERT INTO project_blobs (project_id, blob_id, link_count, size, only_repository_id) \
               SELECT l.project_id, b.id, COUNT(*), b.size, CASE WHEN COUNT(*) = 1 THEN MIN(l.repository_id) END \
               FROM repository_blobs l JOIN blobs b ON b.id = l.blob_id WHERE b.id = $1 GROUP BY l.project_id, b.id, b.size \
               ON CONFLICT (project_id, blob_id) DO UPDATE SET link_count = excluded.link_count, size = excluded.size, \
               only_repository_id = excluded.only_repository_id WHERE project_blobs.link_count <> excluded.link_count \
               OR project_blobs.size <> excluded.size \
               OR COALESCE(project_blobs.only_repository_id, 0) <> COALESCE(excluded.only_repository_id, 0)";
    changed += execute(connection, sql, [id.into()]).await?;
    Ok(changed != 0)
}
