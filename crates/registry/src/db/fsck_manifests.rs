//! Statements of the check about manifests: their content, what their rows say that they name, and their mark.

use super::{
    references::ReferenceKind,
    sql::{all, execute, find_value, signed, unsigned},
};
use crate::Result;
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// What a manifest's row says of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) media_type: String,
    pub(crate) artifact_type: Option<String>,
    pub(crate) subject: Option<String>,
    /// Bytes of a pull.
    pub(crate) size: u64,
    pub(crate) content_size: u64,
}

/// A manifest's row, unread.
#[derive(Clone, Debug)]
pub(crate) struct ManifestRow {
    pub(crate) id: i64,
    pub(crate) repository: i64,
    pub(crate) digest: String,
    pub(crate) description: Description,
    pub(crate) content: Vec<u8>,
    pub(crate) damaged: bool,
}

/// What a row says that a manifest names, and whether that is there.
#[derive(Clone, Debug)]
pub(crate) struct NamedRow {
    pub(crate) manifest: i64,
    pub(crate) position: i64,
    pub(crate) repository: i64,
    pub(crate) kind: String,
    pub(crate) digest: String,
    pub(crate) blob: Option<i64>,
    pub(crate) child: Option<i64>,
    /// Absent where the blob's row is.
    pub(crate) blob_digest: Option<String>,
    /// Whether the repository links the blob.
    pub(crate) linked: bool,
    /// Absent where the child's row is.
    pub(crate) child_digest: Option<String>,
}

impl NamedRow {
    pub(crate) fn is_kind(&self, kind: ReferenceKind) -> bool {
        self.kind == kind.text()
    }
}

/// The next manifests after `after`, at most `limit` and so many that their content has no more than `bytes`, but one at least.
pub(crate) async fn after(
    connection: &impl ConnectionTrait,
    after: i64,
    limit: u64,
    bytes: u64,
) -> Result<Vec<ManifestRow>> {
    let sql = "SELECT id, CAST(LENGTH(content) AS BIGINT) FROM manifests WHERE id > $1 ORDER BY id LIMIT $2";
    let (mut last, mut sum) = (None, 0);
    for row in all(connection, sql, [after.into(), signed(limit).into()]).await? {
        sum += unsigned(row.try_get_by_index(1)?);
        if last.is_some() && sum > bytes {
            break;
        }
        last = Some(row.try_get_by_index::<i64>(0)?);
    }
    let Some(last) = last else { return Ok(Vec::new()) };
    let sql = "SELECT id, repository_id, digest, media_type, content, content_size, damaged, artifact_type, subject_digest, size \
               FROM manifests WHERE id > $1 AND id <= $2 ORDER BY id";
    let rows = all(connection, sql, [after.into(), last.into()]).await?;
    let manifest = |row: &QueryResult| {
        Ok(ManifestRow {
            id: row.try_get_by_index(0)?,
            repository: row.try_get_by_index(1)?,
            digest: row.try_get_by_index(2)?,
            description: Description {
                media_type: row.try_get_by_index(3)?,
                artifact_type: row.try_get_by_index(7)?,
                subject: row.try_get_by_index(8)?,
                size: unsigned(row.try_get_by_index(9)?),
                content_size: unsigned(row.try_get_by_index(5)?),
            },
            content: row.try_get_by_index(4)?,
            damaged: row.try_get_by_index(6)?,
        })
    };
    rows.iter().map(manifest).collect()
}

