#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    access::{Permission, ProjectId, RobotPermission, SecretMark, Word},
    people::ClientInfo,
    testing::Lab,
};
use api_types::{CredentialKind, CredentialState, Lifetime, Overlap, Role};
use oci::RepositoryName;
use std::time::Duration;

mod words;

const DAY: Duration = Duration::from_hours(24);

fn project(name: &str) -> ProjectName {
    name.parse().unwrap()
}

fn may(permissions: &[Permission]) -> Vec<RobotAccess> {
    vec![RobotAccess::new(None, Word::all_of(permissions))]
}

fn new(name: &str, permissions: &[Permission]) -> NewRobot {
    NewRobot {
        name: name.to_owned(),
        description: String::new(),
        access: may(permissions),
        lifetime: Lifetime::default(),
    }
}

fn here() -> ClientInfo {
    ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None }
}

async fn sign_in(lab: &Lab, robot: &CreatedRobot) -> Result<Actor> {
    lab.sign_in.with_credentials(&robot.name, &robot.secret, here()).await
}

async fn listed(lab: &Lab, actor: &Actor, project: Option<&ProjectName>) -> Vec<RobotSummary> {
    lab.robots.list(actor, project, &ListQuery::default()).await.unwrap().items
}

/// A project with a project admin, and a robot that may pull.
async fn team(lab: &Lab) -> (ProjectId, Actor, CreatedRobot) {
    let id = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    lab.member(id, &ada, Role::ProjectAdmin).await;
    let robot = lab.robots.create(&ada, Some(&project("team")), &new("ci", &[Permission::Pull])).await.unwrap();
    (id, ada, robot)
}

#[tokio::test]
async fn a_robot_signs_in_in_both_spellings_and_may_what_it_was_given_while_it_lives() {
    let lab = Lab::new().await;
    let (_, _, created) = team(&lab).await;
    assert_eq!((created.name.as_str(), created.safe_name.as_str()), ("robot$team+ci", "robot+team+ci"));
    for name in [&created.name, &created.safe_name] {
        let robot = lab.sign_in.with_credentials(name, &created.secret, here()).await.unwrap();
        assert_eq!(robot.name(), "robot$team+ci", "one name on record");
        let app: RepositoryName = "team/app".parse().unwrap();
        assert!(lab.access.repository(&robot, &app, may::Pull).await.is_ok());
        assert!(matches!(lab.access.repository(&robot, &app, may::Push).await, Err(Error::Forbidden { .. })));
    }
    lab.pass(89 * DAY + Duration::from_secs(86_399));
    assert!(sign_in(&lab, &created).await.is_ok());
    lab.pass(Duration::from_secs(1));
    assert!(matches!(sign_in(&lab, &created).await, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn robots_are_created_by_those_who_administer_and_have_what_they_give() {
    let lab = Lab::new().await;
    let id = lab.project("team", false).await;
    let ada = lab.person("ada").await;
    lab.member(id, &ada, Role::Maintainer).await;
    let create = async |actor: &Actor, project: Option<&ProjectName>| {
        lab.robots.create(actor, project, &new("ci", &[Permission::Pull])).await
    };
    let team = project("team");
    assert!(matches!(create(&ada, Some(&team)).await, Err(Error::Forbidden { .. })));
    lab.member(id, &ada, Role::ProjectAdmin).await;
    assert!(create(&ada, Some(&team)).await.is_ok());
    assert!(matches!(create(&ada, Some(&team)).await, Err(Error::RobotNameTaken { .. })));
    assert!(matches!(create(&ada, Some(&project("missing"))).await, Err(Error::ProjectNotFound { .. })));
    assert!(matches!(create(&ada, None).await, Err(Error::AdministratorsOnly)));
    assert!(create(&lab.admin(), None).await.is_ok());
    assert!(matches!(create(&lab.admin(), None).await, Err(Error::RobotNameTaken { .. })));
    for name in ["", "a+b", "A", "a b", "a$b"] {
        let refused = lab.robots.create(&lab.admin(), None, &new(name, &[Permission::Pull])).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "name", .. })), "{name}");
    }
    let idle = lab.robots.create(&ada, Some(&team), &new("idle", &[])).await;
    assert!(matches!(idle, Err(Error::Invalid { field: "may", .. })));
}

