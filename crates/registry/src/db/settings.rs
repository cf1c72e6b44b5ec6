//! Statements about settings.

use super::sql;
use crate::Result;
use sea_orm::ConnectionTrait;

pub(crate) async fn find(connection: &impl ConnectionTrait, key: &str) -> Result<Option<String>> {
    sql::find_value(connection, "SELECT value FROM settings WHERE key = $1", [key.into()]).await
}

/// Notes a value unless there is one.
pub(crate) async fn set_if_absent(connection: &impl ConnectionTrait, key: &str, value: &str, now: i64) -> Result<()> {
    let statement = "INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING";
    sql::execute(connection, statement, [key.into(), value.into(), now.into()]).await?;
    Ok(())
}

/// Sets a value, whether or not there is one.
pub(crate) async fn set(connection: &impl ConnectionTrait, key: &str, value: &str, now: i64) -> Result<()> {
    let statement = "INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
    sql::execute(connection, statement, [key.into(), value.into(), now.into()]).await?;
    Ok(())
}
