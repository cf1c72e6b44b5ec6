//! Statements for the first page: sums from columns that are kept, and the ends of indexes.

use super::{
    access::visible,
    actors, from_micros, released,
    sql::{self, unsigned},
};
use crate::{
    Error, Result,
    access::{ProjectId, Visibility},
};
use api_types::{RecentPush, TrafficDay};
use sea_orm::{ConnectionTrait, FromQueryResult};
use time::Date;

/// What all tags add up to, and what is stored for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) stored: u64,
    pub(crate) referenced: u64,
    pub(crate) tags: u64,
}

/// Sums over the projects that somebody sees. Where everything is seen, `stored` has each blob of the store once; else it is what
/// counts of each project.
pub(crate) async fn sums(connection: &impl ConnectionTrait, visibility: &Visibility) -> Result<Sums> {
    let stored = if visibility.is_everything() {
        let statement =
            "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs WHERE state = 'live' AND link_count > 0";
        sql::get_value::<i64>(connection, statement, []).await?
    } else {
        let mut values = Vec::new();
        let visible = visible(visibility, "p.id", &mut values);
        let released = released::sums(&format!("SELECT p.id FROM projects p WHERE {visible}"));
        let statement = format!(
            "SELECT CAST(COALESCE(SUM(p.storage_used - COALESCE(s.bytes, 0)), 0) AS BIGINT) FROM projects p \
             LEFT JOIN ({released}) s ON s.project_id = p.id WHERE {visible}"
        );
        sql::get_value::<i64>(connection, &statement, values).await?
    };
    let mut values = Vec::new();
    let visible = visible(visibility, "r.project_id", &mut values);
    let statement = format!(
        "SELECT CAST(COALESCE(SUM(r.tag_count), 0) AS BIGINT), CAST(COALESCE(SUM(r.tagged_size), 0) AS BIGINT) \
         FROM repositories r WHERE r.last_pushed_at IS NOT NULL AND {visible}"
    );
    let row = sql::one(connection, &statement, values).await?;
    let row = row.ok_or_else(|| Error::Database("a sum gave no row".into()))?;
    Ok(Sums {
        stored: unsigned(stored),
        tags: unsigned(row.try_get_by_index(0)?),
        referenced: unsigned(row.try_get_by_index(1)?),
    })
}

#[derive(FromQueryResult)]
struct DayRow {
    day: i64,
    pushes: i64,
    pulls: i64,
}

/// Pushes and pulls of the days from `first` (days since 1970) on; days without any are left out.
pub(crate) async fn traffic(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    first: i64,
) -> Result<Vec<(i64, TrafficDay)>> {
    let mut values = vec![first.into()];
    let visible = visible(visibility, "t.project_id", &mut values);
    let statement = format!(
        "SELECT t.day, CAST(SUM(t.pushes) AS BIGINT) AS pushes, CAST(SUM(t.pulls) AS BIGINT) AS pulls \
         FROM traffic_days t WHERE t.day >= $1 AND {visible} GROUP BY t.day ORDER BY t.day"
    );
    let rows = sql::list::<DayRow>(connection, &statement, values).await?;
    rows.into_iter()
        .map(|row| {
            let day = date(row.day).ok_or_else(|| Error::Inconsistent {
                table: "traffic_days",
                column: "day",
                row: row.day.to_string(),
            })?;
            Ok((row.day, TrafficDay { day, pushes: unsigned(row.pushes), pulls: unsigned(row.pulls) }))
        })
        .collect()
}

/// A day by its number since 1970.
pub(crate) fn date(day: i64) -> Option<Date> {
    let epoch = i64::from(time::OffsetDateTime::UNIX_EPOCH.date().to_julian_day());
    Date::from_julian_day(i32::try_from(day.checked_add(epoch)?).ok()?).ok()
}

#[derive(FromQueryResult)]
struct PushRow {
    project: String,
    path: String,
    tag: String,
    digest: String,
    actor_kind: i16,
    actor_name: String,
    at: i64,
}

/// The projects that were pushed to last, among those somebody sees.
pub(crate) async fn projects_by_push(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    limit: u32,
) -> Result<Vec<ProjectId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let mut values = Vec::new();
    let visible = visible(visibility, "p.id", &mut values);
    let statement = format!(
        "SELECT p.id FROM projects p WHERE p.last_pushed_at IS NOT NULL AND {visible} \
         ORDER BY p.last_pushed_at DESC, p.id DESC LIMIT {limit}"
    );
    let rows = sql::list::<Row>(connection, &statement, values).await?;
    Ok(rows.into_iter().map(|row| ProjectId(row.id)).collect())
}

/// The last pushes of a project, newest first.
pub(crate) async fn pushes(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    limit: u32,
) -> Result<Vec<RecentPush>> {
    let statement = format!(
        "SELECT p.name AS project, r.path, e.tag, e.digest, e.actor_kind, e.actor_name, e.at FROM tag_events e \
         JOIN repositories r ON r.id = e.repository_id JOIN projects p ON p.id = r.project_id \
         WHERE e.project_id = $1 AND e.digest IS NOT NULL AND r.last_pushed_at IS NOT NULL ORDER BY e.id DESC LIMIT {limit}"
    );
    let rows = sql::list::<PushRow>(connection, &statement, [project.0.into()]).await?;
    Ok(rows
        .into_iter()
        .map(|row| RecentPush {
            repository: format!("{}/{}", row.project, row.path),
            tag: row.tag,
            digest: row.digest,
            pushed_at: from_micros(row.at),
            pushed_by: actors::summary(row.actor_kind, row.actor_name),
        })
        .collect())
}

/// Whether any tag was ever pushed.
pub(crate) async fn any_push(connection: &impl ConnectionTrait) -> Result<bool> {
    Ok(sql::find_value::<i64>(connection, "SELECT id FROM tag_events LIMIT 1", []).await?.is_some())
}

/// Whether there is a robot.
pub(crate) async fn any_robot(connection: &impl ConnectionTrait) -> Result<bool> {
    Ok(sql::find_value::<i64>(connection, "SELECT id FROM robots LIMIT 1", []).await?.is_some())
}
