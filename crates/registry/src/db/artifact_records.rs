//! Statements about artifacts and their tags, with all that a row has.

use super::{
    from_micros, manifests,
    numbered::{Holds, Key, NumberedList},
    sql::{LIST, all, places, unsigned},
};
use crate::{
    Error, Result,
    access::RepositoryId,
    content::{ArtifactRecord, TagRecord},
    numbered::{Numbered, NumberedQuery},
};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const COLUMNS: &str = "m.id, m.digest, m.media_type, m.kind, m.artifact_type, m.config_media_type, m.subject_digest, \
                       m.platforms, m.annotations, m.size, m.pushed_at, m.last_pulled_at";

/// Bytes of annotations, as JSON, up to which they come with an artifact of a list: a page stays within a few megabytes, whatever is
/// pushed.
const SHORT: usize = 32 * 1024;

/// Every tag of a manifest `m`.
const OWN_TAGS: &str = "SELECT 1 FROM tags t WHERE t.manifest_id = m.id";

/// What conditions and orders may name.
const KEYS: &[Key] = &[
    Key::new("digest", "m.digest", Holds::Text),
    Key::new("id", "m.id", Holds::Number),
    Key::new("media_type", "COALESCE(m.config_media_type, m.media_type)", Holds::Text),
    Key::new("manifest_media_type", "m.media_type", Holds::Text),
    Key::new("artifact_type", "m.artifact_type", Holds::Text),
    Key::new("size", "m.size", Holds::Number),
    Key::new("push_time", "m.pushed_at", Holds::Time),
    Key::new("pull_time", "m.last_pulled_at", Holds::Time),
    Key::new("tags", "t.name", Holds::Text).within("EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id AND {})"),
    Key::new("labels", "a.label_id", Holds::Number)
        .within("EXISTS (SELECT 1 FROM artifact_labels a WHERE a.manifest_id = m.id AND {})"),
];

/// Which artifacts are listed whatever else is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tagged {
    Either,
    Yes,
    No,
}

/// A page of a repository's artifacts: what stands for itself. Children of an index and what is attached to something else
/// are only listed where a tag names them.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    tagged: Tagged,
    query: &NumberedQuery,
) -> Result<Numbered<ArtifactRecord>> {
    let own = "m.repository_id = $1";
    let alone = "NOT m.is_child AND m.subject_digest IS NULL";
    let condition = match tagged {
        Tagged::Either => format!("{own} AND ({alone} OR EXISTS ({OWN_TAGS}))"),
        Tagged::Yes => format!("{own} AND EXISTS ({OWN_TAGS})"),
        Tagged::No => format!("{own} AND {alone} AND NOT EXISTS ({OWN_TAGS})"),
    };
    let short = format!("CASE WHEN octet_length(m.annotations) <= {SHORT} THEN m.annotations ELSE '{{}}' END");
    let list = NumberedList {
        columns: &COLUMNS.replace("m.annotations", &short),
        from: "manifests m",
        condition,
        values: vec![repository.0.into()],
        keys: KEYS,
        order: "m.pushed_at DESC, m.id DESC",
    };
    list.page(connection, query, record).await
}

/// One artifact by its row.
pub(crate) async fn find(connection: &impl ConnectionTrait, manifest: i64) -> Result<Option<ArtifactRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM manifests m WHERE m.id = $1");
    super::sql::one(connection, &sql, [manifest.into()]).await?.as_ref().map(record).transpose()
}

fn record(row: &QueryResult) -> Result<ArtifactRecord> {
    let digest: String = row.try_get_by_index(1)?;
    let annotations: String = row.try_get_by_index(8)?;
    let unreadable = |_| Error::Inconsistent { table: "manifests", column: "annotations", row: digest.clone() };
    Ok(ArtifactRecord {
        id: row.try_get_by_index(0)?,
        media_type: row.try_get_by_index(2)?,
        kind: manifests::kind_of(&row.try_get_by_index::<String>(3)?),
        artifact_type: row.try_get_by_index(4)?,
        config_media_type: row.try_get_by_index(5)?,
        subject: row.try_get_by_index(6)?,
        platforms: manifests::platforms_of(&row.try_get_by_index::<String>(7)?, &digest)?,
        annotations: serde_json::from_str(&annotations).map_err(unreadable)?,
        size: unsigned(row.try_get_by_index(9)?),
        pushed_at: from_micros(row.try_get_by_index(10)?),
        pulled_at: row.try_get_by_index::<Option<i64>>(11)?.map(from_micros),
        tags: Vec::new(),
        children: Vec::new(),
        labels: None,
        digest,
    })
}

/// The tags of these manifests, newest first, no more than `limit` of each.
pub(crate) async fn tags_of(
    connection: &impl ConnectionTrait,
    manifests: &[i64],
    limit: usize,
) -> Result<Vec<TagRecord>> {
    let mut found = Vec::new();
    for manifests in manifests.chunks(LIST) {
        let sql = format!(
            "SELECT {TAG_COLUMNS} FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY t.manifest_id \
             ORDER BY t.pushed_at DESC, t.id DESC) AS place FROM tags t WHERE t.manifest_id IN ({})) t \
             WHERE t.place <= {limit} ORDER BY t.pushed_at DESC, t.id DESC",
            places(1, manifests.len())
        );
        for row in all(connection, &sql, manifests.iter().map(|id| (*id).into())).await? {
            found.push(tag(&row)?);
        }
    }
    Ok(found)
}

const TAG_COLUMNS: &str = "t.id, t.repository_id, t.manifest_id, t.name, t.pushed_at, t.last_pulled_at";

/// What conditions and orders may name.
const TAG_KEYS: &[Key] = &[
    Key::new("name", "t.name", Holds::Text),
    Key::new("id", "t.id", Holds::Number),
    Key::new("push_time", "t.pushed_at", Holds::Time),
    Key::new("pull_time", "t.last_pulled_at", Holds::Time),
];

/// A page of a manifest's tags.
pub(crate) async fn tags(
    connection: &impl ConnectionTrait,
    manifest: i64,
    query: &NumberedQuery,
) -> Result<Numbered<TagRecord>> {
    let list = NumberedList {
        columns: TAG_COLUMNS,
        from: "tags t",
        condition: "t.manifest_id = $1".to_owned(),
        values: vec![Value::from(manifest)],
        keys: TAG_KEYS,
        order: "t.pushed_at DESC, t.id DESC",
    };
    list.page(connection, query, tag).await
}

fn tag(row: &QueryResult) -> Result<TagRecord> {
    Ok(TagRecord {
        id: row.try_get_by_index(0)?,
        repository: RepositoryId(row.try_get_by_index(1)?),
        artifact: row.try_get_by_index(2)?,
        name: row.try_get_by_index(3)?,
        pushed_at: from_micros(row.try_get_by_index(4)?),
        pulled_at: row.try_get_by_index::<Option<i64>>(5)?.map(from_micros),
        protected: false,
    })
}

/// The children of an index, in order: digest, and the row where it is there.
pub(crate) async fn children(connection: &impl ConnectionTrait, manifest: i64) -> Result<Vec<(String, Option<i64>)>> {
    let sql = "SELECT digest, child_id FROM manifest_references WHERE manifest_id = $1 AND kind = 'child' \
         ORDER BY position LIMIT 1000";
    let rows = all(connection, sql, [manifest.into()]).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
