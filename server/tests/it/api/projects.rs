//! Projects.

use reqwest::header;
use serde_json::json;

use super::{delete, get, problem, project, send, value};
use crate::harness::TestApp;

#[tokio::test]
async fn a_project_is_created_found_changed_and_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "project_name": "team", "metadata": { "public": "false" }, "storage_limit": -1 });
    let created = send(&admin, "POST", "/projects", &body).await;
    assert_eq!(created.status(), 201);
    let location = created.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let path = location.strip_prefix("/api/v2.0").unwrap().to_owned();
    let found = value(&admin, &path).await;
    assert_eq!(location, format!("/api/v2.0/projects/{}", found["project_id"]));
    assert_eq!((&found["name"], &found["owner_name"]), (&json!("team"), &json!("admin")));
    assert_eq!((&found["metadata"], &found["current_user_role_id"]), (&json!({ "public": "false" }), &json!(1)));
    assert_eq!(admin.head("/api/v2.0/projects?project_name=team").send().await.unwrap().status(), 200);
    assert_eq!(admin.head("/api/v2.0/projects?project_name=none").send().await.unwrap().status(), 404);

    let changed = send(&admin, "PUT", "/projects/team", &json!({ "metadata": { "public": "true" } })).await;
    assert_eq!((changed.status().as_u16(), changed.text().await.unwrap().as_str()), (200, ""));
    assert_eq!(value(&admin, "/projects/team/metadatas/").await, json!({ "public": "true" }));
    let changed = send(&admin, "PUT", "/projects/team/metadatas/public", &json!({ "public": "false" })).await;
    assert_eq!(changed.status(), 200);
    assert_eq!(value(&admin, "/projects/team/metadatas/public").await, json!({ "public": "false" }));
    assert_eq!(get(&admin, "/projects/team/metadatas/severity").await.status(), 404);
    let changed = send(&admin, "PUT", "/projects/team", &json!({ "public": true })).await;
    assert_eq!(changed.status(), 200);
    assert_eq!(value(&admin, "/projects/team").await["metadata"]["public"], "true");

    assert_eq!(delete(&admin, &path).await, 200);
    assert_eq!(get(&admin, &path).await.status(), 404);
    assert_eq!(delete(&admin, &path).await, 404);
}

#[tokio::test]
async fn a_name_is_had_once() {
    let app = TestApp::start().await;
    let again = send(&app.admin(), "POST", "/projects", &json!({ "project_name": "library" })).await;
    let (status, code, message) = problem(again).await;
    assert_eq!((status, code.as_str()), (409, "CONFLICT"));
    assert!(message.contains("library"), "{message}");
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_and_never_pretended() {
    let app = TestApp::start().await;
    for (body, word) in [
        (json!({ "project_name": "p", "storage_limit": -2 }), "storage_limit"),
        (json!({ "project_name": "p", "registry_id": 1 }), "proxy"),
        (json!({ "project_name": "p", "metadata": { "auto_scan": "true" } }), "auto_scan"),
        (json!({ "project_name": "p", "metadata": { "severity": "high" } }), "severity"),
    ] {
        let (status, _, message) = problem(send(&app.admin(), "POST", "/projects", &body).await).await;
        assert!(status == 400 && message.contains(word), "{status} {message}");
    }
    let off = json!({ "project_name": "p", "metadata": { "public": "true", "auto_scan": "false", "severity": null } });
    assert_eq!(send(&app.admin(), "POST", "/projects", &off).await.status(), 201);
}

#[tokio::test]
async fn a_project_with_repositories_is_not_deleted() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    app.admin().repository("team/app").push_image("1", "one").await;
    let asked = value(&app.admin(), "/projects/team/_deletable").await;
    assert_eq!(asked["deletable"], false);
    let refused = app.admin().delete("/api/v2.0/projects/team").send().await.unwrap();
    let (status, code, _) = problem(refused).await;
    assert_eq!((status, code.as_str()), (412, "PRECONDITION"));
    assert_eq!(delete(&app.admin(), "/projects/team/repositories/app").await, 200);
    assert_eq!(delete(&app.admin(), "/projects/team").await, 200);
}

#[tokio::test]
async fn a_summary_has_what_the_caller_may_know() {
    let app = TestApp::start().await;
    project(&app, "team", true).await;
    app.admin().repository("team/app").push_image("1", "one").await;
    let all = value(&app.admin(), "/projects/team/summary").await;
    assert_eq!((&all["repo_count"], &all["project_admin_count"]), (&json!(1), &json!(1)));
    assert_eq!(all["quota"]["hard"]["storage"], -1);
    assert!(all["quota"]["used"]["storage"].as_u64().unwrap() > 0);
    let little = value(&app.user("eve").await, "/projects/team/summary").await;
    assert_eq!(little, json!({ "repo_count": 1 }));
}
