//! Statements about one-time links, with which a person chooses a password. A person has one at most; it is known by the SHA-256
//! of its key.

use super::{sql, users::UserRow};
use crate::{Result, access::UserId};
use sea_orm::ConnectionTrait;

/// Gives a person a link in place of the one they have.
pub(crate) async fn set(
    connection: &impl ConnectionTrait,
    user: UserId,
    key_hash: &[u8; 32],
    expires_at: i64,
) -> Result<()> {
    let statement = "UPDATE users SET link_hash = $2, link_expires_at = $3 WHERE id = $1";
    sql::execute(connection, statement, [user.0.into(), key_hash.to_vec().into(), expires_at.into()]).await?;
    Ok(())
}

/// Whose link it is, while it opens something.
pub(crate) async fn find_owner(
    connection: &impl ConnectionTrait,
    key_hash: &[u8; 32],
    now: i64,
) -> Result<Option<UserRow>> {
    let statement = "SELECT id, username, password_hash, password_version, must_change_password, is_admin, disabled_at \
         FROM users WHERE link_hash = $1 AND link_expires_at > $2 AND disabled_at IS NULL";
    sql::find(connection, statement, [key_hash.to_vec().into(), now.into()]).await
}

/// Uses a link up; `false` if it opens nothing any more.
pub(crate) async fn take(connection: &impl ConnectionTrait, key_hash: &[u8; 32], now: i64) -> Result<bool> {
    let statement = "UPDATE users SET link_hash = NULL, link_expires_at = NULL \
         WHERE link_hash = $1 AND link_expires_at > $2 AND disabled_at IS NULL";
    Ok(sql::execute(connection, statement, [key_hash.to_vec().into(), now.into()]).await? > 0)
}
