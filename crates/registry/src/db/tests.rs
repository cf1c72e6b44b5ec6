#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::Place;
use futures::future::BoxFuture;
use sea_orm::{ConnectionTrait, Statement};

async fn open(place: &Place) -> Db {
    Db::open(&place.database()).await.unwrap()
}

async fn set(db: &Db, key: &'static str, fail: bool) -> Result<()> {
    db.write((key, fail), |transaction, (key, fail)| {
        Box::pin(async move {
            let sql = "INSERT INTO settings (key, value, updated_at) VALUES ($1, '1', 0)";
            let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, [(*key).into()]);
            transaction.execute_raw(statement).await?;
            if *fail { Err(Error::UploadNotFound) } else { Ok(()) }
        })
    })
    .await
}

async fn count(db: &Db, sql: &str) -> i64 {
    let statement = Statement::from_string(db.reader().get_database_backend(), sql);
    db.reader().query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn what_was_written_is_read_by_every_reader() {
    let place = Place::new().await;
    let db = open(&place).await;
    set(&db, "a", false).await.unwrap();
    for _ in 0..20 {
        assert_eq!(count(&db, "SELECT count(*) FROM settings WHERE key = 'a'").await, 1);
    }
}

#[tokio::test]
async fn an_error_undoes_its_own_work_and_no_other() {
    let place = Place::new().await;
    let db = open(&place).await;
    let (good, bad, twice) = tokio::join!(set(&db, "good", false), set(&db, "bad", true), set(&db, "good", false));
    assert!(matches!(bad, Err(Error::UploadNotFound)));
    assert!(matches!((good, twice), (Ok(()), Err(Error::Database(_))) | (Err(Error::Database(_)), Ok(()))));
    assert_eq!(count(&db, "SELECT count(*) FROM settings WHERE key IN ('good', 'bad')").await, 1);
}

#[tokio::test]
async fn a_panic_undoes_its_own_work_and_no_other_and_writing_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Database::Sqlite(folder.path().join("slipway.db"))).await.unwrap();
    let panics = |key: &'static str| {
        db.write(key, |transaction, key| {
            Box::pin(async move {
                let sql = "INSERT INTO settings (key, value, updated_at) VALUES ($1, '1', 0)";
                super::sql::execute(transaction, sql, [(*key).into()]).await?;
                assert!(key.is_empty(), "{key} panics");
                Ok(())
            })
        })
    };
    for round in ["one", "two"] {
        let other: &'static str = if round == "one" { "first" } else { "second" };
        let (before, panicked, after) = tokio::join!(set(&db, other, false), panics(round), set(&db, "bad", true));
        before.unwrap();
        match panicked {
            Err(Error::Internal(cause)) => assert!(cause.to_string().contains("panics"), "{cause}"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(after, Err(Error::UploadNotFound)));
    }
    let left = "SELECT count(*) FROM settings WHERE key IN ('first', 'second')";
    assert_eq!(count(&db, left).await, 2);
    assert_eq!(count(&db, "SELECT count(*) FROM settings WHERE key IN ('one', 'two', 'bad')").await, 0);
}

#[tokio::test]
async fn a_database_that_was_full_takes_writes_again_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Database::Sqlite(folder.path().join("slipway.db"))).await.unwrap();
    let run = |sql: &'static str| {
        db.write(sql, |transaction, sql| {
            Box::pin(async move { super::sql::execute(transaction, sql, []).await.map(drop) })
        })
    };
    for round in ["one", "two"] {
        set(&db, round, false).await.unwrap();
        // No larger than it is.
        run("PRAGMA max_page_count = 1").await.unwrap();
        let large =
            "INSERT INTO settings (key, value, updated_at) VALUES ('large', CAST(zeroblob(1000000) AS TEXT), 0)";
        // Of one transaction, which SQLite ends within the second of them.
        for refused in <[_; 2]>::from(tokio::join!(set(&db, "beside", false), run(large))) {
            assert!(matches!(refused, Err(Error::StorageFull)), "{refused:?}");
        }
        assert_eq!(count(&db, "SELECT count(*) FROM settings WHERE key = 'large'").await, 0);
        run("PRAGMA max_page_count = 4294967294").await.unwrap();
    }
    set(&db, "three", false).await.unwrap();
    assert_eq!(count(&db, "SELECT count(*) FROM settings WHERE key IN ('one', 'two', 'three')").await, 3);
}

