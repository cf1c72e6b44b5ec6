//! Who may do what: the actors, the permissions, and the one place that decides.
//!
//! A service resolves a project or a repository *for* a right and gets a proof of it:
//!
//! ```text
//! let repository = self.access.repository(actor, name, may::Push).await?; // AuthorizedRepository<may::Push>
//! ```
//!
//! Rights are the union of the public's and the account's own, an access token or robot has no more than it was given, and a
//! registry token narrows further to the repositories it was made for. All of that is looked up at each use and is at most a
//! second old; what this process changes ([`Access::forget`]) counts at once. With the facts at hand a decision costs no statement.
//!
//! What an actor may not know of is answered like what does not exist, after the same look-ups.
//!
//! A name that a project had before leads to it for pulling alone, until another project takes the name. It is looked for only where
//! no project has the name.
//!
//! Where several processes serve from one database, a client may have created a project or a repository, or deleted one and
//! made it anew, through another one a moment ago. So names are looked up each time there, project and repository in one
//! statement, and of accounts and roles only what is there is remembered: rights that are taken away end within a second, and
//! nothing is denied from memory because it was not there before.

mod account;
mod actor;
mod authorized;
mod explain;
mod lack;
mod names;
mod permission;

pub(crate) use account::{Account, AccountKind, RobotPermission};
pub use account::{SecretMark, TokenScope};
pub use actor::{
    AccessTokenId, Actions, Actor, Grant, LabelId, MemberId, Origin, ProjectId, RepositoryId, RobotId, Subject, UserId,
};
pub use api_types::{Permission, TokenLevel, Word};
pub(crate) use authorized::Scope;
pub use authorized::{Administrator, AuthorizedProject, AuthorizedRepository, Visibility};
pub use lack::Lack;
pub(crate) use permission::{Named, role_number};
pub use permission::{Rights, may};

use crate::{
    Clock, Error, Result,
    db::{self, Db},
    freshness::{Fresh, Freshness},
};
use api_types::Role;
use may::Right;
use names::ProjectFacts;
use oci::{ProjectName, RepositoryName};
use std::sync::{Arc, atomic::Ordering};

/// Decides. Looks at the database for what the subject may do now; nothing is remembered for more than a second.
#[derive(Clone, Debug)]
pub struct Access(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    freshness: Freshness,
    /// Of what names stand for.
    naming: Freshness,
    accounts: Fresh<Subject, Option<Arc<Account>>>,
    projects: Fresh<Box<str>, Arc<ProjectFacts>>,
    roles: Fresh<(UserId, i64), Option<Role>>,
    repositories: Fresh<Box<str>, (ProjectId, RepositoryId)>,
}

/// What an actor has in a project, before anything is asked for.
struct Standing {
    project: Arc<ProjectFacts>,
    role: Option<Role>,
    rights: Rights,
}

/// Where rights come from: the actor's account at this moment.
enum Source {
    Everything,
    Nobody,
    Account(Arc<Account>),
}

impl Source {
    /// What the actor has of its own, without what everybody has, in a project where the person behind it has this role.
    fn rights(&self, project: ProjectId, role: Option<Role>) -> Rights {
        match self {
            Self::Everything => Rights::ALL,
            Self::Nobody => Rights::NONE,
            Self::Account(account) => account.rights(project, role),
        }
    }
}

/// What an actor has of its own in projects, for lists that come with the roles.
pub(crate) struct OwnRights(Source);

impl OwnRights {
    /// In a project where the person behind the actor has this role.
    pub(crate) fn in_project(&self, project: ProjectId, role: Option<Role>) -> Rights {
        self.0.rights(project, role)
    }
}

