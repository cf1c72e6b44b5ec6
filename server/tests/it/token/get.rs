//! `GET /service/token`.

use api_types::NewProject;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use registry::Actor;
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Client, Replica, TestApp, problem};

async fn ask(client: &Client, query: &[(&str, &str)]) -> Value {
    let answer = client.get("/service/token").query(query).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{query:?}");
    answer.json().await.unwrap()
}

fn claims(answer: &Value) -> Value {
    let payload = answer["token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// What the token in an answer grants, as `name:actions`.
fn granted(answer: &Value) -> Vec<String> {
    let access = claims(answer)["access"].as_array().unwrap().clone();
    access
        .iter()
        .map(|entry| {
            let actions: Vec<_> = entry["actions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            format!("{}:{}", entry["name"].as_str().unwrap(), actions.join(","))
        })
        .collect()
}

#[tokio::test]
async fn an_answer_has_what_clients_read() {
    let app = TestApp::start().await;
    let query = [
        ("service", "slipway"),
        ("scope", "repository:library/a:pull"),
        ("client_id", "docker"),
        ("account", "admin"),
        ("offline_token", "true"),
    ];
    let request = app.admin().get("/service/token").query(&query);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["token"], body["access_token"]);
    assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(300), &json!("Bearer")));
    assert_eq!(body["scope"], "repository:library/a:pull");
    let issued = body["issued_at"].as_str().unwrap();
    assert!(issued.len() == 20 && issued.ends_with('Z'), "{issued}");
    assert!(body.get("refresh_token").is_none());
}

#[tokio::test]
async fn claims_are_complete_and_bind_to_ids() {
    let app = TestApp::start().await;
    let claims = claims(&ask(&app.admin(), &[("scope", "repository:library/a:pull,push")]).await);
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert_eq!((exp - iat, claims["nbf"].as_i64().unwrap()), (300, iat));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("slipway"), &json!("slipway")));
    assert!(claims["sub"].as_str().unwrap().starts_with("user:"));
    assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
    let expected = json!([{"type": "repository", "name": "library/a", "actions": ["pull", "push"], "project": 1}]);
    assert_eq!(claims["access"], expected);
}

#[tokio::test]
async fn missing_rights_are_no_error_and_not_granted() {
    let app = TestApp::start().await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    let team = app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    let ada = app.user("ada").await;
    Replica::of(&app).await.give_role(team, app.user_id("ada").await, "guest").await;
    app.clock.advance(time::Duration::SECOND);
    for (client, scope, expected) in [
        (&ada, "repository:team/app:pull,push,delete", "team/app:pull"),
        (&ada, "repository:team/app:*", "team/app:pull"),
        (&ada, "repository:library/app:pull,push", "library/app:pull"),
        (&ada, "repository:missing/app:pull,push", "missing/app:"),
        (&app.admin(), "repository:team/app:*", "team/app:pull,push,delete"),
        (&app.admin(), "repository:team/app:fly,pull", "team/app:pull"),
        (&app.anonymous(), "repository:library/app:pull,push", "library/app:pull"),
        (&app.anonymous(), "repository:team/app:pull", "team/app:"),
        (&app.anonymous(), "registry:catalog:*", "catalog:*"),
        (&app.admin(), "registry:catalog:*", "catalog:*"),
    ] {
        assert_eq!(granted(&ask(client, &[("scope", scope)]).await), [expected], "{scope}");
    }
    let nothing = ask(&app.anonymous(), &[("scope", "repository:team/app:pull")]).await;
    assert_eq!(nothing.get("scope"), None, "what was granted is nothing");
}

