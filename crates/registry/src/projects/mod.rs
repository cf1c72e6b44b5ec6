//! Projects and their members.

mod members;
mod name;
mod quotas;
mod records;

pub use members::Members;
pub use quotas::SumDifference;
pub(crate) use quotas::check_quota;
pub use records::{ProjectNumbers, ProjectRecord, Statistics};

use crate::{
    Access, Actor, Clock, Error, Ground, Result, Subject,
    access::{AuthorizedProject, ProjectId, Rights, UserId, Word, may},
    content,
    db::{
        self, Db,
        actors::{ActorColumns, Creator},
        audit,
        projects::{NewRow, SettingsRow},
        trash::NewEntry,
    },
    people::Robots,
    settings::Settings,
};
use api_types::{
    ListQuery, NameCheck, NewProject, NewQuota, Page, ProjectCreation, ProjectDetail, ProjectSummary, Role, TrashKind,
};
use oci::ProjectName;
use std::{sync::Arc, time::Duration};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 500;

/// Former names that a project's page lists.
const FORMER_NAMES: u32 = 20;

/// Buried projects that one sweep looks at.
const SWEPT: u32 = 10;

/// The service of projects.
#[derive(Clone, Debug)]
pub struct Projects {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
    robots: Robots,
    settings: Settings,
    /// How long what is deleted can be restored.
    trash_time: Duration,
}

impl Projects {
    pub(crate) fn new((db, access, clock): Ground, robots: Robots, settings: Settings, trash_time: Duration) -> Self {
        Self { db, access, clock, robots, settings, trash_time }
    }

    /// Projects that the actor may see. Sort keys: `pushed` (default, newest first; a project that nobody pushed to stands
    /// where it was created), `name`, `size` (what counts, largest first).
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is none.
    pub async fn list(&self, actor: &Actor, query: &ListQuery) -> Result<Page<ProjectSummary>> {
        let visibility = self.access.visibility(actor).await?;
        let mut page = db::projects::list(self.db.reader(), &visibility, person(actor), query).await?;
        let own = self.access.own_rights(actor).await?;
        for project in &mut page.items {
            let rights = own.in_project(ProjectId(project.id), project.role);
            hide(rights, &mut project.role, &mut project.storage_quota);
        }
        Ok(page)
    }

    /// One project, also by a name that it had before.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`].
    pub async fn get(&self, actor: &Actor, name: &ProjectName) -> Result<ProjectDetail> {
        let project = self.access.project(actor, name, may::Pull).await?;
        let gone = || Error::ProjectNotFound { name: name.to_string() };
        let summary = db::projects::find_summary(self.db.reader(), project.id(), person(actor)).await?;
        let mut summary = summary.ok_or_else(gone)?;
        let details = db::projects::find_details(self.db.reader(), project.id()).await?.ok_or_else(gone)?;
        summary.role = project.role();
        hide(project.rights(), &mut summary.role, &mut summary.storage_quota);
        let rights = project.may();
        let former_names = if rights.administer {
            db::project_aliases::list(self.db.reader(), project.id(), FORMER_NAMES).await?
        } else {
            Vec::new()
        };
        let seen = |count: i64| if rights.see_members { u64::try_from(count).unwrap_or(0) } else { 0 };
        Ok(ProjectDetail {
            summary,
            description: details.description,
            members: seen(details.members),
            robots: seen(details.robots),
            former_names,
            may: rights,
            expiring_robots: match project.also(may::Administer) {
                Some(project) => self.robots.expiring(actor, Some(&project)).await?,
                None => Vec::new(),
            },
        })
    }

    /// Whether a name can be had; it tells no more than creating would.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::AccountNeeded`] or [`Error::ProjectCreationClosed`] for those who may not create projects.
    pub async fn check_name(&self, actor: &Actor, name: &str) -> Result<NameCheck> {
        self.creator(actor).await?;
        self.verdict(name).await
    }

    /// Whether a project can have this name instead of its own. Its own counts as free.
    ///
    /// # Errors
    /// As [`Access::project`] for administering.
    pub async fn check_new_name(&self, actor: &Actor, project: &ProjectName, name: &str) -> Result<NameCheck> {
        let project = self.access.project(actor, project, may::Administer).await?;
        if project.name() == name { Ok(NameCheck::Free) } else { self.verdict(name).await }
    }

    async fn verdict(&self, name: &str) -> Result<NameCheck> {
        if let Some((code, message)) = name::mistake(name) {
            return Ok(NameCheck::Malformed { code: code.to_owned(), message });
        }
        let taken = db::projects::exists(self.db.reader(), name).await?;
        Ok(if taken { NameCheck::Taken } else { NameCheck::Free })
    }

    /// Creates a project; its creator becomes its project admin.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `name` or `description`, [`Error::ProjectNameTaken`]; [`Error::Unauthenticated`],
    /// [`Error::AccountNeeded`] or [`Error::ProjectCreationClosed`] for those who may not create projects.
    pub async fn create(&self, actor: &Actor, project: &NewProject) -> Result<ProjectId> {
        self.create_with_quota(actor, project, NewQuota::Default).await
    }