impl Access {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        let generation = Arc::default();
        let freshness = || Freshness::following(Arc::clone(&clock), Arc::clone(&generation));
        Self(Arc::new(Inner {
            naming: freshness().unless_shared(db.is_shared()),
            freshness: freshness(),
            db,
            clock,
            accounts: Fresh::new(10_000),
            projects: Fresh::new(10_000),
            roles: Fresh::new(50_000),
            repositories: Fresh::new(50_000),
        }))
    }

    /// A project, for a right in it.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`] where there is none that the actor may know of; [`Error::Forbidden`] where it is seen but
    /// the right is missing ([`Error::Unauthenticated`] for the anonymous); [`Error::BeyondGrant`] for a registry token, which
    /// speaks of repositories only; [`Error::Unauthenticated`] when the account no longer stands;
    /// [`Error::PasswordChangeRequired`] while it has the default password.
    pub async fn project<R: Right>(&self, actor: &Actor, name: &ProjectName, right: R) -> Result<AuthorizedProject<R>> {
        if actor.grants().is_some() {
            return Err(Error::BeyondGrant { what: name.to_string(), action: R::PERMISSION.action() });
        }
        let project = self.project_facts(name.as_str()).await?;
        self.authorize(actor, project, right).await
    }

    /// A repository, for a right in its project. It need not exist: see [`AuthorizedRepository::get_id`].
    ///
    /// # Errors
    /// As [`Access::project`]; [`Error::RepositoryWithoutProject`] for a name of one part; [`Error::BeyondGrant`] where
    /// the actor may, but its registry token was made for another repository, for less, or for a project that had this name before.
    pub async fn repository<R: Right>(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        right: R,
    ) -> Result<AuthorizedRepository<R>> {
        let Some(path) = name.path() else { return Err(Error::RepositoryWithoutProject { name: name.clone() }) };
        let beyond = || Error::BeyondGrant { what: name.to_string(), action: R::PERMISSION.action() };
        let grant = match actor.grants() {
            None => None,
            // A token says nothing of repositories that it was not asked for, not even whether they exist.
            Some(grants) => Some(grants.iter().find(|grant| grant.repository == *name).ok_or_else(beyond)?),
        };
        let (facts, known) = self.look_up(name.project(), path).await?;
        let mut project = self.authorize(actor, facts, right).await?;
        if let Some(grant) = grant {
            let granted = if grant.project == Some(project.id()) { grant.actions.rights() } else { Rights::NONE };
            project = project.narrowed(granted).ok_or_else(beyond)?;
        }
        let id = match known {
            Some(id) => id,
            None => self.repository_id(project.id(), name, path).await?,
        };
        Ok(AuthorizedRepository::new(project, id, name.clone()))
    }

    /// Proof that the actor administers the whole system.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`] for everybody else, or as [`Access::project`] for accounts that may nothing now.
    pub async fn administrator(&self, actor: &Actor) -> Result<Administrator> {
        if actor.grants().is_some() {
            return Err(Error::AdministratorsOnly);
        }
        match self.source(actor).await? {
            Source::Everything => Ok(Administrator(())),
            Source::Nobody => Err(Error::Unauthenticated),
            Source::Account(account) if account.administers() => Ok(Administrator(())),
            Source::Account(_) => Err(Error::AdministratorsOnly),
        }
    }

    /// The person behind the actor, while their account stands: for what everybody may do for themselves.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for the anonymous, for robots, and when the account no longer stands;
    /// [`Error::PasswordChangeRequired`] while it has the default password.
    pub async fn person(&self, actor: &Actor) -> Result<UserId> {
        match self.source(actor).await? {
            Source::Account(account) => match account.kind {
                AccountKind::Person { user, .. } => Ok(user),
                AccountKind::Robot { .. } => Err(Error::Unauthenticated),
            },
            Source::Everything | Source::Nobody => Err(Error::Unauthenticated),
        }
    }

    /// As [`Access::person`], for what a person did in one project.
    ///
    /// # Errors
    /// Also [`Error::AccountNeeded`] for an access token that was narrowed to other projects, though everybody may see this one.
    pub(crate) async fn person_in(&self, actor: &Actor, project: ProjectId) -> Result<UserId> {
        let person = self.person(actor).await?;
        match self.source(actor).await? {
            Source::Account(account) => match &account.kind {
                AccountKind::Person { narrowed: Some(scope), .. } if scope.rights_in(project).is_empty() => {
                    Err(Error::AccountNeeded)
                }
                _ => Ok(person),
            },
            Source::Everything | Source::Nobody => Ok(person),
        }
    }

    /// What the actor has of its own in each project; nothing for a registry token, which speaks of repositories only.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] and [`Error::PasswordChangeRequired`] as [`Access::project`].
    pub(crate) async fn own_rights(&self, actor: &Actor) -> Result<OwnRights> {
        let source = self.source(actor).await?;
        Ok(OwnRights(if actor.grants().is_some() { Source::Nobody } else { source }))
    }

    /// Who creates a project and becomes its admin; `None` for the operator, who is in no project.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for the anonymous, [`Error::AccountNeeded`] for robots and narrowed access tokens; or as
    /// [`Access::project`] for accounts that may nothing now.
    pub(crate) async fn creator(&self, actor: &Actor) -> Result<Option<UserId>> {
        if actor.grants().is_some() {
            return Err(Error::AccountNeeded);
        }
        match self.source(actor).await? {
            Source::Everything => Ok(None),
            Source::Nobody => Err(Error::Unauthenticated),
            Source::Account(account) => match &account.kind {
                AccountKind::Person { user, narrowed, .. } if narrowed.as_ref().is_none_or(TokenScope::administers) => {
                    Ok(Some(*user))
                }
                _ => Err(Error::AccountNeeded),
            },
        }
    }

    /// Whether the actor has a right in the project of an id, also in one that no name leads to.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] and [`Error::PasswordChangeRequired`] as [`Access::project`].
    pub(crate) async fn may_in<R: Right>(&self, actor: &Actor, project: ProjectId, _: R) -> Result<bool> {
        if actor.grants().is_some() {
            return Ok(false);
        }
        let source = self.source(actor).await?;
        let role = self.role_of(&source, project.0).await?;
        Ok(source.rights(project, role).cover(R::NEEDS))
    }

    /// What of all projects the actor may see, for lists.
    ///
    /// # Errors
    /// [`Error::BeyondGrant`] for a registry token that was not made for the catalog; [`Error::Unauthenticated`] and
    /// [`Error::PasswordChangeRequired`] as [`Access::project`]. The anonymous see public projects.
    pub async fn visibility(&self, actor: &Actor) -> Result<Visibility> {
        if actor.grants().is_some() && !actor.may_list_catalog() {
            return Err(Error::BeyondGrant { what: "the catalog".to_owned(), action: "listing" });
        }
        let (scope, only) = match self.source(actor).await? {
            Source::Everything => (Scope::All, None),
            Source::Nobody => (Scope::Public, None),
            Source::Account(account) => account.visibility(),
        };
        Ok(Visibility { scope, only })
    }

    /// What the actor may do in the named repository now, as a grant for a token: for the token realm.
    ///
    /// A project that does not exist and one that the actor may not know of both give [`Actions::NONE`] and no project.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] and [`Error::PasswordChangeRequired`] as [`Access::project`].
    pub async fn grant(&self, actor: &Actor, name: &RepositoryName, wanted: Actions) -> Result<Grant> {
        let standing = self.standing(actor, self.project_facts(name.project()).await?).await?;
        let (project, actions) = match standing.project.found {
            Some(ref found) if !standing.rights.is_empty() && name.path().is_some() => {
                let (rights, is_own) = (standing.rights, !standing.project.is_former_name());
                let actions = Actions {
                    pull: wanted.pull && rights.has(Word::RepositoryPull),
                    push: wanted.push && is_own && rights.has(Word::RepositoryPush),
                    // What can be deleted with it is looked at again when it is.
                    delete: wanted.delete
                        && is_own
                        && (rights.has(Word::ArtifactDelete) || rights.has(Word::TagDelete)),
                };
                (Some(found.id), actions)
            }
            _ => (None, Actions::NONE),
        };
        Ok(Grant { project, repository: name.clone(), actions })
    }

    /// Makes everything remembered stale. To be called after each committed change of accounts, roles, projects or
    /// repositories' existence, so that this process sees it at once.
    pub(crate) fn forget(&self) {
        self.0.freshness.advance();
    }

    /// The account of a subject while it stands, at most a second old.
    pub(crate) async fn find_account(&self, subject: &Subject) -> Result<Option<Arc<Account>>> {
        match self.0.accounts.find(subject, self.0.freshness.stamp()) {
            Some(account) => Ok(account.filter(|account| account.stands(self.0.clock.now()))),
            None => self.read_account(subject).await,
        }
    }

    /// As [`Access::find_account`], as the database has it now.
    pub(crate) async fn read_account(&self, subject: &Subject) -> Result<Option<Arc<Account>>> {
        let stamp = self.0.freshness.stamp();
        let account = db::access::find_account(self.0.db.reader(), subject).await?.map(Arc::new);
        if account.is_some() || !self.0.db.is_shared() {
            self.0.accounts.keep(subject.clone(), stamp, account.clone());
        }
        Ok(account.filter(|account| account.stands(self.0.clock.now())))
    }

    async fn authorize<R: Right>(&self, actor: &Actor, facts: Arc<ProjectFacts>, _: R) -> Result<AuthorizedProject<R>> {
        let Standing { project, role, rights } = self.standing(actor, facts).await?;
        let not_found = || Error::ProjectNotFound { name: project.name.to_string() };
        let Some(found) = project.found.as_ref().filter(|_| !rights.is_empty()) else { return Err(not_found()) };
        let proof = AuthorizedProject::new(found.id, Arc::clone(&found.name), found.public, role, rights);
        if proof.is_some() && project.is_former_name() && R::PERMISSION != Permission::Pull {
            return Err(Error::ProjectRenamed { was: project.name.to_string(), name: found.name.to_string() });
        }
        if let Some(proof) = proof {
            return Ok(proof);
        }
        let lack = match self.source(actor).await? {
            Source::Nobody => return Err(Error::Unauthenticated),
            Source::Everything => Lack::Role(R::PERMISSION.needed()),
            Source::Account(account) => Lack::of(&account, found.id, R::PERMISSION, R::NEEDS),
        };
        Err(Error::Forbidden {
            action: R::PERMISSION.action(),
            project: project.name.to_string(),
            actor: actor.name().to_owned(),
            lack,
        })
    }

    async fn source(&self, actor: &Actor) -> Result<Source> {
        match actor.subject() {
            Subject::System => Ok(Source::Everything),
            Subject::Anonymous => Ok(Source::Nobody),
            subject => {
                let account = self.find_account(subject).await?.ok_or(Error::Unauthenticated)?;
                if account.must_change_password() {
                    return Err(Error::PasswordChangeRequired);
                }
                Ok(Source::Account(account))
            }
        }
    }

    async fn standing(&self, actor: &Actor, project: Arc<ProjectFacts>) -> Result<Standing> {
        let source = self.source(actor).await?;
        let role = self.role_of(&source, project.number()).await?;
        let own = project.found.as_ref().map_or(Rights::NONE, |found| source.rights(found.id, role));
        let is_public = project.found.as_ref().is_some_and(|found| found.public);
        let rights = if is_public { own.or(Rights::PUBLIC) } else { own };
        // A token that was narrowed to other projects does not tell what its owner is in this one.
        let role = role.filter(|_| !own.is_empty());
        if rights.is_empty() && !project.looked_back.swap(true, Ordering::Relaxed) {
            // What does not exist was looked for among former names; so is what one may not know of.
            db::access::find_renamed_project(self.0.db.reader(), &project.name).await?;
        }
        Ok(Standing { project, role, rights })
    }

    /// The role of the person behind an actor.
    async fn role_of(&self, source: &Source, project: i64) -> Result<Option<Role>> {
        match source {
            Source::Account(account) => match account.kind {
                AccountKind::Person { user, .. } => self.role(user, project).await,
                AccountKind::Robot { .. } => Ok(None),
            },
            Source::Everything | Source::Nobody => Ok(None),
        }
    }

    async fn role(&self, user: UserId, project: i64) -> Result<Option<Role>> {
        let stamp = self.0.freshness.stamp();
        let key = (user, project);
        if let Some(role) = self.0.roles.find(&key, stamp) {
            return Ok(role);
        }
        let role = db::access::find_role(self.0.db.reader(), user, project).await?;
        if role.is_some() || !self.0.db.is_shared() {
            self.0.roles.keep(key, stamp, role);
        }
        Ok(role)
    }
}

#[cfg(test)]
mod tests;
