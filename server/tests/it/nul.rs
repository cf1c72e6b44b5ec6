//! The character NUL, which no text in PostgreSQL can have: whoever sends it is told, and nothing breaks.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::header;
use serde_json::json;

use crate::harness::TestApp;

#[tokio::test]
async fn a_name_with_nul_signs_nobody_in_at_any_door() {
    let app = TestApp::start().await;
    for name in ["a\0b", "robot$a\0b", "robot$library+a\0b"] {
        let basic = format!("Basic {}", STANDARD.encode(format!("{name}:x")));
        for path in ["/v2/", "/service/token?service=slipway", "/api/v2.0/users/current"] {
            let answer = app.anonymous().get(path).header(header::AUTHORIZATION, &basic).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{name:?} at {path}");
        }
        let mut browser = app.browser();
        let answer = browser.call("sign_in", &[("username", name), ("password", "x"), ("next", "")]).await;
        let answer = answer.text().await.unwrap();
        assert!(answer.contains("wrong_credentials"), "{name:?} at the console: {answer}");
    }
}

#[tokio::test]
async fn a_question_with_nul_is_a_bad_one() {
    let app = TestApp::start().await;
    let admin = app.admin();
    admin.repository("library/app").push_image("v1", "one").await;
    for path in [
        "/api/v2.0/projects?q=name%3D~a%00b",
        "/api/v2.0/projects?name=a%00",
        "/api/v2.0/search?q=a%00",
        "/v2/_catalog?last=a%00",
        "/v2/library/app/tags/list?last=a%00",
    ] {
        let status = admin.get(path).send().await.unwrap().status();
        assert_eq!(status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_text_with_nul_is_not_stored() {
    let app = TestApp::start().await;
    let label = json!({ "name": "l", "description": "a\0b", "scope": "g" });
    let repository = json!({ "description": "a\0b" });
    let admin = app.admin();
    admin.repository("library/app").push_image("v1", "one").await;
    let asked = [
        admin.post("/api/v2.0/projects").json(&json!({ "project_name": "a\0b" })),
        admin.post("/api/v2.0/labels").json(&label),
        admin.put("/api/v2.0/projects/library/repositories/app").json(&repository),
    ];
    for request in asked {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "{}", answer.url());
    }
}
