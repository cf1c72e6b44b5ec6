//! What manifests name: blobs and other manifests.

use super::{
    manifests::parsed_digest,
    sql::{LIST, all, execute, one, places, unsigned},
};
use crate::{
    Result,
    access::{ProjectId, RepositoryId},
};
use oci::Digest;
use sea_orm::{ConnectionTrait, Value};

/// What is named, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceKind {
    Config,
    Layer,
    Child,
}

impl ReferenceKind {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Layer => "layer",
            Self::Child => "child",
        }
    }
}

/// One name in a manifest. What the repository need not have has neither a blob nor a child.
#[derive(Clone, Debug)]
pub(crate) struct NewReference {
    pub(crate) kind: ReferenceKind,
    pub(crate) digest: String,
    pub(crate) blob: Option<i64>,
    pub(crate) child: Option<i64>,
}

/// Rows in one statement: seven values each.
const ROWS: usize = 64;

/// Stores what a manifest names, in order.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    manifest: i64,
    references: &[NewReference],
) -> Result<()> {
    let mut position = 0_i64;
    for references in references.chunks(ROWS) {
        let rows: Vec<_> = (0..references.len()).map(|row| format!("({})", places(1 + row * 7, 7))).collect();
        let sql = format!(
            "INSERT INTO manifest_references (manifest_id, position, kind, digest, repository_id, blob_id, child_id) \
             VALUES {}",
            rows.join(", ")
        );
        let mut values: Vec<Value> = Vec::with_capacity(references.len() * 7);
        for reference in references {
            values.extend([
                manifest.into(),
                position.into(),
                reference.kind.text().into(),
                reference.digest.as_str().into(),
                repository.0.into(),
                reference.blob.into(),
                reference.child.into(),
            ]);
            position += 1;
        }
        execute(connection, &sql, values).await?;
    }
    Ok(())
}

/// Stores what a manifest names in place of what its rows say.
pub(crate) async fn replace(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    manifest: i64,
    references: &[NewReference],
) -> Result<()> {
    execute(connection, "DELETE FROM manifest_references WHERE manifest_id = $1", [manifest.into()]).await?;
    insert(connection, repository, manifest, references).await
}

/// Points the references of an index at children that were deleted and pushed again.
pub(crate) async fn relink_children(connection: &impl ConnectionTrait, manifest: i64) -> Result<()> {
    execute(
        connection,
        "UPDATE manifest_references SET child_id = (SELECT m.id FROM manifests m \
         WHERE m.repository_id = manifest_references.repository_id AND m.digest = manifest_references.digest) \
         WHERE manifest_id = $1 AND kind = 'child' AND child_id IS NULL AND blob_id IS NULL",
        [manifest.into()],
    )
    .await?;
    Ok(())
}

/// Ties a new manifest to the indexes of its repository that name it already: it was deleted from them, or need not have been there.
/// `false` if none does.
pub(crate) async fn tie_to_indexes(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    digest: &str,
    manifest: i64,
) -> Result<bool> {
    // As the partial index `manifest_references_untied` has it.
    let sql = "UPDATE manifest_references SET child_id = $3 WHERE repository_id = $1 AND digest = $2 \
               AND kind = 'child' AND child_id IS NULL AND blob_id IS NULL";
    Ok(execute(connection, sql, [repository.0.into(), digest.into(), manifest.into()]).await? != 0)
}

/// Children of these manifests that are there, no more than `limit` for each list of [`LIST`] manifests.
pub(crate) async fn children(
    connection: &impl ConnectionTrait,
    manifests: &[i64],
    limit: Option<usize>,
) -> Result<Vec<i64>> {
    let select = "SELECT DISTINCT child_id FROM manifest_references WHERE child_id IS NOT NULL AND manifest_id IN";
    ids(connection, manifests, select, limit).await
}

