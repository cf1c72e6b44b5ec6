//! The history of tags.

use super::{
    actors, from_micros,
    page::{KeyType, List, Order},
};
use crate::{Result, access::RepositoryId};
use api_types::{ListQuery, Page, TagMove};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// As things happened, the last one first.
const ORDERS: [Order; 1] =
    [Order { name: "newest", key: "e.id", key_type: KeyType::Number, tie: "e.id", descending: true }];

const COLUMNS: &str = "e.digest, e.previous_digest, e.actor_kind, e.actor_name, e.at, \
                       CAST(CASE WHEN EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = e.repository_id \
                       AND m.digest = e.digest) THEN 1 ELSE 0 END AS BIGINT)";

/// A page of the moves of a tag, the newest first, also of one that was deleted.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    repository: RepositoryId,
    tag: &str,
    query: &ListQuery,
) -> Result<Page<TagMove>> {
    let values: [Value; 2] = [repository.0.into(), tag.into()];
    let list = List {
        columns: COLUMNS,
        from: "tag_events e",
        count_from: "tag_events e",
        condition: "e.repository_id = $1 AND e.tag = $2",
        values: &values,
        orders: &ORDERS,
    };
    let mut page = list.page(connection, query, moved).await?;
    if page.offset == 0
        && let Some(newest) = page.items.first_mut()
    {
        newest.current = newest.digest.is_some();
    }
    Ok(page)
}

/// A move of a row, before it is known whether it is the last one.
fn moved(row: &QueryResult) -> Result<TagMove> {
    Ok(TagMove {
        digest: row.try_get_by_index(0)?,
        previous: row.try_get_by_index(1)?,
        by: actors::summary(row.try_get_by_index(2)?, row.try_get_by_index(3)?),
        at: from_micros(row.try_get_by_index(4)?),
        present: row.try_get_by_index::<i64>(5)? != 0,
        current: false,
    })
}
