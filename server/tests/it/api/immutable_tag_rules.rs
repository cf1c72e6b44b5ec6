//! Rules that let nobody overwrite or delete tags.

use reqwest::header;
use serde_json::{Value, json};

use super::{BASE, delete, get, problem, project, send, value};
use crate::harness::TestApp;

fn rule(tags: &str, disabled: bool) -> Value {
    json!({
        "disabled": disabled, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": tags }],
        "scope_selectors": {
            "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }]
        },
    })
}

#[tokio::test]
async fn a_rule_is_made_listed_changed_switched_and_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let rules = "/projects/team/immutabletagrules";
    let made = send(&admin, "POST", rules, &rule("v*", false)).await;
    assert_eq!(made.status(), 201);
    assert_eq!(made.headers()[header::LOCATION], format!("{BASE}{rules}/1"));
    assert_eq!(problem(send(&admin, "POST", rules, &rule("v*", true)).await).await.0, 409);
    let mut shown = rule("v*", false);
    shown["id"] = json!(1);
    shown["priority"] = json!(0);
    assert_eq!(value(&admin, rules).await, json!([shown]));
    let answer = get(&admin, &format!("{rules}?page=2")).await;
    assert_eq!(answer.headers()["x-total-count"], "1");
    assert_eq!(answer.text().await.unwrap(), "[]");

    let mut other = rule("release-*", true);
    other["tag_selectors"][0]["decoration"] = json!("excludes");
    assert_eq!(send(&admin, "PUT", &format!("{rules}/1"), &other).await.status(), 200);
    let changed = value(&admin, rules).await;
    assert_eq!((&changed[0]["disabled"], &changed[0]["tag_selectors"]), (&json!(true), &other["tag_selectors"]));
    // As Harbor's page does it.
    assert_eq!(send(&admin, "PUT", &format!("{rules}/1"), &json!({ "id": 1, "disabled": false })).await.status(), 200);
    assert_eq!(value(&admin, rules).await[0]["disabled"], json!(false));
    assert_eq!(delete(&admin, &format!("{rules}/1")).await, 200);
    assert_eq!(delete(&admin, &format!("{rules}/1")).await, 404);
    assert_eq!(problem(send(&admin, "PUT", &format!("{rules}/1"), &other).await).await.1, "NOT_FOUND");
}

#[tokio::test]
async fn what_is_not_served_is_refused_and_said() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let rules = "/projects/library/immutabletagrules";
    let changed = |change: fn(&mut Value)| {
        let mut rule = rule("v*", false);
        change(&mut rule);
        rule
    };
    for (wrong, told) in [
        (changed(|rule| rule["tag_selectors"][0]["kind"] = json!("label")), "doublestar"),
        (changed(|rule| rule["tag_selectors"][0]["decoration"] = json!("withLabels")), "decoration"),
        (changed(|rule| rule["tag_selectors"] = json!([])), "one selector"),
        (changed(|rule| rule["scope_selectors"] = json!({})), "one selector"),
        (changed(|rule| rule["scope_selectors"]["project"] = json!([])), "scope"),
        (changed(|rule| rule["tag_selectors"][0]["pattern"] = json!("[v")), "pattern"),
        (changed(|rule| rule["action"] = json!("retain")), "action"),
        (changed(|rule| rule["template"] = json!("other")), "template"),
    ] {
        let (status, code, message) = problem(send(&admin, "POST", rules, &wrong).await).await;
        assert_eq!((status, code.as_str()), (400, "BAD_REQUEST"), "{wrong}");
        assert!(message.contains(told), "{message}");
    }
    assert_eq!(value(&admin, rules).await, json!([]));
}

#[tokio::test]
async fn a_protected_tag_says_so_and_stays_over_rest() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let repository = admin.repository("library/app");
    let digest = repository.push_image("v1", "one").await;
    repository.push_manifest("edge", &repository.image("one").await).await;
    send(&admin, "POST", "/projects/library/immutabletagrules", &rule("v*", false)).await;
    let artifact = format!("/projects/library/repositories/app/artifacts/{digest}");
    for path in [format!("{artifact}?with_tag=true"), "/projects/library/repositories/app/artifacts".to_owned()] {
        let shown = value(&admin, &path).await;
        let shown = if shown.is_array() { shown[0].clone() } else { shown };
        let mut tags: Vec<_> = shown["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| (tag["name"].to_string(), tag["immutable"] == true))
            .collect();
        tags.sort();
        assert_eq!(tags, [(r#""edge""#.to_owned(), false), (r#""v1""#.to_owned(), true)], "{path}");
    }
    let tags = value(&admin, &format!("{artifact}/tags?q=name=v1")).await;
    assert_eq!(tags[0]["immutable"], json!(true));
    for path in [format!("{artifact}/tags/v1"), artifact.clone(), "/projects/library/repositories/app".to_owned()] {
        let answer = admin.delete(&format!("{BASE}{path}")).send().await.unwrap();
        let (status, code, message) = problem(answer).await;
        assert_eq!((status, code.as_str()), (412, "PRECONDITION"), "{path}");
        assert!(message.contains("v1 of library/app is protected"), "{message}");
    }
    assert_eq!(delete(&admin, &format!("{artifact}/tags/edge")).await, 200);
    assert_eq!(repository.head("manifests/v1").await.headers()["docker-content-digest"], digest.as_str());
}
