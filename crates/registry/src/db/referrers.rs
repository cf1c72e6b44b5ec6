//! Manifests that refer to others through their `subject`, which need not be there.

use super::{
    from_micros,
    manifests::{kind_of, parsed_digest},
    page::{KeyType, List, Order},
    sql::{LIST, all, one, places, signed, unsigned},
};
use crate::{Result, access::RepositoryId};
use api_types::{ArtifactKind, ListQuery, Page, ReferrerSummary};
use oci::Digest;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use std::collections::HashSet;

/// As they came, the last one first.
const ORDERS: [Order; 1] =
    [Order { name: "newest", key: "m.id", key_type: KeyType::Number, tie: "m.id", descending: true }];

/// A manifest that refers to another, as lists of referrers describe it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) id: i64,
    pub(crate) digest: String,
    pub(crate) media_type: String,
    pub(crate) content_size: u64,
    /// Absent where it is long: see [`words`].
    pub(crate) words: Option<Words>,
}

/// What a referrer says of itself, which may be as long as a manifest.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) artifact_type: Option<String>,
    /// JSON.
    pub(crate) annotations: String,
}

/// Bytes of [`Words`] that a list reads with its rows, so that these take no more than some megabytes together.
const SHORT: usize = 4 * 1024;

/// Referrers of a digest with ids after `after`, in the order in which they came.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    subject: &str,
    artifact_type: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<Described>> {
    let mut values: Vec<Value> = vec![repository.0.into(), subject.into(), after.into(), limit.into()];
    let filter = if let Some(artifact_type) = artifact_type {
        values.push(artifact_type.into());
        " AND artifact_type = $5"
    } else {
        ""
    };
    let short = format!("octet_length(annotations) + COALESCE(octet_length(artifact_type), 0) <= {SHORT}");
    let sql = format!(
        "SELECT id, digest, media_type, content_size, CASE WHEN {short} THEN annotations END, \
         CASE WHEN {short} THEN artifact_type END FROM manifests \
         WHERE repository_id = $1 AND subject_digest = $2 AND id > $3{filter} ORDER BY id LIMIT $4"
    );
    let rows = all(connection, &sql, values).await?;
    rows.iter()
        .map(|row| {
            let artifact_type = row.try_get_by_index(5)?;
            Ok(Described {
                id: row.try_get_by_index(0)?,
                digest: row.try_get_by_index(1)?,
                media_type: row.try_get_by_index(2)?,
                content_size: unsigned(row.try_get_by_index(3)?),
                words: row
                    .try_get_by_index::<Option<String>>(4)?
                    .map(|annotations| Words { artifact_type, annotations }),
            })
        })
        .collect()
}

/// What a referrer says of itself, however long it is; `None` if it is gone.
pub(crate) async fn words(connection: &impl ConnectionTrait, manifest: i64) -> Result<Option<Words>> {
    let sql = "SELECT artifact_type, annotations FROM manifests WHERE id = $1";
    let row = one(connection, sql, [manifest.into()]).await?;
    row.map(|row| Ok(Words { artifact_type: row.try_get_by_index(0)?, annotations: row.try_get_by_index(1)? }))
        .transpose()
}

/// A page of the referrers of a digest, newest first.
pub(crate) async fn page(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    subject: &str,
    query: &ListQuery,
) -> Result<Page<ReferrerSummary>> {
    let values: [Value; 2] = [repository.0.into(), subject.into()];
    let list = List {
        columns: "m.digest, m.media_type, m.kind, m.artifact_type, m.size, m.pushed_at",
        from: "manifests m",
        count_from: "manifests m",
        condition: "m.repository_id = $1 AND m.subject_digest = $2",
        values: &values,
        orders: &ORDERS,
    };
    list.page(connection, query, summary).await
}

fn summary(row: &QueryResult) -> Result<ReferrerSummary> {
    let media_type: String = row.try_get_by_index(1)?;
    Ok(ReferrerSummary {
        digest: row.try_get_by_index(0)?,
        kind: kind_of(&row.try_get_by_index::<String>(2)?),
        artifact_type: row.try_get_by_index::<Option<String>>(3)?.unwrap_or(media_type),
        size: unsigned(row.try_get_by_index(4)?),
        pushed_at: from_micros(row.try_get_by_index(5)?),
    })
}

/// The rows of the last referrers of a digest, newest first, with their kinds.
pub(crate) async fn newest_kinds(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    subject: &str,
    limit: usize,
) -> Result<Vec<(i64, ArtifactKind)>> {
    let sql = "SELECT id, kind FROM manifests WHERE repository_id = $1 AND subject_digest = $2 \
               ORDER BY id DESC LIMIT $3";
    let values = [repository.0.into(), subject.into(), signed(limit as u64).into()];
    let rows = all(connection, sql, values).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, kind_of(&row.try_get_by_index::<String>(1)?)))).collect()
}

/// Referrers of these manifests, no more than `limit` for each list of [`LIST`] manifests, as pairs of referrer and subject.
pub(crate) async fn of_manifests(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    manifests: &[i64],
    limit: Option<usize>,
) -> Result<Vec<(i64, i64)>> {
    pairs(connection, repository, (manifests, "s.id"), limit).await
}

/// Subjects of these manifests that are there, as pairs of referrer and subject.
pub(crate) async fn subjects_of(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    manifests: &[i64],
) -> Result<Vec<(i64, i64)>> {
    pairs(connection, repository, (manifests, "m.id"), None).await
}

async fn pairs(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    (manifests, column): (&[i64], &str),
    limit: Option<usize>,
) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    let limit = limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "SELECT m.id, s.id FROM manifests m JOIN manifests s \
             ON s.repository_id = m.repository_id AND s.digest = m.subject_digest \
             WHERE m.repository_id = $1 AND s.id <> m.id AND {column} IN ({}){limit}",
            places(2, manifests.len())
        );
        let values = std::iter::once(repository.0.into()).chain(manifests.iter().map(|id| (*id).into()));
        for row in all(connection, &sql, values).await? {
            found.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

/// The digests that these manifests name as their subjects.
pub(crate) async fn subject_digests(connection: &impl ConnectionTrait, manifests: &[i64]) -> Result<HashSet<Digest>> {
    let mut found = HashSet::new();
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "SELECT DISTINCT subject_digest FROM manifests WHERE subject_digest IS NOT NULL AND id IN ({})",
            places(1, manifests.len())
        );
        for row in all(connection, &sql, manifests.iter().map(|id| (*id).into())).await? {
            found.insert(parsed_digest(&row.try_get_by_index::<String>(0)?, "manifests")?);
        }
    }
    Ok(found)
}
