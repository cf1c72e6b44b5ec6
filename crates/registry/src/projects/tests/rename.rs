//! Other names for projects, and what the old ones still do.

use super::*;
use crate::access::Actions;
use oci::RepositoryName;

const ALL: Actions = Actions { pull: true, push: true, delete: true };

fn app(project: &str) -> RepositoryName {
    format!("{project}/r0").parse().unwrap()
}

async fn pulls(lab: &Lab, actor: &Actor, project: &str) -> bool {
    lab.manifests.get(actor, &app(project), &"v1".parse().unwrap(), true).await.is_ok()
}

/// A project `team` with an image and its admin `ada`.
async fn lab() -> (Lab, Actor) {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    lab.projects.create(&ada, &new("team", false)).await.unwrap();
    lab.fill("team", 1).await;
    (lab, ada)
}

#[tokio::test]
async fn the_old_name_pulls_and_nothing_else() {
    let (lab, ada) = lab().await;
    assert!(!pulls(&lab, &ada, "crew").await, "that it does not exist could be remembered");
    let objects = lab.number("SELECT COUNT(*) FROM blobs").await;
    lab.projects.rename(&ada, &name("team"), " crew ").await.unwrap();
    assert!(pulls(&lab, &ada, "crew").await && pulls(&lab, &ada, "team").await);
    assert_eq!(lab.number("SELECT COUNT(*) FROM blobs").await, objects);
    let detail = lab.projects.get(&ada, &name("team")).await.unwrap();
    assert_eq!((detail.summary.name.as_str(), detail.former_names), ("crew", vec!["team".to_owned()]));
    let listed = lab.repositories.list(&ada, &name("team"), &query("", "", 0)).await.unwrap();
    assert_eq!(listed.items[0].name, "crew/r0");
    assert_eq!(lab.repositories.get(&ada, &app("team")).await.unwrap().summary.name, "crew/r0");
    let catalog = lab.repositories.catalog(&ada, 100, None).await.unwrap();
    assert_eq!(catalog.names, ["crew/r0"]);
    let told = "project team is called crew now: use crew in its place; the old name only serves pulls";
    let refused = [
        lab.access.repository(&ada, &app("team"), may::Push).await.map(|_| ()),
        lab.access.repository(&ada, &app("team"), may::Delete).await.map(|_| ()),
        lab.access.project(&ada, &name("team"), may::Administer).await.map(|_| ()),
        lab.projects.update(&ada, &name("team"), true, "").await,
        lab.projects.delete(&ada, &name("team")).await,
        lab.projects.rename(&ada, &name("team"), "third").await,
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().to_string(), told);
    }
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE action = 'project.rename' AND resource = 'team' \
         AND details LIKE '%crew%' AND actor_name = 'ada'";
    assert_eq!(lab.number(recorded).await, 1);
}

#[tokio::test]
async fn a_registry_token_made_before_or_for_the_old_name_pulls_by_it() {
    let (lab, ada) = lab().await;
    let before = lab.access.grant(&ada, &app("team"), ALL).await.unwrap();
    lab.projects.rename(&ada, &name("team"), "crew").await.unwrap();
    let after = lab.access.grant(&ada, &app("team"), ALL).await.unwrap();
    assert_eq!(before.project, after.project);
    assert_eq!(after.actions, Actions { pull: true, ..Actions::NONE });
    for grant in [before, after] {
        let token = ada.clone().narrowed(vec![grant]);
        assert!(pulls(&lab, &token, "team").await);
        let refused = lab.access.repository(&token, &app("team"), may::Push).await;
        assert!(matches!(refused, Err(Error::ProjectRenamed { .. })));
        let other = lab.access.repository(&token, &app("crew"), may::Pull).await;
        assert!(matches!(other, Err(Error::BeyondGrant { .. })));
    }
    assert_eq!(lab.access.grant(&ada, &app("crew"), ALL).await.unwrap().actions, ALL);
}

