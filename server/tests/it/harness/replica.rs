//! Another process with the same database: what it writes, the server under test has to find out by itself.

use registry::access::{ProjectId, UserId};
use sha2::{Digest, Sha256};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Client, TestApp};

/// A connection to the server's database. Let a second pass on the clock before the server has to know.
pub struct Replica(SqliteConnection);

/// Harbor's numbers of the roles.
pub const ROLES: [(&str, i16); 5] =
    [("limited guest", 5), ("guest", 3), ("developer", 2), ("maintainer", 4), ("project admin", 1)];

impl Replica {
    pub async fn of(app: &TestApp) -> Self {
        let file = app.folder.path().join("slipway.db");
        let options = SqliteConnectOptions::new().filename(file).busy_timeout(std::time::Duration::from_secs(20));
        Self(SqliteConnection::connect_with(&options).await.unwrap())
    }

    /// Gives a person a role; one of [`ROLES`].
    pub async fn give_role(&mut self, project: ProjectId, user: UserId, role: &str) {
        let number = ROLES.iter().find(|(name, _)| *name == role).unwrap().1;
        sqlx::query(
            "INSERT INTO members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, 0) \
             ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role",
        )
        .bind(project.0)
        .bind(user.0)
        .bind(number)
        .execute(&mut self.0)
        .await
        .unwrap();
    }

    /// Takes a person's role.
    pub async fn take_role(&mut self, project: ProjectId, user: UserId) {
        sqlx::query("DELETE FROM members WHERE project_id = $1 AND user_id = $2")
            .bind(project.0)
            .bind(user.0)
            .execute(&mut self.0)
            .await
            .unwrap();
    }

    /// Deletes a project that holds nothing.
    pub async fn delete_project(&mut self, project: ProjectId) {
        let deleted = sqlx::query("DELETE FROM projects WHERE id = $1").bind(project.0).execute(&mut self.0).await;
        assert_eq!(deleted.unwrap().rows_affected(), 1);
    }

    /// Disables a person's account.
    pub async fn disable_user(&mut self, name: &str) {
        sqlx::query("UPDATE users SET disabled_at = 1 WHERE username = $1")
            .bind(name)
            .execute(&mut self.0)
            .await
            .unwrap();
    }

    /// Disables all robots of a project.
    pub async fn disable_robots(&mut self, project: ProjectId) {
        sqlx::query("UPDATE robots SET disabled_at = 1 WHERE project_id = $1")
            .bind(project.0)
            .execute(&mut self.0)
            .await
            .unwrap();
    }

    /// A robot of a project; `may` as in `["pull","push"]`.
    pub async fn robot(&mut self, app: &TestApp, project: (&str, ProjectId), name: &str, may: &str) -> Client {
        let secret = format!("slipway_robot_{project:?}{name}");
        sqlx::query(
            "INSERT INTO robots (project_id, name, secret_hash, permissions, created_at) VALUES ($1, $2, $3, $4, 0)",
        )
        .bind(project.1.0)
        .bind(name)
        .bind(Sha256::digest(&secret).to_vec())
        .bind(format!(r#"[{{"may":{may}}}]"#))
        .execute(&mut self.0)
        .await
        .unwrap();
        Client::new(app, Some((format!("robot${}+{name}", project.0), secret)))
    }

    /// A person's access token; `level` is `read`, `write` or `admin`.
    pub async fn access_token(&mut self, app: &TestApp, user: (&str, UserId), level: &str) -> Client {
        let number = oci::Digest::sha256(format!("{user:?} {level}").as_bytes());
        let mut secret = format!("slipway_pat_{}", &number.hex()[..43]);
        let checksum = Sha256::digest(&secret);
        secret.push_str(&base62(u32::from_be_bytes(checksum[..4].try_into().unwrap())));
        sqlx::query(
            "INSERT INTO access_tokens (user_id, name, secret_hash, scope, created_at) VALUES ($1, $2, $3, $4, 0)",
        )
        .bind(user.1.0)
        .bind(level)
        .bind(Sha256::digest(&secret).to_vec())
        .bind(format!(r#"{{"level":"{level}"}}"#))
        .execute(&mut self.0)
        .await
        .unwrap();
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
