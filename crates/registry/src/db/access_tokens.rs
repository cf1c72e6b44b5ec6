//! Statements about people's access tokens.

use super::sql;
use crate::{
    Result,
    access::{AccessTokenId, TokenScope, UserId},
};
use sea_orm::{ConnectionTrait, FromQueryResult};

#[derive(FromQueryResult)]
struct TokenRow {
    id: i64,
    user_id: i64,
    username: String,
}

/// The token with this secret and whose it is. Whether it still stands is the account's business.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    secret_hash: &[u8; 32],
) -> Result<Option<(AccessTokenId, UserId, String)>> {
    let statement = "SELECT t.id, t.user_id, u.username FROM access_tokens t JOIN users u ON u.id = t.user_id \
         WHERE t.secret_hash = $1";
    let row = sql::find::<TokenRow>(connection, statement, [secret_hash.to_vec().into()]).await?;
    Ok(row.map(|row| (AccessTokenId(row.id), UserId(row.user_id), row.username)))
}

/// A new token.
#[derive(Clone, Debug)]
pub(crate) struct NewAccessToken {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) scope: TokenScope,
    pub(crate) expires_at: Option<i64>,
    pub(crate) created_at: i64,
}

pub(crate) async fn insert(connection: &impl ConnectionTrait, token: &NewAccessToken) -> Result<AccessTokenId> {
    let scope = serde_json::to_string(&token.scope).map_err(|error| crate::Error::Internal(Box::new(error)))?;
    let statement = "INSERT INTO access_tokens (user_id, name, secret_hash, scope, expires_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let values = [
        token.user.0.into(),
        token.name.as_str().into(),
        token.secret_hash.to_vec().into(),
        scope.into(),
        token.expires_at.into(),
        token.created_at.into(),
    ];
    Ok(AccessTokenId(sql::get_value(connection, statement, values).await?))
}

/// Ends a person's token; `false` if it is none of theirs or has ended before.
pub(crate) async fn revoke(
    connection: &impl ConnectionTrait,
    token: AccessTokenId,
    user: UserId,
    now: i64,
) -> Result<bool> {
    let statement = "UPDATE access_tokens SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL";
    Ok(sql::execute(connection, statement, [token.0.into(), user.0.into(), now.into()]).await? > 0)
}