#[tokio::test]
async fn an_old_name_that_somebody_takes_is_theirs() {
    let (lab, ada) = lab().await;
    let eve = lab.person("eve").await;
    let old = lab.access.grant(&ada, &app("team"), ALL).await.unwrap();
    lab.projects.rename(&ada, &name("team"), "crew").await.unwrap();
    assert_eq!(lab.projects.check_name(&eve, "team").await.unwrap(), NameCheck::Free);
    assert!(pulls(&lab, &ada, "team").await);
    lab.projects.create(&eve, &new("team", false)).await.unwrap();
    for actor in [&ada, &ada.clone().narrowed(vec![old])] {
        assert!(!pulls(&lab, actor, "team").await);
    }
    let hidden = lab.projects.get(&ada, &name("team")).await;
    assert!(matches!(hidden, Err(Error::ProjectNotFound { .. })));
    assert!(pulls(&lab, &ada, "crew").await);
    assert!(lab.projects.get(&ada, &name("crew")).await.unwrap().former_names.is_empty());
    // A name that is taken by renaming is taken as well.
    lab.projects.rename(&ada, &name("crew"), "third").await.unwrap();
    lab.projects.rename(&eve, &name("team"), "crew").await.unwrap();
    assert!(matches!(lab.projects.get(&ada, &name("crew")).await, Err(Error::ProjectNotFound { .. })));
    assert_eq!(lab.projects.get(&eve, &name("team")).await.unwrap().summary.name, "crew");
}

#[tokio::test]
async fn a_project_can_have_its_old_name_back() {
    let (lab, ada) = lab().await;
    for (from, to) in [("team", "crew"), ("crew", "third"), ("third", "team")] {
        lab.projects.rename(&ada, &name(from), to).await.unwrap();
        lab.pass(Duration::from_secs(1));
    }
    let detail = lab.projects.get(&ada, &name("crew")).await.unwrap();
    assert_eq!((detail.summary.name.as_str(), detail.former_names), ("team", vec!["third".into(), "crew".into()]));
    assert!(lab.access.repository(&ada, &app("team"), may::Push).await.is_ok());
    for name in ["team", "crew", "third"] {
        assert!(pulls(&lab, &ada, name).await, "{name}");
    }
    lab.projects.delete(&ada, &name("team")).await.unwrap();
    for gone in ["team", "crew", "third"] {
        assert!(matches!(lab.projects.get(&ada, &name(gone)).await, Err(Error::ProjectNotFound { .. })), "{gone}");
    }
    assert_eq!(lab.number("SELECT COUNT(*) FROM project_aliases").await, 0);
}

#[tokio::test]
async fn of_two_who_rename_at_once_one_does_and_the_other_learns_the_new_name() {
    let (lab, ada) = lab().await;
    let team = name("team");
    let (first, second) =
        tokio::join!(lab.projects.rename(&ada, &team, "one"), lab.projects.rename(&ada, &team, "two"));
    let (won, lost) = if first.is_ok() { ("one", second) } else { ("two", first) };
    assert!(matches!(lost, Err(Error::ProjectRenamed { name, .. }) if name == won));
    assert_eq!(lab.projects.get(&ada, &name("team")).await.unwrap().summary.name, won);
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'project.rename'").await, 1);
}

#[tokio::test]
async fn a_new_name_must_be_one_and_free() {
    let (lab, ada) = lab().await;
    lab.project("secret", false).await;
    let code = async |new: &str| {
        let problem = lab.projects.rename(&ada, &name("team"), new).await.unwrap_err().problem();
        assert_eq!(problem.field.as_deref(), Some("name"), "{new}");
        problem.code
    };
    for (new, expected) in
        [("", "name_empty"), ("Team", "name_upper_case"), ("team", "name_unchanged"), ("secret", "project_name_taken")]
    {
        assert_eq!(code(new).await, expected);
        let verdict = lab.projects.check_new_name(&ada, &name("team"), new).await.unwrap();
        assert_eq!(verdict == NameCheck::Taken, expected == "project_name_taken", "{new}");
    }
    assert_eq!(lab.projects.check_new_name(&ada, &name("team"), "crew").await.unwrap(), NameCheck::Free);
    assert_eq!(lab.number("SELECT COUNT(*) FROM project_aliases").await, 0);
}

