//! Statements about projects.

use super::{
    access::visible,
    actors::Creator,
    from_micros,
    page::{KeyType, List, Order},
    released,
    sql::{self, anywhere, unsigned},
};
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId, UserId, Visibility, role_number},
};
use api_types::{ListQuery, Page, ProjectSummary};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};
use std::collections::HashMap;

/// A project that is created.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewRow {
    pub(crate) name: String,
    pub(crate) public: bool,
    pub(crate) description: String,
    /// Bytes; absent without a limit.
    pub(crate) quota: Option<u64>,
    pub(crate) created_by: Option<Creator>,
    pub(crate) created_at: i64,
}

/// Creates a project. What had its name before is no longer found by it.
///
/// # Errors
/// [`Error::ProjectNameTaken`].
pub(crate) async fn insert(connection: &impl ConnectionTrait, project: &NewRow) -> Result<ProjectId> {
    let statement = "INSERT INTO projects (name, public, description, storage_quota, created_by, created_by_name, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (name) DO NOTHING RETURNING id";
    let [created_by, created_by_name] = Creator::values(project.created_by.as_ref());
    let values = [
        project.name.as_str().into(),
        project.public.into(),
        project.description.as_str().into(),
        project.quota.map(sql::signed).into(),
        created_by,
        created_by_name,
        project.created_at.into(),
    ];
    let id: Option<i64> = sql::find_value(connection, statement, values).await?;
    let id = id.ok_or_else(|| Error::ProjectNameTaken { name: project.name.clone() })?;
    super::project_aliases::delete(connection, &project.name).await?;
    Ok(ProjectId(id))
}

/// Gives a project another name and keeps the one it has as a former one.
///
/// # Errors
/// [`Error::ProjectNameTaken`]; [`Error::ProjectRenamed`] if it is called otherwise than `name` already;
/// [`Error::ProjectNotFound`] if it is gone.
pub(crate) async fn rename(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    name: &str,
    new: &str,
    now: i64,
) -> Result<()> {
    if exists(connection, new).await? {
        return Err(Error::ProjectNameTaken { name: new.to_owned() });
    }
    let statement = "UPDATE projects SET name = $3, updated_at = $4 WHERE id = $1 AND name = $2 AND deleted_at IS NULL";
    let values = [project.0.into(), name.into(), new.into(), now.into()];
    if sql::execute(connection, statement, values).await? == 0 {
        let present = "SELECT name FROM projects WHERE id = $1 AND deleted_at IS NULL";
        let present: Option<String> = sql::find_value(connection, present, [project.0.into()]).await?;
        let was = name.to_owned();
        return Err(match present {
            Some(name) => Error::ProjectRenamed { was, name },
            None => Error::ProjectNotFound { name: was },
        });
    }
    super::project_aliases::delete(connection, new).await?;
    super::project_aliases::set(connection, name, project, now).await
}

/// Whether a name is in use.
pub(crate) async fn exists(connection: &impl ConnectionTrait, name: &str) -> Result<bool> {
    let statement = "SELECT id FROM projects WHERE name = $1";
    Ok(sql::find_value::<i64>(connection, statement, [name.into()]).await?.is_some())
}

/// The present names of projects, by their ids; those that were deleted have none.
pub(crate) async fn names(connection: &impl ConnectionTrait, projects: &[i64]) -> Result<HashMap<i64, String>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        name: String,
    }
    let mut names = HashMap::with_capacity(projects.len());
    for part in projects.chunks(sql::LIST) {
        let places = sql::places(1, part.len());
        let statement = format!("SELECT id, name FROM projects WHERE id IN ({places}) AND deleted_at IS NULL");
        let rows = sql::list::<Row>(connection, &statement, part.iter().map(|id| (*id).into())).await?;
        names.extend(rows.into_iter().map(|row| (row.id, row.name)));
    }
    Ok(names)
}

/// Whether there is a project beside the one that exists from the start.
pub(crate) async fn any_beside(connection: &impl ConnectionTrait, name: &str) -> Result<bool> {
    let statement = "SELECT id FROM projects WHERE name <> $1 AND deleted_at IS NULL LIMIT 1";
    Ok(sql::find_value::<i64>(connection, statement, [name.into()]).await?.is_some())
}

/// What whoever administers a project can change of its row.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub(crate) struct SettingsRow {
    pub(crate) public: bool,
    pub(crate) description: String,
}

