//! Artifacts and tags.

use oci::media_type;
use reqwest::header;
use serde_json::{Value, json};

use super::{delete, get, problem, project, send, value};
use crate::harness::{Client, TestApp};

const HERE: &str = "/projects/library/repositories/app/artifacts";

fn digests(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["digest"].as_str().unwrap()).collect()
}

async fn tags(client: &Client, reference: &str) -> Vec<String> {
    let list = value(client, &format!("{HERE}/{reference}/tags?sort=name")).await;
    list.as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn artifacts_are_listed_with_tags_and_by_tags() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let repository = admin.repository("library/app");
    let one = repository.push_image("1", "one").await;
    repository.push_image("latest", "one").await;
    let two = repository.push_image("2", "two").await;
    let untagged = repository.image("three").await;
    let untagged_digest = crate::harness::digest_of(untagged.to_string());
    repository.push_manifest(untagged_digest.as_str(), &untagged).await;

    let all = value(&admin, &format!("{HERE}?sort=-push_time")).await;
    assert_eq!(digests(&all).len(), 3);
    let first = all.as_array().unwrap().iter().find(|artifact| artifact["digest"] == one.as_str()).unwrap();
    assert_eq!((&first["type"], &first["manifest_media_type"]), (&json!("IMAGE"), &json!(media_type::OCI_IMAGE)));
    assert_eq!(
        (&first["media_type"], &first["repository_name"]),
        (&json!(media_type::OCI_CONFIG), &json!("library/app"))
    );
    assert_eq!(first["extra_attrs"], json!({ "architecture": "amd64", "os": "linux" }));
    assert_eq!(first["pull_time"], "0001-01-01T00:00:00Z");
    assert_eq!(first["tags"].as_array().unwrap().len(), 2);
    for (query, expected) in [
        ("q=tags%3Dlatest", vec![one.as_str()]),
        ("q=tags%3D2", vec![two.as_str()]),
        ("q=tags%3Dnone", vec![]),
        ("q=tags%3Dnil", vec![untagged_digest.as_str()]),
        ("q=tags%3D(1%20latest)", vec![one.as_str()]),
        ("q=tags%3D~LAT", vec![one.as_str()]),
        ("q=tags%3D*&sort=digest&page_size=1&page=3", vec![]),
    ] {
        assert_eq!(digests(&value(&admin, &format!("{HERE}?{query}")).await), expected, "{query}");
    }
    let without = value(&admin, &format!("{HERE}?with_tag=false")).await;
    assert!(without.as_array().unwrap().iter().all(|artifact| artifact["tags"].is_null()));
    assert_eq!(get(&admin, &format!("{HERE}?sort=tags")).await.status(), 400);
}

#[tokio::test]
async fn an_index_stands_for_its_children_and_attachments_for_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let repository = admin.repository("library/app");
    let child = repository.image("child").await;
    let digest = crate::harness::digest_of(child.to_string());
    repository.push_manifest(digest.as_str(), &child).await;
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "annotations": { "a": "b" },
        "manifests": [{
            "mediaType": media_type::OCI_IMAGE, "digest": digest, "size": child.to_string().len(),
            "platform": { "os": "linux", "architecture": "arm", "variant": "v7" },
        }],
    });
    let index = repository.push_manifest("multi", &index).await;
    let mut attached = repository.image("attached").await;
    attached["subject"] =
        json!({ "mediaType": media_type::OCI_IMAGE, "digest": digest, "size": child.to_string().len() });
    repository.push_manifest(crate::harness::digest_of(attached.to_string()).as_str(), &attached).await;

    assert_eq!(digests(&value(&admin, HERE).await), [index.as_str()]);
    let one = value(&admin, &format!("{HERE}/multi")).await;
    assert_eq!((&one["type"], &one["annotations"]), (&json!("IMAGE"), &json!({ "a": "b" })));
    assert_eq!(one["references"][0]["child_digest"], digest.as_str());
    assert_eq!(one["references"][0]["platform"], json!({ "os": "linux", "architecture": "arm", "variant": "v7" }));
    assert_eq!(value(&admin, &format!("{HERE}/{digest}")).await["id"], one["references"][0]["child_id"]);
}

