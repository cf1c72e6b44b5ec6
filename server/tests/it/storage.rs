//! The console's look into storage.

use api_types::{NewProject, Role};
use oci::ProjectName;
use registry::Actor;
use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Repository, TestApp};

#[tokio::test]
async fn whoever_may_pull_sees_who_holds_what_and_nobody_else() {
    let app = TestApp::start().await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    let team: ProjectName = "team".parse().unwrap();
    app.registry.projects.set_quota(&Actor::system(), &team, Some(5_000)).await.unwrap();
    Repository::new(app.admin(), "team/app").push_image("v1", "it").await;
    let reads = ["project_storage?project=team&query[sort]=", "tag_storage?repository=team%2Fapp"];
    for (name, role) in [("guest", Role::LimitedGuest), ("maintainer", Role::Maintainer)] {
        app.user(name).await;
        app.registry.members.add(&Actor::system(), &team, name, role).await.unwrap();
        let mut browser = app.signed_in(name).await;
        let project: Value = browser.read(reads[0]).await.json().await.unwrap();
        assert_eq!((&project["quota"], &project["repositories"]["items"][0]["path"]), (&5_000.into(), &"app".into()));
        assert_eq!(project["held"], project["repositories"]["items"][0]["own"]);
        let tags: Value = browser.read(reads[1]).await.json().await.unwrap();
        assert_eq!((&tags["tags"][0]["name"], &tags["tags"][0]["own"]), (&"v1".into(), &project["held"]));
        assert_eq!(tags["may_delete"], name == "maintainer");
        let page = browser.open("/projects/team?tab=storage").await.text().await.unwrap();
        assert!(page.contains("By repository") && page.contains("Never pulled"), "{page}");
        let page = browser.open("/projects/team?tab=storage&in=app").await.text().await.unwrap();
        assert!(page.contains("no other repository of the project has") && page.contains("1 tag<"), "{page}");
        assert_eq!(page.contains("type=\"checkbox\""), name == "maintainer");
        let page = browser.open("/projects/team").await.text().await.unwrap();
        assert!(page.contains(">just now<") || page.contains(" ago<"), "the label stands before it: {page}");
    }
    let reads = [reads[0], reads[1], "tag_deletion?repository=team%2Fapp&tags=v1"];
    for read in reads {
        assert_eq!(app.browser().read(read).await.status(), StatusCode::UNAUTHORIZED, "{read}");
        assert_eq!(app.signed_in("stranger").await.read(read).await.status(), StatusCode::NOT_FOUND, "{read}");
    }
}

#[tokio::test]
async fn that_a_project_out_of_sight_holds_the_same_is_told_to_administrators_alone() {
    let app = TestApp::start().await;
    for name in ["team", "secret"] {
        let project = NewProject { name: name.to_owned(), public: false, description: String::new() };
        app.registry.projects.create(&Actor::system(), &project).await.unwrap();
        Repository::new(app.admin(), &format!("{name}/app")).push_image("v1", "the same").await;
    }
    app.user("ada").await;
    app.registry.members.add(&Actor::system(), &"team".parse().unwrap(), "ada", Role::ProjectAdmin).await.unwrap();
    let read = "tag_deletion?repository=team%2Fapp&tags=v1";
    let told: Value = app.signed_in("ada").await.read(read).await.json().await.unwrap();
    assert_eq!(told["elsewhere"], 0);
    assert!(told["frees"].as_u64() > Some(0), "{told}");
    let all: Value = app.signed_in("admin").await.read(read).await.json().await.unwrap();
    assert_eq!((&all["frees"], &all["elsewhere"]), (&told["frees"], &told["frees"]));
    let page = app.signed_in("ada").await.open("/projects/team/app").await.text().await.unwrap();
    assert!(page.contains("0% shared"), "{page}");
    let read = "project_storage?project=team&query[sort]=";
    let told: Value = app.signed_in("ada").await.read(read).await.json().await.unwrap();
    assert_eq!(told["elsewhere"], Value::Null);
    let all: Value = app.signed_in("admin").await.read(read).await.json().await.unwrap();
    assert_eq!((&all["elsewhere"], &all["held"]), (&told["held"], &told["held"]));
    for (person, sees) in [("ada", false), ("admin", true)] {
        let page = app.signed_in(person).await.open("/projects/team?tab=storage").await.text().await.unwrap();
        assert_eq!(page.contains("Only in this project"), sees, "{person}: {page}");
    }
}
