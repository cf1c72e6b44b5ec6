//! Rows of what the last check found, and of what pulls have found since.

use super::{
    from_micros,
    fsck::ELSEWHERE,
    sql::{self, all, execute, find_value, signed, unsigned},
};
use crate::{Error, Result};
use api_types::{Damage, DamageKind};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// Tags that a row names at most.
const TAGS: usize = 100;

/// Repositories that are looked at for one blob.
const REPOSITORIES: usize = 1_000;

/// Indexes within each other that are followed.
const DEPTH: usize = 8;

/// A repository that something is wrong in, with the tags that are hit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hit {
    pub(crate) repository: Option<i64>,
    /// The full name.
    pub(crate) name: String,
    pub(crate) tags: Vec<String>,
    pub(crate) tag_count: u64,
}

/// Something that was found.
#[derive(Clone, Debug)]
pub(crate) struct NewDamage {
    pub(crate) kind: DamageKind,
    pub(crate) subject: String,
    pub(crate) blob: Option<i64>,
    pub(crate) manifest: Option<i64>,
    /// Who is hit by it; nobody is one row too.
    pub(crate) hits: Vec<Hit>,
}

fn kind_text(kind: DamageKind) -> &'static str {
    match kind {
        DamageKind::Missing => "missing",
        DamageKind::WrongLength => "wrong_length",
        DamageKind::Changed => "changed",
        DamageKind::Unreadable => "unreadable",
        DamageKind::ManifestChanged => "manifest_changed",
        DamageKind::ManifestIncomplete => "manifest_incomplete",
        DamageKind::TagLost => "tag_lost",
        DamageKind::TagMoved => "tag_moved",
        DamageKind::RowLost => "row_lost",
        DamageKind::Unnamed => "unnamed",
        DamageKind::Mended => "mended",
    }
}

/// Adds what a check found; how many rows that were.
pub(crate) async fn insert(connection: &impl ConnectionTrait, damage: &NewDamage, now: i64) -> Result<u64> {
    if damage.kind.is_damage() {
        // The check tells of it from now on.
        let sql = "DELETE FROM damages WHERE subject = $1 AND by_pull = TRUE";
        execute(connection, sql, [damage.subject.as_str().into()]).await?;
    }
    add(connection, damage, false, now).await
}

/// Adds what a pull found, unless it is told already or there is no room for it in a list of `most`.
pub(crate) async fn insert_of_pull(
    connection: &impl ConnectionTrait,
    damage: &NewDamage,
    most: u64,
    now: i64,
) -> Result<()> {
    let sql = "SELECT COUNT(*) FROM damages WHERE subject = $1 AND kind = $2 AND COALESCE(blob_id, 0) = $3";
    let blob = damage.blob.unwrap_or_default();
    let values: [Value; 3] = [damage.subject.as_str().into(), kind_text(damage.kind).into(), blob.into()];
    let told: i64 = sql::get_value(connection, sql, values).await?;
    let listed = unsigned(sql::get_value(connection, "SELECT COUNT(*) FROM damages", []).await?);
    if told == 0 && listed < most {
        add(connection, damage, true, now).await?;
    }
    Ok(())
}

async fn add(connection: &impl ConnectionTrait, damage: &NewDamage, by_pull: bool, now: i64) -> Result<u64> {
    let nobody = [Hit::default()];
    let hits = if damage.hits.is_empty() { &nobody[..] } else { &damage.hits };
    for hit in hits {
        let tags = serde_json::to_string(&hit.tags).map_err(|error| Error::Internal(Box::new(error)))?;
        let sql = "INSERT INTO damages (kind, subject, blob_id, manifest_id, repository_id, repository, tags, tag_count, at, \
                   by_pull) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let values = [
            kind_text(damage.kind).into(),
            damage.subject.as_str().into(),
            damage.blob.into(),
            damage.manifest.into(),
            hit.repository.into(),
            hit.name.as_str().into(),
            tags.into(),
            signed(hit.tag_count).into(),
            now.into(),
            by_pull.into(),
        ];
        execute(connection, sql, values).await?;
    }
    Ok(hits.len() as u64)
}

/// Whether this was found before by the same check.
pub(crate) async fn is_listed(connection: &impl ConnectionTrait, damage: &NewDamage) -> Result<bool> {
    let repository = damage.hits.first().and_then(|hit| hit.repository);
    let sql = "SELECT id FROM damages WHERE subject = $1 AND kind = $2 AND COALESCE(blob_id, 0) = $3 \
               AND COALESCE(manifest_id, 0) = $4 AND COALESCE(repository_id, 0) = $5 AND by_pull = FALSE LIMIT 1";
    let values: [Value; 5] = [
        damage.subject.as_str().into(),
        kind_text(damage.kind).into(),
        damage.blob.unwrap_or_default().into(),
        damage.manifest.unwrap_or_default().into(),
        repository.unwrap_or_default().into(),
    ];
    Ok(find_value::<i64>(connection, sql, values).await?.is_some())
}

/// Forgets what earlier checks found.
pub(crate) async fn clear(connection: &impl ConnectionTrait) -> Result<()> {
    execute(connection, "DELETE FROM damages", []).await.map(drop)
}

/// Forgets one finding.
pub(crate) async fn remove(connection: &impl ConnectionTrait, id: i64) -> Result<()> {
    execute(connection, "DELETE FROM damages WHERE id = $1", [id.into()]).await.map(drop)
}