async fn copy(client: &Client, to: &str, from: &str) -> reqwest::Response {
    let from = from.replace('/', "%2F").replace(':', "%3A").replace('@', "%40");
    send(client, "POST", &format!("{to}?from={from}"), &json!({})).await
}

#[tokio::test]
async fn an_artifact_is_copied_by_tag_and_by_digest_with_all_its_tags() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let digest = admin.repository("library/app").push_image("1", "one").await;
    admin.repository("library/app").push_image("latest", "one").await;
    let there = "/projects/team/repositories/web%252Fapp/artifacts";
    for reference in [":1".to_owned(), format!("@{digest}")] {
        let copied = copy(&admin, there, &format!("library/app{reference}")).await;
        assert_eq!(copied.status(), 201, "{}", copied.text().await.unwrap());
        let location =
            copied.headers()[header::LOCATION].to_str().unwrap().strip_prefix("/api/v2.0").unwrap().to_owned();
        assert_eq!(location, format!("{there}/{}", &reference[1..]));
        let found = value(&admin, &location).await;
        assert_eq!((&found["digest"], found["tags"].as_array().unwrap().len()), (&json!(digest), 2));
    }
    let pulled = admin.repository("team/web/app").get("manifests/latest").await;
    let manifest: Value = pulled.json().await.unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(admin.repository("team/web/app").get(&format!("blobs/{layer}")).await.status(), 200);

    for from in ["library/app:none", "library/none:1", "missing/app:1"] {
        assert_eq!(copy(&admin, there, from).await.status(), 404, "{from}");
    }
    for from in ["library/app", "library/app@1", "", "library/app:1@", "Library/app:1"] {
        let (status, _, message) = problem(copy(&admin, there, from).await).await;
        assert!(status == 400 && message.contains("project/repository:tag"), "{from}: {message}");
    }
    assert_eq!(send(&admin, "POST", there, &json!({})).await.status(), 400);
}

#[tokio::test]
async fn a_copy_is_held_to_what_a_push_is_held_to() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    project(&app, "closed", false).await;
    for name in ["team/app", "closed/app", "library/app"] {
        admin.repository(name).push_image("1", name).await;
    }
    let there = "/projects/team/repositories/app/artifacts";
    let selector = |decoration: &str, pattern: &str| json!([{ "kind": "doublestar", "decoration": decoration, "pattern": pattern }]);
    let rule = json!({
        "tag_selectors": selector("matches", "1"),
        "scope_selectors": { "repository": selector("repoMatches", "**") },
    });
    assert_eq!(send(&admin, "POST", "/projects/team/immutabletagrules", &rule).await.status(), 201);
    let before = value(&admin, &format!("{there}/1")).await["digest"].clone();
    assert_eq!(problem(copy(&admin, there, "library/app:1").await).await.1, "PRECONDITION");
    assert_eq!(value(&admin, &format!("{there}/1")).await["digest"], before);
    assert_eq!(value(&admin, there).await.as_array().unwrap().len(), 1, "nothing of it is there");

    let ada = app.user("ada").await;
    let member = json!({ "role_id": 2, "member_user": { "username": "ada" } });
    assert_eq!(send(&admin, "POST", "/projects/team/members", &member).await.status(), 201);
    let fresh = "/projects/team/repositories/fresh/artifacts";
    let mut told = Vec::new();
    for from in ["closed/app:1", "missing/app:1"] {
        let (status, _, message) = problem(copy(&ada, fresh, from).await).await;
        told.push((status, message.replace("closed", "missing")));
    }
    assert_eq!(told[0].0, 404);
    assert_eq!(told[0], told[1], "what one may not pull from looks like what is not there");
    assert_eq!(copy(&ada, HERE, "team/app:1").await.status(), 403, "nobody pushes by copying who may not push");
    assert_eq!(copy(&ada, fresh, "library/app:1").await.status(), 201);
}

