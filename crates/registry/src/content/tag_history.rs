//! Where a tag has pointed. It is moved back by [`Tags::create`].

use super::Tags;
use crate::{Actor, Error, Result, access::may, db};
use api_types::{ListQuery, Page, TagMove};
use oci::{RepositoryName, Tag};

impl Tags {
    /// The moves of a tag, the newest first, also of one that was deleted. There is one order and no filter.
    ///
    /// # Errors
    /// [`Error::TagNotFound`] for a tag that there never was, [`Error::RepositoryNotFound`]; [`Error::Invalid`] for a cursor that
    /// is none; as [`crate::Access::repository`] for pulling.
    pub async fn history(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        tag: &Tag,
        query: &ListQuery,
    ) -> Result<Page<TagMove>> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let moves = db::tag_moves::list(self.content.db.reader(), repository.get_id()?, tag.as_str(), query).await?;
        if moves.total == 0 {
            return Err(Error::TagNotFound { name: name.clone(), tag: tag.clone() });
        }
        Ok(moves)
    }
}
