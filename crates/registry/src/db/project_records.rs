//! Statements about projects, with all that a row has.

use super::{
    access::visible,
    from_micros,
    numbered::{Holds, Key, NumberedList},
    released,
    sql::{self, unsigned},
};
use crate::{
    Error, Result,
    access::{ProjectId, UserId, Visibility, role_number},
    numbered::{Numbered, NumberedQuery},
    projects::ProjectRecord,
};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const COLUMNS: &str = "p.id, p.name, p.public, p.description, p.repository_count, p.storage_used, p.storage_quota, \
                       p.created_by, p.created_by_name, p.created_at, p.updated_at, m.role";

/// What conditions and orders may name.
const KEYS: &[Key] = &[
    Key::new("name", "p.name", Holds::Text),
    Key::new("project_id", "p.id", Holds::Number),
    Key::new("public", "p.public", Holds::Flag),
    Key::new("owner_id", "p.created_by", Holds::Number),
    Key::new("owner_name", "p.created_by_name", Holds::Text),
    Key::new("repo_count", "p.repository_count", Holds::Number),
    Key::new("creation_time", "p.created_at", Holds::Time),
    Key::new("update_time", "p.updated_at", Holds::Time),
];

fn from(viewer: Option<UserId>, values: &mut Vec<Value>) -> String {
    // No person has the number 0.
    values.push(viewer.map_or(0, |viewer| viewer.0).into());
    format!("projects p LEFT JOIN members m ON m.project_id = p.id AND m.user_id = ${}", values.len())
}

/// A page of the projects that somebody sees, by name where no order is asked for.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    viewer: Option<UserId>,
    query: &NumberedQuery,
) -> Result<Numbered<ProjectRecord>> {
    let mut values = Vec::new();
    let from = from(viewer, &mut values);
    let condition = visible(visibility, "p.id", &mut values);
    let list = NumberedList { columns: COLUMNS, from: &from, condition, values, keys: KEYS, order: "p.name, p.id" };
    let mut page = list.page(connection, query, record).await?;
    count(connection, &mut page.items).await?;
    Ok(page)
}

/// Takes from what these projects link what does not count of it.
async fn count(connection: &impl ConnectionTrait, projects: &mut [ProjectRecord]) -> Result<()> {
    let ids: Vec<i64> = projects.iter().map(|project| project.id.0).collect();
    let released = released::of(connection, &ids).await?;
    for project in projects {
        let released = released.get(&project.id.0).copied().unwrap_or_default();
        project.storage_used = project.storage_used.saturating_sub(released);
    }
    Ok(())
}

/// One project with all that its row has.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    viewer: Option<UserId>,
) -> Result<Option<ProjectRecord>> {
    let mut values = vec![project.0.into()];
    let from = from(viewer, &mut values);
    let statement = format!("SELECT {COLUMNS} FROM {from} WHERE p.id = $1 AND p.deleted_at IS NULL");
    let mut found = sql::one(connection, &statement, values).await?.as_ref().map(record).transpose()?;
    count(connection, found.as_mut_slice()).await?;
    Ok(found)
}

/// The name of a project that somebody sees.
pub(crate) async fn find_name(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    project: ProjectId,
) -> Result<Option<String>> {
    let mut values = vec![project.0.into()];
    let visible = visible(visibility, "p.id", &mut values);
    sql::find_value(connection, &format!("SELECT p.name FROM projects p WHERE p.id = $1 AND {visible}"), values).await
}

fn record(row: &QueryResult) -> Result<ProjectRecord> {
    let id: i64 = row.try_get_by_index(0)?;
    let role: Option<i16> = row.try_get_by_index(11)?;
    let role = role.map(|number| {
        let unknown = || Error::Inconsistent { table: "members", column: "role", row: format!("project {id}") };
        role_number::find(number).ok_or_else(unknown)
    });
    let quota: Option<i64> = row.try_get_by_index(6)?;
    Ok(ProjectRecord {
        id: ProjectId(id),
        name: row.try_get_by_index(1)?,
        public: row.try_get_by_index(2)?,
        description: row.try_get_by_index(3)?,
        repositories: unsigned(row.try_get_by_index(4)?),
        storage_used: unsigned(row.try_get_by_index(5)?),
        storage_quota: quota.and_then(|quota| u64::try_from(quota).ok()),
        owner: row.try_get_by_index::<Option<i64>>(7)?.map(UserId),
        owner_name: row.try_get_by_index::<Option<String>>(8)?.unwrap_or_default(),
        created_at: from_micros(row.try_get_by_index(9)?),
        updated_at: from_micros(row.try_get_by_index(10)?),
        role: role.transpose()?,
    })
}

/// How many projects and repositories somebody sees: public ones, and the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) public: (u64, u64),
    pub(crate) private: (u64, u64),
}

pub(crate) async fn counts(connection: &impl ConnectionTrait, visibility: &Visibility) -> Result<Counts> {
    let mut values = Vec::new();
    let visible = visible(visibility, "p.id", &mut values);
    let statement = format!(
        "SELECT p.public, COUNT(*), CAST(COALESCE(SUM(p.repository_count), 0) AS BIGINT) FROM projects p \
         WHERE {visible} GROUP BY p.public"
    );
    let mut counts = Counts::default();
    for row in sql::all(connection, &statement, values).await? {
        let pair = (unsigned(row.try_get_by_index(1)?), unsigned(row.try_get_by_index(2)?));
        if row.try_get_by_index(0)? { counts.public = pair } else { counts.private = pair }
    }
    Ok(counts)
}
