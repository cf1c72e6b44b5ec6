//! What a browser may do with our answers.

use std::fmt::Write as _;

use reqwest::Response;

use crate::harness::{Raw, TestApp};

/// Status and headers, in order, without what differs at each run.
fn shown(response: &Response) -> String {
    let mut lines: Vec<_> = response
        .headers()
        .iter()
        .filter(|(name, _)| !["date", "content-length", "transfer-encoding"].contains(&name.as_str()))
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let value = match name.as_str() {
                "x-request-id" => "[id]".to_owned(),
                "content-security-policy" => without_nonce(value),
                _ => value.to_owned(),
            };
            format!("{name}: {value}")
        })
        .collect();
    lines.sort();
    let mut text = String::new();
    let _ = writeln!(text, "{}", response.status());
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn without_nonce(policy: &str) -> String {
    match nonce(policy) {
        Some(nonce) => policy.replace(&nonce, "N"),
        None => policy.to_owned(),
    }
}

fn nonce(policy: &str) -> Option<String> {
    Some(policy.split_once("'nonce-")?.1.split_once('\'')?.0.to_owned())
}

#[tokio::test]
async fn pages_run_nothing_but_their_own_scripts() {
    let app = TestApp::start().await;
    let page = app.browser().open("/login").await;
    insta::assert_snapshot!("page", shown(&page));
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let nonce = nonce(&policy).unwrap();
    let html = page.text().await.unwrap();
    for script in html.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "<script{tag}>");
    }
    assert!(!html.contains(" style=\"") && !html.contains(" onclick="), "the policy would block it");
}

#[tokio::test]
async fn every_answer_has_its_own_nonce() {
    let app = TestApp::start().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..5 {
        let page = app.browser().open("/login").await;
        assert!(seen.insert(nonce(page.headers()["content-security-policy"].to_str().unwrap()).unwrap()));
    }
}

#[tokio::test]
async fn answers_of_server_functions_are_data() {
    let app = TestApp::start().await;
    let answer = app.browser().call("sign_in", &[("username", "admin"), ("password", "wrong"), ("next", "/")]).await;
    insta::assert_snapshot!("function", shown(&answer));
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let app = TestApp::start().await;
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\nhost: a\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n", 400),
        ("GET /v2/ HTTP/1.1\r\nhost: a\r\nx: y\r\nHost: a\r\n", 400),
        ("GET /login HTTP/1.1\r\n", 400),
        ("GET /healthz HTTP/1.0\r\n", 200),
        ("GET /healthz HTTP/1.0\r\nhost: a\r\nhost: a\r\n", 400),
    ] {
        let mut raw = Raw::connect(app.address).await;
        raw.send(format!("{head}\r\n")).await;
        assert_eq!(raw.status().await, status, "{head}");
    }
}

#[tokio::test]
async fn operators_pages_are_no_pages() {
    let app = TestApp::start().await;
    insta::assert_snapshot!("health", shown(&app.anonymous().get("/healthz").send().await.unwrap()));
    insta::assert_snapshot!("metrics", shown(&app.anonymous().get("/metrics").send().await.unwrap()));
}

#[tokio::test]
async fn behind_tls_browsers_are_told_to_keep_to_it() {
    let app = TestApp::builder().set("public_url", "https://registry.example.com").start().await;
    for path in ["/login", "/healthz", "/v2/", "/service/token"] {
        let page = app.browser().open(path).await;
        assert_eq!(page.headers()["strict-transport-security"], "max-age=31536000", "{path}");
    }
    let plain = TestApp::start().await;
    assert!(!plain.browser().open("/login").await.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn an_id_that_comes_along_is_sent_back_and_others_are_made() {
    let app = TestApp::start().await;
    let ask = async |id: &str| {
        let answer = app.anonymous().get("/healthz").header("x-request-id", id).send().await.unwrap();
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(ask("trace-0af7651916cd43dd").await, "trace-0af7651916cd43dd");
    assert_eq!(ask("a b").await.len(), 16);
    assert_ne!(ask("a b").await, ask("a b").await);
}

#[tokio::test]
async fn pages_are_only_read() {
    let app = TestApp::start().await;
    let answer = app.anonymous().post("/login").header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(answer.status(), 405);
    let head = app.anonymous().head("/login").send().await.unwrap();
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn what_does_not_exist_is_a_page_that_says_so() {
    let app = TestApp::start().await;
    let page = app.signed_in("ada").await.open("/no/such/page").await;
    assert_eq!(page.status(), 404);
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("'nonce-"));
}
