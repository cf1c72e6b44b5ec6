//! Statements about people's access tokens.

use super::{
    from_micros,
    numbered::{Holds, Key, NumberedList},
    page::{KeyType, List, Order},
    sql,
};
use crate::{
    Error, Result,
    access::{AccessTokenId, TokenScope, UserId},
    numbered::{Numbered, NumberedQuery},
};
use api_types::{ListQuery, Page};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use time::OffsetDateTime;

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
pub(crate) struct NewRow {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) scope: TokenScope,
    pub(crate) expires_at: Option<i64>,
    pub(crate) created_at: i64,
}

/// # Errors
/// [`Error::AccessTokenNameTaken`] if the person has a token of this name that they did not revoke.
pub(crate) async fn insert(connection: &impl ConnectionTrait, token: &NewRow) -> Result<AccessTokenId> {
    super::locks::name(connection, "access_token", &format!("{}/{}", token.user.0, token.name)).await?;
    let same_name = "SELECT id FROM access_tokens WHERE user_id = $1 AND name = $2 AND revoked_at IS NULL";
    let values = [token.user.0.into(), token.name.as_str().into()];
    if sql::find_value::<i64>(connection, same_name, values).await?.is_some() {
        return Err(Error::AccessTokenNameTaken { name: token.name.clone() });
    }
    let scope = serde_json::to_string(&token.scope).map_err(|error| Error::Internal(Box::new(error)))?;
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

/// A token as its owner's list shows it.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) id: AccessTokenId,
    pub(crate) name: String,
    pub(crate) scope: TokenScope,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) last_used_at: Option<OffsetDateTime>,
    pub(crate) last_used_from: Option<String>,
    pub(crate) created_at: OffsetDateTime,
}

const COLUMNS: &str = "t.id, t.name, t.scope, t.expires_at, t.last_used_at, t.last_used_from, t.created_at";

/// The orders of the list.
const ORDERS: [Order; 1] =
    [Order { name: "created", key: "t.created_at", key_type: KeyType::Number, tie: "t.id", descending: true }];

/// A page of a person's tokens that were not revoked, newest first.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    user: UserId,
    query: &ListQuery,
) -> Result<Page<AccessToken>> {
    let list = List {
        columns: COLUMNS,
        from: "access_tokens t",
        count_from: "access_tokens t",
        condition: "t.user_id = $1 AND t.revoked_at IS NULL",
        values: &[user.0.into()],
        orders: &ORDERS,
    };
    list.page(connection, query, token).await
}

/// What conditions and orders may name.
const KEYS: &[Key] = &[
    Key::new("id", "t.id", Holds::Number),
    Key::new("name", "t.name", Holds::Text),
    Key::new("creation_time", "t.created_at", Holds::Time),
    Key::new("expires_at", "t.expires_at", Holds::Time),
];

/// A page of a person's tokens that were not revoked by its number, newest first where no order is asked for.
pub(crate) async fn list_numbered(
    connection: &impl ConnectionTrait,
    user: UserId,
    query: &NumberedQuery,
) -> Result<Numbered<AccessToken>> {
    let list = NumberedList {
        columns: COLUMNS,
        from: "access_tokens t",
        condition: "t.user_id = $1 AND t.revoked_at IS NULL".to_owned(),
        values: vec![user.0.into()],
        keys: KEYS,
        order: "t.created_at DESC, t.id DESC",
    };
    list.page(connection, query, token).await
}

fn token(row: &QueryResult) -> Result<AccessToken> {
    let id: i64 = row.try_get_by_index(0)?;
    let scope: String = row.try_get_by_index(2)?;
    let time = |at| Ok::<_, Error>(row.try_get_by_index::<Option<i64>>(at)?.map(from_micros));
    Ok(AccessToken {
        id: AccessTokenId(id),
        name: row.try_get_by_index(1)?,
        scope: super::access::parse(&scope, "access_tokens", "scope", id)?,
        expires_at: time(3)?,
        last_used_at: time(4)?,
        last_used_from: row.try_get_by_index(5)?,
        created_at: from_micros(row.try_get_by_index(6)?),
    })
}

/// A token whose end is near.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct ExpiringRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) expires_at: i64,
}

/// A person's tokens whose end lies between two times, first come first; a few.
pub(crate) async fn list_expiring(
    connection: &impl ConnectionTrait,
    user: UserId,
    (from, to): (i64, i64),
    limit: u32,
) -> Result<Vec<ExpiringRow>> {
    let statement = format!(
        "SELECT id, name, expires_at FROM access_tokens WHERE user_id = $1 AND expires_at > $2 AND expires_at <= $3 \
         AND revoked_at IS NULL ORDER BY expires_at, id LIMIT {limit}"
    );
    sql::list(connection, &statement, [user.0.into(), from.into(), to.into()]).await
}

/// Ends a person's token; its name, or `None` if it is none of theirs or has ended before.
pub(crate) async fn revoke(
    connection: &impl ConnectionTrait,
    token: AccessTokenId,
    user: UserId,
    now: i64,
) -> Result<Option<String>> {
    let statement = "UPDATE access_tokens SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL \
         RETURNING name";
    sql::find_value(connection, statement, [token.0.into(), user.0.into(), now.into()]).await
}
