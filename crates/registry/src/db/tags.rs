//! Rows of tags and the history of their moves.

use super::{
    actors::ActorColumns,
    from_micros,
    held::HeldRepository,
    sql::{LIST, all, execute, one, places, signed, unsigned},
};
use crate::{Result, access::RepositoryId};
use api_types::{Attachments, NewestTag, TagSummary};
use oci::Tag;
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// A tag and what it points at.
#[derive(Clone, Debug)]
pub(crate) struct TagRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) manifest: i64,
    pub(crate) digest: String,
    /// Bytes of a pull.
    pub(crate) size: i64,
}

/// Points a tag at a manifest; remembers the move. `true` if the tag is new. One that points there already is pushed again, now
/// and by these, which is no move.
///
/// # Errors
/// [`crate::Error::TagProtected`] for one that points elsewhere and is protected.
pub(crate) async fn put(
    connection: &impl ConnectionTrait,
    held: &HeldRepository,
    tag: &Tag,
    (manifest, digest): (i64, &str),
    by: &ActorColumns,
    now: i64,
) -> Result<bool> {
    let repository = held.id;
    let before = find(connection, repository, tag.as_str()).await?;
    let [by_kind, by_id, by_name] = by.values();
    match &before {
        Some(before) if before.manifest == manifest => {
            let sql = "UPDATE tags SET pushed_by_kind = $2, pushed_by_id = $3, pushed_by_name = $4, pushed_at = $5 \
                       WHERE id = $1";
            execute(connection, sql, [before.id.into(), by_kind, by_id, by_name, now.into()]).await?;
            return Ok(false);
        }
        Some(_) => held.refuse([tag.as_str()])?,
        None => {}
    }
    execute(
        connection,
        "INSERT INTO tags (repository_id, name, version_key, manifest_id, pushed_by_kind, pushed_by_id, \
         pushed_by_name, pushed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (repository_id, name) DO UPDATE SET manifest_id = excluded.manifest_id, \
         pushed_by_kind = excluded.pushed_by_kind, pushed_by_id = excluded.pushed_by_id, \
         pushed_by_name = excluded.pushed_by_name, pushed_at = excluded.pushed_at",
        [
            repository.0.into(),
            tag.as_str().into(),
            tag.version_key().into(),
            manifest.into(),
            by_kind,
            by_id,
            by_name,
            now.into(),
        ],
    )
    .await?;
    execute(
        connection,
        "UPDATE repositories SET tagged_size = tagged_size - $2 + (SELECT size FROM manifests WHERE id = $3) WHERE id = $1",
        [repository.0.into(), before.as_ref().map_or(0, |before| before.size).into(), manifest.into()],
    )
    .await?;
    let previous = before.as_ref().map(|before| before.digest.as_str());
    remember(connection, held, tag.as_str(), (Some(digest), previous), by, now).await?;
    Ok(before.is_none())
}

/// Adds a move to the history: where to (`None`: deleted) and where from (`None`: new).
async fn remember(
    connection: &impl ConnectionTrait,
    held: &HeldRepository,
    tag: &str,
    (digest, previous): (Option<&str>, Option<&str>),
    by: &ActorColumns,
    now: i64,
) -> Result<()> {
    let [by_kind, by_id, by_name] = by.values();
    execute(
        connection,
        "INSERT INTO tag_events (project_id, repository_id, tag, digest, previous_digest, actor_kind, actor_id, \
         actor_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            held.project.0.into(),
            held.id.0.into(),
            tag.into(),
            digest.map(ToOwned::to_owned).into(),
            previous.map(ToOwned::to_owned).into(),
            by_kind,
            by_id,
            by_name,
            now.into(),
        ],
    )
    .await?;
    Ok(())
}

/// A tag by its name.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    name: &str,
) -> Result<Option<TagRow>> {
    Ok(among(connection, repository, &[name]).await?.pop())
}

const SELECT: &str =
    "SELECT t.id, t.name, t.manifest_id, m.digest, m.size FROM tags t JOIN manifests m ON m.id = t.manifest_id";

fn tag_row(row: &QueryResult) -> Result<TagRow> {
    Ok(TagRow {
        id: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        manifest: row.try_get_by_index(2)?,
        digest: row.try_get_by_index(3)?,
        size: row.try_get_by_index(4)?,
    })
}

/// Of these tags, those that are there.
pub(crate) async fn among(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    names: &[&str],
) -> Result<Vec<TagRow>> {
    let mut found = Vec::with_capacity(names.len());
    for names in names.chunks(LIST) {
        let sql = format!("{SELECT} WHERE t.repository_id = $1 AND t.name IN ({})", places(2, names.len()));
        let values = std::iter::once(repository.0.into()).chain(names.iter().map(|name| Value::from(*name)));
        for row in all(connection, &sql, values).await? {
            found.push(tag_row(&row)?);
        }
    }
    Ok(found)
}