    /// As [`Projects::create`], with another quota than new projects have.
    ///
    /// # Errors
    /// Also [`Error::AdministratorsOnly`] for any but the default one; [`Error::Invalid`] on `quota`.
    pub async fn create_with_quota(&self, actor: &Actor, project: &NewProject, quota: NewQuota) -> Result<ProjectId> {
        let creator = self.creator(actor).await?;
        let name = name::parse(&project.name)?;
        let quota = self.quota_of_new(actor, quota).await?;
        let row = NewRow {
            name: name.to_string(),
            public: project.public,
            description: description(&project.description)?,
            quota,
            created_by: creator.map(|user| Creator { user, name: actor.name().to_owned() }),
            created_at: self.now(),
        };
        let mut event = audit::Event::new(actor, "project.create", name.as_str())
            .with(serde_json::json!({ "public": project.public }));
        if let Some(quota) = quota {
            event.detail("quota", quota.into());
        }
        let id = self
            .db
            .write((row, event), |txn, (row, event)| {
                Box::pin(async move {
                    let id = db::projects::insert(txn, row).await?;
                    if let Some(creator) = &row.created_by {
                        db::members::set(txn, id, creator.user, Role::ProjectAdmin, row.created_at).await?;
                    }
                    audit::record(txn, &event.clone().in_project(id), row.created_at).await?;
                    Ok(id)
                })
            })
            .await?;
        self.access.forget();
        Ok(id)
    }

    /// Changes access and description.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::Forbidden`], [`Error::Invalid`] on `description`.
    pub async fn update(&self, actor: &Actor, name: &ProjectName, public: bool, description: &str) -> Result<()> {
        let project = self.access.project(actor, name, may::Administer).await?;
        self.change(actor, &project, Some(public), Some(self::description(description)?)).await
    }

    /// Changes what is given. On record is what changed by that: who can see the project from what to what, of the description
    /// only that it did.
    async fn change(
        &self,
        actor: &Actor,
        project: &AuthorizedProject<may::Administer>,
        public: Option<bool>,
        description: Option<String>,
    ) -> Result<()> {
        let event = audit::Event::new(actor, "project.update", project.name()).in_project(project.id());
        let args = (project.id(), public, description, event, self.now());
        let is_there = self
            .db
            .write(args, |txn, (project, public, description, event, now)| {
                Box::pin(async move {
                    // Of two changes at once the second is to find what the first one left.
                    db::locks::name(txn, "project_settings", &project.0.to_string()).await?;
                    let Some(old) = db::projects::find_settings(txn, *project).await? else { return Ok(false) };
                    let new = SettingsRow {
                        public: public.unwrap_or(old.public),
                        description: description.as_ref().unwrap_or(&old.description).clone(),
                    };
                    if new == old {
                        return Ok(true);
                    }
                    let mut event = event.clone();
                    if new.public != old.public {
                        event.detail("public", serde_json::json!({ "from": old.public, "to": new.public }));
                    }
                    if new.description != old.description {
                        event.detail("description", true.into());
                    }
                    let changed = db::projects::update(txn, *project, &new, *now).await?;
                    if changed {
                        audit::record(txn, &event, *now).await?;
                    }
                    Ok(changed)
                })
            })
            .await?;
        self.access.forget();
        if is_there { Ok(()) } else { Err(Error::ProjectNotFound { name: project.name().to_owned() }) }
    }

    /// Gives a project another name. No bytes move, and nothing that is bound to the project changes: members, robots, tokens. The
    /// old name serves pulls until another project takes it; a push to it is refused with the new name.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::Forbidden`]; [`Error::Invalid`] on `name` for what is no name or the one that it has;
    /// [`Error::ProjectNameTaken`]; [`Error::ProjectRenamed`] for whoever comes second.
    pub async fn rename(&self, actor: &Actor, name: &ProjectName, new: &str) -> Result<()> {
        let project = self.access.project(actor, name, may::Administer).await?;
        let new = name::parse(new.trim())?;
        if new.as_str() == project.name() {
            return Err(Error::Invalid {
                field: "name",
                code: "name_unchanged",
                message: format!("the project is called {new} already"),
            });
        }
        let event = audit::Event::new(actor, "project.rename", name.as_str())
            .in_project(project.id())
            .with(serde_json::json!({ "to": new.as_str() }));
        let args = (project.id(), project.name().to_owned(), new.to_string(), event, self.now());
        let renamed = self
            .db
            .write(args, |txn, (project, name, new, event, now)| {
                Box::pin(async move {
                    db::projects::rename(txn, *project, name, new, *now).await?;
                    audit::record(txn, event, *now).await
                })
            })
            .await;
        self.access.forget();
        renamed
    }

