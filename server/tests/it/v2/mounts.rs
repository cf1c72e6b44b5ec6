//! `end-11`: blobs that are there already.

use api_types::NewProject;
use oci::Digest;
use registry::{
    Actor,
    access::{Actions, ProjectId},
};
use reqwest::{Method, Response, header};

use crate::harness::{Client, Replica, Repository, TestApp, digest_of, repository::location};

async fn project(app: &TestApp, name: &str, public: bool) -> ProjectId {
    let project = NewProject { name: name.to_owned(), public, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap()
}

async fn mount(repository: &Repository, digest: &Digest, from: Option<&str>) -> Response {
    let mut query = vec![("mount", digest.as_str())];
    query.extend(from.map(|from| ("from", from)));
    repository.request(Method::POST, "blobs/uploads/").query(&query).send().await.unwrap()
}

/// 201 with the blob in its new place.
async fn assert_mounted(repository: &Repository, answer: Response, name: &str, digest: &Digest) {
    assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    assert_eq!(location(&answer), format!("/v2/{name}/blobs/{digest}"));
    assert_eq!(answer.headers()["docker-content-digest"], digest.as_str());
    assert_eq!(repository.get(&format!("blobs/{digest}")).await.status(), 200);
}

/// 202: an upload has begun, and the blob is not there.
async fn assert_not_mounted(repository: &Repository, answer: Response, digest: &Digest) {
    assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
    assert_eq!(answer.headers()["range"], "0-0");
    assert!(location(&answer).contains("/blobs/uploads/"));
    assert_eq!(repository.head(&format!("blobs/{digest}")).await.status(), 404);
}

/// A developer of `team`, and a blob in `secret/source`, of which they know nothing.
async fn developer_and_secret(app: &TestApp) -> (Client, Digest) {
    let team = project(app, "team", false).await;
    project(app, "secret", false).await;
    let ada = app.user("ada").await;
    Replica::of(app).await.give_role(team, app.user_id("ada").await, "developer").await;
    (ada, app.admin().repository("secret/source").push_blob("secret").await)
}

#[tokio::test]
async fn a_blob_is_mounted_from_a_named_repository() {
    let app = TestApp::start().await;
    let digest = app.admin().repository("library/source").push_blob("shared").await;
    let target = app.admin().repository("library/target");
    let answer = mount(&target, &digest, Some("library/source")).await;
    assert_mounted(&target, answer, "library/target", &digest).await;
    let again = mount(&target, &digest, Some("library/source")).await;
    assert_mounted(&target, again, "library/target", &digest).await;
}

#[tokio::test]
async fn a_blob_is_mounted_from_wherever_one_may_pull() {
    let app = TestApp::start().await;
    let digest = app.admin().repository("library/source").push_blob("shared").await;
    let target = app.admin().repository("library/target");
    assert_mounted(&target, mount(&target, &digest, None).await, "library/target", &digest).await;
}

#[tokio::test]
async fn what_cannot_be_mounted_is_an_upload_that_begins() {
    let app = TestApp::start().await;
    let elsewhere = app.admin().repository("library/source").push_blob("shared").await;
    let target = app.admin().repository("library/target");
    let nowhere = digest_of("nowhere");
    assert_not_mounted(&target, mount(&target, &nowhere, None).await, &nowhere).await;
    for from in ["library/source", "library/nothing", "no-such/project", "Not/A/Name", ""] {
        assert_not_mounted(&target, mount(&target, &nowhere, Some(from)).await, &nowhere).await;
    }
    for from in ["library/other", "library"] {
        assert_not_mounted(&target, mount(&target, &elsewhere, Some(from)).await, &elsewhere).await;
    }
}

#[tokio::test]
async fn a_mount_needs_pull_on_its_source() {
    let app = TestApp::start().await;
    let (ada, digest) = developer_and_secret(&app).await;
    let scopes = ["repository:team/app:pull,push", "repository:secret/source:pull"];
    for client in [ada.clone(), ada.bearer(&scopes).await, ada.bearer(&scopes[..1]).await] {
        let target = client.repository("team/app");
        assert_not_mounted(&target, mount(&target, &digest, Some("secret/source")).await, &digest).await;
        assert_not_mounted(&target, mount(&target, &digest, None).await, &digest).await;
    }
}

#[tokio::test]
async fn a_mount_needs_push_on_its_target() {
    let app = TestApp::start().await;
    let (ada, _) = developer_and_secret(&app).await;
    let digest = ada.repository("team/app").push_blob("mine").await;
    for (name, status) in [("library/target", 403), ("secret/target", 404)] {
        let answer = mount(&ada.repository(name), &digest, Some("team/app")).await;
        assert_eq!(answer.status(), status, "{name}");
    }
}

#[tokio::test]
async fn a_token_that_does_not_cover_the_source_is_sent_for_one_that_does() {
    let app = TestApp::start().await;
    let (ada, _) = developer_and_secret(&app).await;
    let digest = ada.repository("team/source").push_blob("shared").await;
    let narrow = ada.bearer(&["repository:team/app:pull,push"]).await.repository("team/app");
    for from in [Some("team/source"), None] {
        let answer = mount(&narrow, &digest, from).await;
        assert_eq!(answer.status(), 401);
        let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
        let scope = challenge.split_once("scope=\"").unwrap().1.split_once('"').unwrap().0;
        assert_eq!(scope, "repository:team/app:pull,push repository:team/source:pull");
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");

        let target = ada.bearer(&[scope]).await.repository("team/app");
        assert_mounted(&target, mount(&target, &digest, from).await, "team/app", &digest).await;
        assert_eq!(app.admin().repository("team/app").delete(&format!("blobs/{digest}")).await.status(), 202);
    }
}

#[tokio::test]
async fn a_source_that_was_lost_since_opens_nothing() {
    let app = TestApp::start().await;
    let (ada, digest) = developer_and_secret(&app).await;
    let (source, pull) = ("secret/source".parse().unwrap(), Actions { pull: true, push: false, delete: false });
    let secret = app.registry.access.grant(&Actor::system(), &source, pull).await.unwrap().project.unwrap();
    let mut replica = Replica::of(&app).await;
    replica.give_role(secret, app.user_id("ada").await, "guest").await;
    app.clock.advance(time::Duration::SECOND);
    let token = ada.bearer(&["repository:team/app:pull,push repository:secret/source:pull"]).await;
    replica.take_role(secret, app.user_id("ada").await).await;
    app.clock.advance(time::Duration::SECOND);
    let target = token.repository("team/app");
    assert_not_mounted(&target, mount(&target, &digest, Some("secret/source")).await, &digest).await;
    assert_not_mounted(&target, mount(&target, &digest, None).await, &digest).await;
}
