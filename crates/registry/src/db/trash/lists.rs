//! Entries as lists show them, the newest first.

use super::kind_of;
use crate::{
    Result,
    access::{ProjectId, UserId, Visibility},
    db::{
        access, actors, from_micros,
        sql::{all, unsigned},
    },
};
use api_types::{TRASH_TAGS, TrashEntry, TrashKind};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// What a project has in the trash.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<TrashEntry>> {
    let values = vec![project.0.into(), before.unwrap_or(i64::MAX).into()];
    page(connection, "t.project_id = $1 AND t.id < $2", values, limit).await
}

/// What all projects that are seen have in the trash.
pub(crate) async fn list_visible(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<TrashEntry>> {
    let mut values = vec![before.unwrap_or(i64::MAX).into()];
    let visible = access::visible(visibility, "p.id", &mut values);
    page(connection, &format!("t.id < $1 AND ({visible} OR t.kind = 'project')"), values, limit).await
}

/// The deleted projects that can be restored: all, or those that a person administered.
pub(crate) async fn list_projects(
    connection: &impl ConnectionTrait,
    administered_by: Option<UserId>,
    now: i64,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<TrashEntry>> {
    let mut values = vec![now.into(), before.unwrap_or(i64::MAX).into()];
    let mut condition = "t.kind = 'project' AND t.expires_at > $1 AND t.id < $2".to_owned();
    if let Some(user) = administered_by {
        values.push(user.0.into());
        condition.push_str(" AND t.project_id IN (SELECT project_id FROM members WHERE user_id = $3 AND role = 1)");
    }
    page(connection, &condition, values, limit).await
}

/// Those that fulfil a condition on the entry `t` and its project `p`.
async fn page(
    connection: &impl ConnectionTrait,
    condition: &str,
    values: Vec<Value>,
    limit: u32,
) -> Result<Vec<TrashEntry>> {
    // No tag has a comma in it.
    let sql = format!(
        "SELECT t.id, t.kind, p.name, t.path, t.name, t.tags, t.artifacts, t.deleted_by_kind, t.deleted_by_name, \
         t.deleted_at, t.expires_at, p.repository_count, (SELECT string_agg(g.name, ',' ORDER BY g.name) FROM \
         (SELECT name FROM trash_tags WHERE trash_id = t.id ORDER BY name LIMIT {TRASH_TAGS}) AS g) \
         FROM trash t JOIN projects p ON p.id = t.project_id WHERE {condition} ORDER BY t.id DESC LIMIT {limit}"
    );
    all(connection, &sql, values).await?.iter().map(summary).collect()
}

fn summary(row: &QueryResult) -> Result<TrashEntry> {
    let id: i64 = row.try_get_by_index(0)?;
    let (project, path): (String, String) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    let kind = kind_of(&row.try_get_by_index::<String>(1)?, id)?;
    let name: String = row.try_get_by_index(4)?;
    let (repository, name, repositories) = match kind {
        TrashKind::Project => (name, String::new(), unsigned(row.try_get_by_index(11)?)),
        _ => (format!("{project}/{path}"), name, 0),
    };
    let tag_names: Option<String> = row.try_get_by_index(12)?;
    Ok(TrashEntry {
        id,
        kind,
        repository,
        name,
        repositories,
        tags: unsigned(row.try_get_by_index(5)?),
        tag_names: tag_names.map(|names| names.split(',').map(ToOwned::to_owned).collect()).unwrap_or_default(),
        artifacts: unsigned(row.try_get_by_index(6)?),
        deleted_by: actors::summary(row.try_get_by_index(7)?, row.try_get_by_index(8)?),
        deleted_at: from_micros(row.try_get_by_index(9)?),
        expires_at: from_micros(row.try_get_by_index(10)?),
    })
}
