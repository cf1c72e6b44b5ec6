//! Who gets what at the addresses that stand by themselves and at the API's document: everybody the same, but for tokens.
//!
//! An address that [`for_everybody`] does not know fails the test, and a part that [`is_here`] does not know does not compile.

use std::collections::HashMap;

use api_types::NewProject;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use registry::Actor;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::{
    api::DOCS,
    route::{ADDRESSES, Part},
    token,
};

use crate::harness::{
    Client, TestApp,
    cast::{COLUMNS, cast, disable},
};

const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// What a token grants that was asked for to pull, push and delete in a project (rows: r, w, d) by who asks (columns); or the
/// status without one.
const GRANTS: &str = "\
        nobody stranger limited guest developer maintainer admin puller pusher reader writer fullkey onekey sysrobot blind sysadmin disabled
own          -        -       r     r        rw        rwd   rwd      r     rw      r    rwd     rwd      r       rw     w      rwd      401
open         r        r       r     r         r          r     r      r      r      r      r     rwd      r       rw     r      rwd      401
foreign      -        -       -     -         -          -     -      -      -      -      -     rwd      -       rw     -      rwd      401
missing      -        -       -     -         -          -     -      -      -      -      -       -      -        -     -        -      401
";

/// Whether a part's addresses have their rows here: those of the protocol, of REST, of pages and of functions have matrices of their
/// own.
fn is_here(part: Part) -> bool {
    match part {
        Part::Token | Part::Health | Part::Metrics | Part::Asset => true,
        Part::Base
        | Part::Catalog
        | Part::Manifests
        | Part::Blobs
        | Part::Uploads
        | Part::Tags
        | Part::Referrers
        | Part::Api
        | Part::Page
        | Part::Function => false,
    }
}

/// The statuses for [`METHODS`] at an address that is for everybody.
fn for_everybody(address: &str) -> [u16; 6] {
    match address {
        "/api" | "/api/" => [303, 303, 405, 405, 405, 405],
        // Pages name an icon under another name.
        "/favicon.ico" => [404; 6],
        // A build without the console's files has none of them.
        "/robots.txt" if server::assets::address("pkg/app.js") == "/pkg/app.js" => [404; 6],
        "/robots.txt" | "/healthz" | "/readyz" | "/metrics" | "/api/docs" | "/api/v2.0/openapi.json" => {
            [200, 200, 405, 405, 405, 405]
        }
        other => panic!("{other}: say in for_everybody() what there is for whom"),
    }
}

/// Everybody, where there are three projects.
async fn everybody(app: &TestApp) -> HashMap<&'static str, Client> {
    let mut own = None;
    for name in ["own", "open", "foreign"] {
        let project = NewProject { name: name.to_owned(), public: name == "open", description: String::new() };
        let id = app.registry.projects.create(&Actor::system(), &project).await.unwrap();
        own.get_or_insert(id);
    }
    let clients = cast(app, ("own", own.unwrap())).await;
    disable(app).await;
    clients
}

#[test]
fn every_part_has_its_matrix() {
    for (address, part) in ADDRESSES {
        assert_eq!(Part::of(address), part, "{address}");
    }
    for part in Part::ALL {
        assert_eq!(ADDRESSES.iter().any(|(_, of)| *of == part), is_here(part), "{part:?}");
    }
}

#[tokio::test]
async fn what_is_for_everybody_asks_nobody_who_they_are() {
    let app = TestApp::start().await;
    let clients = everybody(&app).await;
    let alone = ADDRESSES.into_iter().map(|(address, _)| address).filter(|address| *address != token::PATH);
    for address in alone.chain(DOCS) {
        for (method, expected) in METHODS.iter().zip(for_everybody(address)) {
            for column in ["nobody", "stranger", "blind", "sysrobot", "fullkey", "sysadmin", "disabled"] {
                let answer = clients[column].request(method.clone(), address).send().await.unwrap();
                assert_eq!(answer.status(), expected, "{method} {address} by {column}");
            }
        }
    }
}

/// What an answer of the realm grants in a repository, in letters and as the token has it; or its status.
async fn granted(answer: Response) -> (String, Value) {
    let status = answer.status();
    if status != 200 {
        return (status.as_u16().to_string(), Value::Null);
    }
    let answer: Value = answer.json().await.unwrap();
    let payload = answer["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let actions = claims["access"][0]["actions"].as_array().unwrap();
    let letters = [("pull", 'r'), ("push", 'w'), ("delete", 'd')];
    let letters: String =
        letters.iter().filter(|(action, _)| actions.contains(&json!(action))).map(|(_, letter)| *letter).collect();
    let letters = if letters.is_empty() { "-".to_owned() } else { letters };
    (letters, claims["access"].clone())
}

#[tokio::test]
async fn a_token_grants_what_the_table_says_however_it_is_asked_for() {
    let app = TestApp::start().await;
    let clients = everybody(&app).await;
    let mut lines = GRANTS.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(lines.next().unwrap(), COLUMNS);
    let rows: Vec<_> = lines.collect();
    for (number, column) in COLUMNS.into_iter().enumerate() {
        let mut access = HashMap::new();
        for row in &rows {
            let (place, expected) = (row[0], row[number + 1]);
            let scope = format!("repository:{place}/app:pull,push,delete");
            for method in [Method::GET, Method::POST] {
                // What the disabled one shows counts as a guess; the clock lets each one rest.
                if column == "disabled" {
                    app.clock.advance(time::Duration::minutes(20));
                }
                let request = clients[column].request(method.clone(), token::PATH);
                let request = match method {
                    Method::GET => request.query(&[("scope", scope.as_str())]),
                    _ => request.form(&[("grant_type", "password"), ("scope", scope.as_str())]),
                };
                let (letters, claimed) = granted(request.send().await.unwrap()).await;
                assert_eq!(letters, expected, "{method} {place} by {column}");
                access.insert(place, claimed.to_string());
            }
        }
        // Not even the token tells what one may not know of.
        if !["fullkey", "sysrobot", "sysadmin"].contains(&column) {
            assert_eq!(access["foreign"].replace("foreign", "missing"), access["missing"], "{column}");
        }
    }
}
