//! Each deletion, and each way back, is on record once, however it is asked for.

use api_types::AuditQuery;
use registry::Actor;
use reqwest::StatusCode;

use crate::{
    api::{delete, project},
    harness::{Browser, Repository, TestApp},
};

/// What the log has of deleting and restoring, oldest first.
async fn told(app: &TestApp) -> Vec<String> {
    let query = AuditQuery { limit: 100, ..AuditQuery::default() };
    let events = app.registry.audit.list(&Actor::system(), &query).await.unwrap().events;
    let about = |action: &str| action.ends_with(".delete") || action.starts_with("trash.");
    let lines = events.into_iter().filter(|event| about(&event.action));
    let mut lines: Vec<_> =
        lines.map(|event| format!("{} {} by {}", event.action, event.resource, event.actor.name)).collect();
    lines.reverse();
    lines
}

async fn entry(app: &TestApp, name: &str) -> String {
    let listed = app.registry.trash.list_all(&Actor::system(), None).await.unwrap();
    listed.into_iter().find(|entry| entry.name.contains(name)).unwrap().id.to_string()
}

async fn call(browser: &mut Browser, function: &str, fields: &[(&str, &str)]) -> bool {
    browser.call(function, fields).await.text().await.unwrap().contains("Done")
}

#[tokio::test]
async fn over_v2() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_image("v1", "it").await;
    repository.push_image("v2", "it").await;
    for (status, rest) in [
        (202, "manifests/v1".to_owned()),
        (404, "manifests/v1".to_owned()),
        (202, format!("manifests/{digest}")),
        (404, format!("manifests/{digest}")),
    ] {
        assert_eq!(repository.delete(&rest).await.status(), status, "{rest}");
    }
    let expected = ["tag.delete library/app:v1".to_owned(), format!("manifest.delete library/app@{digest}")];
    assert_eq!(told(&app).await, expected.map(|line| format!("{line} by admin")));
}

#[tokio::test]
async fn over_rest() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    let repository = Repository::new(app.admin(), "team/app");
    let digest = repository.push_image("v1", "it").await;
    repository.push_image("v2", "it").await;
    let at = "/projects/team/repositories/app";
    for path in [
        format!("{at}/artifacts/{digest}/tags/v1"),
        format!("{at}/artifacts/v2"),
        at.to_owned(),
        "/projects/team".to_owned(),
    ] {
        assert_eq!((delete(&app.admin(), &path).await, delete(&app.admin(), &path).await), (200, 404), "{path}");
    }
    let artifact = format!("manifest.delete team/app@{digest} by admin");
    assert_eq!(
        told(&app).await,
        [
            "tag.delete team/app:v1 by admin",
            &artifact,
            "repository.delete team/app by admin",
            "project.delete team by admin"
        ]
    );
}

#[tokio::test]
async fn in_the_console() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    let repository = Repository::new(app.admin(), "team/app");
    repository.push_image("v1", "one").await;
    repository.push_image("v2", "two").await;
    let digest = repository.push_image("v3", "three").await;
    let mut admin = app.signed_in("admin").await;
    for (function, fields) in [
        ("delete_tags", vec![("repository", "team/app"), ("tags", "v1,v2")]),
        ("delete_artifact", vec![("repository", "team/app"), ("digest", digest.as_str())]),
        ("delete_repository", vec![("repository", "team/app")]),
        ("delete_project", vec![("project", "team"), ("confirmation", "team")]),
    ] {
        assert!(call(&mut admin, function, &fields).await, "{function}");
        assert!(!call(&mut admin, function, &fields).await, "{function} again");
    }
    let artifact = format!("manifest.delete team/app@{digest} by admin");
    assert_eq!(
        told(&app).await,
        [
            "tag.delete team/app:v1 by admin",
            &artifact,
            "repository.delete team/app by admin",
            "project.delete team by admin"
        ]
    );
}

#[tokio::test]
async fn many_at_once_delete_once() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    repository.push_image("v1", "it").await;
    let all = futures::future::join_all((0..8).map(|_| repository.delete("manifests/v1"))).await;
    assert_eq!(all.iter().filter(|answer| answer.status() == StatusCode::ACCEPTED).count(), 1);
    assert_eq!(told(&app).await, ["tag.delete library/app:v1 by admin"]);
}

#[tokio::test]
async fn through_the_trash_and_out_of_it() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    for tag in ["back", "purged", "expired"] {
        repository.push_image(tag, tag).await;
        assert_eq!(repository.delete(&format!("manifests/{tag}")).await.status(), 202);
    }
    let before = told(&app).await;
    assert_eq!(before.len(), 3);
    let mut admin = app.signed_in("admin").await;
    let (back, purged) = (entry(&app, "back").await, entry(&app, "purged").await);
    assert!(call(&mut admin, "restore", &[("id", &back)]).await);
    assert!(!call(&mut admin, "restore", &[("id", &back)]).await);
    let fields = [("id", &*purged), ("project", "library")];
    assert!(call(&mut admin, "delete_for_good", &fields).await);
    assert!(!call(&mut admin, "delete_for_good", &fields).await);
    app.clock.advance(time::Duration::days(8));
    for _ in 0..2 {
        app.registry.maintenance.sweep().await.unwrap();
    }
    assert_eq!(
        told(&app).await[3..],
        [
            "trash.restore library/app by admin",
            "trash.delete library/app by admin",
            "trash.delete library/app by system"
        ]
    );
    assert!(app.registry.trash.list_all(&Actor::system(), None).await.unwrap().is_empty());
}
