//! One's own access tokens.

use reqwest::header;
use serde_json::{Value, json};

use super::{delete, get, problem, project, send, value};
use crate::harness::{Client, TestApp};

const TOKENS: &str = "/users/current/tokens";

async fn create(client: &Client, body: &Value) -> Value {
    let answer = send(client, "POST", TOKENS, body).await;
    let status = answer.status();
    let created: Value = answer.json().await.unwrap();
    assert_eq!(status, 201, "{created}");
    created
}

fn client(app: &TestApp, created: &Value) -> Client {
    let text = |key: &str| created[key].as_str().unwrap().to_owned();
    Client::new(app, Some((text("username"), text("secret"))))
}

#[tokio::test]
async fn a_token_is_made_listed_used_and_revoked() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    project(&app, "team", true).await;
    let body = json!({ "name": "laptop", "level": "write", "projects": ["team"], "duration": 7 });
    let answer = send(&ada, "POST", TOKENS, &body).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()[header::CACHE_CONTROL]),
        (201, &"no-store".parse().unwrap())
    );
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let created: Value = answer.json().await.unwrap();
    assert_eq!(location, format!("/api/v2.0{TOKENS}/{}", created["id"]));
    let token = client(&app, &created);
    assert_eq!(get(&token, "/projects/team").await.status(), 200);
    let for_ever = create(&ada, &json!({ "name": "ci", "level": "read", "duration": -1 })).await;
    assert!(for_ever.get("expires_at").is_none(), "{for_ever}");

    let listed = value(&ada, &format!("{TOKENS}?sort=name")).await;
    assert!(!listed.to_string().contains("slipway_pat_"), "shown once");
    assert_eq!((&listed[0]["name"], &listed[0]["level"]), (&json!("ci"), &json!("read")));
    assert_eq!((&listed[1]["name"], &listed[1]["projects"]), (&json!("laptop"), &json!(["team"])));
    assert_eq!(listed[1]["expires_at"], created["expires_at"]);
    assert_eq!(value(&ada, &format!("{TOKENS}?q=name%3D~LAP")).await.as_array().unwrap().len(), 1);

    for (body, status) in [
        (json!({ "name": "laptop", "level": "read" }), 409),
        (json!({ "name": "", "level": "read" }), 400),
        (json!({ "name": "x", "level": "root" }), 400),
        (json!({ "name": "x", "level": "read", "duration": 0 }), 400),
        (json!({ "name": "x", "level": "read", "projects": ["missing"] }), 400),
        (json!({ "name": "x", "level": "read", "projects": [] }), 400),
    ] {
        let (found, _, message) = problem(send(&ada, "POST", TOKENS, &body).await).await;
        assert_eq!(found, status, "{body}: {message}");
    }
    let path = format!("{TOKENS}/{}", created["id"]);
    assert_eq!(delete(&app.user("eve").await, &path).await, 404, "it is somebody else's");
    assert_eq!(delete(&app.admin(), &path).await, 404, "also for administrators");
    assert_eq!(get(&token, "/projects/team").await.status(), 200);
    assert_eq!((delete(&ada, &path).await, delete(&ada, &path).await), (200, 404));
    assert_eq!(get(&token, "/projects/team").await.status(), 401, "at once");
}

#[tokio::test]
async fn a_token_makes_no_token_and_ends_none_but_itself() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let all = create(&ada, &json!({ "name": "all", "level": "admin" })).await;
    let other = create(&ada, &json!({ "name": "other", "level": "read" })).await;
    let token = client(&app, &all);
    assert_eq!(send(&token, "POST", TOKENS, &json!({ "name": "more", "level": "read" })).await.status(), 403);
    assert_eq!(get(&token, TOKENS).await.status(), 403);
    assert_eq!(delete(&token, &format!("{TOKENS}/{}", other["id"])).await, 403);
    assert_eq!(value(&ada, TOKENS).await.as_array().unwrap().len(), 2);
    assert_eq!(delete(&token, &format!("{TOKENS}/{}", all["id"])).await, 200);
    assert_eq!(value(&ada, TOKENS).await.as_array().unwrap().len(), 1);
    assert_eq!(get(&token, "/users/current").await.status(), 401);
}
