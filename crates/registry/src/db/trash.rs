//! Rows of the trash.
//!
//! What is deleted leaves the tables that clients are served from; here is what it takes to put it back, and what keeps its blobs
//! from being collected meanwhile. A deleted repository stays as it is, under a path that is none.

mod lists;

pub(crate) use lists::{list, list_projects, list_visible};

use super::{
    actors::ActorColumns,
    sql::{self, LIST, all, execute, one, places},
    tags::TagRow,
};
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId},
};
use api_types::TrashKind;
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// What is thrown away, by whom, and until when it is kept.
#[derive(Clone, Debug)]
pub(crate) struct NewEntry {
    pub(crate) kind: TrashKind,
    pub(crate) name: String,
    pub(crate) by: ActorColumns,
    pub(crate) now: i64,
    pub(crate) expires_at: i64,
}

/// A thrown away manifest.
#[derive(Clone, Debug)]
pub(crate) struct TrashedManifest {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    /// JSON.
    pub(crate) platforms: String,
    pub(crate) content: Vec<u8>,
    pub(crate) by: ActorColumns,
    pub(crate) pushed_at: i64,
    pub(crate) pull_count: i64,
    pub(crate) last_pulled_at: Option<i64>,
}

/// An entry as restoring needs it.
#[derive(Clone, Debug)]
pub(crate) struct EntryRow {
    pub(crate) id: i64,
    pub(crate) kind: TrashKind,
    pub(crate) project: ProjectId,
    pub(crate) project_name: String,
    /// Absent for a whole project.
    pub(crate) repository: Option<RepositoryId>,
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) last_pushed_at: Option<i64>,
    /// Whether the project was public.
    pub(crate) public: bool,
}

impl EntryRow {
    /// Where it was: a repository's full name, or a project's.
    pub(crate) fn place(&self) -> String {
        match self.kind {
            TrashKind::Project => self.project_name.clone(),
            _ => format!("{}/{}", self.project_name, self.path),
        }
    }
}

fn kind_text(kind: TrashKind) -> &'static str {
    match kind {
        TrashKind::Tags => "tags",
        TrashKind::Artifacts => "artifacts",
        TrashKind::Repository => "repository",
        TrashKind::Project => "project",
    }
}

fn kind_of(text: &str, id: i64) -> Result<TrashKind> {
    let kinds = [TrashKind::Tags, TrashKind::Artifacts, TrashKind::Repository, TrashKind::Project];
    let wrong = || Error::Inconsistent { table: "trash", column: "kind", row: id.to_string() };
    kinds.into_iter().find(|kind| kind_text(*kind) == text).ok_or_else(wrong)
}

/// A new entry of a repository that holds nothing yet; its id.
pub(crate) async fn open(
    connection: &impl ConnectionTrait,
    (project, repository): (ProjectId, RepositoryId),
    entry: &NewEntry,
) -> Result<i64> {
    let [by_kind, by_id, by_name] = entry.by.values();
    let sql = "INSERT INTO trash (project_id, repository_id, kind, path, name, deleted_by_kind, deleted_by_id, \
               deleted_by_name, last_pushed_at, deleted_at, expires_at) \
               SELECT CAST($1 AS BIGINT), r.id, CAST($3 AS TEXT), r.path, CAST($4 AS TEXT), CAST($5 AS SMALLINT), \
               CAST($6 AS BIGINT), CAST($7 AS TEXT), r.last_pushed_at, CAST($8 AS BIGINT), CAST($9 AS BIGINT) \
               FROM repositories r WHERE r.id = $2 RETURNING id";
    let values = [
        project.0.into(),
        repository.0.into(),
        kind_text(entry.kind).into(),
        entry.name.as_str().into(),
        by_kind,
        by_id,
        by_name,
        entry.now.into(),
        entry.expires_at.into(),
    ];
    sql::get_value(connection, sql, values).await
}

/// Puts tags in.
pub(crate) async fn keep_tags(connection: &impl ConnectionTrait, entry: i64, tags: &[TagRow]) -> Result<()> {
    for tag in tags {
        let sql = "INSERT INTO trash_tags (trash_id, name, digest) VALUES ($1, $2, $3)";
        execute(connection, sql, [entry.into(), tag.name.as_str().into(), tag.digest.as_str().into()]).await?;
    }
    let sql = "UPDATE trash SET tags = tags + $2 WHERE id = $1";
    execute(connection, sql, [entry.into(), sql::signed(tags.len() as u64).into()]).await?;
    Ok(())
}

