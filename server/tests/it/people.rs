//! People over the console: who may do what to whom, one-time links, self-registration, devices.

use api_types::{ListQuery, PasswordLink, PersonState, PersonSummary, Problem, SessionSummary};
use app::Answer;
use registry::{Actor, Secret};
use reqwest::{Method, StatusCode, header};
use time::Duration;

use crate::harness::{Browser, TestApp};

const NEW: &str = "a wholly different wharf";

async fn invite(browser: &mut Browser, name: &str) -> PasswordLink {
    let answer = browser.call("invite_person", &[("username", name)]).await;
    match answer.json().await.unwrap() {
        Answer::Done(link) => link,
        Answer::Refused(problem) => panic!("{problem:?}"),
    }
}

fn key(link: &PasswordLink) -> &str {
    link.address.split_once("/invitation?key=").unwrap().1
}

async fn id_of(app: &TestApp, name: &str) -> String {
    app.registry.people.get_id(&Actor::system(), name).await.unwrap().0.to_string()
}

async fn person(app: &TestApp, name: &str) -> PersonSummary {
    let query = ListQuery { filter: name.to_owned(), ..ListQuery::default() };
    app.registry.people.list(&Actor::system(), &query).await.unwrap().items.remove(0)
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.open("/projects").await.status() == StatusCode::OK
}

/// What each function for administrators answers: its status, or the code of its refusal.
async fn administer(browser: &mut Browser, person: &str) -> Vec<(String, String)> {
    let settings = [("self_registration", "true"), ("project_creation", "everyone"), ("audit_retention_days", "1")];
    let calls: [(&str, &[(&str, &str)]); 8] = [
        ("invite_person", &[("username", "new"), ("admin", "true")]),
        ("reset_person", &[("person", person)]),
        ("change_person", &[("person", person), ("change", "disable")]),
        ("change_person", &[("person", person), ("change", "enable")]),
        ("change_person", &[("person", person), ("change", "promote")]),
        ("change_person", &[("person", person), ("change", "demote")]),
        ("change_person", &[("person", person), ("change", "delete")]),
        ("update_settings", &settings),
    ];
    let mut answers = Vec::new();
    for (function, fields) in calls {
        let text = browser.call(function, fields).await.text().await.unwrap();
        answers.push((format!("{function} {fields:?}"), code(&text)));
    }
    for function in ["list_people", &format!("person?person={person}"), "settings"] {
        let text = browser.read(function).await.text().await.unwrap();
        answers.push((function.to_owned(), code(&text)));
    }
    answers
}

