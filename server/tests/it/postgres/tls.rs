//! A database that lets nobody in but over TLS and with a password.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use test_postgres::Cluster;

use crate::harness::{Authority, TestApp, process};

const PASSWORD: &str = "copper-tide-lantern-91";

/// Sooner than anybody who waits for a database gives up.
const AT_ONCE: Duration = Duration::from_secs(30);

/// Such a database on a server whose certificate is for `localhost`, and a folder with certificates of authorities.
struct Ground {
    cluster: Cluster,
    folder: TempDir,
}

impl Ground {
    async fn new() -> Self {
        let authority = Authority::new();
        let (certificate, key) = authority.issue("localhost");
        let ground = Self { cluster: Cluster::over_tls(&certificate, &key), folder: tempfile::tempdir().unwrap() };
        std::fs::write(ground.folder.path().join("own.pem"), authority.pem()).unwrap();
        std::fs::write(ground.folder.path().join("other.pem"), Authority::new().pem()).unwrap();
        let statement = sqlx::AssertSqlSafe(format!("ALTER ROLE slipway PASSWORD '{PASSWORD}'"));
        sqlx::query(statement).execute(&mut ground.beside().await).await.unwrap();
        ground
    }

    /// A connection past TLS, by the socket.
    async fn beside(&self) -> PgConnection {
        PgConnection::connect(&self.cluster.url("postgres")).await.unwrap()
    }

    fn url(&self, host: &str, sslmode: &str, authority: &str) -> String {
        let authority = self.folder.path().join(authority);
        let (port, authority) = (self.cluster.port(), authority.display());
        format!("postgres://slipway@{host}:{port}/postgres?sslmode={sslmode}&sslrootcert={authority}")
    }
}

/// What a command prints that asks the database for everybody with an account, and whether it succeeded.
fn list_users(url: &str, password: &str) -> (bool, String) {
    let variables = [("SLIPWAY_DATABASE_URL", url), ("SLIPWAY_DATABASE_PASSWORD", password)];
    let started = Instant::now();
    let output = process::alone(&["admin", "list-users"], &variables);
    assert!(started.elapsed() < AT_ONCE, "{url} took {:?}", started.elapsed());
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(printed).unwrap())
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_server_whose_name_and_authority_are_checked_serves_over_tls() {
    let ground = Ground::new().await;
    let url = ground.url("localhost", "verify-full", "own.pem");
    let app = TestApp::builder().set("database.url", &url).set("database.password", PASSWORD).start().await;
    let repository = app.admin().repository("library/app");
    let digest = repository.push_image("v1", "over TLS").await;
    let answer = repository.get("manifests/v1").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["docker-content-digest"], digest.as_str());
    let statement = "SELECT COUNT(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE application_name = 'slipway' AND ssl";
    let connections: i64 = sqlx::query_scalar(statement).fetch_one(&mut ground.beside().await).await.unwrap();
    assert!(connections >= 2, "{connections} to read and to write");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_database_that_is_not_who_it_should_be_is_named_at_once() {
    let ground = Ground::new().await;
    let of = |host, sslmode, authority| list_users(&ground.url(host, sslmode, authority), PASSWORD);
    let (done, printed) = of("localhost", "verify-full", "own.pem");
    assert!(done && printed.starts_with("admin\t"), "{printed}");
    // Whose certificate it is counts, and not its name.
    let (done, printed) = of("127.0.0.1", "verify-ca", "own.pem");
    assert!(done, "{printed}");
    for (host, sslmode, authority, words) in [
        ("localhost", "verify-full", "other.pem", &["invalid peer certificate"][..]),
        ("localhost", "verify-ca", "other.pem", &["invalid peer certificate"][..]),
        ("127.0.0.1", "verify-full", "own.pem", &["certificate not valid for name", "127.0.0.1", "localhost"][..]),
        ("localhost", "disable", "own.pem", &["pg_hba.conf", "127.0.0.1"][..]),
    ] {
        let (done, printed) = of(host, sslmode, authority);
        assert!(!done, "{host}, {sslmode}, {authority}: {printed}");
        for word in words {
            assert!(printed.contains(word), "{word} is missing for {host}, {sslmode}, {authority}: {printed}");
        }
    }
    let (done, printed) = list_users(&ground.url("localhost", "verify-full", "own.pem"), "not the password");
    assert!(!done && printed.contains("password authentication failed"), "{printed}");
    assert!(!printed.contains("not the password"), "{printed}");
}
