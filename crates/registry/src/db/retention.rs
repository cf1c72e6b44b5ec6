//! What a project keeps of its tags: the rules, a text in its row, and what they are asked about.

use super::sql::{self, LIST, all, find_value, places};
use crate::{
    Result,
    access::{ProjectId, RepositoryId},
    rules::TagFacts,
};
use oci::Tag;
use sea_orm::{ConnectionTrait, QueryResult};
use std::collections::{HashMap, HashSet};

/// The text (empty where there are no rules), and the next time at which they are followed by themselves; `None` where there is no
/// such project.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    project: ProjectId,
) -> Result<Option<(String, Option<i64>)>> {
    let statement = "SELECT retention, retention_at FROM projects WHERE id = $1 AND deleted_at IS NULL";
    let row = sql::one(connection, statement, [project.0.into()]).await?;
    row.map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).transpose()
}

/// Changes the text and the next time; `false` if there is no such project.
pub(crate) async fn set(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    text: &str,
    next: Option<i64>,
    now: i64,
) -> Result<bool> {
    let statement = "UPDATE projects SET retention = $2, retention_at = $3, updated_at = $4 \
         WHERE id = $1 AND deleted_at IS NULL";
    let values = [project.0.into(), text.into(), next.into(), now.into()];
    Ok(sql::execute(connection, statement, values).await? != 0)
}

/// Changes the next time.
pub(crate) async fn set_next(connection: &impl ConnectionTrait, project: ProjectId, next: Option<i64>) -> Result<()> {
    let statement = "UPDATE projects SET retention_at = $2 WHERE id = $1";
    sql::execute(connection, statement, [project.0.into(), next.into()]).await?;
    Ok(())
}

/// Projects whose time has come, those that wait longest first.
pub(crate) async fn due(connection: &impl ConnectionTrait, now: i64, limit: u32) -> Result<Vec<ProjectId>> {
    let statement = format!(
        "SELECT id FROM projects WHERE retention_at <= $1 AND deleted_at IS NULL ORDER BY retention_at LIMIT {limit}"
    );
    let rows = all(connection, &statement, [now.into()]).await?;
    rows.iter().map(|row| Ok(ProjectId(row.try_get_by_index(0)?))).collect()
}

