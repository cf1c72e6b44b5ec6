//! What projects hold and may hold.
//!
//! A project's `storage_used` is the sum of the distinct blobs that it links. It changes in the transaction that links or unlinks
//! one, and [`charge`] is the one statement that adds to it: it decides by the row that it changes, so that pushes at the same moment
//! cannot pass the quota together.

use super::sql::{execute, find_value, one, signed, unsigned};
use crate::{Error, Result, access::ProjectId};
use oci::Digest;
use sea_orm::ConnectionTrait;

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
}

/// What a project holds and may hold now.
///
/// # Errors
/// [`Error::ProjectDeleted`].
pub(crate) async fn usage(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Usage> {
    let sql = "SELECT name, storage_used, storage_quota FROM projects WHERE id = $1 AND deleted_at IS NULL";
    let row = one(connection, sql, [project.0.into()]).await?.ok_or(Error::ProjectDeleted)?;
    let allowed: Option<i64> = row.try_get_by_index(2)?;
    Ok(Usage {
        project: row.try_get_by_index(0)?,
        used: unsigned(row.try_get_by_index(1)?),
        allowed: allowed.and_then(|allowed| u64::try_from(allowed).ok()),
    })
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
    if charged != 0 { Ok(()) } else { Err(usage(connection, project).await?.exceeded(size)) }
}

/// Whether the project links a blob of this digest, so that one more link costs it nothing.
pub(crate) async fn holds(connection: &impl ConnectionTrait, project: ProjectId, digest: &Digest) -> Result<bool> {
    let sql = "SELECT p.blob_id FROM blobs b JOIN project_blobs p ON p.project_id = $1 AND p.blob_id = b.id \
               WHERE b.digest = $2 AND b.state = 'live'";
    Ok(find_value::<i64>(connection, sql, [project.0.into(), digest.as_str().into()]).await?.is_some())
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
    super::locks::whole_project(connection, project).await?;
    let before = match usage(connection, project).await {
        Ok(usage) => usage.allowed,
        Err(Error::ProjectDeleted) => return Ok(None),
        Err(error) => return Err(error),
    };
    let sql = "UPDATE projects SET storage_quota = $2, updated_at = $3 WHERE id = $1";
    execute(connection, sql, [project.0.into(), quota.map(signed).into(), now.into()]).await?;
    Ok(Some(before))
}
