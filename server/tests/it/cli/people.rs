//! `slipway admin` on the database of a running server.

use std::fmt::Write as _;

use api_types::{ListQuery, NewPerson, NewProject, PersonState, PersonSummary};
use registry::{Actor, Subject};
use reqwest::StatusCode;
use serde_json::Value;
use time::Duration;

use super::{done, recorded};
use crate::harness::{ADMIN_PASSWORD, Browser, Client, TestApp};

const NEW: &str = "a wholly different wharf";

const OUTSIDE: &str = "https://registry.example.com";

/// Runs a command that has to succeed: what it printed, and what it told beside that.
async fn admin(app: &TestApp, arguments: &[&str]) -> (String, String) {
    done(app, &[&["admin"][..], arguments].concat()).await
}

/// Runs a command that has to fail: what it told, having printed nothing.
async fn refused(app: &TestApp, arguments: &[&str]) -> String {
    super::refused(app, &[&["admin"][..], arguments].concat()).await
}

/// The key of a link that was printed, which is told nowhere else.
fn key((printed, told): &(String, String)) -> String {
    let key = printed.strip_prefix(&format!("{OUTSIDE}/invitation?key=")).unwrap().trim_end().to_owned();
    assert!(key.len() > 40 && !told.contains(&key), "{told}");
    key
}

async fn everybody(app: &TestApp) -> Vec<PersonSummary> {
    app.registry.people.list(&Actor::system(), &ListQuery::default()).await.unwrap().items
}

async fn person(app: &TestApp, name: &str) -> PersonSummary {
    everybody(app).await.into_iter().find(|person| person.username == name).unwrap()
}

async fn choose(browser: &mut Browser, key: &str) -> StatusCode {
    browser.call("accept_link", &[("link", key), ("new_password", NEW), ("again", NEW)]).await.status()
}

async fn status(app: &TestApp, name: &str, password: &str, path: &str) -> StatusCode {
    let client = Client::new(app, Some((name.to_owned(), password.to_owned())));
    client.get(path).send().await.unwrap().status()
}

#[tokio::test]
async fn a_person_is_created_who_chooses_a_password_with_the_printed_link() {
    let app = TestApp::start().await;
    let grace = admin(&app, &["create-user", "grace", "--admin", "--public-url", OUTSIDE]).await;
    let ada = admin(&app, &["create-user", "ada", "--public-url", OUTSIDE]).await;
    assert!(grace.1.contains("grace chooses a password with this link, once, until "), "{}", grace.1);
    for (name, administrator, link) in [("grace", true, &grace), ("ada", false, &ada)] {
        let invited = person(&app, name).await;
        assert_eq!((invited.state, invited.is_admin), (PersonState::Invited, administrator), "{name}");
        assert_eq!(recorded(&app, name).await, ["user.create"], "{name}");
        assert_eq!(choose(&mut app.browser(), &key(link)).await, StatusCode::OK, "{name}");
        assert_eq!(choose(&mut app.browser(), &key(link)).await, StatusCode::NOT_FOUND, "once");
        assert_eq!(person(&app, name).await.state, PersonState::Active, "{name}");
        let expected = if administrator { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(status(&app, name, NEW, "/api/v2.0/users").await, expected, "{name}");
    }
    assert!(refused(&app, &["create-user", "GRACE"]).await.contains("user GRACE exists already"));
    assert!(refused(&app, &["create-user", "two words"]).await.contains("no spaces"));
    assert_eq!(everybody(&app).await.len(), 3, "nobody else was created");
}

#[tokio::test]
async fn everybody_is_listed_with_rights_and_status_however_many_there_are() {
    let app = TestApp::start().await;
    let system = Actor::system();
    let invite = async |name: &str, admin: bool| {
        let person = NewPerson { username: name.to_owned(), ..NewPerson::default() };
        app.registry.people.invite(&system, &person, admin).await.unwrap();
    };
    app.user("ada").await;
    let dora = app.user_id("dora").await;
    app.registry.people.set_disabled(&system, dora, true).await.unwrap();
    invite("ivy", true).await;
    // A link is good for three days.
    app.clock.advance(Duration::days(-4));
    invite("late", false).await;
    app.clock.advance(Duration::days(4));
    let few = "ada\tuser\tactive\nadmin\tadministrator\tactive\ndora\tuser\tdisabled\nivy\tadministrator\tinvited\n\
               late\tuser\tlink expired\n";
    assert_eq!(admin(&app, &["list-users"]).await.0, few);
    let json: Value = serde_json::from_str(&admin(&app, &["list-users", "--json"]).await.0).unwrap();
    assert_eq!((&json[0]["username"], &json[4]["state"]), (&"ada".into(), &"link_expired".into()));
    let mut all = few.to_owned();
    for number in 0..120 {
        let name = format!("person-{number:03}");
        invite(&name, false).await;
        writeln!(all, "{name}\tuser\tinvited").unwrap();
    }
    assert_eq!(admin(&app, &["list-users"]).await.0, all);
}

#[tokio::test]
async fn a_promoted_person_administers_after_signing_in_anew() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada").await;
    assert_eq!(ada.open("/admin/users").await.status(), StatusCode::FORBIDDEN);
    let (printed, told) = admin(&app, &["promote", "ada"]).await;
    assert!(printed.is_empty() && told.contains("ada is an administrator"), "{printed}{told}");
    assert!(person(&app, "ada").await.is_admin);
    assert_ne!(ada.open("/projects").await.status(), StatusCode::OK, "the session is ended");
    let mut ada = app.signed_in("ada").await;
    assert_eq!(ada.open("/admin/users").await.status(), StatusCode::OK);
    admin(&app, &["promote", "ada"]).await;
    assert_eq!(recorded(&app, "ada").await, ["user.promote", "user.create"], "once");
    assert!(refused(&app, &["promote", "nobody"]).await.contains("user nobody does not exist"));
}