    /// Deletes a project that holds no repository; see [`Projects::delete`].
    ///
    /// # Errors
    /// [`Error::ProjectNotEmpty`], [`Error::ProjectNotFound`], [`Error::Forbidden`].
    pub async fn delete_empty(&self, actor: &Actor, name: &ProjectName) -> Result<()> {
        self.remove(actor, name, true).await
    }

    /// Deletes a project with all its repositories, members and robots. It is out of sight and its name free at once, in one
    /// transaction. For a while it can be restored with all of that ([`crate::content::Trash`]).
    ///
    /// Then, or at once where nothing is kept, what it held is removed, a repository at a time; a crash in between is made good by
    /// [`Projects::sweep`], and bytes are freed by collection.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::Forbidden`]; [`Error::TagProtected`] where a repository has a protected tag.
    pub async fn delete(&self, actor: &Actor, name: &ProjectName) -> Result<()> {
        self.remove(actor, name, false).await
    }

    async fn remove(&self, actor: &Actor, name: &ProjectName, only_empty: bool) -> Result<()> {
        let project = self.access.project(actor, name, may::Administer).await?;
        let event = audit::Event::new(actor, "project.delete", name.as_str()).in_project(project.id());
        let now = self.now();
        // As whoever looks whether its time is over.
        let deleted_at = db::sql::common_time(self.db.reader(), &*self.clock).await?;
        let entry = content::kept_until(self.trash_time, deleted_at).map(|expires_at| NewEntry {
            kind: TrashKind::Project,
            name: name.to_string(),
            by: ActorColumns::from(actor),
            now: deleted_at,
            expires_at,
        });
        let kept = entry.is_some();
        let gone = self
            .db
            .write((project.id(), name.to_string(), only_empty, event, (entry, now)), |txn, args| {
                Box::pin(async move {
                    let (project, name, only_empty, event, (entry, now)) = args;
                    if *only_empty {
                        db::projects::require_empty(txn, *project, name).await?;
                    } else {
                        db::protection::refuse_loss_of_project(txn, *project, name).await?;
                    }
                    let gone = match entry {
                        Some(entry) => db::trash::hide_project(txn, *project, entry).await?.is_some(),
                        None => db::projects::bury(txn, *project, *now).await?,
                    };
                    if gone {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(gone)
                })
            })
            .await?;
        self.access.forget();
        if !gone {
            return Err(Error::ProjectNotFound { name: name.to_string() });
        }
        if kept {
            return Ok(());
        }
        // Not in the request: whoever goes away would stop it half way.
        let (db, project) = (self.db.clone(), project.id());
        let clearing = tokio::spawn(async move { clear(&db, project).await });
        clearing.await.map_err(|error| Error::Internal(Box::new(error)))?
    }

    /// Removes what deleted projects still hold; how many were finished.
    pub(crate) async fn sweep(&self) -> Result<u64> {
        let buried = db::projects::list_buried(self.db.reader(), SWEPT).await?;
        let mut finished = 0;
        for project in buried {
            clear(&self.db, project).await?;
            finished += 1;
        }
        Ok(finished)
    }

    /// Who creates a project, as far as the setting allows it.
    async fn creator(&self, actor: &Actor) -> Result<Option<UserId>> {
        let creator = self.access.creator(actor).await?;
        if self.settings.system().await?.project_creation == ProjectCreation::Administrators {
            self.access.administrator(actor).await.map_err(|error| match error {
                Error::AdministratorsOnly => Error::ProjectCreationClosed,
                error => error,
            })?;
        }
        Ok(creator)
    }

    fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

/// Empties a buried project and removes it. May run several times at once.
async fn clear(db: &Db, project: ProjectId) -> Result<()> {
    while let Some(repository) = db::projects::find_any_repository(db.reader(), project).await? {
        db.write((project, repository), |txn, (project, repository)| {
            Box::pin(async move { db::repositories::delete(txn, *project, *repository).await })
        })
        .await?;
    }
    // A push that was under way may have made a repository after the last look; the next sweep takes that.
    db.write(project, |txn, project| {
        Box::pin(async move {
            if db::projects::remove_empty(txn, *project).await? {
                db::jobs::forget(txn, *project).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Takes from what is shown of a project what these rights do not reach: an access token may be narrowed to other projects
/// than those where its owner is a member.
fn hide(rights: Rights, role: &mut Option<Role>, quota: &mut Option<u64>) {
    if rights.is_empty() {
        *role = None;
    }
    if !rights.has(Word::QuotaRead) {
        *quota = None;
    }
}

/// The person whose roles count.
fn person(actor: &Actor) -> Option<UserId> {
    match *actor.subject() {
        Subject::User(user) | Subject::AccessToken(_, user) => Some(user),
        Subject::Anonymous | Subject::Robot(_) | Subject::System => None,
    }
}

fn description(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > MAX_DESCRIPTION {
        return Err(Error::Invalid {
            field: "description",
            code: "description_too_long",
            message: format!("the description may have at most {MAX_DESCRIPTION} characters"),
        });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
