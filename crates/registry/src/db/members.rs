//! Statements about who has which role in a project.

use super::sql;
use crate::{
    Result,
    access::{ProjectId, UserId, role_number},
};
use api_types::Role;
use sea_orm::ConnectionTrait;

/// Gives a person a role, instead of the one they have.
pub(crate) async fn set(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    user: UserId,
    role: Role,
    now: i64,
) -> Result<()> {
    let statement = "INSERT INTO members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role";
    let values = [project.0.into(), user.0.into(), role_number::of(role).into(), now.into()];
    sql::execute(connection, statement, values).await?;
    Ok(())
}
