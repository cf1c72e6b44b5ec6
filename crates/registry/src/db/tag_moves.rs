//! The history of tags.

use super::{actors, from_micros, sql::all};
use crate::{Result, access::RepositoryId};
use api_types::TagMove;
use sea_orm::ConnectionTrait;

/// The last moves of a tag, the newest first, also of one that was deleted.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    tag: &str,
    limit: u32,
) -> Result<Vec<TagMove>> {
    let sql = format!(
        "SELECT e.digest, e.previous_digest, e.actor_kind, e.actor_name, e.at, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = e.repository_id \
         AND m.digest = e.digest) THEN 1 ELSE 0 END AS BIGINT) \
         FROM tag_events e WHERE e.repository_id = $1 AND e.tag = $2 ORDER BY e.id DESC LIMIT {limit}"
    );
    let rows = all(connection, &sql, [repository.0.into(), tag.into()]).await?;
    rows.iter()
        .enumerate()
        .map(|(at, row)| {
            let digest: Option<String> = row.try_get_by_index(0)?;
            Ok(TagMove {
                current: at == 0 && digest.is_some(),
                digest,
                previous: row.try_get_by_index(1)?,
                by: actors::summary(row.try_get_by_index(2)?, row.try_get_by_index(3)?),
                at: from_micros(row.try_get_by_index(4)?),
                present: row.try_get_by_index::<i64>(5)? != 0,
            })
        })
        .collect()
}
