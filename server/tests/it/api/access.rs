//! Who is asking, and what keeps others from asking in their name.

use api_types::{Lifetime, NewAccessToken, TokenLevel};
use registry::{Actor, Subject};
use reqwest::{Method, header};
use serde_json::json;
use time::Duration;

use super::{get, problem, project, send};
use crate::harness::{Browser, Client, TestApp};

#[tokio::test]
async fn passwords_access_tokens_and_robots_secrets_sign_in() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    let robot = super::robots::create(&app, "team", &["pull"]).await;
    let text = |key: &str| robot[key].as_str().unwrap().to_owned();
    let (robot_name, robot_secret) = (text("name"), text("secret"));
    let ada = Actor::new(Subject::User(app.user_id("ada").await), "ada");
    let token = NewAccessToken {
        name: "laptop".to_owned(),
        level: TokenLevel::Read,
        projects: None,
        lifetime: Lifetime::default(),
    };
    let token = app.registry.access_tokens.create(&ada, &token).await.unwrap().secret;
    let client = |name: &str, secret: &str| Client::new(&app, Some((name.to_owned(), secret.to_owned())));
    assert_eq!(get(&client(&robot_name, &robot_secret), "/projects/team").await.status(), 200);
    assert_eq!(get(&client("robot+team+ci", &robot_secret), "/projects/team").await.status(), 200);
    assert_eq!(get(&client("ada", token.expose()), "/statistics").await.status(), 200);
    let narrowed = send(&client("ada", token.expose()), "POST", "/projects", &json!({ "project_name": "mine" })).await;
    assert_eq!(narrowed.status(), 403, "it only reads");
    for (name, secret) in [("ada", "wrong"), (robot_name.as_str(), "wrong"), ("nobody", token.expose())] {
        let (status, code, _) = problem(get(&client(name, secret), "/projects").await).await;
        assert_eq!((status, code.as_str()), (401, "UNAUTHORIZED"), "{name}");
    }
    let bearer = app.anonymous().with_token("abc");
    assert_eq!(get(&bearer, "/projects").await.status(), 401, "tokens of the registry are for the registry");
}

#[tokio::test]
async fn nobody_reads_what_is_public_and_is_asked_to_sign_in_for_the_rest() {
    let app = TestApp::start().await;
    project(&app, "closed", false).await;
    let nobody = app.anonymous();
    assert_eq!(get(&nobody, "/projects/library").await.status(), 200);
    for path in ["/projects/closed", "/projects/none", "/projects/4711", "/statistics"] {
        let answer = get(&nobody, path).await;
        assert_eq!(answer.status(), 401, "{path}");
        assert!(answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Basic "), "{path}");
    }
    let scripted = nobody.get("/api/v2.0/statistics").header("sec-fetch-mode", "cors").send().await.unwrap();
    assert!(!scripted.headers().contains_key(header::WWW_AUTHENTICATE), "no browser puts its own form before a page");
}

#[tokio::test]
async fn an_id_tells_nothing_of_a_project_of_others() {
    let app = TestApp::start().await;
    project(&app, "closed", false).await;
    let id = super::value(&app.admin(), "/projects/closed").await["project_id"].as_i64().unwrap();
    let eve = app.user("eve").await;
    let (foreign, missing) = (get(&eve, &format!("/projects/{id}")).await, get(&eve, "/projects/4711").await);
    let (foreign, missing) = (problem(foreign).await, problem(missing).await);
    assert_eq!(foreign.2.replace(&id.to_string(), "N"), missing.2.replace("4711", "N"));
    assert_eq!((foreign.0, foreign.1), (missing.0, missing.1));
}

#[tokio::test]
async fn while_the_default_password_stands_it_says_where_to_replace_it() {
    let app = TestApp::builder().with_default_password().start().await;
    let admin = Client::new(&app, Some(("admin".to_owned(), registry::people::DEFAULT_ADMIN_PASSWORD.to_owned())));
    for path in ["/projects", "/systeminfo", "/statistics"] {
        let (status, code, message) = problem(get(&admin, path).await).await;
        assert_eq!((status, code.as_str()), (403, "FORBIDDEN"), "{path}");
        assert!(message.contains("first password") && message.contains(&app.url("/login")), "{path}: {message}");
    }
    let mut browser = app.browser();
    browser.sign_in(&app, "admin", registry::people::DEFAULT_ADMIN_PASSWORD).await;
    let request = browser.request(Method::GET, "/api/v2.0/statistics");
    assert_eq!(browser.send(request).await.status(), 403);
}

async fn create(browser: &mut Browser, name: &str, headers: &[(&'static str, &str)]) -> u16 {
    let mut request = browser.request(Method::POST, "/api/v2.0/projects").json(&json!({ "project_name": name }));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request).await.status().as_u16()
}

#[tokio::test]
async fn a_session_of_the_console_reads_and_changes_from_our_own_pages_alone() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ada").await;
    let request = browser.request(Method::GET, "/api/v2.0/statistics");
    assert_eq!(browser.send(request).await.status(), 200);
    let own = app.url("");
    for (number, (headers, status)) in [
        (vec![("sec-fetch-site", "same-origin")], 201),
        (vec![("origin", own.as_str())], 201),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site"), ("origin", own.as_str())], 403),
        (vec![("origin", "https://evil.example")], 403),
        (vec![], 403),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(create(&mut browser, &format!("p{number}"), &headers).await, status, "{headers:?}");
    }
}

#[tokio::test]
async fn a_session_changes_something_soon_after_the_password_was_given() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ada").await;
    let ours = [("sec-fetch-site", "same-origin")];
    app.clock.advance(Duration::minutes(9));
    assert_eq!(create(&mut browser, "early", &ours).await, 201);
    app.clock.advance(Duration::minutes(2));
    assert_eq!(create(&mut browser, "late", &ours).await, 403);
    let request = browser.request(Method::GET, "/api/v2.0/statistics");
    assert_eq!(browser.send(request).await.status(), 200, "reading needs no password");
}

#[tokio::test]
async fn guesses_are_slowed_down_here_too() {
    let app = TestApp::start().await;
    app.user("ada").await;
    let guess = Client::new(&app, Some(("ada".to_owned(), "wrong".to_owned())));
    let mut last = get(&guess, "/projects").await;
    for _ in 0..8 {
        last = get(&guess, "/projects").await;
    }
    assert_eq!(last.status(), 429);
    assert!(last.headers().contains_key(header::RETRY_AFTER));
}
