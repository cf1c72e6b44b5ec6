//! Robots: accounts of programs, in one project or in all.
//!
//! Whoever sees a project's members sees its robots, and whoever administers it changes them; robots of the system are the
//! administrators'. Nobody gives a robot more than they have themselves, nor learns the secret of one that has more. What is
//! changed counts at once: disabled and deleted robots, and the registry tokens they got, are out within a second everywhere.

mod access;
mod expiring;
mod rotate;

use super::{
    lifetimes::{self, end_of},
    tokens::{self, TokenKind},
};
use crate::{
    Access, Actor, Clock, Error, Ground, Result, Secret, Subject,
    access::{AuthorizedProject, ProjectId, RobotId, UserId, may},
    db::{
        self, Db,
        actors::Creator,
        audit,
        robots::{NewRow, Robot, full_name, safe_name},
    },
    numbered::{Numbered, NumberedQuery},
};
use api_types::{ListQuery, NewRobot, Page, RobotAccess, RobotChange, RobotSummary, ShownSecret};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use oci::ProjectName;
use std::{collections::HashMap, sync::Arc};
use time::OffsetDateTime;

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 500;

/// The service of robots.
#[derive(Clone, Debug)]
pub struct Robots {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

/// A robot that was created, or has a new secret. The secret is shown this once.
#[derive(Clone, Debug)]
pub struct CreatedRobot {
    /// Its immutable id.
    pub id: RobotId,
    /// The name that signs in, as Harbor spells it: `robot$library+ci`.
    pub name: String,
    /// The same in the spelling that shells leave alone: `robot+library+ci`.
    pub safe_name: String,
    /// What it signs in with.
    pub secret: Secret<String>,
    /// When it ends by itself.
    pub expires_at: Option<OffsetDateTime>,
    /// Until when the secret before this one works.
    pub previous_until: Option<OffsetDateTime>,
}

impl CreatedRobot {
    /// As a page shows it.
    pub fn shown(&self) -> ShownSecret {
        let secret = self.secret.expose().clone();
        ShownSecret {
            id: self.id.0,
            login: self.safe_name.clone(),
            harbor_login: Some(self.name.clone()),
            auth: STANDARD.encode(format!("{}:{secret}", self.safe_name)),
            secret,
            expires_at: self.expires_at,
            previous_until: self.previous_until,
        }
    }
}

/// Where a robot is, or will be, at home, and what whoever asks may there.
enum Home {
    System,
    Project(AuthorizedProject<may::Administer>),
}

impl Home {
    fn project(&self) -> Option<&AuthorizedProject<may::Administer>> {
        match self {
            Self::System => None,
            Self::Project(project) => Some(project),
        }
    }

    fn event(&self, actor: &Actor, action: &'static str, robot: &str) -> audit::Event {
        let name = full_name(self.project().map(AuthorizedProject::name), robot);
        let event = audit::Event::new(actor, action, name);
        match self.project() {
            Some(project) => event.in_project(project.id()),
            None => event,
        }
    }
}

impl Robots {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// Robots of a project, or those of the system. Sort keys: `name` (default), `expires` (first to end first), `used` (last
    /// used first). The filter looks at names and descriptions.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::Forbidden`] for those who may not see members and robots,
    /// [`Error::AdministratorsOnly`]; [`Error::Invalid`] for a cursor that is none.
    pub async fn list(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        query: &ListQuery,
    ) -> Result<Page<RobotSummary>> {
        let home = self.listed(actor, project).await?;
        let page = db::robots::list(self.db.reader(), home, query).await?;
        let names = self.project_names(&page.items).await?;
        Ok(Page {
            items: page.items.into_iter().map(|robot| self.summary(robot, &names)).collect(),
            total: page.total,
            offset: page.offset,
            next: page.next,
            previous: page.previous,
        })
    }

    /// Robots of a project, or those of the system, by the number of the page.
    ///
    /// # Errors
    /// As [`Robots::list`]; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_numbered(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        query: &NumberedQuery,
    ) -> Result<Numbered<RobotSummary>> {
        let home = self.listed(actor, project).await?;
        let page = db::robots::list_numbered(self.db.reader(), home, query).await?;
        let names = self.project_names(&page.items).await?;
        Ok(page.map(|robot| self.summary(robot, &names)))
    }

