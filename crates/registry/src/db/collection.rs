//! Statements that find and take away what nothing names any more.
//!
//! Each of them decides by rows that it holds or changes, so that it is right whatever runs beside it; how long ago something was
//! touched only spares clients that answer.

use super::{
    backups,
    blobs::{self, BlobRow},
    fsck, locks,
    sql::{self, all, clock, execute, one, places, signed, unsigned},
};
use crate::{
    Result,
    access::{ProjectId, RepositoryId},
};
use blobstore::Location;
use sea_orm::{ConnectionTrait, DbBackend, Value};

/// A place in the list of all links.
pub(crate) type LinkKey = (i64, i64);

/// Links of one repository that are garbage as it seems, or a page's worth of them.
#[derive(Clone, Debug)]
pub(crate) struct Idle {
    pub(crate) project: ProjectId,
    pub(crate) repository: RepositoryId,
    pub(crate) blobs: Vec<i64>,
}

/// A page of links: how many there were, which seem to be garbage, which only the trash keeps from that while they still count for
/// their projects, and where it ends (`None`: that was the last page).
#[derive(Clone, Debug)]
pub(crate) struct LinkPage {
    pub(crate) seen: u64,
    pub(crate) idle: Vec<Idle>,
    pub(crate) lapsed: Vec<Idle>,
    pub(crate) next: Option<LinkKey>,
}

/// How many links there are.
pub(crate) async fn count_links(connection: &impl ConnectionTrait) -> Result<u64> {
    Ok(unsigned(sql::get_value(connection, "SELECT COUNT(*) FROM repository_blobs", []).await?))
}

