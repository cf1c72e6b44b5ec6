#![allow(clippy::unwrap_used)]

mod quotas;
mod rename;
mod trash;

use super::*;
use crate::testing::{Lab, user_of};
use std::time::Duration;

fn name(name: &str) -> ProjectName {
    name.parse().unwrap()
}

fn new(name: &str, public: bool) -> NewProject {
    NewProject { name: name.to_owned(), public, description: String::new() }
}

fn query(sort: &str, filter: &str, limit: u32) -> ListQuery {
    ListQuery { sort: sort.to_owned(), filter: filter.to_owned(), limit, ..ListQuery::default() }
}

fn names(page: &Page<ProjectSummary>) -> Vec<&str> {
    page.items.iter().map(|project| project.name.as_str()).collect()
}

#[tokio::test]
async fn whoever_creates_a_project_administers_it_at_once() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    // Looked up before, so that "it does not exist" could be remembered.
    assert!(lab.projects.get(&ada, &name("team")).await.is_err());
    let project = NewProject { description: "  What we ship ".to_owned(), ..new("team", false) };
    let id = lab.projects.create(&ada, &project).await.unwrap();
    let detail = lab.projects.get(&ada, &name("team")).await.unwrap();
    assert_eq!((detail.summary.id, detail.summary.role), (id.0, Some(Role::ProjectAdmin)));
    assert_eq!((detail.description.as_str(), detail.members, detail.robots), ("What we ship", 1, 0));
    assert!(detail.may.administer && !detail.summary.public);
    let recorded = format!(
        "SELECT COUNT(*) FROM audit_events WHERE action = 'project.create' AND project_id = {} AND actor_name = 'ada'",
        id.0
    );
    assert_eq!(lab.number(&recorded).await, 1);
}

#[tokio::test]
async fn names_that_are_taken_or_malformed_are_refused_as_the_check_says() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    lab.project("secret", false).await;
    assert_eq!(lab.projects.check_name(&ada, "free").await.unwrap(), NameCheck::Free);
    assert_eq!(lab.projects.check_name(&ada, "secret").await.unwrap(), NameCheck::Taken);
    let refused = lab.projects.create(&ada, &new("secret", true)).await;
    assert!(matches!(refused, Err(Error::ProjectNameTaken { .. })));
    for malformed in ["", "Team", "a/b", "a--b", "new"] {
        let check = lab.projects.check_name(&ada, malformed).await.unwrap();
        let NameCheck::Malformed { code: told, .. } = check else { panic!("{malformed}: {check:?}") };
        let refused = lab.projects.create(&ada, &new(malformed, false)).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "name", code, .. } if code == told), "{malformed}");
    }
    let talkative = NewProject { description: "x".repeat(501), ..new("free", false) };
    let refused = lab.projects.create(&ada, &talkative).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "description", .. })));
}

#[tokio::test]
async fn nobody_and_robots_create_no_projects() {
    let lab = Lab::new().await;
    let refused = lab.projects.create(&Actor::anonymous(), &new("team", true)).await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
    let refused = lab.projects.check_name(&Actor::anonymous(), "team").await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
    let (robot, _) = lab.robot(None, "ci", vec![]).await;
    let robot = Actor::new(Subject::Robot(robot), "robot$ci");
    let refused = lab.projects.create(&robot, &new("team", true)).await;
    assert!(matches!(refused, Err(Error::AccountNeeded)));
}

#[tokio::test]
async fn where_only_administrators_create_projects_all_others_are_told_so_at_once() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let may = async |actor: &Actor| match *actor.subject() {
        Subject::User(user) => lab.people.find_viewer(user).await.unwrap().unwrap().may_create_projects,
        _ => false,
    };
    assert!(may(&ada).await);
    let closed = api_types::SystemSettings {
        project_creation: ProjectCreation::Administrators,
        ..api_types::SystemSettings::default()
    };
    lab.settings.update(&lab.admin(), &closed).await.unwrap();
    assert!(!may(&ada).await && may(&lab.admin()).await);
    let refused = lab.projects.create(&ada, &new("team", true)).await;
    assert!(matches!(refused, Err(Error::ProjectCreationClosed)));
    let refused = lab.projects.check_name(&ada, "team").await;
    assert!(matches!(refused, Err(Error::ProjectCreationClosed)));
    let nobody = lab.projects.create(&Actor::anonymous(), &new("team", true)).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated)));
    lab.projects.create(&lab.admin(), &new("team", true)).await.unwrap();
    lab.projects.create(&Actor::system(), &new("crew", true)).await.unwrap();
}