#[tokio::test]
async fn what_one_may_not_know_of_is_granted_like_what_does_not_exist() {
    let app = TestApp::start().await;
    let project = NewProject { name: "foreign".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    for client in [app.user("ada").await, app.anonymous()] {
        let foreign = claims(&ask(&client, &[("scope", "repository:foreign/app:pull")]).await)["access"].clone();
        let missing = claims(&ask(&client, &[("scope", "repository:missing/app:pull")]).await)["access"].clone();
        assert_eq!(foreign.to_string().replace("foreign", "missing"), missing.to_string());
    }
}

#[tokio::test]
async fn scopes_are_repeated_or_between_spaces() {
    let app = TestApp::start().await;
    let expected = ["library/a:pull,push", "library/b:pull"];
    for query in [
        vec![("scope", "repository:library/a:pull,push"), ("scope", "repository:library/b:pull")],
        vec![("scope", "repository:library/a:pull,push repository:library/b:pull")],
        vec![("scope", "repository:library/a:pull repository:library/b:pull"), ("scope", "repository:library/a:push")],
        vec![("scope", "repository:library/a:pull,push other:x:y repository:library/b:pull nonsense")],
    ] {
        assert_eq!(granted(&ask(&app.admin(), &query).await), expected);
    }
    let many = vec!["repository:library/a:pull"; 65].join(" ");
    let answer = app.admin().get("/service/token").query(&[("scope", many)]).send().await.unwrap();
    assert_eq!(problem(answer).await, (400, "UNSUPPORTED".to_owned()));
}

#[tokio::test]
async fn a_login_without_scope_gets_a_token_and_without_credentials_gets_none() {
    let app = TestApp::start().await;
    assert_eq!(granted(&ask(&app.admin(), &[("account", "admin"), ("service", "slipway")]).await), [] as [&str; 0]);
    for path in ["/service/token", "/service/token?service=slipway&scope="] {
        let answer = app.anonymous().get(path).send().await.unwrap();
        assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], r#"Basic realm="Slipway", charset="UTF-8""#);
        assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn wrong_credentials_get_nothing_even_where_everybody_may_pull() {
    let app = TestApp::start().await;
    for (name, password) in [("admin", "wrong"), ("nobody", ADMIN_PASSWORD), ("admin", ""), ("robot$ci", "wrong")] {
        let request = app.anonymous().get("/service/token?scope=repository:library/a:pull");
        let answer = request.basic_auth(name, Some(password)).send().await.unwrap();
        assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()), "{name}");
    }
    for value in ["Bearer x", "Basic !", "Basic", "Digest x"] {
        let request = app.anonymous().get("/service/token?scope=repository:library/a:pull");
        let answer = request.header(header::AUTHORIZATION, value).send().await.unwrap();
        assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()), "{value}");
    }
}

#[tokio::test]
async fn guesses_are_slowed_down_and_told_how_long() {
    let app = TestApp::start().await;
    app.user("ada").await;
    let guess = || app.anonymous().get("/service/token").basic_auth("ada", Some("wrong")).send();
    let mut throttled = None;
    for _ in 0..10 {
        let answer = guess().await.unwrap();
        if answer.status() == 429 {
            throttled = Some(answer);
            break;
        }
    }
    let answer = throttled.expect("guessing ends");
    assert!(answer.headers()[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(problem(answer).await, (429, "TOOMANYREQUESTS".to_owned()));
}

#[tokio::test]
async fn any_name_of_the_service_will_do() {
    let app = TestApp::start().await;
    for service in ["harbor-registry", "slipway", ""] {
        let token = ask(&app.admin(), &[("service", service)]).await;
        let client = app.anonymous().with_token(token["token"].as_str().unwrap());
        assert_eq!(client.get("/v2/").send().await.unwrap().status(), 200, "{service}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body_and_other_methods_are_refused() {
    let app = TestApp::start().await;
    let head = app.admin().head("/service/token").send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap()), (200, String::new()));
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = app.admin().request(method, "/service/token").send().await.unwrap();
        assert_eq!(answer.headers()[header::ALLOW], "GET, HEAD, POST");
        assert_eq!(problem(answer).await, (405, "UNSUPPORTED".to_owned()));
    }
}

#[tokio::test]
async fn robots_and_access_tokens_get_tokens_of_their_own() {
    let app = TestApp::start().await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    let team = app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    app.user("ada").await;
    let ada = app.user_id("ada").await;
    let mut replica = Replica::of(&app).await;
    replica.give_role(team, ada, "maintainer").await;
    let robot = replica.robot(&app, ("team", team), "ci", r#"["repository:pull","repository:push"]"#).await;
    let reader = replica.access_token(&app, ("ada", ada), "read").await;
    app.clock.advance(time::Duration::SECOND);
    for (client, subject, expected) in [(robot, "robot:", "team/app:pull,push"), (reader, "token:", "team/app:pull")] {
        let answer = ask(&client, &[("scope", "repository:team/app:pull,push,delete")]).await;
        assert!(claims(&answer)["sub"].as_str().unwrap().starts_with(subject));
        assert_eq!(granted(&answer), [expected]);
    }
}