/// Pairs of parent and child for these parents.
pub(crate) async fn children_of_each(connection: &impl ConnectionTrait, parents: &[i64]) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for parents in parents.chunks(LIST) {
        let sql = format!(
            "SELECT DISTINCT manifest_id, child_id FROM manifest_references \
             WHERE child_id IS NOT NULL AND manifest_id IN ({})",
            places(1, parents.len())
        );
        for row in all(connection, &sql, parents.iter().map(|id| (*id).into())).await? {
            found.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

/// Blobs that these manifests name.
pub(crate) async fn blob_ids(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<Vec<i64>> {
    let select = "SELECT DISTINCT blob_id FROM manifest_references WHERE blob_id IS NOT NULL AND manifest_id IN";
    ids(connection, manifests, select, None).await
}

/// Pairs of child and parent for these children.
pub(crate) async fn parents(connection: &impl ConnectionTrait, children: &[i64]) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for children in children.chunks(LIST) {
        let sql = format!(
            "SELECT child_id, manifest_id FROM manifest_references WHERE child_id IN ({})",
            places(1, children.len())
        );
        for row in all(connection, &sql, children.iter().map(|id| (*id).into())).await? {
            found.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

async fn ids(
    connection: &impl ConnectionTrait,
    values: &[i64],
    select: &str,
    limit: Option<usize>,
) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    let limit = limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
    for values in values.chunks(LIST) {
        let sql = format!("{select} ({}){limit}", places(1, values.len()));
        for row in all(connection, &sql, values.iter().map(|id| (*id).into())).await? {
            found.push(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}

/// A blob that some of the given manifests name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NamedBlob {
    pub(crate) id: i64,
    pub(crate) size: u64,
    pub(crate) is_layer: bool,
    /// How many of the given manifests name it.
    pub(crate) manifests: u64,
}

/// The blobs that these manifests name, each once for each list of [`LIST`] manifests.
pub(crate) async fn blobs(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<Vec<NamedBlob>> {
    let mut found = Vec::new();
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "SELECT n.blob_id, MAX(b.size), CAST(MAX(CASE WHEN n.kind = 'layer' THEN 1 ELSE 0 END) AS BIGINT), COUNT(DISTINCT n.manifest_id) \
             FROM manifest_references n JOIN blobs b ON b.id = n.blob_id WHERE n.manifest_id IN ({}) GROUP BY n.blob_id",
            places(1, manifests.len())
        );
        for row in all(connection, &sql, manifests.iter().map(|id| (*id).into())).await? {
            found.push(NamedBlob {
                id: row.try_get_by_index(0)?,
                size: unsigned(row.try_get_by_index(1)?),
                is_layer: row.try_get_by_index::<i64>(2)? != 0,
                manifests: unsigned(row.try_get_by_index(3)?),
            });
        }
    }
    Ok(found)
}

/// The digests of the blobs that a manifest names, each once.
pub(crate) async fn blob_digests(connection: &impl ConnectionTrait, manifest: i64) -> Result<Vec<Digest>> {
    let sql = "SELECT DISTINCT b.digest FROM manifest_references n JOIN blobs b ON b.id = n.blob_id \
               WHERE n.manifest_id = $1";
    let rows = all(connection, sql, [manifest.into()]).await?;
    rows.iter().map(|row| parsed_digest(&row.try_get_by_index::<String>(0)?, "blobs")).collect()
}

/// How far tags that share layers are counted: a base image may be in each of many thousands.
const COUNTED: usize = 1_000;

/// The different tags, up to [`COUNTED`], of a project that hold a layer that fulfils `condition` (on `l.blob_id`), directly
/// or through an index, except the listed ones. `$1` is the project; the listed tags start at place `first`.
fn holding(condition: &str, first: usize, except: usize) -> String {
    let except = if except == 0 { "-1".to_owned() } else { places(first, except) };
    let naming = "SELECT t.id AS tag_id FROM repository_blobs l JOIN manifest_references n \
                  ON n.repository_id = l.repository_id AND n.blob_id = l.blob_id AND n.kind = 'layer'";
    let condition = format!("WHERE l.project_id = $1 AND {condition} AND t.id NOT IN ({except})");
    format!(
        "SELECT DISTINCT h.tag_id FROM ({naming} JOIN tags t ON t.manifest_id = n.manifest_id {condition} UNION ALL \
         {naming} JOIN manifest_references p ON p.child_id = n.manifest_id JOIN tags t ON t.manifest_id = p.manifest_id \
         {condition}) h LIMIT {COUNTED}"
    )
}

fn holding_values<'a>(project: ProjectId, blobs: &'a [i64], except: &'a [i64]) -> impl Iterator<Item = Value> + 'a {
    std::iter::once(project.0.into()).chain(blobs.iter().chain(except).map(|id| (*id).into()))
}

/// How many tags of a project hold each of these layers, not counting the given tags; up to a thousand for each.
pub(crate) async fn sharing_counts(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    blobs: &[i64],
    except: &[i64],
) -> Result<Vec<(i64, u64)>> {
    let mut found = Vec::new();
    for blobs in blobs.chunks(LIST) {
        let holding = holding("l.blob_id = b.id", 2 + blobs.len(), except.len());
        let list = places(2, blobs.len());
        let sql = format!("SELECT b.id, (SELECT COUNT(*) FROM ({holding}) c) FROM blobs b WHERE b.id IN ({list})");
        for row in all(connection, &sql, holding_values(project, blobs, except)).await? {
            found.push((row.try_get_by_index(0)?, unsigned(row.try_get_by_index(1)?)));
        }
    }
    Ok(found)
}

/// How many tags of a project hold any of these layers, not counting the given tags; up to a thousand. Of more than
/// [`LIST`] layers the first ones are looked at.
pub(crate) async fn sharing_tags(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    blobs: &[i64],
    except: &[i64],
) -> Result<u64> {
    if blobs.is_empty() {
        return Ok(0);
    }
    let blobs = &blobs[..blobs.len().min(LIST)];
    let condition = format!("l.blob_id IN ({})", places(2, blobs.len()));
    let sql = format!("SELECT COUNT(*) FROM ({}) c", holding(&condition, 2 + blobs.len(), except.len()));
    let row = one(connection, &sql, holding_values(project, blobs, except)).await?;
    row.map_or(Ok(0), |row| Ok(unsigned(row.try_get_by_index(0)?)))
}

/// Whether a manifest of the repository names the blob.
pub(crate) async fn is_named(connection: &impl ConnectionTrait, repository: RepositoryId, blob: i64) -> Result<bool> {
    let row = one(
        connection,
        "SELECT 1 FROM manifest_references WHERE repository_id = $1 AND blob_id = $2 LIMIT 1",
        [repository.0.into(), blob.into()],
    )
    .await?;
    Ok(row.is_some())
}
