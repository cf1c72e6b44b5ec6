//! What deletions have given back.
//!
//! A project links blobs that it does not pay for any more: what only the trash holds, and what nothing holds until collection takes
//! it. A link says so itself, by a lease below 0: [`release`] turns its sign where the last manifest goes that names the blob, and
//! whoever asks for the blob, pushes or restores it again gives the link a new lease, for which [`super::quotas::count_again`] has to be
//! asked. When the link was last counted on is still to be read, so that a push that goes on beside the deletion keeps its grace. All
//! links of a repository in the trash are released as long as it is there.
//!
//! Nothing here is kept as a sum. What is released is added up where it matters.

use super::sql::{self, LIST, all, execute, places, unsigned};
use crate::{
    Result,
    access::{ProjectId, RepositoryId},
};
use sea_orm::{ConnectionTrait, Value};
use std::collections::HashMap;

/// That a link `o` of a repository `v` counts for its project. One that a manifest names does, whatever its lease.
const COUNTS: &str = "v.path NOT LIKE '~%' AND (o.leased_at > 0 OR EXISTS (SELECT 1 FROM manifest_references n \
                      WHERE n.repository_id = o.repository_id AND n.blob_id = o.blob_id))";

/// That no link of a blob `k` of a project counts.
pub(super) fn is_released() -> String {
    let links = "SELECT 1 FROM repository_blobs o JOIN repositories v ON v.id = o.repository_id";
    format!(
        "CASE WHEN k.only_repository_id IS NOT NULL \
         THEN NOT EXISTS ({links} WHERE o.repository_id = k.only_repository_id AND o.blob_id = k.blob_id AND {COUNTS}) \
         ELSE NOT EXISTS ({links} WHERE o.blob_id = k.blob_id AND o.project_id = k.project_id AND {COUNTS}) END"
    )
}

/// A statement that adds up what does not count of these projects: `project_id` and `bytes` of each that has any.
pub(super) fn sums(projects: &str) -> String {
    format!(
        "SELECT k.project_id AS project_id, CAST(SUM(k.size) AS BIGINT) AS bytes FROM \
         (SELECT l.project_id, l.blob_id FROM repositories r JOIN repository_blobs l ON l.repository_id = r.id \
         WHERE r.project_id IN ({projects}) AND r.path LIKE '~%' \
         UNION SELECT l.project_id, l.blob_id FROM repository_blobs l WHERE l.project_id IN ({projects}) AND l.leased_at <= 0) c \
         JOIN project_blobs k ON k.project_id = c.project_id AND k.blob_id = c.blob_id WHERE {} GROUP BY k.project_id",
        is_released()
    )
}