/// The code of a problem in an answer, or `done`.
fn code(answer: &str) -> String {
    answer.split_once(r#""code":""#).map_or("done", |(_, rest)| rest.split('"').next().unwrap_or_default()).to_owned()
}

#[tokio::test]
async fn only_administrators_administer() {
    let app = TestApp::start().await;
    app.user("victim").await;
    let victim = id_of(&app, "victim").await;
    for (mut browser, expected) in
        [(app.browser(), "unauthenticated"), (app.signed_in("ada").await, "administrators_only")]
    {
        for (function, code) in administer(&mut browser, &victim).await {
            assert_eq!(code, expected, "{function}");
        }
        for page in ["/admin/users", "/admin/settings"] {
            let status = browser.open(page).await.status();
            assert!([StatusCode::FOUND, StatusCode::FORBIDDEN].contains(&status), "{page}: {status}");
        }
    }
    let victim_now = person(&app, "victim").await;
    assert!(victim_now.state == PersonState::Active && !victim_now.is_admin);
    assert!(app.registry.people.get_id(&Actor::system(), "new").await.is_err());
    for (function, code) in administer(&mut app.signed_in("admin").await, &victim).await {
        let gone = function.starts_with("person?");
        assert_eq!(code, if gone { "user_not_found" } else { "done" }, "{function}");
    }
}

#[tokio::test]
async fn what_matters_asks_for_the_password_again() {
    let app = TestApp::start().await;
    app.user("victim").await;
    let victim = id_of(&app, "victim").await;
    let mut browser = app.signed_in("admin").await;
    app.clock.advance(Duration::minutes(11));
    for (function, code) in administer(&mut browser, &victim).await {
        let reads = !function.contains(' ');
        assert_eq!(code, if reads { "done" } else { "own_password_needed" }, "{function}");
    }
}

#[tokio::test]
async fn a_new_person_chooses_a_password_with_a_link_that_works_once() {
    let app = TestApp::start().await;
    let link = invite(&mut app.signed_in("admin").await, "ada").await;
    assert!(link.address.starts_with(&app.url("/invitation?key=")), "{}", link.address);
    let path = link.address.strip_prefix(&app.url("")).unwrap().to_owned();
    let mut ada = app.browser();
    let page = ada.open(&path).await;
    assert_eq!((page.status(), page.headers()[header::CACHE_CONTROL].to_str().unwrap()), (StatusCode::OK, "no-store"));
    let page = page.text().await.unwrap();
    assert!(page.contains("value=\"ada\"") && page.contains("name=\"new_password\""), "{page}");
    let fields = [("link", key(&link)), ("new_password", NEW), ("again", NEW)];
    let differs = [("link", key(&link)), ("new_password", NEW), ("again", "something else")];
    assert_eq!(code(&ada.call("accept_link", &differs).await.text().await.unwrap()), "password_differs");
    let answer: Answer<String> = ada.call("accept_link", &fields).await.json().await.unwrap();
    assert_eq!(answer, Answer::Done("/".to_owned()));
    assert!(is_signed_in(&mut ada).await);
    assert_eq!(app.anonymous().get("/v2/").basic_auth("ada", Some(NEW)).send().await.unwrap().status(), 200);

    let mut late = app.browser();
    assert_eq!(late.call("accept_link", &fields).await.status(), StatusCode::NOT_FOUND);
    assert!(!is_signed_in(&mut late).await);
    let page = late.open(&path).await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(page.text().await.unwrap().contains("This link no longer works"));
}

#[tokio::test]
async fn a_link_is_shown_once_without_scripts_too() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    let request = browser.request(Method::POST, "/_fn/invite_person").header("sec-fetch-site", "same-origin");
    let request = request.header(header::REFERER, app.url("/admin/users?new=1")).form(&[("username", "ada")]);
    let answer = browser.send(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    assert!(page.contains("/invitation?key="), "{page}");
    let page = browser.open("/admin/users").await.text().await.unwrap();
    assert!(page.contains("ada") && !page.contains("/invitation?key="));
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_without_scripts() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    let request = browser.request(Method::POST, "/_fn/invite_person").header("sec-fetch-site", "same-origin");
    let fields =
        [("username", "admin"), ("display_name", "Ada “&” König"), ("email", "ada@example.com"), ("admin", "true")];
    let request = request.header(header::REFERER, app.url("/admin/users?new=1")).form(&fields);
    let page = browser.send(request).await.text().await.unwrap();
    for kept in ["value=\"admin\"", "value=\"Ada “&amp;” König\"", "value=\"ada@example.com\"", "This name is taken."]
    {
        assert!(page.contains(kept), "{kept}: {page}");
    }
}

#[tokio::test]
async fn what_is_taken_away_ends_within_a_second_for_sessions_basic_and_registry_tokens() {
    for change in ["disable", "delete"] {
        let app = TestApp::start().await;
        let mut admin = app.signed_in("admin").await;
        let (basic, mut session) = (app.user("ada").await, app.signed_in("ada").await);
        let token = basic.token(&["repository:library/app:pull"]).await;
        let bearer = app.anonymous().with_token(token);
        let id = id_of(&app, "ada").await;
        // A registry token speaks of repositories: one that is not there is still an answer.
        let looks = async || bearer.get("/v2/library/app/tags/list").send().await.unwrap().status();
        assert_eq!(looks().await, StatusCode::NOT_FOUND, "{change}");
        assert_eq!(basic.get("/v2/").send().await.unwrap().status(), StatusCode::OK);
        let answer: Answer<()> =
            admin.call("change_person", &[("person", &id), ("change", change)]).await.json().await.unwrap();
        assert_eq!(answer, Answer::Done(()));
        assert!(!is_signed_in(&mut session).await, "{change}");
        assert_eq!(basic.get("/v2/").send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{change}");
        assert_eq!(looks().await, StatusCode::UNAUTHORIZED, "{change}");
    }
}

#[tokio::test]
async fn a_demoted_administrator_is_none_at_once() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    app.user("other").await;
    let id = id_of(&app, "other").await;
    let promote = [("person", id.as_str()), ("change", "promote")];
    assert_eq!(code(&admin.call("change_person", &promote).await.text().await.unwrap()), "done");
    let mut other = app.signed_in("other").await;
    assert_eq!(other.open("/admin/users").await.status(), StatusCode::OK);
    let demote = [("person", id.as_str()), ("change", "demote")];
    assert_eq!(code(&admin.call("change_person", &demote).await.text().await.unwrap()), "done");
    assert!(!is_signed_in(&mut other).await, "a new session has the new rights");
    let mut other = app.signed_in("other").await;
    assert_eq!(other.open("/admin/users").await.status(), StatusCode::FORBIDDEN);
    let own = [("person", "1"), ("change", "demote")];
    assert_eq!(code(&admin.call("change_person", &own).await.text().await.unwrap()), "last_administrator");
    let own = [("person", "1"), ("change", "delete")];
    assert_eq!(code(&admin.call("change_person", &own).await.text().await.unwrap()), "own_account");
}

#[tokio::test]
async fn whoever_registers_gets_an_account_only_where_the_setting_is_on_and_never_more() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    // Fields that a form does not have are not believed.
    let fields = [("username", "ada"), ("new_password", NEW), ("again", NEW), ("admin", "true"), ("is_admin", "true")];
    assert_eq!(browser.open("/register").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.call("register", &fields).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        code(&browser.call("check_password", &[("password", "x")]).await.text().await.unwrap()),
        "unauthenticated"
    );
    assert!(!browser.open("/login").await.text().await.unwrap().contains("/register"));

    let settings = [("self_registration", "true"), ("project_creation", "everyone"), ("audit_retention_days", "90")];
    let mut admin = app.signed_in("admin").await;
    assert_eq!(code(&admin.call("update_settings", &settings).await.text().await.unwrap()), "done");
    assert!(browser.open("/login").await.text().await.unwrap().contains("href=\"/register\""));
    assert_eq!(browser.open("/register").await.status(), StatusCode::OK);
    assert_eq!(code(&browser.call("register", &fields).await.text().await.unwrap()), "done");
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(browser.open("/admin/users").await.status(), StatusCode::FORBIDDEN);
    assert!(!person(&app, "ada").await.is_admin);
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions() {
    let app = TestApp::start().await;
    let (mut here, mut there) = (app.signed_in("ada").await, app.signed_in("ada").await);
    let mut eve = app.signed_in("eve").await;
    let sessions: Vec<SessionSummary> = here.read("sessions").await.json().await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|session| session.current).count(), 1);
    let other = sessions.iter().find(|session| !session.current).unwrap().id.to_string();
    eve.call("end_session", &[("session", &other)]).await;
    assert!(is_signed_in(&mut there).await, "of somebody else");
    here.call("end_session", &[("session", &other)]).await;
    assert!(!is_signed_in(&mut there).await);
    let mut there = app.signed_in("ada").await;
    here.call("end_other_sessions", &[]).await;
    assert!(is_signed_in(&mut here).await && !is_signed_in(&mut there).await && is_signed_in(&mut eve).await);
    for page in ["/account", "/account/password", "/account/devices", "/account/appearance"] {
        assert_eq!(here.open(page).await.status(), StatusCode::OK, "{page}");
        assert_eq!(app.browser().open(page).await.status(), StatusCode::FOUND, "{page}");
    }
    for function in ["sessions", "profile"] {
        assert_eq!(app.browser().read(function).await.status(), StatusCode::UNAUTHORIZED, "{function}");
    }
    for (function, fields) in [("end_session", [("session", "1")]), ("update_profile", [("display_name", "x")])] {
        assert_eq!(app.browser().call(function, &fields).await.status(), StatusCode::UNAUTHORIZED, "{function}");
    }
    assert_eq!(app.browser().call("end_other_sessions", &[]).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_profile_is_changed_and_a_wrong_address_stands_beside_its_field() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ada").await;
    let wrong: Answer<String> =
        browser.call("update_profile", &[("display_name", "Ada"), ("email", "nowhere")]).await.json().await.unwrap();
    let Answer::Refused(Problem { field, .. }) = wrong else { panic!("{wrong:?}") };
    assert_eq!(field.as_deref(), Some("email"));
    browser.call("update_profile", &[("display_name", "Ada L."), ("email", "ada@example.com")]).await;
    let page = browser.open("/account").await.text().await.unwrap();
    assert!(page.contains("value=\"Ada L.\"") && page.contains("value=\"ada@example.com\""));
}

#[tokio::test]
async fn a_link_stands_in_no_log() {
    let app = TestApp::start().await;
    let link = invite(&mut app.signed_in("admin").await, "ada").await;
    let secret: Secret<String> = key(&link).to_owned().into();
    assert!(!format!("{secret:?} {link:?}").contains(key(&link)));
    assert!(!link.address.split('?').next().unwrap().contains(key(&link)), "paths are logged, queries are not");
}
