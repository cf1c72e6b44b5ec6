//! Who may see and change which robot, and what they may give it.

use super::{Home, Robots};
use crate::{
    Actor, Error, Result,
    access::{Lack, Named, Permission, Rights, RobotId, RobotPermission, Word, may},
    db::{self, robots::Robot},
};
use api_types::RobotAccess;
use oci::ProjectName;
use std::collections::{BTreeSet, HashMap};

impl Robots {
    /// A robot that the actor may know of.
    ///
    /// # Errors
    /// [`Error::RobotNotFound`] for one that does not exist, and for all others; [`Error::Unauthenticated`] and
    /// [`Error::PasswordChangeRequired`] for accounts that may nothing now.
    pub(super) async fn seen(&self, actor: &Actor, robot: RobotId) -> Result<Robot> {
        self.access.visibility(actor).await?;
        if actor.is_anonymous() {
            return Err(Error::Unauthenticated);
        }
        let robot = db::robots::find(self.db.reader(), robot).await?.ok_or(Error::RobotNotFound)?;
        let allowed = match &robot.home {
            None => self.access.administrator(actor).await.map(drop),
            Some((id, name)) => match self.access.project(actor, &parsed(name)?, may::ReadRobot).await {
                Ok(project) if project.id() == *id => Ok(()),
                // Its project was renamed, or deleted and made anew, a moment ago.
                Ok(_) => Err(Error::RobotNotFound),
                Err(error) => Err(error),
            },
        };
        match allowed {
            Ok(()) => Ok(robot),
            Err(
                Error::AdministratorsOnly
                | Error::ProjectNotFound { .. }
                | Error::Forbidden { .. }
                | Error::RobotNotFound,
            ) => Err(Error::RobotNotFound),
            Err(error) => Err(error),
        }
    }

    /// A robot that the actor may change.
    ///
    /// # Errors
    /// As [`Robots::seen`]; [`Error::Forbidden`] for those who see it and do not administer its project.
    pub(super) async fn administered(&self, actor: &Actor, robot: RobotId) -> Result<(Robot, Home)> {
        let robot = self.seen(actor, robot).await?;
        let home = match &robot.home {
            None => Home::System,
            Some((_, name)) => Home::Project(self.access.project(actor, &parsed(name)?, may::Administer).await?),
        };
        Ok((robot, home))
    }

    /// What a robot is given, by ids of projects, if the actor has as much: the words as they were asked for, each once. Where no
    /// project is named, a project's robot is given it in its own.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `projects` for one that does not exist, and for any other than its own where the robot is of a
    /// project; on `may` for nothing at all, and for words that are given only beside others, without these;
    /// [`Error::Forbidden`] for more than the actor has.
    pub(super) async fn permissions(
        &self,
        actor: &Actor,
        home: &Home,
        access: &[RobotAccess],
    ) -> Result<Vec<RobotPermission>> {
        let mut given: Vec<RobotPermission> = Vec::new();
        for access in access {
            let project = match (home.project(), &access.project) {
                (Some(home), Some(name)) if name != home.name() => return Err(foreign(home.name(), name)),
                (Some(home), _) => Some(home.id().0),
                (None, Some(name)) => Some(self.project_of_system_robot(actor, name).await?),
                (None, None) => None,
            };
            match given.iter_mut().find(|given| given.project == project) {
                Some(given) => {
                    given.may.extend(&access.may);
                    given.says_allow |= access.says_allow;
                }
                None => {
                    let says_allow = access.says_allow;
                    given.push(RobotPermission { says_allow, ..RobotPermission::new(project, access.may.clone()) });
                }
            }
        }
        given.retain(|given| !given.may.is_empty());
        for RobotPermission { may, .. } in &mut given {
            let mut seen = Rights::NONE;
            may.retain(|word| {
                let first = !seen.has(*word);
                seen = seen.or(Rights::just(&[*word]));
                first
            });
            complete(may)?;
        }
        if given.is_empty() {
            return Err(Error::Invalid {
                field: "may",
                code: "permissions_empty",
                message: "a robot needs at least one permission".to_owned(),
            });
        }
        no_more_than(home, actor, &given)?;
        Ok(given)
    }

    async fn project_of_system_robot(&self, actor: &Actor, name: &str) -> Result<i64> {
        let unknown = || Error::Invalid {
            field: "projects",
            code: "project_unknown",
            message: format!("project {name} does not exist"),
        };
        let name: ProjectName = name.parse().map_err(|_| unknown())?;
        match self.access.project(actor, &name, may::Pull).await {
            Ok(project) => Ok(project.id().0),
            Err(Error::ProjectNotFound { .. }) => Err(unknown()),
            Err(error) => Err(error),
        }
    }

    /// The present names of the projects that robots were given something in.
    pub(super) async fn project_names(&self, robots: &[Robot]) -> Result<HashMap<i64, String>> {
        let ids: BTreeSet<i64> =
            robots.iter().flat_map(|robot| &robot.given).filter_map(|given| given.project).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        db::projects::names(self.db.reader(), &ids).await
    }
}

/// Refuses words that would do nothing by themselves, or more than they say, where what belongs beside them is missing.
fn complete(may: &[Word]) -> Result<()> {
    let given = Rights::just(may);
    for word in may {
        let missing: Vec<_> =
            word.beside().iter().filter(|other| !given.has(**other)).map(|other| other.as_str()).collect();
        if !missing.is_empty() {
            return Err(Error::Invalid {
                field: "may",
                code: "permissions_incomplete",
                message: format!(
                    "{word} is given only together with {}: add that, or leave it out",
                    missing.join(", ")
                ),
            });
        }
    }
    Ok(())
}

fn foreign(home: &str, name: &str) -> Error {
    Error::Invalid {
        field: "projects",
        code: "project_foreign",
        message: format!(
            "a robot of project {home} has rights in {home} only, and none in {name}: for several projects create a robot of \
             the system"
        ),
    }
}

/// Refuses to give, or to open, more than the actor has.
pub(super) fn no_more_than(home: &Home, actor: &Actor, given: &[RobotPermission]) -> Result<()> {
    let wanted = given.iter().fold(Rights::NONE, |rights, given| rights.or(Rights::of_words(&given.may)));
    match home.project() {
        Some(project) if !project.rights().cover(wanted) => Err(Error::Forbidden {
            action: "giving a robot more than you have",
            project: project.name().to_owned(),
            actor: actor.name().to_owned(),
            lack: Lack::Role(Permission::Administer.needed()),
        }),
        _ => Ok(()),
    }
}

/// The name of a robot's project as the database has it.
fn parsed(name: &str) -> Result<ProjectName> {
    // That of a deleted project is none.
    name.parse().map_err(|_| Error::RobotNotFound)
}
