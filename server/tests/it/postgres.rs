//! Several servers on one PostgreSQL, and what becomes of requests while that is away. These need PostgreSQL to be installed.

mod restart;
mod tls;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode, header};
use test_postgres::Cluster;

use crate::harness::{ADMIN_PASSWORD, Browser, PATIENCE, Repository, TestApp, problem};

/// How long it may take until all is well after the database has come back, which took so long by itself: on a machine where that is
/// slow all else is as well.
fn healed_within(start: Duration) -> Duration {
    Duration::from_secs(5) + 10 * start
}

async fn two() -> (TestApp, TestApp) {
    let one = TestApp::start().await;
    let other = TestApp::builder().beside(&one).start().await;
    (one, other)
}

/// The same browser at another server behind the same load balancer.
fn moved(browser: &Browser, app: &TestApp) -> Browser {
    let mut moved = app.browser();
    moved.cookies.clone_from(&browser.cookies);
    moved
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.open("/projects").await.status() == StatusCode::OK
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_session_is_everywhere_and_ends_everywhere() {
    let (one, other) = two().await;
    let mut browser = one.browser();
    browser.sign_in(&one, "admin", ADMIN_PASSWORD).await;
    assert!(is_signed_in(&mut moved(&browser, &other)).await);
    let before = browser.cookies.clone();
    moved(&browser, &other).call("sign_out", &[]).await;
    browser.cookies = before;
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_token_of_one_serves_at_the_other_and_an_upload_goes_on_there() {
    let (one, other) = two().await;
    let scope = "repository:library/app:pull,push";
    let token = one.admin().token(&[scope]).await;
    let here = one.anonymous().with_token(token.clone()).repository("library/app");
    let there = other.anonymous().with_token(token).repository("library/app");
    let location = here.begin().await;
    let answer = there.request(Method::PATCH, &location).body("first ").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let digest = crate::harness::digest_of("first second");
    let last = format!("{location}{}digest={digest}", if location.contains('?') { '&' } else { '?' });
    let answer = here.request(Method::PUT, &last).body("second").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap());
    let answer = there.get(&format!("blobs/{digest}")).await;
    assert_eq!(answer.text().await.unwrap(), "first second");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_is_pushed_to_one_is_pulled_from_the_other_at_once() {
    let (one, other) = two().await;
    let (here, there) = (one.admin().repository("library/app"), other.admin().repository("library/app"));
    for round in 0..5 {
        let digest = here.push_image("latest", &format!("round {round}")).await;
        let answer = there.get("manifests/latest").await;
        assert_eq!(answer.headers()["docker-content-digest"], digest.as_str());
        let digest = there.push_image("latest", &format!("and back {round}")).await;
        let answer = here.head("manifests/latest").await;
        assert_eq!(answer.headers()["docker-content-digest"], digest.as_str());
    }
    assert_eq!(here.delete("manifests/latest").await.status(), StatusCode::ACCEPTED);
    assert_eq!(there.get("manifests/latest").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_password_that_is_changed_at_one_ends_the_old_one_at_the_other_within_a_second() {
    let (one, other) = two().await;
    let (ada, ada_there) = (one.user("ada").await, other.user("ada").await);
    assert!(ada_there.get("/v2/").send().await.unwrap().status().is_success());
    let new = registry::Secret::new("a wholly different wharf".to_owned());
    one.registry.people.reset_password(&registry::Actor::system(), "ada", &new).await.unwrap();
    one.clock.advance(time::Duration::SECOND);
    for client in [ada, ada_there] {
        assert_eq!(client.get("/v2/").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn while_the_database_is_away_the_answer_is_503_and_then_all_is_well_by_itself() {
    let cluster = Arc::new(Cluster::start());
    let url = cluster.url("postgres");
    let app = TestApp::builder().set("database.url", &url).set("database.acquire_timeout", "300ms").start().await;
    let repository = app.admin().repository("library/app");
    let digest = repository.push_image("v1", "before").await;
    let halted = Arc::clone(&cluster);
    tokio::task::spawn_blocking(move || halted.halt()).await.unwrap();

    for answer in
        [repository.get("manifests/v1").await, repository.request(Method::POST, "blobs/uploads/").send().await.unwrap()]
    {
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
        assert_eq!(problem(answer).await, (503, "UNAVAILABLE".to_owned()));
    }
    // Nobody's rights are older than a second.
    app.clock.advance(time::Duration::SECOND);
    let answer = app.admin().get("/v2/").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let halted = Instant::now();
    while app.anonymous().get("/readyz").send().await.unwrap().status() != StatusCode::SERVICE_UNAVAILABLE {
        assert!(halted.elapsed() < PATIENCE, "it is said to be ready");
    }
    assert_eq!(app.anonymous().get("/healthz").send().await.unwrap().status(), StatusCode::OK);

    let resumed = Arc::clone(&cluster);
    let started = Instant::now();
    tokio::task::spawn_blocking(move || resumed.resume()).await.unwrap();
    let (back, patience) = (Instant::now(), healed_within(started.elapsed()));
    while repository.get("manifests/v1").await.status() != StatusCode::OK {
        assert!(back.elapsed() < patience, "it does not heal within {patience:?}");
    }
    heals(&repository, &digest).await;
}

async fn heals(repository: &Repository, digest: &oci::Digest) {
    let answer = repository.get("manifests/v1").await;
    assert_eq!(answer.headers()["docker-content-digest"], digest.as_str());
    repository.push_image("v2", "after").await;
    assert_eq!(repository.get("manifests/v2").await.status(), StatusCode::OK);
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn who_is_disabled_at_one_is_out_at_the_other_within_a_second() {
    let (one, other) = two().await;
    let basic = other.user("ada").await;
    let token = basic.token(&["repository:library/app:pull"]).await;
    let bearer = other.anonymous().with_token(token);
    let mut session = other.signed_in("ada").await;
    assert_eq!(bearer.get("/v2/library/app/tags/list").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert!(is_signed_in(&mut session).await);
    let system = registry::Actor::system();
    let ada = one.registry.people.get_id(&system, "ada").await.unwrap();
    one.registry.people.set_disabled(&system, ada, true).await.unwrap();
    assert!(!is_signed_in(&mut session).await, "sessions are looked up each time");
    one.clock.advance(time::Duration::SECOND);
    assert_eq!(basic.get("/v2/").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(bearer.get("/v2/library/app/tags/list").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}
