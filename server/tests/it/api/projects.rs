//! Projects.

use reqwest::header;
use serde_json::{Value, json};

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
async fn a_setting_that_is_taken_away_is_what_new_projects_have() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", true).await;
    let ada = app.user("ada").await;
    assert_eq!(get(&ada, "/projects/team").await.status(), 200);
    assert_eq!(delete(&ada, "/projects/team/metadatas/public").await, 403);
    assert_eq!(delete(&admin, "/projects/team/metadatas/severity").await, 404);
    for _ in 0..2 {
        assert_eq!(delete(&admin, "/projects/team/metadatas/public").await, 200);
        assert_eq!(value(&admin, "/projects/team/metadatas/public").await, json!({ "public": "false" }));
    }
    assert_eq!(get(&ada, "/projects/team").await.status(), 404);
    for name in ["public", "severity"] {
        assert_eq!(delete(&ada, &format!("/projects/team/metadatas/{name}")).await, 404, "{name}");
    }
}

#[tokio::test]
async fn who_created_something_is_told_after_they_are_gone() {
    let app = TestApp::start().await;
    let (admin, ada) = (app.admin(), app.user("ada").await);
    let id = app.user_id("ada").await.0;
    assert_eq!(send(&ada, "POST", "/projects", &json!({ "project_name": "team" })).await.status(), 201);
    let robot = json!({
        "name": "ci", "level": "project", "duration": 30,
        "permissions": [{
            "kind": "project", "namespace": "team", "access": [{ "resource": "repository", "action": "pull" }]
        }],
    });
    assert_eq!(send(&ada, "POST", "/robots", &robot).await.status(), 201);
    assert_eq!(delete(&admin, &format!("/users/{id}")).await, 200);
    let found = value(&admin, "/projects/team").await;
    assert_eq!((&found["owner_id"], &found["owner_name"]), (&json!(id), &json!("ada")));
    assert_eq!(value(&admin, "/projects?owner=ada").await, json!([found]));
    let quotas = value(&admin, &format!("/quotas?reference=project&reference_id={}", found["project_id"])).await;
    assert_eq!(quotas[0]["ref"]["owner_name"], "ada");
    let listed: Value = app.signed_in("admin").await.read("robots?project=team").await.json().await.unwrap();
    assert_eq!((&listed["items"][0]["name"], &listed["items"][0]["created_by"]), (&json!("ci"), &json!("ada")));
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
    let admin = app.admin();
    let allowed = json!({ "items": [{ "cve_id": "CVE-2021-44228" }] });
    for (body, word) in [
        (json!({ "project_name": "p", "cve_allowlist": allowed }), "cve_allowlist"),
        (json!({ "project_name": "p", "storage_limit": -2 }), "storage_limit"),
        (json!({ "project_name": "p", "registry_id": 1 }), "proxy"),
        (json!({ "project_name": "p", "metadata": { "auto_scan": "true" } }), "auto_scan"),
        (json!({ "project_name": "p", "metadata": { "severity": "high" } }), "severity"),
    ] {
        let (status, _, message) = problem(send(&admin, "POST", "/projects", &body).await).await;
        assert!(status == 400 && message.contains(word), "{status} {message}");
    }
    let off = json!({
        "project_name": "p", "metadata": { "public": "true", "auto_scan": "false", "severity": null },
        "cve_allowlist": { "id": 1, "project_id": 1, "items": [] },
    });
    assert_eq!(send(&admin, "POST", "/projects", &off).await.status(), 201);
    let before = value(&admin, "/projects/p").await;
    for (body, word) in [
        (json!({ "public": false, "cve_allowlist": allowed }), "cve_allowlist"),
        (json!({ "public": false, "project_name": "q" }), "project_name"),
        (json!({ "public": false, "storage_limit": -2 }), "storage_limit"),
        (json!({ "public": false, "storage_limit": 0 }), "storage_limit"),
        (json!({ "public": false, "registry_id": 1 }), "proxy"),
        (json!({ "public": false, "metadata": { "auto_scan": "true" } }), "auto_scan"),
    ] {
        let (status, _, message) = problem(send(&admin, "PUT", "/projects/p", &body).await).await;
        assert!(status == 400 && message.contains(word), "{status} {message}");
        assert_eq!(value(&admin, "/projects/p").await, before, "{word}: nothing of it was done");
    }
    assert_eq!(send(&admin, "PUT", "/projects/p", &off).await.status(), 200);
    let nothing =
        json!({ "project_name": "", "metadata": null, "cve_allowlist": { "items": null }, "storage_limit": null });
    assert_eq!(send(&admin, "PUT", "/projects/p", &nothing).await.status(), 200);
    assert_eq!(value(&admin, "/projects/p").await, before);
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

#[tokio::test]
async fn a_deleted_project_is_found_in_the_trash_and_comes_back() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = app.user("ada").await;
    assert_eq!(send(&ada, "POST", "/projects", &json!({ "project_name": "team" })).await.status(), 201);
    assert_eq!(delete(&ada, "/projects/team").await, 200);
    let listed = value(&ada, "/trash").await;
    assert_eq!((&listed[0]["kind"], &listed[0]["place"]), (&json!("project"), &json!("team")));
    assert_eq!((&listed[0]["deleted_by"], &listed[0]["repositories"]), (&json!("ada"), &json!(0)));
    assert_eq!(value(&app.user("eve").await, "/trash").await, json!([]));
    let path = format!("/trash/{}/restore", listed[0]["id"]);
    assert_eq!(send(&app.user("eve").await, "POST", &path, &json!({})).await.status(), 404);
    project(&app, "team", false).await;
    let (status, code, message) = problem(send(&ada, "POST", &path, &json!({})).await).await;
    assert_eq!((status, code.as_str()), (409, "CONFLICT"));
    assert!(message.contains("team exists again"), "{message}");
    assert_eq!(delete(&admin, "/projects/team").await, 200);
    let restored = send(&ada, "POST", &path, &json!({})).await;
    assert_eq!(restored.status(), 200);
    assert_eq!(value(&ada, "/projects/team").await["current_user_role_id"], 1);
    assert_eq!(value(&admin, "/trash").await.as_array().unwrap().len(), 1, "the other one stays there");
    let other = value(&admin, "/trash").await[0]["id"].clone();
    assert_eq!(delete(&ada, &format!("/trash/{other}")).await, 403);
    assert_eq!(delete(&admin, &format!("/trash/{other}")).await, 200);
    assert_eq!(value(&admin, "/trash").await, json!([]));
}
