//! The audit log and the search as the console's functions and files give them: who sees what.

use api_types::{AuditPage, AuditScope, SearchResults};
use registry::{Actor, Subject};
use serde_json::Value;

use crate::harness::{Browser, Repository, TestApp};

/// `team` belongs to ada and has `team/app:v1`, which she pushed; eve is in no project.
async fn team() -> TestApp {
    let app = TestApp::start().await;
    let ada = Actor::new(Subject::User(app.user_id("ada").await), "ada");
    let project = api_types::NewProject { name: "team".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&ada, &project).await.unwrap();
    let repository = Repository::new(app.user("ada").await, "team/app");
    let image = repository.image("it").await;
    repository.push_manifest("v1", &image).await;
    app.registry.maintenance.flush_traffic().await.unwrap();
    app
}

async fn activity(browser: &mut Browser, query: &str) -> AuditPage {
    let answer = browser.read(&format!("activity?{query}")).await;
    assert_eq!(answer.status(), 200, "{query}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn the_log_tells_who_pushed_what_from_where_and_in_which_request() {
    let app = team().await;
    let page = activity(&mut app.signed_in("admin").await, "query[action]=manifest.push").await;
    assert_eq!((page.events.len(), page.scope), (1, AuditScope::Everything));
    let push = &page.events[0];
    assert_eq!((push.actor.name.as_str(), push.resource.as_str()), ("ada", "team/app:v1"));
    assert_eq!(push.address.as_deref(), Some("127.0.0.1"));
    assert_eq!(push.request_id.as_ref().map(String::len), Some(16));
}

#[tokio::test]
async fn signing_in_and_out_is_on_record_also_in_vain() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    assert!(browser.call("sign_out", &[]).await.status().is_success());
    let wrong = [("username", "admin"), ("password", "not the password"), ("next", "/")];
    browser.call("sign_in", &wrong).await;
    app.registry.maintenance.flush_traffic().await.unwrap();
    let page = activity(&mut app.signed_in("admin").await, "query[limit]=10").await;
    let told: Vec<_> = page.events.iter().map(|event| (event.action.as_str(), event.result.as_str())).collect();
    for expected in [("sign_in", "success"), ("sign_out", "success"), ("sign_in", "failure")] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    let refused = page.events.iter().find(|event| event.result == api_types::AuditResult::Failure).unwrap();
    assert_eq!((refused.resource.as_str(), refused.address.as_deref()), ("admin", Some("127.0.0.1")));
    assert!(!serde_json::to_string(&page).unwrap().contains("not the password"));
}

#[tokio::test]
async fn everybody_sees_as_much_of_the_log_as_their_rights_go() {
    let app = team().await;
    let pushes = |page: &AuditPage| page.events.iter().filter(|event| event.action == "manifest.push").count();
    let (mut ada, mut eve) = (app.signed_in("ada").await, app.signed_in("eve").await);
    let own = activity(&mut ada, "").await;
    assert_eq!((own.scope, pushes(&own)), (AuditScope::Own, 1));
    let project = activity(&mut ada, "query[project]=team").await;
    assert_eq!((project.scope, pushes(&project)), (AuditScope::Project, 1));
    let foreign = activity(&mut eve, "").await;
    assert_eq!((foreign.scope, pushes(&foreign)), (AuditScope::Own, 0));
    let mut answers = Vec::new();
    for project in ["team", "nowhere"] {
        let answer = eve.read(&format!("activity?query[project]={project}")).await;
        answers.push((answer.status().as_u16(), answer.text().await.unwrap().replace(project, "…")));
    }
    assert_eq!(answers[0], answers[1], "a foreign project is answered like one that there is not");
    assert_eq!(answers[0].0, 404);
    assert_eq!(app.browser().read("activity").await.status(), 401);
}

#[tokio::test]
async fn an_export_is_a_file_of_what_the_page_shows() {
    let app = team().await;
    let mut ada = app.signed_in("ada").await;
    let answer = ada.open("/activity/export?format=csv&project=team&action=manifest.push").await;
    assert_eq!(answer.status(), 200);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"slipway-activity-"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let text = answer.text().await.unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("time,last_time,times,actor_kind,actor,action,result,project,resource,"));
    assert!(lines[1].contains(",user,ada,manifest.push,success,team,team/app:v1,127.0.0.1,"), "{text}");

    let answer = app.signed_in("admin").await.open("/activity/export?format=ndjson").await;
    let text = answer.text().await.unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().any(|event| event["action"] == "project.create"), "{text}");
}

#[tokio::test]
async fn an_export_is_longer_than_a_page_and_in_the_same_order() {
    let app = TestApp::start().await;
    for at in 0..620 {
        let project = api_types::NewProject { name: format!("p{at}"), public: false, description: String::new() };
        app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    }
    let answer = app.signed_in("admin").await.open("/activity/export?format=ndjson&action=project.create").await;
    let text = answer.text().await.unwrap();
    let names: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["resource"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<_> = (0..620).rev().map(|at| format!("p{at}")).chain(["library".to_owned()]).collect();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn an_export_is_refused_like_its_page() {
    let app = team().await;
    let export = "/activity/export?format=csv";
    assert_eq!(app.browser().open(export).await.status(), 401);
    let mut eve = app.signed_in("eve").await;
    for project in ["team", "nowhere"] {
        assert_eq!(eve.open(&format!("{export}&project={project}")).await.status(), 404, "{project}");
    }
    let own = eve.open(export).await.text().await.unwrap();
    assert!(own.contains(",eve,sign_in,") && !own.contains("ada"), "{own}");
    assert_eq!(eve.open("/activity/export?format=exe").await.status(), 422);
    let posted = eve.request(reqwest::Method::POST, export).header("sec-fetch-site", "same-origin");
    assert_eq!(eve.send(posted).await.status(), 405);
}

#[tokio::test]
async fn the_search_finds_what_the_viewer_sees() {
    let app = team().await;
    let found = async |browser: &mut Browser, text: &str| {
        let answer = browser.read(&format!("search?text={text}")).await;
        assert_eq!(answer.status(), 200, "{text}");
        answer.json::<SearchResults>().await.unwrap()
    };
    let (mut ada, mut eve) = (app.signed_in("ada").await, app.signed_in("eve").await);
    assert_eq!(found(&mut ada, "team").await.repositories, ["team/app"]);
    assert_eq!(found(&mut ada, "app:v").await.tags.len(), 1);
    for text in ["team", "app", "v1", "app:v", "ada"] {
        assert!(found(&mut eve, text).await.is_empty(), "{text}");
    }
    assert_eq!(found(&mut app.signed_in("admin").await, "ada").await.people.len(), 1);
    assert_eq!(app.browser().read("search?text=team").await.status(), 401);
    let page = ada.open("/search?q=app").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("href=\"/projects/team/app\""));
}

#[tokio::test]
async fn the_pages_work_without_scripts_and_say_what_happened() {
    let app = team().await;
    let mut ada = app.signed_in("ada").await;
    let page = ada.open("/projects/team?tab=activity&action=manifest.push").await;
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap().replace("<!>", "");
    assert!(page.contains("<strong>ada</strong>") && page.contains("team/app:v1</code>"), "{page}");
    let empty = ada.open("/activity?person=nobody").await.text().await.unwrap();
    assert!(empty.contains("Nothing matches these filters"), "{empty}");
    assert_eq!(ada.open("/activity?since=someday").await.status(), 422);
}
