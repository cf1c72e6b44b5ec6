//! Rows of blobs, and the links that let a repository read them.

use super::{
    home, locks, quotas,
    sql::{LIST, all, execute, one, places, signed, unsigned},
};
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId, Visibility},
};
use blobstore::Location;
use oci::Digest;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use std::collections::HashMap;

/// A stored blob.
#[derive(Clone, Debug)]
pub(crate) struct BlobRow {
    pub(crate) id: i64,
    pub(crate) size: u64,
    pub(crate) location: Location,
}

impl TryFrom<&QueryResult> for BlobRow {
    type Error = Error;

    fn try_from(row: &QueryResult) -> Result<Self> {
        let id: i64 = row.try_get_by_index(0)?;
        let location: String = row.try_get_by_index(2)?;
        Ok(Self {
            id,
            size: unsigned(row.try_get_by_index(1)?),
            location: location.parse().map_err(|_| Error::Inconsistent {
                table: "blobs",
                column: "location",
                row: id.to_string(),
            })?,
        })
    }
}

/// A blob as a repository sees it.
#[derive(Clone, Debug)]
pub(crate) struct LinkedBlob {
    pub(crate) blob: BlobRow,
    /// When the link was last counted on; below 0 where a deletion has released it since.
    pub(crate) leased_at: i64,
}

/// A blob that the repository links.
pub(crate) async fn find_linked(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    digest: &Digest,
) -> Result<Option<LinkedBlob>> {
    let row = one(
        connection,
        "SELECT b.id, b.size, b.location, l.leased_at FROM blobs b \
         JOIN repository_blobs l ON l.repository_id = $1 AND l.blob_id = b.id \
         WHERE b.digest = $2 AND b.state = 'live'",
        [repository.0.into(), digest.as_str().into()],
    )
    .await?;
    row.map(|row| Ok(LinkedBlob { blob: BlobRow::try_from(&row)?, leased_at: row.try_get_by_index(3)? })).transpose()
}

/// A live blob, whoever links it.
pub(crate) async fn find_live(connection: &impl ConnectionTrait, digest: &Digest) -> Result<Option<BlobRow>> {
    let row = one(
        connection,
        "SELECT id, size, location FROM blobs WHERE digest = $1 AND state = 'live'",
        [digest.as_str().into()],
    )
    .await?;
    row.as_ref().map(BlobRow::try_from).transpose()
}

/// The newest live blobs.
pub(crate) async fn newest_live(connection: &impl ConnectionTrait, limit: u64) -> Result<Vec<BlobRow>> {
    let sql = "SELECT id, size, location FROM blobs WHERE state = 'live' ORDER BY id DESC LIMIT $1";
    all(connection, sql, [signed(limit).into()]).await?.iter().map(BlobRow::try_from).collect()
}

/// Whether any blob, live or going, is at this location.
pub(crate) async fn has_location(connection: &impl ConnectionTrait, location: &Location) -> Result<bool> {
    let row = one(connection, "SELECT 1 FROM blobs WHERE location = $1", [location.as_str().into()]).await?;
    Ok(row.is_some())
}

/// The live row of a digest: the one that is there, or a new one at `location`. One in quarantine gets the new location, so that
/// whatever names it is whole again; its old object has no row any more, and collection takes it away. `place` is where the
/// object is.
///
/// # Errors
/// [`Error::Internal`] where blobs are at home in another place, and this one is not there yet.
pub(crate) async fn ensure(
    connection: &impl ConnectionTrait,
    digest: &Digest,
    size: u64,
    location: &Location,
    place: &str,
    now: i64,
) -> Result<BlobRow> {
    let inserted = one(
        connection,
        "INSERT INTO blobs (digest, size, location, state, created_at) SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), \
         CAST($3 AS TEXT), 'live', CAST($4 AS BIGINT) \
         WHERE NOT EXISTS (SELECT 1 FROM settings WHERE key = 'blobs_home' AND value <> $5) \
         ON CONFLICT (digest) WHERE state = 'live' OR state = 'damaged' DO UPDATE SET size = excluded.size, \
         location = excluded.location, state = 'live' WHERE blobs.state = 'damaged' RETURNING id, size, location",
        [digest.as_str().into(), signed(size).into(), location.as_str().into(), now.into(), place.into()],
    )
    .await?;
    if let Some(row) = inserted {
        return BlobRow::try_from(&row);
    }
    if let Some(row) = find_live(connection, digest).await? {
        return Ok(row);
    }
    home::must_be(connection, place).await?;
    Err(locks::overtaken("a blob"))
}

