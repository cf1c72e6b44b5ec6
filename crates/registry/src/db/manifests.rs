//! Rows of manifests.

use super::{
    actors::ActorColumns,
    from_micros,
    sql::{LIST, all, execute, one, places, signed, unsigned},
};
use crate::{Error, Result, access::RepositoryId};
use api_types::{ArtifactKind, ArtifactSummary, Attachments, PlatformSummary};
use oci::{Digest, Reference};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use std::{collections::HashMap, sync::Arc};

/// What a pull needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: i64,
    pub(crate) digest: Digest,
    pub(crate) media_type: Arc<str>,
    pub(crate) is_child: bool,
    /// Whether it counts as absent until it is pushed again.
    pub(crate) damaged: bool,
    /// The tag that it was found by.
    pub(crate) tag: Option<i64>,
}

/// The manifest that a tag or digest stands for.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    reference: &Reference,
) -> Result<Option<Found>> {
    let sql = match reference {
        Reference::Tag(_) => {
            "SELECT m.id, m.digest, m.media_type, m.is_child, t.id, m.damaged FROM tags t JOIN manifests m ON m.id = t.manifest_id \
             WHERE t.repository_id = $1 AND t.name = $2"
        }
        Reference::Digest(_) => {
            "SELECT id, digest, media_type, is_child, CAST(NULL AS BIGINT), damaged FROM manifests WHERE repository_id = $1 AND digest = $2"
        }
    };
    let row = one(connection, sql, [repository.0.into(), reference.as_str().into()]).await?;
    row.map(|row| {
        Ok(Found {
            id: row.try_get_by_index(0)?,
            digest: parsed_digest(&row.try_get_by_index::<String>(1)?, "manifests")?,
            media_type: row.try_get_by_index::<String>(2)?.into(),
            is_child: row.try_get_by_index(3)?,
            tag: row.try_get_by_index(4)?,
            damaged: row.try_get_by_index(5)?,
        })
    })
    .transpose()
}

/// A manifest's bytes.
pub(crate) async fn content(connection: &impl ConnectionTrait, manifest: i64) -> Result<Option<Vec<u8>>> {
    let row = one(connection, "SELECT content FROM manifests WHERE id = $1", [manifest.into()]).await?;
    row.map(|row| Ok(row.try_get_by_index(0)?)).transpose()
}

/// A manifest that is about to be stored.
#[derive(Clone, Debug)]
pub(crate) struct NewRow {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    pub(crate) kind: ArtifactKind,
    pub(crate) artifact_type: Option<String>,
    pub(crate) config_media_type: Option<String>,
    pub(crate) config_digest: Option<Digest>,
    pub(crate) subject: Option<Digest>,
    /// JSON.
    pub(crate) platforms: String,
    /// JSON.
    pub(crate) annotations: String,
    /// Bytes of a pull.
    pub(crate) size: u64,
    pub(crate) content: bytes::Bytes,
}

/// The row of a digest in a repository; `None` if it is there already.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    manifest: &NewRow,
    attached: Attachments,
    by: &ActorColumns,
    now: i64,
) -> Result<Option<i64>> {
    let text = |value: &Option<Digest>| -> Value { value.as_ref().map(|digest| digest.as_str().to_owned()).into() };
    let [by_kind, by_id, by_name] = by.values();
    let row = one(
        connection,
        "INSERT INTO manifests (repository_id, digest, media_type, kind, artifact_type, config_media_type, \
         config_digest, subject_digest, platforms, annotations, size, content_size, content, has_signature, has_sbom, \
         has_provenance, pushed_by_kind, pushed_by_id, pushed_by_name, pushed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) \
         ON CONFLICT (repository_id, digest) DO NOTHING RETURNING id",
        [
            repository.0.into(),
            manifest.digest.as_str().into(),
            manifest.media_type.as_str().into(),
            manifest.kind.as_str().into(),
            manifest.artifact_type.clone().into(),
            manifest.config_media_type.clone().into(),
            text(&manifest.config_digest),
            text(&manifest.subject),
            manifest.platforms.as_str().into(),
            manifest.annotations.as_str().into(),
            signed(manifest.size).into(),
            signed(manifest.content.len() as u64).into(),
            manifest.content.to_vec().into(),
            attached.signature.into(),
            attached.sbom.into(),
            attached.provenance.into(),
            by_kind,
            by_id,
            by_name,
            now.into(),
        ],
    )
    .await?;
    row.map(|row| Ok(row.try_get_by_index(0)?)).transpose()
}

/// A manifest's id by its digest.
pub(crate) async fn find_id(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    digest: &str,
) -> Result<Option<i64>> {
    let row = one(
        connection,
        "SELECT id FROM manifests WHERE repository_id = $1 AND digest = $2",
        [repository.0.into(), digest.into()],
    )
    .await?;
    row.map(|row| Ok(row.try_get_by_index(0)?)).transpose()
}