pub(crate) async fn find_settings(
    connection: &impl ConnectionTrait,
    project: ProjectId,
) -> Result<Option<SettingsRow>> {
    let statement = "SELECT public, description FROM projects WHERE id = $1 AND deleted_at IS NULL";
    sql::find(connection, statement, [project.0.into()]).await
}

/// Changes access and description; `false` if it is gone.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    settings: &SettingsRow,
    now: i64,
) -> Result<bool> {
    let statement = "UPDATE projects SET public = $2, description = $3, updated_at = $4 \
         WHERE id = $1 AND deleted_at IS NULL";
    let values = [project.0.into(), settings.public.into(), settings.description.as_str().into(), now.into()];
    Ok(sql::execute(connection, statement, values).await? > 0)
}

/// What a project's page shows beside the summary.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Details {
    pub(crate) description: String,
    pub(crate) members: i64,
    pub(crate) robots: i64,
}

pub(crate) async fn find_details(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Option<Details>> {
    let statement = "SELECT p.description, (SELECT COUNT(*) FROM members WHERE project_id = p.id) AS members, \
         (SELECT COUNT(*) FROM robots WHERE project_id = p.id) AS robots FROM projects p WHERE p.id = $1";
    sql::find(connection, statement, [project.0.into()]).await
}

/// The columns of a [`ProjectSummary`], with the role of one person. What is released of the storage is taken from it afterwards.
const COLUMNS: &str = "p.id, p.name, p.public, p.repository_count, p.storage_used, p.storage_quota, \
                       p.last_pushed_at, p.created_at, m.role";

/// The order that has to know what counts of every project.
const BY_SIZE: &str = "size";

/// The orders of the list. A project that nobody pushed to stands where it was created.
const ORDERS: [Order; 3] = [
    Order {
        name: "pushed",
        key: "COALESCE(p.last_pushed_at, p.created_at)",
        key_type: KeyType::Number,
        tie: "p.id",
        descending: true,
    },
    Order { name: "name", key: "p.name", key_type: KeyType::Text, tie: "p.id", descending: false },
    Order {
        name: BY_SIZE,
        key: "p.storage_used - COALESCE(s.bytes, 0)",
        key_type: KeyType::Number,
        tie: "p.id",
        descending: true,
    },
];

fn from(viewer: Option<UserId>, values: &mut Vec<Value>) -> String {
    // No person has the number 0.
    values.push(viewer.map_or(0, |viewer| viewer.0).into());
    format!("projects p LEFT JOIN members m ON m.project_id = p.id AND m.user_id = ${}", values.len())
}

/// One project as lists show it.
pub(crate) async fn find_summary(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    viewer: Option<UserId>,
) -> Result<Option<ProjectSummary>> {
    let mut values = vec![project.0.into()];
    let from = from(viewer, &mut values);
    let statement = format!("SELECT {COLUMNS} FROM {from} WHERE p.id = $1");
    let mut found = sql::one(connection, &statement, values).await?.as_ref().map(summary).transpose()?;
    count(connection, found.as_mut_slice()).await?;
    Ok(found)
}

/// Takes from what these projects link what does not count of it.
async fn count(connection: &impl ConnectionTrait, projects: &mut [ProjectSummary]) -> Result<()> {
    let ids: Vec<i64> = projects.iter().map(|project| project.id).collect();
    let released = released::of(connection, &ids).await?;
    for project in projects {
        let released = released.get(&project.id).copied().unwrap_or_default();
        project.storage_used = project.storage_used.saturating_sub(released);
    }
    Ok(())
}

/// A page of the projects that somebody sees.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    viewer: Option<UserId>,
    query: &ListQuery,
) -> Result<Page<ProjectSummary>> {
    let mut values = Vec::new();
    let mut from = from(viewer, &mut values);
    let mut condition = visible(visibility, "p.id", &mut values);
    let filter = query.filter.trim().to_lowercase();
    if !filter.is_empty() {
        values.push(anywhere(&filter).into());
        condition = format!("{condition} AND p.name LIKE ${} ESCAPE '\\'", values.len());
    }
    if query.sort == BY_SIZE {
        let released = released::sums(&format!("SELECT p.id FROM projects p WHERE {condition}"));
        from = format!("{from} LEFT JOIN ({released}) s ON s.project_id = p.id");
    }
    let list = List {
        columns: COLUMNS,
        from: &from,
        count_from: &from,
        condition: &condition,
        values: &values,
        orders: &ORDERS,
    };
    let mut page = list.page(connection, query, summary).await?;
    count(connection, &mut page.items).await?;
    Ok(page)
}

