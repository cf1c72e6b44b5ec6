//! Pages by their number: see [`crate::numbered`].

use super::{
    micros,
    sql::{all, anywhere, get_value, unsigned},
};
use crate::{
    Error, Result,
    numbered::{Condition, MAX_PAGE_SIZE, Numbered, NumberedQuery, Wanted},
};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use time::{
    OffsetDateTime, PrimitiveDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

/// A time as it can stand in a condition beside RFC 3339.
const PLAIN_TIME: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// The most values that a condition lists.
const MAX_VALUES: usize = 100;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Number,
    Text,
    Time,
    Flag,
}

/// A key that conditions and orders may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The word in the query.
    pub(crate) name: &'static str,
    /// The column or expression.
    pub(crate) column: &'static str,
    pub(crate) holds: Holds,
    /// What a condition on it stands in, with `{}` in its place: a sub-select over many values, which give no order.
    pub(crate) within: Option<&'static str>,
}

impl Key {
    pub(crate) const fn new(name: &'static str, column: &'static str, holds: Holds) -> Self {
        Self { name, column, holds, within: None }
    }

    pub(crate) const fn within(self, within: &'static str) -> Self {
        Self { within: Some(within), ..self }
    }

    /// The value of a text, if it is one of this key's.
    fn value(&self, text: &str) -> Result<Value> {
        let wrong = |what: &str| invalid("q", format!("{} is {what}, which {text:?} is not", self.name));
        match self.holds {
            Holds::Text => Ok(text.into()),
            Holds::Number => text.parse::<i64>().map(Value::from).map_err(|_| wrong("a number")),
            Holds::Flag => text.parse::<bool>().map(Value::from).map_err(|_| wrong("true or false")),
            Holds::Time => {
                let wrong = || wrong("a time such as \"2026-11-28 17:00:00\" or 2026-11-28T17:00:00Z");
                time(text).map(Value::from).ok_or_else(wrong)
            }
        }
    }

    fn condition(&self, wanted: &Wanted, values: &mut Vec<Value>) -> Result<String> {
        let column = self.column;
        let mut compared = |operator: &str, text: &str| {
            values.push(self.value(text)?);
            let bare = format!("{column} {operator} ${}", values.len());
            Ok(self.within.map_or_else(|| bare.clone(), |within| within.replace("{}", &bare)))
        };
        let joined = |parts: Vec<String>, word: &str| {
            if parts.is_empty() {
                return Err(invalid("q", format!("the list of values for {} is empty", self.name)));
            }
            Ok(format!("({})", parts.join(word)))
        };
        match wanted {
            Wanted::Is(text) => compared("=", text),
            Wanted::Contains(text) => {
                if self.holds != Holds::Text {
                    return Err(invalid(
                        "q",
                        format!("{} is no text: ask for {}=… instead of ~", self.name, self.name),
                    ));
                }
                values.push(anywhere(&text.to_lowercase()).into());
                let bare = format!("LOWER({column}) LIKE ${} ESCAPE '\\'", values.len());
                Ok(self.within.map_or_else(|| bare.clone(), |within| within.replace("{}", &bare)))
            }
            Wanted::Between(from, to) => {
                let mut parts = Vec::new();
                if let Some(from) = from {
                    parts.push(compared(">=", from)?);
                }
                if let Some(to) = to {
                    parts.push(compared("<=", to)?);
                }
                joined(parts, " AND ")
            }
            Wanted::AnyOf(texts) | Wanted::AllOf(texts) => {
                if texts.len() > MAX_VALUES {
                    return Err(invalid("q", format!("at most {MAX_VALUES} values can be listed")));
                }
                let parts = texts.iter().map(|text| compared("=", text)).collect::<Result<_>>()?;
                joined(parts, if matches!(wanted, Wanted::AnyOf(_)) { " OR " } else { " AND " })
            }
        }
    }
}

/// The time that a condition speaks of, in microseconds.
pub(crate) fn time(text: &str) -> Option<i64> {
    let time = PrimitiveDateTime::parse(text, PLAIN_TIME).map(PrimitiveDateTime::assume_utc);
    time.or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).ok().map(micros)
}

/// A list to be cut into numbered pages.
#[derive(Clone, Debug)]
pub(crate) struct NumberedList<'a> {
    /// The columns of a row.
    pub(crate) columns: &'a str,
    pub(crate) from: &'a str,
    /// What holds of every row.
    pub(crate) condition: String,
    /// The condition's values.
    pub(crate) values: Vec<Value>,
    /// What may be asked for.
    pub(crate) keys: &'a [Key],
    /// The order where none is asked for; its last part is unique, and breaks the ties of every other order.
    pub(crate) order: &'a str,
}

impl NumberedList<'_> {
    /// # Errors
    /// [`Error::Invalid`] on `q` or `sort` for a key that the list does not have, or a value that the key cannot have.
    pub(crate) async fn page<T>(
        mut self,
        connection: &impl ConnectionTrait,
        query: &NumberedQuery,
        item: impl Fn(&QueryResult) -> Result<T>,
    ) -> Result<Numbered<T>> {
        for Condition { key, wanted } in &query.conditions {
            let known = self.key("q", key, |_| true)?;
            let condition = known.condition(wanted, &mut self.values)?;
            self.condition = format!("{} AND {condition}", self.condition);
        }
        let mut order = String::new();
        for key in &query.sort {
            let column = self.key("sort", &key.name, |key| key.within.is_none())?.column;
            order = format!("{order}{column} {}, ", if key.descending { "DESC NULLS LAST" } else { "ASC NULLS FIRST" });
        }
        let Self { columns, from, condition, values, order: last, .. } = self;
        let count = format!("SELECT COUNT(*) FROM {from} WHERE {condition}");
        let total = unsigned(get_value(connection, &count, values.clone()).await?);
        let size = query.size.clamp(1, MAX_PAGE_SIZE);
        let offset = u64::from(query.page.saturating_sub(1)) * u64::from(size);
        if offset >= total {
            return Ok(Numbered { items: Vec::new(), total });
        }
        let sql = format!(
            "SELECT {columns} FROM {from} WHERE {condition} ORDER BY {order}{last} LIMIT {size} OFFSET {offset}"
        );
        let rows = all(connection, &sql, values).await?;
        Ok(Numbered { items: rows.iter().map(item).collect::<Result<_>>()?, total })
    }

    fn key(&self, field: &'static str, name: &str, fits: impl Fn(&Key) -> bool) -> Result<Key> {
        let known = self.keys.iter().filter(|key| fits(key));
        known.clone().find(|key| key.name == name).copied().ok_or_else(|| {
            let names: Vec<_> = known.map(|key| key.name).collect();
            invalid(field, format!("this list has no key {name:?}; it knows {}", names.join(", ")))
        })
    }
}

fn invalid(field: &'static str, message: String) -> Error {
    Error::Invalid { field, code: "query_malformed", message }
}