    /// Where the robots are at home that the actor may list.
    async fn listed(&self, actor: &Actor, project: Option<&ProjectName>) -> Result<Option<ProjectId>> {
        match project {
            Some(name) => Ok(Some(self.access.project(actor, name, may::SeeRobots).await?.id())),
            None => {
                self.access.administrator(actor).await?;
                Ok(None)
            }
        }
    }

    /// One robot.
    ///
    /// # Errors
    /// [`Error::RobotNotFound`], also where it is not for the actor to know of.
    pub async fn get(&self, actor: &Actor, robot: RobotId) -> Result<RobotSummary> {
        let robot = self.seen(actor, robot).await?;
        let names = self.project_names(std::slice::from_ref(&robot)).await?;
        Ok(self.summary(robot, &names))
    }

    /// Creates a robot in a project, or without one for the system.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever does not administer the project or would give more than they have,
    /// [`Error::AdministratorsOnly`] for a robot of the system, [`Error::RobotNameTaken`]; [`Error::Invalid`] on `name` for what
    /// is no name by the grammar of projects, on `description`, on `may` for nothing at all or for words without those that
    /// belong beside them ([`api_types::Word::beside`]), on `projects` for one that does not exist or, where the robot is of a
    /// project, is another, on `lifetime`.
    pub async fn create(&self, actor: &Actor, project: Option<&ProjectName>, robot: &NewRobot) -> Result<CreatedRobot> {
        let home = match project {
            Some(name) => Home::Project(self.access.project(actor, name, may::Administer).await?),
            None => {
                self.access.administrator(actor).await?;
                Home::System
            }
        };
        let name = name(&robot.name)?;
        let permissions = self.permissions(actor, &home, &robot.access).await?;
        let secret = TokenKind::Robot.generate()?;
        let now = self.now();
        let row = NewRow {
            project: home.project().map(AuthorizedProject::id),
            name: name.to_string(),
            description: description(&robot.description)?,
            secret_hash: tokens::hash(secret.expose()),
            permissions,
            expires_at: end_of(robot.lifetime, now)?,
            created_by: person(actor).map(|user| Creator { user, name: actor.name().to_owned() }),
            created_at: now,
        };
        let event = home.event(actor, "robot.create", name.as_str()).with(told(&robot.access, row.expires_at));
        let at_home = home.project().map(|project| project.name().to_owned());
        let expires_at = row.expires_at.map(db::from_micros);
        let id = self
            .db
            .write((row, event), |txn, (row, event)| {
                Box::pin(async move {
                    let id = db::robots::insert(txn, row).await?;
                    audit::record(txn, event, row.created_at).await?;
                    Ok(id)
                })
            })
            .await?;
        self.access.forget();
        Ok(created(id, (at_home.as_deref(), name.as_str()), secret, (expires_at, None)))
    }

