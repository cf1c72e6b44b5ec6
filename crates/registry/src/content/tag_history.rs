//! Where a tag has pointed. It is moved back by [`Tags::create`].

use super::Tags;
use crate::{Actor, Error, Result, access::may, db};
use api_types::TagMove;
use oci::{RepositoryName, Tag};

/// Moves that are told at most.
const MOVES: u32 = 100;

impl Tags {
    /// The last moves of a tag, the newest first, also of one that was deleted.
    ///
    /// # Errors
    /// [`Error::TagNotFound`] for a tag that there never was, [`Error::RepositoryNotFound`]; as [`crate::Access::repository`]
    /// for pulling.
    pub async fn history(&self, actor: &Actor, name: &RepositoryName, tag: &Tag) -> Result<Vec<TagMove>> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let moves = db::tag_moves::list(self.content.db.reader(), repository.get_id()?, tag.as_str(), MOVES).await?;
        if moves.is_empty() {
            return Err(Error::TagNotFound { name: name.clone(), tag: tag.clone() });
        }
        Ok(moves)
    }
}
