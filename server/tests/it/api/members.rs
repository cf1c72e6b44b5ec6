//! Members of projects.

use reqwest::header;
use serde_json::{Value, json};

use super::{delete, get, problem, project, send, value};
use crate::harness::TestApp;

fn named(name: &str, role: i64) -> Value {
    json!({ "role_id": role, "member_user": { "username": name } })
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["entity_name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_member_is_added_found_changed_and_removed_and_may_what_the_role_says() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let ada = app.user("ada").await;
    assert_eq!(get(&ada, "/projects/team").await.status(), 404);
    let created = send(&admin, "POST", "/projects/team/members", &named("ada", 3)).await;
    assert_eq!(created.status(), 201);
    let location = created.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let path = location.strip_prefix("/api/v2.0").unwrap().to_owned();
    assert!(path.starts_with("/projects/team/members/"), "{path}");
    let member = value(&admin, &path).await;
    assert_eq!(location, format!("/api/v2.0/projects/team/members/{}", member["id"]));
    assert_eq!((&member["entity_name"], &member["entity_type"]), (&json!("ada"), &json!("u")));
    assert_eq!((&member["role_name"], &member["role_id"]), (&json!("guest"), &json!(3)));
    assert_eq!(member["project_id"], value(&admin, "/projects/team").await["project_id"]);
    assert_eq!(value(&ada, "/projects/team").await["current_user_role_id"], 3);
    assert_eq!(send(&ada, "PUT", &path, &json!({ "role_id": 1 })).await.status(), 403);

    let again = send(&admin, "POST", "/projects/team/members", &named("ada", 2)).await;
    assert_eq!(problem(again).await.1, "CONFLICT");
    let changed = send(&admin, "PUT", &path, &json!({ "role_id": 4 })).await;
    assert_eq!((changed.status().as_u16(), changed.text().await.unwrap().as_str()), (200, ""));
    assert_eq!(value(&ada, &path).await["role_name"], "maintainer");
    assert_eq!(delete(&admin, &path).await, 200);
    assert_eq!(get(&ada, "/projects/team").await.status(), 404);
    assert_eq!((delete(&admin, &path).await, get(&admin, &path).await.status().as_u16()), (404, 404));
}

#[tokio::test]
async fn members_are_listed_by_name_and_by_a_part_of_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    for (name, role) in [("ada", 5), ("adam", 2), ("bob", 4)] {
        app.user(name).await;
        let id = app.user_id(name).await.0;
        let body = json!({ "role_id": role, "member_user": { "user_id": id } });
        assert_eq!(send(&admin, "POST", "/projects/team/members", &body).await.status(), 201);
    }
    let all = "/projects/team/members";
    assert_eq!(names(&value(&admin, all).await), ["ada", "adam", "admin", "bob"]);
    for (query, expected) in [
        ("entityname=DA", vec!["ada", "adam"]),
        ("entityname=none", vec![]),
        ("q=role_id%3D4", vec!["bob"]),
        ("q=entity_name%3Dada", vec!["ada"]),
        ("sort=-entity_name&page_size=1&page=2", vec!["admin"]),
    ] {
        assert_eq!(names(&value(&admin, &format!("{all}?{query}")).await), expected, "{query}");
    }
    let answer = get(&admin, &format!("{all}?page_size=3")).await;
    assert_eq!(answer.headers()["x-total-count"], "4");
    assert!(answer.headers()[header::LINK].to_str().unwrap().contains("rel=\"next\""));
    assert_eq!(get(&admin, &format!("{all}?q=password_hash%3Da")).await.status(), 400);
}

#[tokio::test]
async fn what_no_member_can_be_is_refused() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    project(&app, "other", false).await;
    app.user("ada").await;
    for body in [
        named("nobody", 3),
        named("", 3),
        named("ada", 7),
        json!({ "member_user": { "username": "ada" } }),
        json!({ "role_id": 3, "member_user": { "user_id": 4711 } }),
        json!({ "role_id": 3, "member_group": { "group_name": "all", "group_type": 1 } }),
    ] {
        let (status, _, message) = problem(send(&app.admin(), "POST", "/projects/team/members", &body).await).await;
        assert_eq!(status, 400, "{body}: {message}");
    }
    let created = send(&app.admin(), "POST", "/projects/team/members", &named("ada", 3)).await;
    let location = created.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let elsewhere = location.strip_prefix("/api/v2.0").unwrap().replace("team", "other");
    assert_eq!(get(&app.admin(), &elsewhere).await.status(), 404, "a member of another project");
    assert_eq!(delete(&app.admin(), &elsewhere).await, 404);
}
