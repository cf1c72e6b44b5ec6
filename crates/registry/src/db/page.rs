//! Keyset pages of lists, in the order in which they are shown.
//!
//! A list names its table, condition, key and tie-breaker; the page is cut by comparing with the last (or first) row
//! that was shown, so that page 200 costs what page 1 costs. Totals and offsets are counted by the database.

use super::sql::{all, one, unsigned};
use crate::{Error, Result};
use api_types::{ListQuery, Page};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use serde::{Deserialize, Serialize};

/// Rows where nothing else is asked for.
const DEFAULT_LIMIT: u32 = 50;

/// Rows at most.
const MAX_LIMIT: u32 = 100;

/// The type of a key column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    Number,
    Text,
}

/// An order of a list: by a key, then by a tie-breaker that is unique in the list and runs the same way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// The word in the query.
    pub(crate) name: &'static str,
    /// The key's column or expression; never absent.
    pub(crate) key: &'static str,
    /// The key's type.
    pub(crate) key_type: KeyType,
    /// The tie-breaker's column, a number.
    pub(crate) tie: &'static str,
    /// Whether large keys stand first.
    pub(crate) descending: bool,
}

/// A list to be cut into pages.
#[derive(Clone, Debug)]
pub(crate) struct List<'a> {
    /// The columns of a row.
    pub(crate) columns: &'a str,
    /// `FROM` for the rows.
    pub(crate) from: &'a str,
    /// `FROM` for counting, where fewer tables are enough.
    pub(crate) count_from: &'a str,
    /// The condition.
    pub(crate) condition: &'a str,
    /// The condition's values.
    pub(crate) values: &'a [Value],
    /// The orders; the first one is the default.
    pub(crate) orders: &'a [Order],
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// The order that it belongs to.
    #[serde(rename = "o")]
    order: String,
    /// Whether rows before it are wanted.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    before: bool,
    #[serde(rename = "k")]
    key: Key,
    #[serde(rename = "t")]
    tie: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    fn value(&self) -> Value {
        match self {
            Self::Number(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }

    fn is(&self, key_type: KeyType) -> bool {
        matches!((self, key_type), (Self::Number(_), KeyType::Number) | (Self::Text(_), KeyType::Text))
    }
}

impl Cursor {
    fn text(&self) -> String {
        // A cursor is plain numbers and strings, which always have a JSON form.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::Invalid {
            field: "cursor",
            code: "cursor_malformed",
            message: "the page's cursor is malformed: start at the first page".to_owned(),
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        serde_json::from_slice(&bytes).map_err(|_| wrong())
    }
}

/// Rows of a list that is not counted.
#[derive(Debug)]
pub(crate) struct Beside<T> {
    pub(crate) items: Vec<T>,
    /// Cursor of what follows.
    pub(crate) next: Option<String>,
    /// Cursor of what stands before.
    pub(crate) previous: Option<String>,
}

/// Rows and where they stand.
struct Slice {
    rows: Vec<QueryResult>,
    keys: Vec<(Key, i64)>,
}

impl List<'_> {
    /// The page that the query asks for; `item` reads a row's own columns.
    ///
    /// A cursor of another order starts over.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is none.
    pub(crate) async fn page<T>(
        &self,
        connection: &impl ConnectionTrait,
        query: &ListQuery,
        item: impl Fn(&QueryResult) -> Result<T>,
    ) -> Result<Page<T>> {
        let order = self.orders.iter().find(|order| order.name == query.sort).unwrap_or(&self.orders[0]);
        let limit = if query.limit == 0 { DEFAULT_LIMIT } else { query.limit.min(MAX_LIMIT) };
        let cursor = if query.cursor.is_empty() { None } else { Some(Cursor::parse(&query.cursor)?) };
        let cursor = cursor.filter(|cursor| cursor.order == order.name && cursor.key.is(order.key_type));
        let mut slice = self.slice(connection, order, (cursor.as_ref(), 0), limit).await?;
        if cursor.is_some_and(|cursor| cursor.before && slice.rows.len() < limit as usize) {
            // Fewer rows stand before it than a page has: that is the first page, so show it whole.
            slice = self.slice(connection, order, (None, 0), limit).await?;
        }
        let (total, offset) = self.counts(connection, order, slice.keys.first()).await?;
        let items = slice.rows.iter().map(item).collect::<Result<Vec<_>>>()?;
        let end = offset + items.len() as u64;
        let cursor = |before, at: Option<&(Key, i64)>| {
            at.map(|(key, tie)| Cursor { order: order.name.to_owned(), before, key: key.clone(), tie: *tie }.text())
        };
        Ok(Page {
            total,
            offset,
            next: cursor(false, slice.keys.last()).filter(|_| end < total),
            previous: cursor(true, slice.keys.first()).filter(|_| offset > 0),
            items,
        })
    }

    /// Rows beside a cursor of the first order, uncounted: for lists that are too long to be counted for each page. `skip` rows
    /// are left out before the first one, each of which costs what showing it would.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is none.
    pub(crate) async fn beside<T>(
        &self,
        connection: &impl ConnectionTrait,
        (cursor, skip): (&str, u64),
        limit: u32,
        item: impl Fn(&QueryResult) -> Result<T>,
    ) -> Result<Beside<T>> {
        let order = &self.orders[0];
        let cursor = if cursor.is_empty() { None } else { Some(Cursor::parse(cursor)?) };
        let cursor = cursor.filter(|cursor| cursor.order == order.name && cursor.key.is(order.key_type));
        let before = cursor.as_ref().is_some_and(|cursor| cursor.before);
        // One more than is shown tells whether there are more.
        let Slice { mut rows, mut keys } = self.slice(connection, order, (cursor.as_ref(), skip), limit + 1).await?;
        let more = rows.len() > limit as usize;
        if more && before {
            rows.remove(0);
            keys.remove(0);
        } else if more {
            rows.pop();
            keys.pop();
        }
        let mark = |before, at: Option<&(Key, i64)>| {
            at.map(|(key, tie)| Cursor { order: order.name.to_owned(), before, key: key.clone(), tie: *tie }.text())
        };
        Ok(Beside {
            items: rows.iter().map(item).collect::<Result<_>>()?,
            next: mark(false, keys.last()).filter(|_| more || before),
            previous: mark(true, keys.first()).filter(|_| if before { more } else { cursor.is_some() }),
        })
    }

    async fn slice(
        &self,
        connection: &impl ConnectionTrait,
        order: &Order,
        (cursor, skip): (Option<&Cursor>, u64),
        limit: u32,
    ) -> Result<Slice> {
        let Order { key, tie, .. } = *order;
        let before = cursor.is_some_and(|cursor| cursor.before);
        let down = order.descending != before;
        let (direction, comparison) = if down { ("DESC", "<") } else { ("ASC", ">") };
        let mut values = self.values.to_vec();
        let mut after = String::new();
        if let Some(cursor) = cursor {
            values.push(cursor.key.value());
            values.push(cursor.tie.into());
            after = format!(" AND ({key}, {tie}) {comparison} (${}, ${})", values.len() - 1, values.len());
        }
        let offset = if skip == 0 { String::new() } else { format!(" OFFSET {skip}") };
        let sql = format!(
            "SELECT {columns}, {key} AS page_key, {tie} AS page_tie FROM {from} WHERE {condition}{after} \
             ORDER BY {key} {direction}, {tie} {direction} LIMIT {limit}{offset}",
            columns = self.columns,
            from = self.from,
            condition = self.condition,
        );
        let mut rows = all(connection, &sql, values).await?;
        if before {
            rows.reverse();
        }
        let keys = rows.iter().map(|row| read_key(row, order.key_type)).collect::<Result<_>>()?;
        Ok(Slice { rows, keys })
    }

    /// How many rows there are, and how many before the first one shown.
    async fn counts(
        &self,
        connection: &impl ConnectionTrait,
        order: &Order,
        first: Option<&(Key, i64)>,
    ) -> Result<(u64, u64)> {
        let mut values = self.values.to_vec();
        let mut before = "FALSE".to_owned();
        if let Some((key, tie)) = first {
            values.push(key.value());
            values.push((*tie).into());
            let comparison = if order.descending { ">" } else { "<" };
            before = format!("({}, {}) {comparison} (${}, ${})", order.key, order.tie, values.len() - 1, values.len());
        }
        let sql = format!(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE {before}) FROM {} WHERE {}",
            self.count_from, self.condition
        );
        let Some(row) = one(connection, &sql, values).await? else { return Ok((0, 0)) };
        Ok((unsigned(row.try_get_by_index(0)?), unsigned(row.try_get_by_index(1)?)))
    }
}

fn read_key(row: &QueryResult, key_type: KeyType) -> Result<(Key, i64)> {
    let key = match key_type {
        KeyType::Number => Key::Number(row.try_get_by("page_key")?),
        KeyType::Text => Key::Text(row.try_get_by("page_key")?),
    };
    Ok((key, row.try_get_by("page_tie")?))
}
