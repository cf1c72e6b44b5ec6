#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::{Lab, user_of};
use Permission::{Administer, Delete, Pull, Push, Retain, SeeConfiguration, SeeLabels, SeeMembers};
use std::time::Duration;

mod words;

const SECOND: Duration = Duration::from_secs(1);

fn repo(name: &str) -> RepositoryName {
    name.parse().unwrap()
}

fn project(name: &str) -> ProjectName {
    name.parse().unwrap()
}

/// What the actor may, permission by permission, asked through the typed door.
async fn allowed(access: &Access, actor: &Actor, name: &str) -> Vec<Permission> {
    let name = repo(name);
    let mut allowed = Vec::new();
    macro_rules! ask {
        ($($right:ident),*) => {$(
            if access.repository(actor, &name, may::$right).await.is_ok() {
                allowed.push($right);
            }
        )*};
    }
    ask!(Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain, Delete, Administer);
    allowed
}

fn given(project: ProjectId, may: &[Permission]) -> Vec<RobotPermission> {
    vec![RobotPermission::new(Some(project.0), Word::all_of(may))]
}

#[tokio::test]
async fn each_role_has_exactly_its_permissions() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let matrix: [(Role, &[Permission]); 5] = [
        (Role::LimitedGuest, &[Pull, SeeConfiguration]),
        (Role::Guest, &[Pull, SeeConfiguration, SeeLabels, SeeMembers]),
        (Role::Developer, &[Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain]),
        (Role::Maintainer, &[Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain, Delete]),
        (Role::ProjectAdmin, &Permission::ALL),
    ];
    for (at, (role, expected)) in matrix.into_iter().enumerate() {
        let person = lab.person(&format!("person{at}")).await;
        assert_eq!(allowed(&lab.access, &person, "team/app").await, [], "before {role:?}");
        lab.member(team, &person, role).await;
        assert_eq!(allowed(&lab.access, &person, "team/app").await, expected, "{role:?}");
    }
    assert_eq!(allowed(&lab.access, &lab.admin(), "team/app").await, Permission::ALL);
    assert_eq!(allowed(&lab.access, &Actor::system(), "team/app").await, Permission::ALL);
    assert_eq!(allowed(&lab.access, &Actor::anonymous(), "team/app").await, []);
}

#[tokio::test]
async fn a_public_project_gives_everybody_pull_and_labels_on_top_of_their_role() {
    let lab = Lab::new().await;
    let open = lab.project("open", true).await;
    let guest = lab.person("ada").await;
    assert_eq!(allowed(&lab.access, &Actor::anonymous(), "open/app").await, [Pull, SeeLabels]);
    assert_eq!(allowed(&lab.access, &guest, "open/app").await, [Pull, SeeLabels]);
    lab.member(open, &guest, Role::LimitedGuest).await;
    assert_eq!(allowed(&lab.access, &guest, "open/app").await, [Pull, SeeConfiguration, SeeLabels]);
}

#[tokio::test]
async fn a_robot_has_what_it_was_given_and_a_projects_robot_stays_in_it() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let other = lab.project("other", false).await;
    let mut everywhere = given(other, &[Pull]);
    everywhere.push(RobotPermission::new(None, Word::all_of(&[Pull, Push])));
    let (own, _) = lab.robot(Some(team), "ci", everywhere).await;
    let own = Actor::new(Subject::Robot(own), "robot$team+ci");
    assert_eq!(allowed(&lab.access, &own, "team/app").await, [Pull, Push]);
    assert_eq!(allowed(&lab.access, &own, "other/app").await, []);
    let (system, _) = lab.robot(None, "ci", vec![RobotPermission::new(None, Word::all_of(&[Pull]))]).await;
    let system = Actor::new(Subject::Robot(system), "robot$ci");
    assert_eq!(allowed(&lab.access, &system, "other/app").await, [Pull]);
    assert!(matches!(lab.access.administrator(&system).await, Err(Error::AdministratorsOnly)));
    assert!(matches!(lab.access.creator(&system).await, Err(Error::AccountNeeded)));
}

