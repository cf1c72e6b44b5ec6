//! Repositories by the number of their page, for REST.

use super::Repositories;
use crate::{
    Actor, Error, Result,
    access::{ProjectId, RepositoryId, may},
    db,
    numbered::{Numbered, NumberedQuery},
};
use oci::{ProjectName, RepositoryName};
use time::OffsetDateTime;

/// A repository with all that its row has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryRecord {
    /// The immutable id.
    pub id: RepositoryId,
    /// Its project's id.
    pub project: ProjectId,
    /// The full name.
    pub name: String,
    /// Whether everybody may pull.
    pub public: bool,
    /// Plain text; may be empty.
    pub description: String,
    /// How many manifests, tagged or not.
    pub artifacts: u64,
    /// Pulls since it exists.
    pub pulls: u64,
    /// When it came to be.
    pub created_at: OffsetDateTime,
    /// When something was last pushed.
    pub updated_at: OffsetDateTime,
}

impl Repositories {
    /// A project's repositories that something was pushed to, by name where no other order is asked for.
    ///
    /// # Errors
    /// As [`crate::Access::project`] for pulling; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_records(
        &self,
        actor: &Actor,
        project: &ProjectName,
        query: &NumberedQuery,
    ) -> Result<Numbered<RepositoryRecord>> {
        let project = self.content.access.project(actor, project, may::Pull).await?;
        db::repository_records::list(self.content.db.reader(), project.id(), query).await
    }

    /// The repositories of all projects that the actor may see.
    ///
    /// # Errors
    /// As [`crate::Access::visibility`]; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_all_records(&self, actor: &Actor, query: &NumberedQuery) -> Result<Numbered<RepositoryRecord>> {
        let visibility = self.content.access.visibility(actor).await?;
        db::repository_records::list_visible(self.content.db.reader(), &visibility, query).await
    }

    /// One repository that something was pushed to.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`]; as [`crate::Access::repository`] for pulling.
    pub async fn get_record(&self, actor: &Actor, name: &RepositoryName) -> Result<RepositoryRecord> {
        let repository = self.content.access.repository(actor, name, may::Pull).await?;
        let record = db::repository_records::find(self.content.db.reader(), repository.get_id()?).await?;
        record.ok_or_else(|| Error::RepositoryNotFound { name: name.clone() })
    }
}
