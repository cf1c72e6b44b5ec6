//! Projects by the number of their page and by their id, for REST.

use super::{Projects, hide, person};
use crate::{
    Actor, Error, Result,
    access::{ProjectId, UserId, Word, may},
    db,
    numbered::{Numbered, NumberedQuery},
};
use api_types::Role;
use oci::ProjectName;
use time::OffsetDateTime;

/// A project with all that its row has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRecord {
    /// The immutable id.
    pub id: ProjectId,
    /// The name.
    pub name: String,
    /// Whether everybody may pull.
    pub public: bool,
    /// A sentence about it; may be empty.
    pub description: String,
    /// How many repositories.
    pub repositories: u64,
    /// Bytes that count towards the quota: of the distinct blobs that the project links, without those that only what was deleted
    /// holds.
    pub storage_used: u64,
    /// Bytes allowed; absent without a quota, and for those who may not know it.
    pub storage_quota: Option<u64>,
    /// Who created it.
    pub owner: Option<UserId>,
    /// The name they had then, also when they are gone; empty where no person did.
    pub owner_name: String,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When its settings were last changed.
    pub updated_at: OffsetDateTime,
    /// The viewer's own role.
    pub role: Option<Role>,
}

/// A project in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectNumbers {
    /// Its row.
    pub record: ProjectRecord,
    /// Whether the viewer may read the quota.
    pub sees_quota: bool,
    /// Members by role, for those who may see members; roles that nobody has are left out.
    pub members: Option<Vec<(Role, u64)>>,
}

/// How much somebody sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Public projects.
    pub public_projects: u64,
    /// Repositories in them.
    pub public_repositories: u64,
    /// Other projects.
    pub private_projects: u64,
    /// Repositories in them.
    pub private_repositories: u64,
    /// Bytes in the store; for those who see everything.
    pub stored: Option<u64>,
}

impl Projects {
    /// The name of a project that the actor may know of, by its id.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], which names the id, for a project of others too.
    pub async fn name_of(&self, actor: &Actor, id: ProjectId) -> Result<ProjectName> {
        let visibility = self.access.visibility(actor).await?;
        let name = db::project_records::find_name(self.db.reader(), &visibility, id).await?;
        let name = name.ok_or_else(|| Error::ProjectNotFound { name: id.0.to_string() })?;
        name.parse().map_err(|_| Error::Inconsistent { table: "projects", column: "name", row: id.0.to_string() })
    }

    /// Projects that the actor may see, by name where no other order is asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `q` or `sort` for keys and values that there are not.
    pub async fn list_records(&self, actor: &Actor, query: &NumberedQuery) -> Result<Numbered<ProjectRecord>> {
        let visibility = self.access.visibility(actor).await?;
        let mut page = db::project_records::list(self.db.reader(), &visibility, person(actor), query).await?;
        let own = self.access.own_rights(actor).await?;
        for project in &mut page.items {
            let rights = own.in_project(project.id, project.role);
            hide(rights, &mut project.role, &mut project.storage_quota);
        }
        Ok(page)
    }

    /// One project.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`].
    pub async fn get_record(&self, actor: &Actor, name: &ProjectName) -> Result<ProjectRecord> {
        let project = self.access.project(actor, name, may::Pull).await?;
        let record = db::project_records::find(self.db.reader(), project.id(), person(actor)).await?;
        let mut record = record.ok_or_else(|| Error::ProjectNotFound { name: name.to_string() })?;
        record.role = project.role();
        hide(project.rights(), &mut record.role, &mut record.storage_quota);
        Ok(record)
    }

    /// How many projects and repositories the actor sees.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for accounts that no longer stand.
    pub async fn statistics(&self, actor: &Actor) -> Result<Statistics> {
        let visibility = self.access.visibility(actor).await?;
        let counts = db::project_records::counts(self.db.reader(), &visibility).await?;
        let stored = if visibility.is_everything() {
            Some(db::overview::sums(self.db.reader(), &visibility).await?.stored)
        } else {
            None
        };
        Ok(Statistics {
            public_projects: counts.public.0,
            public_repositories: counts.public.1,
            private_projects: counts.private.0,
            private_repositories: counts.private.1,
            stored,
        })
    }

    /// One project in numbers.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`].
    pub async fn get_numbers(&self, actor: &Actor, name: &ProjectName) -> Result<ProjectNumbers> {
        let project = self.access.project(actor, name, may::Pull).await?;
        let record = self.get_record(actor, name).await?;
        let members = if project.rights().has(Word::MemberList) {
            Some(db::members::count_by_role(self.db.reader(), project.id()).await?)
        } else {
            None
        };
        Ok(ProjectNumbers { record, sees_quota: project.rights().has(Word::QuotaRead), members })
    }

    /// Opens a project to everybody or to members alone; `None` changes nothing.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::Forbidden`].
    pub async fn set_access(&self, actor: &Actor, name: &ProjectName, public: Option<bool>) -> Result<()> {
        let project = self.access.project(actor, name, may::Administer).await?;
        let Some(public) = public.filter(|public| *public != project.is_public()) else { return Ok(()) };
        self.change(actor, &project, Some(public), None).await
    }

    /// Changes what a project says of itself, and nothing else.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::Forbidden`], [`Error::Invalid`] on `description`.
    pub async fn describe(&self, actor: &Actor, name: &ProjectName, description: &str) -> Result<()> {
        let project = self.access.project(actor, name, may::Administer).await?;
        self.change(actor, &project, None, Some(super::description(description)?)).await
    }
}