#[tokio::test]
async fn an_access_token_narrows_its_owner_and_gives_nothing_on_top() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    lab.project("other", false).await;
    let ada = lab.person("ada").await;
    lab.member(team, &ada, Role::Developer).await;
    let token = async |owner: &Actor, level, projects: Option<&[i64]>| {
        let (id, _) = lab.access_token(owner, TokenScope { level, projects: projects.map(Into::into) }).await;
        Actor::new(Subject::AccessToken(id, user_of(owner)), owner.name())
    };
    let read = token(&ada, TokenLevel::Read, None).await;
    assert_eq!(allowed(&lab.access, &read, "team/app").await, [Pull, SeeConfiguration, SeeLabels, SeeMembers]);
    let write = token(&ada, TokenLevel::Write, None).await;
    let developer = [Pull, SeeConfiguration, SeeLabels, SeeMembers, Push, Retain];
    assert_eq!(allowed(&lab.access, &write, "team/app").await, developer);
    let elsewhere = token(&ada, TokenLevel::Admin, Some(&[team.0 + 1])).await;
    assert_eq!(allowed(&lab.access, &elsewhere, "team/app").await, []);

    let admin = lab.admin();
    let read = token(&admin, TokenLevel::Read, None).await;
    assert_eq!(allowed(&lab.access, &read, "other/app").await, [Pull, SeeConfiguration, SeeLabels, SeeMembers]);
    assert!(matches!(lab.access.administrator(&read).await, Err(Error::AdministratorsOnly)));
    let full = token(&admin, TokenLevel::Admin, None).await;
    assert!(lab.access.administrator(&full).await.is_ok());
    let narrow = token(&admin, TokenLevel::Admin, Some(&[team.0])).await;
    assert_eq!(allowed(&lab.access, &narrow, "team/app").await, Permission::ALL);
    assert_eq!(allowed(&lab.access, &narrow, "other/app").await, []);
    assert!(matches!(lab.access.administrator(&narrow).await, Err(Error::AdministratorsOnly)));
}

