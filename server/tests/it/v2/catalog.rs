//! `_catalog`.

use api_types::NewProject;
use registry::Actor;
use reqwest::header;
use serde_json::Value;

use crate::harness::{Client, Replica, TestApp};

async fn repositories(client: &Client, path: &str) -> Vec<String> {
    let answer = client.get(path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let body: Value = answer.json().await.unwrap();
    serde_json::from_value(body["repositories"].clone()).unwrap()
}

/// Repositories in the public project `library` and in the private `alpha` and `beta`; ada is a guest of `beta`.
async fn some_repositories(app: &TestApp) -> Client {
    let ada = app.user("ada").await;
    for name in ["alpha", "beta"] {
        let project = NewProject { name: name.to_owned(), public: false, description: String::new() };
        let id = app.registry.projects.create(&Actor::system(), &project).await.unwrap();
        if name == "beta" {
            Replica::of(app).await.give_role(id, app.user_id("ada").await, "guest").await;
        }
    }
    for name in ["library/b", "library/a", "alpha/x", "beta/y", "beta/x/z"] {
        app.admin().repository(name).push_image("v1", name).await;
    }
    app.clock.advance(time::Duration::SECOND);
    ada
}

#[tokio::test]
async fn everybody_sees_what_they_may_pull() {
    let app = TestApp::start().await;
    let ada = some_repositories(&app).await;
    let scope = ["registry:catalog:*"];
    let all = vec!["alpha/x", "beta/x/z", "beta/y", "library/a", "library/b"];
    let hers = vec!["beta/x/z", "beta/y", "library/a", "library/b"];
    let public = vec!["library/a", "library/b"];
    for (client, expected) in [
        (app.admin(), &all),
        (app.admin().bearer(&scope).await, &all),
        (ada.clone(), &hers),
        (ada.bearer(&scope).await, &hers),
        (app.anonymous().bearer(&scope).await, &public),
    ] {
        assert_eq!(repositories(&client, "/v2/_catalog").await, *expected);
    }
}

#[tokio::test]
async fn a_token_for_something_else_does_not_list() {
    let app = TestApp::start().await;
    let ada = some_repositories(&app).await.bearer(&["repository:beta/y:pull"]).await;
    let answer = ada.get("/v2/_catalog").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.ends_with(r#"scope="registry:catalog:*",error="insufficient_scope""#), "{challenge}");
}

#[tokio::test]
async fn pages_lead_to_the_end() {
    let app = TestApp::start().await;
    let ada = some_repositories(&app).await;
    let mut all = Vec::new();
    let mut next = Some("/v2/_catalog?n=1".to_owned());
    while let Some(path) = next {
        let answer = ada.get(&path).send().await.unwrap();
        next = answer.headers().get(header::LINK).map(|link| {
            let link = link.to_str().unwrap();
            link.strip_prefix('<').unwrap().strip_suffix(r#">; rel="next""#).unwrap().to_owned()
        });
        let body: Value = answer.json().await.unwrap();
        let page: Vec<String> = serde_json::from_value(body["repositories"].clone()).unwrap();
        assert_eq!(page.len(), 1);
        all.extend(page);
    }
    assert_eq!(all, ["beta/x/z", "beta/y", "library/a", "library/b"]);
    assert_eq!(repositories(&ada, "/v2/_catalog?last=beta/y").await, ["library/a", "library/b"]);
    assert!(repositories(&ada, "/v2/_catalog?n=0").await.is_empty());
}