#[tokio::test]
async fn of_two_who_want_a_name_at_once_one_gets_it() {
    let lab = Lab::new().await;
    let (ada, eve) = (lab.person("ada").await, lab.person("eve").await);
    let (project_a, project_b) = (new("team", true), new("team", true));
    let (a, b) = tokio::join!(lab.projects.create(&ada, &project_a), lab.projects.create(&eve, &project_b));
    assert_eq!([&a, &b].into_iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(lab.number("SELECT COUNT(*) FROM members").await, 1);
}

#[tokio::test]
async fn everybody_sees_public_projects_their_own_and_no_others() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let team = lab.project("team", false).await;
    lab.project("secret", false).await;
    lab.member(team, &ada, Role::Guest).await;
    let all = query("name", "", 0);
    let seen = async |actor: &Actor| {
        let page = lab.projects.list(actor, &all).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        names(&page).join(" ")
    };
    assert_eq!(seen(&Actor::anonymous()).await, "library");
    assert_eq!(seen(&ada).await, "library team");
    assert_eq!(seen(&lab.admin()).await, "library secret team");
    assert_eq!(seen(&Actor::system()).await, "library secret team");
    let given = vec![crate::access::RobotPermission::new(Some(team.0), vec![Word::RepositoryPull])];
    let (robot, _) = lab.robot(Some(team), "ci", given).await;
    assert_eq!(seen(&Actor::new(Subject::Robot(robot), "robot$team+ci")).await, "library team");
    let scope = crate::access::TokenScope {
        level: crate::access::TokenLevel::Read,
        projects: Some([team.0].into_iter().collect()),
    };
    let (token, _) = lab.access_token(&lab.admin(), scope).await;
    let token = Actor::new(Subject::AccessToken(token, UserId(1)), "admin");
    assert_eq!(seen(&token).await, "library team");
}

#[tokio::test]
async fn roles_and_quotas_are_shown_to_members_only() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let open = lab.project("open", true).await;
    lab.sql("UPDATE projects SET storage_quota = 1000, storage_used = 10").await;
    let seen = async |actor: &Actor| {
        let page = lab.projects.list(actor, &query("name", "open", 0)).await.unwrap();
        let detail = lab.projects.get(actor, &name("open")).await.unwrap();
        assert_eq!(page.items[0], detail.summary);
        (detail.summary.role, detail.summary.storage_quota, detail.members)
    };
    lab.member(open, &lab.admin(), Role::Guest).await;
    assert_eq!(seen(&ada).await, (None, None, 0));
    lab.member(open, &ada, Role::LimitedGuest).await;
    assert_eq!(seen(&ada).await, (Some(Role::LimitedGuest), Some(1000), 0));
    assert_eq!(seen(&Actor::system()).await, (None, Some(1000), 2));
}

#[tokio::test]
async fn a_token_shows_role_and_quota_where_it_reaches_and_nowhere_else() {
    use crate::access::{TokenLevel, TokenScope};
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let (open, team) = (lab.project("open", true).await, lab.project("team", false).await);
    for project in [open, team] {
        lab.member(project, &ada, Role::Developer).await;
    }
    lab.sql("UPDATE projects SET storage_quota = 1000").await;
    let token = async |owner: &Actor| {
        let scope = TokenScope { level: TokenLevel::Read, projects: Some([team.0].into()) };
        let (id, _) = lab.access_token(owner, scope).await;
        Actor::new(Subject::AccessToken(id, user_of(owner)), owner.name())
    };
    // Role and quota of a project on both lists and both pages, which say the same.
    let seen = async |actor: &Actor, project: &str| {
        let summary = lab.projects.get(actor, &name(project)).await.unwrap().summary;
        let record = lab.projects.get_record(actor, &name(project)).await.unwrap();
        let page = lab.projects.list(actor, &query("name", project, 0)).await.unwrap();
        let asked = crate::numbered::NumberedQuery { size: 10, ..crate::numbered::NumberedQuery::default() };
        let records = lab.projects.list_records(actor, &asked).await.unwrap().items;
        let listed = records.into_iter().find(|record| record.name == project).unwrap();
        assert_eq!(page.items, std::slice::from_ref(&summary), "{project}");
        assert_eq!(listed, record, "{project}");
        assert_eq!((summary.role, summary.storage_quota), (record.role, record.storage_quota), "{project}");
        (record.role, record.storage_quota)
    };
    let member = (Some(Role::Developer), Some(1000));
    assert_eq!((seen(&ada, "open").await, seen(&ada, "team").await), (member, member));
    let narrow = token(&ada).await;
    assert_eq!((seen(&narrow, "open").await, seen(&narrow, "team").await), ((None, None), member));
    let narrow = token(&lab.admin()).await;
    assert_eq!((seen(&narrow, "open").await, seen(&narrow, "team").await), ((None, None), (None, Some(1000))));
}