#[tokio::test]
async fn a_demoted_person_administers_nothing_and_the_last_administrator_stays_one() {
    let app = TestApp::start().await;
    let id = app.user_id("ada").await;
    app.registry.people.set_admin(&Actor::system(), id, true).await.unwrap();
    let mut ada = app.signed_in("ada").await;
    assert_eq!(ada.open("/admin/users").await.status(), StatusCode::OK);
    let (printed, told) = admin(&app, &["demote", "ada"]).await;
    assert!(printed.is_empty() && told.contains("ada is no administrator"), "{printed}{told}");
    assert!(!person(&app, "ada").await.is_admin);
    assert_ne!(ada.open("/projects").await.status(), StatusCode::OK, "the session is ended");
    let mut ada = app.signed_in("ada").await;
    assert_eq!(ada.open("/admin/users").await.status(), StatusCode::FORBIDDEN);
    admin(&app, &["demote", "ada"]).await;
    assert_eq!(recorded(&app, "ada").await, ["user.demote", "user.promote", "user.create"], "once");
    let why = refused(&app, &["demote", "admin"]).await;
    assert!(why.contains("admin is the last administrator who can sign in"), "{why}");
    assert!(person(&app, "admin").await.is_admin);
    assert!(refused(&app, &["demote", "nobody"]).await.contains("user nobody does not exist"));
}

#[tokio::test]
async fn a_disabled_person_is_shut_out_and_the_last_administrator_is_not() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut session = app.signed_in("ada").await;
    assert_eq!(ada.get("/v2/").send().await.unwrap().status(), StatusCode::OK);
    let (printed, told) = admin(&app, &["disable", "ada"]).await;
    assert!(printed.is_empty() && told.contains("ada can sign in no more"), "{printed}{told}");
    assert_eq!(person(&app, "ada").await.state, PersonState::Disabled);
    assert_eq!(ada.get("/v2/").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_ne!(session.open("/projects").await.status(), StatusCode::OK, "the session is ended");
    admin(&app, &["disable", "ada"]).await;
    assert_eq!(recorded(&app, "ada").await, ["user.disable", "user.create"], "once");
    let why = refused(&app, &["disable", "admin"]).await;
    assert!(why.contains("admin is the last administrator who can sign in"), "{why}");
    assert_eq!(person(&app, "admin").await.state, PersonState::Active);
    assert!(refused(&app, &["disable", "nobody"]).await.contains("user nobody does not exist"));
}

