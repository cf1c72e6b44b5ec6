//! A database that is about to be migrated.

use super::{kept, pull, push, sqlite};
use crate::{
    Database, Error,
    backup::restore_kept,
    db::Db,
    testing::{Lab, Place, backups_in},
};
use migrations::{Migrate as _, Migrator};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use std::path::{Path, PathBuf};

/// Copies of a SQLite database beside it.
fn beside(path: &Path) -> Vec<PathBuf> {
    let begins = format!("{}.before-", path.display());
    let entries = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|entry| entry.display().to_string().starts_with(&begins)).collect()
}

/// A database that is this copy, and has seen the migration.
async fn from_file(copy: &Path, migration: &str) -> Place {
    let place = sqlite();
    let Database::Sqlite(path) = place.database() else { panic!("{place:?}") };
    std::fs::copy(copy, &path).unwrap();
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(whole, "ok");
    let insert = sqlx::query("INSERT INTO seaql_migrations (version, applied_at) VALUES ($1, 0)").bind(migration);
    insert.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    place
}

#[tokio::test]
async fn a_database_in_use_is_copied_whole_before_a_migration_and_stays_whole_if_that_fails() {
    let lab = Lab::new().await;
    let pushed = push(&lab, 1).await;
    let copies = |lab: &Lab| match lab.database() {
        Database::Sqlite(path) => beside(&path).len(),
        Database::Postgres(_) => kept(lab).len(),
    };
    drop(lab.replica().await);
    assert_eq!(copies(&lab), 0, "it was new, and then up to date");
    let migration = Migrator::migrations().last().unwrap().name().to_owned();
    lab.sql(&format!("DELETE FROM seaql_migrations WHERE version = '{migration}'")).await;
    // What the migration makes is there already.
    let refused = lab.start().await;
    assert!(matches!(refused, Err(Error::Database(_))), "{refused:?}");
    assert_eq!(copies(&lab), 1);
    let place = match lab.database() {
        Database::Sqlite(path) => {
            let copy = PathBuf::from(format!("{}.before-{migration}", path.display()));
            from_file(&copy, &migration).await
        }
        Database::Postgres(_) => {
            let place = sqlite();
            // The copy says of itself that it has seen no migration.
            drop(Db::open(&place.database()).await.unwrap());
            let plan = backups_in(lab.shelf.path());
            restore_kept(&place.database(), &plan, &kept(&lab)[0]).await.unwrap();
            place
        }
    };
    pull(&lab.elsewhere(place).await, &pushed).await;
    lab.sql(&format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{migration}', 0)")).await;
    pull(&lab.replica().await, &pushed).await;
}