/// The digests of these manifests that are there, by their ids.
pub(crate) async fn digests(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<HashMap<i64, Digest>> {
    let mut found = HashMap::with_capacity(manifests.len());
    for manifests in manifests.chunks(LIST) {
        let sql = format!("SELECT id, digest FROM manifests WHERE id IN ({})", places(1, manifests.len()));
        for row in all(connection, &sql, manifests.iter().map(|id| (*id).into())).await? {
            let digest = parsed_digest(&row.try_get_by_index::<String>(1)?, "manifests")?;
            found.insert(row.try_get_by_index(0)?, digest);
        }
    }
    Ok(found)
}

/// A manifest's id by its digest, and whether its row has this content and is not damaged.
pub(crate) async fn find_same(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    manifest: &NewRow,
) -> Result<Option<(i64, bool)>> {
    let sql = "SELECT id, CAST(CASE WHEN damaged = FALSE AND content = $3 THEN 1 ELSE 0 END AS BIGINT) FROM manifests \
               WHERE repository_id = $1 AND digest = $2";
    let values = [repository.0.into(), manifest.digest.as_str().into(), manifest.content.to_vec().into()];
    let row = one(connection, sql, values).await?;
    row.map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index::<i64>(1)? == 1))).transpose()
}

/// Gives a damaged manifest what was pushed again; who pushed it first, and when, stays.
pub(crate) async fn heal(connection: &impl ConnectionTrait, id: i64, manifest: &NewRow) -> Result<()> {
    let text = |value: &Option<Digest>| -> Value { value.as_ref().map(|digest| digest.as_str().to_owned()).into() };
    let sql = "UPDATE manifests SET media_type = $2, kind = $3, artifact_type = $4, config_media_type = $5, \
               config_digest = $6, subject_digest = $7, platforms = $8, annotations = $9, size = $10, content_size = $11, \
               content = $12, damaged = FALSE WHERE id = $1";
    let values = [
        id.into(),
        manifest.media_type.as_str().into(),
        manifest.kind.as_str().into(),
        manifest.artifact_type.clone().into(),
        manifest.config_media_type.clone().into(),
        text(&manifest.config_digest),
        text(&manifest.subject),
        manifest.platforms.as_str().into(),
        manifest.annotations.as_str().into(),
        signed(manifest.size).into(),
        signed(manifest.content.len() as u64).into(),
        manifest.content.to_vec().into(),
    ];
    execute(connection, sql, values).await?;
    Ok(())
}

/// A manifest as another one names it.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) id: i64,
    pub(crate) digest: String,
    /// JSON.
    pub(crate) platforms: String,
    /// Bytes of a pull.
    pub(crate) size: u64,
    /// Bytes of the manifest itself.
    pub(crate) content_size: u64,
}

/// Of these digests, those that are manifests of the repository and not damaged.
pub(crate) async fn among(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    digests: &[&Digest],
) -> Result<Vec<Child>> {
    let mut found = Vec::with_capacity(digests.len());
    for digests in digests.chunks(LIST) {
        let sql = format!(
            "SELECT id, digest, platforms, size, content_size FROM manifests \
             WHERE repository_id = $1 AND damaged = FALSE AND digest IN ({})",
            places(2, digests.len())
        );
        let values = std::iter::once(repository.0.into()).chain(digests.iter().map(|digest| digest.as_str().into()));
        for row in all(connection, &sql, values).await? {
            found.push(Child {
                id: row.try_get_by_index(0)?,
                digest: row.try_get_by_index(1)?,
                platforms: row.try_get_by_index(2)?,
                size: unsigned(row.try_get_by_index(3)?),
                content_size: unsigned(row.try_get_by_index(4)?),
            });
        }
    }
    Ok(found)
}

/// Marks manifests as named by an index.
pub(crate) async fn mark_children(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<()> {
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "UPDATE manifests SET is_child = TRUE WHERE is_child = FALSE AND id IN ({})",
            places(1, manifests.len())
        );
        execute(connection, &sql, manifests.iter().map(|id| (*id).into())).await?;
    }
    Ok(())
}

/// Takes the mark from those that no index names any more.
pub(crate) async fn unmark_children(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<()> {
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "UPDATE manifests SET is_child = FALSE WHERE id IN ({}) \
             AND NOT EXISTS (SELECT 1 FROM manifest_references n WHERE n.child_id = manifests.id)",
            places(1, manifests.len())
        );
        execute(connection, &sql, manifests.iter().map(|id| (*id).into())).await?;
    }
    Ok(())
}