#[tokio::test]
async fn garbage_beside_backups_is_found_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Database::Sqlite(folder.path().join("slipway.db"))).await.unwrap();
    let sql = format!("EXPLAIN QUERY PLAN {}", super::collection::mark_old(db.reader()));
    let rows = super::sql::all(db.reader(), &sql, [250_i64.into(), 1_i64.into()]).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.try_get_by_index(3).unwrap()).collect();
    assert!(plan.iter().any(|step| step.contains("blobs_garbage")), "{plan:?}");
    assert!(!plan.iter().any(|step| step.contains("ORDER BY")), "{plan:?}");
}

#[tokio::test]
async fn what_is_released_is_found_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Database::Sqlite(folder.path().join("slipway.db"))).await.unwrap();
    let all_of_a_project = super::released::by_repository("");
    for (sql, by) in [
        (super::released::sums("$1"), "(project_id=?)"),
        (super::released::sums("SELECT p.id FROM projects p WHERE p.id >= $1"), "(project_id=?)"),
        (
            format!(
                "SELECT r.id FROM repositories r LEFT JOIN ({all_of_a_project}) f ON f.repository_id = r.id \
                 WHERE r.project_id = $1 ORDER BY r.storage_used - COALESCE(f.held, 0)"
            ),
            "(project_id=?)",
        ),
        (super::released::by_repository(" AND o.repository_id IN ($1, $1 + 1)"), "(project_id=? AND repository_id=?)"),
    ] {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let rows = super::sql::all(db.reader(), &sql, [1_i64.into()]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get_by_index(3).unwrap()).collect();
        let by = format!("repository_blobs_released {by}");
        assert!(plan.iter().any(|step| step.contains(&by)), "{by}: {plan:?}");
        let scans = |step: &String| ["SCAN l", "SCAN k", "SCAN o"].iter().any(|scan| step.contains(scan));
        assert!(!plan.iter().any(scans), "{plan:?}");
    }
}

/// What `PRAGMA synchronous` says within a transaction: 1 is NORMAL, 2 is FULL.
fn synchronous<'a>(transaction: &'a DatabaseTransaction, (): &'a ()) -> BoxFuture<'a, Result<i64>> {
    Box::pin(async move {
        let statement = Statement::from_string(transaction.get_database_backend(), "PRAGMA synchronous");
        let row = transaction.query_one_raw(statement).await?.ok_or(Error::UploadNotFound)?;
        Ok(row.try_get_by_index::<i64>(0)?)
    })
}

#[tokio::test]
async fn commits_are_full_and_the_journal_is_a_wal_with_foreign_keys() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Database::Sqlite(folder.path().join("slipway.db"))).await.unwrap();
    assert_eq!(db.write((), synchronous).await.unwrap(), 2);
    assert_eq!(count(&db, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'").await, 1);
    assert_eq!(count(&db, "SELECT foreign_keys FROM pragma_foreign_keys").await, 1);
}

#[tokio::test]
async fn only_a_commit_with_nothing_but_light_work_does_without_the_sync() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Database::Sqlite(folder.path().join("slipway.db"))).await.unwrap();
    assert_eq!(db.write_lightly((), synchronous).await.unwrap(), 1);
    assert_eq!(db.write((), synchronous).await.unwrap(), 2);
    for _ in 0..20 {
        let (light, full, more) = tokio::join!(
            db.write_lightly((), synchronous),
            db.write((), synchronous),
            db.write_lightly((), synchronous)
        );
        assert_eq!(full.unwrap(), 2);
        assert!(matches!((light.unwrap(), more.unwrap()), (1..=2, 1..=2)));
    }
}

#[tokio::test]
async fn a_hundred_writers_at_once_all_succeed() {
    let place = Place::new().await;
    let db = open(&place).await;
    let keys: Vec<&'static str> = (0..100).map(|n| &*Box::leak(n.to_string().into_boxed_str())).collect();
    futures::future::try_join_all(keys.into_iter().map(|key| set(&db, key, false))).await.unwrap();
    assert_eq!(count(&db, "SELECT count(*) FROM settings").await, 100);
}

#[tokio::test]
async fn a_second_start_finds_the_schema_in_place() {
    let place = Place::new().await;
    set(&open(&place).await, "kept", false).await.unwrap();
    assert_eq!(count(&open(&place).await, "SELECT count(*) FROM settings").await, 1);
}

#[test]
fn times_survive_storage_to_the_microsecond() {
    let time = OffsetDateTime::from_unix_timestamp_nanos(1_795_000_000_123_456_000).unwrap();
    assert_eq!(from_micros(micros(time)), time);
}