/// Objects without a row, after `after`: the finding and the location.
pub(crate) async fn unnamed(connection: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<(i64, String)>> {
    let sql = "SELECT id, subject FROM damages WHERE kind = 'unnamed' AND id > $1 ORDER BY id LIMIT $2";
    let rows = all(connection, sql, [after.into(), signed(limit).into()]).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// What was found after `after`, in that order; only what keeps somebody from something where that is asked for.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    after: i64,
    only_damage: bool,
    limit: u64,
) -> Result<Vec<Damage>> {
    let filter = if only_damage { "AND d.kind NOT IN ('unnamed', 'mended')" } else { "" };
    let sql = format!(
        "SELECT d.id, d.kind, d.subject, d.repository, d.tags, d.tag_count, d.at, CAST(CASE WHEN d.kind = 'mended' THEN 1 \
         WHEN d.kind = 'tag_lost' THEN (SELECT COUNT(*) FROM tags t JOIN manifests m ON m.id = t.manifest_id \
         WHERE t.repository_id = d.repository_id AND t.name = d.subject) \
         WHEN d.kind = 'tag_moved' THEN 1 - (SELECT COUNT(*) FROM tag_events e \
         JOIN tags t ON t.repository_id = e.repository_id AND t.name = e.tag JOIN manifests m ON m.id = t.manifest_id \
         WHERE e.id = (SELECT MAX(n.id) FROM tag_events n WHERE n.repository_id = d.repository_id AND n.tag = d.subject) \
         AND {ELSEWHERE}) \
         WHEN d.blob_id IS NOT NULL THEN 1 - (SELECT COUNT(*) FROM blobs b WHERE b.id = d.blob_id AND b.state = 'damaged') \
         WHEN d.manifest_id IS NOT NULL THEN 1 - (SELECT COUNT(*) FROM manifests m WHERE m.id = d.manifest_id \
         AND m.damaged = TRUE) ELSE 0 END AS BIGINT) FROM damages d WHERE d.id > $1 {filter} ORDER BY d.id LIMIT $2"
    );
    all(connection, &sql, [after.into(), signed(limit).into()]).await?.iter().map(damage).collect()
}

fn damage(row: &QueryResult) -> Result<Damage> {
    let id: i64 = row.try_get_by_index(0)?;
    let wrong = |column| Error::Inconsistent { table: "damages", column, row: id.to_string() };
    let kind: String = row.try_get_by_index(1)?;
    let repository: String = row.try_get_by_index(3)?;
    Ok(Damage {
        id,
        kind: DamageKind::ALL.into_iter().find(|known| kind_text(*known) == kind).ok_or_else(|| wrong("kind"))?,
        subject: row.try_get_by_index(2)?,
        repository: (!repository.is_empty()).then_some(repository),
        tags: serde_json::from_str(&row.try_get_by_index::<String>(4)?).map_err(|_| wrong("tags"))?,
        tag_count: unsigned(row.try_get_by_index(5)?),
        at: from_micros(row.try_get_by_index(6)?),
        healed: row.try_get_by_index::<i64>(7)? != 0,
    })
}

/// The repositories that link a blob, each with the tags that need it.
pub(crate) async fn hit_by_blob(connection: &impl ConnectionTrait, blob: i64) -> Result<Vec<Hit>> {
    let sql = format!(
        "SELECT l.repository_id, p.name || '/' || r.path FROM repository_blobs l JOIN repositories r ON r.id = l.repository_id \
         JOIN projects p ON p.id = r.project_id WHERE l.blob_id = $1 ORDER BY 2 LIMIT {REPOSITORIES}"
    );
    let named =
        above("SELECT n.manifest_id, 0 FROM manifest_references n WHERE n.repository_id = $1 AND n.blob_id = $2");
    let mut hits = Vec::new();
    for row in all(connection, &sql, [blob.into()]).await? {
        let repository: i64 = row.try_get_by_index(0)?;
        hits.push(hit(connection, (repository, row.try_get_by_index(1)?), &named, blob).await?);
    }
    Ok(hits)
}

/// The repository of a manifest, with the tags that need it.
pub(crate) async fn hit_by_manifest(connection: &impl ConnectionTrait, repository: i64, manifest: i64) -> Result<Hit> {
    let sql =
        "SELECT p.name || '/' || r.path FROM repositories r JOIN projects p ON p.id = r.project_id WHERE r.id = $1";
    let name = find_value(connection, sql, [repository.into()]).await?.unwrap_or_default();
    let named = above("SELECT CAST($2 AS BIGINT), 0");
    hit(connection, (repository, name), &named, manifest).await
}

/// Selects the tags of manifests that `start` selects, and of the indexes that have them in them, in repository `$1`.
fn above(start: &str) -> String {
    format!(
        "WITH RECURSIVE above (id, depth) AS ({start} UNION SELECT c.manifest_id, a.depth + 1 FROM above a \
         JOIN manifest_references c ON c.child_id = a.id WHERE c.repository_id = $1 AND a.depth < {DEPTH}) \
         SELECT DISTINCT t.name FROM above a JOIN tags t ON t.manifest_id = a.id"
    )
}

async fn hit(
    connection: &impl ConnectionTrait,
    (repository, name): (i64, String),
    named: &str,
    id: i64,
) -> Result<Hit> {
    let values = || -> [Value; 2] { [repository.into(), id.into()] };
    let sql = format!("SELECT x.name FROM ({named}) x ORDER BY x.name LIMIT {TAGS}");
    let rows = all(connection, &sql, values()).await?;
    let tags = rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<Vec<String>>>()?;
    let mut tag_count = tags.len() as u64;
    if tags.len() == TAGS {
        tag_count = unsigned(sql::get_value(connection, &format!("SELECT COUNT(*) FROM ({named}) x"), values()).await?);
    }
    Ok(Hit { repository: Some(repository), name, tags, tag_count })
}
