//! Statements about names that projects had before.

use super::sql;
use crate::{Result, access::ProjectId};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// Notes that a project had a name.
pub(crate) async fn set(connection: &impl ConnectionTrait, name: &str, project: ProjectId, now: i64) -> Result<()> {
    let statement = "INSERT INTO project_aliases (name, project_id, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET project_id = excluded.project_id, created_at = excluded.created_at";
    sql::execute(connection, statement, [name.into(), project.0.into(), now.into()]).await?;
    Ok(())
}

/// Has a name lead nowhere any more, as somebody takes it.
pub(crate) async fn delete(connection: &impl ConnectionTrait, name: &str) -> Result<()> {
    sql::execute(connection, "DELETE FROM project_aliases WHERE name = $1", [name.into()]).await?;
    Ok(())
}

/// Has all former names of a project lead nowhere any more.
pub(crate) async fn delete_of(connection: &impl ConnectionTrait, project: ProjectId) -> Result<()> {
    sql::execute(connection, "DELETE FROM project_aliases WHERE project_id = $1", [project.0.into()]).await?;
    Ok(())
}

/// The former names of a project, newest first.
pub(crate) async fn list(connection: &impl ConnectionTrait, project: ProjectId, limit: u32) -> Result<Vec<String>> {
    #[derive(FromQueryResult)]
    struct Row {
        name: String,
    }
    let statement =
        format!("SELECT name FROM project_aliases WHERE project_id = $1 ORDER BY created_at DESC, name LIMIT {limit}");
    let rows = sql::list::<Row>(connection, &statement, [project.0.into()]).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}
