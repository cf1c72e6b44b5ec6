//! A page of what is worked out as a whole each time.

use crate::{Error, Result};
use api_types::Page;

/// Rows of a page.
const ROWS: u64 = 50;

/// Of all that is worked out, what stands on the page that is wanted.
#[derive(Debug)]
pub(crate) struct Window<T> {
    offset: u64,
    seen: u64,
    items: Vec<T>,
}

impl<T> Window<T> {
    /// The page that begins where the page beside it says; the first one where nothing is said.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is none.
    pub(crate) fn at(cursor: &str) -> Result<Self> {
        let wrong = |_| Error::Invalid {
            field: "cursor",
            code: "cursor_malformed",
            message: "the page's cursor is malformed: start at the first page".to_owned(),
        };
        let offset = if cursor.is_empty() { 0 } else { cursor.parse::<u32>().map_err(wrong)? };
        Ok(Self { offset: u64::from(offset), seen: 0, items: Vec::new() })
    }

    /// Counts the next row, and keeps it where it stands on the page.
    pub(crate) fn take(&mut self, row: impl FnOnce() -> T) {
        if (self.offset..self.offset + ROWS).contains(&self.seen) {
            self.items.push(row());
        }
        self.seen += 1;
    }

    /// The page, once all rows were counted.
    pub(crate) fn page(self) -> Page<T> {
        let Self { offset, seen, items } = self;
        let end = offset + ROWS;
        Page {
            items,
            total: seen,
            offset,
            next: (end < seen).then(|| end.to_string()),
            previous: (offset > 0).then(|| offset.saturating_sub(ROWS).to_string()),
        }
    }
}