#[tokio::test]
async fn nobody_gives_a_robot_more_than_they_have_or_learns_the_secret_of_one_that_has_more() {
    let lab = Lab::new().await;
    let (id, ada, _) = team(&lab).await;
    let team = project("team");
    let strong = lab.robots.create(&ada, Some(&team), &new("strong", &[Permission::Push])).await.unwrap();
    let administration = [Permission::Pull, Permission::SeeMembers, Permission::Administer];
    let given = vec![RobotPermission::new(Some(id.0), Word::all_of(&administration))];
    let (boss, _) = lab.robot(Some(id), "boss", given).await;
    let boss = Actor::new(Subject::Robot(boss), "robot$team+boss");
    let more = lab.robots.create(&boss, Some(&team), &new("more", &[Permission::Push])).await;
    assert!(matches!(more, Err(Error::Forbidden { .. })));
    let weak = lab.robots.create(&boss, Some(&team), &new("weak", &[Permission::Pull])).await.unwrap();
    let change = RobotChange { access: Some(may(&[Permission::Push])), ..RobotChange::default() };
    assert!(matches!(lab.robots.update(&boss, weak.id, &change).await, Err(Error::Forbidden { .. })));
    let secret = lab.robots.rotate(&boss, strong.id, Overlap::None, None, None).await;
    assert!(matches!(secret, Err(Error::Forbidden { .. })));
    assert!(lab.robots.rotate(&boss, weak.id, Overlap::None, None, None).await.is_ok());
}

#[tokio::test]
async fn a_robot_of_the_system_is_given_some_projects_or_all() {
    let lab = Lab::new().await;
    let (team, _) = (lab.project("team", false).await, lab.project("other", false).await);
    let access = |project: Option<&str>, permissions: &[Permission]| {
        RobotAccess::new(project.map(ToOwned::to_owned), Word::all_of(permissions))
    };
    let some = NewRobot {
        access: vec![access(Some("team"), &[Permission::Pull]), access(Some("team"), &[Permission::Push])],
        ..new("some", &[])
    };
    let some = lab.robots.create(&lab.admin(), None, &some).await.unwrap();
    let all = lab.robots.create(&lab.admin(), None, &new("all", &[Permission::Pull])).await.unwrap();
    let unknown = NewRobot { access: vec![access(Some("missing"), &[Permission::Pull])], ..new("unknown", &[]) };
    let refused = lab.robots.create(&lab.admin(), None, &unknown).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "projects", .. })));
    let pulls = async |robot: &CreatedRobot, name: &str| {
        let actor = sign_in(&lab, robot).await.unwrap();
        lab.access.repository(&actor, &name.parse().unwrap(), may::Pull).await.is_ok()
    };
    assert_eq!((pulls(&some, "team/app").await, pulls(&some, "other/app").await), (true, false));
    assert_eq!((pulls(&all, "team/app").await, pulls(&all, "other/app").await), (true, true));
    let listed = listed(&lab, &lab.admin(), None).await;
    assert_eq!(listed[0].access, may(&[Permission::Pull]));
    assert_eq!(listed[1].access, [access(Some("team"), &[Permission::Pull, Permission::Push])]);
    lab.projects.delete(&lab.admin(), &project("team")).await.unwrap();
    let listed = lab.robots.get(&lab.admin(), RobotId(some.id.0)).await.unwrap();
    assert_eq!((listed.access, team.0 > 0), (vec![], true));
}

#[tokio::test]
async fn a_robot_of_a_project_is_given_nothing_in_another() {
    let lab = Lab::new().await;
    let (_, ada, robot) = team(&lab).await;
    lab.project("other", true).await;
    let team = project("team");
    for name in ["other", "missing", ""] {
        let access = vec![RobotAccess::new(Some(name.to_owned()), vec![Word::RepositoryPush])];
        let wanted = NewRobot { access: access.clone(), ..new("more", &[]) };
        let refused = lab.robots.create(&ada, Some(&team), &wanted).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "projects", code: "project_foreign", .. })), "{name}");
        let change = RobotChange { access: Some(access), ..RobotChange::default() };
        let refused = lab.robots.update(&ada, robot.id, &change).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "projects", code: "project_foreign", .. })), "{name}");
    }
    let listed = listed(&lab, &ada, Some(&team)).await;
    assert_eq!((listed.len(), &listed[0].access[0].may), (1, &Word::all_of(&[Permission::Pull])));
    let own = vec![RobotAccess::new(Some("team".to_owned()), vec![Word::RepositoryPush])];
    lab.robots.update(&ada, robot.id, &RobotChange { access: Some(own), ..RobotChange::default() }).await.unwrap();
    assert_eq!(lab.robots.get(&ada, robot.id).await.unwrap().access[0].may, [Word::RepositoryPush]);
}