/// Links a blob to a repository and renews the lease. New bytes are added to the project's and the repository's sums, and what was
/// released counts again; `true` if the link is new.
///
/// # Errors
/// [`Error::QuotaExceeded`] if the project may not hold that much.
pub(crate) async fn link(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
    blob: &BlobRow,
    now: i64,
) -> Result<bool> {
    let new = execute(
        connection,
        "INSERT INTO repository_blobs (repository_id, blob_id, project_id, leased_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (repository_id, blob_id) DO NOTHING",
        [repository.0.into(), blob.id.into(), project.0.into(), now.into()],
    )
    .await?;
    if new == 0 {
        if !lease(connection, (project, repository), blob.id, now).await? {
            return Err(locks::overtaken("a link"));
        }
        return Ok(false);
    }
    let live = execute(
        connection,
        "UPDATE blobs SET link_count = link_count + 1, garbage_since = NULL WHERE id = $1 AND state = 'live'",
        [blob.id.into()],
    )
    .await?;
    if live == 0 {
        return Err(locks::overtaken("a blob"));
    }
    let first = one(
        connection,
        "INSERT INTO project_blobs (project_id, blob_id, link_count, size, only_repository_id) VALUES ($1, $2, 1, $3, $4) \
         ON CONFLICT (project_id, blob_id) DO UPDATE SET link_count = project_blobs.link_count + 1, \
         only_repository_id = NULL RETURNING link_count",
        [project.0.into(), blob.id.into(), signed(blob.size).into(), repository.0.into()],
    )
    .await?;
    let links: i64 = first.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    // The sums come last: whoever changes them holds up all other pushes into the repository, or the project, until the end.
    execute(
        connection,
        "UPDATE repositories SET storage_used = storage_used + $2 WHERE id = $1",
        [repository.0.into(), signed(blob.size).into()],
    )
    .await?;
    if links == 1 {
        quotas::charge(connection, project, blob.size).await?;
    } else {
        // The other ones may all be released.
        quotas::count_again(connection, (project, repository), &[blob.id]).await?;
    }
    Ok(true)
}

/// Renews the lease of a link; `false` if there is no such link. One that was released counts again.
///
/// # Errors
/// [`Error::QuotaExceeded`] if that is more than the project may hold.
pub(crate) async fn lease(
    connection: &impl ConnectionTrait,
    (project, repository): (ProjectId, RepositoryId),
    blob: i64,
    now: i64,
) -> Result<bool> {
    let values = || -> [Value; 3] { [repository.0.into(), blob.into(), now.into()] };
    let renewed = execute(
        connection,
        "UPDATE repository_blobs SET leased_at = $3 WHERE repository_id = $1 AND blob_id = $2 AND leased_at > 0",
        values(),
    )
    .await?;
    if renewed != 0 {
        return Ok(true);
    }
    // Whoever removes the repository holds the project's sums when it comes to the links.
    let sql = format!("SELECT r.id FROM repositories r WHERE r.id = $1{}", locks::keeping(connection));
    one(connection, &sql, [repository.0.into()]).await?;
    let counts = execute(
        connection,
        "UPDATE repository_blobs SET leased_at = $3 WHERE repository_id = $1 AND blob_id = $2 AND leased_at <= 0",
        values(),
    )
    .await?;
    if counts == 0 {
        return Ok(false);
    }
    quotas::count_again(connection, (project, repository), &[blob]).await?;
    Ok(true)
}

/// Takes a link away, with its bytes from the sums. Fails on the foreign key while a manifest names the blob.
/// `false` if there was no link.
pub(crate) async fn unlink(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
    blob: &BlobRow,
) -> Result<bool> {
    let gone = execute(
        connection,
        "DELETE FROM repository_blobs WHERE repository_id = $1 AND blob_id = $2",
        [repository.0.into(), blob.id.into()],
    )
    .await?;
    if gone == 0 {
        return Ok(false);
    }
    execute(connection, "UPDATE blobs SET link_count = link_count - 1 WHERE id = $1", [blob.id.into()]).await?;
    execute(
        connection,
        "UPDATE repositories SET storage_used = storage_used - $2 WHERE id = $1",
        [repository.0.into(), signed(blob.size).into()],
    )
    .await?;
    execute(
        connection,
        "UPDATE project_blobs SET link_count = link_count - 1 WHERE project_id = $1 AND blob_id = $2",
        [project.0.into(), blob.id.into()],
    )
    .await?;
    name_the_last(connection, project, &[blob.id]).await?;
    let last = execute(
        connection,
        "DELETE FROM project_blobs WHERE project_id = $1 AND blob_id = $2 AND link_count <= 0",
        [project.0.into(), blob.id.into()],
    )
    .await?;
    if last != 0 {
        execute(
            connection,
            "UPDATE projects SET storage_used = storage_used - $2 WHERE id = $1",
            [project.0.into(), signed(blob.size).into()],
        )
        .await?;
    }
    Ok(true)
}

