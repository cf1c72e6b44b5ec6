//! Who holds how much: statements about the storage of repositories and tags.

use super::{
    from_micros, released,
    repositories::RepositoryRow,
    sql::{self, LIST, all, one, places, signed, unsigned},
    tags::TagRow,
};
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId},
};
use api_types::TagPlace;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use std::collections::HashMap;

/// Bytes that count and that only one repository of the project links, for each of these that has any. What counts of them is known.
pub(crate) async fn own(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repositories: &[RepositoryRow],
) -> Result<HashMap<i64, u64>> {
    let mut found: HashMap<i64, u64> = HashMap::with_capacity(repositories.len());
    for repositories in repositories.chunks(LIST) {
        let sql = format!(
            "SELECT only_repository_id, CAST(SUM(size) AS BIGINT) FROM project_blobs \
             WHERE project_id = $1 AND only_repository_id IN ({}) GROUP BY only_repository_id",
            places(2, repositories.len())
        );
        let values = std::iter::once(project.0.into()).chain(repositories.iter().map(|row| row.id.into()));
        for row in all(connection, &sql, values).await? {
            found.insert(row.try_get_by_index(0)?, unsigned(row.try_get_by_index(1)?));
        }
    }
    for repository in repositories {
        if let Some(own) = found.get_mut(&repository.id) {
            *own = own.saturating_sub(repository.released_own).min(repository.storage_used);
        }
    }
    Ok(found)
}

/// Bytes that count for one repository and for no other one of the project: also those that others link without that they count.
pub(crate) async fn own_of(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: &RepositoryRow,
) -> Result<u64> {
    let own = own(connection, project, std::slice::from_ref(repository)).await?;
    let alone = released::counted_only_here(connection, project, RepositoryId(repository.id)).await?;
    Ok(own.get(&repository.id).copied().unwrap_or_default() + alone)
}

/// Bytes of the project that other projects hold too.
pub(crate) async fn elsewhere(connection: &impl ConnectionTrait, project: ProjectId) -> Result<u64> {
    // A blob that more repositories link than those of the project. Most blobs are linked by one repository alone and are never
    // looked at: an index leads to the others, and `CROSS JOIN` has SQLite begin with them.
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(k.size), 0) AS BIGINT) FROM blobs b CROSS JOIN project_blobs k \
         WHERE b.state IN ('live', 'damaged') AND b.link_count > 1 \
         AND k.project_id = $1 AND k.blob_id = b.id AND k.link_count < b.link_count AND NOT ({})",
        released::is_released()
    );
    Ok(unsigned(sql::get_value(connection, &sql, [project.0.into()]).await?))
}

/// What a project holds in sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Bytes that pulling every tag would move.
    pub(crate) pulled: u64,
    /// Whether there is anything in its trash.
    pub(crate) has_trash: bool,
}

/// What the repositories of a project add up to.
pub(crate) async fn sums(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Sums> {
    let sql = "SELECT CAST(COALESCE(SUM(tagged_size) FILTER (WHERE last_pushed_at IS NOT NULL), 0) AS BIGINT), \
               COUNT(*) FILTER (WHERE path LIKE '~%') > 0 OR EXISTS (SELECT 1 FROM trash t WHERE t.project_id = $1) \
               FROM repositories WHERE project_id = $1";
    let Some(row) = one(connection, sql, [project.0.into()]).await? else { return Ok(Sums::default()) };
    Ok(Sums { pulled: unsigned(row.try_get_by_index(0)?), has_trash: row.try_get_by_index(1)? })
}

/// A repository that has images, by what it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub(crate) id: i64,
    pub(crate) held: u64,
}

