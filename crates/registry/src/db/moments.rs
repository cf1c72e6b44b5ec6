//! A database at one moment, a new one that is filled, and one that is about to be migrated.

use super::{connect_sqlite, create_for_owner, postgres, tables};
use crate::{Database, Error, Result};
use migrations::{Migrate, Migrator};
use sea_orm::{
    AccessMode, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, IsolationLevel, TransactionOptions,
    TransactionTrait as _,
};
use std::{
    io,
    path::{Path, PathBuf},
};

/// A database at one moment, whatever is written meanwhile.
pub(crate) struct Moment {
    connection: DatabaseConnection,
    transaction: DatabaseTransaction,
}

impl Moment {
    pub(crate) async fn open(database: &Database) -> Result<Self> {
        let (connection, isolation_level, access_mode) = match database {
            // A transaction of SQLite sees the moment of its first statement.
            Database::Sqlite(path) => (connect_sqlite(path, 1, true).await?, None, None),
            Database::Postgres(settings) => {
                let connection = postgres::alone(settings).await?;
                (connection, Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
            }
        };
        let options = TransactionOptions { isolation_level, access_mode, ..TransactionOptions::default() };
        let transaction = connection.begin_with_options(options).await?;
        Ok(Self { connection, transaction })
    }

    pub(crate) fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    pub(crate) async fn close(self) -> Result<()> {
        self.transaction.commit().await?;
        Ok(self.connection.close().await?)
    }
}

/// A new database in a transaction that fills it.
pub(crate) struct Filling {
    connection: DatabaseConnection,
    transaction: DatabaseTransaction,
}

impl Filling {
    /// With the schema that these migrations make, or the one that is unknown here.
    pub(crate) async fn begin(database: &Database, migrations: &[String]) -> Result<Result<Self, String>> {
        let ours: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        if let Some(unknown) = migrations.iter().find(|migration| !ours.contains(migration)) {
            return Ok(Err(unknown.clone()));
        }
        let connection = match database {
            Database::Sqlite(path) => {
                create_for_owner(path);
                connect_sqlite(path, 1, false).await?
            }
            Database::Postgres(settings) => postgres::alone(settings).await?,
        };
        let pending = Migrator::get_pending_migrations(&connection).await?.len();
        let wanted = migrations.len().saturating_sub(ours.len() - pending);
        if wanted > 0 {
            Migrator::up(&connection, u32::try_from(wanted).ok()).await?;
        }
        let transaction = connection.begin().await?;
        Ok(Ok(Self { connection, transaction }))
    }

    pub(crate) fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    pub(crate) async fn commit(self) -> Result<()> {
        self.transaction.commit().await?;
        Ok(self.connection.close().await?)
    }
}

/// The next migration of a database that is in use; nothing, where it is new or up to date.
pub(super) async fn next_migration(connection: &DatabaseConnection) -> Result<Option<String>> {
    let pending = Migrator::get_pending_migrations(connection).await?;
    let is_used = tables::is_there(connection, "users").await?;
    Ok(pending.first().filter(|_| is_used).map(|next| next.name().to_owned()))
}

/// Copies from before migrations that are kept.
const KEPT: usize = 3;

/// Copies a SQLite database that is about to be migrated to a file beside it.
pub(super) async fn keep_before_migration(path: &Path, connection: &DatabaseConnection) -> Result<()> {
    match next_migration(connection).await? {
        Some(next) => keep(path, connection, &next).await,
        None => Ok(()),
    }
}

/// Copies it to `<path>.before-<migration>`, once, and removes all but the newest of these.
async fn keep(path: &Path, connection: &DatabaseConnection, migration: &str) -> Result<()> {
    let begins = format!("{}.before-", path.display());
    let copy = format!("{begins}{migration}");
    if !Path::new(&copy).exists() {
        create_for_owner(Path::new(&copy));
        let statement = format!("VACUUM INTO '{}'", copy.replace('\'', "''"));
        connection.execute_unprepared(&statement).await?;
        tracing::info!(copy, "kept a copy of the database from before its migration");
    }
    rotate(path, &begins).map_err(|error| Error::Database(Box::new(error)))
}

fn rotate(path: &Path, begins: &str) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    let mut kept: Vec<_> =
        entries.into_iter().filter(|entry| entry.display().to_string().starts_with(begins)).collect();
    kept.sort();
    kept.iter().rev().skip(KEPT).try_for_each(std::fs::remove_file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn a_database_is_copied_before_each_migration_and_the_newest_copies_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's.db");
        let connection = connect_sqlite(&path, 1, false).await.unwrap();
        keep_before_migration(&path, &connection).await.unwrap();
        connection.execute_unprepared("CREATE TABLE users (i INTEGER)").await.unwrap();
        for at in 1..=5 {
            connection.execute_unprepared(&format!("INSERT INTO users VALUES ({at})")).await.unwrap();
            for _ in 0..2 {
                keep(&path, &connection, &format!("m2026010{at}_x")).await.unwrap();
            }
        }
        let names =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut copies: Vec<_> = names.filter(|name| name.contains(".before-")).collect();
        copies.sort();
        assert_eq!(copies, (3..=5).map(|at| format!("it's.db.before-m2026010{at}_x")).collect::<Vec<_>>());
        keep_before_migration(&path, &connection).await.unwrap();
        let next = next_migration(&connection).await.unwrap().unwrap();
        assert!(folder.path().join(format!("it's.db.before-{next}")).exists());
        let kept = connect_sqlite(&folder.path().join(&copies[1]), 1, true).await.unwrap();
        let rows: i64 = super::super::sql::get_value(&kept, "SELECT COUNT(*) FROM users", []).await.unwrap();
        assert_eq!(rows, 4);
    }
}