/// Notes of blobs that lost links which repository is the only one left, where it is one. The rows of [`unlink`] and the like must
/// have been changed before: from then on nobody else changes who links these blobs for the project.
pub(crate) async fn name_the_last(connection: &impl ConnectionTrait, project: ProjectId, blobs: &[i64]) -> Result<()> {
    for blobs in blobs.chunks(LIST) {
        let sql = format!(
            "UPDATE project_blobs SET only_repository_id = (SELECT MIN(l.repository_id) FROM repository_blobs l \
             WHERE l.blob_id = project_blobs.blob_id AND l.project_id = project_blobs.project_id) \
             WHERE project_id = $1 AND link_count = 1 AND blob_id IN ({})",
            places(2, blobs.len())
        );
        execute(connection, &sql, std::iter::once(project.0.into()).chain(blobs.iter().map(|id| (*id).into()))).await?;
    }
    Ok(())
}

/// Takes away all links of a repository whose manifests are gone.
pub(crate) async fn unlink_all(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
) -> Result<()> {
    let linked = "(SELECT blob_id FROM repository_blobs WHERE repository_id = $1)";
    let id = || -> [Value; 1] { [repository.0.into()] };
    let both = || -> [Value; 2] { [repository.0.into(), project.0.into()] };
    execute(connection, &format!("UPDATE blobs SET link_count = link_count - 1 WHERE id IN {linked}"), id()).await?;
    execute(
        connection,
        &format!("UPDATE project_blobs SET link_count = link_count - 1 WHERE project_id = $2 AND blob_id IN {linked}"),
        both(),
    )
    .await?;
    execute(
        connection,
        "UPDATE projects SET storage_used = storage_used - (SELECT CAST(COALESCE(SUM(b.size), 0) AS BIGINT) \
         FROM project_blobs p JOIN blobs b ON b.id = p.blob_id WHERE p.project_id = $1 AND p.link_count <= 0) WHERE id = $1",
        [project.0.into()],
    )
    .await?;
    execute(connection, "DELETE FROM project_blobs WHERE project_id = $1 AND link_count <= 0", [project.0.into()])
        .await?;
    // Those that one other repository links are its own from now on.
    execute(
        connection,
        &format!(
            "UPDATE project_blobs SET only_repository_id = (SELECT MIN(l.repository_id) FROM repository_blobs l \
             WHERE l.blob_id = project_blobs.blob_id AND l.project_id = project_blobs.project_id AND l.repository_id <> $1) \
             WHERE project_id = $2 AND link_count = 1 AND blob_id IN {linked}"
        ),
        both(),
    )
    .await?;
    execute(connection, "DELETE FROM repository_blobs WHERE repository_id = $1", id()).await?;
    execute(connection, "UPDATE repositories SET storage_used = 0 WHERE id = $1", id()).await?;
    Ok(())
}

/// A blob that a repository links.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linked {
    pub(crate) id: i64,
    pub(crate) size: u64,
    /// Whether the link does not count: see [`super::released`].
    pub(crate) released: bool,
}

/// Of these digests, those that the repository links.
pub(crate) async fn linked_among(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    digests: &[&Digest],
) -> Result<HashMap<String, Linked>> {
    let mut found = HashMap::with_capacity(digests.len());
    for digests in digests.chunks(LIST) {
        let sql = format!(
            "SELECT b.digest, b.id, b.size, l.leased_at FROM blobs b \
             JOIN repository_blobs l ON l.blob_id = b.id AND l.repository_id = $1 \
             WHERE b.state = 'live' AND b.digest IN ({})",
            places(2, digests.len())
        );
        let values = std::iter::once(repository.0.into()).chain(digests.iter().map(|digest| digest.as_str().into()));
        for row in all(connection, &sql, values).await? {
            let digest: String = row.try_get_by_index(0)?;
            let linked = Linked {
                id: row.try_get_by_index(1)?,
                size: unsigned(row.try_get_by_index(2)?),
                released: row.try_get_by_index::<i64>(3)? <= 0,
            };
            found.insert(digest, linked);
        }
    }
    Ok(found)
}

/// Renews the leases of several links that are older than `before`.
pub(crate) async fn lease_all(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    blobs: &[i64],
    before: i64,
    now: i64,
) -> Result<()> {
    for blobs in blobs.chunks(LIST) {
        let sql = format!(
            "UPDATE repository_blobs SET leased_at = $2 WHERE repository_id = $1 AND leased_at < $3 AND blob_id IN ({})",
            places(4, blobs.len())
        );
        let values = [repository.0.into(), now.into(), before.into()];
        execute(connection, &sql, values.into_iter().chain(blobs.iter().map(|blob| (*blob).into()))).await?;
    }
    Ok(())
}

/// Full names of repositories that link a live blob, of projects that the actor sees: some of them.
pub(crate) async fn visible_repositories(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    blob: i64,
    limit: usize,
) -> Result<Vec<String>> {
    let mut values = vec![blob.into()];
    let visible = super::access::visible(visibility, "l.project_id", &mut values);
    let sql = format!(
        "SELECT p.name || '/' || r.path FROM repository_blobs l JOIN repositories r ON r.id = l.repository_id \
         JOIN projects p ON p.id = l.project_id WHERE l.blob_id = $1 AND {visible} \
         LIMIT {limit}"
    );
    all(connection, &sql, values).await?.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
