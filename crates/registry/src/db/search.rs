//! Statements of the search.
//!
//! | kind | how | by |
//! |---|---|---|
//! | projects, repositories, people | any part of the name | reading their names: tens of thousands in a few milliseconds |
//! | tags | the beginning | `tags_name` over all repositories |
//! | tags of `repository:tag` | any part of the repository, the beginning of the tag | `tags_repository_name` of the first repositories |
//! | artifacts | the beginning of the digest | `manifests_digest` |
//!
//! The indexes over all repositories are cut before rights are asked for, so that a common beginning such as `1.` costs the same as
//! a rare one. Whoever sees few of a common beginning's tags is answered through the repositories that they see.

use super::{
    access::visible,
    sql::{after_prefix, all, anywhere},
};
use crate::{Result, access::Visibility};
use api_types::{ArtifactHit, PersonHit, ProjectHit, TagHit};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// Rows of an index that are looked at before rights are asked for.
const LOOK: usize = 500;

/// Repositories whose tags `repository:tag` looks through.
const REPOSITORIES: u32 = 50;

/// Projects whose names hold the text, those that begin with it first.
pub(crate) async fn projects(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    text: &str,
    limit: u32,
) -> Result<Vec<ProjectHit>> {
    let text = text.to_lowercase();
    let mut values = vec![anywhere(&text).into(), starting(&text).into()];
    let seen = visible(visibility, "p.id", &mut values);
    let sql = format!(
        "SELECT p.name, p.public FROM projects p WHERE p.name LIKE $1 ESCAPE '\\' AND {seen} \
         ORDER BY CASE WHEN p.name LIKE $2 ESCAPE '\\' THEN 0 ELSE 1 END, p.name LIMIT {limit}"
    );
    let hit = |row: &QueryResult| Ok(ProjectHit { name: row.try_get_by_index(0)?, public: row.try_get_by_index(1)? });
    all(connection, &sql, values).await?.iter().map(hit).collect()
}

/// Repositories whose full names hold the text: first those whose last part begins with it.
pub(crate) async fn repositories(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    text: &str,
    limit: u32,
) -> Result<Vec<String>> {
    let rows = found(connection, visibility, text, limit).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(1)?)).collect()
}

/// Ids and names of repositories.
async fn found(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    text: &str,
    limit: u32,
) -> Result<Vec<QueryResult>> {
    let text = text.to_lowercase();
    let mut values: Vec<Value> = vec![anywhere(&text).into(), starting(&text).into(), ending(&text).into()];
    let seen = visible(visibility, "r.project_id", &mut values);
    let sql = format!(
        "SELECT id, name FROM (SELECT r.id AS id, p.name || '/' || r.path AS name FROM repositories r \
         JOIN projects p ON p.id = r.project_id WHERE r.last_pushed_at IS NOT NULL AND {seen}) AS named \
         WHERE name LIKE $1 ESCAPE '\\' ORDER BY CASE WHEN name LIKE $3 ESCAPE '\\' OR name LIKE $2 ESCAPE '\\' \
         THEN 0 ELSE 1 END, LENGTH(name), name LIMIT {limit}"
    );
    all(connection, &sql, values).await
}

/// Tags that begin with the text, in any repository.
pub(crate) async fn tags(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    text: &str,
    limit: u32,
) -> Result<Vec<TagHit>> {
    let first = "t.id, t.name, t.repository_id FROM tags t WHERE t.name >= $1 AND t.name < $2 ORDER BY t.name";
    let bounds = || vec![text.into(), after_prefix(text).into()];
    let mut values = bounds();
    let seen = visible(visibility, "r.project_id", &mut values);
    let sql = format!(
        "SELECT p.name || '/' || r.path, t.name FROM (SELECT {first} LIMIT {LOOK}) AS t \
         JOIN repositories r ON r.id = t.repository_id JOIN projects p ON p.id = r.project_id \
         WHERE r.last_pushed_at IS NOT NULL AND {seen} ORDER BY t.name, r.last_pushed_at DESC, t.id LIMIT {limit}"
    );
    let hits = tag_hits(&all(connection, &sql, values).await?)?;
    if hits.len() >= limit as usize || visibility.is_everything() || !reaches(connection, bounds()).await? {
        return Ok(hits);
    }
    let mut values = bounds();
    let seen = visible(visibility, "r.project_id", &mut values);
    let sql = format!(
        "SELECT p.name || '/' || r.path, t.name FROM repositories r JOIN projects p ON p.id = r.project_id \
         JOIN tags t ON t.repository_id = r.id AND t.name >= $1 AND t.name < $2 \
         WHERE r.last_pushed_at IS NOT NULL AND {seen} LIMIT {limit}"
    );
    tag_hits(&all(connection, &sql, values).await?)
}

