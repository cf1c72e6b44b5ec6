//! Rights as they are at this moment, whatever was granted before.

use api_types::NewProject;
use registry::{Actor, access::ProjectId};
use reqwest::header;
use serde_json::Value;

use crate::harness::{Client, Replica, TestApp, digest_of, problem};

async fn project(app: &TestApp, name: &str) -> ProjectId {
    let project = NewProject { name: name.to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap()
}

/// A person with a role in the private project `team`, which has the image `team/app:v1`.
async fn member(app: &TestApp, role: &str) -> (Client, ProjectId) {
    let team = project(app, "team").await;
    let ada = app.user("ada").await;
    Replica::of(app).await.give_role(team, app.user_id("ada").await, role).await;
    app.admin().repository("team/app").push_image("v1", "one").await;
    app.clock.advance(time::Duration::SECOND);
    (ada, team)
}

async fn pull(client: &Client) -> u16 {
    client.repository("team/app").get("manifests/v1").await.status().as_u16()
}

async fn push(client: &Client) -> reqwest::Response {
    client.repository("team/app").request(reqwest::Method::POST, "blobs/uploads/").send().await.unwrap()
}

#[tokio::test]
async fn a_disabled_person_is_out_within_a_second() {
    let app = TestApp::start().await;
    let (ada, _) = member(&app, "guest").await;
    let token = ada.bearer(&["repository:team/app:pull"]).await;
    assert_eq!((pull(&ada).await, pull(&token).await), (200, 200));
    Replica::of(&app).await.disable_user("ada").await;
    app.clock.advance(time::Duration::SECOND);
    assert_eq!((pull(&ada).await, pull(&token).await), (401, 401));
    let answer = ada.get("/service/token?scope=repository:team/app:pull").send().await.unwrap();
    assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn a_disabled_robot_is_out_within_a_second() {
    let app = TestApp::start().await;
    let (_, team) = member(&app, "guest").await;
    let mut replica = Replica::of(&app).await;
    let robot = replica.robot(&app, ("team", team), "ci", r#"["repository:pull"]"#).await;
    let token = robot.bearer(&["repository:team/app:pull"]).await;
    assert_eq!((pull(&robot).await, pull(&token).await), (200, 200));
    replica.disable_robots(team).await;
    app.clock.advance(time::Duration::SECOND);
    assert_eq!((pull(&robot).await, pull(&token).await), (401, 401));
}

#[tokio::test]
async fn a_role_that_was_taken_is_gone_from_tokens_too() {
    let app = TestApp::start().await;
    let (ada, team) = member(&app, "developer").await;
    let token = ada.bearer(&["repository:team/app:pull,push"]).await;
    assert_eq!(push(&token).await.status(), 202);
    let (mut replica, id) = (Replica::of(&app).await, app.user_id("ada").await);
    replica.give_role(team, id, "guest").await;
    app.clock.advance(time::Duration::SECOND);
    assert_eq!((push(&token).await.status().as_u16(), pull(&token).await), (403, 200));
    replica.take_role(team, id).await;
    app.clock.advance(time::Duration::SECOND);
    assert_eq!((push(&token).await.status().as_u16(), pull(&token).await), (404, 404));
}

#[tokio::test]
async fn a_token_never_gives_more_than_it_was_made_for() {
    let app = TestApp::start().await;
    let (ada, _) = member(&app, "project admin").await;
    let token = ada.bearer(&["repository:team/app:pull"]).await;
    assert_eq!(pull(&token).await, 200);
    for answer in [push(&token).await, token.repository("team/app").delete("manifests/v1").await] {
        let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
        assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
        assert_eq!(problem(answer).await, (401, "UNAUTHORIZED".to_owned()));
    }
    assert_eq!(token.repository("team/other").get("tags/list").await.status(), 401);
    assert_eq!(pull(&ada.bearer(&[]).await).await, 401);
}

#[tokio::test]
async fn a_token_of_a_deleted_project_opens_nothing_in_the_next_of_that_name() {
    let app = TestApp::start().await;
    let (ada, _) = member(&app, "developer").await;
    let scope = "repository:team/app:pull,push";
    let token = ada.bearer(&[scope]).await;
    let digest = app.admin().repository("team/app").push_blob("secret").await;
    app.registry.projects.delete(&Actor::system(), &"team".parse().unwrap()).await.unwrap();
    assert_eq!((pull(&token).await, push(&token).await.status().as_u16()), (404, 404));

    let team = project(&app, "team").await;
    Replica::of(&app).await.give_role(team, app.user_id("ada").await, "developer").await;
    app.admin().repository("team/app").push_image("v1", "new").await;
    app.admin().repository("team/app").push_blob("secret").await;
    app.clock.advance(time::Duration::SECOND);
    assert_eq!((pull(&token).await, push(&token).await.status().as_u16()), (401, 401));
    let fresh = ada.bearer(&[scope]).await;
    assert_eq!((pull(&fresh).await, push(&fresh).await.status().as_u16()), (200, 202));

    // Not as the source of a mount either.
    let both = ada.bearer(&[scope, "repository:team/target:pull,push"]).await;
    app.registry.projects.delete(&Actor::system(), &"team".parse().unwrap()).await.unwrap();
    let team = project(&app, "team").await;
    Replica::of(&app).await.give_role(team, app.user_id("ada").await, "developer").await;
    app.admin().repository("team/app").push_blob("secret").await;
    app.clock.advance(time::Duration::SECOND);
    let path = format!("/v2/team/target/blobs/uploads/?mount={digest}&from=team/app");
    assert_eq!(both.post(&path).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_token_that_was_asked_for_in_vain_is_renewed_once_it_would_help() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let token = ada.bearer(&["repository:team/app:pull,push"]).await;
    assert_eq!(problem(push(&token).await).await, (404, "NAME_UNKNOWN".to_owned()));
    let team = project(&app, "team").await;
    Replica::of(&app).await.give_role(team, app.user_id("ada").await, "developer").await;
    app.clock.advance(time::Duration::SECOND);
    assert_eq!(push(&token).await.status(), 401, "the client is sent for another");
    assert_eq!(push(&ada.bearer(&["repository:team/app:pull,push"]).await).await.status(), 202);
}

#[tokio::test]
async fn everybody_pulls_from_public_projects_and_only_there() {
    let app = TestApp::start().await;
    member(&app, "guest").await;
    app.admin().repository("library/app").push_image("v1", "one").await;
    let nobody = app.anonymous();
    let token = nobody.bearer(&["repository:library/app:pull,push repository:team/app:pull"]).await;
    assert_eq!(token.repository("library/app").get("manifests/v1").await.status(), 200);
    assert_eq!(push(&token).await.status(), 401);
    assert_eq!(pull(&token).await, 401);
    let library = token.repository("library/app");
    assert_eq!(library.request(reqwest::Method::POST, "blobs/uploads/").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_project_that_becomes_private_is_closed_at_once() {
    let app = TestApp::start().await;
    app.admin().repository("library/app").push_image("v1", "one").await;
    let token = app.anonymous().bearer(&["repository:library/app:pull"]).await;
    let repository = token.repository("library/app");
    assert_eq!(repository.get("manifests/v1").await.status(), 200);
    app.registry.projects.update(&Actor::system(), &"library".parse().unwrap(), false, "").await.unwrap();
    assert_eq!(repository.get("manifests/v1").await.status(), 401);
    assert_eq!(repository.get(&format!("blobs/{}", digest_of("a layer of one"))).await.status(), 401);
}

#[tokio::test]
async fn a_push_to_a_missing_project_says_where_to_create_it() {
    let app = TestApp::start().await;
    let token = app.admin().bearer(&["repository:organisation/app:pull,push"]).await;
    for client in [app.admin(), token] {
        let answer = client.post("/v2/organisation/app/blobs/uploads/").send().await.unwrap();
        assert_eq!(answer.status(), 404);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["errors"][0]["code"], "NAME_UNKNOWN");
        assert_eq!(
            body["errors"][0]["message"],
            format!(
                "project organisation does not exist, or you have no access to it: create it at http://{}/projects/new, or \
                 ask those who administer it for access",
                app.address
            )
        );
    }
}

#[tokio::test]
async fn a_push_into_a_project_that_was_deleted_a_moment_ago_finds_no_such_name() {
    let app = TestApp::start().await;
    let team = project(&app, "team").await;
    let repository = app.admin().repository("team/app");
    let blob = digest_of("bytes");
    let begin = || repository.request(reqwest::Method::POST, "blobs/uploads/");
    let put = || begin().query(&[("digest", blob.as_str())]).body("bytes");
    // What is known of the project is remembered for less than a second.
    assert_eq!(repository.get("tags/list").await.status(), 404);
    Replica::of(&app).await.delete_project(team).await;
    for request in [begin(), put(), begin().body("")] {
        assert_eq!(problem(request.send().await.unwrap()).await, (404, "NAME_UNKNOWN".to_owned()));
    }
}