#[tokio::test]
async fn a_registry_token_opens_what_it_was_made_for_and_nothing_else() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    lab.member(team, &ada, Role::Maintainer).await;
    let wanted = Actions { pull: true, push: true, delete: false };
    let grant = lab.access.grant(&ada, &repo("team/app"), wanted).await.unwrap();
    assert_eq!((grant.project, grant.actions), (Some(team), wanted));
    let narrowed = ada.clone().narrowed(vec![grant]);
    assert_eq!(allowed(&lab.access, &narrowed, "team/app").await, [Pull, Push]);
    assert_eq!(allowed(&lab.access, &narrowed, "team/app2").await, []);
    let name = repo("team/app");
    assert!(matches!(lab.access.repository(&narrowed, &name, may::Delete).await, Err(Error::BeyondGrant { .. })));
    let other = repo("team/app2");
    assert!(matches!(lab.access.repository(&narrowed, &other, may::Pull).await, Err(Error::BeyondGrant { .. })));
    let pull_only = Grant { actions: Actions { pull: true, ..Actions::NONE }, ..narrowed.grants().unwrap()[0].clone() };
    let pull_only = ada.clone().narrowed(vec![pull_only]);
    let proof = lab.access.repository(&pull_only, &name, may::Pull).await.unwrap();
    assert!(proof.project().also(may::Push).is_none(), "a proof does not grow");
    // It speaks of repositories, and of the catalog if it was made for that.
    assert!(lab.access.project(&narrowed, &project("team"), may::Pull).await.is_err());
    assert!(lab.access.administrator(&lab.admin().narrowed(vec![])).await.is_err());
    assert!(lab.access.visibility(&narrowed).await.is_err());
    assert!(lab.access.visibility(&narrowed.clone().with_catalog()).await.is_ok());
    // What its subject loses, it loses.
    lab.member(team, &ada, Role::Guest).await;
    assert_eq!(allowed(&lab.access, &narrowed, "team/app").await, [Pull]);
    assert!(matches!(lab.access.repository(&narrowed, &name, may::Push).await, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn a_token_of_a_deleted_project_opens_nothing_in_its_successor() {
    let lab = Lab::new().await;
    let name = repo("team/app");
    let admin = lab.admin();
    let everything = Actions { pull: true, push: true, delete: true };
    lab.project("team", true).await;
    let of_admin = admin.clone().narrowed(vec![lab.access.grant(&admin, &name, everything).await.unwrap()]);
    let anonymous = Actor::anonymous();
    let of_anonymous = anonymous.clone().narrowed(vec![lab.access.grant(&anonymous, &name, everything).await.unwrap()]);
    assert_eq!(allowed(&lab.access, &of_anonymous, "team/app").await, [Pull]);
    lab.projects.delete(&admin, &project("team")).await.unwrap();
    let gone = lab.access.repository(&of_admin, &name, may::Pull).await;
    assert!(matches!(gone, Err(Error::ProjectNotFound { .. })), "a client is told that it is gone");
    lab.project("team", true).await;
    for token in [&of_admin, &of_anonymous] {
        assert_eq!(allowed(&lab.access, token, "team/app").await, []);
        let refused = lab.access.repository(token, &name, may::Pull).await;
        assert!(matches!(refused, Err(Error::BeyondGrant { .. })), "a client is sent for a new token");
    }
}

#[tokio::test]
async fn a_grant_for_a_missing_project_is_the_same_as_for_a_foreign_one() {
    let lab = Lab::new().await;
    lab.project("secret", false).await;
    let ada = lab.person("ada").await;
    let all = Actions { pull: true, push: true, delete: true };
    for name in ["secret/app", "missing/app", "secret", "missing"] {
        let grant = lab.access.grant(&ada, &repo(name), all).await.unwrap();
        assert_eq!((grant.project, grant.actions), (None, Actions::NONE), "{name}");
    }
}

#[tokio::test]
async fn foreign_and_missing_look_the_same() {
    let lab = Lab::new().await;
    lab.project("secret", false).await;
    let ada = lab.person("ada").await;
    for actor in [&ada, &Actor::anonymous()] {
        for right in 0..2 {
            let ask = async |name: &str| {
                let name = repo(&format!("{name}/app"));
                let answer = match right {
                    0 => lab.access.repository(actor, &name, may::Pull).await.map(|_| ()),
                    _ => lab.access.repository(actor, &name, may::Push).await.map(|_| ()),
                };
                answer.unwrap_err().to_string()
            };
            assert_eq!(ask("secret").await, ask("missing").await.replace("missing", "secret"));
        }
    }
}

#[tokio::test]
async fn who_sees_a_project_but_lacks_a_right_is_told_which_role_has_it() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    lab.member(team, &ada, Role::Guest).await;
    let refused = lab.access.repository(&ada, &repo("team/app"), may::Push).await.unwrap_err();
    assert_eq!(refused.to_string(), "push in project team is not allowed for ada: the role developer is needed");
    lab.project("open", true).await;
    let refused = lab.access.repository(&Actor::anonymous(), &repo("open/app"), may::Push).await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_robot_or_a_token_that_may_not_is_told_of_no_role() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let open = lab.project("open", true).await;
    let everywhere = || vec![RobotPermission::new(None, Word::all_of(&[Pull]))];
    let robot =
        async |home, name: &'static str| Actor::new(Subject::Robot(lab.robot(home, "ci", everywhere()).await.0), name);
    let own = robot(Some(team), "robot$team+ci").await;
    let system = robot(None, "robot$ci").await;
    let ada = lab.person("ada").await;
    lab.member(team, &ada, Role::Guest).await;
    let token = async |level, projects: &[i64]| {
        let (id, _) = lab.access_token(&ada, TokenScope { level, projects: Some(projects.into()) }).await;
        Actor::new(Subject::AccessToken(id, user_of(&ada)), "ada")
    };
    let lack = async |actor: &Actor, name: &str| match lab.access.repository(actor, &repo(name), may::Push).await {
        Err(Error::Forbidden { lack, .. }) => lack,
        other => panic!("{other:?}"),
    };
    assert_eq!(lack(&own, "team/app").await, Lack::ProjectRobot);
    assert_eq!(lack(&own, "open/app").await, Lack::Home("team".to_owned()));
    for name in ["team/app", "open/app"] {
        assert_eq!(lack(&system, name).await, Lack::SystemRobot, "{name}");
    }
    let read = token(TokenLevel::Read, &[team.0]).await;
    for name in ["team/app", "open/app"] {
        assert_eq!(lack(&read, name).await, Lack::AccessToken, "{name}");
    }
    // This one would do, if its owner could.
    let write = token(TokenLevel::Write, &[team.0, open.0]).await;
    assert_eq!(lack(&write, "team/app").await, Lack::Role("the role developer"));
}

#[tokio::test]
async fn a_name_of_one_part_is_no_repository() {
    let lab = Lab::new().await;
    for actor in [Actor::anonymous(), lab.admin()] {
        let refused = lab.access.repository(&actor, &repo("library"), may::Pull).await;
        assert!(matches!(refused, Err(Error::RepositoryWithoutProject { .. })));
    }
}

#[tokio::test]
async fn what_another_process_takes_away_is_gone_within_a_second() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    let (robot, _) = lab.robot(Some(team), "ci", given(team, &[Pull])).await;
    let robot = Actor::new(Subject::Robot(robot), "robot$team+ci");
    let scope = TokenScope { level: TokenLevel::Admin, projects: None };
    let (token, _) = lab.access_token(&ada, scope).await;
    let token = Actor::new(Subject::AccessToken(token, user_of(&ada)), "ada");
    let take_away = [
        (&ada, "UPDATE users SET disabled_at = 1 WHERE username = 'ada'", "UPDATE users SET disabled_at = NULL"),
        (&ada, "UPDATE members SET role = 5", "UPDATE members SET role = 2"),
        (&token, "UPDATE access_tokens SET revoked_at = 1", "UPDATE access_tokens SET revoked_at = NULL"),
        (&token, "UPDATE users SET disabled_at = 1 WHERE username = 'ada'", "UPDATE users SET disabled_at = NULL"),
        (&robot, "UPDATE robots SET disabled_at = 1", "UPDATE robots SET disabled_at = NULL"),
        (&robot, "UPDATE robots SET permissions = '[]'", "SELECT 1"),
        (&ada, "DELETE FROM members", "SELECT 1"),
    ];
    lab.member(team, &ada, Role::Developer).await;
    for (actor, statement, undo) in take_away {
        let before = allowed(&lab.access, actor, "team/app").await;
        assert!(before.contains(&Pull), "{statement}");
        lab.sql(statement).await;
        lab.pass(SECOND);
        assert_ne!(allowed(&lab.access, actor, "team/app").await, before, "{statement}");
        if undo.starts_with("UPDATE") {
            lab.sql(undo).await;
            lab.pass(SECOND);
            assert_eq!(allowed(&lab.access, actor, "team/app").await, before, "{undo}");
        }
    }
}