/// Puts manifests in, and holds what they name. Their rows are still there.
pub(crate) async fn keep_manifests(connection: &impl ConnectionTrait, entry: i64, manifests: &[i64]) -> Result<()> {
    for manifests in manifests.chunks(LIST) {
        let values =
            || -> Vec<Value> { std::iter::once(entry).chain(manifests.iter().copied()).map(Value::from).collect() };
        let list = places(2, manifests.len());
        let sql = format!(
            "INSERT INTO trash_manifests (trash_id, digest, media_type, platforms, content, pushed_by_kind, pushed_by_id, \
             pushed_by_name, pushed_at, pull_count, last_pulled_at) SELECT CAST($1 AS BIGINT), digest, media_type, platforms, \
             content, pushed_by_kind, pushed_by_id, pushed_by_name, pushed_at, pull_count, last_pulled_at \
             FROM manifests WHERE id IN ({list})"
        );
        execute(connection, &sql, values()).await?;
        let sql = format!(
            "INSERT INTO trash_blobs (trash_id, repository_id, blob_id) \
             SELECT DISTINCT CAST($1 AS BIGINT), n.repository_id, n.blob_id FROM manifest_references n \
             WHERE n.blob_id IS NOT NULL AND n.manifest_id IN ({list}) ON CONFLICT DO NOTHING"
        );
        execute(connection, &sql, values()).await?;
        let sql = format!(
            "INSERT INTO trash_labels (trash_id, digest, label_id) SELECT CAST($1 AS BIGINT), m.digest, a.label_id \
             FROM artifact_labels a JOIN manifests m ON m.id = a.manifest_id WHERE a.manifest_id IN ({list})"
        );
        execute(connection, &sql, values()).await?;
    }
    let sql = "UPDATE trash SET artifacts = artifacts + $2 WHERE id = $1";
    execute(connection, sql, [entry.into(), sql::signed(manifests.len() as u64).into()]).await?;
    Ok(())
}

/// Takes a repository out of sight, with all that is in it.
pub(crate) async fn hide_repository(
    connection: &impl ConnectionTrait,
    (project, repository): (ProjectId, RepositoryId),
    entry: i64,
) -> Result<()> {
    let sql = "UPDATE trash SET tags = (SELECT tag_count FROM repositories WHERE id = $2), \
               artifacts = (SELECT manifest_count FROM repositories WHERE id = $2) WHERE id = $1";
    execute(connection, sql, [entry.into(), repository.0.into()]).await?;
    execute(connection, "DELETE FROM uploads WHERE repository_id = $1", [repository.0.into()]).await?;
    // No repository can be created under a path with a tilde.
    let sql = "UPDATE repositories SET path = $2, last_pushed_at = NULL WHERE id = $1 AND last_pushed_at IS NOT NULL";
    let path = format!("~{}", repository.0);
    let was_visible = execute(connection, sql, [repository.0.into(), path.into()]).await?;
    let sql = "UPDATE projects SET repository_count = repository_count - $2 WHERE id = $1";
    execute(connection, sql, [project.0.into(), sql::signed(was_visible).into()]).await?;
    Ok(())
}

/// Brings a repository back under its path; `false` if another one has it.
pub(crate) async fn show_repository(
    connection: &impl ConnectionTrait,
    (entry, repository): (&EntryRow, RepositoryId),
    now: i64,
) -> Result<bool> {
    let taken = "SELECT id FROM repositories WHERE project_id = $1 AND path = $2";
    let values = [entry.project.0.into(), entry.path.as_str().into()];
    if sql::find_value::<i64>(connection, taken, values).await?.is_some() {
        return Ok(false);
    }
    let sql = "UPDATE repositories SET path = $2, last_pushed_at = $3 WHERE id = $1";
    let pushed = entry.last_pushed_at.unwrap_or(now);
    execute(connection, sql, [repository.0.into(), entry.path.as_str().into(), pushed.into()]).await?;
    let sql = "UPDATE projects SET repository_count = repository_count + 1 WHERE id = $1";
    execute(connection, sql, [entry.project.0.into()]).await?;
    Ok(true)
}