/// Whether more tags begin so than were looked at.
async fn reaches(connection: &impl ConnectionTrait, bounds: Vec<Value>) -> Result<bool> {
    let sql = format!("SELECT 1 FROM tags t WHERE t.name >= $1 AND t.name < $2 ORDER BY t.name LIMIT 1 OFFSET {LOOK}");
    Ok(!all(connection, &sql, bounds).await?.is_empty())
}

/// Tags that begin so in repositories whose names hold a text.
pub(crate) async fn tags_in(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    repository: &str,
    tag: &str,
    limit: u32,
) -> Result<Vec<TagHit>> {
    let mut hits = Vec::new();
    for row in found(connection, visibility, repository, REPOSITORIES).await? {
        let (id, name): (i64, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let left = limit as usize - hits.len();
        let sql = format!(
            "SELECT CAST($4 AS TEXT), t.name FROM tags t WHERE t.repository_id = $1 AND t.name >= $2 AND t.name < $3 \
             ORDER BY t.name LIMIT {left}"
        );
        let values = [id.into(), tag.into(), after_prefix(tag).into(), name.into()];
        hits.extend(tag_hits(&all(connection, &sql, values).await?)?);
        if hits.len() >= limit as usize {
            break;
        }
    }
    Ok(hits)
}

fn tag_hits(rows: &[QueryResult]) -> Result<Vec<TagHit>> {
    rows.iter().map(|row| Ok(TagHit { repository: row.try_get_by_index(0)?, tag: row.try_get_by_index(1)? })).collect()
}

/// Artifacts whose digest begins so.
pub(crate) async fn artifacts(
    connection: &impl ConnectionTrait,
    visibility: &Visibility,
    start: &str,
    limit: u32,
) -> Result<Vec<ArtifactHit>> {
    let mut values = vec![start.into(), after_prefix(start).into()];
    let seen = visible(visibility, "r.project_id", &mut values);
    let sql = format!(
        "SELECT p.name || '/' || r.path, m.digest FROM manifests m JOIN repositories r ON r.id = m.repository_id \
         JOIN projects p ON p.id = r.project_id WHERE m.digest >= $1 AND m.digest < $2 AND r.last_pushed_at IS NOT NULL AND {seen} \
         ORDER BY m.digest, r.id LIMIT {limit}"
    );
    let hit =
        |row: &QueryResult| Ok(ArtifactHit { repository: row.try_get_by_index(0)?, digest: row.try_get_by_index(1)? });
    all(connection, &sql, values).await?.iter().map(hit).collect()
}

/// People whose names hold the text.
pub(crate) async fn people(connection: &impl ConnectionTrait, text: &str, limit: u32) -> Result<Vec<PersonHit>> {
    let text = text.to_lowercase();
    let sql = format!(
        "SELECT username, display_name FROM users WHERE LOWER(username) LIKE $1 ESCAPE '\\' \
         OR LOWER(display_name) LIKE $1 ESCAPE '\\' \
         ORDER BY CASE WHEN LOWER(username) LIKE $2 ESCAPE '\\' THEN 0 ELSE 1 END, username LIMIT {limit}"
    );
    let hit = |row: &QueryResult| {
        Ok(PersonHit { username: row.try_get_by_index(0)?, display_name: row.try_get_by_index(1)? })
    };
    all(connection, &sql, [anywhere(&text).into(), starting(&text).into()]).await?.iter().map(hit).collect()
}

/// A pattern for what begins with the text.
fn starting(text: &str) -> String {
    anywhere(text).split_off(1)
}

/// A pattern for names of which a part begins with the text.
fn ending(text: &str) -> String {
    format!("%/{}", starting(text))
}
