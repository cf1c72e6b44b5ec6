//! The database: connection, transactions, and a module of statements for each noun.
//!
//! Only this module knows sea-orm; its models never leave it. Statements are portable between SQLite and PostgreSQL and
//! are functions over a connection, so that a service composes them into one transaction. A transaction that decides by what it
//! has read takes one of the [`locks`] first.
//!
//! Times are microseconds since 1970 UTC ([`micros`], [`from_micros`]); ids are 64-bit and never used again.

pub(crate) mod access;
pub(crate) mod access_tokens;
pub(crate) mod actors;
pub(crate) mod artifact_records;
pub(crate) mod audit;
pub(crate) mod backups;
pub(crate) mod blobs;
pub(crate) mod collection;
pub(crate) mod damages;
pub(crate) mod fsck;
pub(crate) mod fsck_manifests;
pub(crate) mod held;
pub(crate) mod home;
pub(crate) mod jobs;
pub(crate) mod labels;
pub(crate) mod locks;
pub(crate) mod manifests;
pub(crate) mod members;
pub(crate) mod moments;
pub(crate) mod numbered;
pub(crate) mod overview;
pub(crate) mod page;
pub(crate) mod password_links;
pub(crate) mod people;
mod postgres;
pub(crate) mod project_aliases;
pub(crate) mod project_records;
pub(crate) mod projects;
pub(crate) mod protection;
pub(crate) mod quotas;
mod reader;
pub(crate) mod recount;
pub(crate) mod references;
pub(crate) mod referrers;
pub(crate) mod released;
pub(crate) mod repositories;
pub(crate) mod repository_records;
pub(crate) mod retention;
pub(crate) mod robots;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sign_in_attempts;
pub(crate) mod sql;
pub(crate) mod storage;
pub(crate) mod sums;
pub(crate) mod system;
pub(crate) mod tables;
pub(crate) mod tag_moves;
pub(crate) mod tags;
pub(crate) mod traffic;
pub(crate) mod trash;
pub(crate) mod uploads;
pub(crate) mod users;
pub(crate) mod uses;
mod writer;

use crate::{Database, Error, Result, audit::forward::Forward};
use futures::future::BoxFuture;
use migrations::{Migrate, Migrator};
use reader::Reader;
use sea_orm::{ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr};
pub(crate) use sea_orm::{ConnectionTrait as Connection, DatabaseTransaction as Transaction};
use sqlx::Connection as _;
use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use time::OffsetDateTime;
use writer::{Durability, Writer};

/// How long a statement waits for a lock that another process holds (the command line beside the server).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// SQLite's code for a full disk.
const SQLITE_FULL: &str = "13";

/// The connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    reader: Reader,
    writing: Writing,
    forward: Forward,
}

/// Who writes.
#[derive(Clone, Debug)]
enum Writing {
    Sqlite(Writer),
    Postgres(postgres::Writer),
}

impl Db {
    /// Connects and migrates. A database in use is copied before: one of SQLite to a file beside it, and one of PostgreSQL by `keep`.
    pub(crate) async fn open_keeping(database: &Database, keep: BoxFuture<'_, Result<()>>) -> Result<Self> {
        match database {
            Database::Sqlite(path) => {
                create_for_owner(path);
                let writing = connect_sqlite(path, 1, false).await?;
                moments::keep_before_migration(path, &writing).await?;
                Migrator::up(&writing, None).await?;
                let readers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
                let reader = connect_sqlite(path, u32::try_from(readers).unwrap_or(8), true).await?;
                let writing = Writing::Sqlite(Writer::start(writing));
                Ok(Self { reader: Reader::new(reader), writing, forward: Forward::default() })
            }
            Database::Postgres(settings) => {
                let (reader, writer) = postgres::open(settings, keep).await?;
                Ok(Self { reader, writing: Writing::Postgres(writer), forward: Forward::default() })
            }
        }
    }

    /// Connects to a database that is new or up to date.
    #[cfg(test)]
    pub(crate) async fn open(database: &Database) -> Result<Self> {
        Self::open_keeping(database, Box::pin(std::future::ready(Ok(())))).await
    }