fn summary(row: &QueryResult) -> Result<ProjectSummary> {
    let id: i64 = row.try_get_by_index(0)?;
    let role: Option<i16> = row.try_get_by_index(8)?;
    let role = role.map(|number| {
        let unknown = || Error::Inconsistent { table: "members", column: "role", row: format!("project {id}") };
        role_number::find(number).ok_or_else(unknown)
    });
    let quota: Option<i64> = row.try_get_by_index(5)?;
    let last_pushed_at: Option<i64> = row.try_get_by_index(6)?;
    Ok(ProjectSummary {
        id,
        name: row.try_get_by_index(1)?,
        public: row.try_get_by_index(2)?,
        role: role.transpose()?,
        repositories: unsigned(row.try_get_by_index(3)?),
        storage_used: unsigned(row.try_get_by_index(4)?),
        storage_quota: quota.and_then(|quota| u64::try_from(quota).ok()),
        last_pushed_at: last_pushed_at.map(from_micros),
        created_at: from_micros(row.try_get_by_index(7)?),
    })
}

/// Holds a project that has no repository, so that none comes before it is buried.
///
/// # Errors
/// [`Error::ProjectNotEmpty`].
pub(crate) async fn require_empty(connection: &impl ConnectionTrait, project: ProjectId, name: &str) -> Result<()> {
    super::locks::whole_project(connection, project).await?;
    let statement = "SELECT COUNT(*) FROM repositories WHERE project_id = $1 AND last_pushed_at IS NOT NULL";
    match sql::get_value::<i64>(connection, statement, [project.0.into()]).await? {
        0 => Ok(()),
        repositories => Err(Error::ProjectNotEmpty { name: name.to_owned(), repositories: unsigned(repositories) }),
    }
}

/// Takes a project out of sight: its name is free, nobody has a role in it, and what it holds goes bit by bit. `false` if it
/// is gone already.
pub(crate) async fn bury(connection: &impl ConnectionTrait, project: ProjectId, now: i64) -> Result<bool> {
    // No project can be created under a name with a tilde.
    let statement = "UPDATE projects SET name = $2, public = $3, deleted_at = $4, updated_at = $4 \
         WHERE id = $1 AND deleted_at IS NULL";
    let name = format!("~{}", project.0);
    if sql::execute(connection, statement, [project.0.into(), name.into(), false.into(), now.into()]).await? == 0 {
        return Ok(false);
    }
    forsake(connection, project).await?;
    Ok(true)
}

/// Takes from a project that is out of sight what would come back with it: its members, robots and former names.
pub(crate) async fn forsake(connection: &impl ConnectionTrait, project: ProjectId) -> Result<()> {
    sql::execute(connection, "DELETE FROM members WHERE project_id = $1", [project.0.into()]).await?;
    sql::execute(connection, "DELETE FROM robots WHERE project_id = $1", [project.0.into()]).await?;
    super::project_aliases::delete_of(connection, project).await
}

/// Buried projects that still hold something and are not in the trash, oldest first.
pub(crate) async fn list_buried(connection: &impl ConnectionTrait, limit: u32) -> Result<Vec<ProjectId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let statement = format!(
        "SELECT id FROM projects WHERE deleted_at IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM trash t WHERE t.project_id = projects.id AND t.kind = 'project') \
         ORDER BY deleted_at LIMIT {limit}"
    );
    let rows = sql::list::<Row>(connection, &statement, []).await?;
    Ok(rows.into_iter().map(|row| ProjectId(row.id)).collect())
}

/// A repository of a project, any.
pub(crate) async fn find_any_repository(
    connection: &impl ConnectionTrait,
    project: ProjectId,
) -> Result<Option<RepositoryId>> {
    let statement = "SELECT id FROM repositories WHERE project_id = $1 LIMIT 1";
    let id: Option<i64> = sql::find_value(connection, statement, [project.0.into()]).await?;
    Ok(id.map(RepositoryId))
}

/// Removes a buried project that holds nothing any more; `false` if it still holds something or is gone.
pub(crate) async fn remove_empty(connection: &impl ConnectionTrait, project: ProjectId) -> Result<bool> {
    super::locks::whole_project(connection, project).await?;
    let statement = "DELETE FROM projects WHERE id = $1 AND deleted_at IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM repositories r WHERE r.project_id = projects.id)";
    Ok(sql::execute(connection, statement, [project.0.into()]).await? > 0)
}