#[tokio::test]
async fn tags_are_created_listed_and_taken_away_and_the_artifact_stays() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let digest = admin.repository("library/app").push_image("1", "one").await;
    let other = admin.repository("library/app").push_image("2", "two").await;
    let created = send(&admin, "POST", &format!("{HERE}/1/tags"), &json!({ "name": "stable" })).await;
    assert_eq!(created.status(), 201);
    assert_eq!(created.headers()[header::LOCATION], format!("/api/v2.0{HERE}/1/tags/stable"));
    assert_eq!(tags(&admin, digest.as_str()).await, ["1", "stable"]);
    let again = send(&admin, "POST", &format!("{HERE}/{other}/tags"), &json!({ "name": "stable" })).await;
    assert_eq!(problem(again).await.1, "CONFLICT");
    assert_eq!(tags(&admin, "stable").await, ["1", "stable"], "it was not moved");
    let malformed = send(&admin, "POST", &format!("{HERE}/1/tags"), &json!({ "name": "not a tag" })).await;
    assert_eq!(malformed.status(), 400);
    let missing = send(&admin, "POST", &format!("{HERE}/none/tags"), &json!({ "name": "x" })).await;
    assert_eq!(missing.status(), 404);

    assert_eq!(delete(&admin, &format!("{HERE}/{other}/tags/1")).await, 404, "it stands for something else");
    assert_eq!(delete(&admin, &format!("{HERE}/{digest}/tags/1")).await, 200);
    assert_eq!(delete(&admin, &format!("{HERE}/{digest}/tags/stable")).await, 200);
    assert_eq!(value(&admin, &format!("{HERE}/{digest}")).await["tags"], json!([]));
}

#[tokio::test]
async fn an_artifact_is_deleted_with_all_its_tags() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let digest = admin.repository("library/app").push_image("1", "one").await;
    admin.repository("library/app").push_image("latest", "one").await;
    assert_eq!(delete(&admin, &format!("{HERE}/latest")).await, 200);
    for reference in ["1", "latest", digest.as_str()] {
        assert_eq!(get(&admin, &format!("{HERE}/{reference}")).await.status(), 404, "{reference}");
    }
    assert_eq!(delete(&admin, &format!("{HERE}/{digest}")).await, 404);
}

#[tokio::test]
async fn what_is_deleted_comes_back_from_the_trash_and_parts_go_where_that_is_said() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let repository = admin.repository("library/app");
    let child = repository.image("child").await;
    let digest = crate::harness::digest_of(child.to_string());
    for parts in [false, true] {
        repository.push_manifest(digest.as_str(), &child).await;
        let index = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_INDEX,
            "manifests": [{ "mediaType": media_type::OCI_IMAGE, "digest": digest, "size": child.to_string().len() }],
        });
        let index = repository.push_manifest("multi", &index).await;
        assert_eq!(delete(&admin, &format!("{HERE}/multi?parts={parts}")).await, 200);
        assert_eq!(get(&admin, &format!("{HERE}/{digest}")).await.status().is_success(), !parts);
        let trash = value(&admin, "/projects/library/trash").await;
        assert_eq!((&trash[0]["kind"], &trash[0]["name"]), (&json!("artifacts"), &json!(index.as_str())));
        assert_eq!(trash[0]["artifacts"], if parts { 2 } else { 1 });
        let restored = send(&admin, "POST", &format!("/trash/{}/restore", trash[0]["id"]), &json!({})).await;
        let restored: Value = restored.json().await.unwrap();
        assert_eq!((&restored["place"], &restored["tags"]), (&json!("library/app"), &json!(["multi"])));
        assert_eq!(value(&admin, &format!("{HERE}/multi")).await["digest"], index.as_str());
        assert_eq!(get(&admin, &format!("{HERE}/{digest}")).await.status(), 200);
    }
}