/// Bytes that do not count, for each of these projects that has any.
pub(crate) async fn of(connection: &impl ConnectionTrait, projects: &[i64]) -> Result<HashMap<i64, u64>> {
    let mut found = HashMap::new();
    for projects in projects.chunks(LIST) {
        let sql = sums(&places(1, projects.len()));
        for row in all(connection, &sql, projects.iter().map(|id| (*id).into())).await? {
            found.insert(row.try_get_by_index(0)?, unsigned(row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

/// A statement that adds up what does not count of the repositories of project `$1`: `repository_id`, `held` and `own` of each that
/// has any, as in [`Released`]. `which` says which links `o` are looked at, where not all of the project's.
pub(super) fn by_repository(which: &str) -> String {
    format!(
        "SELECT o.repository_id AS repository_id, CAST(SUM(k.size) AS BIGINT) AS held, \
         CAST(COALESCE(SUM(CASE WHEN k.only_repository_id = o.repository_id THEN k.size END), 0) AS BIGINT) AS own \
         FROM repository_blobs o JOIN project_blobs k ON k.project_id = o.project_id AND k.blob_id = o.blob_id \
         WHERE o.project_id = $1 AND o.leased_at <= 0{which} AND NOT EXISTS \
         (SELECT 1 FROM manifest_references n WHERE n.repository_id = o.repository_id AND n.blob_id = o.blob_id) \
         GROUP BY o.repository_id"
    )
}

/// Of what a repository links, bytes that do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) held: u64,
    /// Those of them that no other repository of the project links.
    pub(crate) own: u64,
}

/// What does not count of these repositories of a project, for each that has any.
pub(crate) async fn of_repositories(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repositories: &[i64],
) -> Result<HashMap<i64, Released>> {
    let mut found = HashMap::new();
    for repositories in repositories.chunks(LIST) {
        let sql = by_repository(&format!(" AND o.repository_id IN ({})", places(2, repositories.len())));
        let values = std::iter::once(project.0.into()).chain(repositories.iter().map(|id| (*id).into()));
        for row in all(connection, &sql, values).await? {
            let released =
                Released { held: unsigned(row.try_get_by_index(1)?), own: unsigned(row.try_get_by_index(2)?) };
            found.insert(row.try_get_by_index(0)?, released);
        }
    }
    Ok(found)
}

/// Bytes that nothing but the trash holds: repositories in it, and what it keeps of deleted images.
pub(crate) async fn trashed(connection: &impl ConnectionTrait, project: ProjectId) -> Result<u64> {
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(k.size), 0) AS BIGINT) FROM project_blobs k WHERE k.project_id = $1 \
         AND k.blob_id IN (SELECT l.blob_id FROM repositories r JOIN repository_blobs l ON l.repository_id = r.id \
         WHERE r.project_id = $1 AND r.path LIKE '~%' UNION SELECT b.blob_id FROM trash t \
         JOIN trash_blobs b ON b.trash_id = t.id WHERE t.project_id = $1) AND {}",
        is_released()
    );
    Ok(unsigned(sql::get_value(connection, &sql, [project.0.into()]).await?))
}

/// Of these blobs, the bytes that the project counts for this repository and for no other one.
pub(crate) async fn counted_only_by(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
    blobs: &[i64],
) -> Result<u64> {
    let mut bytes = 0;
    for blobs in blobs.chunks(LIST) {
        let values: [Value; 2] = [project.0.into(), repository.0.into()];
        let sql = only_by(&places(3, blobs.len()));
        let values = values.into_iter().chain(blobs.iter().map(|id| (*id).into()));
        bytes += unsigned(sql::get_value(connection, &sql, values).await?);
    }
    Ok(bytes)
}

/// Of all that counts of a repository, the bytes that the project counts for no other one.
pub(crate) async fn counted_only_in(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
) -> Result<u64> {
    let blobs = format!(
        "SELECT o.blob_id FROM repository_blobs o JOIN repositories v ON v.id = o.repository_id \
         WHERE o.repository_id = $2 AND {COUNTS}"
    );
    bytes_only_by(connection, project, repository, &blobs).await
}

/// Bytes that count for a repository and for no other one, though others link them: in the trash, or as what was released. As much
/// work as there is of those.
pub(crate) async fn counted_only_here(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
) -> Result<u64> {
    let blobs = format!(
        "SELECT c.blob_id FROM (SELECT l.blob_id FROM repository_blobs l \
         WHERE l.project_id = $1 AND l.leased_at <= 0 AND l.repository_id <> $2 \
         UNION SELECT l.blob_id FROM repositories r JOIN repository_blobs l ON l.repository_id = r.id \
         WHERE r.project_id = $1 AND r.path LIKE '~%' AND r.id <> $2) c \
         JOIN repository_blobs o ON o.repository_id = $2 AND o.blob_id = c.blob_id \
         JOIN repositories v ON v.id = o.repository_id WHERE {COUNTS}"
    );
    bytes_only_by(connection, project, repository, &blobs).await
}

/// Of the blobs that a statement about project `$1` and repository `$2` finds, the bytes that count for no other repository.
async fn bytes_only_by(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
    blobs: &str,
) -> Result<u64> {
    let values = [project.0.into(), repository.0.into()];
    Ok(unsigned(sql::get_value(connection, &only_by(blobs), values).await?))
}

fn only_by(blobs: &str) -> String {
    format!(
        "SELECT CAST(COALESCE(SUM(k.size), 0) AS BIGINT) FROM project_blobs k WHERE k.project_id = $1 \
         AND k.blob_id IN ({blobs}) AND NOT EXISTS (SELECT 1 FROM repository_blobs o \
         JOIN repositories v ON v.id = o.repository_id WHERE o.blob_id = k.blob_id AND o.project_id = k.project_id \
         AND o.repository_id <> $2 AND {COUNTS})"
    )
}

/// Whether the project counts a blob of this digest, so that one more link costs it nothing.
pub(crate) async fn counts(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    digest: &oci::Digest,
) -> Result<bool> {
    let sql = format!(
        "SELECT o.blob_id FROM blobs b JOIN repository_blobs o ON o.blob_id = b.id AND o.project_id = $1 \
         JOIN repositories v ON v.id = o.repository_id WHERE b.digest = $2 AND b.state = 'live' AND {COUNTS} LIMIT 1"
    );
    Ok(sql::find_value::<i64>(connection, &sql, [project.0.into(), digest.as_str().into()]).await?.is_some())
}

/// Releases the links of these blobs that no manifest of the repository names any more. Whoever calls it holds the repository, so that
/// no manifest comes meanwhile.
pub(crate) async fn release(connection: &impl ConnectionTrait, repository: RepositoryId, blobs: &[i64]) -> Result<()> {
    for blobs in blobs.chunks(LIST) {
        let sql = format!(
            "UPDATE repository_blobs SET leased_at = -leased_at WHERE repository_id = $1 AND leased_at > 0 \
             AND blob_id IN ({}) AND NOT EXISTS \
             (SELECT 1 FROM manifest_references n WHERE n.repository_id = repository_blobs.repository_id \
             AND n.blob_id = repository_blobs.blob_id)",
            places(2, blobs.len())
        );
        execute(connection, &sql, std::iter::once(repository.0.into()).chain(blobs.iter().map(|id| (*id).into())))
            .await?;
    }
    Ok(())
}
