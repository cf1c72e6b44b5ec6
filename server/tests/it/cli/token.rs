//! `slipway token` on the database of a running server.

use api_types::{Lifetime, NewAccessToken, TokenLevel};
use registry::{Actor, Subject};
use serde_json::Value;

use super::{done, recorded, refused};
use crate::harness::{Client, TestApp};

/// A token that a person made, in their name.
async fn made(app: &TestApp, person: &str, name: &str) -> Client {
    let actor = Actor::new(Subject::User(app.user_id(person).await), person);
    let token =
        NewAccessToken { name: name.to_owned(), level: TokenLevel::Read, projects: None, lifetime: Lifetime::Never };
    let made = app.registry.access_tokens.create(&actor, &token).await.unwrap();
    Client::new(app, Some((made.owner, made.secret.expose().clone())))
}

async fn opens(client: &Client) -> bool {
    client.get("/v2/").send().await.unwrap().status() == 200
}

#[tokio::test]
async fn a_persons_tokens_are_listed_and_revoked_one_by_one_or_all_at_once() {
    let app = TestApp::start().await;
    let tokens = [made(&app, "ada", "laptop").await, made(&app, "ada", "phone").await, made(&app, "ada", "ci").await];
    let other = made(&app, "grace", "laptop").await;
    let listed = done(&app, &["token", "list", "ada"]).await.0;
    let row = |name: &str| format!("{name}\tread\tall projects\tactive\tnever ends\tnever used\n");
    assert_eq!(listed, row("ci") + &row("phone") + &row("laptop"));
    for token in &tokens {
        assert!(opens(token).await);
    }
    let (printed, told) = done(&app, &["token", "revoke", "ada", "laptop"]).await;
    assert!(printed.is_empty() && told.contains("1 access token of ada revoked."), "{printed}{told}");
    assert!(!opens(&tokens[0]).await && opens(&tokens[1]).await && opens(&tokens[2]).await && opens(&other).await);
    let told = done(&app, &["token", "revoke", "ada", "--all"]).await.1;
    assert!(told.contains("2 access tokens of ada revoked."), "{told}");
    assert!(!opens(&tokens[1]).await && !opens(&tokens[2]).await && opens(&other).await);
    let json: Value = serde_json::from_str(&done(&app, &["token", "list", "ada", "--json"]).await.0).unwrap();
    assert_eq!(json, Value::Array(Vec::new()));
    assert_eq!(recorded(&app, "laptop").await, ["access_token.revoke"]);
}

#[tokio::test]
async fn what_cannot_be_done_with_a_token_says_why() {
    let app = TestApp::start().await;
    let token = made(&app, "ada", "laptop").await;
    let cases: [(&[&str], &str); 5] = [
        (&["list", "nobody"], "user nobody does not exist"),
        (&["revoke", "nobody", "--all"], "user nobody does not exist"),
        (&["revoke", "ada", "phone"], "ada has no access token phone; `slipway token list ada` shows all"),
        (&["revoke", "ada"], "TOKEN"),
        (&["revoke", "ada", "laptop", "--all"], "--all"),
    ];
    for (arguments, why) in cases {
        let told = refused(&app, &[&["token"][..], arguments].concat()).await;
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
    assert!(opens(&token).await);
}