/// Looks through the next `limit` links after `after` for those that no manifest names and nobody has touched since `cutoff`.
pub(crate) async fn page_of_links(
    connection: &impl ConnectionTrait,
    after: LinkKey,
    cutoff: i64,
    limit: u64,
) -> Result<LinkPage> {
    let page = "SELECT repository_id, blob_id, project_id, leased_at FROM repository_blobs \
                WHERE (repository_id, blob_id) > ($1, $2) ORDER BY repository_id, blob_id LIMIT $3";
    let key = || -> [Value; 3] { [after.0.into(), after.1.into(), signed(limit).into()] };
    let end = "SELECT repository_id, blob_id FROM repository_blobs WHERE (repository_id, blob_id) > ($1, $2) \
               ORDER BY repository_id, blob_id LIMIT 1 OFFSET $3 - 1";
    let next = one(connection, end, key()).await?;
    let next =
        next.map(|row| Ok::<_, crate::Error>((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).transpose()?;
    let seen = match next {
        Some(_) => limit,
        None => unsigned(sql::get_value(connection, &format!("SELECT COUNT(*) FROM ({page}) p"), key()).await?),
    };
    let sql = format!(
        "SELECT q.repository_id, q.blob_id, q.project_id, q.trashed FROM (SELECT p.repository_id, p.blob_id, p.project_id, \
         p.leased_at, EXISTS (SELECT 1 FROM trash_blobs t WHERE t.repository_id = p.repository_id AND t.blob_id = p.blob_id) \
         AS trashed FROM ({page}) p WHERE ABS(p.leased_at) <= $4 AND NOT EXISTS \
         (SELECT 1 FROM manifest_references n WHERE n.repository_id = p.repository_id AND n.blob_id = p.blob_id)) q \
         WHERE q.leased_at > 0 OR NOT q.trashed ORDER BY q.repository_id, q.blob_id"
    );
    let (mut idle, mut lapsed): (Vec<Idle>, Vec<Idle>) = (Vec::new(), Vec::new());
    for row in all(connection, &sql, key().into_iter().chain([cutoff.into()])).await? {
        let (repository, blob) = (RepositoryId(row.try_get_by_index(0)?), row.try_get_by_index(1)?);
        let found = if row.try_get_by_index(3)? { &mut lapsed } else { &mut idle };
        match found.last_mut().filter(|last| last.repository == repository) {
            Some(last) => last.blobs.push(blob),
            None => {
                found.push(Idle { project: ProjectId(row.try_get_by_index(2)?), repository, blobs: vec![blob] });
            }
        }
    }
    Ok(LinkPage { seen, idle, lapsed, next })
}

/// Releases links of the trash that somebody has touched since they were deleted, and nobody since `cutoff`: a push that came to nothing.
pub(crate) async fn lapse(connection: &impl ConnectionTrait, lapsed: &Idle, cutoff: i64) -> Result<()> {
    locks::repository(connection, lapsed.repository).await?;
    let sql = format!(
        "UPDATE repository_blobs SET leased_at = -leased_at WHERE repository_id = $1 AND leased_at > 0 AND leased_at <= $2 \
         AND blob_id IN ({}) AND NOT EXISTS \
         (SELECT 1 FROM manifest_references n WHERE n.repository_id = repository_blobs.repository_id \
         AND n.blob_id = repository_blobs.blob_id)",
        places(3, lapsed.blobs.len())
    );
    let values = [lapsed.repository.0.into(), cutoff.into()];
    execute(connection, &sql, values.into_iter().chain(lapsed.blobs.iter().map(|id| (*id).into()))).await?;
    Ok(())
}

/// Takes these links away, with their bytes from the sums, unless a manifest names them or somebody has touched them since
/// `cutoff`; how many went. At most [`sql::LIST`] of one repository.
pub(crate) async fn unlink(connection: &impl ConnectionTrait, idle: &Idle, cutoff: i64) -> Result<u64> {
    let (project, repository) = (idle.project, idle.repository);
    // No manifest of the repository comes meanwhile. Only then blobs: who links one to this repository holds it and waits for
    // the repository's sums, but what is linked anew is none of what is unlinked here.
    locks::repository(connection, repository).await?;
    let sql = format!(
        "DELETE FROM repository_blobs WHERE repository_id = $1 AND ABS(leased_at) <= $2 AND blob_id IN ({}) AND NOT EXISTS \
         (SELECT 1 FROM manifest_references n WHERE n.repository_id = repository_blobs.repository_id \
         AND n.blob_id = repository_blobs.blob_id) AND NOT EXISTS (SELECT 1 FROM trash_blobs t \
         WHERE t.repository_id = repository_blobs.repository_id AND t.blob_id = repository_blobs.blob_id) RETURNING blob_id",
        places(3, idle.blobs.len())
    );
    let values = [repository.0.into(), cutoff.into()];
    let rows = all(connection, &sql, values.into_iter().chain(idle.blobs.iter().map(|id| (*id).into()))).await?;
    let gone = rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<Vec<i64>>>()?;
    if gone.is_empty() {
        return Ok(0);
    }
    let values =
        |first: Option<i64>| -> Vec<Value> { first.into_iter().chain(gone.iter().copied()).map(Value::from).collect() };
    let held = locks::blobs(connection);
    let sql = format!("SELECT id, size FROM blobs WHERE id IN ({}) ORDER BY id{held}", places(1, gone.len()));
    let mut sizes = std::collections::HashMap::with_capacity(gone.len());
    for row in all(connection, &sql, values(None)).await? {
        sizes.insert(row.try_get_by_index::<i64>(0)?, row.try_get_by_index::<i64>(1)?);
    }
    let size = |blobs: &[i64]| blobs.iter().filter_map(|id| sizes.get(id)).sum::<i64>();
    let sql = format!("UPDATE blobs SET link_count = link_count - 1 WHERE id IN ({})", places(1, gone.len()));
    execute(connection, &sql, values(None)).await?;
    let sql = format!(
        "UPDATE project_blobs SET link_count = link_count - 1 WHERE project_id = $1 AND blob_id IN ({})",
        places(2, gone.len())
    );
    execute(connection, &sql, values(Some(project.0))).await?;
    blobs::name_the_last(connection, project, &gone).await?;
    let sql = format!(
        "DELETE FROM project_blobs WHERE project_id = $1 AND link_count <= 0 AND blob_id IN ({}) RETURNING blob_id",
        places(2, gone.len())
    );
    let rows = all(connection, &sql, values(Some(project.0))).await?;
    let last = rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<Vec<i64>>>()?;
    let sql = "UPDATE repositories SET storage_used = storage_used - $2 WHERE id = $1";
    execute(connection, sql, [repository.0.into(), size(&gone).into()]).await?;
    let sql = "UPDATE projects SET storage_used = storage_used - $2 WHERE id = $1";
    execute(connection, sql, [project.0.into(), size(&last).into()]).await?;
    Ok(gone.len() as u64)
}

/// How many blobs may go.
pub(crate) async fn count_unlinked(connection: &impl ConnectionTrait) -> Result<u64> {
    let live = "SELECT COUNT(*) FROM blobs WHERE state = 'live' AND link_count = 0";
    let damaged = "SELECT COUNT(*) FROM blobs WHERE state = 'damaged' AND link_count = 0";
    let going = "SELECT COUNT(*) FROM blobs WHERE state = 'deleting'";
    let mut count = 0;
    for statement in [live, damaged, going] {
        count += unsigned(sql::get_value(connection, statement, []).await?);
    }
    let (kept, _) = kept_for_backups(connection).await?;
    Ok(count.saturating_sub(kept))
}

/// Of the next `limit` blobs after `after` that nothing links, notes that this is so since now at the latest; where the next look
/// begins. Whoever links one of them takes that back.
pub(crate) async fn note_garbage(connection: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Option<i64>> {
    let page = "SELECT id FROM blobs WHERE state = 'live' AND link_count = 0 AND id > $1 ORDER BY id LIMIT $2";
    let values = || -> [Value; 2] { [after.into(), signed(limit).into()] };
    let sql = format!(
        "UPDATE blobs SET garbage_since = {} WHERE id IN ({page}) AND garbage_since IS NULL AND link_count = 0",
        clock(connection)
    );
    execute(connection, &sql, values()).await?;
    sql::get_value(connection, &format!("SELECT MAX(id) FROM ({page}) p"), values()).await
}

/// Blobs that nothing links and that stay for the sake of a backup, and their bytes.
pub(crate) async fn kept_for_backups(connection: &impl ConnectionTrait) -> Result<(u64, u64)> {
    let sql = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs \
         WHERE garbage_since >= {} AND (state = 'live' OR state = 'damaged') AND link_count = 0",
        backups::oldest(clock(connection))
    );
    let row = one(connection, &sql, []).await?;
    let Some(row) = row else { return Ok((0, 0)) };
    Ok((unsigned(row.try_get_by_index(0)?), unsigned(row.try_get_by_index(1)?)))
}

/// Blobs that were marked and whose row is still there, after `after`: what a crash has left half done.
pub(crate) async fn marked(connection: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<BlobRow>> {
    let sql = "SELECT id, size, location FROM blobs WHERE state = 'deleting' AND id > $1 ORDER BY id LIMIT $2";
    let rows = all(connection, sql, [after.into(), signed(limit).into()]).await?;
    rows.iter().map(BlobRow::try_from).collect()
}

/// Marks blobs that were garbage before `$2`. Left alone, SQLite would read and sort all garbage for each batch, by the index on states.
pub(super) fn mark_old(connection: &impl ConnectionTrait) -> String {
    let by = match connection.get_database_backend() {
        DbBackend::Sqlite => " INDEXED BY blobs_garbage",
        _ => "",
    };
    format!(
        "UPDATE blobs SET state = 'deleting' WHERE id IN (SELECT b.id FROM blobs b{by} WHERE b.garbage_since < $2 \
         AND b.state = 'live' AND b.link_count = 0 AND NOT EXISTS (SELECT 1 FROM repository_blobs l WHERE l.blob_id = b.id) \
         ORDER BY b.garbage_since, b.id LIMIT $1) \
         AND garbage_since < $2 AND state = 'live' AND link_count = 0 RETURNING id, size, location"
    )
}

/// Marks blobs that nothing links: their digest counts as absent from the commit on, and nobody gets their location again. Where
/// there are backups, only those that no repository linked when the oldest one was begun.
pub(crate) async fn mark(connection: &impl ConnectionTrait, limit: u64) -> Result<Vec<BlobRow>> {
    backups::hold(connection).await?;
    let oldest = format!("SELECT {}", backups::oldest(clock(connection)));
    if let Some(oldest) = sql::get_value::<Option<i64>>(connection, &oldest, []).await? {
        let rows = all(connection, &mark_old(connection), [signed(limit).into(), oldest.into()]).await?;
        return rows.iter().map(BlobRow::try_from).collect();
    }
    // Whoever links one of them at this moment changes the row first, or finds it changed.
    let sql = "UPDATE blobs SET state = 'deleting' WHERE id IN (SELECT b.id FROM blobs b WHERE b.state = 'live' \
               AND b.link_count = 0 AND NOT EXISTS (SELECT 1 FROM repository_blobs l WHERE l.blob_id = b.id) \
               ORDER BY b.id LIMIT $1) AND state = 'live' AND link_count = 0 RETURNING id, size, location";
    let rows = all(connection, sql, [signed(limit).into()]).await?;
    rows.iter().map(BlobRow::try_from).collect()
}

/// Gives up a blob in quarantine that nothing links, as [`mark`] one that is live; with no place in the store it goes with its row.
/// `false` if it stays: it is not as it was seen any more, or is kept for the sake of a backup.
pub(crate) async fn forsake(connection: &impl ConnectionTrait, seen: &fsck::BlobRow, has_place: bool) -> Result<bool> {
    backups::hold(connection).await?;
    let now = clock(connection);
    // Where there are backups, that decides when it goes.
    let sql = format!(
        "UPDATE blobs SET garbage_since = {now} WHERE id = $1 AND state = 'damaged' AND link_count = 0 \
         AND garbage_since IS NULL"
    );
    execute(connection, &sql, [seen.id.into()]).await?;
    let oldest = backups::oldest(now);
    let change = if has_place { "UPDATE blobs SET state = 'deleting'" } else { "DELETE FROM blobs" };
    let sql = format!(
        "{change} WHERE id = $1 AND location = $2 AND state = 'damaged' AND link_count = 0 \
         AND NOT EXISTS (SELECT 1 FROM repository_blobs l WHERE l.blob_id = blobs.id) \
         AND ({oldest} IS NULL OR garbage_since < {oldest})"
    );
    Ok(execute(connection, &sql, [seen.id.into(), seen.location.as_str().into()]).await? != 0)
}

/// Whether rows speak of blobs whose own rows are gone: then an object without a row may be one of theirs.
pub(crate) async fn are_rows_lost(connection: &impl ConnectionTrait) -> Result<bool> {
    let lost = |table: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {table} n WHERE n.blob_id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.id = n.blob_id))"
        )
    };
    let sql = format!(
        "SELECT CAST(CASE WHEN {} OR {} OR {} THEN 1 ELSE 0 END AS BIGINT)",
        lost("repository_blobs"),
        lost("manifest_references"),
        lost("project_blobs")
    );
    Ok(sql::get_value::<i64>(connection, &sql, []).await? != 0)
}

