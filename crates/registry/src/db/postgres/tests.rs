//! What only a server can do to us: several processes, conflicts, restarts. These need PostgreSQL to be installed.

#![allow(clippy::unwrap_used)]

use crate::{
    Database, Error, Result,
    db::{Db, sql},
    testing::on_server,
};
use futures::future::{join_all, try_join_all};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use test_postgres::{Cluster, TestDatabase};
use tokio::sync::Barrier;

async fn empty() -> TestDatabase {
    test_postgres::database("empty", async |_| ()).await
}

async fn open(database: &TestDatabase) -> Db {
    Db::open(&on_server(&database.url())).await.unwrap()
}

async fn run(db: &Db, statement: &'static str) -> Result<u64> {
    db.write(statement, |txn, statement| Box::pin(async move { sql::execute(txn, statement, []).await })).await
}

async fn number(db: &Db, statement: &str) -> i64 {
    sql::get_value(db.reader(), statement, []).await.unwrap()
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn several_processes_that_start_at_once_migrate_once() {
    let database = empty().await;
    let opened = try_join_all((0..8).map(|_| async { Db::open(&on_server(&database.url())).await })).await.unwrap();
    for db in &opened {
        assert_eq!(number(db, "SELECT COUNT(*) FROM seaql_migrations").await, 1);
        assert_eq!(number(db, "SELECT COUNT(*) FROM settings").await, 0);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_database_in_use_is_copied_before_it_is_migrated() {
    let database = empty().await;
    let place = on_server(&database.url());
    let copies = AtomicU32::new(0);
    let open_with = async |kept: Result<()>| {
        let keep = async {
            copies.fetch_add(1, Ordering::SeqCst);
            kept
        };
        Db::open_keeping(&place, Box::pin(keep)).await
    };
    let db = open_with(Ok(())).await.unwrap();
    open_with(Ok(())).await.unwrap();
    assert_eq!(copies.load(Ordering::SeqCst), 0, "it was new, and then up to date");
    run(&db, "DELETE FROM seaql_migrations").await.unwrap();
    let refused = open_with(Err(Error::StorageFull)).await;
    assert!(matches!(refused, Err(Error::StorageFull)), "without a copy nothing is migrated");
    // What the migration makes is there already.
    assert!(matches!(open_with(Ok(())).await, Err(Error::Database(_))));
    assert_eq!(copies.load(Ordering::SeqCst), 2);
    assert_eq!(number(&db, "SELECT COUNT(*) FROM seaql_migrations").await, 0);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn all_text_is_in_byte_order_whatever_the_database_says() {
    let database = empty().await;
    let db = open(&database).await;
    let columns = "FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text'";
    assert!(number(&db, &format!("SELECT COUNT(*) {columns}")).await > 50);
    let others = format!("SELECT COUNT(*) {columns} AND collation_name IS DISTINCT FROM 'C'");
    assert_eq!(number(&db, &others).await, 0);
    // A cluster before 15 knows no order but that of the system, which may be that of bytes.
    if number(&db, "SELECT CAST(current_setting('server_version_num') AS BIGINT)").await >= 150_000 {
        assert_eq!(number(&db, "SELECT CAST('b' > 'A' AS INTEGER) + CAST('a' < 'B' AS INTEGER) + 0::bigint").await, 2);
    }
    for name in ["a", "B", "a-b", "a.b", "a/b", "ab"] {
        let insert = format!("INSERT INTO settings (key, value, updated_at) VALUES ('{name}', '', 0)");
        run(&db, Box::leak(insert.into_boxed_str())).await.unwrap();
    }
    let names = sql::names(db.reader(), "key", "SELECT key FROM settings ORDER BY key", []).await.unwrap();
    assert_eq!(names, ["B", "a", "a-b", "a.b", "a/b", "ab"]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn two_who_wait_for_each_other_both_end_well() {
    let database = empty().await;
    let db = open(&database).await;
    run(&db, "INSERT INTO settings (key, value, updated_at) VALUES ('a', '', 0), ('b', '', 0)").await.unwrap();
    let (met, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let cross = |first: &'static str, second: &'static str| {
        let args = (first, second, Arc::clone(&met), Arc::clone(&runs));
        db.write(args, |txn, (first, second, met, runs)| {
            Box::pin(async move {
                let add = "UPDATE settings SET updated_at = updated_at + 1 WHERE key = $1";
                sql::execute(txn, add, [(*first).into()]).await?;
                // Only the first runs of both wait here, each holding what the other wants next.
                if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                    met.wait().await;
                }
                sql::execute(txn, add, [(*second).into()]).await
            })
        })
    };
    let (one, other) = tokio::join!(cross("a", "b"), cross("b", "a"));
    assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
    assert_eq!(number(&db, "SELECT CAST(SUM(updated_at) AS BIGINT) FROM settings").await, 4);
    assert!(runs.load(Ordering::SeqCst) > 2, "nobody was in anybody's way");
}

/// Fails with this state the first time.
async fn fail_once(db: &Db, state: &'static str) -> (Result<()>, u32) {
    let runs = Arc::new(AtomicU32::new(0));
    let done = db.write((state, Arc::clone(&runs)), |txn, (state, runs)| {
        Box::pin(async move {
            sql::execute(txn, "UPDATE settings SET updated_at = updated_at + 1", []).await?;
            if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$");
                sql::execute(txn, &raise, []).await?;
            }
            Ok(())
        })
    });
    (done.await, runs.load(Ordering::SeqCst))
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_conflicts_is_run_again_and_counts_once() {
    let database = empty().await;
    let db = open(&database).await;
    run(&db, "INSERT INTO settings (key, value, updated_at) VALUES ('a', '', 0)").await.unwrap();
    for state in ["40001", "40P01", "23505", "23503"] {
        let (done, runs) = fail_once(&db, state).await;
        assert!(done.is_ok() && runs == 2, "{state}: {done:?} after {runs}");
    }
    let (refused, runs) = fail_once(&db, "22003").await;
    assert!(matches!(refused, Err(Error::Database(_))) && runs == 1, "{runs}");
    assert_eq!(number(&db, "SELECT updated_at FROM settings").await, 4);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_violation_that_stays_is_told_after_a_few_runs() {
    const INSERT: &str = "INSERT INTO settings (key, value, updated_at) VALUES ('a', '', 0)";
    let database = empty().await;
    let db = open(&database).await;
    run(&db, INSERT).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let refused = db.write(Arc::clone(&runs), |txn, runs| {
        Box::pin(async move {
            runs.fetch_add(1, Ordering::SeqCst);
            sql::execute(txn, INSERT, []).await
        })
    });
    assert!(matches!(refused.await, Err(Error::Database(_))));
    let runs = runs.load(Ordering::SeqCst);
    assert!((2..=5).contains(&runs), "{runs}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_full_disk_is_told_as_such() {
    let database = empty().await;
    let db = open(&database).await;
    let full = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END $$";
    assert!(matches!(run(&db, full).await, Err(Error::StorageFull)));
}

/// What a writer writes.
const ADD: &str = "INSERT INTO audit_events (at, actor_kind, actor_name, action, result, details) \
                   VALUES (0, 0, '', '', '', '{}')";

/// Counts what a writer was told is stored, and how often it was turned away, as long as it is to go on.
async fn write_while(db: &Db, goes_on: &AtomicBool) -> (i64, Vec<Error>) {
    let (mut acknowledged, mut refused) = (0, Vec::new());
    while goes_on.load(Ordering::SeqCst) {
        match run(db, ADD).await {
            Ok(_) => acknowledged += 1,
            Err(error) => refused.push(error),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (acknowledged, refused)
}

async fn read_while(db: &Db, goes_on: &AtomicBool) -> Vec<Error> {
    let mut refused = Vec::new();
    while goes_on.load(Ordering::SeqCst) {
        if let Err(error) = sql::get_value::<i64>(db.reader(), "SELECT COUNT(*) FROM audit_events", []).await {
            refused.push(error);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    refused
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_restart_under_load_heals_by_itself_and_loses_nothing_acknowledged() {
    let cluster = Arc::new(Cluster::start());
    let Database::Postgres(mut settings) = on_server(&cluster.url("postgres")) else { unreachable!() };
    settings.acquire_timeout = Duration::from_millis(500);
    let db = Db::open(&Database::Postgres(settings)).await.unwrap();
    let goes_on = AtomicBool::new(true);
    let restart = tokio::task::spawn_blocking({
        let cluster = Arc::clone(&cluster);
        move || {
            std::thread::sleep(Duration::from_secs(1));
            cluster.halt();
            // Longer than anybody waits for a connection.
            std::thread::sleep(Duration::from_secs(2));
            let started = Instant::now();
            cluster.resume();
            started.elapsed()
        }
    });
    let writers = join_all((0..6).map(|_| write_while(&db, &goes_on)));
    let readers = join_all((0..6).map(|_| read_while(&db, &goes_on)));
    let healed = async {
        let start = restart.await.unwrap();
        // Where the server itself is slow to start all else is slow as well.
        let (back, patience) = (Instant::now(), Duration::from_secs(5) + 10 * start);
        let (mut acknowledged, mut unknown, mut in_a_row) = (0_i64, 0_usize, 0);
        while in_a_row < 10 {
            match run(&db, ADD).await {
                Ok(_) => (acknowledged, in_a_row) = (acknowledged + 1, in_a_row + 1),
                Err(_) => (unknown, in_a_row) = (unknown + 1, 0),
            }
            assert!(back.elapsed() < patience, "it does not heal within {patience:?}");
        }
        goes_on.store(false, Ordering::SeqCst);
        (acknowledged, unknown)
    };
    let (writers, readers, (more, unsure)) = tokio::join!(writers, readers, healed);
    let unknown: usize = writers.iter().map(|(_, refused)| refused.len()).sum();
    let refused = readers.iter().flatten().chain(writers.iter().flat_map(|(_, refused)| refused));
    assert!(
        unknown > 0 && refused.clone().all(|error| matches!(error, Error::Database(_))),
        "{:?}",
        refused.collect::<Vec<_>>()
    );
    let acknowledged: i64 = more + writers.iter().map(|(acknowledged, _)| acknowledged).sum::<i64>();
    let stored = number(&db, "SELECT COUNT(*) FROM audit_events").await;
    let most = acknowledged + i64::try_from(unknown + unsure).unwrap();
    assert!((acknowledged..=most).contains(&stored), "{stored} rows for {acknowledged} to {most}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_start_waits_for_a_server_that_is_starting() {
    let cluster = Arc::new(Cluster::start());
    cluster.halt();
    let opening = tokio::spawn({
        let database = on_server(&cluster.url("postgres"));
        async move { Db::open(&database).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!opening.is_finished());
    let running = Arc::clone(&cluster);
    tokio::task::spawn_blocking(move || running.resume()).await.unwrap();
    opening.await.unwrap().unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_database_that_does_not_exist_is_told_at_once() {
    let database = empty().await;
    // Far less than it would wait for a server that is starting.
    let started = Instant::now();
    let error = Db::open(&on_server(&format!("{}_no", database.url()))).await.unwrap_err();
    let Error::Database(cause) = error else { panic!("{error}") };
    assert!(cause.to_string().contains("does not exist"), "{cause}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_statement_takes_no_longer_than_the_settings_say() {
    let database = empty().await;
    // Migrations may take longer.
    drop(open(&database).await);
    let Database::Postgres(mut settings) = on_server(&database.url()) else { unreachable!() };
    settings.statement_timeout = Duration::from_secs(3);
    let db = Db::open(&Database::Postgres(settings)).await.unwrap();
    let shown = "SHOW statement_timeout";
    let read: String = sql::get_value(db.reader(), shown, []).await.unwrap();
    let written: String =
        db.write((), move |txn, ()| Box::pin(sql::get_value::<String>(txn, shown, []))).await.unwrap();
    assert_eq!([read, written], ["3s", "3s"]);

    let started = Instant::now();
    let sleep = "SELECT pg_sleep(60)";
    let (read, written) = tokio::join!(sql::execute(db.reader(), sleep, []), run(&db, sleep));
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    for ended in [read, written] {
        let Err(Error::Database(cause)) = ended else { panic!("it was let sleep: {ended:?}") };
        assert!(cause.to_string().contains("statement timeout"), "{cause}");
    }
}
