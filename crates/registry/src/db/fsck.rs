//! Statements of the check: rows as they are, whatever is in them, and what puts them right or into quarantine.
//!
//! A change holds only for the row as it was seen: whoever healed, moved or removed it meanwhile was quicker and is right.

use super::sql::{self, all, execute, find_value, signed, unsigned};
use crate::Result;
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// A blob's row, unread.
#[derive(Clone, Debug)]
pub(crate) struct BlobRow {
    pub(crate) id: i64,
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) location: String,
    pub(crate) state: String,
}

const BLOB: &str = "id, digest, size, location, state";

fn blob(row: &QueryResult) -> Result<BlobRow> {
    Ok(BlobRow {
        id: row.try_get_by_index(0)?,
        digest: row.try_get_by_index(1)?,
        size: unsigned(row.try_get_by_index(2)?),
        location: row.try_get_by_index(3)?,
        state: row.try_get_by_index(4)?,
    })
}

/// All blobs whose location is at or after `from` and, where there is an end, before `to`.
pub(crate) async fn blobs_between(
    connection: &impl ConnectionTrait,
    from: &str,
    to: Option<&str>,
) -> Result<Vec<BlobRow>> {
    let end = if to.is_some() { "location < $2" } else { "$2 = ''" };
    let sql = format!("SELECT {BLOB} FROM blobs WHERE location >= $1 AND {end}");
    all(connection, &sql, [from.into(), to.unwrap_or_default().into()]).await?.iter().map(blob).collect()
}