    /// Changes what a robot is for, what it may, and how long it lives.
    ///
    /// # Errors
    /// [`Error::RobotNotFound`]; [`Error::Forbidden`] for whoever does not administer its project or would give more than they
    /// have; [`Error::Invalid`] as in [`Robots::create`].
    pub async fn update(&self, actor: &Actor, robot: RobotId, change: &RobotChange) -> Result<()> {
        let (robot, home) = self.administered(actor, robot).await?;
        let now = self.now();
        let text = change.description.as_ref().map_or(Ok(robot.description.clone()), |text| description(text))?;
        let permissions = match &change.access {
            Some(access) => self.permissions(actor, &home, access).await?,
            None => robot.given.clone(),
        };
        let expires_at = match change.lifetime {
            Some(lifetime) => end_of(lifetime, now)?,
            None => robot.expires_at.map(db::micros),
        };
        let details = match &change.access {
            Some(access) => told(access, expires_at),
            None => told(&[], expires_at),
        };
        let event = home.event(actor, "robot.update", &robot.name).with(details);
        let args = (robot.id, text, permissions, expires_at, event, now);
        let changed = self
            .db
            .write(args, |txn, (robot, text, permissions, expires_at, event, now)| {
                Box::pin(async move {
                    let changed =
                        db::robots::update(txn, *robot, (text.as_str(), permissions.as_slice(), *expires_at)).await?;
                    if changed {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(changed)
                })
            })
            .await?;
        self.access.forget();
        if changed { Ok(()) } else { Err(Error::RobotNotFound) }
    }

    /// Puts a robot out of use, or into use again. Idempotent.
    ///
    /// # Errors
    /// [`Error::RobotNotFound`]; [`Error::Forbidden`] for whoever does not administer its project.
    pub async fn set_disabled(&self, actor: &Actor, robot: RobotId, disabled: bool) -> Result<()> {
        let (robot, home) = self.administered(actor, robot).await?;
        let now = self.now();
        let event = home.event(actor, if disabled { "robot.disable" } else { "robot.enable" }, &robot.name);
        self.db
            .write((robot.id, disabled.then_some(now), event, now), |txn, (robot, disabled_at, event, now)| {
                Box::pin(async move {
                    if db::robots::set_disabled(txn, *robot, *disabled_at).await? {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.access.forget();
        Ok(())
    }

    /// Removes a robot for good. What it pushed stays, with its name.
    ///
    /// # Errors
    /// [`Error::RobotNotFound`]; [`Error::Forbidden`] for whoever does not administer its project.
    pub async fn delete(&self, actor: &Actor, robot: RobotId) -> Result<()> {
        let (robot, home) = self.administered(actor, robot).await?;
        let event = home.event(actor, "robot.delete", &robot.name);
        let gone = self
            .db
            .write((robot.id, event, self.now()), |txn, (robot, event, now)| {
                Box::pin(async move {
                    let gone = db::robots::delete(txn, *robot).await?;
                    if gone {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(gone)
                })
            })
            .await?;
        self.access.forget();
        if gone { Ok(()) } else { Err(Error::RobotNotFound) }
    }

    fn summary(&self, robot: Robot, names: &HashMap<i64, String>) -> RobotSummary {
        let now = self.clock.now();
        let project = robot.home.map(|(_, name)| name);
        // What is about a project that was deleted is about nothing.
        let access = robot.given.into_iter().filter_map(|given| {
            let project = match given.project {
                Some(id) => Some(names.get(&id)?.clone()),
                None => None,
            };
            Some(RobotAccess { says_allow: given.says_allow, ..RobotAccess::new(project, given.may) })
        });
        RobotSummary {
            id: robot.id.0,
            login: safe_name(project.as_deref(), &robot.name),
            harbor_login: full_name(project.as_deref(), &robot.name),
            name: robot.name,
            project,
            description: robot.description,
            access: access.collect(),
            state: lifetimes::state(robot.disabled, robot.expires_at, now),
            expires_at: robot.expires_at,
            last_used_at: robot.last_used_at,
            last_used_from: robot.last_used_from,
            created_at: robot.created_at,
            created_by: robot.created_by,
            rotated_at: robot.rotated_at,
            previous_until: robot.previous_until.filter(|end| now < *end),
        }
    }

    fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

fn created(
    id: RobotId,
    (project, name): (Option<&str>, &str),
    secret: Secret<String>,
    (expires_at, previous_until): (Option<OffsetDateTime>, Option<OffsetDateTime>),
) -> CreatedRobot {
    let (name, safe_name) = (full_name(project, name), safe_name(project, name));
    CreatedRobot { id, name, safe_name, secret, expires_at, previous_until }
}

/// The person whose doing it is.
fn person(actor: &Actor) -> Option<UserId> {
    match *actor.subject() {
        Subject::User(user) | Subject::AccessToken(_, user) => Some(user),
        Subject::Anonymous | Subject::Robot(_) | Subject::System => None,
    }
}

/// What the log keeps of what was given.
fn told(access: &[RobotAccess], expires_at: Option<i64>) -> serde_json::Value {
    let expires_at = expires_at.map(|end| {
        let end = db::from_micros(end).format(&time::format_description::well_known::Rfc3339);
        end.unwrap_or_default()
    });
    if access.is_empty() {
        return serde_json::json!({ "expires_at": expires_at });
    }
    serde_json::json!({ "access": access, "expires_at": expires_at })
}

/// Robots are named like projects, so that their full names can be taken apart again.
fn name(text: &str) -> Result<ProjectName> {
    text.trim().parse::<ProjectName>().map_err(|error| Error::Invalid {
        field: "name",
        code: "robot_name_malformed",
        message: error.to_string(),
    })
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
