//! The password is asked for again before what matters.

use api_types::Problem;
use app::Answer;
use reqwest::{Method, StatusCode, header};
use time::Duration;

use crate::harness::{ADMIN_PASSWORD, Browser, TestApp};

async fn delete(browser: &mut Browser, project: &str, password: Option<&str>) -> Answer<()> {
    let mut fields = vec![("project", project), ("confirmation", project)];
    fields.extend(password.map(|password| ("password", password)));
    browser.call("delete_project", &fields).await.json().await.unwrap()
}

fn field(answer: Answer<()>) -> (String, String) {
    match answer {
        Answer::Refused(Problem { field: Some(field), code, .. }) => (field, code),
        other => panic!("{other:?}"),
    }
}

async fn with_projects() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    for name in ["one", "two", "three"] {
        browser.call("create_project", &[("name", name)]).await;
    }
    (app, browser)
}

#[tokio::test]
async fn a_sign_in_of_ten_minutes_ago_is_enough_and_an_older_one_needs_the_password() {
    let (app, mut browser) = with_projects().await;
    app.clock.advance(Duration::minutes(9));
    assert_eq!(delete(&mut browser, "one", None).await, Answer::Done(()));
    app.clock.advance(Duration::seconds(61));
    for absent in [None, Some("")] {
        let refused = field(delete(&mut browser, "two", absent).await);
        assert_eq!(refused, ("password".to_owned(), "own_password_needed".to_owned()));
    }
    let wrong = field(delete(&mut browser, "two", Some("wrong")).await);
    assert_eq!(wrong, ("password".to_owned(), "current_password_wrong".to_owned()));
    assert_eq!(browser.open("/projects/two").await.status(), StatusCode::OK, "it is still there");
    assert_eq!(delete(&mut browser, "two", Some(ADMIN_PASSWORD)).await, Answer::Done(()));
    // The proof counts for what comes next, and for this browser only.
    app.clock.advance(Duration::minutes(9));
    assert_eq!(delete(&mut browser, "three", None).await, Answer::Done(()));
}

#[tokio::test]
async fn a_proof_in_one_browser_is_none_in_another() {
    let (app, mut here) = with_projects().await;
    let mut there = app.signed_in("admin").await;
    app.clock.advance(Duration::minutes(11));
    assert_eq!(delete(&mut here, "one", Some(ADMIN_PASSWORD)).await, Answer::Done(()));
    assert_eq!(field(delete(&mut there, "two", None).await).1, "own_password_needed");
}

#[tokio::test]
async fn the_password_cannot_be_guessed_with_a_stolen_session() {
    let (app, mut browser) = with_projects().await;
    app.clock.advance(Duration::minutes(11));
    for _ in 0..5 {
        delete(&mut browser, "one", Some("wrong")).await;
    }
    // Each more is slowed down twice as much: by more than a request may take, in the end.
    for _ in 0..5 {
        app.clock.advance(Duration::seconds(30));
        delete(&mut browser, "one", Some("wrong")).await;
    }
    let Answer::Refused(problem) = delete(&mut browser, "one", Some(ADMIN_PASSWORD)).await else {
        panic!("not slowed")
    };
    assert_eq!(problem.code, "too_many_attempts");
    assert!(problem.retry_after_seconds.is_some_and(|seconds| (2..=32).contains(&seconds)), "{problem:?}");
}

#[tokio::test]
async fn the_page_shows_the_field_when_it_is_needed_and_keeps_what_was_typed_without_scripts() {
    let (app, mut browser) = with_projects().await;
    let dialog = "/projects/one?tab=settings&delete=1";
    let page = browser.open(dialog).await.text().await.unwrap();
    assert!(page.contains("name=\"confirmation\"") && !page.contains("name=\"password\""));
    app.clock.advance(Duration::minutes(11));
    let page = browser.open(dialog).await.text().await.unwrap();
    assert!(page.contains("name=\"password\""));

    let submit = |browser: &Browser, password: &str| {
        let request = browser.request(Method::POST, "/_fn/delete_project").header("sec-fetch-site", "same-origin");
        request.header(header::REFERER, app.url(dialog)).form(&[
            ("project", "one"),
            ("confirmation", "one"),
            ("password", password),
        ])
    };
    let refused = browser.send(submit(&browser, "wrong-but-secret")).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text().await.unwrap();
    assert!(page.contains("value=\"one\"") && page.contains("The current password is wrong."), "{page}");
    assert!(page.contains("name=\"password\"") && !page.contains("wrong-but-secret"));

    let done = browser.send(submit(&browser, ADMIN_PASSWORD)).await;
    assert_eq!(done.headers()[header::LOCATION], "/projects");
    assert_eq!(browser.open("/projects/one").await.status(), StatusCode::NOT_FOUND);
}
