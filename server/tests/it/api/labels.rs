//! Labels, and which artifacts are marked with them.

use reqwest::header;
use serde_json::{Value, json};

use super::{BASE, delete, get, problem, project, send, value};
use crate::harness::{Client, TestApp};

const APP: &str = "/projects/library/repositories/app/artifacts";

/// Creates a label; its number.
async fn create(client: &Client, label: &Value) -> i64 {
    let made = send(client, "POST", "/labels", label).await;
    let location = made.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(made.status(), 201, "{label}: {}", made.text().await.unwrap());
    location.unwrap().strip_prefix(&format!("{BASE}/labels/")).unwrap().parse().unwrap()
}

async fn library(client: &Client) -> i64 {
    value(client, "/projects/library").await["project_id"].as_i64().unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn labels_are_made_listed_changed_and_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let library = library(&admin).await;
    let stable =
        json!({ "name": "stable", "description": "Ready", "color": "#48960C", "scope": "p", "project_id": library });
    let id = create(&admin, &stable).await;
    let shown = value(&admin, &format!("/labels/{id}")).await;
    for key in ["name", "description", "color", "scope", "project_id"] {
        assert_eq!(shown[key], stable[key], "{key}");
    }
    let (status, code, message) = problem(send(&admin, "POST", "/labels", &stable).await).await;
    assert_eq!((status, code.as_str()), (409, "CONFLICT"));
    assert!(message.contains("stable"), "{message}");
    // The same name in the system is another label.
    let global = create(&admin, &json!({ "name": "stable", "scope": "g", "project_id": 0 })).await;
    let shown = value(&admin, &format!("/labels/{global}")).await;
    assert_eq!((&shown["scope"], &shown["project_id"], &shown["color"]), (&json!("g"), &json!(0), &json!("")));
    for name in ["beta", "alpha", "Stabilized"] {
        create(&admin, &json!({ "name": name, "scope": "p", "project_id": library })).await;
    }

    let of_project = format!("/labels?scope=p&project_id={library}");
    assert_eq!(names(&value(&admin, &of_project).await), ["Stabilized", "alpha", "beta", "stable"]);
    assert_eq!(names(&value(&admin, "/labels?scope=g").await), ["stable"]);
    for (query, expected) in [
        ("&name=STAB", vec!["Stabilized", "stable"]),
        ("&q=name%3Dbeta", vec!["beta"]),
        ("&sort=-name&page_size=2", vec!["stable", "beta"]),
        ("&sort=-id&page_size=1", vec!["Stabilized"]),
    ] {
        assert_eq!(names(&value(&admin, &format!("{of_project}{query}")).await), expected, "{query}");
    }
    let page = get(&admin, &format!("{of_project}&page_size=3")).await;
    assert_eq!(page.headers()["x-total-count"], "4");
    assert!(page.headers()[header::LINK].to_str().unwrap().contains(r#"rel="next""#));

    let renamed = send(&admin, "PUT", &format!("/labels/{id}"), &json!({ "name": "released", "scope": "p" })).await;
    assert_eq!(renamed.status(), 200);
    let shown = value(&admin, &format!("/labels/{id}")).await;
    assert_eq!((&shown["name"], &shown["color"]), (&json!("released"), &json!("#48960C")), "what is left out stays");
    let taken = send(&admin, "PUT", &format!("/labels/{id}"), &json!({ "name": "beta" })).await;
    assert_eq!(problem(taken).await.0, 409);
    let moved = send(&admin, "PUT", &format!("/labels/{id}"), &json!({ "scope": "g" })).await;
    assert_eq!(problem(moved).await.0, 400);
    assert_eq!(delete(&admin, &format!("/labels/{id}")).await, 200);
    assert_eq!(delete(&admin, &format!("/labels/{id}")).await, 404);
    assert_eq!(get(&admin, &format!("/labels/{id}")).await.status(), 404);
}

#[tokio::test]
async fn what_is_no_label_is_refused_and_said() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (wrong, told) in [
        (json!({ "name": "a" }), "scope"),
        (json!({ "name": "a", "scope": "x" }), "scope"),
        (json!({ "name": "a", "scope": "p" }), "project_id"),
        (json!({ "name": "a", "scope": "g", "project_id": 1 }), "project_id"),
        (json!({ "scope": "g" }), "name"),
        (json!({ "name": " ", "scope": "g" }), "name"),
        (json!({ "name": "a\nb", "scope": "g" }), "name"),
        (json!({ "name": "a".repeat(129), "scope": "g" }), "128"),
        (json!({ "name": "a", "scope": "g", "color": "red" }), "color"),
        (json!({ "name": "a", "scope": "g", "color": "#12345g" }), "color"),
        (json!({ "name": "a", "scope": "g", "description": "a".repeat(501) }), "500"),
    ] {
        let (status, code, message) = problem(send(&admin, "POST", "/labels", &wrong).await).await;
        assert_eq!((status, code.as_str()), (400, "BAD_REQUEST"), "{wrong}");
        assert!(message.contains(told), "{wrong}: {message}");
    }
    for query in ["", "?scope=x", "?scope=p", "?scope=g&sort=project_id", "?scope=g&q=password%3D~a"] {
        assert_eq!(get(&admin, &format!("/labels{query}")).await.status(), 400, "{query}");
    }
    let (status, _, message) = problem(get(&admin, "/labels?scope=p&project_id=999").await).await;
    assert_eq!(status, 404, "{message}");
    assert_eq!(value(&admin, "/labels?scope=g").await, json!([]));
}

#[tokio::test]
async fn an_artifact_is_marked_found_by_its_labels_and_unmarked() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let library = library(&admin).await;
    let digest = admin.repository("library/app").push_image("1", "one").await;
    admin.repository("library/app").push_image("2", "two").await;
    let label = json!({ "name": "stable", "scope": "p", "project_id": library });
    let (stable, approved) =
        (create(&admin, &label).await, create(&admin, &json!({ "name": "approved", "scope": "g" })).await);
    for id in [stable, approved] {
        // As clients of Harbor do, with all that they know of the label.
        let body = json!({ "id": id, "name": "whatever", "scope": "p" });
        assert_eq!(send(&admin, "POST", &format!("{APP}/1/labels"), &body).await.status(), 200);
    }
    let again = send(&admin, "POST", &format!("{APP}/{digest}/labels"), &json!({ "id": stable })).await;
    let (status, code, message) = problem(again).await;
    assert_eq!((status, code.as_str()), (409, "CONFLICT"));
    assert!(message.contains("stable"), "{message}");

    let one = value(&admin, &format!("{APP}/{digest}?with_label=true")).await;
    assert_eq!(names(&one["labels"]), ["approved", "stable"]);
    assert_eq!(one["labels"][1], value(&admin, &format!("/labels/{stable}")).await);
    let all = value(&admin, &format!("{APP}?with_label=true&sort=id")).await;
    assert_eq!((names(&all[0]["labels"]).len(), &all[1]["labels"]), (2, &json!([])));
    for path in [APP.to_owned(), format!("{APP}/1")] {
        let plain = value(&admin, &path).await;
        let plain = if plain.is_array() { plain[0].clone() } else { plain };
        assert_eq!(plain["labels"], Value::Null, "{path}");
    }
    let both = value(&admin, &format!("{APP}?q=labels%3D({stable}%20{approved})")).await;
    assert_eq!((both.as_array().unwrap().len(), &both[0]["digest"]), (1, &json!(digest)));
    assert_eq!(value(&admin, &format!("{APP}?q=labels%3D999")).await, json!([]));

    assert_eq!(delete(&admin, &format!("{APP}/1/labels/{stable}")).await, 200);
    assert_eq!(delete(&admin, &format!("{APP}/1/labels/{stable}")).await, 404);
    assert_eq!(delete(&admin, &format!("/labels/{approved}")).await, 200);
    assert_eq!(value(&admin, &format!("{APP}/1?with_label=true")).await["labels"], json!([]));
    for (reference, body, status) in [
        ("1", json!({ "id": 999 }), 404),
        ("none", json!({ "id": stable }), 404),
        ("1", json!({ "name": "stable" }), 400),
    ] {
        let answer = send(&admin, "POST", &format!("{APP}/{reference}/labels"), &body).await;
        assert_eq!(answer.status(), status, "{reference} {body}");
    }
}

