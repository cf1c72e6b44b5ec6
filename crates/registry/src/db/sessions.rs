//! Statements about browser sessions.

use super::{from_micros, micros, sql};
use crate::{Result, access::UserId, people::SessionRecord};
use api_types::SessionSummary;
use sea_orm::{ConnectionTrait, FromQueryResult};

#[derive(FromQueryResult)]
struct SessionRow {
    user_id: Option<i64>,
    data: Vec<u8>,
    expires_at: i64,
    address: Option<String>,
    user_agent: Option<String>,
}

/// A session that has not expired and whose person, if any, is not disabled.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    id_hash: &[u8; 32],
    now: i64,
) -> Result<Option<SessionRecord>> {
    let statement = "SELECT s.user_id, s.data, s.expires_at, s.address, s.user_agent FROM sessions s \
         LEFT JOIN users u ON u.id = s.user_id WHERE s.id_hash = $1 AND s.expires_at > $2 AND u.disabled_at IS NULL";
    let row = sql::find::<SessionRow>(connection, statement, [id_hash.to_vec().into(), now.into()]).await?;
    Ok(row.map(|row| SessionRecord {
        id_hash: *id_hash,
        user: row.user_id.map(UserId),
        data: row.data,
        expires_at: from_micros(row.expires_at),
        address: row.address,
        user_agent: row.user_agent,
    }))
}

/// `false` if the id exists.
pub(crate) async fn insert(connection: &impl ConnectionTrait, record: &SessionRecord, now: i64) -> Result<bool> {
    let statement = "INSERT INTO sessions (id_hash, user_id, data, expires_at, address, user_agent, created_at, \
         last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id_hash) DO NOTHING";
    Ok(sql::execute(connection, statement, values(record, now)).await? > 0)
}

/// `false` if there is none: a session that was ended stays so, whoever still holds its record.
pub(crate) async fn update(connection: &impl ConnectionTrait, record: &SessionRecord, now: i64) -> Result<bool> {
    let statement = "UPDATE sessions SET user_id = $2, data = $3, expires_at = $4, address = $5, user_agent = $6, \
         last_seen_at = $7 WHERE id_hash = $1";
    Ok(sql::execute(connection, statement, values(record, now)).await? > 0)
}

fn values(record: &SessionRecord, now: i64) -> [sea_orm::Value; 7] {
    [
        record.id_hash.to_vec().into(),
        record.user.map(|user| user.0).into(),
        record.data.clone().into(),
        micros(record.expires_at).into(),
        record.address.clone().into(),
        record.user_agent.clone().into(),
        now.into(),
    ]
}

pub(crate) async fn delete(connection: &impl ConnectionTrait, id_hash: &[u8; 32]) -> Result<()> {
    sql::execute(connection, "DELETE FROM sessions WHERE id_hash = $1", [id_hash.to_vec().into()]).await?;
    Ok(())
}

/// A person's sessions that have not expired, last used first; the newest hundred.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    user: UserId,
    current: Option<&[u8; 32]>,
    now: i64,
) -> Result<Vec<SessionSummary>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        id_hash: Vec<u8>,
        address: Option<String>,
        user_agent: Option<String>,
        created_at: i64,
        last_seen_at: i64,
    }
    let statement = "SELECT id, id_hash, address, user_agent, created_at, last_seen_at FROM sessions \
         WHERE user_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC, id DESC LIMIT 100";
    let rows = sql::list::<Row>(connection, statement, [user.0.into(), now.into()]).await?;
    let summary = |row: Row| SessionSummary {
        id: row.id,
        current: current.is_some_and(|current| row.id_hash == current),
        address: row.address,
        user_agent: row.user_agent,
        opened_at: from_micros(row.created_at),
        last_seen_at: from_micros(row.last_seen_at),
    };
    Ok(rows.into_iter().map(summary).collect())
}

/// Ends one of a person's sessions; `false` if it is none of theirs.
pub(crate) async fn delete_one_of(connection: &impl ConnectionTrait, user: UserId, session: i64) -> Result<bool> {
    let statement = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
    Ok(sql::execute(connection, statement, [session.into(), user.0.into()]).await? > 0)
}

/// Ends a person's sessions, but for one.
pub(crate) async fn delete_of(connection: &impl ConnectionTrait, user: UserId, keep: Option<&[u8; 32]>) -> Result<()> {
    match keep {
        Some(keep) => {
            let statement = "DELETE FROM sessions WHERE user_id = $1 AND id_hash <> $2";
            sql::execute(connection, statement, [user.0.into(), keep.to_vec().into()]).await?;
        }
        None => {
            sql::execute(connection, "DELETE FROM sessions WHERE user_id = $1", [user.0.into()]).await?;
        }
    }
    Ok(())
}

/// Removes what has expired, at most `limit` rows; how many it were.
pub(crate) async fn delete_expired(connection: &impl ConnectionTrait, now: i64, limit: i64) -> Result<u64> {
    let statement = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT $2)";
    sql::execute(connection, statement, [now.into(), limit.into()]).await
}