/// Adds to what is attached to a manifest, if it is there.
pub(crate) async fn attach(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    digest: &str,
    attached: Attachments,
) -> Result<()> {
    execute(
        connection,
        "UPDATE manifests SET has_signature = has_signature OR $3, has_sbom = has_sbom OR $4, \
         has_provenance = has_provenance OR $5 WHERE repository_id = $1 AND digest = $2",
        [
            repository.0.into(),
            digest.into(),
            attached.signature.into(),
            attached.sbom.into(),
            attached.provenance.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Adds to what is attached to the indexes that name a manifest.
pub(crate) async fn attach_to_indexes(
    connection: &impl ConnectionTrait,
    child: i64,
    attached: Attachments,
) -> Result<()> {
    execute(
        connection,
        "UPDATE manifests SET has_signature = has_signature OR $2, has_sbom = has_sbom OR $3, \
         has_provenance = has_provenance OR $4 \
         WHERE id IN (SELECT n.manifest_id FROM manifest_references n WHERE n.child_id = $1)",
        [child.into(), attached.signature.into(), attached.sbom.into(), attached.provenance.into()],
    )
    .await?;
    Ok(())
}

/// Sets what is attached to a manifest.
pub(crate) async fn set_attached(
    connection: &impl ConnectionTrait,
    manifest: i64,
    attached: Attachments,
) -> Result<()> {
    execute(
        connection,
        "UPDATE manifests SET has_signature = $2, has_sbom = $3, has_provenance = $4 WHERE id = $1",
        [manifest.into(), attached.signature.into(), attached.sbom.into(), attached.provenance.into()],
    )
    .await?;
    Ok(())
}

/// Removes a manifest; its references go with it, references to it lose their id. Tags must be gone.
pub(crate) async fn delete(connection: &impl ConnectionTrait, manifest: i64) -> Result<bool> {
    Ok(execute(connection, "DELETE FROM manifests WHERE id = $1", [manifest.into()]).await? != 0)
}

/// The kind of a word; one that this release does not know is another kind of artifact.
pub(crate) fn kind_of(text: &str) -> ArtifactKind {
    ArtifactKind::find(text).unwrap_or(ArtifactKind::Other)
}

/// A stored digest.
pub(crate) fn parsed_digest(text: &str, table: &'static str) -> Result<Digest> {
    text.parse().map_err(|_| Error::Inconsistent { table, column: "digest", row: text.to_owned() })
}

/// Children of an index that attest to something, with their kinds.
pub(crate) async fn attesting_children(
    connection: &impl ConnectionTrait,
    manifest: i64,
    limit: usize,
) -> Result<Vec<(i64, ArtifactKind)>> {
    let sql = "SELECT m.id, m.kind FROM manifest_references n JOIN manifests m ON m.id = n.child_id \
               WHERE n.manifest_id = $1 AND m.kind IN ('attestation', 'sbom', 'signature') ORDER BY n.position LIMIT $2";
    let rows = all(connection, sql, [manifest.into(), signed(limit as u64).into()]).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, kind_of(&row.try_get_by_index::<String>(1)?)))).collect()
}

/// The platforms of a stored list.
pub(crate) fn platforms_of(text: &str, digest: &str) -> Result<Vec<PlatformSummary>> {
    let wrong = |_| Error::Inconsistent { table: "manifests", column: "platforms", row: digest.to_owned() };
    serde_json::from_str(text).map_err(wrong)
}

/// The columns that [`summary`] reads, of manifests `m`.
pub(crate) const SUMMARY: &str = "m.id, m.digest, m.media_type, m.kind, m.artifact_type, m.is_child, m.platforms, \
                                  m.size, m.pushed_at, m.pushed_by_kind, m.pushed_by_name, m.last_pulled_at, \
                                  m.has_signature, m.has_sbom, m.has_provenance";

/// A manifest as lists show it, without its tags and labels, and its id.
pub(crate) fn summary(row: &QueryResult) -> Result<(i64, ArtifactSummary)> {
    let digest: String = row.try_get_by_index(1)?;
    let summary = ArtifactSummary {
        media_type: row.try_get_by_index(2)?,
        kind: kind_of(&row.try_get_by_index::<String>(3)?),
        artifact_type: row.try_get_by_index(4)?,
        tags: Vec::new(),
        child: row.try_get_by_index(5)?,
        platforms: platforms_of(&row.try_get_by_index::<String>(6)?, &digest)?,
        size: unsigned(row.try_get_by_index(7)?),
        pushed_at: from_micros(row.try_get_by_index(8)?),
        pushed_by: super::actors::summary(row.try_get_by_index(9)?, row.try_get_by_index(10)?),
        last_pulled_at: row.try_get_by_index::<Option<i64>>(11)?.map(from_micros),
        attached: Attachments {
            signature: row.try_get_by_index(12)?,
            sbom: row.try_get_by_index(13)?,
            provenance: row.try_get_by_index(14)?,
        },
        labels: Vec::new(),
        digest,
    };
    Ok((row.try_get_by_index(0)?, summary))
}

/// One manifest as lists show it, and its id.
pub(crate) async fn find_summary(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    reference: &Reference,
) -> Result<Option<(i64, ArtifactSummary)>> {
    let condition = match reference {
        Reference::Tag(_) => "m.id = (SELECT t.manifest_id FROM tags t WHERE t.repository_id = $1 AND t.name = $2)",
        Reference::Digest(_) => "m.repository_id = $1 AND m.digest = $2",
    };
    let sql = format!("SELECT {SUMMARY} FROM manifests m WHERE {condition}");
    one(connection, &sql, [repository.0.into(), reference.as_str().into()]).await?.as_ref().map(summary).transpose()
}
