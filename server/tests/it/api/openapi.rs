//! The document of the API, and the page that shows it.

use reqwest::header;
use serde_json::Value;

use super::value;
use crate::harness::TestApp;

/// What the document says changes here first: review it with `INSTA_UPDATE=always cargo test -p server` and `git diff`.
#[test]
fn the_document_is_what_was_agreed_upon() {
    let document = serde_json::to_value(server::api::document()).unwrap();
    insta::assert_json_snapshot!("document", document);
}

#[tokio::test]
async fn it_is_served_to_everybody_with_a_page_that_shows_it() {
    let app = TestApp::start().await;
    let document: Value = value(&app.anonymous(), "/openapi.json").await;
    assert_eq!(document, serde_json::to_value(server::api::document()).unwrap());
    let page = app.anonymous().get("/api/docs").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'self'"), "{policy}");
    let text = page.text().await.unwrap();
    assert!(text.contains("listProjects") && text.contains(&app.url("/api/v2.0/projects")));
    for path in ["/api", "/api/"] {
        let answer = app.anonymous().get(path).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()[header::LOCATION]),
            (303, &"/api/docs".parse().unwrap())
        );
    }
    assert_eq!(app.anonymous().post("/api/docs").send().await.unwrap().status(), 405);
}

/// Every schema that the document speaks of is in it.
#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(server::api::document()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}