/// Takes a project out of sight, with all that is in it and all who have a role in it; its name is free. The entry's id, or `None`
/// if it is gone already.
pub(crate) async fn hide_project(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    entry: &NewEntry,
) -> Result<Option<i64>> {
    super::locks::whole_project(connection, project).await?;
    let [by_kind, by_id, by_name] = entry.by.values();
    let sql = "INSERT INTO trash (project_id, kind, path, name, public, tags, artifacts, deleted_by_kind, deleted_by_id, \
               deleted_by_name, deleted_at, expires_at) \
               SELECT p.id, 'project', '', p.name, p.public, \
               (SELECT CAST(COALESCE(SUM(r.tag_count), 0) AS BIGINT) FROM repositories r \
                WHERE r.project_id = p.id AND r.last_pushed_at IS NOT NULL), \
               (SELECT CAST(COALESCE(SUM(r.manifest_count), 0) AS BIGINT) FROM repositories r \
                WHERE r.project_id = p.id AND r.last_pushed_at IS NOT NULL), \
               CAST($2 AS SMALLINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS BIGINT) \
               FROM projects p WHERE p.id = $1 AND p.deleted_at IS NULL RETURNING id";
    let values = [project.0.into(), by_kind, by_id, by_name, entry.now.into(), entry.expires_at.into()];
    let id: Option<i64> = sql::find_value(connection, sql, values).await?;
    if id.is_some() {
        // No project can be created under a name with a tilde.
        let sql = "UPDATE projects SET name = $2, public = $3, deleted_at = $4 WHERE id = $1";
        let name = format!("~{}", project.0);
        execute(connection, sql, [project.0.into(), name.into(), false.into(), entry.now.into()]).await?;
    }
    Ok(id)
}

/// Brings a project back under its name; `false` if another one has it.
pub(crate) async fn show_project(connection: &impl ConnectionTrait, entry: &EntryRow) -> Result<bool> {
    if super::projects::exists(connection, &entry.project_name).await? {
        return Ok(false);
    }
    let sql = "UPDATE projects SET name = $2, public = $3, deleted_at = NULL WHERE id = $1";
    let values = [entry.project.0.into(), entry.project_name.as_str().into(), entry.public.into()];
    execute(connection, sql, values).await?;
    super::project_aliases::delete(connection, &entry.project_name).await?;
    Ok(true)
}

const ENTRY: &str = "SELECT t.id, t.kind, t.project_id, p.name, t.repository_id, t.path, t.name, \
                     t.last_pushed_at, t.public FROM trash t JOIN projects p ON p.id = t.project_id";

fn entry(row: &QueryResult) -> Result<EntryRow> {
    let id: i64 = row.try_get_by_index(0)?;
    let kind = kind_of(&row.try_get_by_index::<String>(1)?, id)?;
    let name: String = row.try_get_by_index(6)?;
    Ok(EntryRow {
        id,
        kind,
        project: ProjectId(row.try_get_by_index(2)?),
        // A project in the trash has no name but the one that is kept for it.
        project_name: if kind == TrashKind::Project { name.clone() } else { row.try_get_by_index(3)? },
        repository: row.try_get_by_index::<Option<i64>>(4)?.map(RepositoryId),
        path: row.try_get_by_index(5)?,
        name,
        last_pushed_at: row.try_get_by_index(7)?,
        public: row.try_get_by_index(8)?,
    })
}

/// What makes an entry one that can be restored, whatever its time: what was deleted with its project comes back with that.
const AT_HAND: &str = "(p.deleted_at IS NULL OR t.kind = 'project')";

/// An entry that is not past its time.
pub(crate) async fn find(connection: &impl ConnectionTrait, id: i64, now: i64) -> Result<Option<EntryRow>> {
    let sql = format!("{ENTRY} WHERE t.id = $1 AND t.expires_at > $2 AND {AT_HAND}");
    one(connection, &sql, [id.into(), now.into()]).await?.as_ref().map(entry).transpose()
}

/// What of a project that is in the trash was in its own trash, and is not past its time.
pub(crate) async fn of_hidden_project(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    now: i64,
) -> Result<Vec<EntryRow>> {
    let sql = format!("{ENTRY} WHERE t.project_id = $1 AND t.expires_at > $2 AND t.kind <> 'project' ORDER BY t.id");
    all(connection, &sql, [project.0.into(), now.into()]).await?.iter().map(entry).collect()
}