/// Removes the rows of blobs whose objects are gone; how many there were, and their bytes.
pub(crate) async fn delete_marked(connection: &impl ConnectionTrait, blobs: &[i64]) -> Result<(u64, u64)> {
    if blobs.is_empty() {
        return Ok((0, 0));
    }
    let sql =
        format!("DELETE FROM blobs WHERE state = 'deleting' AND id IN ({}) RETURNING size", places(1, blobs.len()));
    let rows = all(connection, &sql, blobs.iter().map(|id| (*id).into())).await?;
    let sizes = rows.iter().map(|row| Ok(unsigned(row.try_get_by_index(0)?))).collect::<Result<Vec<u64>>>()?;
    Ok((sizes.len() as u64, sizes.iter().sum()))
}

/// Of these locations, those that no row has.
pub(crate) async fn without_row(connection: &impl ConnectionTrait, locations: &[Location]) -> Result<Vec<Location>> {
    if locations.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT location FROM blobs WHERE location IN ({})", places(1, locations.len()));
    let mut known = std::collections::HashSet::with_capacity(locations.len());
    for row in all(connection, &sql, locations.iter().map(|location| location.as_str().into())).await? {
        known.insert(row.try_get_by_index::<String>(0)?);
    }
    Ok(locations.iter().filter(|location| !known.contains(location.as_str())).cloned().collect())
}