#[tokio::test]
async fn a_rotated_secret_works_beside_the_new_one_until_the_overlap_ends() {
    let lab = Lab::new().await;
    let (_, ada, first) = team(&lab).await;
    let second = lab.robots.rotate(&ada, first.id, Overlap::Day, Some(Lifetime::Days(90)), None).await.unwrap();
    assert_ne!(first.secret, second.secret);
    let works = async |robot: &CreatedRobot| sign_in(&lab, robot).await.is_ok();
    lab.pass(Duration::from_secs(86_399));
    assert!(works(&first).await && works(&second).await);
    let seen = lab.robots.get(&ada, first.id).await.unwrap();
    assert_eq!(seen.previous_until, Some(lab.clock.now() + Duration::from_secs(1)));
    lab.pass(Duration::from_secs(1));
    assert!(!works(&first).await && works(&second).await);
    let again = lab.robots.get(&ada, first.id).await.unwrap();
    assert_eq!((again.previous_until, again.rotated_at), (None, seen.rotated_at));

    // A form that is sent twice, or that was open while somebody else rotated, does nothing.
    let stale = lab.robots.rotate(&ada, first.id, Overlap::None, None, None).await;
    assert!(matches!(stale, Err(Error::RobotChanged)));
    assert!(works(&second).await);
    let third = lab.robots.rotate(&ada, first.id, Overlap::Week, None, again.rotated_at).await.unwrap();
    let seen = lab.robots.get(&ada, first.id).await.unwrap();
    assert!(works(&second).await && works(&third).await);
    let fourth = lab.robots.rotate(&ada, first.id, Overlap::None, None, seen.rotated_at).await.unwrap();
    lab.pass(Duration::from_secs(1));
    assert_eq!((works(&second).await, works(&third).await, works(&fourth).await), (false, false, true));
}

#[tokio::test]
async fn a_registry_token_ends_with_the_secret_that_was_shown_for_it() {
    let lab = Lab::new().await;
    let (_, ada, first) = team(&lab).await;
    let replica = lab.replica().await;
    let token = async |robot: &CreatedRobot| {
        let (actor, shown) = lab.sign_in.for_token(&robot.name, &robot.secret, here()).await.unwrap();
        assert_eq!(*actor.subject(), Subject::Robot(first.id));
        shown
    };
    let subject = Subject::Robot(first.id);
    let stands = async |lab: &Lab, shown: SecretMark| lab.sign_in.resume_token(&subject, shown).await.is_ok();
    let old = token(&first).await;
    assert!(stands(&lab, old).await && stands(&replica, old).await);
    let second = lab.robots.rotate(&ada, first.id, Overlap::Hour, None, None).await.unwrap();
    let new = token(&second).await;
    assert!(stands(&replica, new).await, "though that process remembers the robot with its first secret alone");
    lab.pass(Duration::from_secs(3_599));
    assert!(stands(&lab, old).await && stands(&lab, new).await && stands(&replica, old).await);
    lab.pass(Duration::from_secs(1));
    assert!(!stands(&lab, old).await && !stands(&replica, old).await && stands(&lab, new).await);
    // What is replaced twice within an overlap ends with the second time, and without one at once.
    let seen = lab.robots.get(&ada, first.id).await.unwrap().rotated_at;
    let third = lab.robots.rotate(&ada, first.id, Overlap::Week, None, seen).await.unwrap();
    let third = token(&third).await;
    lab.pass(Duration::from_secs(1));
    let seen = lab.robots.get(&ada, first.id).await.unwrap().rotated_at;
    let fourth = lab.robots.rotate(&ada, first.id, Overlap::Week, None, seen).await.unwrap();
    let fourth = token(&fourth).await;
    assert!(!stands(&lab, new).await && stands(&lab, third).await && stands(&lab, fourth).await);
    lab.pass(Duration::from_secs(1));
    assert!(stands(&lab, third).await && stands(&lab, fourth).await);
    let seen = lab.robots.get(&ada, first.id).await.unwrap().rotated_at;
    lab.robots.rotate(&ada, first.id, Overlap::None, None, seen).await.unwrap();
    assert!(!stands(&lab, third).await && !stands(&lab, fourth).await, "at once in the process that rotated it");
}

