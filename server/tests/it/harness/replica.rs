//! Another process with the same database: what it writes, the server under test has to find out by itself.

use registry::access::{ProjectId, UserId};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Client, TestApp};

/// A connection to the server's database. Let a second pass on the clock before the server has to know.
pub enum Replica {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A value of a statement.
enum Value {
    Number(i64),
    Small(i16),
    Text(String),
    Bytes(Vec<u8>),
}

use Value::{Bytes, Number, Small, Text};

macro_rules! execute {
    ($connection:expr, $statement:expr, $values:expr) => {{
        let mut query = sqlx::query($statement);
        for value in $values {
            query = match value {
                Number(number) => query.bind(number),
                Small(number) => query.bind(number),
                Text(text) => query.bind(text),
                Bytes(bytes) => query.bind(bytes),
            };
        }
        query.execute($connection).await.unwrap().rows_affected()
    }};
}

/// Harbor's numbers of the roles.
pub const ROLES: [(&str, i16); 5] =
    [("limited guest", 5), ("guest", 3), ("developer", 2), ("maintainer", 4), ("project admin", 1)];

impl Replica {
    pub async fn of(app: &TestApp) -> Self {
        if let Some(database) = &app.database {
            return Self::Postgres(PgConnection::connect(&database.url()).await.unwrap());
        }
        let file = app.folder.path().join("slipway.db");
        let options = SqliteConnectOptions::new().filename(file).busy_timeout(std::time::Duration::from_secs(60));
        Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
    }

    /// How many rows it changed.
    async fn execute<const N: usize>(&mut self, statement: &'static str, values: [Value; N]) -> u64 {
        match self {
            Self::Sqlite(connection) => execute!(connection, statement, values),
            Self::Postgres(connection) => execute!(connection, statement, values),
        }
    }

    /// All rows of all tables as PostgreSQL writes them.
    pub async fn rows_in_words(&mut self) -> String {
        let Self::Postgres(connection) = self else { panic!("only PostgreSQL writes rows") };
        let statement = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
        let tables: Vec<String> = sqlx::query_scalar(statement).fetch_all(&mut *connection).await.unwrap();
        let mut words = String::new();
        for table in tables {
            let statement = format!("SELECT COALESCE(string_agg(CAST(s AS TEXT), ' '), '') FROM \"{table}\" s");
            let query = sqlx::query_scalar(sqlx::AssertSqlSafe(statement));
            let rows: String = query.fetch_one(&mut *connection).await.unwrap();
            words.push_str(&rows);
        }
        words
    }

    /// Gives a person a role; one of [`ROLES`].
    pub async fn give_role(&mut self, project: ProjectId, user: UserId, role: &str) {
        let number = ROLES.iter().find(|(name, _)| *name == role).unwrap().1;
        let statement = "INSERT INTO members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, 0) \
             ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role";
        self.execute(statement, [Number(project.0), Number(user.0), Small(number)]).await;
    }

    /// Takes a person's role.
    pub async fn take_role(&mut self, project: ProjectId, user: UserId) {
        let statement = "DELETE FROM members WHERE project_id = $1 AND user_id = $2";
        self.execute(statement, [Number(project.0), Number(user.0)]).await;
    }

    /// Deletes a project that holds nothing.
    pub async fn delete_project(&mut self, project: ProjectId) {
        assert_eq!(self.execute("DELETE FROM projects WHERE id = $1", [Number(project.0)]).await, 1);
    }

    /// Gives what a manifest refers to so many more referrers: copies of it under digests of their own, of which only the first
    /// `long` say all that it says.
    pub async fn copy_referrer(&mut self, digest: &str, copies: i64, long: i64) {
        let statement = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) \
             INSERT INTO manifests (repository_id, digest, media_type, kind, artifact_type, subject_digest, platforms, \
             annotations, size, content_size, content, pushed_by_kind, pushed_by_name, pushed_at) \
             SELECT m.repository_id, 'sha256:00000000000000000000000000000000000000000000000000000000000' || \
             substr(CAST(100000 + n.i AS TEXT), 2), m.media_type, m.kind, m.artifact_type, m.subject_digest, m.platforms, \
             CASE WHEN n.i <= $3 THEN m.annotations ELSE '{}' END, m.size, m.content_size, substr(m.content, 1, 1), 3, 'system', m.pushed_at \
             FROM manifests m, n WHERE m.digest = $1 ORDER BY n.i";
        let values = [Text(digest.to_owned()), Number(copies), Number(long)];
        assert_eq!(self.execute(statement, values).await, copies.unsigned_abs());
    }

    /// Disables a person's account.
    pub async fn disable_user(&mut self, name: &str) {
        self.execute("UPDATE users SET disabled_at = 1 WHERE username = $1", [Text(name.to_owned())]).await;
    }

    /// Disables all robots of a project.
    pub async fn disable_robots(&mut self, project: ProjectId) {
        self.execute("UPDATE robots SET disabled_at = 1 WHERE project_id = $1", [Number(project.0)]).await;
    }

    /// A robot of a project; `may` as in `["repository:pull","repository:push"]`.
    pub async fn robot(&mut self, app: &TestApp, project: (&str, ProjectId), name: &str, may: &str) -> Client {
        let secret = format!("slipway_robot_{project:?}{name}");
        let statement =
            "INSERT INTO robots (project_id, name, secret_hash, permissions, created_at) VALUES ($1, $2, $3, $4, 0)";
        let (hash, may) = (Sha256::digest(&secret).to_vec(), format!(r#"[{{"may":{may}}}]"#));
        self.execute(statement, [Number(project.1.0), Text(name.to_owned()), Bytes(hash), Text(may)]).await;
        Client::new(app, Some((format!("robot${}+{name}", project.0), secret)))
    }

    /// A person's access token; `level` is `read`, `write` or `admin`.
    pub async fn access_token(&mut self, app: &TestApp, user: (&str, UserId), level: &str) -> Client {
        let number = oci::Digest::sha256(format!("{user:?} {level}").as_bytes());
        let mut secret = format!("slipway_pat_{}", &number.hex()[..43]);
        let checksum = Sha256::digest(&secret);
        secret.push_str(&base62(u32::from_be_bytes(checksum[..4].try_into().unwrap())));
        let statement =
            "INSERT INTO access_tokens (user_id, name, secret_hash, scope, created_at) VALUES ($1, $2, $3, $4, 0)";
        let (hash, scope) = (Sha256::digest(&secret).to_vec(), format!(r#"{{"level":"{level}"}}"#));
        self.execute(statement, [Number(user.1.0), Text(level.to_owned()), Bytes(hash), Text(scope)]).await;
        Client::new(app, Some((user.0.to_owned(), secret)))
    }
}

/// Six digits, as at the end of access tokens.
fn base62(mut number: u32) -> String {
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; 6];
    for digit in text.iter_mut().rev() {
        *digit = digits[number as usize % 62];
        number /= 62;
    }
    text.into_iter().map(char::from).collect()
}