/// What the rows of these manifests say, by manifest and position.
pub(crate) async fn named(connection: &impl ConnectionTrait, from: i64, to: i64) -> Result<Vec<NamedRow>> {
    let sql = "SELECT n.manifest_id, n.position, n.repository_id, n.kind, n.digest, n.blob_id, n.child_id, b.digest, \
               CAST(CASE WHEN l.blob_id IS NULL THEN 0 ELSE 1 END AS BIGINT), c.digest FROM manifest_references n \
               LEFT JOIN blobs b ON b.id = n.blob_id \
               LEFT JOIN repository_blobs l ON l.repository_id = n.repository_id AND l.blob_id = n.blob_id \
               LEFT JOIN manifests c ON c.id = n.child_id AND c.repository_id = n.repository_id \
               WHERE n.manifest_id >= $1 AND n.manifest_id <= $2 ORDER BY n.manifest_id, n.position";
    let rows = all(connection, sql, [from.into(), to.into()]).await?;
    let named = |row: &QueryResult| {
        Ok(NamedRow {
            manifest: row.try_get_by_index(0)?,
            position: row.try_get_by_index(1)?,
            repository: row.try_get_by_index(2)?,
            kind: row.try_get_by_index(3)?,
            digest: row.try_get_by_index(4)?,
            blob: row.try_get_by_index(5)?,
            child: row.try_get_by_index(6)?,
            blob_digest: row.try_get_by_index(7)?,
            linked: row.try_get_by_index::<i64>(8)? != 0,
            child_digest: row.try_get_by_index(9)?,
        })
    };
    rows.iter().map(named).collect()
}

/// Marks a manifest as damaged, or as whole again, as long as it has this content; `false` if it was, or has another one.
pub(crate) async fn mark(connection: &impl ConnectionTrait, seen: &ManifestRow, damaged: bool) -> Result<bool> {
    let sql = "UPDATE manifests SET damaged = $2 WHERE id = $1 AND damaged <> $2 AND content = $3";
    let values: [Value; 3] = [seen.id.into(), damaged.into(), seen.content.clone().into()];
    Ok(execute(connection, sql, values).await? != 0)
}

/// Whether a manifest is there with this content.
pub(crate) async fn is_there(connection: &impl ConnectionTrait, seen: &ManifestRow) -> Result<bool> {
    let sql = "SELECT id FROM manifests WHERE id = $1 AND content = $2";
    let found: Option<i64> = find_value(connection, sql, [seen.id.into(), seen.content.clone().into()]).await?;
    Ok(found.is_some())
}

/// Corrects what a manifest's row says of its content.
pub(crate) async fn describe(
    connection: &impl ConnectionTrait,
    manifest: i64,
    description: &Description,
) -> Result<bool> {
    let sql = "UPDATE manifests SET media_type = $2, artifact_type = $3, subject_digest = $4, size = $5, content_size = $6 \
               WHERE id = $1 AND (media_type <> $2 OR artifact_type IS DISTINCT FROM $3 \
               OR subject_digest IS DISTINCT FROM $4 OR size <> $5 OR content_size <> $6)";
    let values: [Value; 6] = [
        manifest.into(),
        description.media_type.as_str().into(),
        description.artifact_type.clone().into(),
        description.subject.clone().into(),
        signed(description.size).into(),
        signed(description.content_size).into(),
    ];
    Ok(execute(connection, sql, values).await? != 0)
}

/// A manifest that waits in the trash.
#[derive(Clone, Debug)]
pub(crate) struct TrashedRow {
    pub(crate) trash: i64,
    pub(crate) repository: String,
    pub(crate) digest: String,
    pub(crate) content: Vec<u8>,
}

/// The next manifests in the trash after this one.
pub(crate) async fn trashed_after(
    connection: &impl ConnectionTrait,
    (trash, digest): (i64, &str),
    limit: u64,
) -> Result<Vec<TrashedRow>> {
    let sql = "SELECT t.trash_id, COALESCE(p.name || '/' || e.path, ''), t.digest, t.content FROM trash_manifests t \
               LEFT JOIN trash e ON e.id = t.trash_id LEFT JOIN projects p ON p.id = e.project_id \
               WHERE (t.trash_id, t.digest) > ($1, $2) ORDER BY t.trash_id, t.digest LIMIT $3";
    let rows = all(connection, sql, [trash.into(), digest.into(), signed(limit).into()]).await?;
    let trashed = |row: &QueryResult| {
        let (trash, repository) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        Ok(TrashedRow { trash, repository, digest: row.try_get_by_index(2)?, content: row.try_get_by_index(3)? })
    };
    rows.iter().map(trashed).collect()
}
