//! When and from where robots and access tokens were last used.

use super::{sql, traffic::rows_of};
use crate::Result;
use sea_orm::ConnectionTrait;

/// Notes uses, each with its row, time and address, up to a few hundred; an older one than is known changes nothing, and what
/// is gone is left alone.
pub(crate) async fn add(
    connection: &impl ConnectionTrait,
    table: &'static str,
    uses: &[(i64, i64, String)],
) -> Result<()> {
    let rows = uses.iter().map(|(id, at, from)| [(*id).into(), (*at).into(), from.as_str().into()]);
    let Some((rows, values)) = rows_of(rows) else { return Ok(()) };
    let statement = format!(
        "UPDATE {table} SET last_used_at = v.column2, last_used_from = v.column3 FROM (VALUES {rows}) v \
         WHERE {table}.id = v.column1 AND COALESCE({table}.last_used_at, 0) < v.column2"
    );
    sql::execute(connection, &statement, values).await?;
    Ok(())
}
