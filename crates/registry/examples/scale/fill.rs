//! A database with many rows, made by the database itself.

use api_types::BackupPlace;
use blobstore::{FolderShelf, MemoryStore};
use registry::{Database, Options as Opening, Postgres, Registry, Secret, SystemClock, backup::Plan};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use std::{path::PathBuf, sync::Arc, time::Duration, time::Instant};
use test_postgres::Cluster;

/// What is to be filled.
#[derive(Debug)]
pub struct Options {
    pub postgres: bool,
    pub events: u64,
    pub repositories: Option<u64>,
    pub tags: u64,
    pub images: u64,
    pub keep: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { postgres: false, events: 10_000_000, repositories: None, tags: 1_000_000, images: 100_000, keep: None }
    }
}

impl Options {
    pub fn database(&self) -> &'static str {
        if self.postgres { "PostgreSQL" } else { "SQLite" }
    }
}

/// A registry, and a way around it.
pub struct Filled {
    pub registry: Registry,
    pub connection: DatabaseConnection,
    _place: (tempfile::TempDir, Option<Cluster>),
}

/// Opens a database; whether it was there already.
pub async fn open(options: &Options, name: &str) -> (Filled, bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = None;
    let mut before = false;
    let (database, url) = if options.postgres {
        let server = cluster.insert(Cluster::start());
        let url = server.url("postgres");
        (Database::Postgres(Box::new(Postgres::new(&url, None).unwrap())), url)
    } else {
        let path = match &options.keep {
            Some(kept) => kept.join(format!("{name}.db")),
            None => folder.path().join(format!("{name}.db")),
        };
        before = path.exists();
        (Database::Sqlite(path.clone()), format!("sqlite://{}", path.display()))
    };
    let opening = Opening {
        backups: Plan {
            place: BackupPlace::Folder,
            path: folder.path().display().to_string(),
            shelf: Arc::new(FolderShelf::new(folder.path())),
            interval: None,
            keep: 1,
            hold: Duration::ZERO,
        },
        database,
        admin_password: Some(Secret::new("a long enough password".to_owned())),
        password_min_length: 12,
        upload_expiry: Duration::from_hours(1),
        link_grace: Duration::from_hours(1),
        trash_time: Duration::from_hours(7 * 24),
        read_rate: 0,
        manifest_cache: 1 << 20,
    };
    let registry = Registry::open(opening, Arc::new(MemoryStore::new()), Arc::new(SystemClock)).await.unwrap();
    let connection = Box::pin(sea_orm::Database::connect(url)).await.unwrap();
    (Filled { registry, connection, _place: (folder, cluster) }, before)
}

impl Filled {
    /// Numbers as the table `n(n)`.
    fn numbers(&self, from: u64, to: u64) -> String {
        match self.connection.get_database_backend() {
            DbBackend::Postgres => format!("(SELECT generate_series({from}, {to})::bigint AS n) AS n"),
            _ => format!(
                "(WITH RECURSIVE n(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM n WHERE n < {to}) SELECT n FROM n) AS n"
            ),
        }
    }

    /// Runs a statement for the numbers from 1 on, in steps; `{numbers}` stands for the table.
    pub async fn for_each(&self, what: &str, count: u64, statement: &str) {
        const STEP: u64 = 500_000;
        let start = Instant::now();
        let mut from = 1;
        while from <= count {
            let to = (from + STEP - 1).min(count);
            self.run(&statement.replace("{numbers}", &self.numbers(from, to))).await;
            from = to + 1;
        }
        eprintln!("{count} {what} in {:.0} s", start.elapsed().as_secs_f64());
    }

    pub async fn run(&self, statement: &str) {
        self.connection.execute_unprepared(statement).await.unwrap();
    }

    /// Takes the indexes of a table away, but for those that its constraints need; what makes them again.
    pub async fn without_indexes(&self, table: &str) -> Vec<String> {
        let find = match self.connection.get_database_backend() {
            DbBackend::Postgres => format!(
                "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename = '{table}' \
                 AND indexdef NOT LIKE 'CREATE UNIQUE%'"
            ),
            _ => format!(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' \
                 AND sql IS NOT NULL AND sql NOT LIKE 'CREATE UNIQUE%'"
            ),
        };
        let backend = self.connection.get_database_backend();
        let rows = self.connection.query_all_raw(sea_orm::Statement::from_string(backend, find)).await.unwrap();
        let mut made_by = Vec::new();
        for row in rows {
            let (name, sql): (String, String) = (row.try_get("", "name").unwrap(), row.try_get("", "sql").unwrap());
            self.run(&format!("DROP INDEX {name}")).await;
            made_by.push(sql);
        }
        made_by
    }

    /// Makes indexes again, and has the database look at what it has.
    pub async fn with_indexes(&self, made_by: Vec<String>) {
        let start = Instant::now();
        for sql in made_by {
            self.run(&sql).await;
        }
        if self.connection.get_database_backend() == DbBackend::Postgres {
            self.run("VACUUM ANALYZE").await;
        }
        eprintln!("indexes in {:.0} s", start.elapsed().as_secs_f64());
    }
}
