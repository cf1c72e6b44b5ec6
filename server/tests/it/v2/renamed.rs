//! What clients get by a name that a project had before.

use oci::Digest;
use registry::Actor;
use reqwest::{Method, header};
use serde_json::Value;

use crate::harness::{Client, TestApp, problem, repository::location};

/// An image in `old/app`, whose project is called `next` now: its digest, and that of a layer.
async fn renamed(app: &TestApp, public: bool) -> (Digest, Digest) {
    let project = api_types::NewProject { name: "old".to_owned(), public, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    let repository = app.admin().repository("old/app");
    let (image, blob) = (repository.push_image("v1", "app").await, repository.push_blob("bytes").await);
    app.registry.projects.rename(&Actor::system(), &"old".parse().unwrap(), "next").await.unwrap();
    (image, blob)
}

async fn text(answer: reqwest::Response) -> String {
    let body: Value = answer.json().await.unwrap();
    body["errors"][0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn everything_that_reads_works_by_the_old_name() {
    let app = TestApp::start().await;
    let (image, blob) = renamed(&app, false).await;
    let token = app.admin().bearer(&["repository:old/app:pull"]).await;
    for (client, name) in [(app.admin(), "old/app"), (app.admin(), "next/app"), (token, "old/app")] {
        let repository = client.repository(name);
        for address in [
            "tags/list".to_owned(),
            "manifests/v1".to_owned(),
            format!("manifests/{image}"),
            format!("blobs/{blob}"),
            format!("referrers/{image}"),
        ] {
            assert_eq!(repository.get(&address).await.status(), 200, "GET {name} {address}");
            assert_eq!(repository.head(&address).await.status(), 200, "HEAD {name} {address}");
        }
    }
    let tags: Value = app.admin().repository("old/app").get("tags/list").await.json().await.unwrap();
    assert_eq!((tags["name"].as_str(), tags["tags"][0].as_str()), (Some("old/app"), Some("v1")));
    assert_eq!(app.anonymous().repository("old/app").get("manifests/v1").await.status(), 401);
}

#[tokio::test]
async fn everybody_pulls_from_a_public_project_by_the_old_name() {
    let app = TestApp::start().await;
    renamed(&app, true).await;
    let anonymous = app.anonymous().bearer(&["repository:old/app:pull,push"]).await;
    assert_eq!(anonymous.repository("old/app").get("manifests/v1").await.status(), 200);
    let push = anonymous.repository("old/app").request(Method::POST, "blobs/uploads/").send().await.unwrap();
    assert_eq!(push.status(), 401);
}

#[tokio::test]
async fn a_push_to_the_old_name_is_told_the_new_one() {
    let app = TestApp::start().await;
    let (image, blob) = renamed(&app, false).await;
    let narrowed = app.admin().bearer(&["repository:old/app:pull,push,delete"]).await;
    for client in [app.admin(), narrowed] {
        let repository = client.repository("old/app");
        let manifest = repository.get("manifests/v1").await.text().await.unwrap();
        let put =
            repository.request(Method::PUT, "manifests/v2").header(header::CONTENT_TYPE, oci::media_type::OCI_IMAGE);
        let refused = [
            repository.request(Method::POST, "blobs/uploads/").send().await.unwrap(),
            repository
                .request(Method::POST, &format!("blobs/uploads/?mount={blob}&from=old/app"))
                .send()
                .await
                .unwrap(),
            put.body(manifest).send().await.unwrap(),
            repository.delete(&format!("manifests/{image}")).await,
            repository.delete(&format!("blobs/{blob}")).await,
        ];
        for answer in refused {
            assert_eq!(answer.status(), 403);
            assert_eq!(
                text(answer).await,
                "project old is called next now: use next in its place; the old name only serves pulls"
            );
        }
    }
    let there = app.admin().bearer(&["repository:next/app:pull,push"]).await.repository("next/app");
    assert_eq!(there.push_image("v2", "app").await, image);
}

#[tokio::test]
async fn a_token_for_the_old_name_grants_pull_alone() {
    let app = TestApp::start().await;
    renamed(&app, false).await;
    let query = [("scope", "repository:old/app:pull,push,delete repository:next/app:pull,push")];
    let answer: Value = app.admin().get("/service/token").query(&query).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["scope"], "repository:old/app:pull repository:next/app:pull,push");
}

#[tokio::test]
async fn a_token_that_was_made_before_goes_on_to_pull_and_an_upload_does_not_go_on() {
    let app = TestApp::start().await;
    let project = api_types::NewProject { name: "old".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    app.admin().repository("old/app").push_image("v1", "app").await;
    let token = app.admin().bearer(&["repository:old/app:pull,push"]).await.repository("old/app");
    let upload = token.begin().await;
    app.registry.projects.rename(&Actor::system(), &"old".parse().unwrap(), "next").await.unwrap();
    assert_eq!(token.get("manifests/v1").await.status(), 200);
    let patch = token.request(Method::PATCH, &upload).body("bytes").send().await.unwrap();
    assert_eq!(patch.status(), 403);
    assert!(text(patch).await.contains("called next now"));
}

#[tokio::test]
async fn a_blob_is_mounted_from_the_old_name() {
    let app = TestApp::start().await;
    let (_, blob) = renamed(&app, false).await;
    for client in [app.admin(), app.admin().bearer(&["repository:library/app:pull,push repository:old/app:pull"]).await]
    {
        let target = client.repository("library/app");
        let mount = [("mount", blob.as_str()), ("from", "old/app")];
        let answer = target.request(Method::POST, "blobs/uploads/").query(&mount).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
        assert_eq!(location(&answer), format!("/v2/library/app/blobs/{blob}"));
        assert_eq!(app.admin().repository("library/app").delete(&format!("blobs/{blob}")).await.status(), 202);
    }
}

#[tokio::test]
async fn an_old_name_that_was_taken_serves_what_its_new_owner_has() {
    let app = TestApp::start().await;
    renamed(&app, false).await;
    let old = app.admin().bearer(&["repository:old/app:pull"]).await.repository("old/app");
    let eve = app.signed_in("eve").await;
    create(eve, "old").await;
    let admin = app.admin().repository("old/app");
    assert_eq!(problem(admin.get("manifests/v1").await).await, (404, "NAME_UNKNOWN".to_owned()));
    assert_eq!(old.get("manifests/v1").await.status(), 401, "its token is of another project");
    let own = app.user("eve").await.repository("old/app");
    let image = own.push_image("v1", "of eve").await;
    assert_eq!(own.get("manifests/v1").await.headers()["docker-content-digest"], image.as_str());
    assert_eq!(app.admin().repository("next/app").get("manifests/v1").await.status(), 200);
}

async fn create(mut browser: crate::harness::Browser, name: &str) {
    let answer = browser.call("create_project", &[("name", name), ("access", "private")]).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("Done"));
}

#[tokio::test]
async fn strangers_cannot_tell_an_old_name_from_one_that_nobody_had() {
    let app = TestApp::start().await;
    let (image, _) = renamed(&app, false).await;
    let eve: Client = app.user("eve").await;
    let anonymous = app.anonymous();
    for client in [&eve, &anonymous] {
        for (method, rest) in [
            (Method::GET, "manifests/v1".to_owned()),
            (Method::GET, "tags/list".to_owned()),
            (Method::GET, format!("referrers/{image}")),
            (Method::POST, "blobs/uploads/".to_owned()),
            (Method::DELETE, format!("manifests/{image}")),
        ] {
            let mut told = Vec::new();
            for name in ["old", "next", "none"] {
                let repository = client.repository(&format!("{name}/app"));
                let answer = repository.request(method.clone(), &rest).send().await.unwrap();
                let (status, headers) =
                    (answer.status(), format!("{:?}", answer.headers().get(header::WWW_AUTHENTICATE)));
                let body = answer.text().await.unwrap();
                let plain = |text: String| {
                    text.replace(&format!("{name}/app"), "…")
                        .replace(&format!("project {name} "), "project … ")
                        .replace(&format!("\"{name}\""), "\"…\"")
                };
                told.push((status, plain(headers), plain(body)));
            }
            assert_eq!(told[0], told[2], "{method} {rest}");
            assert_eq!(told[1], told[2], "{method} {rest}");
        }
    }
}