#[tokio::test]
async fn labels_of_the_system_are_seen_by_all_who_sign_in_and_are_the_administrators() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let id = create(&admin, &json!({ "name": "approved", "scope": "g" })).await;
    let (ada, nobody) = (app.user("ada").await, app.anonymous());
    assert_eq!(names(&value(&ada, "/labels?scope=g").await), ["approved"]);
    assert_eq!(value(&ada, &format!("/labels/{id}")).await["name"], "approved");
    let made = send(&ada, "POST", "/labels", &json!({ "name": "own", "scope": "g" })).await;
    assert_eq!(made.status(), 403);
    assert_eq!(send(&ada, "PUT", &format!("/labels/{id}"), &json!({ "name": "mine" })).await.status(), 403);
    assert_eq!(delete(&ada, &format!("/labels/{id}")).await, 403);
    for path in ["/labels?scope=g".to_owned(), format!("/labels/{id}"), "/labels/999".to_owned()] {
        assert_eq!(get(&nobody, &path).await.status(), 401, "{path}");
    }
    assert_eq!(send(&nobody, "POST", "/labels", &json!({ "name": "own", "scope": "g" })).await.status(), 401);
    assert_eq!(value(&admin, &format!("/labels/{id}")).await["name"], "approved");
}

#[tokio::test]
async fn whoever_may_not_see_labels_gets_artifacts_without_them() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let team = value(&admin, "/projects/team").await["project_id"].as_i64().unwrap();
    admin.repository("team/app").push_image("1", "one").await;
    let id = create(&admin, &json!({ "name": "secret", "scope": "p", "project_id": team })).await;
    let artifacts = "/projects/team/repositories/app/artifacts";
    assert_eq!(send(&admin, "POST", &format!("{artifacts}/1/labels"), &json!({ "id": id })).await.status(), 200);
    let ada = app.user("ada").await;
    let member = json!({ "role_id": 5, "member_user": { "username": "ada" } });
    assert_eq!(send(&admin, "POST", "/projects/team/members", &member).await.status(), 201);
    for path in [format!("{artifacts}?with_label=true"), format!("{artifacts}/1?with_label=true")] {
        let shown = value(&ada, &path).await;
        let shown = if shown.is_array() { shown[0].clone() } else { shown };
        assert_eq!((&shown["labels"], &shown["tags"][0]["name"]), (&Value::Null, &json!("1")), "{path}");
    }
    let asked = get(&ada, &format!("{artifacts}?q=labels%3D{id}")).await;
    assert_eq!(asked.status(), 403, "nor does a condition tell");
    // A label of another project is none.
    admin.repository("library/app").push_image("1", "one").await;
    let foreign = send(&admin, "POST", &format!("{APP}/1/labels"), &json!({ "id": id })).await;
    assert_eq!(foreign.status(), 404);
}