#[tokio::test]
async fn a_disabled_or_deleted_robot_is_out_at_once_and_on_another_replica_within_a_second() {
    let lab = Lab::new().await;
    let (_, ada, robot) = team(&lab).await;
    let replica = lab.replica().await;
    let actor = sign_in(&lab, &robot).await.unwrap();
    let stands = async |lab: &Lab| {
        // Both with its secret and with a registry token.
        let (shown, token) = (sign_in(lab, &robot).await, lab.sign_in.resume(actor.subject()).await);
        assert_eq!(shown.is_ok(), token.is_ok());
        shown.is_ok()
    };
    assert!(stands(&lab).await && stands(&replica).await);
    lab.robots.set_disabled(&ada, robot.id, true).await.unwrap();
    assert!(!stands(&lab).await);
    lab.pass(Duration::from_secs(1));
    assert!(!stands(&replica).await);
    assert_eq!(lab.robots.get(&ada, robot.id).await.unwrap().state, CredentialState::Disabled);
    lab.robots.set_disabled(&ada, robot.id, false).await.unwrap();
    lab.pass(Duration::from_secs(1));
    assert!(stands(&lab).await && stands(&replica).await);
    lab.robots.delete(&ada, robot.id).await.unwrap();
    assert!(!stands(&lab).await);
    lab.pass(Duration::from_secs(1));
    assert!(!stands(&replica).await);
    assert!(matches!(lab.robots.get(&ada, robot.id).await, Err(Error::RobotNotFound)));
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE resource = 'robot$team+ci' AND result = 'success' AND actor_name = \
                    'ada' AND project_id IS NOT NULL AND action IN ('robot.create', 'robot.disable', 'robot.enable', \
                    'robot.delete')";
    assert_eq!(lab.number(recorded).await, 4);
}

#[tokio::test]
async fn a_robot_is_seen_by_members_changed_by_admins_and_unknown_to_all_others() {
    let lab = Lab::new().await;
    let (id, ada, robot) = team(&lab).await;
    let system = lab.robots.create(&lab.admin(), None, &new("ci", &[Permission::Pull])).await.unwrap();
    let guest = lab.person("guest").await;
    lab.member(id, &guest, Role::Guest).await;
    let limited = lab.person("limited").await;
    lab.member(id, &limited, Role::LimitedGuest).await;
    let stranger = lab.person("stranger").await;
    let change = async |actor: &Actor, id| {
        let all = [
            lab.robots.update(actor, id, &RobotChange::default()).await.unwrap_err(),
            lab.robots.set_disabled(actor, id, true).await.unwrap_err(),
            lab.robots.rotate(actor, id, Overlap::None, None, None).await.unwrap_err(),
            lab.robots.delete(actor, id).await.unwrap_err(),
        ];
        let told = all[0].to_string();
        assert!(all.iter().all(|error| error.to_string() == told), "{all:?}");
        told
    };
    let unknown = Error::RobotNotFound.to_string();
    assert!(lab.robots.get(&guest, robot.id).await.is_ok());
    assert_eq!(listed(&lab, &guest, Some(&project("team"))).await.len(), 1);
    assert!(change(&guest, robot.id).await.contains("project admin"));
    for actor in [&limited, &stranger] {
        for id in [robot.id, system.id, RobotId(12_345)] {
            assert_eq!(lab.robots.get(actor, id).await.unwrap_err().to_string(), unknown);
            assert_eq!(change(actor, id).await, unknown);
        }
        assert!(lab.robots.list(actor, Some(&project("team")), &ListQuery::default()).await.is_err());
        assert!(lab.robots.list(actor, None, &ListQuery::default()).await.is_err());
    }
    assert_eq!(change(&ada, system.id).await, unknown, "a project's admin knows no robot of the system");
    let nobody = Error::Unauthenticated.to_string();
    for id in [robot.id, RobotId(12_345)] {
        assert_eq!(change(&Actor::anonymous(), id).await, nobody);
    }
    assert!(lab.robots.get(&lab.admin(), robot.id).await.is_ok());
}

