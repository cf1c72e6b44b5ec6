//! Why somebody may do what they may: the same rules that decide, told one by one.

use super::{Access, Permission, Rights, UserId, may};
use crate::{Actor, Error, Result, db};
use api_types::{Barrier, ExplainedRight, Explanation, RightSource, Role};
use oci::ProjectName;

/// Every role, weakest first.
const ROLES: [Role; 5] = [Role::LimitedGuest, Role::Guest, Role::Developer, Role::Maintainer, Role::ProjectAdmin];

impl Access {
    /// Which rule gives a person each right in a project, and what keeps them from using any. What narrows a single access token
    /// is no part of it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever neither administers the project nor asks about themself, whether or not that person
    /// exists; [`Error::UserNotFound`]; as [`Access::project`] for pulling.
    pub async fn explain(&self, actor: &Actor, project: &ProjectName, username: &str) -> Result<Explanation> {
        let seen = self.project(actor, project, may::Pull).await?;
        let person = db::users::find_person(self.0.db.reader(), username.trim()).await?;
        let is_oneself = match (&person, self.person(actor).await) {
            (Some(person), Ok(user)) => person.id == user.0,
            _ => false,
        };
        if !is_oneself {
            self.project(actor, project, may::Administer).await?;
        }
        let person = person.ok_or_else(|| Error::UserNotFound { name: username.trim().to_owned() })?;
        let role = self.role(UserId(person.id), seen.id().0).await?;
        let sources = [
            role.map(|role| (RightSource::Role(role), Rights::of_role(role))),
            seen.is_public().then_some((RightSource::Public, Rights::PUBLIC)),
            person.is_admin.then_some((RightSource::Administrator, Rights::ALL)),
        ];
        let rights = Permission::ALL.map(|permission| ExplainedRight {
            right: permission,
            sources: sources
                .iter()
                .flatten()
                .filter(|(_, rights)| rights.contain(permission))
                .map(|(source, _)| *source)
                .collect(),
            needed: weakest(permission),
        });
        let barrier = if person.disabled_at.is_some() {
            Some(Barrier::Disabled)
        } else {
            person.must_change_password.then_some(Barrier::PasswordChange)
        };
        Ok(Explanation {
            person: person.summary(),
            role,
            is_admin: person.is_admin,
            public: seen.is_public(),
            barrier,
            rights: rights.into(),
        })
    }
}

