//! Statements about the database itself, and how much is in it.

use super::sql::{self, unsigned};
use crate::{Error, Result};
use api_types::{DatabaseKind, SystemCounts};
use sea_orm::{ConnectionTrait, DbBackend};

/// The database's time in microseconds since 1970, where it has a clock of its own.
pub(crate) async fn clock(connection: &impl ConnectionTrait) -> Result<Option<i64>> {
    if connection.get_database_backend() != DbBackend::Postgres {
        sql::get_value::<i64>(connection, "SELECT CAST(1 AS BIGINT)", []).await?;
        return Ok(None);
    }
    let statement = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
    sql::get_value(connection, statement, []).await.map(Some)
}

/// Kind, version, and size in bytes.
pub(crate) async fn about(connection: &impl ConnectionTrait) -> Result<(DatabaseKind, String, u64)> {
    let (kind, version, size) = if connection.get_database_backend() == DbBackend::Postgres {
        (
            DatabaseKind::Postgres,
            "SELECT CAST(current_setting('server_version') AS TEXT)",
            "SELECT CAST(pg_database_size(current_database()) AS BIGINT)",
        )
    } else {
        (
            DatabaseKind::Sqlite,
            "SELECT sqlite_version()",
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        )
    };
    let version = sql::get_value(connection, version, []).await?;
    let size = sql::get_value::<i64>(connection, size, []).await?;
    Ok((kind, version, unsigned(size)))
}

/// Bytes of all blobs, each once.
pub(crate) async fn stored(connection: &impl ConnectionTrait) -> Result<u64> {
    let statement = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs WHERE state = 'live'";
    sql::get_value::<i64>(connection, statement, []).await.map(unsigned)
}

/// How much there is of everything.
pub(crate) async fn counts(connection: &impl ConnectionTrait) -> Result<SystemCounts> {
    let statement = "SELECT (SELECT COUNT(*) FROM projects WHERE deleted_at IS NULL), (SELECT COUNT(*) FROM repositories), \
         (SELECT CAST(COALESCE(SUM(tag_count), 0) AS BIGINT) FROM repositories), \
         (SELECT COUNT(*) FROM blobs WHERE state = 'live'), (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM uploads)";
    let row = sql::one(connection, statement, []).await?;
    let row = row.ok_or_else(|| Error::Database("counts gave no row".into()))?;
    let count = |index| row.try_get_by_index(index).map(unsigned);
    Ok(SystemCounts {
        projects: count(0)?,
        repositories: count(1)?,
        tags: count(2)?,
        blobs: count(3)?,
        people: count(4)?,
        uploads: count(5)?,
    })
}
