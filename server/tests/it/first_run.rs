//! The first start: the default password opens the form to choose another, and nothing else.

use reqwest::header;

use crate::harness::{Browser, TestApp};

const DEFAULT: &str = registry::people::DEFAULT_ADMIN_PASSWORD;
const NEW: &str = "unusual-harbour-9431";

async fn first_run() -> (TestApp, Browser) {
    let app = TestApp::builder().with_default_password().start().await;
    let mut browser = app.browser();
    browser.sign_in(&app, "admin", DEFAULT).await;
    (app, browser)
}

#[tokio::test]
async fn every_page_leads_to_the_form_for_a_new_password() {
    let (_app, mut browser) = first_run().await;
    for path in ["/", "/projects", "/projects/new", "/projects/library", "/login", "/no/such/page"] {
        let page = browser.open(path).await;
        assert_eq!(
            (page.status().as_u16(), &page.headers()[header::LOCATION]),
            (303, &"/password".parse().unwrap()),
            "{path}"
        );
    }
    let form = browser.open("/password").await;
    assert_eq!(form.status(), 200);
}

#[tokio::test]
async fn server_functions_are_refused_until_then() {
    let (_app, mut browser) = first_run().await;
    for function in ["create_project", "dismiss_checklist", "delete_project", "no_such_function"] {
        let answer = browser.call(function, &[("name", "mine")]).await;
        assert_eq!(answer.status(), 403, "{function}");
        let problem: api_types::Problem = answer.json().await.unwrap();
        assert_eq!(problem.kind, api_types::ProblemKind::PasswordChangeRequired, "{function}");
    }
}

#[tokio::test]
async fn clients_are_refused_and_told_where_to_go() {
    let app = TestApp::builder().with_default_password().start().await;
    for path in ["/v2/", "/v2/_catalog", "/v2/library/a/manifests/b", "/service/token?scope=repository:library/a:pull"]
    {
        let answer = app.anonymous().get(path).basic_auth("admin", Some(DEFAULT)).send().await.unwrap();
        assert!([401, 403].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
        let body = answer.text().await.unwrap();
        assert!(body.contains("first password") && body.contains(&app.url("/login")), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_new_password_opens_everything() {
    let (app, mut browser) = first_run().await;
    let answer = browser.call("change_password", &[("new_password", NEW), ("again", NEW), ("next", "/")]).await;
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    assert_eq!(browser.open("/projects").await.status(), 200);
    assert!(!app.registry.people.default_password_stands().await.unwrap());
    let answer = app.anonymous().get("/v2/").basic_auth("admin", Some(NEW)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer = app.anonymous().get("/v2/").basic_auth("admin", Some(DEFAULT)).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn the_default_password_cannot_be_kept() {
    let (app, mut browser) = first_run().await;
    for new in [DEFAULT, "password1234", "short", "harbor12345harbor12345"] {
        browser.call("change_password", &[("new_password", new), ("again", new), ("next", "/")]).await;
        assert!(app.registry.people.default_password_stands().await.unwrap(), "{new}");
    }
}

#[tokio::test]
async fn an_operator_who_sets_a_password_has_no_first_run() {
    let app = TestApp::start().await;
    assert!(!app.registry.people.default_password_stands().await.unwrap());
    let mut browser = app.signed_in("admin").await;
    assert_eq!(browser.open("/projects").await.status(), 200);
}
