//! Statements about repositories, with all that a row has.

use super::{
    access::visible,
    from_micros,
    numbered::{Holds, Key, NumberedList},
    sql::{self, unsigned},
};
use crate::{
    Result,
    access::{ProjectId, RepositoryId, Visibility},
    content::RepositoryRecord,
    numbered::{Numbered, NumberedQuery},
};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const COLUMNS: &str = "r.id, r.project_id, p.name, r.path, r.description, r.manifest_count, r.pull_count, r.created_at, \
                       r.last_pushed_at, p.public";

const FROM: &str = "repositories r JOIN projects p ON p.id = r.project_id";

/// What conditions and orders may name.
const KEYS: &[Key] = &[
    Key::new("name", "p.name || '/' || r.path", Holds::Text),
    Key::new("id", "r.id", Holds::Number),
    Key::new("repository_id", "r.id", Holds::Number),
    Key::new("project_id", "r.project_id", Holds::Number),
    Key::new("description", "r.description", Holds::Text),
    Key::new("artifact_count", "r.manifest_count", Holds::Number),
    Key::new("pull_count", "r.pull_count", Holds::Number),
    Key::new("creation_time", "r.created_at", Holds::Time),
    Key::new("update_time", "r.last_pushed_at", Holds::Time),
];

async fn page(
    connection: &impl ConnectionTrait,
    condition: &str,
    values: Vec<Value>,
    query: &NumberedQuery,
) -> Result<Numbered<RepositoryRecord>> {
    let condition = format!("r.last_pushed_at IS NOT NULL AND {condition}");
    let list =
        NumberedList { columns: COLUMNS, from: FROM, condition, values, keys: KEYS, order: "p.name, r.path, r.id" };
    list.page(connection, query, record).await
}

/// A page of a project's repositories that something was pushed to.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    query: &NumberedQuery,
) -> Result<Numbered<RepositoryRecord>> {
    page(connection, "r.project_id = $1", vec![project.0.into()], query).await
}

/// A page of the repositories that somebody sees.
pub(crate) async fn list_visible(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    query: &NumberedQuery,
) -> Result<Numbered<RepositoryRecord>> {
    let mut values = Vec::new();
    let condition = visible(visibility, "r.project_id", &mut values);
    page(connection, &condition, values, query).await
}

/// One repository that something was pushed to.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
) -> Result<Option<RepositoryRecord>> {
    let statement = format!("SELECT {COLUMNS} FROM {FROM} WHERE r.id = $1 AND r.last_pushed_at IS NOT NULL");
    sql::one(connection, &statement, [repository.0.into()]).await?.as_ref().map(record).transpose()
}

fn record(row: &QueryResult) -> Result<RepositoryRecord> {
    let created_at = from_micros(row.try_get_by_index(7)?);
    Ok(RepositoryRecord {
        id: RepositoryId(row.try_get_by_index(0)?),
        project: ProjectId(row.try_get_by_index(1)?),
        name: format!("{}/{}", row.try_get_by_index::<String>(2)?, row.try_get_by_index::<String>(3)?),
        description: row.try_get_by_index(4)?,
        artifacts: unsigned(row.try_get_by_index(5)?),
        pulls: unsigned(row.try_get_by_index(6)?),
        created_at,
        public: row.try_get_by_index(9)?,
        updated_at: row.try_get_by_index::<Option<i64>>(8)?.map_or(created_at, from_micros),
    })
}
