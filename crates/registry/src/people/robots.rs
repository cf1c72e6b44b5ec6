//! Robots: accounts of programs, in one project or in all.

use super::tokens::{self, TokenKind};
use crate::{
    Access, Actor, Clock, Error, Ground, Result, Secret,
    access::{Permission, ProjectId, Rights, RobotId, RobotPermission, may},
    db::{
        self, Db, audit,
        robots::{NewRobot, full_name},
    },
};
use oci::ProjectName;
use std::sync::Arc;
use time::OffsetDateTime;

/// The service of robots.
#[derive(Clone, Debug)]
pub struct Robots {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

/// A robot that was created. The secret is shown this once.
#[derive(Clone, Debug)]
pub struct CreatedRobot {
    /// Its immutable id.
    pub id: RobotId,
    /// The name that signs in: `robot$library+ci`.
    pub name: String,
    /// What it signs in with.
    pub secret: Secret<String>,
}

impl Robots {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// Creates a robot with these permissions in a project, or without one in all projects. Without an end it stands until it is
    /// deleted.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever does not administer the project or would give more than they have,
    /// [`Error::AdministratorsOnly`] for a robot of the system, [`Error::RobotNameTaken`], [`Error::Invalid`] on `name` for what
    /// is no name by the grammar of projects.
    pub async fn create(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        name: &str,
        permissions: &[Permission],
        expires_at: Option<OffsetDateTime>,
    ) -> Result<CreatedRobot> {
        let project = self.place(actor, project, permissions).await?;
        check_name(name)?;
        let id = project.as_ref().map(|(id, _)| *id);
        let full_name = full_name(project.as_ref().map(|(_, name)| name.as_str()), name);
        let secret = TokenKind::Robot.generate()?;
        let now = db::micros(self.clock.now());
        let robot = NewRobot {
            project: id,
            name: name.to_owned(),
            secret_hash: tokens::hash(secret.expose()),
            permissions: vec![RobotPermission { project: id.map(|id| id.0), may: permissions.to_vec() }],
            expires_at: expires_at.map(db::micros),
            created_at: now,
        };
        let mut event = audit::Event::new(actor, "robot.create", full_name.as_str());
        if let Some(id) = id {
            event = event.in_project(id);
        }
        let id = self
            .db
            .write((robot, event), |txn, (robot, event)| {
                Box::pin(async move {
                    let id = db::robots::insert(txn, robot).await?;
                    audit::record(txn, event, robot.created_at).await?;
                    Ok(id)
                })
            })
            .await?;
        self.access.forget();
        Ok(CreatedRobot { id, name: full_name, secret })
    }

    /// Where the robot will be at home, if the actor may give these permissions there.
    async fn place(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        permissions: &[Permission],
    ) -> Result<Option<(ProjectId, String)>> {
        let Some(name) = project else {
            self.access.administrator(actor).await?;
            return Ok(None);
        };
        let project = self.access.project(actor, name, may::Administer).await?;
        let wanted = Rights::of(permissions);
        if wanted.and(project.rights()) != wanted {
            return Err(Error::Forbidden {
                action: "giving a robot more than you have",
                project: name.to_string(),
                actor: actor.name().to_owned(),
                needed: Permission::Administer.needed(),
            });
        }
        Ok(Some((project.id(), name.to_string())))
    }
}

/// Robots are named like projects, so that their full names can be taken apart again.
fn check_name(name: &str) -> Result<()> {
    name.parse::<ProjectName>().map(drop).map_err(|error| Error::Invalid {
        field: "name",
        code: "robot_name_malformed",
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::Lab;
    use api_types::Role;
    use oci::RepositoryName;
    use std::time::Duration;

    #[tokio::test]
    async fn a_robot_signs_in_with_what_was_shown_and_may_what_it_was_given() {
        let lab = Lab::new().await;
        lab.project("team", false).await;
        let team: ProjectName = "team".parse().unwrap();
        let end = lab.clock.now() + Duration::from_mins(1);
        let may_pull = [Permission::Pull];
        let created = lab.robots.create(&lab.admin(), Some(&team), "ci", &may_pull, Some(end)).await.unwrap();
        assert_eq!(created.name, "robot$team+ci");
        let client = crate::people::ClientInfo { address: "192.0.2.1".parse().unwrap(), known_browser: false };
        let robot = lab.sign_in.with_credentials(&created.name, &created.secret, client).await.unwrap();
        let app: RepositoryName = "team/app".parse().unwrap();
        assert!(lab.access.repository(&robot, &app, may::Pull).await.is_ok());
        assert!(matches!(lab.access.repository(&robot, &app, may::Push).await, Err(Error::Forbidden { .. })));
        lab.pass(Duration::from_mins(1));
        let late = lab.sign_in.with_credentials(&created.name, &created.secret, client).await;
        assert!(matches!(late, Err(Error::WrongCredentials)));
    }

    #[tokio::test]
    async fn robots_are_created_by_those_who_administer_and_have_what_they_give() {
        let lab = Lab::new().await;
        let id = lab.project("team", false).await;
        let team: ProjectName = "team".parse().unwrap();
        let ada = lab.person("ada").await;
        lab.member(id, &ada, Role::Maintainer).await;
        let create =
            async |actor: &Actor, project| lab.robots.create(actor, project, "ci", &[Permission::Pull], None).await;
        assert!(matches!(create(&ada, Some(&team)).await, Err(Error::Forbidden { .. })));
        lab.member(id, &ada, Role::ProjectAdmin).await;
        assert!(create(&ada, Some(&team)).await.is_ok());
        assert!(matches!(create(&ada, Some(&team)).await, Err(Error::RobotNameTaken { .. })));
        assert!(matches!(create(&ada, None).await, Err(Error::AdministratorsOnly)));
        assert!(create(&lab.admin(), None).await.is_ok());
        assert!(matches!(create(&lab.admin(), None).await, Err(Error::RobotNameTaken { .. })));
        let all = vec![Permission::Pull, Permission::Administer];
        let given = vec![RobotPermission { project: Some(id.0), may: all }];
        let (robot, _) = lab.robot(Some(id), "boss", given).await;
        let robot = Actor::new(crate::Subject::Robot(robot), "robot$team+boss");
        let more = lab.robots.create(&robot, Some(&team), "more", &[Permission::Push], None).await;
        assert!(matches!(more, Err(Error::Forbidden { .. })));
        for name in ["", "a+b", "A", "a b", "a$b"] {
            let refused = lab.robots.create(&lab.admin(), None, name, &[], None).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "name", .. })), "{name}");
        }
    }
}
