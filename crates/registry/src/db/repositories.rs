//! Rows of repositories, and the sums they keep.

use super::{
    held::{self, HeldRepository},
    locks,
    page::{KeyType, List, Order},
    released,
    sql::{all, anywhere, execute, one, unsigned},
};
use crate::{
    Result,
    access::{ProjectId, RepositoryId, Visibility},
};
use api_types::{ListQuery, Page};
use sea_orm::{ConnectionTrait, Value};

/// A repository's id by its name; creates it where absent.
///
/// # Errors
/// [`crate::Error::ProjectDeleted`] where the project was deleted since the caller found it: what is put there now would be lost.
pub(crate) async fn ensure(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    path: &str,
    now: i64,
) -> Result<RepositoryId> {
    let found = find_live(connection, project, path, ("r.id", locks::keeping(connection))).await?;
    match found {
        Some(row) => Ok(RepositoryId(row.try_get_by_index(0)?)),
        None => create(connection, project, path, now).await,
    }
}

/// As [`ensure`], and holds it: see [`HeldRepository`].
pub(crate) async fn ensure_held(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    path: &str,
    now: i64,
) -> Result<HeldRepository> {
    let columns = (held::COLUMNS, locks::holding(connection));
    if let Some(row) = find_live(connection, project, path, columns).await? {
        return held::read(&row);
    }
    create(connection, project, path, now).await?;
    let created = find_live(connection, project, path, columns).await?;
    created.as_ref().map_or(Err(crate::Error::ProjectDeleted), held::read)
}

async fn find_live(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    path: &str,
    (columns, holding): (&str, &str),
) -> Result<Option<sea_orm::QueryResult>> {
    let sql = format!(
        "SELECT {columns} FROM repositories r JOIN projects p ON p.id = r.project_id \
         WHERE r.project_id = $1 AND r.path = $2 AND p.deleted_at IS NULL{holding}"
    );
    one(connection, &sql, [project.0.into(), path.into()]).await
}

async fn create(connection: &impl ConnectionTrait, project: ProjectId, path: &str, now: i64) -> Result<RepositoryId> {
    let inserted = one(
        connection,
        "INSERT INTO repositories (project_id, path, created_at) \
         SELECT id, CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM projects WHERE id = $1 AND deleted_at IS NULL \
         ON CONFLICT (project_id, path) DO UPDATE SET path = excluded.path RETURNING id",
        [project.0.into(), path.into(), now.into()],
    )
    .await?;
    match inserted {
        Some(row) => Ok(RepositoryId(row.try_get_by_index(0)?)),
        None => Err(crate::Error::ProjectDeleted),
    }
}

/// Notes a push: from the first one on, the repository counts as one of the project's.
pub(crate) async fn pushed(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
    now: i64,
) -> Result<()> {
    let first = execute(
        connection,
        "UPDATE repositories SET last_pushed_at = $2 WHERE id = $1 AND last_pushed_at IS NULL",
        [repository.0.into(), now.into()],
    )
    .await?;
    if first == 0 {
        execute(
            connection,
            "UPDATE repositories SET last_pushed_at = $2 WHERE id = $1",
            [repository.0.into(), now.into()],
        )
        .await?;
    }
    execute(
        connection,
        "UPDATE projects SET last_pushed_at = $2, repository_count = repository_count + $3 WHERE id = $1",
        [project.0.into(), now.into(), i64::from(first != 0).into()],
    )
    .await?;
    Ok(())
}

/// Changes the counts of tags and manifests.
pub(crate) async fn count(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    tags: i64,
    manifests: i64,
) -> Result<()> {
    if (tags, manifests) == (0, 0) {
        return Ok(());
    }
    execute(
        connection,
        "UPDATE repositories SET tag_count = tag_count + $2, manifest_count = manifest_count + $3 WHERE id = $1",
        [repository.0.into(), tags.into(), manifests.into()],
    )
    .await?;
    Ok(())
}

/// Changes the description; `false` if there is no such repository.
pub(crate) async fn describe(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    description: &str,
) -> Result<bool> {
    let sql = "UPDATE repositories SET description = $2 WHERE id = $1";
    Ok(execute(connection, sql, [repository.0.into(), description.into()]).await? != 0)
}