#[tokio::test]
async fn a_disabled_person_is_let_in_again() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let id = app.user_id("ada").await;
    app.registry.people.set_disabled(&Actor::system(), id, true).await.unwrap();
    assert_eq!(ada.get("/v2/").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let (printed, told) = admin(&app, &["enable", "ada"]).await;
    assert!(printed.is_empty() && told.contains("ada can sign in again"), "{printed}{told}");
    assert_eq!(person(&app, "ada").await.state, PersonState::Active);
    assert_eq!(ada.get("/v2/").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(recorded(&app, "ada").await, ["user.enable", "user.disable", "user.create"]);
    assert!(refused(&app, &["enable", "nobody"]).await.contains("user nobody does not exist"));
}

#[tokio::test]
async fn a_link_in_place_of_a_password_is_printed_even_for_the_last_administrator() {
    let app = TestApp::start().await;
    let mut session = app.signed_in("admin").await;
    let link = admin(&app, &["reset-password", "--link", "--public-url", OUTSIDE]).await;
    assert_eq!(person(&app, "admin").await.state, PersonState::Invited, "there is no password any more");
    assert_ne!(session.open("/projects").await.status(), StatusCode::OK, "the session is ended");
    assert_eq!(status(&app, "admin", ADMIN_PASSWORD, "/v2/").await, StatusCode::UNAUTHORIZED);
    let other = admin(&app, &["reset-password", "admin", "--link", "--public-url", OUTSIDE]).await;
    assert_eq!(choose(&mut session, &key(&link)).await, StatusCode::NOT_FOUND, "a new link voids the old one");
    assert_eq!(choose(&mut session, &key(&other)).await, StatusCode::OK);
    assert_eq!(status(&app, "admin", NEW, "/api/v2.0/users").await, StatusCode::OK, "still an administrator");
    assert_eq!(status(&app, "admin", ADMIN_PASSWORD, "/v2/").await, StatusCode::UNAUTHORIZED);
    assert!(refused(&app, &["reset-password", "--link", "--password-file", "-"]).await.contains("--password-file"));
    assert!(refused(&app, &["reset-password", "nobody", "--link"]).await.contains("user nobody does not exist"));
}

#[tokio::test]
async fn whoever_has_no_password_yet_is_given_another_link() {
    let app = TestApp::start().await;
    let first = admin(&app, &["create-user", "ivy", "--public-url", OUTSIDE]).await;
    let second = admin(&app, &["invite", "ivy", "--public-url", OUTSIDE]).await;
    assert_eq!(choose(&mut app.browser(), &key(&first)).await, StatusCode::NOT_FOUND, "a new link voids the old one");
    assert_eq!(choose(&mut app.browser(), &key(&second)).await, StatusCode::OK);
    assert_eq!(status(&app, "ivy", NEW, "/v2/").await, StatusCode::OK);
    let why = refused(&app, &["invite", "ivy"]).await;
    assert!(why.contains("ivy has a password already; `slipway admin reset-password ivy --link`"), "{why}");
    assert_eq!(status(&app, "ivy", NEW, "/v2/").await, StatusCode::OK, "which goes on working");
    assert_eq!(recorded(&app, "ivy").await, ["user.reset", "user.create"]);
    admin(&app, &["create-user", "dora"]).await;
    admin(&app, &["disable", "dora"]).await;
    assert!(refused(&app, &["invite", "dora"]).await.contains("dora is disabled"));
    assert!(refused(&app, &["invite", "nobody"]).await.contains("user nobody does not exist"));
}

#[tokio::test]
async fn a_person_is_signed_out_everywhere_and_keeps_the_password() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut browsers = [app.signed_in("ada").await, app.signed_in("ada").await];
    let mut other = app.signed_in("grace").await;
    let (printed, told) = admin(&app, &["sign-out", "ada"]).await;
    assert!(printed.is_empty() && told.contains("ada is signed out of the console everywhere"), "{printed}{told}");
    for browser in &mut browsers {
        assert_ne!(browser.open("/projects").await.status(), StatusCode::OK);
    }
    assert_eq!(other.open("/projects").await.status(), StatusCode::OK, "somebody else");
    assert_eq!(ada.get("/v2/").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(recorded(&app, "ada").await, ["session.end_all", "user.create"]);
    assert!(refused(&app, &["sign-out", "nobody"]).await.contains("user nobody does not exist"));
}

#[tokio::test]
async fn a_person_is_deleted_once_that_is_certain_and_the_last_administrator_is_not() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    let id = app.user_id("ada").await;
    app.registry.projects.create(&Actor::new(Subject::User(id), "ada"), &project).await.unwrap();
    let question = refused(&app, &["delete-user", "ada"]).await;
    let alone = "Nobody but ada is project admin of 1 project. Delete ada with roles in 1 project and 0 access tokens?";
    assert!(question.contains(alone) && question.contains("--yes"), "{question}");
    assert_eq!(ada.get("/v2/").send().await.unwrap().status(), StatusCode::OK);
    let (printed, told) = admin(&app, &["delete-user", "ada", "--yes"]).await;
    assert!(printed.is_empty() && told.contains("ada is gone"), "{printed}{told}");
    assert_eq!(ada.get("/v2/").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(everybody(&app).await.iter().all(|person| person.username != "ada"));
    assert_eq!(recorded(&app, "ada").await, ["user.delete", "user.create"]);
    let why = refused(&app, &["delete-user", "admin", "--yes"]).await;
    assert!(why.contains("admin is the last administrator who can sign in"), "{why}");
    assert_eq!(person(&app, "admin").await.state, PersonState::Active);
    assert!(refused(&app, &["delete-user", "nobody", "--yes"]).await.contains("user nobody does not exist"));
}
