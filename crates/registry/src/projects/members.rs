//! Who is in a project, and as what.

use crate::{
    Access, Actor, Clock, Error, Ground, Result,
    access::{AuthorizedProject, MemberId, ProjectId, UserId, may},
    db::{self, Db, audit, members::NewMember, users::PersonRow},
    numbered::{Numbered, NumberedQuery},
};
use api_types::{Candidate, ListQuery, Member, Page, Role};
use oci::ProjectName;
use std::sync::Arc;

/// The service of members.
#[derive(Clone, Debug)]
pub struct Members {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

impl Members {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// A project's members. Sort keys: `name` (default), `role` (strongest first), `since` (newest first); the filter looks at
    /// both names. System administrators are no members by being that.
    ///
    /// # Errors
    /// As [`Access::project`] for seeing members.
    pub async fn list(&self, actor: &Actor, project: &ProjectName, query: &ListQuery) -> Result<Page<Member>> {
        let project = self.access.project(actor, project, may::SeeMembers).await?;
        db::members::list(self.db.reader(), project.id(), query).await
    }

    /// A project's members by the number of a page, and the project.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `q` or `sort` for keys and values that there are not; as [`Access::project`] for seeing members.
    pub async fn list_numbered(
        &self,
        actor: &Actor,
        project: &ProjectName,
        query: &NumberedQuery,
    ) -> Result<(ProjectId, Numbered<Member>)> {
        let project = self.access.project(actor, project, may::SeeMembers).await?;
        Ok((project.id(), db::members::list_numbered(self.db.reader(), project.id(), query).await?))
    }

    /// One member.
    ///
    /// # Errors
    /// [`Error::MemberNotFound`]; as [`Access::project`] for seeing members.
    pub async fn get(&self, actor: &Actor, project: &ProjectName, id: MemberId) -> Result<Member> {
        let authorized = self.access.project(actor, project, may::ReadMember).await?;
        let member = db::members::find(self.db.reader(), authorized.id(), id).await?;
        member.ok_or_else(|| not_found(project))
    }

    /// A few people whose names begin like this, for somebody who is about to add one. Nothing for an empty text.
    ///
    /// # Errors
    /// As [`Access::project`] for administering: who else has an account is not for everybody to know.
    pub async fn find_people(&self, actor: &Actor, project: &ProjectName, prefix: &str) -> Result<Vec<Candidate>> {
        let project = self.access.project(actor, project, may::Administer).await?;
        let prefix = prefix.trim();
        if prefix.is_empty() {
            return Ok(Vec::new());
        }
        db::members::find_people(self.db.reader(), project.id(), prefix).await
    }

    /// Adds a person by their name, in upper or lower case.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `username` where nobody is called so, or their account is disabled; [`Error::MemberExists`]; as
    /// [`Access::project`] for administering.
    pub async fn add(&self, actor: &Actor, project: &ProjectName, username: &str, role: Role) -> Result<MemberId> {
        let authorized = self.access.project(actor, project, may::Administer).await?;
        let username = username.trim();
        let person = db::users::find_person(self.db.reader(), username).await?;
        self.admit(actor, &authorized, person, role).await?.ok_or_else(|| unknown(username))
    }

    /// Adds a person by their id.
    ///
    /// # Errors
    /// As [`Members::add`].
    pub async fn add_by_id(&self, actor: &Actor, project: &ProjectName, user: UserId, role: Role) -> Result<MemberId> {
        let authorized = self.access.project(actor, project, may::Administer).await?;
        let person = db::users::find_person_by_id(self.db.reader(), user).await?;
        self.admit(actor, &authorized, person, role).await?.ok_or_else(|| unknown(&user.0.to_string()))
    }

    /// Gives a person a role; `None` if there is nobody to give it to.
    async fn admit(
        &self,
        actor: &Actor,
        authorized: &AuthorizedProject<may::Administer>,
        person: Option<PersonRow>,
        role: Role,
    ) -> Result<Option<MemberId>> {
        let Some(person) = person.filter(|person| person.disabled_at.is_none()) else { return Ok(None) };
        let name = person.summary().username;
        let event = audit::Event::new(actor, "member.add", name.as_str())
            .in_project(authorized.id())
            .with(serde_json::json!({ "role": role }));
        let member = NewMember {
            project: authorized.id(),
            user: UserId(person.id),
            role,
            added_by: actor.into(),
            now: self.now(),
        };
        let added = self
            .db
            .write((member, event), |txn, (member, event)| {
                Box::pin(async move {
                    let added = db::members::insert(txn, member).await?;
                    if added.is_some() {
                        audit::record(txn, event, member.now).await?;
                    }
                    Ok(added)
                })
            })
            .await?;
        self.access.forget();
        added.map(Some).ok_or_else(|| Error::MemberExists { name, project: authorized.name().to_owned() })
    }

    /// Gives a member another role: one's own too, also a weaker one. It counts at once.
    ///
    /// # Errors
    /// [`Error::MemberNotFound`]; as [`Access::project`] for administering.
    pub async fn change(&self, actor: &Actor, project: &ProjectName, id: MemberId, role: Role) -> Result<()> {
        let authorized = self.access.project(actor, project, may::Administer).await?;
        let member = db::members::find(self.db.reader(), authorized.id(), id).await?;
        let member = member.ok_or_else(|| not_found(project))?;
        if member.role == role {
            return Ok(());
        }
        let event = audit::Event::new(actor, "member.change", member.person.username)
            .in_project(authorized.id())
            .with(serde_json::json!({ "role": role, "was": member.role }));
        let args = (authorized.id(), id, role, event, self.now());
        let changed = self
            .db
            .write(args, |txn, (project, id, role, event, now)| {
                Box::pin(async move {
                    let changed = db::members::change(txn, *project, *id, *role).await?;
                    if changed {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(changed)
                })
            })
            .await?;
        self.access.forget();
        if changed { Ok(()) } else { Err(not_found(project)) }
    }

    /// Takes a member out of the project: oneself too. It counts at once.
    ///
    /// # Errors
    /// [`Error::MemberNotFound`]; as [`Access::project`] for administering.
    pub async fn remove(&self, actor: &Actor, project: &ProjectName, id: MemberId) -> Result<()> {
        let authorized = self.access.project(actor, project, may::Administer).await?;
        let member = db::members::find(self.db.reader(), authorized.id(), id).await?;
        let member = member.ok_or_else(|| not_found(project))?;
        let event = audit::Event::new(actor, "member.remove", member.person.username)
            .in_project(authorized.id())
            .with(serde_json::json!({ "was": member.role }));
        let removed = self
            .db
            .write((authorized.id(), id, event, self.now()), |txn, (project, id, event, now)| {
                Box::pin(async move {
                    let removed = db::members::delete(txn, *project, *id).await?;
                    if removed {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(removed)
                })
            })
            .await?;
        self.access.forget();
        if removed { Ok(()) } else { Err(not_found(project)) }
    }

    fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

fn unknown(username: &str) -> Error {
    let (code, message) = if username.is_empty() {
        ("person_empty", "the name of a person is needed".to_owned())
    } else {
        ("person_unknown", format!("no account is called {username}; an administrator can create one"))
    };
    Error::Invalid { field: "username", code, message }
}

fn not_found(project: &ProjectName) -> Error {
    Error::MemberNotFound { project: project.to_string() }
}

#[cfg(test)]
mod tests;