/// The next live blobs after `after`.
pub(crate) async fn live_after(connection: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<BlobRow>> {
    let sql = format!("SELECT {BLOB} FROM blobs WHERE id > $1 AND state = 'live' ORDER BY id LIMIT $2");
    all(connection, &sql, [after.into(), signed(limit).into()]).await?.iter().map(blob).collect()
}

/// A blob by its id.
pub(crate) async fn find_blob(connection: &impl ConnectionTrait, id: i64) -> Result<Option<BlobRow>> {
    let sql = format!("SELECT {BLOB} FROM blobs WHERE id = $1");
    sql::one(connection, &sql, [id.into()]).await?.as_ref().map(blob).transpose()
}

/// Blobs in quarantine that have this size.
pub(crate) async fn damaged_of_size(connection: &impl ConnectionTrait, size: u64) -> Result<Vec<BlobRow>> {
    let sql = format!("SELECT {BLOB} FROM blobs WHERE state = 'damaged' AND size = $1 ORDER BY id");
    all(connection, &sql, [signed(size).into()]).await?.iter().map(blob).collect()
}

/// The next blobs in quarantine after `after` that nothing links.
pub(crate) async fn unlinked_after(connection: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<BlobRow>> {
    let sql =
        format!("SELECT {BLOB} FROM blobs WHERE state = 'damaged' AND link_count = 0 AND id > $1 ORDER BY id LIMIT $2");
    all(connection, &sql, [after.into(), signed(limit).into()]).await?.iter().map(blob).collect()
}

/// How many blobs there are to look for.
pub(crate) async fn count_blobs(connection: &impl ConnectionTrait) -> Result<u64> {
    number(connection, "SELECT COUNT(*) FROM blobs WHERE state NOT IN ('deleting', 'stray')").await
}

/// Bytes of all live blobs.
pub(crate) async fn live_bytes(connection: &impl ConnectionTrait) -> Result<u64> {
    number(connection, "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs WHERE state = 'live'").await
}

/// How many manifests there are.
pub(crate) async fn count_manifests(connection: &impl ConnectionTrait) -> Result<u64> {
    number(connection, "SELECT COUNT(*) FROM manifests").await
}

/// The highest ids of tags, manifests with references, linked blobs, and moves of tags.
pub(crate) async fn highest(connection: &impl ConnectionTrait) -> Result<[u64; 4]> {
    Ok([
        number(connection, "SELECT COALESCE(MAX(id), 0) FROM tags").await?,
        number(connection, "SELECT COALESCE(MAX(manifest_id), 0) FROM manifest_references").await?,
        number(connection, "SELECT COALESCE(MAX(blob_id), 0) FROM repository_blobs").await?,
        number(connection, "SELECT COALESCE(MAX(id), 0) FROM tag_events").await?,
    ])
}

async fn number(connection: &impl ConnectionTrait, sql: &str) -> Result<u64> {
    Ok(unsigned(sql::get_value(connection, sql, []).await?))
}

/// No other row that pushes find has the digest.
const ALONE: &str = "NOT EXISTS (SELECT 1 FROM blobs o WHERE o.digest = $4 AND o.id <> $1 \
                     AND (o.state = 'live' OR o.state = 'damaged'))";

/// Puts a blob into quarantine, under this digest; `false` if it is not as it was seen any more.
pub(crate) async fn quarantine(connection: &impl ConnectionTrait, seen: &BlobRow, digest: &str) -> Result<bool> {
    let sql = format!(
        "UPDATE blobs SET state = 'damaged', digest = $4 WHERE id = $1 AND location = $2 AND state = $3 AND {ALONE}"
    );
    let values: [Value; 4] = [seen.id.into(), seen.location.as_str().into(), seen.state.as_str().into(), digest.into()];
    Ok(execute(connection, &sql, values).await? != 0)
}

/// Makes a blob live whose object is whole: with this digest and size.
pub(crate) async fn release(
    connection: &impl ConnectionTrait,
    seen: &BlobRow,
    digest: &str,
    size: u64,
) -> Result<bool> {
    let sql = format!(
        "UPDATE blobs SET state = 'live', digest = $4, size = $5 WHERE id = $1 AND location = $2 AND state = $3 AND {ALONE}"
    );
    let values: [Value; 5] =
        [seen.id.into(), seen.location.as_str().into(), seen.state.as_str().into(), digest.into(), signed(size).into()];
    Ok(execute(connection, &sql, values).await? != 0)
}

/// Gives a blob in quarantine an object that has its bytes, unless a row has that one.
pub(crate) async fn reunite(connection: &impl ConnectionTrait, blob: i64, location: &str) -> Result<bool> {
    let sql = "UPDATE blobs SET state = 'live', location = $2 WHERE id = $1 AND state = 'damaged' \
               AND NOT EXISTS (SELECT 1 FROM blobs o WHERE o.location = $2)";
    Ok(execute(connection, sql, [blob.into(), location.into()]).await? != 0)
}

/// Puts a blob back whose row is gone while links and manifests still speak of it: in quarantine, without an object.
pub(crate) async fn revive(
    connection: &impl ConnectionTrait,
    blob: i64,
    digest: &str,
    size: u64,
    now: i64,
) -> Result<bool> {
    // Neither the id nor the digest may have a row meanwhile.
    let sql = "INSERT INTO blobs (id, digest, size, location, state, link_count, created_at) \
               SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT), 'damaged', \
               (SELECT COUNT(*) FROM repository_blobs l WHERE l.blob_id = $1), CAST($5 AS BIGINT) WHERE NOT EXISTS \
               (SELECT 1 FROM blobs o WHERE o.id = $1 OR (o.digest = $2 AND (o.state = 'live' OR o.state = 'damaged')))";
    let location = format!("lost-{blob}");
    let values: [Value; 5] = [blob.into(), digest.into(), signed(size).into(), location.into(), now.into()];
    Ok(execute(connection, sql, values).await? != 0)
}

/// Puts a link back that a manifest needs; `false` if it is there, or its blob is not.
pub(crate) async fn relink(connection: &impl ConnectionTrait, repository: i64, blob: i64, now: i64) -> Result<bool> {
    let sql = "INSERT INTO repository_blobs (repository_id, blob_id, project_id, leased_at) \
               SELECT r.id, b.id, r.project_id, CAST($3 AS BIGINT) FROM repositories r, blobs b \
               WHERE r.id = $1 AND b.id = $2 ON CONFLICT (repository_id, blob_id) DO NOTHING";
    Ok(execute(connection, sql, [repository.into(), blob.into(), now.into()]).await? != 0)
}

/// Of a repository, the blob of a digest, also in quarantine.
pub(crate) async fn linked(connection: &impl ConnectionTrait, repository: i64, digest: &str) -> Result<Option<i64>> {
    let sql = "SELECT b.id FROM blobs b JOIN repository_blobs l ON l.blob_id = b.id AND l.repository_id = $1 \
               WHERE b.digest = $2 AND (b.state = 'live' OR b.state = 'damaged')";
    find_value(connection, sql, [repository.into(), digest.into()]).await
}

/// A tag that something is wrong with.
#[derive(Clone, Debug)]
pub(crate) struct LostTag {
    pub(crate) repository: i64,
    pub(crate) repository_name: String,
    pub(crate) name: String,
}

/// Tags that lead to no manifest, with ids after `after` and up to `to`.
pub(crate) async fn lost_tags(connection: &impl ConnectionTrait, after: i64, to: i64) -> Result<Vec<LostTag>> {
    let sql = "SELECT t.repository_id, p.name || '/' || r.path, t.name FROM tags t JOIN repositories r ON r.id = t.repository_id \
               JOIN projects p ON p.id = r.project_id WHERE t.id > $1 AND t.id <= $2 \
               AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.id = t.manifest_id) ORDER BY t.id";
    let rows = all(connection, sql, [after.into(), to.into()]).await?;
    let tag = |row: &QueryResult| {
        let (repository, repository_name) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        Ok(LostTag { repository, repository_name, name: row.try_get_by_index(2)? })
    };
    rows.iter().map(tag).collect()
}

/// A tag that is not where its last move led.
#[derive(Clone, Debug)]
pub(crate) struct StrayTag {
    pub(crate) tag: LostTag,
    /// The move's id.
    pub(crate) event: i64,
    /// Whether it points at something else. Otherwise its row is gone.
    pub(crate) is_there: bool,
}

/// What a tag leads to, `m`, is not what its move `e` led to. What is damaged is told by itself.
pub(super) const ELSEWHERE: &str = "m.damaged = FALSE AND (m.repository_id <> e.repository_id OR m.digest <> e.digest)";

/// Tags that are not where their last moves led, of moves with ids after `after` and up to `to`. Those that lead to no manifest
/// are [`lost_tags`].
pub(crate) async fn stray_tags(connection: &impl ConnectionTrait, after: i64, to: i64) -> Result<Vec<StrayTag>> {
    let sql = format!(
        "SELECT e.repository_id, p.name || '/' || r.path, e.tag, e.id, CAST(CASE WHEN t.id IS NULL THEN 0 ELSE 1 END AS BIGINT) \
         FROM tag_events e JOIN repositories r ON r.id = e.repository_id JOIN projects p ON p.id = r.project_id \
         LEFT JOIN tags t ON t.repository_id = e.repository_id AND t.name = e.tag \
         LEFT JOIN manifests m ON m.id = t.manifest_id WHERE e.id > $1 AND e.id <= $2 AND e.digest IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM tag_events n WHERE n.repository_id = e.repository_id AND n.tag = e.tag AND n.id > e.id) \
         AND (t.id IS NULL OR ({ELSEWHERE})) ORDER BY e.id"
    );
    let rows = all(connection, &sql, [after.into(), to.into()]).await?;
    let tag = |row: &QueryResult| {
        let (repository, repository_name) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let tag = LostTag { repository, repository_name, name: row.try_get_by_index(2)? };
        let is_there = row.try_get_by_index::<i64>(4)? != 0;
        Ok(StrayTag { tag, event: row.try_get_by_index(3)?, is_there })
    };
    rows.iter().map(tag).collect()
}

/// Rows that speak of a row that is gone: whose they are, and which id it had.
#[derive(Clone, Debug)]
pub(crate) struct Orphans {
    pub(crate) repository: i64,
    /// Empty where the repository is gone too.
    pub(crate) repository_name: String,
    pub(crate) id: i64,
}

/// What manifests named whose rows are gone.
pub(crate) async fn orphaned_references(
    connection: &impl ConnectionTrait,
    after: i64,
    to: i64,
) -> Result<Vec<Orphans>> {
    let sql = "SELECT n.repository_id, COALESCE(p.name || '/' || r.path, ''), n.manifest_id FROM manifest_references n \
               LEFT JOIN repositories r ON r.id = n.repository_id LEFT JOIN projects p ON p.id = r.project_id \
               WHERE n.manifest_id > $1 AND n.manifest_id <= $2 \
               AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.id = n.manifest_id) GROUP BY 1, 2, 3 ORDER BY 3";
    orphans(connection, sql, after, to).await
}

/// Links to blobs whose rows are gone.
pub(crate) async fn orphaned_links(connection: &impl ConnectionTrait, after: i64, to: i64) -> Result<Vec<Orphans>> {
    let sql = "SELECT l.repository_id, COALESCE(p.name || '/' || r.path, ''), l.blob_id FROM repository_blobs l \
               LEFT JOIN repositories r ON r.id = l.repository_id LEFT JOIN projects p ON p.id = r.project_id \
               WHERE l.blob_id > $1 AND l.blob_id <= $2 \
               AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.id = l.blob_id) ORDER BY l.blob_id";
    orphans(connection, sql, after, to).await
}

async fn orphans(connection: &impl ConnectionTrait, sql: &str, after: i64, to: i64) -> Result<Vec<Orphans>> {
    let rows = all(connection, sql, [after.into(), to.into()]).await?;
    let orphan = |row: &QueryResult| {
        let (repository, repository_name) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        Ok(Orphans { repository, repository_name, id: row.try_get_by_index(2)? })
    };
    rows.iter().map(orphan).collect()
}

/// Removes what a manifest named whose row is gone, once all of it is named by manifests that are there; `false` before that.
pub(crate) async fn forget_references(connection: &impl ConnectionTrait, manifest: i64) -> Result<bool> {
    let sql = "DELETE FROM manifest_references WHERE manifest_id = $1 \
               AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.id = $1) AND NOT EXISTS (SELECT 1 FROM manifest_references o \
               WHERE o.manifest_id = $1 AND o.blob_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM manifest_references k \
               JOIN manifests m ON m.id = k.manifest_id WHERE k.repository_id = o.repository_id AND k.blob_id = o.blob_id))";
    Ok(execute(connection, sql, [manifest.into()]).await? != 0)
}