#[tokio::test]
async fn facts_are_remembered_for_less_than_a_second_and_no_longer_than_the_next_change_here() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    lab.member(team, &ada, Role::Guest).await;
    assert!(allowed(&lab.access, &ada, "team/app").await.contains(&Pull));
    lab.sql("DELETE FROM members").await;
    lab.pass(Duration::from_millis(999));
    assert!(allowed(&lab.access, &ada, "team/app").await.contains(&Pull), "no statement within a second");
    lab.access.forget();
    assert_eq!(allowed(&lab.access, &ada, "team/app").await, []);
}

#[tokio::test]
async fn a_clock_that_goes_back_keeps_nothing_alive() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    lab.member(team, &ada, Role::Guest).await;
    assert!(allowed(&lab.access, &ada, "team/app").await.contains(&Pull));
    lab.sql("DELETE FROM members").await;
    lab.back(Duration::from_hours(1));
    assert_eq!(allowed(&lab.access, &ada, "team/app").await, []);
}

#[tokio::test]
async fn a_robot_sees_the_projects_that_it_may_pull_from() {
    let lab = Lab::new().await;
    let (one, two) = (lab.project("one", false).await, lab.project("two", false).await);
    for (robot, may, seen) in [
        ("some", [given(one, &[Pull, Push]), given(two, &[Push])].concat(), vec!["library", "one"]),
        ("all", vec![RobotPermission::new(None, Word::all_of(&[Pull]))], vec!["library", "one", "two"]),
        ("labels", vec![RobotPermission::new(None, Word::all_of(&[SeeLabels]))], vec!["library"]),
    ] {
        let (id, _) = lab.robot(None, robot, may).await;
        let actor = Actor::new(Subject::Robot(id), format!("robot${robot}").as_str());
        let listed = lab.projects.list(&actor, &api_types::ListQuery::default()).await.unwrap();
        let mut names: Vec<_> = listed.items.into_iter().map(|project| project.name).collect();
        names.sort();
        assert_eq!(names, seen, "{robot}");
    }
}

