#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    people::{ClientInfo, SessionRecord},
    testing::{Lab, PASSWORD, secret},
};
use std::time::Duration;

const NEW: &str = "a cup of dark roast";

fn client() -> ClientInfo {
    ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None }
}

/// The field and the word that an attempt was refused with.
fn refusal<T: std::fmt::Debug>(answer: Result<T>) -> (&'static str, &'static str) {
    match answer {
        Err(Error::Invalid { field, code, .. }) => (field, code),
        other => panic!("{other:?}"),
    }
}

async fn session(lab: &Lab, id: u8) -> SessionRecord {
    let record = SessionRecord {
        id_hash: [id; 32],
        user: Some(UserId(1)),
        data: vec![],
        expires_at: lab.clock.now() + Duration::from_mins(10),
        address: None,
        user_agent: None,
    };
    assert!(lab.sessions.save(&record, true).await.unwrap());
    record
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_ends_every_session() {
    let lab = Lab::new().await;
    let record = session(&lab, 1).await;
    lab.people.change_password(&lab.admin(), Some(&secret(PASSWORD)), &secret(NEW)).await.unwrap();
    assert_eq!(lab.sessions.find(&record.id_hash).await.unwrap(), None);
    assert!(!lab.sessions.save(&record, false).await.unwrap(), "nobody can bring it back");
    lab.sign_in.with_password("admin", &secret(NEW), client()).await.unwrap();
    let old = lab.sign_in.with_password("admin", &secret(PASSWORD), client()).await;
    assert!(matches!(old, Err(Error::WrongCredentials)));
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'password.change'").await, 1);
}

#[tokio::test]
async fn changing_a_password_needs_the_present_one_a_good_one_and_another_one() {
    let lab = Lab::new().await;
    let admin = lab.admin();
    let change = async |current: Option<&str>, new: &str| {
        let current = current.map(secret);
        refusal(lab.people.change_password(&admin, current.as_ref(), &secret(new)).await)
    };
    assert_eq!(change(None, NEW).await, ("current", "own_password_needed"));
    assert_eq!(change(Some("wrong"), NEW).await, ("current", "current_password_wrong"));
    assert_eq!(change(Some(PASSWORD), "short").await, ("new", "password_too_short"));
    assert_eq!(change(Some(PASSWORD), PASSWORD).await, ("new", "password_unchanged"));
}

#[tokio::test]
async fn the_present_password_cannot_be_guessed_with_a_stolen_session() {
    let lab = Lab::new().await;
    for _ in 0..5 {
        let _ = lab.people.change_password(&lab.admin(), Some(&secret("wrong")), &secret(NEW)).await;
    }
    let slowed = lab.people.change_password(&lab.admin(), Some(&secret(PASSWORD)), &secret(NEW)).await;
    assert!(matches!(slowed, Err(Error::TooManyAttempts { .. })));
    lab.sign_in.with_password("admin", &secret(PASSWORD), client()).await.unwrap();
    lab.pass(Duration::from_secs(1));
    lab.people.change_password(&lab.admin(), Some(&secret(PASSWORD)), &secret(NEW)).await.unwrap();
}

#[tokio::test]
async fn a_person_confirms_with_their_own_password_and_no_other() {
    let lab = Lab::new().await;
    let admin = lab.admin();
    let address = client().origin.address;
    let confirm = async |password: Option<&str>| {
        let password = password.map(secret);
        lab.people.confirm_password(&admin, password.as_ref(), address).await
    };
    assert_eq!(refusal(confirm(None).await), ("password", "own_password_needed"));
    assert_eq!(refusal(confirm(Some("wrong")).await), ("password", "current_password_wrong"));
    confirm(Some(PASSWORD)).await.unwrap();
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE action = 'password.confirm' AND result =";
    assert_eq!(lab.number(&format!("{recorded} 'failure'")).await, 1);
    assert_eq!(lab.number(&format!("{recorded} 'success'")).await, 1);
    for actor in [Actor::anonymous(), Actor::system(), admin.clone().narrowed(vec![])] {
        let refused = lab.people.confirm_password(&actor, Some(&secret(PASSWORD)), address).await;
        assert!(matches!(refused, Err(Error::Unauthenticated)), "{actor:?}");
    }
    for _ in 0..5 {
        let _ = confirm(Some("wrong")).await;
    }
    assert!(matches!(confirm(Some(PASSWORD)).await, Err(Error::TooManyAttempts { .. })), "guessing is slowed down");
}

#[tokio::test]
async fn each_wrong_present_password_is_on_record_and_what_came_too_fast_is_gathered() {
    let lab = Lab::new().await;
    let admin = lab.admin();
    let (wrong, new) = (secret("wrong"), secret(NEW));
    let change = async || lab.people.change_password(&admin, Some(&wrong), &new).await;
    for _ in 0..5 {
        assert_eq!(refusal(change().await), ("current", "current_password_wrong"));
    }
    for _ in 0..3 {
        assert!(matches!(change().await, Err(Error::TooManyAttempts { .. })));
        let confirmed = lab.people.confirm_password(&admin, Some(&wrong), client().origin.address).await;
        assert!(matches!(confirmed, Err(Error::TooManyAttempts { .. })));
    }
    lab.maintenance.flush_traffic().await.unwrap();
    for (action, rows, times) in [("password.change", 6, 8), ("password.confirm", 1, 3)] {
        let failed = format!(
            "FROM audit_events WHERE action = '{action}' AND result = 'failure' AND actor_name = 'admin' AND resource = 'admin'"
        );
        assert_eq!(lab.number(&format!("SELECT COUNT(*) {failed}")).await, rows, "{action}");
        assert_eq!(lab.number(&format!("SELECT CAST(SUM(times) AS BIGINT) {failed}")).await, times, "{action}");
    }
}

#[tokio::test]
async fn the_default_password_is_replaced_without_being_asked_again() {
    let lab = Lab::open(None).await.unwrap();
    let admin = lab.admin();
    let kept = lab.people.change_password(&admin, None, &secret(DEFAULT_ADMIN_PASSWORD)).await;
    assert_eq!(refusal(kept).0, "new");
    lab.people.change_password(&admin, None, &secret(NEW)).await.unwrap();
    assert!(!lab.people.default_password_stands().await.unwrap());
    lab.sign_in.with_credentials("admin", &secret(NEW), client()).await.unwrap();
    let viewer = lab.people.find_viewer(UserId(1)).await.unwrap().unwrap();
    assert!(viewer.is_admin && !viewer.must_change_password);
    let again = lab.people.change_password(&admin, None, &secret("yet another cup of tea")).await;
    assert_eq!(refusal(again).0, "current");
}

#[tokio::test]
async fn only_people_with_a_session_of_their_own_change_passwords() {
    let lab = Lab::new().await;
    let admin = Subject::User(UserId(1));
    let token = Subject::AccessToken(crate::access::AccessTokenId(1), UserId(1));
    let narrowed = Actor::new(admin, "admin").narrowed(vec![]);
    for actor in [Actor::anonymous(), Actor::system(), Actor::new(token, "admin"), narrowed] {
        let refused = lab.people.change_password(&actor, Some(&secret(PASSWORD)), &secret(NEW)).await;
        assert!(matches!(refused, Err(Error::Unauthenticated)), "{actor:?}");
    }
}

#[tokio::test]
async fn the_operator_resets_a_forgotten_password() {
    let lab = Lab::open(None).await.unwrap();
    let record = session(&lab, 1).await;
    let unknown = lab.people.reset_password(&Actor::system(), "nobody", &secret(NEW)).await;
    assert!(matches!(unknown, Err(Error::UserNotFound { .. })));
    let weak = lab.people.reset_password(&Actor::system(), "admin", &secret("admin-admin-admin")).await;
    assert_eq!(refusal(weak), ("new", "password_names"));
    lab.people.reset_password(&Actor::system(), "admin", &secret(NEW)).await.unwrap();
    assert_eq!(lab.sessions.find(&record.id_hash).await.unwrap(), None);
    let signed_in = lab.sign_in.with_password("admin", &secret(NEW), client()).await.unwrap();
    assert!(!signed_in.must_change_password);
    let ada = lab.person("ada").await;
    let refused = lab.people.reset_password(&ada, "admin", &secret("another cup of tea")).await;
    assert!(matches!(refused, Err(Error::AdministratorsOnly)));
}

#[tokio::test]
async fn a_password_that_an_administrator_set_is_changed_at_the_next_sign_in() {
    let lab = Lab::new().await;
    lab.people.create(&lab.admin(), "ada", &secret(NEW), false).await.unwrap();
    lab.people.reset_password(&lab.admin(), "ada", &secret("another cup of tea")).await.unwrap();
    let signed_in = lab.sign_in.with_password("ada", &secret("another cup of tea"), client()).await.unwrap();
    assert!(signed_in.must_change_password);
    lab.pass(Duration::from_hours(48));
    lab.sign_in.with_password("ada", &secret("another cup of tea"), client()).await.unwrap();
    assert!(!lab.people.default_password_stands().await.unwrap(), "that is no default password");
}

#[tokio::test]
async fn people_are_created_by_administrators_under_names_that_can_sign_in() {
    let lab = Lab::new().await;
    let ada = lab.people.create(&lab.admin(), "ada", &secret(NEW), false).await.unwrap();
    let viewer = lab.people.find_viewer(ada).await.unwrap().unwrap();
    assert_eq!((viewer.username.as_str(), viewer.display_name.as_str(), viewer.is_admin), ("ada", "ada", false));
    let signed_in = lab.sign_in.with_password("ada", &secret(NEW), client()).await.unwrap();
    let refused = lab.people.create(&signed_in.actor, "eve", &secret(NEW), true).await;
    assert!(matches!(refused, Err(Error::AdministratorsOnly)));
    for name in ["ada", "ADA"] {
        let taken = lab.people.create(&lab.admin(), name, &secret(NEW), false).await;
        assert!(matches!(taken, Err(Error::UsernameTaken { .. })), "{name}");
    }
    for (name, code) in [
        ("", "username_empty"),
        ("a b", "username_space"),
        ("a\tb", "username_space"),
        ("ada\u{200b}", "username_invisible"),
        ("a\u{202e}da", "username_invisible"),
        ("\u{feff}ada", "username_invisible"),
        ("..", "username_letters"),
        ("<>", "username_letters"),
        ("a:b", "username_character"),
        ("a$b", "username_character"),
        ("robot+ci", "username_reserved"),
        ("system", "username_reserved"),
        ("x".repeat(256).as_str(), "username_too_long"),
    ] {
        let refused = lab.people.create(&lab.admin(), name, &secret(NEW), false).await;
        assert_eq!(refusal(refused.map(|_| ())), ("username", code), "{name}");
    }
    for name in ["홍길동", "ada.lovelace", "नमस्ते", "7"] {
        lab.people.create(&lab.admin(), name, &secret(NEW), false).await.unwrap();
    }
}

#[tokio::test]
async fn a_person_who_is_gone_or_disabled_is_no_viewer() {
    let lab = Lab::new().await;
    lab.sql("UPDATE users SET disabled_at = 1").await;
    assert_eq!(lab.people.find_viewer(UserId(1)).await.unwrap(), None);
    assert_eq!(lab.people.find_viewer(UserId(2)).await.unwrap(), None);
}

#[tokio::test]
async fn the_rules_are_told_as_the_policy_decides() {
    let lab = Lab::new().await;
    let rules = |password: &str| lab.people.password_rules(&lab.admin(), &secret(password));
    assert!(rules(NEW).accepted());
    assert_eq!((rules("short").min_length, rules("short").length, rules("short").long_enough), (12, 5, false));
    assert!(!rules("the great Admin of all").without_names);
}

mod first_run {
    use super::*;

    #[tokio::test]
    async fn an_administrator_and_a_public_project_exist_from_the_start() {
        let lab = Lab::open(None).await.unwrap();
        assert_eq!(lab.number("SELECT COUNT(*) FROM users WHERE username = 'admin' AND is_admin").await, 1);
        assert_eq!(lab.number("SELECT COUNT(*) FROM projects WHERE name = 'library' AND public").await, 1);
        assert_eq!(lab.settings.first_start().await.unwrap(), Some(lab.clock.now()));
    }

    #[tokio::test]
    async fn a_second_start_changes_nothing() {
        let lab = Lab::new().await;
        lab.sql("DELETE FROM projects").await;
        lab.replica().await;
        assert_eq!(lab.number("SELECT COUNT(*) FROM users").await, 1);
        assert_eq!(lab.number("SELECT COUNT(*) FROM projects").await, 0, "library is not brought back");
        lab.sign_in.with_password("admin", &secret(PASSWORD), client()).await.unwrap();
    }

    #[tokio::test]
    async fn the_operators_password_is_final_but_the_default_one_never_is() {
        let lab = Lab::open(Some("8 chars!")).await.unwrap();
        let signed_in = lab.sign_in.with_password("admin", &secret("8 chars!"), client()).await.unwrap();
        assert!(!signed_in.must_change_password);
        let lab = Lab::open(Some(DEFAULT_ADMIN_PASSWORD)).await.unwrap();
        let default = secret(DEFAULT_ADMIN_PASSWORD);
        assert!(lab.sign_in.with_password("admin", &default, client()).await.unwrap().must_change_password);
    }

    #[tokio::test]
    async fn an_operators_password_that_is_too_short_stops_the_start() {
        let refused = Lab::open(Some("7 chars")).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "admin_password", .. }), "{refused}");
    }
}
