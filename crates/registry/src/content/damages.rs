//! What the last check found, and pulls since, for administrators.

use super::Content;
use crate::{Actor, Result, db};
use api_types::DamagePage;

/// Findings that one page has at most.
const MOST: u64 = 1_000;

/// The service of findings.
#[derive(Clone, Debug)]
pub struct Damages {
    content: Content,
}

impl Damages {
    pub(crate) fn new(content: Content) -> Self {
        Self { content }
    }

    /// Findings after the one of this id (0: from the first on), in the order in which they were found, at most `limit` and no more
    /// than a thousand. `only_damage` leaves out what keeps nobody from anything.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`], [`crate::Error::Database`].
    pub async fn list(&self, actor: &Actor, after: i64, only_damage: bool, limit: u64) -> Result<DamagePage> {
        self.content.access.administrator(actor).await?;
        let limit = limit.clamp(1, MOST);
        let mut items = db::damages::list(self.content.db.reader(), after, only_damage, limit + 1).await?;
        let more = items.len() as u64 > limit;
        if more {
            items.pop();
        }
        Ok(DamagePage { next: items.last().map(|last| last.id).filter(|_| more), items })
    }
}
