//! Keyset pages.

use serde::{Deserialize, Serialize};

/// One page of a list, in the order in which the list is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// How many rows the whole list has under the same filter.
    pub total: u64,
    /// How many rows stand before the first one of this page ("51–100 of 148" starts at 50).
    pub offset: u64,
    /// Cursor of the page after this one.
    pub next: Option<String>,
    /// Cursor of the page before this one.
    pub previous: Option<String>,
}

impl<T> Page<T> {
    /// A list without rows.
    pub fn empty() -> Self {
        Self { items: Vec::new(), total: 0, offset: 0, next: None, previous: None }
    }

    /// The same page of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, total, offset, next, previous } = self;
        Page { items: items.into_iter().map(change).collect(), total, offset, next, previous }
    }
}

/// What a list is asked for; every part can stand in a query string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Case-insensitive part of the name.
    pub filter: String,
    /// The order; each list documents its own keys, and an unknown key is the default one.
    pub sort: String,
    /// A cursor from [`Page::next`] or [`Page::previous`]; empty for the first page.
    pub cursor: String,
    /// Rows wanted, 1 to 100; 0 is the default of 50.
    pub limit: u32,
}
