//! A deleted project is gone at once, and comes back as it was until its time is over.

use super::*;
use crate::{
    access::{Rights, RobotPermission},
    people::ClientInfo,
};
use api_types::{TrashEntry, TrashKind};
use oci::{Reference, RepositoryName};
use std::{net::IpAddr, time::Duration};

const WEEK: Duration = Duration::from_hours(7 * 24);

/// What is left of a project anywhere.
const REMAINS: &str = "SELECT (SELECT COUNT(*) FROM projects WHERE name <> 'library') + (SELECT COUNT(*) FROM members) \
    + (SELECT COUNT(*) FROM robots) + (SELECT COUNT(*) FROM project_aliases) + (SELECT COUNT(*) FROM repositories) \
    + (SELECT COUNT(*) FROM manifests) + (SELECT COUNT(*) FROM trash)";

fn team() -> ProjectName {
    "team".parse().unwrap()
}

fn image() -> (RepositoryName, Reference) {
    ("team/r0".parse().unwrap(), "v1".parse().unwrap())
}

/// A public project `team`, once called `crew`, with two images, its admin `ada` and its guest `bob`.
async fn lab() -> (Lab, Actor, Actor) {
    let lab = Lab::keeping(WEEK).await;
    let (ada, bob) = (lab.person("ada").await, lab.person("bob").await);
    let project = NewProject { name: "crew".to_owned(), public: true, description: "words".to_owned() };
    lab.projects.create(&ada, &project).await.unwrap();
    lab.projects.rename(&ada, &"crew".parse().unwrap(), "team").await.unwrap();
    lab.members.add(&ada, &team(), "bob", Role::Guest).await.unwrap();
    lab.fill("team", 2).await;
    (lab, ada, bob)
}

async fn pulls(lab: &Lab, actor: &Actor, project: &str) -> bool {
    let name = format!("{project}/r0").parse().unwrap();
    lab.manifests.get(actor, &name, &image().1, true).await.is_ok()
}

async fn entry(lab: &Lab, actor: &Actor) -> TrashEntry {
    lab.trash.list_projects(actor, None).await.unwrap().remove(0)
}

async fn names(lab: &Lab, actor: &Actor) -> Vec<String> {
    let page = lab.projects.list(actor, &ListQuery::default()).await.unwrap();
    page.items.into_iter().map(|project| project.name).collect()
}

#[tokio::test]
async fn it_is_out_of_every_sight_and_comes_back_with_members_robots_and_images() {
    let (lab, ada, bob) = lab().await;
    let replica = lab.replica().await;
    let id = lab.projects.get_record(&ada, &team()).await.unwrap().id;
    let given = RobotPermission::new(None, vec![Word::RepositoryPull]);
    let (_, shown) = lab.robot(Some(id), "ci", vec![given]).await;
    let client = || ClientInfo { origin: IpAddr::from([127, 0, 0, 1]).into(), known_browser: None };
    let robot = async || lab.sign_in.with_credentials("robot$team+ci", &shown, client()).await;
    let ci = robot().await.unwrap();
    let digest = lab.manifests.get(&bob, &image().0, &image().1, true).await.unwrap().digest;
    let before = (lab.projects.get(&ada, &team()).await.unwrap(), lab.projects.get(&bob, &team()).await.unwrap());

    lab.projects.delete(&ada, &team()).await.unwrap();
    lab.pass(Duration::from_secs(1));
    for actor in [&ada, &bob, &ci, &Actor::anonymous(), &lab.admin()] {
        for (lab, project) in [(&lab, "team"), (&lab, "crew"), (&replica, "team"), (&replica, "crew")] {
            assert!(!pulls(lab, actor, project).await, "{actor:?} {project}");
        }
    }
    assert!(robot().await.is_err());
    for actor in [&ada, &bob, &Actor::anonymous(), &lab.admin()] {
        assert_eq!(names(&lab, actor).await, ["library"], "{actor:?}");
        assert!(lab.projects.name_of(actor, id).await.is_err());
        assert_eq!(lab.projects.statistics(actor).await.unwrap().public_projects, 1);
    }
    assert!(matches!(lab.projects.delete(&ada, &team()).await, Err(Error::ProjectNotFound { .. })));
    assert_eq!(lab.people.get(&lab.admin(), crate::testing::user_of(&ada)).await.unwrap().projects, 0);
    for _ in 0..2 {
        lab.maintenance.sweep().await.unwrap();
    }

    let found = entry(&lab, &ada).await;
    assert_eq!((found.kind, found.repository.as_str()), (TrashKind::Project, "team"));
    assert_eq!((found.repositories, found.tags, found.artifacts), (2, 2, 2));
    assert_eq!((found.deleted_by.name.as_str(), found.expires_at - found.deleted_at), ("ada", time::Duration::days(7)));
    let restored = lab.trash.restore(&ada, found.id).await.unwrap();
    assert_eq!(restored.repository, "team");
    let after = (lab.projects.get(&ada, &team()).await.unwrap(), lab.projects.get(&bob, &team()).await.unwrap());
    assert_eq!(after, before);
    assert_eq!(lab.manifests.get(&Actor::anonymous(), &image().0, &image().1, true).await.unwrap().digest, digest);
    assert!(pulls(&lab, &bob, "crew").await, "by its former name too");
    assert!(robot().await.is_ok());
    assert!(lab.trash.list_projects(&lab.admin(), None).await.unwrap().is_empty());
    lab.pass(Duration::from_secs(1));
    assert!(pulls(&replica, &bob, "team").await);
}

