//! Whether the sums and counts that are kept are what a recount gives.
//!
//! Each statement compares in one look at the database, so that what is pushed meanwhile is no difference.

use super::sql::{all, signed};
use crate::Result;
use sea_orm::ConnectionTrait;

/// A sum that is not what it should be: of what, as kept, as counted.
pub(crate) type Wrong = (String, i64, i64);

/// The sums, by the word that names each. Every statement gives a name, what is kept, and what a recount gives.
pub(crate) const SUMS: [(&str, &str); 11] = [
    (
        "storage of a project",
        "SELECT p.name, p.storage_used, CAST(COALESCE(c.total, 0) AS BIGINT) FROM projects p LEFT JOIN \
         (SELECT l.project_id, SUM(b.size) AS total FROM (SELECT DISTINCT project_id, blob_id FROM repository_blobs) l \
         JOIN blobs b ON b.id = l.blob_id GROUP BY l.project_id) c ON c.project_id = p.id \
         WHERE p.storage_used <> COALESCE(c.total, 0)",
    ),
    (
        "storage of a repository",
        "SELECT p.name || '/' || r.path, r.storage_used, CAST(COALESCE(c.total, 0) AS BIGINT) FROM repositories r \
         JOIN projects p ON p.id = r.project_id LEFT JOIN (SELECT l.repository_id, SUM(b.size) AS total \
         FROM repository_blobs l JOIN blobs b ON b.id = l.blob_id GROUP BY l.repository_id) c ON c.repository_id = r.id \
         WHERE r.storage_used <> COALESCE(c.total, 0)",
    ),
    (
        "repositories that hold a blob",
        "SELECT b.digest, b.link_count, COALESCE(c.links, 0) FROM blobs b LEFT JOIN \
         (SELECT blob_id, COUNT(*) AS links FROM repository_blobs GROUP BY blob_id) c ON c.blob_id = b.id \
         WHERE b.link_count <> COALESCE(c.links, 0)",
    ),
    (
        "repositories of a project that hold a blob",
        "SELECT p.name || ' ' || b.digest, COALESCE(k.link_count, 0), c.links FROM \
         (SELECT project_id, blob_id, COUNT(*) AS links FROM repository_blobs GROUP BY project_id, blob_id) c \
         JOIN projects p ON p.id = c.project_id JOIN blobs b ON b.id = c.blob_id \
         LEFT JOIN project_blobs k ON k.project_id = c.project_id AND k.blob_id = c.blob_id \
         WHERE COALESCE(k.link_count, 0) <> c.links",
    ),
    (
        "blobs of a project that no repository of it holds",
        "SELECT p.name || ' ' || b.digest, k.link_count, CAST(0 AS BIGINT) FROM project_blobs k JOIN projects p ON p.id = k.project_id \
         JOIN blobs b ON b.id = k.blob_id WHERE NOT EXISTS (SELECT 1 FROM repository_blobs l \
         WHERE l.blob_id = k.blob_id AND l.project_id = k.project_id)",
    ),
    (
        "size of a blob in a project",
        "SELECT p.name || ' ' || b.digest, k.size, b.size FROM project_blobs k JOIN projects p ON p.id = k.project_id \
         JOIN blobs b ON b.id = k.blob_id WHERE k.size <> b.size",
    ),
    (
        "the only repository of a project that holds a blob",
        "SELECT p.name || ' ' || b.digest, COALESCE(k.only_repository_id, 0), COALESCE(c.only_one, 0) FROM project_blobs k \
         JOIN projects p ON p.id = k.project_id JOIN blobs b ON b.id = k.blob_id LEFT JOIN \
         (SELECT project_id, blob_id, CASE WHEN COUNT(*) = 1 THEN MIN(repository_id) END AS only_one FROM repository_blobs \
         GROUP BY project_id, blob_id) c ON c.project_id = k.project_id AND c.blob_id = k.blob_id \
         WHERE COALESCE(k.only_repository_id, 0) <> COALESCE(c.only_one, 0)",
    ),
    (
        "tags of a repository",
        "SELECT p.name || '/' || r.path, r.tag_count, COALESCE(c.tags, 0) FROM repositories r \
         JOIN projects p ON p.id = r.project_id LEFT JOIN (SELECT repository_id, COUNT(*) AS tags FROM tags \
         GROUP BY repository_id) c ON c.repository_id = r.id WHERE r.tag_count <> COALESCE(c.tags, 0)",
    ),
    (
        "size of a repository's tags",
        "SELECT p.name || '/' || r.path, r.tagged_size, CAST(COALESCE(c.total, 0) AS BIGINT) FROM repositories r \
         JOIN projects p ON p.id = r.project_id LEFT JOIN (SELECT t.repository_id, SUM(m.size) AS total FROM tags t \
         JOIN manifests m ON m.id = t.manifest_id GROUP BY t.repository_id) c ON c.repository_id = r.id \
         WHERE r.tagged_size <> COALESCE(c.total, 0)",
    ),
    (
        "artifacts of a repository",
        "SELECT p.name || '/' || r.path, r.manifest_count, COALESCE(c.manifests, 0) FROM repositories r \
         JOIN projects p ON p.id = r.project_id LEFT JOIN (SELECT repository_id, COUNT(*) AS manifests FROM manifests \
         GROUP BY repository_id) c ON c.repository_id = r.id WHERE r.manifest_count <> COALESCE(c.manifests, 0)",
    ),
    (
        "repositories of a project",
        "SELECT p.name, p.repository_count, COALESCE(c.repositories, 0) FROM projects p LEFT JOIN (SELECT project_id, \
         COUNT(*) AS repositories FROM repositories WHERE last_pushed_at IS NOT NULL GROUP BY project_id) c \
         ON c.project_id = p.id WHERE p.repository_count <> COALESCE(c.repositories, 0)",
    ),
];

/// Rows where a kept sum is not what a recount gives, at most `limit` of them.
pub(crate) async fn wrong(connection: &impl ConnectionTrait, statement: &str, limit: u64) -> Result<Vec<Wrong>> {
    let rows = all(connection, &format!("{statement} LIMIT $1"), [signed(limit).into()]).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))).collect()
}
