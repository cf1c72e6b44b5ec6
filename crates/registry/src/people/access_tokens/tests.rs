#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    access::TokenLevel,
    people::ClientInfo,
    testing::{Lab, user_of},
};
use api_types::{CredentialState, Lifetime, Role};
use oci::RepositoryName;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

fn new(name: &str, level: TokenLevel, projects: Option<&[&str]>) -> NewAccessToken {
    let projects = projects.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    NewAccessToken { name: name.to_owned(), level, projects, lifetime: Lifetime::default() }
}

fn here() -> ClientInfo {
    ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None }
}

async fn listed(lab: &Lab, actor: &Actor) -> Vec<AccessTokenSummary> {
    lab.access_tokens.list(actor, &ListQuery::default()).await.unwrap().items
}

#[tokio::test]
async fn a_token_stands_for_its_owner_until_the_owner_revokes_it() {
    let lab = Lab::new().await;
    let (ada, eve) = (lab.person("ada").await, lab.person("eve").await);
    let created = lab.access_tokens.create(&ada, &new("laptop", TokenLevel::Write, None)).await.unwrap();
    let sign_in = async || lab.sign_in.with_credentials("ada", &created.secret, here()).await;
    let actor = sign_in().await.unwrap();
    assert!(!lab.access_tokens.revoke(&eve, created.id).await.unwrap());
    sign_in().await.unwrap();
    assert!(lab.access_tokens.revoke(&actor, created.id).await.unwrap());
    assert!(matches!(sign_in().await, Err(Error::WrongCredentials)), "at once");
    assert!(lab.sign_in.resume(actor.subject()).await.is_err());
    assert_eq!(listed(&lab, &ada).await, []);
    lab.access_tokens.create(&ada, &new("laptop", TokenLevel::Read, None)).await.unwrap();
    let recorded = "SELECT COUNT(*) FROM audit_events WHERE action = 'access_token.revoke' AND resource = 'laptop'";
    assert_eq!(lab.number(recorded).await, 1);
}

#[tokio::test]
async fn administrators_list_and_end_anybodys_tokens() {
    let lab = Lab::new().await;
    let (ada, eve) = (lab.person("ada").await, lab.person("eve").await);
    let created = lab.access_tokens.create(&ada, &new("laptop", TokenLevel::Write, None)).await.unwrap();
    let names = async |actor: &Actor, owner: &Actor| {
        let page = lab.access_tokens.list_of(actor, user_of(owner), &ListQuery::default()).await.unwrap();
        page.items.into_iter().map(|token| token.name).collect::<Vec<_>>()
    };
    for actor in [Actor::system(), lab.admin()] {
        assert_eq!(names(&actor, &ada).await, ["laptop"]);
        assert_eq!(names(&actor, &eve).await, Vec::<String>::new());
    }
    let system = Actor::system();
    let sign_in = async || lab.sign_in.with_credentials("ada", &created.secret, here()).await;
    lab.access_tokens.revoke_of(&system, user_of(&eve), created.id).await.unwrap();
    sign_in().await.unwrap();
    for _ in 0..2 {
        lab.access_tokens.revoke_of(&system, user_of(&ada), created.id).await.unwrap();
    }
    assert!(matches!(sign_in().await, Err(Error::WrongCredentials)), "at once");
    assert_eq!(names(&system, &ada).await, Vec::<String>::new());
    let nobody = lab.access_tokens.revoke_of(&system, UserId(4711), created.id).await;
    assert!(matches!(nobody, Err(Error::UserNotFound { .. })));
    let asked = api_types::AuditQuery { action: "access_token.revoke".to_owned(), ..api_types::AuditQuery::default() };
    let events = lab.audit.list(&lab.admin(), &asked).await.unwrap().events;
    let told: Vec<_> = events.iter().map(|event| (event.actor.name.as_str(), event.resource.as_str())).collect();
    assert_eq!(told, [("system", "laptop")], "once");
    assert_eq!(events[0].details, serde_json::json!({ "owner": "ada" }));
}

