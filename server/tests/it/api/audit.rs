//! The audit log.

use reqwest::header;
use serde_json::{Value, json};

use super::{get, problem, project, send, value};
use crate::harness::{Client, TestApp};

async fn told(client: &Client, path: &str) -> Vec<String> {
    let list = value(client, path).await;
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let line =
        |one: &Value| format!("{} {} {}", text(one, "operation"), text(one, "resource_type"), text(one, "resource"));
    list.as_array().unwrap().iter().map(line).collect()
}

/// A project `team` with one image and a guest `ada`.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    app.admin().repository("team/app").push_image("1", "one").await;
    app.user("ada").await;
    let body = json!({ "role_id": 3, "member_user": { "username": "ada" } });
    assert_eq!(send(&app.admin(), "POST", "/projects/team/members", &body).await.status(), 201);
    app
}

#[tokio::test]
async fn the_log_of_a_project_tells_its_admins_who_did_what_newest_first() {
    let app = start().await;
    let logs = "/projects/team/logs";
    let all = ["add member ada", "create artifact team/app:1", "create project team"];
    assert_eq!(told(&app.admin(), logs).await, all);
    for (query, expected) in [
        ("q=resource_type%3Dartifact", &all[1..2]),
        ("q=operation%3Dcreate", &all[1..]),
        ("q=operation%3Dcreate,resource%3Dteam", &all[2..]),
        ("q=resource%3D~APP", &all[1..2]),
        ("q=username%3Dadmin&sort=-op_time&page_size=1&page=2", &all[1..2]),
        ("q=username%3Dnobody", &[]),
        ("q=op_time%3D%5B%222020-01-01 00:00:00%22~%222020-02-01 00:00:00%22%5D", &[]),
    ] {
        assert_eq!(told(&app.admin(), &format!("{logs}?{query}")).await, expected, "{query}");
    }
    let one = value(&app.admin(), &format!("{logs}?page_size=1")).await;
    assert_eq!((&one[0]["username"], one[0]["id"].is_i64()), (&json!("admin"), true));
    let id = value(&app.admin(), "/projects/team").await["project_id"].as_i64().unwrap();
    assert_eq!(told(&app.admin(), &format!("/projects/{id}/logs")).await, all);
    for query in ["q=details%3Dx", "sort=op_time", "q=op_time%3D2026", "page=102&page_size=100", "cursor=x"] {
        let (status, _, message) = problem(get(&app.admin(), &format!("{logs}?{query}")).await).await;
        assert_eq!(status, 400, "{query}: {message}");
    }
}

#[tokio::test]
async fn a_link_leads_through_the_whole_log_and_every_event_is_met_once() {
    let app = start().await;
    let mut path = "/projects/team/logs?page_size=1&q=resource_type%3D%7Bartifact%20member%7D".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = get(&app.admin(), &path).await;
        assert_eq!(answer.headers()["x-total-count"], "2");
        let link = answer.headers().get(header::LINK).map(|link| link.to_str().unwrap().to_owned());
        let page: Value = answer.json().await.unwrap();
        seen.extend(page.as_array().unwrap().iter().map(|one| one["resource"].as_str().unwrap().to_owned()));
        let Some(link) = link else { break };
        let (next, rel) = link.split_once('>').unwrap();
        assert_eq!(rel, "; rel=\"next\"");
        path = next.strip_prefix("</api/v2.0").unwrap().to_owned();
        assert!(path.contains("cursor=") && seen.len() < 5, "{path}");
    }
    assert_eq!(seen, ["ada", "team/app:1"]);
}

#[tokio::test]
async fn administrators_see_everything_and_others_what_they_did() {
    let app = start().await;
    let ada = app.user("ada").await;
    assert_eq!(told(&ada, "/audit-logs?q=operation%3Dcreate").await, [] as [String; 0]);
    assert_eq!(told(&ada, "/projects/team/logs").await, [] as [String; 0]);
    assert_eq!(send(&ada, "POST", "/projects", &json!({ "project_name": "own" })).await.status(), 201);
    assert_eq!(told(&ada, "/audit-logs?q=operation%3Dcreate").await, ["create project own"]);
    let all = told(&app.admin(), "/audit-logs?q=resource_type%3Dproject").await;
    assert_eq!(all[..2], ["create project own", "create project team"]);
}

#[tokio::test]
async fn what_failed_is_told_as_that_or_not_at_all() {
    let app = start().await;
    let wrong = Client::new(&app, Some(("ada".to_owned(), "wrong".to_owned())));
    assert_eq!(get(&wrong, "/projects").await.status(), 401);
    app.registry.maintenance.flush_traffic().await.unwrap();
    let query = "q=operation%3Dlogin,resource%3Dada";
    assert_eq!(told(&app.admin(), &format!("/audit-logs?{query}")).await, [] as [String; 0]);
    let all = value(&app.admin(), &format!("/auditlog-exts?{query}")).await;
    assert_eq!((&all[0]["operation_result"], &all[0]["resource_type"]), (&json!(false), &json!("user")));
    assert_eq!(all[0]["operation_description"], format!("once from {}", app.address.ip()));
    let done = value(&app.admin(), "/projects/team/auditlog-exts").await;
    assert!(done.as_array().unwrap().iter().all(|one| one["operation_result"] == true));
}