/// The tags that point at any of these manifests.
pub(crate) async fn of_manifests(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<Vec<TagRow>> {
    let mut found = Vec::new();
    for manifests in manifests.chunks(LIST) {
        let sql = format!("{SELECT} WHERE t.manifest_id IN ({}) ORDER BY t.id", places(1, manifests.len()));
        for row in all(connection, &sql, manifests.iter().map(|id| (*id).into())).await? {
            found.push(tag_row(&row)?);
        }
    }
    Ok(found)
}

/// The tags of each of these manifests that are there longest, no more than `limit` of each: the manifest's id, and the name.
pub(crate) async fn first_names(
    connection: &impl ConnectionTrait,
    manifests: &[i64],
    limit: usize,
) -> Result<Vec<(i64, String)>> {
    let mut found = Vec::new();
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "SELECT t.manifest_id, t.name FROM (SELECT t.id, t.manifest_id, t.name, ROW_NUMBER() OVER \
             (PARTITION BY t.manifest_id ORDER BY t.id) AS place FROM tags t WHERE t.manifest_id IN ({})) t \
             WHERE t.place <= {limit} ORDER BY t.id",
            places(1, manifests.len())
        );
        for row in all(connection, &sql, manifests.iter().map(|id| (*id).into())).await? {
            found.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

/// Deletes tags by their ids and remembers it.
///
/// # Errors
/// [`crate::Error::TagProtected`] where one of them is protected; the transaction must not go on then.
pub(crate) async fn delete(
    connection: &impl ConnectionTrait,
    held: &HeldRepository,
    tags: &[TagRow],
    by: &ActorColumns,
    now: i64,
) -> Result<()> {
    held.refuse(tags.iter().map(|tag| tag.name.as_str()))?;
    for tag in tags {
        execute(connection, "DELETE FROM tags WHERE id = $1", [tag.id.into()]).await?;
        remember(connection, held, &tag.name, (None, Some(&tag.digest)), by, now).await?;
    }
    let size: i64 = tags.iter().map(|tag| tag.size).sum();
    let statement = "UPDATE repositories SET tagged_size = tagged_size - $2 WHERE id = $1";
    execute(connection, statement, [held.id.0.into(), size.into()]).await?;
    Ok(())
}

/// Names after `last` in byte order.
pub(crate) async fn names(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    last: &str,
    limit: usize,
) -> Result<Vec<String>> {
    let select = "SELECT name FROM tags WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3";
    let values = [repository.0.into(), last.into(), signed(limit as u64).into()];
    super::sql::names(connection, "name", select, values).await
}

/// A tag's name by its id.
pub(crate) async fn find_name(connection: &impl ConnectionTrait, tag: i64) -> Result<Option<String>> {
    super::sql::find_value(connection, "SELECT name FROM tags WHERE id = $1", [tag.into()]).await
}

/// The tag that was moved last.
pub(crate) async fn newest(connection: &impl ConnectionTrait, repository: RepositoryId) -> Result<Option<NewestTag>> {
    let row = one(
        connection,
        "SELECT t.name, m.digest, m.kind FROM tags t JOIN manifests m ON m.id = t.manifest_id \
         WHERE t.repository_id = $1 ORDER BY t.pushed_at DESC, t.id DESC LIMIT 1",
        [repository.0.into()],
    )
    .await?;
    row.map(|row| {
        Ok(NewestTag {
            name: row.try_get_by_index(0)?,
            digest: row.try_get_by_index(1)?,
            kind: super::manifests::kind_of(&row.try_get_by_index::<String>(2)?),
        })
    })
    .transpose()
}

/// The columns that [`summary`] reads, of tags `t` and manifests `m`.
pub(crate) const SUMMARY: &str = "t.name, m.digest, m.kind, m.platforms, m.size, t.pushed_at, t.pushed_by_kind, \
                                  t.pushed_by_name, t.last_pulled_at, m.has_signature, m.has_sbom, m.has_provenance";

/// A tag as lists show it, without what protects it.
pub(crate) fn summary(row: &QueryResult) -> Result<TagSummary> {
    let digest: String = row.try_get_by_index(1)?;
    Ok(TagSummary {
        name: row.try_get_by_index(0)?,
        kind: super::manifests::kind_of(&row.try_get_by_index::<String>(2)?),
        platforms: super::manifests::platforms_of(&row.try_get_by_index::<String>(3)?, &digest)?,
        size: unsigned(row.try_get_by_index(4)?),
        pushed_at: from_micros(row.try_get_by_index(5)?),
        pushed_by: super::actors::summary(row.try_get_by_index(6)?, row.try_get_by_index(7)?),
        last_pulled_at: row.try_get_by_index::<Option<i64>>(8)?.map(from_micros),
        attached: Attachments {
            signature: row.try_get_by_index(9)?,
            sbom: row.try_get_by_index(10)?,
            provenance: row.try_get_by_index(11)?,
        },
        protected_by: None,
        digest,
    })
}