#[tokio::test]
async fn only_people_make_and_list_tokens_and_tokens_do_not() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let created = lab.access_tokens.create(&ada, &new("laptop", TokenLevel::Admin, None)).await.unwrap();
    let other = lab.access_tokens.create(&ada, &new("other", TokenLevel::Read, None)).await.unwrap();
    let token = Actor::new(Subject::AccessToken(created.id, user_of(&ada)), "ada");
    let narrowed = ada.clone().narrowed(vec![]);
    for actor in [token, narrowed, Actor::anonymous(), Actor::system()] {
        let refused = lab.access_tokens.create(&actor, &new("more", TokenLevel::Admin, None)).await;
        assert!(matches!(refused, Err(Error::AccountNeeded)), "{actor:?}");
        let refused = lab.access_tokens.list(&actor, &ListQuery::default()).await;
        assert!(matches!(refused, Err(Error::AccountNeeded)), "{actor:?}");
        let refused = lab.access_tokens.list_numbered(&actor, &NumberedQuery::default()).await;
        assert!(matches!(refused, Err(Error::AccountNeeded)), "{actor:?}");
        let refused = lab.access_tokens.revoke(&actor, other.id).await;
        assert!(matches!(refused, Err(Error::AccountNeeded)), "{actor:?}");
    }
    assert_eq!(listed(&lab, &ada).await.len(), 2);
    for name in ["  ", "x".repeat(101).as_str()] {
        let refused = lab.access_tokens.create(&ada, &new(name, TokenLevel::Admin, None)).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "name", .. })));
    }
    let refused = lab.access_tokens.create(&ada, &new(" laptop ", TokenLevel::Read, None)).await;
    assert!(matches!(refused, Err(Error::AccessTokenNameTaken { .. })));
}

#[tokio::test]
async fn a_token_goes_as_far_as_it_was_made_for_and_as_its_owner_may_now() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let (team, _) = (lab.project("team", false).await, lab.project("secret", false).await);
    lab.member(team, &ada, Role::Maintainer).await;
    for unknown in [&["secret"], &["missing"], &["Not A Name"]] {
        let refused = lab.access_tokens.create(&ada, &new("x", TokenLevel::Write, Some(unknown))).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "projects", code: "project_unknown", .. }), "{refused}");
    }
    let refused = lab.access_tokens.create(&ada, &new("x", TokenLevel::Write, Some(&[]))).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "projects", .. })));
    let created = lab.access_tokens.create(&ada, &new("ci", TokenLevel::Write, Some(&["team"]))).await.unwrap();
    let actor = lab.sign_in.with_credentials("ada", &created.secret, here()).await.unwrap();
    let app: RepositoryName = "team/app".parse().unwrap();
    assert!(lab.access.repository(&actor, &app, may::Push).await.is_ok());
    assert!(lab.access.repository(&actor, &app, may::Administer).await.is_err());
    lab.member(team, &ada, Role::Guest).await;
    assert!(lab.access.repository(&actor, &app, may::Push).await.is_err());
    assert_eq!(listed(&lab, &ada).await[0].projects.as_deref(), Some(&["team".to_owned()][..]));
    lab.sql("DELETE FROM members").await;
    lab.access.forget();
    assert_eq!(listed(&lab, &ada).await[0].projects.as_deref(), Some(&[][..]), "a name that one may not know any more");
}

#[tokio::test]
async fn a_token_is_warned_of_before_it_ends_and_tells_where_it_was_used() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let created = lab.access_tokens.create(&ada, &new("ci", TokenLevel::Read, None)).await.unwrap();
    let expiring = async || lab.overview.get(&ada).await.unwrap().expiring;
    assert_eq!(listed(&lab, &ada).await[0].last_used_at, None);
    lab.sign_in.with_credentials("ada", &created.secret, here()).await.unwrap();
    lab.maintenance.flush_traffic().await.unwrap();
    let seen = listed(&lab, &ada).await.remove(0);
    assert_eq!((seen.last_used_at, seen.last_used_from.as_deref()), (Some(lab.clock.now()), Some("192.0.2.1")));
    assert_eq!((seen.state, expiring().await.len()), (CredentialState::Active, 0));
    lab.pass(76 * DAY);
    let soon = expiring().await.remove(0);
    assert_eq!((soon.id, soon.kind, soon.expired), (created.id.0, CredentialKind::AccessToken, false));
    assert_eq!(listed(&lab, &ada).await[0].state, CredentialState::ExpiresSoon);
    lab.pass(14 * DAY);
    assert!(expiring().await.remove(0).expired);
    assert_eq!(listed(&lab, &ada).await[0].state, CredentialState::Expired);
    assert!(lab.sign_in.with_credentials("ada", &created.secret, here()).await.is_err());
    lab.pass(15 * DAY);
    assert_eq!(expiring().await, []);
}
