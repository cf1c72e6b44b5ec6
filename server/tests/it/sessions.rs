//! Browser sessions.

use app::Answer;
use registry::Actor;
use reqwest::{StatusCode, header};
use time::Duration;

use crate::harness::{ADMIN_PASSWORD, Browser, TestApp};

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.open("/projects").await.status() == StatusCode::OK
}

#[tokio::test]
async fn signing_in_opens_a_session_and_signing_out_ends_it() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    assert!(!is_signed_in(&mut browser).await);
    browser.sign_in(&app, "admin", ADMIN_PASSWORD).await;
    assert!(is_signed_in(&mut browser).await);
    let before = browser.cookies.clone();
    browser.call("sign_out", &[]).await;
    assert!(!browser.cookies.contains_key("slipway"));
    browser.cookies = before;
    assert!(!is_signed_in(&mut browser).await, "the server ended it, not only the browser");
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_no_script() {
    let app = TestApp::start().await;
    let fields = [("username", "admin"), ("password", ADMIN_PASSWORD), ("next", "/")];
    let answer = app.browser().call("sign_in", &fields).await;
    let cookies: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("slipway=")).unwrap();
    assert!(cookie.contains("; Path=/; Max-Age=") && cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
    let age: i64 = cookie.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    assert!((43_190..=43_200).contains(&age), "twelve hours, less the second that has begun: {age}");
    let id = cookie.strip_prefix("slipway=").unwrap().split(';').next().unwrap();
    assert_eq!(id.len(), 43, "256 bits in base64: {id}");

    let app = TestApp::builder().set("public_url", "https://registry.example.com").start().await;
    let answer = app.browser().call("sign_in", &fields).await;
    let cookies: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect();
    assert!(!cookies.is_empty());
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-slipway"), "{cookie}");
        assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure") && !cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn a_cookie_from_plain_http_opens_nothing_over_tls() {
    let app = TestApp::builder().set("trusted_proxies", "127.0.0.1").start().await;
    let mut browser = app.signed_in("admin").await;
    assert!(is_signed_in(&mut browser).await);
    browser.headers.push(("x-forwarded-proto", "https".to_owned()));
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn every_sign_in_has_a_new_id() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    let first = browser.cookies["slipway"].clone();
    browser.sign_in(&app, "admin", ADMIN_PASSWORD).await;
    assert_ne!(browser.cookies["slipway"], first);
    browser.cookies.insert("slipway".to_owned(), first);
    assert!(!is_signed_in(&mut browser).await, "the session before it is ended");
}

#[tokio::test]
async fn an_id_that_the_server_did_not_give_opens_nothing() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    for id in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "../../../etc/passwd", &"A".repeat(4000)] {
        browser.cookies.insert("slipway".to_owned(), id.to_owned());
        assert!(!is_signed_in(&mut browser).await, "{id}");
        assert!(!browser.cookies.contains_key("slipway"), "the browser is told to forget {id}");
    }
}

#[tokio::test]
async fn a_session_ends_after_a_rest_and_at_a_fixed_time() {
    let app = TestApp::start().await;
    let (mut resting, mut working) = (app.signed_in("admin").await, app.signed_in("admin").await);
    for _ in 0..24 {
        app.clock.advance(Duration::minutes(29));
        assert!(is_signed_in(&mut working).await);
    }
    assert!(!is_signed_in(&mut resting).await, "half an hour of rest");
    app.clock.advance(Duration::minutes(26));
    assert!(!is_signed_in(&mut working).await, "twelve hours in any case");
}

#[tokio::test]
async fn what_a_page_asks_by_itself_keeps_nobody_signed_in() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    for _ in 0..4 {
        app.clock.advance(Duration::minutes(10));
        let request = browser.request(reqwest::Method::GET, "/_fn/background/anything");
        browser.send(request).await;
    }
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_renews_this_one() {
    let app = TestApp::start().await;
    let (mut here, mut elsewhere) = (app.signed_in("admin").await, app.signed_in("admin").await);
    let before = here.cookies["slipway"].clone();
    let new = "another-harbour-2208";
    let answer = here
        .call("change_password", &[("current", ADMIN_PASSWORD), ("new_password", new), ("again", new), ("next", "/")])
        .await;
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    assert_ne!(here.cookies["slipway"], before);
    assert!(is_signed_in(&mut here).await);
    assert!(!is_signed_in(&mut elsewhere).await);
    here.cookies.insert("slipway".to_owned(), before);
    assert!(!is_signed_in(&mut here).await, "the id before it is worth nothing");
}

#[tokio::test]
async fn a_known_browser_passes_the_delay_of_guesses_until_there_is_a_new_password() {
    let app = TestApp::start().await;
    let (mut here, mut elsewhere) = (app.signed_in("admin").await, app.signed_in("admin").await);
    let new = "another-harbour-2208";
    let sign_in = async |browser: &mut Browser, password: &str| {
        let fields = [("username", "admin"), ("password", password), ("next", "/")];
        match browser.call("sign_in", &fields).await.json::<Answer<String>>().await.unwrap() {
            Answer::Done(_) => "done".to_owned(),
            Answer::Refused(problem) => problem.code,
        }
    };
    let guesses = async || {
        for _ in 0..10 {
            app.clock.advance(Duration::minutes(15));
            assert_eq!(sign_in(&mut app.browser(), "wrong").await, "wrong_credentials");
        }
    };
    guesses().await;
    assert_eq!(sign_in(&mut app.browser(), ADMIN_PASSWORD).await, "too_many_attempts", "others wait");
    assert_eq!(sign_in(&mut here, ADMIN_PASSWORD).await, "done");
    guesses().await;
    assert_eq!(sign_in(&mut elsewhere, ADMIN_PASSWORD).await, "done");
    // Its session rested while others guessed.
    assert_eq!(sign_in(&mut here, ADMIN_PASSWORD).await, "done");
    let fields = [("current", ADMIN_PASSWORD), ("new_password", new), ("again", new), ("next", "/")];
    assert!(here.call("change_password", &fields).await.status().is_success());
    guesses().await;
    assert_eq!(sign_in(&mut elsewhere, new).await, "too_many_attempts", "it knew the old one");
    assert_eq!(sign_in(&mut here, new).await, "done");
    // Only one who signs in with it is known by the new one.
    assert_eq!(sign_in(&mut elsewhere, new).await, "done", "a success ends the delay");
    guesses().await;
    assert_eq!(sign_in(&mut elsewhere, new).await, "done");

    let reset = app.registry.people.reset_password(&Actor::system(), "admin", &ADMIN_PASSWORD.to_owned().into()).await;
    reset.unwrap();
    guesses().await;
    for known in [&mut here, &mut elsewhere] {
        assert_eq!(sign_in(known, ADMIN_PASSWORD).await, "too_many_attempts", "the operator reset it");
    }
}

#[tokio::test]
async fn the_registry_protocol_knows_no_cookies() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    for path in ["/v2/", "/v2/_catalog", "/service/token"] {
        assert_eq!(browser.open(path).await.status(), 401, "{path}");
    }
}
