//! Statements about wrong guesses, counted for all replicas.

use super::sql;
use crate::Result;
use sea_orm::{ConnectionTrait, FromQueryResult};

/// What is counted under a key.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct Attempts {
    pub(crate) failures: i64,
    pub(crate) next_allowed_at: i64,
    pub(crate) updated_at: i64,
}

pub(crate) async fn find(connection: &impl ConnectionTrait, key: &str) -> Result<Option<Attempts>> {
    let statement = "SELECT failures, next_allowed_at, updated_at FROM sign_in_attempts WHERE key = $1";
    sql::find(connection, statement, [key.into()]).await
}

pub(crate) async fn save(connection: &impl ConnectionTrait, key: &str, attempts: &Attempts) -> Result<()> {
    let statement = "INSERT INTO sign_in_attempts (key, failures, next_allowed_at, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, next_allowed_at = excluded.next_allowed_at, \
         updated_at = excluded.updated_at";
    let Attempts { failures, next_allowed_at, updated_at } = *attempts;
    sql::execute(connection, statement, [key.into(), failures.into(), next_allowed_at.into(), updated_at.into()])
        .await?;
    Ok(())
}

pub(crate) async fn delete(connection: &impl ConnectionTrait, key: &str) -> Result<()> {
    sql::execute(connection, "DELETE FROM sign_in_attempts WHERE key = $1", [key.into()]).await?;
    Ok(())
}

/// Removes what was not touched since, at most `limit` rows; how many it were.
pub(crate) async fn delete_older(connection: &impl ConnectionTrait, before: i64, limit: i64) -> Result<u64> {
    let statement = "DELETE FROM sign_in_attempts WHERE key IN \
         (SELECT key FROM sign_in_attempts WHERE updated_at < $1 LIMIT $2)";
    sql::execute(connection, statement, [before.into(), limit.into()]).await
}