/// The weakest role that has a permission.
fn weakest(permission: Permission) -> Role {
    ROLES.into_iter().find(|role| Rights::of_role(*role).contain(permission)).unwrap_or(Role::ProjectAdmin)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Subject, testing::Lab};
    use oci::RepositoryName;

    fn team() -> ProjectName {
        "team".parse().unwrap()
    }

    /// What the door lets through.
    async fn allowed(lab: &Lab, actor: &Actor) -> Vec<Permission> {
        let name: RepositoryName = "team/app".parse().unwrap();
        let rights = lab.access.repository(actor, &name, may::Pull).await.map(|proof| proof.project().rights());
        let rights = rights.unwrap_or_default();
        Permission::ALL.into_iter().filter(|one| rights.contain(*one)).collect()
    }

    #[tokio::test]
    async fn what_is_explained_is_what_the_door_lets_through() {
        for public in [false, true] {
            let lab = Lab::new().await;
            let id = lab.project("team", public).await;
            for role in [None].into_iter().chain(ROLES.map(Some)) {
                for is_admin in [false, true] {
                    let name = format!("p-{role:?}-{is_admin}").to_lowercase();
                    let person = lab.person(&name).await;
                    lab.sql(&format!("UPDATE users SET is_admin = {is_admin} WHERE username = '{name}'")).await;
                    if let Some(role) = role {
                        lab.member(id, &person, role).await;
                    }
                    lab.access.forget();
                    let told = lab.access.explain(&lab.admin(), &team(), &name).await.unwrap();
                    assert_eq!((told.role, told.is_admin, told.public, told.barrier), (role, is_admin, public, None));
                    let has: Vec<_> =
                        told.rights.iter().filter(|right| !right.sources.is_empty()).map(|right| right.right).collect();
                    assert_eq!(has, allowed(&lab, &person).await, "{name}, public: {public}");
                    for right in &told.rights {
                        let by_role = |source: &RightSource| matches!(source, RightSource::Role(_));
                        let strong_enough = role.is_some_and(|role| role >= right.needed);
                        assert_eq!(right.sources.iter().any(by_role), strong_enough, "{name}: {right:?}");
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn every_rule_that_gives_a_right_is_named() {
        let lab = Lab::new().await;
        let id = lab.project("team", true).await;
        lab.member(id, &lab.admin(), Role::Guest).await;
        let told = lab.access.explain(&lab.admin(), &team(), "admin").await.unwrap();
        let sources = |right| told.rights.iter().find(|told| told.right == right).unwrap().sources.clone();
        let (guest, public, administrator) =
            (RightSource::Role(Role::Guest), RightSource::Public, RightSource::Administrator);
        assert_eq!(sources(Permission::Pull), [guest, public, administrator]);
        assert_eq!(sources(Permission::SeeMembers), [guest, administrator]);
        assert_eq!(sources(Permission::Push), [administrator]);
    }

    #[tokio::test]
    async fn only_oneself_and_those_who_administer_are_told() {
        let lab = Lab::new().await;
        let id = lab.project("team", false).await;
        let (ada, eve) = (lab.person("ada").await, lab.person("eve").await);
        let hidden = lab.access.explain(&ada, &team(), "ada").await;
        assert!(matches!(hidden, Err(Error::ProjectNotFound { .. })));
        lab.member(id, &ada, Role::LimitedGuest).await;
        let told = lab.access.explain(&ada, &team(), "ADA").await.unwrap();
        assert_eq!((told.person.username.as_str(), told.role), ("ada", Some(Role::LimitedGuest)));
        lab.member(id, &ada, Role::Maintainer).await;
        for name in ["eve", "nobody"] {
            let refused = lab.access.explain(&ada, &team(), name).await;
            assert!(matches!(refused, Err(Error::Forbidden { .. })), "{name}");
        }
        lab.member(id, &ada, Role::ProjectAdmin).await;
        assert_eq!(lab.access.explain(&ada, &team(), "eve").await.unwrap().role, None);
        assert!(matches!(lab.access.explain(&ada, &team(), "nobody").await, Err(Error::UserNotFound { .. })));
        let foreign = lab.access.explain(&eve, &team(), "eve").await.unwrap_err().to_string();
        let missing = lab.access.explain(&eve, &"none".parse().unwrap(), "eve").await.unwrap_err().to_string();
        assert_eq!(foreign, missing.replace("none", "team"));
        let nobody = lab.access.explain(&Actor::anonymous(), &team(), "ada").await;
        assert!(matches!(nobody, Err(Error::ProjectNotFound { .. })));
        let (robot, _) = lab.robot(Some(id), "ci", vec![]).await;
        let robot = Actor::new(Subject::Robot(robot), "robot$team+ci");
        assert!(lab.access.explain(&robot, &team(), "ada").await.is_err());
    }

    #[tokio::test]
    async fn an_account_that_cannot_be_used_says_so() {
        let lab = Lab::new().await;
        let id = lab.project("team", false).await;
        let ada = lab.person("ada").await;
        lab.member(id, &ada, Role::Developer).await;
        lab.sql("UPDATE users SET must_change_password = TRUE WHERE username = 'ada'").await;
        let told = lab.access.explain(&lab.admin(), &team(), "ada").await.unwrap();
        assert_eq!(told.barrier, Some(Barrier::PasswordChange));
        lab.sql("UPDATE users SET disabled_at = 1 WHERE username = 'ada'").await;
        let told = lab.access.explain(&lab.admin(), &team(), "ada").await.unwrap();
        assert_eq!((told.barrier, told.role), (Some(Barrier::Disabled), Some(Role::Developer)));
    }
}