#[tokio::test]
async fn accounts_end_at_their_time() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let (robot, _) = lab.robot(Some(team), "ci", given(team, &[Pull])).await;
    let robot = Actor::new(Subject::Robot(robot), "robot$team+ci");
    let end = crate::db::micros(lab.clock.now()) + 500_000;
    lab.sql(&format!("UPDATE robots SET expires_at = {end}")).await;
    assert_eq!(allowed(&lab.access, &robot, "team/app").await, [Pull]);
    lab.pass(Duration::from_millis(500));
    let refused = lab.access.repository(&robot, &repo("team/app"), may::Pull).await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn nothing_opens_for_an_account_with_the_default_password() {
    let lab = Lab::open(None).await.unwrap();
    let admin = lab.admin();
    let refused = lab.access.repository(&admin, &repo("library/app"), may::Pull).await;
    assert!(matches!(refused, Err(Error::PasswordChangeRequired)));
    assert!(matches!(lab.access.administrator(&admin).await, Err(Error::PasswordChangeRequired)));
    assert!(matches!(lab.access.visibility(&admin).await, Err(Error::PasswordChangeRequired)));
    assert!(matches!(lab.access.person(&admin).await, Err(Error::PasswordChangeRequired)));
    assert!(matches!(lab.access.creator(&admin).await, Err(Error::PasswordChangeRequired)));
    let all = Actions { pull: true, push: true, delete: true };
    let refused = lab.access.grant(&admin, &repo("library/app"), all).await;
    assert!(matches!(refused, Err(Error::PasswordChangeRequired)));
}

#[tokio::test]
async fn a_proof_tells_what_else_the_actor_may() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    lab.member(team, &ada, Role::Developer).await;
    let proof = lab.access.project(&ada, &project("team"), may::Pull).await.unwrap();
    assert_eq!((proof.id(), proof.name(), proof.role()), (team, "team", Some(Role::Developer)));
    assert!(proof.also(may::Push).is_some());
    assert!(proof.also(may::Delete).is_none());
    assert!(proof.may().push && !proof.may().delete && proof.may().see_members && !proof.may().administer);
}

#[tokio::test]
async fn a_repository_is_seen_once_it_exists_and_not_after_it_is_gone() {
    let lab = Lab::new().await;
    let name = repo("library/app");
    let id = async || lab.access.repository(&lab.admin(), &name, may::Pull).await.unwrap().id();
    assert_eq!(id().await, None);
    lab.sql("INSERT INTO repositories (project_id, path, created_at) VALUES (1, 'app', 0)").await;
    let created = id().await;
    assert!(created.is_some(), "at once: absence is not remembered");
    lab.sql("DELETE FROM repositories").await;
    lab.pass(SECOND);
    assert_eq!(id().await, None);
}
