//! What projects hold and may hold.
//!
//! A project's `storage_used` is the sum of the distinct blobs that it links. It changes in the transaction that links or unlinks
//! one, and [`charge`] is the one statement that adds to it. What counts towards the quota is less by what deletions have
//! [released], which is added up where `storage_used` alone is too much, and so seldom. Whatever may make more of
//! it count decides with the project's row in its hands, so that pushes at the same moment cannot pass the quota together.

use super::{
    locks, released,
    sql::{execute, find_value, one, signed, unsigned},
};
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId},
};
use sea_orm::{ConnectionTrait, QueryResult};

/// What a project holds and may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) project: String,
    pub(crate) used: u64,
    /// Absent without a limit.
    pub(crate) allowed: Option<u64>,
}

impl Usage {
    /// What may still come in.
    pub(crate) fn free(&self) -> u64 {
        self.allowed.map_or(u64::MAX, |allowed| allowed.saturating_sub(self.used))
    }

    /// That so much more is too much.
    pub(crate) fn exceeded(self, needed: u64) -> Error {
        let allowed = self.allowed.unwrap_or(u64::MAX);
        Error::QuotaExceeded { project: self.project, used: self.used, allowed, needed }
    }

    fn is_over(&self) -> bool {
        self.allowed.is_some_and(|allowed| self.used > allowed)
    }
}

impl TryFrom<&QueryResult> for Usage {
    type Error = Error;

    fn try_from(row: &QueryResult) -> Result<Self> {
        let allowed: Option<i64> = row.try_get_by_index(2)?;
        Ok(Self {
            project: row.try_get_by_index(0)?,
            used: unsigned(row.try_get_by_index(1)?),
            allowed: allowed.and_then(|allowed| u64::try_from(allowed).ok()),
        })
    }
}

/// What a project links, which is never less than what counts, and may hold.
///
/// # Errors
/// [`Error::ProjectDeleted`].
pub(crate) async fn linked(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Usage> {
    let sql = "SELECT name, storage_used, storage_quota FROM projects WHERE id = $1 AND deleted_at IS NULL";
    let row = one(connection, sql, [project.0.into()]).await?.ok_or(Error::ProjectDeleted)?;
    Usage::try_from(&row)
}

/// What of a project counts now, and what it may hold. One statement, as collection takes from both sums at once.
///
/// # Errors
/// [`Error::ProjectDeleted`].
pub(crate) async fn counted(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Usage> {
    let sql = format!(
        "SELECT p.name, p.storage_used - COALESCE(s.bytes, 0), p.storage_quota FROM projects p \
         LEFT JOIN ({}) s ON s.project_id = p.id WHERE p.id = $1 AND p.deleted_at IS NULL",
        released::sums("$1")
    );
    let row = one(connection, &sql, [project.0.into()]).await?.ok_or(Error::ProjectDeleted)?;
    Usage::try_from(&row)
}

/// Adds bytes to a project, as far as its quota allows.
///
/// # Errors
/// [`Error::QuotaExceeded`].
pub(crate) async fn charge(connection: &impl ConnectionTrait, project: ProjectId, size: u64) -> Result<()> {
    let charged = execute(
        connection,
        "UPDATE projects SET storage_used = storage_used + $2 WHERE id = $1 \
         AND (storage_quota IS NULL OR storage_used + $2 <= storage_quota)",
        [project.0.into(), signed(size).into()],
    )
    .await?;
    if charged != 0 {
        return Ok(());
    }
    locks::project(connection, project).await?;
    let usage = counted(connection, project).await?;
    if size > usage.free() {
        return Err(usage.exceeded(size));
    }
    let sql = "UPDATE projects SET storage_used = storage_used + $2 WHERE id = $1";
    execute(connection, sql, [project.0.into(), signed(size).into()]).await?;
    Ok(())
}

/// Decides about blobs that a repository of the project makes count from this transaction on, and that the project had linked before.
/// What counts for another repository too makes no difference, and is never refused.
///
/// # Errors
/// [`Error::QuotaExceeded`].
pub(crate) async fn count_again(
    connection: &impl ConnectionTrait,
    (project, repository): (ProjectId, RepositoryId),
    blobs: &[i64],
) -> Result<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    let Some(usage) = find_over(connection, project).await? else { return Ok(()) };
    refuse(usage, released::counted_only_by(connection, project, repository, blobs).await?)
}

/// As [`count_again`], about all that a repository holds which comes out of the trash.
///
/// # Errors
/// [`Error::QuotaExceeded`].
pub(crate) async fn count_whole(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
) -> Result<()> {
    let Some(usage) = find_over(connection, project).await? else { return Ok(()) };
    refuse(usage, released::counted_only_in(connection, project, repository).await?)
}

/// What counts of a project, where that is more than it may hold. From here on nobody else adds to it until the transaction ends.
async fn find_over(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Option<Usage>> {
    let sql = format!(
        "SELECT p.name, p.storage_used, p.storage_quota FROM projects p \
         WHERE p.id = $1 AND p.storage_quota IS NOT NULL AND p.deleted_at IS NULL{}",
        locks::holding_project(connection)
    );
    let Some(row) = one(connection, &sql, [project.0.into()]).await? else { return Ok(None) };
    if !Usage::try_from(&row)?.is_over() {
        return Ok(None);
    }
    Ok(Some(counted(connection, project).await?).filter(Usage::is_over))
}

/// Refuses what is `new` of what counts by now.
fn refuse(usage: Usage, new: u64) -> Result<()> {
    if new == 0 {
        return Ok(());
    }
    Err(Usage { used: usage.used.saturating_sub(new), ..usage }.exceeded(new))
}

/// The size of the largest blob that the project links.
pub(crate) async fn largest(connection: &impl ConnectionTrait, project: ProjectId) -> Result<u64> {
    let sql = "SELECT MAX(size) FROM project_blobs WHERE project_id = $1";
    let largest: Option<Option<i64>> = find_value(connection, sql, [project.0.into()]).await?;
    Ok(largest.flatten().map_or(0, unsigned))
}

/// Sets what a project may hold; what it could hold before. `None` in place of the whole answer if the project is gone.
pub(crate) async fn set(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    quota: Option<u64>,
    now: i64,
) -> Result<Option<Option<u64>>> {
    locks::whole_project(connection, project).await?;
    let before = match linked(connection, project).await {
        Ok(usage) => usage.allowed,
        Err(Error::ProjectDeleted) => return Ok(None),
        Err(error) => return Err(error),
    };
    let sql = "UPDATE projects SET storage_quota = $2, updated_at = $3 WHERE id = $1";
    execute(connection, sql, [project.0.into(), quota.map(signed).into(), now.into()]).await?;
    Ok(Some(before))
}
