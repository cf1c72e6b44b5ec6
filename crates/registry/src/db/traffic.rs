//! Counts of pulls and pushes.

use super::{
    locks,
    sql::{execute, one, signed, unsigned},
};
use crate::{
    Result,
    access::RepositoryId,
    content::{Counts, Pulls},
};
use sea_orm::{ConnectionTrait, Value};
use std::collections::HashMap;

/// Adds what was counted to tags, manifests, repositories and their days, up to a few hundred of each; what is gone is left
/// alone.
pub(crate) async fn add(connection: &impl ConnectionTrait, counts: &Counts) -> Result<()> {
    let days = counts.days.keys().map(|(repository, _)| *repository);
    let repositories: Vec<i64> = counts.repositories.keys().copied().chain(days).collect();
    let (tags, manifests) = (ids(&counts.tags), ids(&counts.manifests));
    locks::repositories_of(connection, &repositories, &tags, &manifests).await?;
    add_pulls(connection, "repositories", &counts.repositories).await?;
    add_pulls(connection, "tags", &counts.tags).await?;
    add_pulls(connection, "manifests", &counts.manifests).await?;
    add_days(connection, &counts.days).await
}

fn ids(pulls: &HashMap<i64, Pulls>) -> Vec<i64> {
    pulls.keys().copied().collect()
}

async fn add_pulls(connection: &impl ConnectionTrait, table: &'static str, pulls: &HashMap<i64, Pulls>) -> Result<()> {
    let rows = pulls.iter().map(|(id, pulls)| [(*id).into(), signed(pulls.count).into(), pulls.last.into()]);
    let Some((rows, values)) = rows_of(rows) else { return Ok(()) };
    let sql = format!(
        "UPDATE {table} SET pull_count = pull_count + v.column2, last_pulled_at = v.column3 \
         FROM (VALUES {rows}) v WHERE {table}.id = v.column1"
    );
    execute(connection, &sql, values).await?;
    Ok(())
}

/// By repository and day (days since 1970, UTC).
async fn add_days(connection: &impl ConnectionTrait, days: &HashMap<(i64, i64), (u64, u64)>) -> Result<()> {
    let rows = days.iter().map(|((repository, day), (pushes, pulls))| {
        [(*repository).into(), (*day).into(), signed(*pushes).into(), signed(*pulls).into()]
    });
    let Some((rows, values)) = rows_of(rows) else { return Ok(()) };
    let sql = format!(
        "INSERT INTO traffic_days (repository_id, day, project_id, pushes, pulls) \
         SELECT r.id, v.column2, r.project_id, v.column3, v.column4 \
         FROM (VALUES {rows}) v JOIN repositories r ON r.id = v.column1 WHERE TRUE \
         ON CONFLICT (repository_id, day) DO UPDATE SET pushes = traffic_days.pushes + excluded.pushes, \
         pulls = traffic_days.pulls + excluded.pulls"
    );
    execute(connection, &sql, values).await?;
    Ok(())
}

/// `($1, $2), ($3, $4)` and the values; `None` for no rows.
pub(crate) fn rows_of<const N: usize>(rows: impl Iterator<Item = [Value; N]>) -> Option<(String, Vec<Value>)> {
    let mut values = Vec::new();
    let mut places = Vec::new();
    for row in rows {
        places.push(format!("({})", super::sql::places(values.len() + 1, N)));
        values.extend(row);
    }
    (!places.is_empty()).then(|| (places.join(", "), values))
}

/// Pulls of a repository from a day on.
pub(crate) async fn pulls_since(connection: &impl ConnectionTrait, repository: RepositoryId, day: i64) -> Result<u64> {
    let row = one(
        connection,
        "SELECT CAST(COALESCE(SUM(pulls), 0) AS BIGINT) FROM traffic_days WHERE repository_id = $1 AND day >= $2",
        [repository.0.into(), day.into()],
    )
    .await?;
    row.map_or(Ok(0), |row| Ok(unsigned(row.try_get_by_index(0)?)))
}