/// Repositories of a project that something was pushed to, by what they hold, the largest first.
pub(crate) async fn holders(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Vec<Holder>> {
    let sql = "SELECT id, storage_used FROM repositories WHERE project_id = $1 AND last_pushed_at IS NOT NULL \
               AND tag_count > 0 ORDER BY storage_used DESC, id";
    let rows = all(connection, sql, [project.0.into()]).await?;
    rows.iter()
        .map(|row| Ok(Holder { id: row.try_get_by_index(0)?, held: unsigned(row.try_get_by_index(1)?) }))
        .collect()
}

/// The images of these repositories that have a tag and move the most bytes when they are pulled, the largest first.
pub(crate) async fn largest(
    connection: &impl ConnectionTrait,
    repositories: &[i64],
    only_never_pulled: bool,
    limit: usize,
) -> Result<Vec<TagPlace>> {
    // For each repository its index is followed from the large end.
    let never = if only_never_pulled { " AND m.last_pulled_at IS NULL" } else { "" };
    let parts: Vec<_> = (1..=repositories.len())
        .map(|place| {
            format!(
                "SELECT * FROM (SELECT m.id, m.repository_id, m.size, m.pushed_at FROM manifests m \
                 WHERE m.repository_id = ${place}{never} AND EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id) \
                 ORDER BY m.size DESC, m.id DESC LIMIT {limit}) p{place}"
            )
        })
        .collect();
    let sql = format!(
        "SELECT p.name || '/' || r.path, (SELECT MIN(t.name) FROM tags t WHERE t.manifest_id = u.id), u.size, u.pushed_at \
         FROM ({}) u JOIN repositories r ON r.id = u.repository_id JOIN projects p ON p.id = r.project_id \
         ORDER BY u.size DESC, u.id DESC LIMIT {limit}",
        parts.join(" UNION ALL ")
    );
    let rows = all(connection, &sql, repositories.iter().map(|id| Value::from(*id))).await?;
    rows.iter().map(place).collect()
}

fn place(row: &QueryResult) -> Result<TagPlace> {
    Ok(TagPlace {
        repository: row.try_get_by_index(0)?,
        // One that lost its last tag between two looks has none.
        tag: row.try_get_by_index::<Option<String>>(1)?.unwrap_or_default(),
        size: unsigned(row.try_get_by_index(2)?),
        pushed_at: from_micros(row.try_get_by_index(3)?),
    })
}

/// A tag, before it is known what it holds.
#[derive(Clone, Debug)]
pub(crate) struct SizedTag {
    pub(crate) tag: TagRow,
    /// JSON.
    pub(crate) platforms: String,
    pub(crate) pushed_at: i64,
    /// When its image was last pulled, by whatever name.
    pub(crate) last_pulled_at: Option<i64>,
}

impl SizedTag {
    pub(crate) const COLUMNS: &str = "t.id, t.name, m.id, m.digest, m.size, m.platforms, m.pushed_at, m.last_pulled_at";
    pub(crate) const FROM: &str = "manifests m JOIN tags t ON t.manifest_id = m.id";
}

impl TryFrom<&QueryResult> for SizedTag {
    type Error = Error;

    fn try_from(row: &QueryResult) -> Result<Self> {
        Ok(Self {
            tag: TagRow {
                id: row.try_get_by_index(0)?,
                name: row.try_get_by_index(1)?,
                manifest: row.try_get_by_index(2)?,
                digest: row.try_get_by_index(3)?,
                size: row.try_get_by_index(4)?,
            },
            platforms: row.try_get_by_index(5)?,
            pushed_at: row.try_get_by_index(6)?,
            last_pulled_at: row.try_get_by_index(7)?,
        })
    }
}

/// What blobs weigh that these manifests name, each pair once.
pub(crate) async fn named(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<Vec<(i64, i64, u64)>> {
    let mut found = Vec::new();
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "SELECT DISTINCT n.manifest_id, n.blob_id, b.size FROM manifest_references n JOIN blobs b ON b.id = n.blob_id \
             WHERE n.manifest_id IN ({})",
            places(1, manifests.len())
        );
        for row in all(connection, &sql, manifests.iter().map(|id| (*id).into())).await? {
            found.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?, unsigned(row.try_get_by_index(2)?)));
        }
    }
    Ok(found)
}

/// Who holds a blob.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    /// How many manifests of the project name it, counted up to a limit; those of repositories in the trash too.
    pub(crate) manifests: u64,
    /// Whether anything in the trash of the project keeps it.
    pub(crate) trashed: bool,
    /// Whether another project holds it.
    pub(crate) elsewhere: bool,
}

impl Holders {
    /// Whether nothing holds it but so many manifests, which would go.
    pub(crate) fn only_by(self, manifests: u64) -> bool {
        self.manifests <= manifests && !self.trashed
    }
}

/// Who holds each of these blobs.
pub(crate) async fn who_holds(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    blobs: &[i64],
    most: u64,
) -> Result<HashMap<i64, Holders>> {
    let mut found = HashMap::with_capacity(blobs.len());
    for blobs in blobs.chunks(LIST) {
        let sql = format!(
            "SELECT b.id, (SELECT COUNT(*) FROM (SELECT DISTINCT n.manifest_id FROM repository_blobs l \
             JOIN manifest_references n ON n.repository_id = l.repository_id AND n.blob_id = l.blob_id \
             WHERE l.project_id = $1 AND l.blob_id = b.id LIMIT $2) m), \
             EXISTS (SELECT 1 FROM repository_blobs l JOIN trash_blobs t ON t.repository_id = l.repository_id \
             AND t.blob_id = l.blob_id WHERE l.project_id = $1 AND l.blob_id = b.id), \
             EXISTS (SELECT 1 FROM project_blobs o WHERE o.blob_id = b.id AND o.project_id <> $1) \
             FROM blobs b WHERE b.id IN ({})",
            places(3, blobs.len())
        );
        let values = [project.0.into(), signed(most).into()].into_iter().chain(blobs.iter().map(|id| (*id).into()));
        for row in all(connection, &sql, values).await? {
            let held = Holders {
                manifests: unsigned(row.try_get_by_index(1)?),
                trashed: row.try_get_by_index(2)?,
                elsewhere: row.try_get_by_index(3)?,
            };
            found.insert(row.try_get_by_index(0)?, held);
        }
    }
    Ok(found)
}
