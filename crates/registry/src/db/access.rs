//! What is looked up to decide about rights: single rows by key, on the path of every request; and the condition that
//! keeps what an actor may not know of out of lists.

use super::{from_micros, sql};
use crate::{
    Error, Result, Subject,
    access::{
        Account, AccountKind, ProjectId, RepositoryId, RobotPermission, Scope, SecretMark, TokenScope, UserId,
        Visibility, role_number,
    },
};
use api_types::Role;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use std::fmt::Write;

#[derive(FromQueryResult)]
struct PersonRow {
    id: i64,
    username: String,
    is_admin: bool,
    must_change_password: bool,
    password_version: i64,
    disabled_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct TokenRow {
    scope: String,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct RobotRow {
    name: String,
    project_id: Option<i64>,
    project: Option<String>,
    permissions: String,
    expires_at: Option<i64>,
    /// Also while its project is in the trash.
    disabled_at: Option<i64>,
    secret_hash: Vec<u8>,
    previous_secret_hash: Option<Vec<u8>>,
    previous_until: Option<i64>,
}

/// The account of a subject; `None` when it is gone, and for those that are none ([`Subject::Anonymous`],
/// [`Subject::System`]).
pub(crate) async fn find_account(connection: &impl ConnectionTrait, subject: &Subject) -> Result<Option<Account>> {
    match *subject {
        Subject::Anonymous | Subject::System => Ok(None),
        Subject::User(user) => Ok(find_person(connection, user.0).await?.map(|row| person(row, None))),
        Subject::AccessToken(token, user) => {
            let statement = "SELECT scope, expires_at, revoked_at FROM access_tokens WHERE id = $1 AND user_id = $2";
            let values = [token.0.into(), user.0.into()];
            let Some(row) = sql::find::<TokenRow>(connection, statement, values).await? else { return Ok(None) };
            let Some(owner) = find_person(connection, user.0).await? else { return Ok(None) };
            let scope = parse(&row.scope, "access_tokens", "scope", token.0)?;
            let mut account = person(owner, Some(scope));
            account.disabled |= row.revoked_at.is_some();
            account.expires_at = row.expires_at.map(from_micros);
            Ok(Some(account))
        }
        Subject::Robot(robot) => {
            let statement = "SELECT r.name, r.project_id, p.name AS project, r.permissions, r.expires_at, \
                 COALESCE(r.disabled_at, p.deleted_at) AS disabled_at, r.secret_hash, r.previous_secret_hash, \
                 r.previous_until FROM robots r LEFT JOIN projects p ON p.id = r.project_id WHERE r.id = $1";
            let row = sql::find::<RobotRow>(connection, statement, [robot.0.into()]).await?;
            row.map(|row| robot_account(&row, robot.0)).transpose()
        }
    }
}

async fn find_person(connection: &impl ConnectionTrait, id: i64) -> Result<Option<PersonRow>> {
    let statement = "SELECT id, username, is_admin, must_change_password, password_version, disabled_at \
         FROM users WHERE id = $1";
    sql::find(connection, statement, [id.into()]).await
}

fn person(row: PersonRow, narrowed: Option<TokenScope>) -> Account {
    Account {
        name: row.username.into(),
        disabled: row.disabled_at.is_some(),
        expires_at: None,
        kind: AccountKind::Person {
            user: UserId(row.id),
            is_admin: row.is_admin,
            must_change_password: row.must_change_password,
            password_version: row.password_version,
            narrowed,
        },
    }
}

fn robot_account(row: &RobotRow, id: i64) -> Result<Account> {
    let given = given(&row.permissions, row.project_id, id)?;
    let previous = row.previous_secret_hash.as_deref().map(SecretMark::of_robot);
    Ok(Account {
        name: super::robots::full_name(row.project.as_deref(), &row.name).into(),
        disabled: row.disabled_at.is_some(),
        expires_at: row.expires_at.map(from_micros),
        kind: AccountKind::Robot {
            home: row.project_id.map(ProjectId).zip(row.project.as_deref().map(Into::into)),
            given: given.into(),
            present: SecretMark::of_robot(&row.secret_hash),
            previous: previous.zip(row.previous_until.map(from_micros)),
        },
    })
}

/// What a robot's row gives it. A project's robot stays in its project, whatever its row says.
pub(super) fn given(permissions: &str, home: Option<i64>, robot: i64) -> Result<Vec<RobotPermission>> {
    let mut given: Vec<RobotPermission> = parse(permissions, "robots", "permissions", robot)?;
    if let Some(home) = home {
        for permission in &mut given {
            permission.project.get_or_insert(home);
        }
        given.retain(|permission| permission.project == Some(home));
    }
    Ok(given)
}

pub(super) fn parse<'a, T: serde::Deserialize<'a>>(
    text: &'a str,
    table: &'static str,
    column: &'static str,
    id: i64,
) -> Result<T> {
    serde_json::from_str(text).map_err(|_| Error::Inconsistent { table, column, row: id.to_string() })
}

#[derive(FromQueryResult)]
struct ProjectRow {
    id: i64,
    name: String,
    public: bool,
}

/// A project's id, name and whether it is public.
pub(crate) async fn find_project(
    connection: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<(ProjectId, String, bool)>> {
    let statement = "SELECT id, name, public FROM projects WHERE name = $1";
    let row = sql::find::<ProjectRow>(connection, statement, [name.into()]).await?;
    Ok(row.map(|row| (ProjectId(row.id), row.name, row.public)))
}

/// The same of the project that had this name before and that no other has taken it from.
pub(crate) async fn find_renamed_project(
    connection: &impl ConnectionTrait,
    former_name: &str,
) -> Result<Option<(ProjectId, String, bool)>> {
    let statement = "SELECT p.id, p.name, p.public FROM project_aliases a JOIN projects p ON p.id = a.project_id \
         WHERE a.name = $1 AND p.deleted_at IS NULL";
    let row = sql::find::<ProjectRow>(connection, statement, [former_name.into()]).await?;
    Ok(row.map(|row| (ProjectId(row.id), row.name, row.public)))
}

/// A project's id and whether it is public, and the id of its repository with this path, if there is one.
pub(crate) async fn find_project_and_repository(
    connection: &impl ConnectionTrait,
    name: &str,
    path: &str,
) -> Result<Option<(ProjectId, bool, Option<RepositoryId>)>> {
    let statement = "SELECT p.id, p.public, r.id FROM projects p \
         LEFT JOIN repositories r ON r.project_id = p.id AND r.path = $2 WHERE p.name = $1";
    let row = sql::one(connection, statement, [name.into(), path.into()]).await?;
    row.map(|row| {
        let repository: Option<i64> = row.try_get_by_index(2)?;
        Ok((ProjectId(row.try_get_by_index(0)?), row.try_get_by_index(1)?, repository.map(RepositoryId)))
    })
    .transpose()
}

/// A person's role in a project. `project` may be a number that no project has.
pub(crate) async fn find_role(connection: &impl ConnectionTrait, user: UserId, project: i64) -> Result<Option<Role>> {
    let statement = "SELECT role FROM members WHERE project_id = $1 AND user_id = $2";
    let number: Option<i16> = sql::find_value(connection, statement, [project.into(), user.0.into()]).await?;
    let unknown = || Error::Inconsistent { table: "members", column: "role", row: format!("{project}/{}", user.0) };
    number.map(|number| role_number::find(number).ok_or_else(unknown)).transpose()
}

/// A repository's id.
pub(crate) async fn find_repository(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    path: &str,
) -> Result<Option<RepositoryId>> {
    let statement = "SELECT id FROM repositories WHERE project_id = $1 AND path = $2";
    let id: Option<i64> = sql::find_value(connection, statement, [project.0.into(), path.into()]).await?;
    Ok(id.map(RepositoryId))
}

/// A condition on a column that holds a project's id, true for projects that the actor may see and that were not
/// deleted. It pushes what it needs onto `values`, whose present length tells which placeholders are taken.
pub(crate) fn visible(visibility: &Visibility, column: &str, values: &mut Vec<Value>) -> String {
    const PUBLIC: &str = "SELECT id FROM projects WHERE public";
    let own = match &visibility.scope {
        Scope::All => None,
        Scope::Public => return format!("{column} IN ({PUBLIC})"),
        Scope::Member(user) => {
            values.push(user.0.into());
            Some(format!(
                "{column} IN (SELECT m.project_id FROM members m JOIN projects d ON d.id = m.project_id \
                 WHERE m.user_id = ${} AND d.deleted_at IS NULL)",
                values.len()
            ))
        }
        Scope::Projects(projects) => Some(among(column, projects, values)),
    };
    let narrowed = visibility.only.as_ref().map(|only| among(column, only, values));
    match (own, narrowed) {
        // The deleted ones are not public.
        (None, None) => format!("{column} NOT IN (SELECT id FROM projects WHERE deleted_at IS NOT NULL)"),
        (Some(own), None) | (None, Some(own)) => format!("({own} OR {column} IN ({PUBLIC}))"),
        (Some(own), Some(narrowed)) => format!("(({own} AND {narrowed}) OR {column} IN ({PUBLIC}))"),
    }
}

/// One of these that was not deleted.
fn among(column: &str, projects: &[ProjectId], values: &mut Vec<Value>) -> String {
    if projects.is_empty() {
        return "FALSE".to_owned();
    }
    let mut list = format!("{column} IN (SELECT id FROM projects WHERE deleted_at IS NULL AND id IN (");
    for (at, project) in projects.iter().enumerate() {
        values.push(project.0.into());
        let comma = if at == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(list, "{comma}${}", values.len());
    }
    list.push_str("))");
    list
}