#[tokio::test]
async fn only_those_who_administer_rename() {
    let (lab, ada) = lab().await;
    let eve = lab.person("eve").await;
    let team = ProjectId(lab.number("SELECT id FROM projects WHERE name = 'team'").await);
    for actor in [&eve, &Actor::anonymous()] {
        let hidden = lab.projects.rename(actor, &name("team"), "crew").await.unwrap_err().to_string();
        let missing = lab.projects.rename(actor, &name("none"), "crew").await.unwrap_err().to_string();
        assert_eq!(hidden, missing.replace("none", "team"));
    }
    lab.member(team, &eve, Role::Maintainer).await;
    for refused in [
        lab.projects.rename(&eve, &name("team"), "crew").await,
        lab.projects.check_new_name(&eve, &name("team"), "crew").await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
    }
    assert!(lab.projects.rename(&ada, &name("team"), "crew").await.is_ok());
}

#[tokio::test]
async fn an_old_name_of_a_foreign_project_is_like_one_that_nobody_had() {
    let (lab, ada) = lab().await;
    let eve = lab.person("eve").await;
    lab.projects.rename(&ada, &name("team"), "crew").await.unwrap();
    for actor in [&eve, &Actor::anonymous()] {
        for push in [false, true] {
            let ask = async |project: &str| {
                let answer = if push {
                    lab.access.repository(actor, &app(project), may::Push).await.map(|_| ())
                } else {
                    lab.access.repository(actor, &app(project), may::Pull).await.map(|_| ())
                };
                answer.unwrap_err().to_string().replace(project, "…")
            };
            assert_eq!(ask("team").await, ask("none").await);
            assert_eq!(ask("crew").await, ask("none").await);
        }
        let grant = lab.access.grant(actor, &app("team"), ALL).await.unwrap();
        assert_eq!((grant.project, grant.actions), (None, Actions::NONE));
    }
    // Who sees it but may not push is told the role, not the name.
    let team = ProjectId(lab.number("SELECT id FROM projects WHERE name = 'crew'").await);
    lab.member(team, &eve, Role::Guest).await;
    let refused = lab.access.repository(&eve, &app("team"), may::Push).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn a_robot_signs_in_by_the_name_it_had_and_by_the_one_it_has() {
    let (lab, ada) = lab().await;
    let team = ProjectId(lab.number("SELECT id FROM projects WHERE name = 'team'").await);
    let given = vec![crate::access::RobotPermission::new(Some(team.0), vec![Word::RepositoryPull])];
    let (_, secret) = lab.robot(Some(team), "ci", given).await;
    lab.projects.rename(&ada, &name("team"), "crew").await.unwrap();
    let client =
        crate::people::ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None };
    for username in ["robot$team+ci", "robot$crew+ci"] {
        let robot = lab.sign_in.with_credentials(username, &secret, client.clone()).await.unwrap();
        assert_eq!(robot.name(), "robot$crew+ci");
        assert!(pulls(&lab, &robot, "team").await && pulls(&lab, &robot, "crew").await);
    }
    lab.projects.create(&ada, &new("team", false)).await.unwrap();
    // A secret that was right is remembered for a moment.
    lab.pass(Duration::from_mins(1));
    let taken = lab.sign_in.with_credentials("robot$team+ci", &secret, client).await;
    assert!(matches!(taken, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn another_process_follows_at_once_and_within_a_second() {
    let (lab, ada) = lab().await;
    let replica = lab.replica().await;
    assert!(pulls(&replica, &ada, "team").await);
    assert!(!pulls(&replica, &ada, "crew").await);
    lab.projects.rename(&ada, &name("team"), "crew").await.unwrap();
    lab.pass(Duration::from_secs(1));
    assert!(pulls(&replica, &ada, "crew").await && pulls(&replica, &ada, "team").await);
    let refused = replica.access.repository(&ada, &app("team"), may::Push).await;
    assert!(matches!(refused, Err(Error::ProjectRenamed { .. })));
}