/// Takes locations that no row has, so that nobody who comes late gives them one; which ones it got.
pub(crate) async fn claim_strays(
    connection: &impl ConnectionTrait,
    strays: &[(Location, u64)],
) -> Result<Vec<Location>> {
    let now = clock(connection);
    let mut claimed = Vec::with_capacity(strays.len());
    for (location, size) in strays {
        let sql = format!(
            "INSERT INTO blobs (digest, size, location, state, created_at) VALUES ('', $1, $2, 'stray', {now}) \
             ON CONFLICT (location) DO NOTHING"
        );
        if execute(connection, &sql, [signed(*size).into(), location.as_str().into()]).await? != 0 {
            claimed.push(location.clone());
        }
    }
    Ok(claimed)
}

/// Forgets strays that were taken more than `age` microseconds ago: whoever would still know their location is long gone.
pub(crate) async fn forget_strays(connection: &impl ConnectionTrait, age: i64) -> Result<u64> {
    let sql = format!("DELETE FROM blobs WHERE state = 'stray' AND created_at < {} - $1", clock(connection));
    execute(connection, &sql, [age.into()]).await
}

/// What a look at some blobs finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// Blobs that were looked at.
    pub(crate) seen: u64,
    /// Those that would go.
    pub(crate) blobs: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Where the next look begins.
    pub(crate) last: i64,
}