/// A repository with everything that its own page shows.
#[derive(Clone, Debug)]
pub(crate) struct RepositoryRow {
    pub(crate) id: i64,
    pub(crate) path: String,
    pub(crate) description: String,
    pub(crate) tag_count: u64,
    pub(crate) manifest_count: u64,
    /// Bytes of the distinct blobs that it links; what does not count of them is taken from it afterwards.
    pub(crate) storage_used: u64,
    /// What was taken from it that no other repository of the project links.
    pub(crate) released_own: u64,
    pub(crate) pull_count: u64,
    pub(crate) last_pushed_at: Option<i64>,
    pub(crate) last_pulled_at: Option<i64>,
    pub(crate) tagged_size: u64,
}

/// The columns of a [`RepositoryRow`]; lists leave the description empty.
const COLUMNS: &str = "r.id, r.path, '', r.tag_count, r.manifest_count, r.storage_used, r.pull_count, \
                       r.last_pushed_at, r.last_pulled_at, r.tagged_size";

/// The order that has to know what counts of every repository.
const BY_SIZE: &str = "size";

const ORDERS: [Order; 4] = [
    Order { name: "pushed", key: "r.last_pushed_at", key_type: KeyType::Number, tie: "r.id", descending: true },
    Order { name: "name", key: "r.path", key_type: KeyType::Text, tie: "r.id", descending: false },
    Order {
        name: BY_SIZE,
        key: "r.storage_used - COALESCE(f.held, 0)",
        key_type: KeyType::Number,
        tie: "r.id",
        descending: true,
    },
    Order { name: "pulls", key: "r.pull_count", key_type: KeyType::Number, tie: "r.id", descending: true },
];

impl TryFrom<&sea_orm::QueryResult> for RepositoryRow {
    type Error = crate::Error;

    fn try_from(row: &sea_orm::QueryResult) -> Result<Self> {
        Ok(Self {
            id: row.try_get_by_index(0)?,
            path: row.try_get_by_index(1)?,
            description: row.try_get_by_index(2)?,
            tag_count: unsigned(row.try_get_by_index(3)?),
            manifest_count: unsigned(row.try_get_by_index(4)?),
            storage_used: unsigned(row.try_get_by_index(5)?),
            released_own: 0,
            pull_count: unsigned(row.try_get_by_index(6)?),
            last_pushed_at: row.try_get_by_index(7)?,
            last_pulled_at: row.try_get_by_index(8)?,
            tagged_size: unsigned(row.try_get_by_index(9)?),
        })
    }
}

/// A page of a project's repositories that something was pushed to, with what counts of each.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    query: &ListQuery,
) -> Result<Page<RepositoryRow>> {
    let mut values: Vec<Value> = vec![project.0.into()];
    let mut condition = "r.project_id = $1 AND r.last_pushed_at IS NOT NULL".to_owned();
    if !query.filter.is_empty() {
        values.push(anywhere(&query.filter.to_lowercase()).into());
        condition += " AND LOWER(r.path) LIKE $2 ESCAPE '\\'";
    }
    let mut from = "repositories r".to_owned();
    if query.sort == BY_SIZE {
        from = format!("{from} LEFT JOIN ({}) f ON f.repository_id = r.id", released::by_repository(""));
    }
    let list = List {
        columns: COLUMNS,
        from: &from,
        count_from: &from,
        condition: &condition,
        values: &values,
        orders: &ORDERS,
    };
    let mut page = list.page(connection, query, |row| RepositoryRow::try_from(row)).await?;
    count_storage(connection, project, &mut page.items).await?;
    Ok(page)
}

/// Takes from what these repositories of a project link what does not count of it.
async fn count_storage(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repositories: &mut [RepositoryRow],
) -> Result<()> {
    let ids: Vec<i64> = repositories.iter().map(|repository| repository.id).collect();
    let released = released::of_repositories(connection, project, &ids).await?;
    for repository in repositories {
        let released = released.get(&repository.id).copied().unwrap_or_default();
        repository.storage_used = repository.storage_used.saturating_sub(released.held);
        repository.released_own = released.own;
    }
    Ok(())
}

/// One repository with its description, and with what counts of it.
pub(crate) async fn find_counted(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    path: &str,
) -> Result<Option<RepositoryRow>> {
    let mut found = find_row(connection, project, path).await?;
    count_storage(connection, project, found.as_mut_slice()).await?;
    Ok(found)
}

