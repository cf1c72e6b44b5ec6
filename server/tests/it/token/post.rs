//! `POST /service/token` with a form, as containerd and OAuth 2 clients ask.

use reqwest::{Response, header};
use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, TestApp, problem};

async fn post(app: &TestApp, form: &[(&str, &str)]) -> Response {
    app.anonymous().post("/service/token").form(form).send().await.unwrap()
}

#[tokio::test]
async fn a_password_gets_a_token() {
    let app = TestApp::start().await;
    let answer = post(
        &app,
        &[
            ("grant_type", "password"),
            ("service", "slipway"),
            ("client_id", "containerd-client"),
            ("scope", "repository:library/a:pull repository:library/b:pull,push"),
            ("username", "admin"),
            ("password", ADMIN_PASSWORD),
            ("access_type", "offline"),
        ],
    );
    let answer = answer.await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()[header::CACHE_CONTROL]),
        (200, &"no-store".parse().unwrap())
    );
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(300), &json!("Bearer")));
    assert_eq!(body["scope"], "repository:library/a:pull repository:library/b:pull,push");
    let client = app.anonymous().with_token(body["access_token"].as_str().unwrap());
    assert_eq!(client.get("/v2/").send().await.unwrap().status(), 200);
    client.repository("library/b").push_image("v1", "one").await;
}

#[tokio::test]
async fn credentials_may_be_in_the_header_instead() {
    let app = TestApp::start().await;
    let form = [("grant_type", "password"), ("scope", "repository:library/a:pull")];
    let answer = app.admin().post("/service/token").form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_wrong_password_gets_nothing() {
    let app = TestApp::start().await;
    for (name, password) in [("admin", "wrong"), ("nobody", "wrong")] {
        let form = [("grant_type", "password"), ("username", name), ("password", password)];
        assert_eq!(problem(post(&app, &form).await).await, (401, "UNAUTHORIZED".to_owned()));
    }
    let nobody = post(&app, &[("grant_type", "password"), ("scope", "")]).await;
    assert_eq!(problem(nobody).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn other_grants_are_refused_in_words() {
    let app = TestApp::start().await;
    let answer = post(&app, &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        body["errors"][0],
        json!({
            "code": "UNSUPPORTED",
            "message": "this registry issues no refresh tokens: log in with a password or an access token"
        })
    );
    for form in [&[("grant_type", "client_credentials")][..], &[("username", "admin")], &[]] {
        assert_eq!(problem(post(&app, form).await).await, (400, "UNSUPPORTED".to_owned()));
    }
}

#[tokio::test]
async fn what_is_no_form_or_too_large_is_refused() {
    let app = TestApp::start().await;
    let json = app.anonymous().post("/service/token").header(header::CONTENT_TYPE, "application/json").body("{}");
    assert_eq!(problem(json.send().await.unwrap()).await, (415, "UNSUPPORTED".to_owned()));
    let large = "x".repeat(64 * 1024);
    assert_eq!(problem(post(&app, &[("grant_type", &large)]).await).await, (413, "UNSUPPORTED".to_owned()));
    let fits = "x".repeat(60 * 1024);
    let form = [("grant_type", "password"), ("username", "admin"), ("password", ADMIN_PASSWORD), ("client_id", &fits)];
    assert_eq!(post(&app, &form).await.status(), 200);
}
