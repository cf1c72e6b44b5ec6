//! Which tags of a project stay.

use reqwest::header;
use serde_json::{Value, json};

use super::{BASE, delete, get, problem, project, send, value};
use crate::harness::{Client, TestApp};

fn selector(decoration: &str, pattern: &str) -> Value {
    json!([{ "kind": "doublestar", "decoration": decoration, "pattern": pattern }])
}

fn rule(template: &str, number: &Value, tags: &str) -> Value {
    json!({
        "disabled": false, "action": "retain", "template": template, "params": { template: number },
        "tag_selectors": selector("matches", tags), "scope_selectors": { "repository": selector("repoMatches", "**") },
    })
}

fn policy(project: i64, rules: &[Value], cron: &str) -> Value {
    json!({
        "algorithm": "or", "rules": rules, "trigger": { "kind": "Schedule", "settings": { "cron": cron }, "references": {} },
        "scope": { "level": "project", "ref": project },
    })
}

async fn id_of(client: &Client, name: &str) -> i64 {
    value(client, &format!("/projects/{name}")).await["project_id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_policy_is_made_read_changed_and_removed() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let id = id_of(&admin, "team").await;
    let path = format!("/retentions/{id}");
    assert_eq!(value(&admin, &path).await["rules"], json!([]));
    let wanted = policy(
        id,
        &[rule("latestPushedK", &json!(10), "v*"), rule("nDaysSinceLastPull", &json!("30"), "**")],
        "0 0 3 * * *",
    );
    let made = send(&admin, "POST", "/retentions", &wanted).await;
    assert_eq!(made.status(), 201);
    assert_eq!(made.headers()[header::LOCATION], format!("{BASE}{path}"));
    assert_eq!(problem(send(&admin, "POST", "/retentions", &wanted).await).await.0, 409);
    let shown = value(&admin, &path).await;
    assert_eq!((&shown["id"], &shown["scope"]["ref"]), (&json!(id), &json!(id)));
    assert_eq!(shown["trigger"]["settings"]["cron"], "0 0 3 * * *");
    assert_eq!(shown["rules"][0]["params"], json!({ "latestPushedK": 10 }));
    assert_eq!(shown["rules"][1]["params"], json!({ "nDaysSinceLastPull": 30 }));

    let mut changed = shown.clone();
    changed["rules"].as_array_mut().unwrap().remove(0);
    changed["rules"][0]["disabled"] = json!(true);
    changed["rules"].as_array_mut().unwrap().push(rule("newestVersions", &json!(3), "**"));
    assert_eq!(send(&admin, "PUT", &path, &changed).await.status(), 200);
    let shown = value(&admin, &path).await;
    assert_eq!((&shown["rules"][0]["id"], &shown["rules"][0]["disabled"]), (&json!(2), &json!(true)));
    assert_eq!((&shown["rules"][1]["id"], &shown["rules"][1]["template"]), (&json!(3), &json!("newestVersions")));
    assert_eq!(delete(&admin, &path).await, 200);
    assert_eq!(value(&admin, &path).await["rules"], json!([]));
}

#[tokio::test]
async fn what_is_not_served_is_refused_and_said() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let id = id_of(&admin, "library").await;
    let one = || rule("always", &json!(1), "**");
    let mut other_scope = policy(id, &[one()], "");
    other_scope["scope"]["level"] = json!("system");
    let mut other_algorithm = policy(id, &[one()], "");
    other_algorithm["algorithm"] = json!("and");
    for (wrong, told) in [
        (policy(id, &[rule("latestActiveK", &json!(1), "**")], ""), "template"),
        (policy(id, &[rule("latestPushedK", &json!(0), "**")], ""), "number"),
        (policy(id, &[rule("latestPushedK", &json!("x"), "**")], ""), "number"),
        (policy(id, &[rule("latestPushedK", &json!(1), "{")], ""), "pattern"),
        (policy(id, &[one()], "* * * * *"), "once an hour"),
        (other_scope, "scope"),
        (other_algorithm, "algorithm"),
    ] {
        let (status, _, message) = problem(send(&admin, "POST", "/retentions", &wrong).await).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(message.contains(told), "{message}");
    }
    let (status, _, message) = problem(get(&admin, &format!("/retentions/{id}/executions/1/tasks")).await).await;
    assert_eq!(status, 501);
    assert!(message.contains("list of runs"), "{message}");
    let words = value(&admin, "/retentions/metadatas").await;
    let templates = words["templates"].as_array().unwrap();
    assert!(templates.iter().any(|template| template["rule_template"] == "latestPulledN"));
    assert_eq!(get(&app.anonymous(), "/retentions/metadatas").await.status(), 401);
}

#[tokio::test]
async fn a_run_is_asked_for_and_listed() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let id = id_of(&admin, "library").await;
    let repository = admin.repository("library/app");
    for tag in ["v1", "v2", "v3"] {
        repository.push_image(tag, tag).await;
        app.clock.advance(time::Duration::minutes(1));
    }
    send(&admin, "POST", "/retentions", &policy(id, &[rule("latestPushedK", &json!(1), "v*")], "")).await;
    let runs = format!("/retentions/{id}/executions");
    for (dry_run, left) in [(true, 3), (false, 1)] {
        let asked = send(&admin, "POST", &runs, &json!({ "dry_run": dry_run })).await;
        assert_eq!(asked.status(), 201);
        let job: i64 = asked.headers()[header::LOCATION].to_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!(problem(send(&admin, "POST", &runs, &json!({})).await).await.0, 409);
        assert_eq!(value(&admin, &runs).await[0]["status"], "Pending");
        app.registry.jobs.run(Some(job), std::future::pending()).await.unwrap();
        let run = value(&admin, &runs).await[0].clone();
        assert_eq!((&run["id"], &run["status"], &run["trigger"]), (&json!(job), &json!("Succeed"), &json!("Manual")));
        assert_eq!((&run["dry_run"], &run["kept"], &run["deleted"]), (&json!(dry_run), &json!(1), &json!(2)));
        let tags: Value = repository.get("tags/list").await.json().await.unwrap();
        assert_eq!(tags["tags"].as_array().unwrap().len(), left);
    }
    let asked = send(&admin, "POST", &runs, &json!({})).await;
    let run = asked.headers()[header::LOCATION].to_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
    let (status, _, message) = problem(send(&admin, "PATCH", &run, &json!({ "action": "pause" })).await).await;
    assert!(status == 400 && message.contains("stop"), "{status} {message}");
    assert_eq!(send(&admin, "PATCH", &run, &json!({ "action": "stop" })).await.status(), 200);
    assert_eq!(value(&admin, &runs).await[0]["status"], "Stopped");
    assert_eq!(send(&admin, "PATCH", &run, &json!({ "action": "stop" })).await.status(), 404);
}
