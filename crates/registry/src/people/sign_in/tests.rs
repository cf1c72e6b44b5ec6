#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    access::{RobotPermission, TokenLevel, TokenScope, Word},
    people::DEFAULT_ADMIN_PASSWORD,
    testing::{Lab, PASSWORD, secret},
};
use std::time::Duration as Wait;

const WRONG: &str = "another password";

fn from(address: &str) -> ClientInfo {
    ClientInfo { origin: address.parse::<std::net::IpAddr>().unwrap().into(), known_browser: None }
}

fn here() -> ClientInfo {
    from("192.0.2.1")
}

/// The wait that an attempt was answered with.
fn wait<T: std::fmt::Debug>(answer: Result<T>) -> u64 {
    match answer {
        Err(Error::TooManyAttempts { retry_after }) => retry_after.as_secs(),
        other => panic!("let in or refused: {other:?}"),
    }
}

async fn guess(lab: &Lab, name: &str, client: ClientInfo) -> Result<SignedIn> {
    lab.sign_in.with_password(name, &secret(WRONG), client).await
}

#[tokio::test]
async fn the_right_password_signs_in_and_is_on_record() {
    let lab = Lab::new().await;
    let signed_in = lab.sign_in.with_password("admin", &secret(PASSWORD), here()).await.unwrap();
    assert_eq!((signed_in.user, signed_in.actor.name()), (UserId(1), "admin"));
    assert!(!signed_in.must_change_password);
    assert!(lab.number("SELECT last_sign_in_at FROM users WHERE id = 1").await > 0);
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE action = 'sign_in' AND result = 'success' \
         AND actor_id = 1 AND address = '192.0.2.1'";
    assert_eq!(lab.number(recorded).await, 1);
}

#[tokio::test]
async fn unknown_wrong_disabled_and_absurd_are_answered_alike() {
    let lab = Lab::new().await;
    lab.people.create(&lab.admin(), "ada", &secret(PASSWORD), false).await.unwrap();
    lab.person("without-password").await;
    let attempts = [("ada", WRONG), ("nobody", PASSWORD), ("without-password", ""), ("ada", "")];
    let long = "x".repeat(MAX_INPUT + 1);
    for (at, (name, password)) in attempts.into_iter().chain([("ada", long.as_str()), ("", "")]).enumerate() {
        let client = from(&format!("192.0.2.{at}"));
        let console = lab.sign_in.with_password(name, &secret(password), client.clone()).await.unwrap_err();
        let terminal = lab.sign_in.with_credentials(name, &secret(password), client).await.unwrap_err();
        for error in [console, terminal] {
            assert!(matches!(error, Error::WrongCredentials), "{name}: {error}");
        }
    }
    lab.sql("UPDATE users SET disabled_at = 1 WHERE username = 'ada'").await;
    let disabled = lab.sign_in.with_password("ada", &secret(PASSWORD), here()).await.unwrap_err();
    assert!(matches!(disabled, Error::WrongCredentials));
}

