#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::{Lab, PASSWORD, secret};
use api_types::NewPerson;

fn client() -> ClientInfo {
    ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None }
}

async fn invited(lab: &Lab) -> IssuedLink {
    let person = NewPerson { username: "ada".to_owned(), ..NewPerson::default() };
    lab.people.invite(&lab.admin(), &person, false).await.unwrap()
}

#[tokio::test]
async fn a_link_sets_the_password_that_its_owner_chooses_once() {
    let lab = Lab::new().await;
    let link = invited(&lab).await;
    for _ in 0..2 {
        assert_eq!(lab.people.link_owner(&link.key).await.unwrap(), "ada", "looking does not use it up");
    }
    let signed_in = lab.people.accept_link(&link.key, &secret(PASSWORD), client()).await.unwrap();
    assert!(!signed_in.must_change_password);
    lab.sign_in.with_password("ada", &secret(PASSWORD), client()).await.unwrap();
    assert!(matches!(lab.people.link_owner(&link.key).await, Err(Error::LinkVoid)));
    let again = lab.people.accept_link(&link.key, &secret("another cup of tea"), client()).await;
    assert!(matches!(again, Err(Error::LinkVoid)));
    lab.sign_in.with_password("ada", &secret(PASSWORD), client()).await.unwrap();
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_does() {
    let lab = Lab::new().await;
    let replica = lab.replica().await;
    let link = invited(&lab).await;
    let (first, second) = (secret(PASSWORD), secret("another cup of tea"));
    let (one, two) = tokio::join!(
        lab.people.accept_link(&link.key, &first, client()),
        replica.people.accept_link(&link.key, &second, client())
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let winner = if one.is_ok() { first } else { second };
    lab.sign_in.with_password("ada", &winner, client()).await.unwrap();
}

#[tokio::test]
async fn a_password_that_the_policy_refuses_leaves_the_link() {
    let lab = Lab::new().await;
    let link = invited(&lab).await;
    let weak = lab.people.accept_link(&link.key, &secret("ada-ada-ada-ada"), client()).await;
    assert!(matches!(weak, Err(Error::Invalid { field: "new", .. })), "{weak:?}");
    assert!(
        !lab.people.password_rules_for_link(&link.key, &secret("the great Ada of all")).await.unwrap().without_names
    );
    lab.people.accept_link(&link.key, &secret(PASSWORD), client()).await.unwrap();
}

#[tokio::test]
async fn a_link_ends_after_three_days_and_with_the_account() {
    let lab = Lab::new().await;
    let link = invited(&lab).await;
    lab.pass(std::time::Duration::from_hours(72));
    assert!(matches!(lab.people.accept_link(&link.key, &secret(PASSWORD), client()).await, Err(Error::LinkVoid)));
    let ada = lab.people.get_id(&lab.admin(), "ada").await.unwrap();
    let link = lab.people.reset(&lab.admin(), ada).await.unwrap();
    lab.people.set_disabled(&lab.admin(), ada, true).await.unwrap();
    assert!(matches!(lab.people.accept_link(&link.key, &secret(PASSWORD), client()).await, Err(Error::LinkVoid)));
    for nonsense in ["", "x", "'; DROP TABLE users; --"] {
        assert!(matches!(lab.people.link_owner(&secret(nonsense)).await, Err(Error::LinkVoid)), "{nonsense}");
    }
}

#[tokio::test]
async fn the_database_knows_no_key() {
    let lab = Lab::new().await;
    let link = invited(&lab).await;
    assert_eq!(link.key.expose().len(), 43);
    let key = link.key.expose();
    let rows = format!("SELECT COUNT(*) FROM audit_events WHERE details LIKE '%{key}%' OR resource LIKE '%{key}%'");
    assert_eq!(lab.number(&rows).await, 0);
    let stored = tokens::hash(key);
    let hex = stored.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let hash = if test_postgres::is_chosen() { "encode(link_hash, 'hex')" } else { "lower(hex(link_hash))" };
    assert_eq!(lab.number(&format!("SELECT COUNT(*) FROM users WHERE {hash} = '{hex}'")).await, 1);
}
