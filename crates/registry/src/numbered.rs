//! Lists by the number of their page, with conditions and orders that the caller words: for clients that count pages.
//!
//! Each list says which keys it knows ([`Error::Invalid`](crate::Error::Invalid) names them); what stands in a query is only ever a
//! value of a statement, never a part of it. Counting to a page costs what lies before it, so the console pages by keyset instead.

/// Rows where nothing else is asked for.
pub const DEFAULT_PAGE_SIZE: u32 = 10;

/// Rows of a page at most.
pub const MAX_PAGE_SIZE: u32 = 100;

/// Which rows are wanted, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedQuery {
    /// The page, from 1 on.
    pub page: u32,
    /// Rows of a page, 1 to [`MAX_PAGE_SIZE`].
    pub size: u32,
    /// Keys of the order, the first one first; the list's own order where there is none.
    pub sort: Vec<SortKey>,
    /// Conditions, all of which must hold.
    pub conditions: Vec<Condition>,
}

impl Default for NumberedQuery {
    fn default() -> Self {
        Self { page: 1, size: DEFAULT_PAGE_SIZE, sort: Vec::new(), conditions: Vec::new() }
    }
}

impl NumberedQuery {
    /// The same with one more condition.
    #[must_use]
    pub fn with(mut self, key: &str, wanted: Wanted) -> Self {
        self.conditions.push(Condition { key: key.to_owned(), wanted });
        self
    }
}

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The key.
    pub name: String,
    /// Whether the largest stands first.
    pub descending: bool,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The key.
    pub key: String,
    /// What it must be.
    pub wanted: Wanted,
}

/// What a key must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Exactly this.
    Is(String),
    /// This somewhere in it, in upper or lower case.
    Contains(String),
    /// Between these, both included; open where absent.
    Between(Option<String>, Option<String>),
    /// One of these.
    AnyOf(Vec<String>),
    /// All of these.
    AllOf(Vec<String>),
}

/// A page, and how many rows there are on all pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<T> {
    /// The rows.
    pub items: Vec<T>,
    /// How many there are under the same conditions.
    pub total: u64,
}

impl<T> Numbered<T> {
    /// The same page of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Numbered<U> {
        Numbered { items: self.items.into_iter().map(change).collect(), total: self.total }
    }
}