#[tokio::test]
async fn guessing_is_slowed_down_by_account_and_time_lets_the_owner_in_again() {
    let lab = Lab::new().await;
    for _ in 0..5 {
        assert!(matches!(guess(&lab, "admin", here()).await, Err(Error::WrongCredentials)));
    }
    // From anywhere, and whether the password is right or not.
    assert_eq!(wait(guess(&lab, "admin", from("198.51.100.7")).await), 1);
    assert_eq!(wait(lab.sign_in.with_password("admin", &secret(PASSWORD), here()).await), 1);
    lab.pass(Wait::from_secs(1));
    assert!(matches!(guess(&lab, "admin", here()).await, Err(Error::WrongCredentials)));
    assert_eq!(wait(guess(&lab, "admin", here()).await), 2);
    lab.pass(Wait::from_secs(2));
    lab.sign_in.with_password("admin", &secret(PASSWORD), here()).await.unwrap();
    // A success forgives.
    assert_eq!(lab.number("SELECT COUNT(*) FROM sign_in_attempts WHERE key = 'account:admin'").await, 0);
    assert!(matches!(guess(&lab, "admin", here()).await, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_slowed_down_like_one_that_does() {
    let lab = Lab::new().await;
    for name in ["admin", "nobody"] {
        for _ in 0..5 {
            assert!(matches!(guess(&lab, name, here()).await, Err(Error::WrongCredentials)));
        }
        assert_eq!(wait(guess(&lab, name, here()).await), 1, "{name}");
    }
}

#[tokio::test]
async fn a_browser_that_is_known_passes_the_accounts_delay_until_the_password_is_another() {
    let lab = Lab::new().await;
    let sign_in = async |password: &str, known_browser: Option<SecretMark>| {
        lab.sign_in.with_password("admin", &secret(password), ClientInfo { known_browser, ..here() }).await
    };
    let guesses = async || {
        for _ in 0..5 {
            let _ = guess(&lab, "admin", here()).await;
        }
        assert_eq!(wait(guess(&lab, "admin", here()).await), 1);
    };
    let first = sign_in(PASSWORD, None).await.unwrap().shown;
    guesses().await;
    assert_eq!(sign_in(PASSWORD, Some(first)).await.unwrap().shown, first);

    // Whoever knew the password that was reset waits like everybody else.
    let new = "a cup of dark roast";
    lab.people.reset_password(&Actor::system(), "admin", &secret(new)).await.unwrap();
    guesses().await;
    for password in [new, PASSWORD] {
        assert_eq!(wait(sign_in(password, Some(first)).await), 1, "{password}");
    }
    lab.pass(Wait::from_secs(1));
    let second = sign_in(new, None).await.unwrap().shown;
    guesses().await;
    sign_in(new, Some(second)).await.unwrap();

    // The browser in which the password is changed is known by the new one, and others no longer.
    let third = lab.people.change_password(&lab.admin(), Some(&secret(new)), &secret(PASSWORD)).await.unwrap();
    guesses().await;
    assert_eq!(wait(sign_in(PASSWORD, Some(second)).await), 1);
    assert_eq!(sign_in(PASSWORD, Some(third)).await.unwrap().shown, third);

    // A reset with a link takes it too, and whoever chooses a password with the link is known by that.
    let link = lab.people.reset(&Actor::system(), UserId(1)).await.unwrap();
    guesses().await;
    assert_eq!(wait(sign_in(PASSWORD, Some(third)).await), 1);
    let fourth = lab.people.accept_link(&link.key, &secret(new), here()).await.unwrap().shown;
    assert_eq!(sign_in(new, Some(fourth)).await.unwrap().shown, fourth);
}

#[tokio::test]
async fn thirty_wrong_passwords_from_one_address_are_followed_by_ten_a_minute() {
    let lab = Lab::new().await;
    let address = here();
    for at in 0..30 {
        assert!(
            matches!(guess(&lab, &format!("person{at}"), address.clone()).await, Err(Error::WrongCredentials)),
            "{at}"
        );
    }
    assert_eq!(wait(guess(&lab, "somebody", address.clone()).await), 6);
    assert_eq!(wait(lab.sign_in.with_password("admin", &secret(PASSWORD), address.clone()).await), 6);
    lab.sign_in.with_password("admin", &secret(PASSWORD), from("192.0.2.2")).await.unwrap();
    for _ in 0..10 {
        lab.pass(Wait::from_secs(6));
        assert!(matches!(guess(&lab, "somebody else", address.clone()).await, Err(Error::WrongCredentials)));
        assert!(
            guess(&lab, "a third", address.clone()).await.is_err_and(|e| matches!(e, Error::TooManyAttempts { .. }))
        );
        lab.sql("DELETE FROM sign_in_attempts WHERE key LIKE 'account:%'").await;
    }
}

#[tokio::test]
async fn failures_are_counted_over_all_replicas() {
    let lab = Lab::new().await;
    let replica = lab.replica().await;
    for _ in 0..3 {
        let _ = guess(&lab, "admin", here()).await;
        let _ = guess(&replica, "admin", here()).await;
    }
    assert!(wait(guess(&replica, "admin", here()).await) >= 1);
}

#[tokio::test]
async fn guesses_sent_at_once_count_like_guesses_one_by_one() {
    let lab = Lab::new().await;
    let guesses = futures::future::join_all((0..20).map(|_| guess(&lab, "admin", here()))).await;
    let tried = guesses.iter().filter(|answer| matches!(answer, Err(Error::WrongCredentials))).count();
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(tried < 5 + cores, "{tried} guesses");
}

#[tokio::test]
async fn a_password_that_was_right_is_not_hashed_again() {
    let lab = Lab::new().await;
    let check = async || lab.sign_in.with_credentials("admin", &secret(PASSWORD), here()).await;
    check().await.unwrap();
    // Nothing is left to compare with, and nobody would be let in any more.
    lab.sql("UPDATE users SET password_hash = 'unreadable'").await;
    for _ in 0..1000 {
        assert_eq!(check().await.unwrap().name(), "admin");
    }
    assert!(lab.sign_in.with_credentials("admin", &secret(WRONG), here()).await.is_err());
    lab.pass(Wait::from_secs(301));
    assert!(matches!(check().await, Err(Error::Inconsistent { .. })), "forgotten after five minutes");
}

#[tokio::test]
async fn many_who_come_at_once_with_one_password_are_all_let_in() {
    let lab = Lab::new().await;
    let one = secret(PASSWORD);
    let all = (0..100).map(|_| lab.sign_in.with_credentials("admin", &one, here()));
    for answer in futures::future::join_all(all).await {
        assert_eq!(answer.unwrap().name(), "admin");
    }
}

#[tokio::test]
async fn what_is_remembered_of_a_password_ends_with_it_within_a_second() {
    let lab = Lab::new().await;
    let replica = lab.replica().await;
    let check = async || lab.sign_in.with_credentials("admin", &secret(PASSWORD), here()).await;
    check().await.unwrap();
    replica.people.reset_password(&Actor::system(), "admin", &secret("a cup of dark roast")).await.unwrap();
    lab.pass(Wait::from_secs(1));
    assert!(matches!(check().await, Err(Error::WrongCredentials)));
    lab.sign_in.with_credentials("admin", &secret("a cup of dark roast"), here()).await.unwrap();
    lab.sql("UPDATE users SET disabled_at = 1").await;
    lab.pass(Wait::from_secs(1));
    let after = lab.sign_in.with_credentials("admin", &secret("a cup of dark roast"), here()).await;
    assert!(matches!(after, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn what_this_process_changes_counts_for_remembered_passwords_at_once() {
    let lab = Lab::new().await;
    lab.sign_in.with_credentials("admin", &secret(PASSWORD), here()).await.unwrap();
    lab.people.change_password(&lab.admin(), Some(&secret(PASSWORD)), &secret("a cup of dark roast")).await.unwrap();
    let old = lab.sign_in.with_credentials("admin", &secret(PASSWORD), here()).await;
    assert!(matches!(old, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn a_registry_token_ends_with_the_password_that_was_shown_for_it() {
    let lab = Lab::new().await;
    let replica = lab.replica().await;
    let (_, machine) = lab.access_token(&lab.admin(), TokenScope { level: TokenLevel::Read, projects: None }).await;
    let get = async |shown: &Secret<String>| lab.sign_in.for_token("admin", shown, here()).await.unwrap();
    let stands = async |lab: &Lab, (actor, shown): &(Actor, SecretMark)| {
        lab.sign_in.resume_token(actor.subject(), *shown).await.is_ok()
    };
    let (old, of_machine) = (get(&secret(PASSWORD)).await, get(&machine).await);
    for process in [&lab, &replica] {
        assert!(stands(process, &old).await && stands(process, &of_machine).await);
    }
    let new = secret("a cup of dark roast");
    lab.people.change_password(&lab.admin(), Some(&secret(PASSWORD)), &new).await.unwrap();
    assert!(!stands(&lab, &old).await);
    let changed = get(&new).await;
    assert!(stands(&lab, &changed).await);
    assert!(stands(&replica, &changed).await, "though that process remembers the account with the old password");
    assert!(!stands(&replica, &old).await);
    lab.people.reset_password(&Actor::system(), "admin", &secret("another cup of tea")).await.unwrap();
    assert!(!stands(&lab, &changed).await);
    lab.pass(Wait::from_secs(1));
    for process in [&lab, &replica] {
        assert!(!stands(process, &old).await && !stands(process, &changed).await);
        assert!(stands(process, &of_machine).await, "an access token has nothing to do with the password");
        assert!(process.sign_in.resume_token(&Subject::Anonymous, SecretMark::NONE).await.is_ok());
    }
}

#[tokio::test]
async fn a_robot_signs_in_under_both_spellings_of_its_name_and_only_with_its_secret() {
    let lab = Lab::new().await;
    let team = lab.project("team", false).await;
    let given = vec![RobotPermission::new(Some(team.0), vec![Word::RepositoryPull])];
    let (id, shown) = lab.robot(Some(team), "ci", given.clone()).await;
    let (_, others) = lab.robot(Some(lab.project("other", false).await), "ci", given).await;
    for name in ["robot$team+ci", "robot+team+ci"] {
        let robot = lab.sign_in.with_credentials(name, &shown, here()).await.unwrap();
        assert_eq!((robot.subject(), robot.name()), (&Subject::Robot(id), "robot$team+ci"));
        for wrong in [&others, &secret(""), &secret("x")] {
            let refused = lab.sign_in.with_credentials(name, wrong, here()).await;
            assert!(matches!(refused, Err(Error::WrongCredentials)));
        }
    }
    assert!(lab.sign_in.with_credentials("robot$ci", &shown, here()).await.is_err());
    assert!(lab.sign_in.with_credentials("robot$team", &shown, here()).await.is_err());
    assert!(lab.sign_in.with_password("robot$team+ci", &shown, here()).await.is_err(), "the console is for people");
}

#[tokio::test]
async fn a_rotated_secret_works_beside_the_new_one_until_its_time() {
    let lab = Lab::new().await;
    let (_, old) = lab.robot(None, "ci", vec![]).await;
    let new = TokenKind::Robot.generate().unwrap();
    let until = db::micros(lab.clock.now()) + 60_000_000;
    let rotate =
        format!("UPDATE robots SET previous_secret_hash = secret_hash, previous_until = {until}, secret_hash = $1");
    lab.sql_with_bytes(&rotate, &tokens::hash(new.expose())).await;
    let check = |secret: &Secret<String>| {
        let secret = secret.clone();
        let lab = &lab;
        async move { lab.sign_in.with_credentials("robot$ci", &secret, here()).await }
    };
    check(&old).await.unwrap();
    check(&new).await.unwrap();
    lab.pass(Wait::from_mins(1));
    assert!(matches!(check(&old).await, Err(Error::WrongCredentials)));
    check(&new).await.unwrap();
}

#[tokio::test]
async fn an_access_token_signs_in_its_owner_and_nobody_else() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let (token, shown) = lab.access_token(&ada, TokenScope { level: TokenLevel::Read, projects: None }).await;
    let actor = lab.sign_in.with_credentials("ada", &shown, here()).await.unwrap();
    assert!(matches!(actor.subject(), Subject::AccessToken(id, _) if *id == token));
    assert!(lab.sign_in.with_credentials("admin", &shown, here()).await.is_err());
    assert!(lab.sign_in.with_password("ada", &shown, here()).await.is_err(), "the console wants the password");
    lab.sql("UPDATE access_tokens SET revoked_at = 1").await;
    lab.pass(Wait::from_secs(1));
    let revoked = lab.sign_in.with_credentials("ada", &shown, here()).await;
    assert!(matches!(revoked, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn one_pipeline_with_an_old_secret_does_not_stop_the_others_behind_its_address() {
    let lab = Lab::new().await;
    let (_, good) = lab.robot(None, "good", vec![]).await;
    lab.robot(None, "bad", vec![]).await;
    for _ in 0..40 {
        assert!(lab.sign_in.with_credentials("robot$bad", &secret("old"), here()).await.is_err());
    }
    assert!(wait(lab.sign_in.with_credentials("robot$bad", &secret("old"), here()).await) > 0);
    lab.pass(Wait::from_secs(2));
    lab.sign_in.with_credentials("robot$good", &good, here()).await.unwrap();
}

#[tokio::test]
async fn a_subject_is_resumed_as_it_is_now() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    assert_eq!(lab.sign_in.resume(ada.subject()).await.unwrap(), ada);
    assert!(lab.sign_in.resume(&Subject::Anonymous).await.unwrap().is_anonymous());
    lab.sql("UPDATE users SET disabled_at = 1 WHERE username = 'ada'").await;
    lab.pass(Wait::from_secs(1));
    assert!(matches!(lab.sign_in.resume(ada.subject()).await, Err(Error::WrongCredentials)));
    let nobody = Subject::User(UserId(4711));
    assert!(matches!(lab.sign_in.resume(&nobody).await, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn a_hash_of_less_effort_is_made_again_at_sign_in() {
    use argon2::password_hash::{PasswordHasher, phc::PasswordHash};
    let lab = Lab::new().await;
    let params = argon2::Params::new(8192, 1, 1, None).unwrap();
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let weak: PasswordHash = weak.hash_password(PASSWORD.as_bytes()).unwrap();
    lab.sql(&format!("UPDATE users SET password_hash = '{weak}'")).await;
    lab.sign_in.with_password("admin", &secret(PASSWORD), here()).await.unwrap();
    let strong = "SELECT COUNT(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(lab.number(strong).await, 1);
    lab.sign_in.with_password("admin", &secret(PASSWORD), here()).await.unwrap();
}

#[tokio::test]
async fn the_default_password_opens_the_form_and_nothing_else() {
    let lab = Lab::open(None).await.unwrap();
    let default = secret(DEFAULT_ADMIN_PASSWORD);
    assert!(lab.people.default_password_stands().await.unwrap());
    assert!(lab.sign_in.with_password("admin", &default, here()).await.unwrap().must_change_password);
    let terminal = lab.sign_in.with_credentials("admin", &default, here()).await;
    assert!(matches!(terminal, Err(Error::PasswordChangeRequired)));
    let resumed = lab.sign_in.resume(&Subject::User(UserId(1))).await;
    assert!(matches!(resumed, Err(Error::PasswordChangeRequired)));
    let wrong = lab.sign_in.with_credentials("admin", &secret(WRONG), here()).await;
    assert!(matches!(wrong, Err(Error::WrongCredentials)), "only who knows it is told that it stands");
}

#[tokio::test]
async fn the_default_password_is_locked_a_day_after_the_start_until_a_restart() {
    let lab = Lab::open(None).await.unwrap();
    let default = secret(DEFAULT_ADMIN_PASSWORD);
    lab.pass(Wait::from_hours(24));
    let late = lab.sign_in.with_password("admin", &default, here()).await;
    assert!(matches!(late, Err(Error::DefaultPasswordLocked)));
    let terminal = lab.sign_in.with_credentials("admin", &default, here()).await;
    assert!(matches!(terminal, Err(Error::DefaultPasswordLocked)));
    let restarted = lab.replica().await;
    assert!(restarted.sign_in.with_password("admin", &default, here()).await.unwrap().must_change_password);
}

#[tokio::test]
async fn the_first_login_from_a_terminal_is_noted_once() {
    let lab = Lab::new().await;
    assert_eq!(lab.settings.first_registry_login().await.unwrap(), None);
    lab.sign_in.with_password("admin", &secret(PASSWORD), here()).await.unwrap();
    assert_eq!(lab.settings.first_registry_login().await.unwrap(), None, "a browser is no terminal");
    lab.sign_in.with_credentials("admin", &secret(PASSWORD), here()).await.unwrap();
    let first = lab.settings.first_registry_login().await.unwrap();
    assert_eq!(first, Some(lab.clock.now()));
    lab.pass(Wait::from_hours(1));
    lab.replica().await.sign_in.with_credentials("admin", &secret(PASSWORD), here()).await.unwrap();
    assert_eq!(lab.settings.first_registry_login().await.unwrap(), first);
}

#[tokio::test]
async fn a_failure_is_on_record_without_the_secret() {
    let lab = Lab::new().await;
    let _ = guess(&lab, "admin", here()).await;
    lab.maintenance.flush_traffic().await.unwrap();
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE action = 'sign_in' AND result = 'failure' \
         AND resource = 'admin' AND address = '192.0.2.1'";
    assert_eq!(lab.number(recorded).await, 1);
    let leaked = format!("SELECT COUNT(*) FROM audit_events WHERE resource || details || actor_name LIKE '%{WRONG}%'");
    assert_eq!(lab.number(&leaked).await, 0);
}