#[tokio::test]
async fn its_name_is_free_and_whoever_has_taken_it_keeps_it() {
    let (lab, ada, bob) = lab().await;
    lab.projects.delete(&ada, &team()).await.unwrap();
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    lab.projects.create(&bob, &project).await.unwrap();
    let id = entry(&lab, &ada).await.id;
    let refused = lab.trash.restore(&ada, id).await;
    assert!(matches!(&refused, Err(Error::ProjectExistsAgain { name }) if name == "team"), "{refused:?}");
    assert!(!pulls(&lab, &ada, "team").await && lab.projects.get(&ada, &team()).await.is_err());
    assert_eq!(lab.projects.get(&bob, &team()).await.unwrap().summary.role, Some(Role::ProjectAdmin));
    lab.projects.rename(&bob, &team(), "other").await.unwrap();
    lab.trash.restore(&ada, id).await.unwrap();
    assert!(pulls(&lab, &ada, "team").await);
    assert_eq!(lab.projects.get(&bob, &"other".parse().unwrap()).await.unwrap().summary.name, "other");
}

#[tokio::test]
async fn whoever_could_delete_it_can_bring_it_back_and_nobody_else_learns_of_it() {
    let (lab, ada, bob) = lab().await;
    let eve = lab.person("eve").await;
    lab.projects.delete(&ada, &team()).await.unwrap();
    let id = entry(&lab, &ada).await.id;
    for actor in [&bob, &eve] {
        assert!(lab.trash.list_projects(actor, None).await.unwrap().is_empty());
        assert!(matches!(lab.trash.restore(actor, id).await, Err(Error::TrashEntryNotFound { .. })));
        assert!(matches!(lab.trash.restore(actor, 4711).await, Err(Error::TrashEntryNotFound { .. })));
    }
    assert!(matches!(lab.trash.list_projects(&Actor::anonymous(), None).await, Err(Error::Unauthenticated)));
    assert!(matches!(lab.trash.restore(&Actor::anonymous(), id).await, Err(Error::TrashEntryNotFound { .. })));
    for actor in [&ada, &bob] {
        assert!(matches!(lab.trash.delete_now(actor, id).await, Err(Error::AdministratorsOnly)));
    }
    assert_eq!(entry(&lab, &lab.admin()).await.id, id);
    assert_eq!(lab.trash.list_all(&Actor::system(), None).await.unwrap()[0].id, id);
    lab.trash.restore(&lab.admin(), id).await.unwrap();
    let rights = lab.access.project(&bob, &team(), may::Pull).await.unwrap().rights();
    assert_eq!(rights, Rights::of_role(Role::Guest).or(Rights::PUBLIC));
}

#[tokio::test]
async fn once_its_time_is_over_or_an_administrator_says_so_nothing_of_it_is_left() {
    for at_once in [true, false] {
        let (lab, ada, _) = lab().await;
        lab.repositories.delete(&ada, &"team/r1".parse().unwrap()).await.unwrap();
        lab.projects.delete(&ada, &team()).await.unwrap();
        let id = entry(&lab, &ada).await.id;
        if at_once {
            lab.trash.delete_now(&lab.admin(), id).await.unwrap();
        } else {
            lab.pass(WEEK);
        }
        assert!(matches!(lab.trash.restore(&ada, id).await, Err(Error::TrashEntryNotFound { .. })));
        assert!(lab.trash.list_projects(&ada, None).await.unwrap().is_empty());
        lab.maintenance.sweep().await.unwrap();
        assert_eq!(lab.number(REMAINS).await, 0, "{at_once}");
        let told = "SELECT COUNT(*) FROM audit_events WHERE resource = 'team' AND action IN ('project.delete', 'trash.delete')";
        assert_eq!(lab.number(told).await, 2);
    }
}
