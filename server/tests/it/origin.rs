//! Requests that change something come from our own pages.

use reqwest::{Method, header};

use crate::harness::{ADMIN_PASSWORD, FORM, TestApp};

/// A sign-in as some page could send it.
fn attempt(app: &TestApp, headers: &[(&'static str, &str)]) -> reqwest::RequestBuilder {
    let mut request = app.anonymous().post("/_fn/sign_in").header(header::CONTENT_TYPE, FORM);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(format!("username=admin&password={ADMIN_PASSWORD}&next=%2F"))
}

#[tokio::test]
async fn another_site_cannot_act_in_a_browsers_name() {
    let app = TestApp::start().await;
    let own = app.url("");
    for (headers, status) in [
        (vec![("sec-fetch-site", "same-origin")], 200),
        (vec![("origin", own.as_str())], 200),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site")], 403),
        (vec![("sec-fetch-site", "cross-site"), ("origin", own.as_str())], 403),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![], 403),
    ] {
        let answer = attempt(&app, &headers).send().await.unwrap();
        assert_eq!(answer.status(), status, "{headers:?}");
        assert_eq!(answer.headers().contains_key(header::SET_COOKIE), status == 200, "{headers:?}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let app = TestApp::start().await;
    let answer = attempt(&app, &[("accept", "application/json")]).send().await.unwrap();
    let problem: api_types::Problem = answer.json().await.unwrap();
    assert_eq!(problem.code, "foreign_origin");
    assert!(problem.message.contains("public_url"), "{}", problem.message);
}

#[tokio::test]
async fn the_origin_is_that_of_the_outside() {
    let app = TestApp::builder().set("public_url", "https://registry.example.com").start().await;
    let answer = attempt(&app, &[("origin", "https://registry.example.com")]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let inside = app.url("");
    assert_eq!(attempt(&app, &[("origin", &inside)]).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn server_functions_take_forms_alone() {
    let app = TestApp::start().await;
    for media_type in ["text/plain", "application/json", "multipart/form-data; boundary=x", "application/cbor"] {
        let request = app.anonymous().post("/_fn/sign_in").header("sec-fetch-site", "same-origin");
        let answer = request.header(header::CONTENT_TYPE, media_type).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 422, "{media_type}");
    }
    let request = app.anonymous().request(Method::GET, "/_fn/sign_in?username=admin&password=x");
    assert!(request.send().await.unwrap().status().is_client_error(), "what changes something is POST only");
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let answer = browser.call("sign_in", &[("username", &"a".repeat(2 << 20)), ("password", "x"), ("next", "/")]).await;
    assert!(answer.status().is_client_error() || answer.status() == 500, "{}", answer.status());
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_form_without_scripts_leads_to_our_own_pages_only() {
    let app = TestApp::start().await;
    for (referer, expected) in [("https://evil.example/login", "/"), ("//evil.example", "/")] {
        let request = app.browser().request(Method::POST, "/_fn/sign_in").header("sec-fetch-site", "same-origin");
        let request = request.header(header::REFERER, referer);
        let answer = request.form(&[("username", "admin"), ("password", "wrong"), ("next", "/")]).send().await.unwrap();
        assert_eq!(answer.status(), 302, "{referer}");
        let location = answer.headers()[header::LOCATION].to_str().unwrap();
        assert!(location.starts_with(expected) && !location.contains("evil"), "{location}");
    }
    let own = app.url("/login?next=%2Fprojects");
    let request = app.browser().request(Method::POST, "/_fn/sign_in").header("sec-fetch-site", "same-origin");
    let request = request.header(header::REFERER, own);
    let answer = request.form(&[("username", "admin"), ("password", "wrong"), ("next", "/")]).send().await.unwrap();
    assert!(answer.headers()[header::LOCATION].to_str().unwrap().starts_with("/login?"), "{answer:?}");
}
