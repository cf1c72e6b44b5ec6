//! What was proven: this actor may do that here. Only [`super::Access`] makes these values.

use super::{
    ProjectId, RepositoryId, UserId,
    permission::{Rights, may::Right},
};
use crate::{Error, Result};
use api_types::{ProjectRights, Role};
use oci::RepositoryName;
use std::{marker::PhantomData, sync::Arc};

/// A project that exists, and in which the actor has the right `R` now. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuthorizedProject<R> {
    id: ProjectId,
    name: Arc<str>,
    public: bool,
    role: Option<Role>,
    rights: Rights,
    right: PhantomData<R>,
}

impl<R: Right> AuthorizedProject<R> {
    /// The proof, if the rights contain it.
    pub(super) fn new(id: ProjectId, name: Arc<str>, public: bool, role: Option<Role>, rights: Rights) -> Option<Self> {
        rights.cover(R::NEEDS).then_some(Self { id, name, public, role, rights, right: PhantomData })
    }

    /// The same with no more than these rights, if the proven one is among them.
    pub(super) fn narrowed(self, rights: Rights) -> Option<Self> {
        Self::new(self.id, self.name, self.public, self.role, self.rights.and(rights))
    }

    /// The project's immutable id.
    pub fn id(&self) -> ProjectId {
        self.id
    }

    /// The project's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether everybody may pull.
    pub fn is_public(&self) -> bool {
        self.public
    }

    /// The actor's own role; absent for system administrators, robots and passers-by, and for a token that was narrowed to other
    /// projects.
    pub fn role(&self) -> Option<Role> {
        self.role
    }

    /// All that the actor, with the token it showed, may do in this project.
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// All that the actor may do in this project, as a page wants to know it.
    pub fn may(&self) -> ProjectRights {
        self.rights.for_page()
    }

    /// The proof of another right, if the actor has that too.
    pub fn also<Other: Right>(&self, _: Other) -> Option<AuthorizedProject<Other>> {
        AuthorizedProject::new(self.id, Arc::clone(&self.name), self.public, self.role, self.rights)
    }
}

/// A repository in whose project the actor has the right `R` now, and which the actor's token, if any, covers.
/// The repository itself need not exist yet: a push creates it. Cheap to clone but for the name.
#[derive(Clone, Debug)]
pub struct AuthorizedRepository<R> {
    project: AuthorizedProject<R>,
    id: Option<RepositoryId>,
    name: RepositoryName,
}

impl<R: Right> AuthorizedRepository<R> {
    pub(super) fn new(project: AuthorizedProject<R>, id: Option<RepositoryId>, name: RepositoryName) -> Self {
        Self { project, id, name }
    }

    /// Its project.
    pub fn project(&self) -> &AuthorizedProject<R> {
        &self.project
    }

    /// The repository's immutable id; absent while nothing was pushed to it. At most a second old: a statement that
    /// counts on it must find out from its rows or foreign keys if it has gone.
    pub fn id(&self) -> Option<RepositoryId> {
        self.id
    }

    /// The repository's immutable id.
    ///
    /// # Errors
    /// [`Error::RepositoryNotFound`] while it does not exist.
    pub fn get_id(&self) -> Result<RepositoryId> {
        self.id.ok_or_else(|| Error::RepositoryNotFound { name: self.name.clone() })
    }

    /// The full name.
    pub fn name(&self) -> &RepositoryName {
        &self.name
    }

    /// The name after the project's; never empty.
    pub fn path(&self) -> &str {
        self.name.path().unwrap_or_default()
    }
}

/// A system administrator, the operator or the server itself.
#[derive(Clone, Copy, Debug)]
pub struct Administrator(pub(super) ());

/// Which projects an actor may see in lists, searches and sums; see `db::access::visible`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Visibility {
    pub(crate) scope: Scope,
    /// An access token's own narrowing: beside these, only public projects.
    pub(crate) only: Option<Arc<[ProjectId]>>,
}

impl Visibility {
    /// Whether nothing is hidden.
    pub(crate) fn is_everything(&self) -> bool {
        self.scope == Scope::All && self.only.is_none()
    }
}

/// The widest that an account sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// Every project.
    All,
    /// Public ones.
    Public,
    /// Public ones, and where the person is a member.
    Member(UserId),
    /// Public ones, and those that a robot was given.
    Projects(Arc<[ProjectId]>),
}