/// A project's name; `None` if it is gone.
pub(crate) async fn project_name(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Option<String>> {
    let statement = "SELECT name FROM projects WHERE id = $1 AND deleted_at IS NULL";
    find_value(connection, statement, [project.0.into()]).await
}

/// How many repositories of a project something was pushed to.
pub(crate) async fn count_repositories(connection: &impl ConnectionTrait, project: ProjectId) -> Result<u64> {
    let statement = "SELECT repository_count FROM projects WHERE id = $1";
    Ok(find_value(connection, statement, [project.0.into()]).await?.map_or(0, sql::unsigned))
}

/// Repositories that one look reads.
const LOOK: usize = 100;

/// Repositories of a project that something was pushed to, by their ids after that one; and after which one the next look begins, if
/// there may be more.
pub(crate) async fn repositories(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    after: i64,
) -> Result<(Vec<(RepositoryId, String)>, Option<i64>)> {
    let statement = format!(
        "SELECT id, path FROM repositories WHERE project_id = $1 AND id > $2 AND last_pushed_at IS NOT NULL \
         ORDER BY id LIMIT {LOOK}"
    );
    let rows = all(connection, &statement, [project.0.into(), after.into()]).await?;
    let read = |row: &QueryResult| Ok((RepositoryId(row.try_get_by_index(0)?), row.try_get_by_index(1)?));
    let found: Vec<(RepositoryId, String)> = rows.iter().map(read).collect::<Result<_>>()?;
    let next = found.last().filter(|_| found.len() == LOOK).map(|(id, _)| id.0);
    Ok((found, next))
}

/// All tags of a repository, those that were pushed last first; what they attach is not looked for here.
pub(crate) async fn tags(connection: &impl ConnectionTrait, repository: RepositoryId) -> Result<Vec<TagFacts>> {
    let statement = "SELECT name, pushed_at, last_pulled_at FROM tags WHERE repository_id = $1 \
         ORDER BY pushed_at DESC, id DESC";
    let rows = all(connection, statement, [repository.0.into()]).await?;
    rows.iter()
        .map(|row| {
            let name: String = row.try_get_by_index(0)?;
            Ok(TagFacts {
                version: name.parse::<Tag>().ok().and_then(|tag| tag.version()),
                pushed_at: row.try_get_by_index(1)?,
                pulled_at: row.try_get_by_index(2)?,
                attached: false,
                name,
            })
        })
        .collect()
}

/// When a tag was last pushed, and when it was last pulled, if it was.
pub(crate) type Times = (i64, Option<i64>);

/// The times of these tags of a repository, as many as there are.
pub(crate) async fn times(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    names: &[&str],
) -> Result<HashMap<String, Times>> {
    let mut found = HashMap::with_capacity(names.len());
    for names in names.chunks(LIST) {
        let statement = format!(
            "SELECT name, pushed_at, last_pulled_at FROM tags WHERE repository_id = $1 AND name IN ({})",
            places(2, names.len())
        );
        let values = [repository.0.into()].into_iter().chain(names.iter().map(|name| (*name).into()));
        for row in all(connection, &statement, values).await? {
            found.insert(row.try_get_by_index(0)?, (row.try_get_by_index(1)?, row.try_get_by_index(2)?));
        }
    }
    Ok(found)
}

/// Of these digests, those of manifests that a repository has.
pub(crate) async fn existing(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    digests: &[&str],
) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for digests in digests.chunks(LIST) {
        let statement = format!(
            "SELECT digest FROM manifests WHERE repository_id = $1 AND digest IN ({})",
            places(2, digests.len())
        );
        let values = [repository.0.into()].into_iter().chain(digests.iter().map(|digest| (*digest).into()));
        for row in all(connection, &statement, values).await? {
            found.insert(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}

/// An artifact without a tag.
#[derive(Clone, Debug)]
pub(crate) struct Untagged {
    pub(crate) id: i64,
    pub(crate) digest: String,
    pub(crate) pushed_at: i64,
    pub(crate) pulled_at: Option<i64>,
    /// When it was pushed, or lost its last tag, whichever is later.
    pub(crate) since: i64,
}

/// What [`untagged_row`] reads of a manifest `m`.
const UNTAGGED: &str = "m.id, m.digest, m.pushed_at, m.last_pulled_at, (SELECT MAX(e.at) FROM tag_events e \
     WHERE e.repository_id = m.repository_id AND e.previous_digest = m.digest)";

/// What makes a manifest `m` one that has no tag, and that no index and no subject holds.
const IS_UNTAGGED: &str = "m.is_child = FALSE AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id) \
     AND (m.subject_digest IS NULL OR NOT EXISTS (SELECT 1 FROM manifests s WHERE s.repository_id = m.repository_id \
     AND s.digest = m.subject_digest))";

fn untagged_row(row: &QueryResult) -> Result<Untagged> {
    let pushed_at: i64 = row.try_get_by_index(2)?;
    Ok(Untagged {
        id: row.try_get_by_index(0)?,
        digest: row.try_get_by_index(1)?,
        pushed_at,
        pulled_at: row.try_get_by_index(3)?,
        since: row.try_get_by_index::<Option<i64>>(4)?.map_or(pushed_at, |untagged_at| untagged_at.max(pushed_at)),
    })
}

/// Artifacts of a repository without a tag, which nothing holds, that were pushed and lost their last tag before that time; the
/// oldest first.
pub(crate) async fn untagged(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    before: i64,
) -> Result<Vec<Untagged>> {
    let statement = format!(
        "SELECT {UNTAGGED} FROM manifests m \
         WHERE m.repository_id = $1 AND m.pushed_at < $2 AND {IS_UNTAGGED} AND NOT EXISTS (SELECT 1 FROM tag_events e \
         WHERE e.repository_id = m.repository_id AND e.previous_digest = m.digest AND e.at >= $2) \
         ORDER BY m.pushed_at, m.id"
    );
    all(connection, &statement, [repository.0.into(), before.into()]).await?.iter().map(untagged_row).collect()
}

/// Of these manifests, those that still have no tag and that nothing holds.
pub(crate) async fn still_untagged(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<Vec<Untagged>> {
    let mut found = Vec::new();
    for manifests in manifests.chunks(LIST) {
        let statement = format!(
            "SELECT {UNTAGGED} FROM manifests m \
             WHERE m.id IN ({}) AND {IS_UNTAGGED} ORDER BY m.id",
            places(1, manifests.len())
        );
        for row in all(connection, &statement, manifests.iter().map(|id| (*id).into())).await? {
            found.push(untagged_row(&row)?);
        }
    }
    Ok(found)
}
