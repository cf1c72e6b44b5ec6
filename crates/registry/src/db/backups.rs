//! Rows of backups, and what they keep from being collected. All times are the database's.

use super::{
    from_micros, locks,
    sql::{self, clock, signed, unsigned},
};
use crate::{Error, Result};
use api_types::{BackupCopy, BackupPlace, BackupSummary};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use std::time::Duration;

/// Begun and not finished for so long: whoever made it is gone.
const ABANDONED: Duration = Duration::from_hours(24);

/// Taken-away copies that are listed once nothing is kept for their sake any more.
const LISTED: i64 = 20;

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn place_text(place: BackupPlace) -> &'static str {
    match place {
        BackupPlace::Folder => "folder",
        BackupPlace::Bucket => "bucket",
        BackupPlace::File => "file",
    }
}

fn place_of(text: &str, id: i64) -> Result<BackupPlace> {
    let places = [BackupPlace::Folder, BackupPlace::Bucket, BackupPlace::File];
    let found = places.into_iter().find(|place| place_text(*place) == text);
    found.ok_or_else(|| Error::Inconsistent { table: "backups", column: "place", row: id.to_string() })
}

/// Whoever begins a copy and whoever marks blobs for deletion do so one after the other: a blob that is marked is seen as such by
/// the copy, and one that the copy sees linked is not marked.
pub(crate) async fn hold(connection: &impl ConnectionTrait) -> Result<()> {
    locks::name(connection, "backups", "hold").await
}

/// When the oldest copy was begun for whose sake blobs are kept, as an expression; nothing where there is none.
pub(crate) fn oldest(now: &str) -> String {
    format!("(SELECT MIN(k.begun_at) FROM backups k WHERE k.held_until IS NULL OR k.held_until > {now})")
}

/// Whether blobs are kept for the sake of any copy.
pub(crate) async fn any_held(connection: &impl ConnectionTrait) -> Result<bool> {
    let sql = format!("SELECT {}", oldest(clock(connection)));
    Ok(sql::get_value::<Option<i64>>(connection, &sql, []).await?.is_some())
}

/// Notes that a copy is being made: from the commit on nothing is collected that it may name.
pub(crate) async fn begin(connection: &impl ConnectionTrait, name: &str, place: BackupPlace) -> Result<i64> {
    hold(connection).await?;
    let sql =
        format!("INSERT INTO backups (name, place, begun_at) VALUES ($1, $2, {}) RETURNING id", clock(connection));
    sql::get_value(connection, &sql, [name.into(), place_text(place).into()]).await
}

/// Notes that a copy is whole. With `held` it is somebody else's from now on, and blobs are kept for its sake for that long;
/// without, for as long as the row is there.
pub(crate) async fn finish(
    connection: &impl ConnectionTrait,
    id: i64,
    summary: &BackupSummary,
    held: Option<Duration>,
) -> Result<()> {
    let now = clock(connection);
    let sql = format!(
        "UPDATE backups SET finished_at = {now}, row_count = $2, size = $3, held_until = begun_at + $4 WHERE id = $1"
    );
    let held: Value = held.map(micros).into();
    sql::execute(connection, &sql, [id.into(), signed(summary.rows).into(), signed(summary.bytes).into(), held])
        .await?;
    Ok(())
}

/// Forgets a copy.
pub(crate) async fn delete(connection: &impl ConnectionTrait, id: i64) -> Result<()> {
    sql::execute(connection, "DELETE FROM backups WHERE id = $1", [id.into()]).await?;
    Ok(())
}

/// Forgets all but the newest `keep` copies of a place, those that nobody finished, and old ones that were taken away. Blobs are
/// not kept for their sake any more.
pub(crate) async fn rotate(connection: &impl ConnectionTrait, place: BackupPlace, keep: u64) -> Result<()> {
    let sql = "DELETE FROM backups WHERE place = $1 AND finished_at IS NOT NULL AND id NOT IN \
               (SELECT id FROM backups WHERE place = $1 AND finished_at IS NOT NULL ORDER BY begun_at DESC, id DESC LIMIT $2)";
    sql::execute(connection, sql, [place_text(place).into(), signed(keep).into()]).await?;
    let now = clock(connection);
    let sql = format!("DELETE FROM backups WHERE finished_at IS NULL AND begun_at < {now} - $1");
    sql::execute(connection, &sql, [micros(ABANDONED).into()]).await?;
    let sql = format!(
        "DELETE FROM backups WHERE held_until < {now} AND id NOT IN \
         (SELECT id FROM backups WHERE held_until IS NOT NULL ORDER BY id DESC LIMIT {LISTED})"
    );
    sql::execute(connection, &sql, []).await?;
    Ok(())
}

/// The newest copies that are whole.
pub(crate) async fn list(connection: &impl ConnectionTrait, limit: u64) -> Result<Vec<BackupCopy>> {
    let sql = "SELECT id, name, place, begun_at, held_until, row_count, size FROM backups WHERE finished_at IS NOT NULL \
               ORDER BY begun_at DESC, id DESC LIMIT $1";
    sql::all(connection, sql, [signed(limit).into()]).await?.iter().map(copy).collect()
}

fn copy(row: &QueryResult) -> Result<BackupCopy> {
    Ok(BackupCopy {
        name: row.try_get_by_index(1)?,
        place: place_of(&row.try_get_by_index::<String>(2)?, row.try_get_by_index(0)?)?,
        at: from_micros(row.try_get_by_index(3)?),
        held_until: row.try_get_by_index::<Option<i64>>(4)?.map(from_micros),
        rows: unsigned(row.try_get_by_index(5)?),
        size: unsigned(row.try_get_by_index(6)?),
    })
}
