#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::{Lab, PASSWORD, secret};
use api_types::SystemSettings;
use futures::future::join_all;
use std::time::Duration;

fn client() -> ClientInfo {
    ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None }
}

fn person(username: &str) -> NewPerson {
    NewPerson { username: username.to_owned(), ..NewPerson::default() }
}

async fn open() -> Lab {
    let lab = Lab::new().await;
    let settings = SystemSettings { self_registration: true, ..SystemSettings::default() };
    lab.settings.update(&lab.admin(), &settings).await.unwrap();
    lab
}

#[tokio::test]
async fn nobody_registers_where_the_settings_do_not_allow_it() {
    let lab = Lab::new().await;
    let refused = lab.people.register(&person("ada"), &secret(PASSWORD), client()).await;
    assert!(matches!(refused, Err(Error::RegistrationClosed)));
    let refused = lab.people.password_rules_to_register("ada", &secret(PASSWORD)).await;
    assert!(matches!(refused, Err(Error::RegistrationClosed)));
    assert_eq!(lab.number("SELECT COUNT(*) FROM users").await, 1);
}

#[tokio::test]
async fn whoever_registers_has_an_account_without_special_rights() {
    let lab = open().await;
    let registered = lab.people.register(&person("ada"), &secret(PASSWORD), client()).await.unwrap();
    assert!(!registered.must_change_password);
    lab.sign_in.with_password("ada", &secret(PASSWORD), client()).await.unwrap();
    assert!(matches!(lab.access.administrator(&registered.actor).await, Err(Error::AdministratorsOnly)));
    let taken = lab.people.register(&person("Admin"), &secret(PASSWORD), client()).await;
    assert!(matches!(taken, Err(Error::UsernameTaken { .. })));
    let weak = lab.people.register(&person("eve"), &secret("password1234"), client()).await;
    assert!(matches!(weak, Err(Error::Invalid { field: "new", .. })));
    let reserved = lab.people.register(&person("robot$x"), &secret(PASSWORD), client()).await;
    assert!(matches!(reserved, Err(Error::Invalid { field: "username", .. })));
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'user.register'").await, 1);
}

#[tokio::test]
async fn an_address_creates_ten_accounts_at_once_and_then_one_in_three_minutes() {
    let lab = open().await;
    let register =
        async |number: u32| lab.people.register(&person(&format!("n{number}")), &secret(PASSWORD), client()).await;
    for number in 0..10 {
        register(number).await.unwrap();
    }
    let Err(Error::TooManyAttempts { retry_after }) = register(10).await else { panic!("not slowed down") };
    assert_eq!(retry_after, Duration::from_mins(3));
    let elsewhere = ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 2]).into(), known_browser: None };
    lab.people.register(&person("elsewhere"), &secret(PASSWORD), elsewhere).await.unwrap();
    lab.sign_in.with_password("n0", &secret(PASSWORD), client()).await.unwrap();
    lab.pass(Duration::from_mins(3));
    register(10).await.unwrap();
    assert!(register(11).await.is_err());
}

#[tokio::test]
async fn whoever_registers_while_many_wait_for_a_core_is_sent_away() {
    let lab = open().await;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let passwords = &lab.people.passwords;
    let turns = join_all((0..cores).map(|_| passwords.turn())).await;
    let waiting = join_all((0..32).map(|_| async { passwords.turn().await.is_ok() }));
    let registering = async {
        while passwords.waiting() < 32 {
            tokio::task::yield_now().await;
        }
        let refused = lab.people.register(&person("ada"), &secret(PASSWORD), client()).await;
        drop(turns);
        refused
    };
    let (waited, refused) = tokio::join!(waiting, registering);
    assert!(matches!(refused, Err(Error::TooManyAttempts { .. })));
    assert_eq!(waited, [true; 32]);
}

#[tokio::test]
async fn people_change_their_own_name_and_address() {
    let lab = Lab::new().await;
    lab.people.update_profile(&lab.admin(), "  Grace Hopper ", "grace@example.com").await.unwrap();
    let own = lab.people.own_profile(&lab.admin()).await.unwrap();
    assert_eq!((own.display_name.as_str(), own.email.as_deref()), ("Grace Hopper", Some("grace@example.com")));
    lab.people.update_profile(&lab.admin(), "", "").await.unwrap();
    let own = lab.people.own_profile(&lab.admin()).await.unwrap();
    assert_eq!((own.display_name.as_str(), own.email), ("", None));
    for (name, email, field) in [("x\ny", "", "display_name"), ("", "grace", "email"), ("", "a@b c", "email")] {
        let refused = lab.people.update_profile(&lab.admin(), name, email).await;
        assert!(matches!(refused, Err(Error::Invalid { field: at, .. }) if at == field), "{name} {email}");
    }
    for actor in [Actor::anonymous(), Actor::system()] {
        assert!(matches!(lab.people.own_profile(&actor).await, Err(Error::Unauthenticated)));
        assert!(matches!(lab.people.update_profile(&actor, "x", "").await, Err(Error::Unauthenticated)));
    }
}
