//! Databases in the cluster that all tests of a process share.

use crate::cluster::Cluster;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};
use tokio::sync::OnceCell;

/// The cluster, with whoever removes what tests have left.
struct Shared {
    cluster: Cluster,
    number: AtomicU64,
    templates: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
    leftovers: mpsc::Sender<String>,
}

static SHARED: OnceLock<Shared> = OnceLock::new();

/// A database of a test's own; it goes some time after the last test that holds it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// Where it is.
    pub fn url(&self) -> String {
        shared().cluster.url(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Whoever would remove it is gone only with the cluster itself.
        let _ = shared().leftovers.send(std::mem::take(&mut self.name));
    }
}

/// A copy of the database that `make`, given its address, leaves behind. `template` names what it makes: it runs once.
pub async fn database(template: &str, make: impl AsyncFnOnce(String)) -> TestDatabase {
    let shared = shared();
    let ready = Arc::clone(shared.templates.lock().unwrap().entry(template.to_owned()).or_default());
    let template = format!("template_{template}");
    ready
        .get_or_init(async || {
            statement(format!("CREATE DATABASE {template}")).await;
            make(shared.cluster.url(&template)).await;
            // Whoever is connected to it keeps it from being copied.
            statement(format!("ALTER DATABASE {template} ALLOW_CONNECTIONS false")).await;
            statement(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'"))
                .await;
        })
        .await;
    let name = format!("test_{}", shared.number.fetch_add(1, Ordering::Relaxed));
    statement(format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    TestDatabase { name }
}

fn shared() -> &'static Shared {
    SHARED.get_or_init(|| {
        let cluster = Cluster::start();
        let (leftovers, names) = mpsc::channel::<String>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            for name in names {
                runtime.block_on(statement(format!("DROP DATABASE {name} WITH (FORCE)")));
            }
        });
        Shared { cluster, number: AtomicU64::new(0), templates: Mutex::default(), leftovers }
    })
}

async fn statement(sql: String) {
    let mut connection = PgConnection::connect(&shared().cluster.url("postgres")).await.unwrap();
    connection.execute(AssertSqlSafe(sql.as_str())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.unwrap();
}