/// One repository with its description, and with all that it links.
pub(crate) async fn find_row(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    path: &str,
) -> Result<Option<RepositoryRow>> {
    let row = one(
        connection,
        "SELECT r.id, r.path, r.description, r.tag_count, r.manifest_count, r.storage_used, r.pull_count, \
         r.last_pushed_at, r.last_pulled_at, r.tagged_size FROM repositories r WHERE r.project_id = $1 AND r.path = $2",
        [project.0.into(), path.into()],
    )
    .await?;
    row.as_ref().map(RepositoryRow::try_from).transpose()
}

/// Projects that the actor may see and that something was pushed to, in the byte order of `<name>/`, from `first` on.
pub(crate) async fn projects_from(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    first: &str,
    limit: usize,
) -> Result<Vec<(ProjectId, String)>> {
    let mut values = vec![first.into()];
    let visible = super::access::visible(visibility, "p.id", &mut values);
    let sql = format!(
        "SELECT p.id, p.name FROM projects p WHERE p.name || '/' >= $1 AND p.repository_count > 0 AND {visible} \
         ORDER BY p.name || '/' LIMIT {limit}"
    );
    let rows = all(connection, &sql, values).await?;
    rows.iter().map(|row| Ok((ProjectId(row.try_get_by_index(0)?), row.try_get_by_index(1)?))).collect()
}

/// Paths of a project's repositories that something was pushed to, after `last`, in byte order.
pub(crate) async fn paths(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    last: &str,
    limit: usize,
) -> Result<Vec<String>> {
    let select = "SELECT path FROM repositories WHERE project_id = $1 AND path > $2 AND last_pushed_at IS NOT NULL \
         ORDER BY path LIMIT $3";
    let values = [project.0.into(), last.into(), super::sql::signed(limit as u64).into()];
    super::sql::names(connection, "path", select, values).await
}

/// Platforms that occur among the last thousand manifests of a repository, as JSON lists, each list once.
pub(crate) async fn platform_lists(connection: &impl ConnectionTrait, repository: RepositoryId) -> Result<Vec<String>> {
    let rows = all(
        connection,
        "SELECT DISTINCT l.platforms FROM (SELECT platforms FROM manifests WHERE repository_id = $1 \
         ORDER BY pushed_at DESC, id DESC LIMIT 1000) l",
        [repository.0.into()],
    )
    .await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Whether the repository is where it was found: one that was deleted meanwhile is under another path, or gone.
pub(crate) async fn is_at(connection: &impl ConnectionTrait, repository: RepositoryId, path: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM repositories WHERE id = $1 AND path = $2";
    Ok(one(connection, sql, [repository.0.into(), path.into()]).await?.is_some())
}

/// Removes a repository with all that it holds. Blobs that nothing links any more are left for collection.
/// `false` if there was none.
pub(crate) async fn delete(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    repository: RepositoryId,
) -> Result<bool> {
    locks::whole_repository(connection, repository).await?;
    let id = || [repository.0.into()];
    super::trash::remove_of(connection, repository).await?;
    execute(connection, "DELETE FROM tags WHERE repository_id = $1", id()).await?;
    execute(connection, "DELETE FROM manifest_references WHERE repository_id = $1", id()).await?;
    execute(connection, "DELETE FROM manifests WHERE repository_id = $1", id()).await?;
    execute(connection, "DELETE FROM uploads WHERE repository_id = $1", id()).await?;
    super::blobs::unlink_all(connection, project, repository).await?;
    let visible =
        execute(connection, "DELETE FROM repositories WHERE id = $1 AND last_pushed_at IS NOT NULL", id()).await?;
    if visible != 0 {
        execute(
            connection,
            "UPDATE projects SET repository_count = repository_count - 1 WHERE id = $1",
            [project.0.into()],
        )
        .await?;
        return Ok(true);
    }
    Ok(execute(connection, "DELETE FROM repositories WHERE id = $1", id()).await? != 0)
}

/// Removes repositories that nobody pushed anything to since `before`: what a push that was given up has left.
pub(crate) async fn delete_empty(connection: &impl ConnectionTrait, before: i64) -> Result<u64> {
    execute(
        connection,
        "DELETE FROM repositories WHERE id IN (SELECT r.id FROM repositories r WHERE r.last_pushed_at IS NULL \
         AND r.created_at < $1 AND r.description = '' \
         AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.repository_id = r.id) \
         AND NOT EXISTS (SELECT 1 FROM repository_blobs l WHERE l.repository_id = r.id) \
         AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.repository_id = r.id) \
         AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id) LIMIT 500)",
        [before.into()],
    )
    .await
}
