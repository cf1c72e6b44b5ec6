//! Counts of pulls and pushes.

use super::sql::{execute, one, signed, unsigned};
use crate::{Result, access::RepositoryId};
use sea_orm::ConnectionTrait;

/// Adds pulls to a tag; one that is gone is left alone.
pub(crate) async fn add_to_tag(connection: &impl ConnectionTrait, tag: i64, pulls: u64, last: i64) -> Result<()> {
    execute(
        connection,
        "UPDATE tags SET pull_count = pull_count + $2, last_pulled_at = $3 WHERE id = $1",
        [tag.into(), signed(pulls).into(), last.into()],
    )
    .await?;
    Ok(())
}

/// Adds pulls to a manifest; one that is gone is left alone.
pub(crate) async fn add_to_manifest(
    connection: &impl ConnectionTrait,
    manifest: i64,
    pulls: u64,
    last: i64,
) -> Result<()> {
    execute(
        connection,
        "UPDATE manifests SET pull_count = pull_count + $2, last_pulled_at = $3 WHERE id = $1",
        [manifest.into(), signed(pulls).into(), last.into()],
    )
    .await?;
    Ok(())
}

/// Adds pulls to a repository; one that is gone is left alone.
pub(crate) async fn add_to_repository(
    connection: &impl ConnectionTrait,
    repository: i64,
    pulls: u64,
    last: i64,
) -> Result<()> {
    execute(
        connection,
        "UPDATE repositories SET pull_count = pull_count + $2, last_pulled_at = $3 WHERE id = $1",
        [repository.into(), signed(pulls).into(), last.into()],
    )
    .await?;
    Ok(())
}

/// Adds to a repository's day (days since 1970, UTC); a repository that is gone is left alone.
pub(crate) async fn add_to_day(
    connection: &impl ConnectionTrait,
    repository: i64,
    day: i64,
    pushes: u64,
    pulls: u64,
) -> Result<()> {
    execute(
        connection,
        "INSERT INTO traffic_days (repository_id, day, project_id, pushes, pulls) \
         SELECT id, CAST($2 AS BIGINT), project_id, CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM repositories WHERE id = $1 \
         ON CONFLICT (repository_id, day) DO UPDATE SET pushes = traffic_days.pushes + excluded.pushes, \
         pulls = traffic_days.pulls + excluded.pulls",
        [repository.into(), day.into(), signed(pushes).into(), signed(pulls).into()],
    )
    .await?;
    Ok(())
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
