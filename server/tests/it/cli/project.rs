//! `slipway project` on the database of a running server.

use app::i18n::format;
use oci::ProjectName;
use registry::{Actor, Error};
use serde_json::Value;

use super::{done, recorded, refused};
use crate::harness::TestApp;

fn name(text: &str) -> ProjectName {
    text.parse().unwrap()
}

async fn everybody_sees(app: &TestApp, project: &str) -> bool {
    match app.registry.projects.get(&Actor::anonymous(), &name(project)).await {
        Ok(_) => true,
        Err(Error::ProjectNotFound { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn projects_are_created_listed_shown_and_changed() {
    let app = TestApp::start().await;
    let team = ["project", "create", "team", "--description", "What it ships", "--quota", "20GB"];
    let (printed, told) = done(&app, &team).await;
    assert!(printed.is_empty() && told.contains("slipway member add team PERSON project-admin"), "{printed}{told}");
    done(&app, &["project", "create", "open", "--public", "--quota", "none"]).await;
    app.admin().repository("open/app").push_image("v1", "one").await;
    let listed = done(&app, &["project", "list"]).await.0;
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
    let open = app.registry.projects.get(&Actor::system(), &name("open")).await.unwrap().summary;
    let held = format::plain_bytes(open.storage_used);
    assert_ne!(open.storage_used, 0);
    let expected = [
        ["library", "public", "0 repositories", "0 B", "no limit"],
        ["open", "public", "1 repository", held.as_str(), "no limit"],
        ["team", "private", "0 repositories", "0 B", "20 GB"],
    ];
    assert_eq!(rows, expected);

    let shown: Value = serde_json::from_str(&done(&app, &["project", "show", "team", "--json"]).await.0).unwrap();
    assert_eq!((&shown["summary"]["name"], &shown["description"]), (&"team".into(), &"What it ships".into()));
    let all: Value = serde_json::from_str(&done(&app, &["project", "list", "--json"]).await.0).unwrap();
    assert_eq!(all[2]["storage_quota"], 20_000_000_000_u64);

    assert!(!everybody_sees(&app, "team").await);
    let shown = done(&app, &["project", "set", "team", "--public"]).await.0;
    assert!(shown.contains("access\tpublic\n") && shown.contains("description\tWhat it ships\n"), "{shown}");
    assert!(everybody_sees(&app, "team").await);
    let shown = done(&app, &["project", "set", "team", "--description", "For all"]).await.0;
    assert!(shown.contains("access\tpublic\n") && shown.contains("description\tFor all\n"), "{shown}");
    let shown = done(&app, &["project", "set", "team", "--private", "--description", ""]).await.0;
    assert!(shown.contains("access\tprivate\n") && shown.contains("description\t\n"), "{shown}");
    assert!(!everybody_sees(&app, "team").await);
    assert_eq!(recorded(&app, "team").await, ["project.update", "project.update", "project.update", "project.create"]);
}

#[tokio::test]
async fn a_renamed_project_is_told_of_under_its_old_name() {
    let app = TestApp::start().await;
    done(&app, &["project", "create", "team"]).await;
    done(&app, &["project", "rename", "team", "crew"]).await;
    let shown = done(&app, &["project", "show", "crew"]).await.0;
    assert!(shown.starts_with("name\tcrew\n") && shown.ends_with("former names\tteam\n"), "{shown}");
    let why = refused(&app, &["project", "set", "team", "--public"]).await;
    assert!(why.contains("project team is called crew now"), "{why}");
}

#[tokio::test]
async fn a_project_is_deleted_once_that_is_certain_and_can_be_restored() {
    let app = TestApp::start().await;
    done(&app, &["project", "create", "team"]).await;
    let question = refused(&app, &["project", "delete", "team"]).await;
    let asked = "Delete the project team with 0 repositories, 0 members and 0 robots?";
    assert!(question.contains(asked) && question.contains("--yes"), "{question}");
    assert!(app.registry.projects.get(&Actor::system(), &name("team")).await.is_ok());
    let (printed, told) = done(&app, &["project", "delete", "team", "--yes"]).await;
    let number = told.split("slipway trash restore ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    assert!(printed.is_empty(), "{printed}");
    assert!(app.registry.projects.get(&Actor::system(), &name("team")).await.is_err());
    done(&app, &["trash", "restore", number]).await;
    assert!(app.registry.projects.get(&Actor::system(), &name("team")).await.is_ok());
    assert_eq!(recorded(&app, "team").await, ["trash.restore", "project.delete", "project.create"]);
}

#[tokio::test]
async fn what_cannot_be_done_with_a_project_says_why() {
    let app = TestApp::start().await;
    done(&app, &["project", "create", "team"]).await;
    let cases: [(&[&str], &str); 9] = [
        (&["create", "team"], "project team exists already"),
        (&["create", "two words"], "a name has no spaces"),
        (&["create", "crew", "--quota", "much"], "expected a size"),
        (&["show", "nothing"], "project nothing does not exist"),
        (&["show", "No Name"], "No Name"),
        (&["set", "team"], "--public"),
        (&["set", "team", "--public", "--private"], "--private"),
        (&["rename", "team", "library"], "project library exists already"),
        (&["delete", "nothing", "--yes"], "project nothing does not exist"),
    ];
    for (arguments, why) in cases {
        let told = refused(&app, &[&["project"][..], arguments].concat()).await;
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}