/// The tags of an entry, with what they pointed at.
pub(crate) async fn tags(connection: &impl ConnectionTrait, entry: i64) -> Result<Vec<(String, String)>> {
    let sql = "SELECT name, digest FROM trash_tags WHERE trash_id = $1 ORDER BY name";
    let rows = all(connection, sql, [entry.into()]).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The digests of an entry's manifests. Their content is read one at a time: each may be as large as manifests are.
pub(crate) async fn digests(connection: &impl ConnectionTrait, entry: i64) -> Result<Vec<String>> {
    let sql = "SELECT digest FROM trash_manifests WHERE trash_id = $1 ORDER BY digest";
    let rows = all(connection, sql, [entry.into()]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// A manifest of an entry.
///
/// # Errors
/// [`Error::Database`] if the entry has no such manifest.
pub(crate) async fn get_manifest(
    connection: &impl ConnectionTrait,
    entry: i64,
    digest: &str,
) -> Result<TrashedManifest> {
    let sql = "SELECT digest, media_type, platforms, content, pushed_by_kind, pushed_by_id, pushed_by_name, pushed_at, \
               pull_count, last_pulled_at FROM trash_manifests WHERE trash_id = $1 AND digest = $2";
    let row = one(connection, sql, [entry.into(), digest.into()]).await?;
    let row = row.ok_or_else(|| Error::Database("a manifest has left the trash".into()))?;
    Ok(TrashedManifest {
        digest: row.try_get_by_index(0)?,
        media_type: row.try_get_by_index(1)?,
        platforms: row.try_get_by_index(2)?,
        content: row.try_get_by_index(3)?,
        by: ActorColumns {
            kind: row.try_get_by_index(4)?,
            id: row.try_get_by_index(5)?,
            name: row.try_get_by_index(6)?,
        },
        pushed_at: row.try_get_by_index(7)?,
        pull_count: row.try_get_by_index(8)?,
        last_pulled_at: row.try_get_by_index(9)?,
    })
}

/// Gives a restored manifest back what does not follow from its content.
pub(crate) async fn as_it_was(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    manifest: &TrashedManifest,
) -> Result<()> {
    let [by_kind, by_id, by_name] = manifest.by.values();
    let sql = "UPDATE manifests SET pushed_by_kind = $3, pushed_by_id = $4, pushed_by_name = $5, pushed_at = $6, \
               pull_count = $7, last_pulled_at = $8 WHERE repository_id = $1 AND digest = $2";
    let values = [
        repository.0.into(),
        manifest.digest.as_str().into(),
        by_kind,
        by_id,
        by_name,
        manifest.pushed_at.into(),
        manifest.pull_count.into(),
        manifest.last_pulled_at.into(),
    ];
    execute(connection, sql, values).await?;
    Ok(())
}

/// Gives the manifests of an entry, which are back, the labels that they had and that are still there.
pub(crate) async fn restore_labels(
    connection: &impl ConnectionTrait,
    (entry, repository): (&EntryRow, RepositoryId),
    now: i64,
) -> Result<()> {
    let sql = "INSERT INTO artifact_labels (manifest_id, label_id, created_at) \
               SELECT m.id, t.label_id, CAST($3 AS BIGINT) FROM trash_labels t \
               JOIN manifests m ON m.repository_id = $2 AND m.digest = t.digest WHERE t.trash_id = $1 \
               ON CONFLICT DO NOTHING";
    execute(connection, sql, [entry.id.into(), repository.0.into(), now.into()]).await?;
    Ok(())
}

/// Removes an entry; what it held is held no more. `false` if it was gone.
pub(crate) async fn remove(connection: &impl ConnectionTrait, entry: i64) -> Result<bool> {
    Ok(execute(connection, "DELETE FROM trash WHERE id = $1", [entry.into()]).await? != 0)
}

/// Removes all entries of a repository that goes for good.
pub(crate) async fn remove_of(connection: &impl ConnectionTrait, repository: RepositoryId) -> Result<()> {
    execute(connection, "DELETE FROM trash WHERE repository_id = $1", [repository.0.into()]).await?;
    Ok(())
}

/// No entry holds this blob for a repository any more: a client deleted it itself.
pub(crate) async fn let_go(connection: &impl ConnectionTrait, repository: RepositoryId, blob: i64) -> Result<()> {
    let sql = "DELETE FROM trash_blobs WHERE repository_id = $1 AND blob_id = $2";
    execute(connection, sql, [repository.0.into(), blob.into()]).await?;
    Ok(())
}

/// Entries that are past their time. What was deleted with its project goes with that.
pub(crate) async fn expired(connection: &impl ConnectionTrait, now: i64, limit: u32) -> Result<Vec<EntryRow>> {
    let sql = format!("{ENTRY} WHERE t.expires_at <= $1 AND {AT_HAND} ORDER BY t.expires_at LIMIT {limit}");
    all(connection, &sql, [now.into()]).await?.iter().map(entry).collect()
}