/// How many blobs there are.
pub(crate) async fn count_blobs(connection: &impl ConnectionTrait) -> Result<u64> {
    Ok(unsigned(sql::get_value(connection, "SELECT COUNT(*) FROM blobs", []).await?))
}

/// Looks at the next `limit` blobs after `after`: which of them a collection would remove. One that stays for the sake of a backup
/// it would not.
pub(crate) async fn forecast(
    connection: &impl ConnectionTrait,
    after: i64,
    cutoff: i64,
    limit: u64,
) -> Result<Forecast> {
    let oldest = backups::oldest(clock(connection));
    let goes = format!(
        "b.state = 'deleting' OR ((b.state = 'live' OR b.state = 'damaged') AND ({oldest} IS NULL OR b.garbage_since < {oldest}) AND NOT EXISTS \
         (SELECT 1 FROM repository_blobs l \
         WHERE l.blob_id = b.id AND (ABS(l.leased_at) > $3 OR EXISTS (SELECT 1 FROM manifest_references n \
         WHERE n.repository_id = l.repository_id AND n.blob_id = l.blob_id) OR EXISTS (SELECT 1 FROM trash_blobs t \
         WHERE t.repository_id = l.repository_id AND t.blob_id = l.blob_id))))"
    );
    let sql = format!(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE {goes}), \
         CAST(COALESCE(SUM(b.size) FILTER (WHERE {goes}), 0) AS BIGINT), COALESCE(MAX(b.id), 0) \
         FROM (SELECT id, size, state, garbage_since FROM blobs WHERE id > $1 ORDER BY id LIMIT $2) b"
    );
    let Some(row) = one(connection, &sql, [after.into(), signed(limit).into(), cutoff.into()]).await? else {
        return Ok(Forecast::default());
    };
    Ok(Forecast {
        seen: unsigned(row.try_get_by_index(0)?),
        blobs: unsigned(row.try_get_by_index(1)?),
        bytes: unsigned(row.try_get_by_index(2)?),
        last: row.try_get_by_index(3)?,
    })
}