    /// For statements that only read; they see everything that [`Db::write`] returned from, in any process.
    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Moves on with each write transaction of this process, before anybody hears of what it did: for what is remembered of
    /// rows.
    pub(crate) fn writes(&self) -> Arc<AtomicU64> {
        match &self.writing {
            Writing::Sqlite(writer) => writer.ended(),
            Writing::Postgres(writer) => writer.ended(),
        }
    }

    /// Whether other processes serve from the same database. Then a client may hear of a write from one and ask another at
    /// once, so that what this process remembers may be behind what a client knows.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.writing, Writing::Postgres(_))
    }

    /// Who hears of what is recorded.
    pub(crate) fn forward(&self) -> &Forward {
        &self.forward
    }

    /// Whether the database answers.
    pub(crate) async fn probe(&self) -> Result<()> {
        sql::get_value::<i64>(&self.reader, "SELECT COUNT(*) FROM settings WHERE key = 'first_start'", []).await?;
        Ok(())
    }

    /// Runs `work` in one write transaction and returns once it is durable. An error undoes this work alone.
    ///
    /// `work` must await nothing but the database, and may be run again from the start: it only borrows its arguments.
    pub(crate) async fn write<A, T, F>(&self, args: A, work: F) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        let Some(aside) = self.forward.listen() else { return self.run(Durability::Machine, args, work).await };
        let events = aside.clone();
        let done =
            self.run(Durability::Machine, args, move |txn, args| Box::pin(aside.clone().around(work(txn, args))));
        let done = done.await?;
        self.forward.committed(&events);
        Ok(done)
    }

    /// As [`Db::write`] for what its client can begin anew: returns once everybody sees it, and if not only this process but the
    /// machine dies in the next moment, it may not have been. On PostgreSQL it is as durable as everything. Not for events.
    pub(crate) async fn write_lightly<A, T, F>(&self, args: A, work: F) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        self.run(Durability::Process, args, work).await
    }

    async fn run<A, T, F>(&self, durability: Durability, args: A, work: F) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a DatabaseTransaction, &'a A) -> BoxFuture<'a, Result<T>> + Send + Sync + 'static,
    {
        match &self.writing {
            Writing::Sqlite(writer) => writer.run(durability, args, work).await,
            Writing::Postgres(writer) => writer.run(args, work).await,
        }
    }
}

/// Creates the file for nobody but the owner; the files that SQLite puts beside it take its mode. What fails here fails
/// again, with a better word, when it is opened.
fn create_for_owner(path: &Path) {
    let _ = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
}

async fn connect_sqlite(path: &Path, connections: u32, read_only: bool) -> Result<DatabaseConnection> {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        // A full disk has SQLite roll back by itself. The driver then takes the connection to be in a transaction for ever, in which
        // none can be begun; another one takes its place.
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let is_free = !connection.is_in_transaction();
            Box::pin(std::future::ready(Ok(is_free)))
        })
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .in_memory(false)
                .shared_cache(false)
                .filename(&path)
                .create_if_missing(!read_only)
                .read_only(read_only)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
                .statement_cache_capacity(256)
                .pragma("temp_store", "MEMORY");
            if read_only { sqlite } else { sqlite.pragma("journal_mode", "WAL").pragma("synchronous", "FULL") }
        });
    Ok(Box::pin(sea_orm::Database::connect(options)).await?)
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_full(&error) { Self::StorageFull } else { Self::Database(Box::new(error)) }
    }
}

fn is_full(error: &DbErr) -> bool {
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else { return false };
    let RuntimeErr::SqlxError(cause) = cause else { return false };
    cause
        .as_database_error()
        .is_some_and(|cause| cause.code().is_some_and(|code| code == SQLITE_FULL || postgres::is_full(&code)))
}

/// A time as it is stored.
pub(crate) fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// A length of time as it is stored.
pub(crate) fn micros_of(duration: time::Duration) -> i64 {
    i64::try_from(duration.whole_microseconds()).unwrap_or(i64::MAX)
}

/// A stored time. Values outside the calendar, which nothing here writes, become 1970.
pub(crate) fn from_micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