#[tokio::test]
async fn pages_go_forth_and_back_without_losing_or_repeating_a_project() {
    let lab = Lab::new().await;
    for at in 0..24 {
        lab.project(&format!("p{at:02}"), at % 2 == 0).await;
        lab.pass(Duration::from_secs(1));
    }
    // Three share a size, and a third never saw a push.
    lab.sql("UPDATE projects SET storage_used = id % 9, last_pushed_at = CASE WHEN id % 3 = 0 THEN NULL ELSE id END")
        .await;
    let admin = lab.admin();
    for sort in ["", "pushed", "name", "size"] {
        let whole = lab.projects.list(&admin, &query(sort, "", 100)).await.unwrap();
        assert_eq!((whole.total, whole.offset, whole.items.len()), (25, 0, 25));
        assert_eq!((&whole.next, &whole.previous), (&None, &None));
        let mut forth = Vec::new();
        let mut ask = query(sort, "", 10);
        let last = loop {
            let page = lab.projects.list(&admin, &ask).await.unwrap();
            assert_eq!((page.offset, page.total), (forth.len() as u64, 25), "{sort}");
            forth.extend(page.items.clone());
            match &page.next {
                Some(next) => ask.cursor.clone_from(next),
                None => break page,
            }
        };
        assert_eq!(forth, whole.items, "{sort}");
        ask.cursor = last.previous.unwrap();
        let back = lab.projects.list(&admin, &ask).await.unwrap();
        assert_eq!((back.offset, back.items.as_slice()), (10, &whole.items[10..20]), "{sort}");
    }
    let by_name = lab.projects.list(&admin, &query("name", "", 3)).await.unwrap();
    assert_eq!(names(&by_name), ["library", "p00", "p01"]);
}

#[tokio::test]
async fn by_size_projects_stand_in_the_order_of_what_counts() {
    let lab = Lab::keeping(Duration::from_hours(24)).await;
    let ada = lab.person("ada").await;
    for (project, repositories) in [("team", 4), ("crew", 3), ("club", 2), ("secret", 5)] {
        let id = lab.project(project, false).await;
        lab.fill(project, repositories).await;
        if project != "secret" {
            lab.member(id, &ada, Role::Guest).await;
        }
    }
    // What is linked stays: most of it by the first one.
    for repository in ["team/r0", "team/r1", "team/r2"] {
        lab.repositories.delete(&Actor::system(), &repository.parse().unwrap()).await.unwrap();
    }
    lab.tags.delete(&Actor::system(), &"crew/r0".parse().unwrap(), &["v1".parse().unwrap()]).await.unwrap();
    let walked = async |actor: &Actor, filter: &str| {
        let mut found: Vec<String> = Vec::new();
        let mut ask = query("size", filter, 1);
        loop {
            let page = lab.projects.list(actor, &ask).await.unwrap();
            assert_eq!(page.offset, found.len() as u64);
            found.extend(page.items.iter().map(|project| format!("{} {}", project.name, project.storage_used)));
            match page.next {
                Some(next) => ask.cursor = next,
                None => break found.join(", "),
            }
        }
    };
    assert_eq!(walked(&ada, "").await, "club 120, crew 120, team 110, library 0");
    assert_eq!(walked(&ada, "c").await, "club 120, crew 120");
    assert_eq!(walked(&lab.admin(), "c").await, "secret 150, club 120, crew 120");
    assert_eq!(walked(&Actor::anonymous(), "").await, "library 0");
}

#[tokio::test]
async fn a_filter_finds_part_of_a_name_in_any_case_and_takes_wildcards_by_their_word() {
    let lab = Lab::new().await;
    for project in ["team-app", "app_store", "web"] {
        lab.project(project, false).await;
    }
    let found = async |filter: &str| {
        let page = lab.projects.list(&lab.admin(), &query("name", filter, 0)).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        names(&page).join(" ")
    };
    assert_eq!(found(" APP ").await, "app_store team-app");
    assert_eq!(found("_").await, "app_store");
    assert_eq!(found("%").await, "");
    assert_eq!(found("' OR 1=1 --").await, "");
}