#[tokio::test]
async fn the_list_is_sorted_filtered_and_tells_when_and_from_where_a_robot_was_used() {
    let lab = Lab::new().await;
    let (_, ada, ci) = team(&lab).await;
    let team = project("team");
    let forever = NewRobot {
        description: "Copies to the Mirror".to_owned(),
        lifetime: Lifetime::Never,
        ..new("mirror", &[Permission::Pull])
    };
    lab.robots.create(&ada, Some(&team), &forever).await.unwrap();
    let short = NewRobot { lifetime: Lifetime::Days(3), ..new("short", &[Permission::Pull]) };
    lab.robots.create(&ada, Some(&team), &short).await.unwrap();
    lab.pass(Duration::from_secs(1));
    sign_in(&lab, &ci).await.unwrap();
    let names = async |sort: &str, filter: &str| {
        let query = ListQuery { sort: sort.to_owned(), filter: filter.to_owned(), limit: 2, ..ListQuery::default() };
        let first = lab.robots.list(&ada, Some(&team), &query).await.unwrap();
        let mut names: Vec<_> = first.items.iter().map(|robot| robot.name.clone()).collect();
        if let Some(cursor) = first.next {
            let rest = lab.robots.list(&ada, Some(&team), &ListQuery { cursor, ..query }).await.unwrap();
            names.extend(rest.items.into_iter().map(|robot| robot.name));
        }
        names.join(" ")
    };
    assert_eq!(names("", "").await, "ci mirror short");
    assert_eq!(names("expires", "").await, "short ci mirror");
    assert_eq!(names("", "the mirr").await, "mirror");
    assert_eq!(listed(&lab, &ada, Some(&team)).await[0].last_used_at, None, "a use writes nothing in its path");
    lab.maintenance.flush_traffic().await.unwrap();
    assert!(names("used", "").await.starts_with("ci "));
    let robot = listed(&lab, &ada, Some(&team)).await.remove(0);
    assert_eq!((robot.last_used_at, robot.last_used_from.as_deref()), (Some(lab.clock.now()), Some("192.0.2.1")));
    assert_eq!((robot.created_by.as_deref(), robot.state), (Some("ada"), CredentialState::Active));
}

#[tokio::test]
async fn those_who_administer_are_told_of_robots_that_end_soon_or_have_just_ended() {
    let lab = Lab::new().await;
    let (id, ada, robot) = team(&lab).await;
    let guest = lab.person("guest").await;
    lab.member(id, &guest, Role::Guest).await;
    let told = async |actor: &Actor| {
        let page = lab.projects.get(actor, &project("team")).await.unwrap().expiring_robots;
        assert_eq!(page, lab.overview.get(actor).await.unwrap().expiring);
        page
    };
    assert_eq!(told(&ada).await, []);
    lab.pass(76 * DAY);
    for actor in [&ada, &lab.admin()] {
        let told = told(actor).await.remove(0);
        assert_eq!((told.id, told.expired), (robot.id.0, false));
        assert_eq!(told.kind, CredentialKind::ProjectRobot("team".to_owned()));
    }
    assert_eq!(told(&guest).await, []);
    let home = project("team");
    assert_eq!(lab.robots.list_expiring(&ada, Some(&home)).await.unwrap(), told(&ada).await);
    let refused = lab.robots.list_expiring(&guest, Some(&home)).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    lab.pass(14 * DAY);
    assert!(told(&ada).await[0].expired);
    let longer = RobotChange { lifetime: Some(Lifetime::Days(90)), ..RobotChange::default() };
    lab.robots.update(&ada, robot.id, &longer).await.unwrap();
    assert_eq!(told(&ada).await, []);
    assert_eq!(
        lab.robots.get(&ada, robot.id).await.unwrap().access,
        [RobotAccess::new(Some("team".to_owned()), Word::all_of(&[Permission::Pull]))],
        "what is not changed stays"
    );
}

#[tokio::test]
async fn administrators_are_told_of_robots_of_the_system_apart_from_those_of_projects() {
    let lab = Lab::new().await;
    let (_, ada, _) = team(&lab).await;
    let robot = lab.robots.create(&lab.admin(), None, &new("mirror", &[Permission::Pull])).await.unwrap();
    assert_eq!(lab.robots.list_expiring(&lab.admin(), None).await.unwrap(), []);
    lab.pass(76 * DAY);
    let told = lab.robots.list_expiring(&lab.admin(), None).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].id, &told[0].kind, told[0].expired), (robot.id.0, &CredentialKind::SystemRobot, false));
    let refused = lab.robots.list_expiring(&ada, None).await;
    assert!(matches!(refused, Err(Error::AdministratorsOnly)), "{refused:?}");
}
