//! Running one statement written as SQL.
//!
//! Statements here are portable between SQLite and PostgreSQL and number their values (`$1`). A text that never changes
//! is prepared once a connection, so whatever is hot is one constant string. The state of a blob is written out
//! (`state = 'live'`), as only then the partial index serves.

use crate::{Clock, Error, Result, error::NUL};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, QueryResult, Statement, TryGetable, Value};
use std::fmt::Write as _;

/// How many values a list in one statement holds at most; longer lists go in several statements.
pub(crate) const LIST: usize = 500;

/// A statement with its values.
///
/// # Errors
/// [`Error::Invalid`] on a text with a NUL in it, which PostgreSQL cannot hold: whoever sends one is told so, on SQLite too, so that
/// its copies can go to PostgreSQL.
fn statement(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Statement> {
    let values: Vec<Value> = values.into_iter().collect();
    if values.iter().any(|value| matches!(value, Value::String(Some(text)) if text.contains('\0'))) {
        let message = "a text may not have the character NUL (U+0000) in it".to_owned();
        return Err(Error::Invalid { field: "text", code: NUL, message });
    }
    Ok(Statement::from_sql_and_values(connection.get_database_backend(), sql, values))
}

/// The first row, if there is one.
pub(crate) async fn one(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<QueryResult>> {
    let statement = statement(connection, sql, values)?;
    Ok(connection.query_one_raw(statement).await?)
}

/// All rows.
pub(crate) async fn all(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>> {
    let statement = statement(connection, sql, values)?;
    Ok(connection.query_all_raw(statement).await?)
}

/// The first row as a value, if there is one.
pub(crate) async fn find<T: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>> {
    let row = one(connection, sql, values).await?;
    Ok(row.map(|row| T::from_query_result(&row, "")).transpose()?)
}

/// All rows as values; the statement itself bounds how many.
pub(crate) async fn list<T: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>> {
    let rows = all(connection, sql, values).await?;
    rows.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, _>>().map_err(Error::from)
}

/// The first column of the first row, if there is one.
pub(crate) async fn find_value<T: TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>> {
    let row = one(connection, sql, values).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// The first column of a row that there always is: a count, a sum, an id that `RETURNING` gives.
pub(crate) async fn get_value<T: TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<T> {
    let value = find_value(connection, sql, values).await?;
    value.ok_or_else(|| Error::Database("a statement gave no row".into()))
}

/// One column's texts in byte order, none of which has a comma in it. `select` names the column and bounds the rows.
///
/// They come as one row: each row is handed over between threads, which costs more than finding it.
pub(crate) async fn names(
    connection: &impl ConnectionTrait,
    column: &str,
    select: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<String>> {
    let sql = format!("SELECT string_agg({column}, ',' ORDER BY {column}) FROM ({select}) AS page");
    let joined: Option<String> = get_value(connection, &sql, values).await?;
    Ok(joined.map(|joined| joined.split(',').map(ToOwned::to_owned).collect()).unwrap_or_default())
}

/// How many rows it changed.
pub(crate) async fn execute(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64> {
    let statement = statement(connection, sql, values)?;
    Ok(connection.execute_raw(statement).await?.rows_affected())
}

/// The database's own time as an expression: for what processes decide about each other, whatever their clocks say.
pub(crate) fn clock(connection: &impl ConnectionTrait) -> &'static str {
    match connection.get_database_backend() {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        _ => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    }
}

/// The database's own time.
pub(crate) async fn time(connection: &impl ConnectionTrait) -> Result<i64> {
    get_value(connection, &format!("SELECT {}", clock(connection)), []).await
}

/// The time that decides what ends for everybody who shares the database: its own, unless a test moves everybody's.
pub(crate) async fn common_time(connection: &impl ConnectionTrait, clock: &dyn Clock) -> Result<i64> {
    match clock.common() {
        Some(now) => Ok(super::micros(now)),
        None => time(connection).await,
    }
}

/// `$4, $5, $6` for three values from the fourth on.
pub(crate) fn places(first: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 6);
    for place in first..first + count {
        let separator = if place == first { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}${place}");
    }
    text
}

/// A size or count as it is stored. Nothing is as large as would not fit.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A stored size or count. They are never below zero.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere.
pub(crate) fn anywhere(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// The first text after all that begin with `prefix`, in byte order: `text >= prefix AND text < after_prefix(prefix)`.
pub(crate) fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_from_the_first() {
        assert_eq!(places(3, 3), "$3, $4, $5");
        assert_eq!(places(1, 0), "");
    }

    #[test]
    fn a_pattern_takes_wildcards_by_their_word() {
        assert_eq!(anywhere(r"a%b_c\d"), r"%a\%b\_c\\d%");
    }
}