#[tokio::test]
async fn access_and_description_are_changed_by_those_who_administer() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let team = lab.project("team", false).await;
    let hidden = lab.projects.update(&ada, &name("team"), true, "").await;
    assert!(matches!(hidden, Err(Error::ProjectNotFound { .. })));
    lab.member(team, &ada, Role::Maintainer).await;
    let refused = lab.projects.update(&ada, &name("team"), true, "").await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let refused = lab.projects.describe(&ada, &name("team"), "mine").await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    lab.member(team, &ada, Role::ProjectAdmin).await;
    assert!(lab.projects.get(&Actor::anonymous(), &name("team")).await.is_err());
    lab.projects.update(&ada, &name("team"), true, "for all").await.unwrap();
    let seen = lab.projects.get(&Actor::anonymous(), &name("team")).await.unwrap();
    assert_eq!((seen.summary.public, seen.description.as_str()), (true, "for all"));
    lab.projects.update(&ada, &name("team"), false, "").await.unwrap();
    assert!(lab.projects.get(&Actor::anonymous(), &name("team")).await.is_err(), "at once");
}

#[tokio::test]
async fn the_record_of_a_change_says_what_was_before_and_of_what_stays_nothing() {
    let lab = Lab::new().await;
    let admin = lab.admin();
    lab.project("team", false).await;
    let team = name("team");
    for (public, description) in [(true, ""), (true, "for all"), (true, " for all "), (false, "")] {
        lab.projects.update(&admin, &team, public, description).await.unwrap();
    }
    lab.projects.set_access(&admin, &team, Some(true)).await.unwrap();
    lab.projects.describe(&admin, &team, " of all ").await.unwrap();
    let seen = lab.projects.get(&admin, &team).await.unwrap();
    assert_eq!((seen.summary.public, seen.description.as_str()), (true, "of all"));
    let asked = api_types::AuditQuery { action: "project.update".to_owned(), ..api_types::AuditQuery::default() };
    let events = lab.audit.list(&admin, &asked).await.unwrap().events;
    let told: Vec<_> = events.into_iter().rev().map(|event| event.details).collect();
    let opened = serde_json::json!({ "public": { "from": false, "to": true } });
    let expected = [
        opened.clone(),
        serde_json::json!({ "description": true }),
        serde_json::json!({ "public": { "from": true, "to": false }, "description": true }),
        opened,
        serde_json::json!({ "description": true }),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_deleted_project_leaves_nothing_but_the_record() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let team = lab.projects.create(&ada, &new("team", false)).await.unwrap();
    lab.robot(Some(team), "ci", vec![]).await;
    lab.fill("team", 7).await;
    lab.fill("library", 1).await;
    lab.projects.delete(&ada, &name("team")).await.unwrap();
    assert!(lab.projects.get(&ada, &name("team")).await.is_err());
    for (table, left) in
        [("projects", 1), ("members", 0), ("robots", 0), ("repositories", 1), ("repository_blobs", 2), ("tags", 1)]
    {
        assert_eq!(lab.number(&format!("SELECT COUNT(*) FROM {table}")).await, left, "{table}");
    }
    assert_eq!(lab.number("SELECT link_count FROM blobs WHERE size = 100").await, 1);
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'project.delete'").await, 1);
    let again = lab.projects.create(&ada, &new("team", false)).await.unwrap();
    assert_ne!(again, team);
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_is_out_of_sight_and_finished_by_the_sweep() {
    let lab = Lab::new().await;
    let team = lab.project("team", true).await;
    lab.fill("team", 3).await;
    lab.db.write(team, |txn, team| Box::pin(db::projects::bury(txn, *team, 1))).await.unwrap();
    lab.pass(Duration::from_secs(1));
    for actor in [lab.admin(), Actor::system(), Actor::anonymous()] {
        let page = lab.projects.list(&actor, &query("name", "", 0)).await.unwrap();
        assert_eq!((names(&page).join(" ").as_str(), page.total), ("library", 1));
        let repositories = lab.repositories.catalog(&actor, 100, None).await.unwrap();
        assert_eq!(repositories.names, Vec::<String>::new());
    }
    lab.project("team", false).await;
    lab.maintenance.sweep().await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM repositories").await, 0);
    assert_eq!(lab.number("SELECT COUNT(*) FROM projects WHERE deleted_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn only_those_who_administer_delete() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let team = lab.project("team", true).await;
    lab.member(team, &ada, Role::Maintainer).await;
    assert!(matches!(lab.projects.delete(&ada, &name("team")).await, Err(Error::Forbidden { .. })));
    let nobody = lab.projects.delete(&Actor::anonymous(), &name("team")).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated)));
    lab.projects.get(&ada, &name("team")).await.unwrap();
    assert_eq!(user_of(&ada).0, lab.number("SELECT user_id FROM members").await);
}
