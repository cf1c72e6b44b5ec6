//! Connecting: once for the schema, then two pools.

use super::{Writer, failure::Failure};
use crate::{
    Error, Postgres, Result,
    db::{moments, reader::Reader},
};
use futures::future::BoxFuture;
use migrations::{Migrate, Migrator};
use sea_orm::{ConnectOptions, DatabaseConnection};
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgConnection, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::time::{Duration, Instant};

/// The oldest release that has all we need.
const OLDEST: i32 = 130_000;

/// How long a start waits for a server that is starting too.
const PATIENCE: Duration = Duration::from_secs(60);

/// The lock that lets one process migrate at a time: `slipway` in bytes.
const MIGRATION: i64 = 0x0073_6c69_7077_6179;

/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 256;

/// Connects and migrates, after `keep` where that is a database in use: readers and writers.
pub(in crate::db) async fn open(settings: &Postgres, keep: BoxFuture<'_, Result<()>>) -> Result<(Reader, Writer)> {
    let options = settings.options.clone().disable_statement_logging();
    let mut first = first(&options).await?;
    let writing = settings.max_connections.div_ceil(2);
    migrate(&mut first, settings, &options, keep).await?;
    let timeout = settings.statement_timeout.max(Duration::from_millis(1));
    let writer = pool(settings, &options, writing, timeout).await?;
    let reader = pool(settings, &options, settings.max_connections.saturating_sub(writing).max(1), timeout).await?;
    // It has done its work; a failure to say goodbye changes nothing.
    let _ = first.close().await;
    Ok((Reader::patient(reader, settings.acquire_timeout), Writer::new(writer, settings.acquire_timeout)))
}

/// One connection whose statements take as long as they take.
pub(in crate::db) async fn alone(settings: &Postgres) -> Result<DatabaseConnection> {
    let options = settings.options.clone().disable_statement_logging();
    let _ = first(&options).await?.close().await;
    pool(settings, &options, 1, Duration::ZERO).await
}

/// A connection as soon as there is a server that is new enough.
async fn first(options: &PgConnectOptions) -> Result<PgConnection> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(50);
    let mut connection = loop {
        match PgConnection::connect_with(options).await {
            Ok(connection) => break connection,
            Err(error) if Failure::of(&error) == Failure::Lost && started.elapsed() < PATIENCE => {
                if pause > Duration::from_millis(500) {
                    tracing::warn!(error = &error as &dyn std::error::Error, "waiting for the database");
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(2));
            }
            Err(error) => return Err(Error::Database(Box::new(error))),
        }
    };
    let version: i32 = connection
        .fetch_one("SELECT CAST(current_setting('server_version_num') AS INTEGER)")
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|error| Error::Database(Box::new(error)))?;
    new_enough(version)?;
    Ok(connection)
}

/// Refuses a server that is too old, by its `server_version_num`.
fn new_enough(version: i32) -> Result<()> {
    if version < OLDEST {
        return Err(Error::Database(
            format!("PostgreSQL {} or newer is needed, not {}", OLDEST / 10_000, version / 10_000).into(),
        ));
    }
    Ok(())
}

/// Brings the schema up to date; of several processes that start at once, one does it and the others wait.
async fn migrate(
    locked: &mut PgConnection,
    settings: &Postgres,
    options: &PgConnectOptions,
    keep: BoxFuture<'_, Result<()>>,
) -> Result<()> {
    let wrong = |error: sqlx::Error| Error::Database(Box::new(error));
    sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATION).execute(&mut *locked).await.map_err(wrong)?;
    // However long it takes to build an index.
    let patient = pool(settings, options, 1, Duration::ZERO).await?;
    let migrated = bring_up(&patient, keep).await;
    let _ = patient.close().await;
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(MIGRATION).execute(&mut *locked).await.map_err(wrong)?;
    migrated
}

async fn bring_up(connection: &DatabaseConnection, keep: BoxFuture<'_, Result<()>>) -> Result<()> {
    if let Some(migration) = moments::next_migration(connection).await? {
        tracing::info!(migration, "the database is copied before it is migrated");
        keep.await?;
    }
    Ok(Migrator::up(connection, None).await?)
}

/// Connections whose statements, and rests within a transaction, take no longer than `timeout`; without end for zero.
async fn pool(
    settings: &Postgres,
    options: &PgConnectOptions,
    connections: u32,
    timeout: Duration,
) -> Result<DatabaseConnection> {
    let options = options.clone().statement_cache_capacity(STATEMENTS);
    // By statements and not in the packet that opens a connection: proxies such as RDS Proxy refuse options there.
    // Our isolation does not hang on how the server is set up, and a process that froze in a transaction holds no lock for long.
    let timeout = timeout.as_millis();
    let session = format!(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED; SET statement_timeout = {timeout}; \
         SET idle_in_transaction_session_timeout = {timeout}; SET client_min_messages = warning"
    );
    let mut pool = ConnectOptions::new("postgres://localhost");
    pool.min_connections(1)
        .max_connections(connections)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(settings.idle_timeout)
        .max_lifetime(settings.max_lifetime)
        .test_before_acquire(false)
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(move |_| options.clone())
        .map_sqlx_postgres_pool_opts(move |pool: PgPoolOptions| {
            let session = session.clone();
            pool.after_connect(move |connection, _| {
                let session = session.clone();
                Box::pin(async move { connection.execute(sqlx::AssertSqlSafe(session)).await.map(drop) })
            })
        });
    Ok(Box::pin(sea_orm::Database::connect(pool)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_too_old_is_refused() {
        for (version, taken) in [(90_624, false), (120_022, false), (130_000, true), (130_021, true), (180_001, true)] {
            assert_eq!(new_enough(version).is_ok(), taken, "{version}");
        }
        let Err(Error::Database(cause)) = new_enough(120_022) else { panic!("it is taken") };
        assert_eq!(cause.to_string(), "PostgreSQL 13 or newer is needed, not 12");
    }
}
