//! What was deleted, and the way back: over `/v2`, in the console, on the command line.

use api_types::Role;
use registry::Actor;
use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    harness::{Browser, Replica, Repository, TestApp, digest_of, process::beside},
    members::refused,
};

async fn entries(browser: &mut Browser, project: &str) -> Vec<Value> {
    let answer = browser.read(&format!("trash?project={project}")).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn what_is_deleted_over_v2_is_gone_at_once_and_restored_in_the_console() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_image("v1", "it").await;
    for reference in ["v1", digest.as_str()] {
        assert_eq!(repository.delete(&format!("manifests/{reference}")).await.status(), 202);
        assert_eq!(repository.get(&format!("manifests/{reference}")).await.status(), 404);
        assert_eq!(repository.delete(&format!("manifests/{reference}")).await.status(), 404);
    }
    let mut admin = app.signed_in("admin").await;
    let kept = entries(&mut admin, "library").await;
    assert_eq!(kept.len(), 2);
    // The artifact first, then the tag that points at it.
    for entry in &kept {
        let answer = admin.call("restore", &[("id", &entry["id"].to_string())]).await;
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    let restored = repository.get("manifests/v1").await;
    assert_eq!(restored.headers()["docker-content-digest"], digest.as_str());
    assert_eq!(repository.get(&format!("blobs/{}", digest_of("a layer of it"))).await.status(), 200);
    assert_eq!(entries(&mut admin, "library").await, Vec::<Value>::new());
    // Blobs that a client deletes itself are gone, whatever is in the trash.
    repository.delete(&format!("manifests/{digest}")).await;
    let layer = format!("blobs/{}", digest_of("a layer of it"));
    assert_eq!(repository.delete(&layer).await.status(), 202);
    assert_eq!(repository.get(&layer).await.status(), 404);
    assert_eq!(repository.push_image("v1", "it").await, digest, "the same may be pushed again");
}

#[tokio::test]
async fn the_trash_is_for_maintainers_and_its_end_for_administrators() {
    let app = TestApp::start().await;
    let mut replica = Replica::of(&app).await;
    let repository = Repository::new(app.admin(), "library/app");
    repository.push_image("v1", "it").await;
    let project = library(&app).await;
    let mut admin = app.signed_in("admin").await;
    for (name, role, sees) in [
        ("guest", Some("guest"), false),
        ("developer", Some("developer"), false),
        ("maintainer", Some("maintainer"), true),
        ("owner", Some("project admin"), true),
        ("stranger", None, false),
    ] {
        repository.push_image("v1", "it").await;
        repository.delete("manifests/v1").await;
        let id = entries(&mut admin, "library").await[0]["id"].to_string();
        let user = app.user_id(name).await;
        if let Some(role) = role {
            replica.give_role(project, user, role).await;
        }
        app.clock.advance(time::Duration::seconds(2));
        let mut browser = app.signed_in(name).await;
        let listed = browser.read("trash?project=library").await.status();
        assert_eq!(listed == StatusCode::OK, sees, "{name}: {listed}");
        let purged = browser.call("delete_for_good", &[("id", &id), ("project", "library")]).await;
        assert!(purged.text().await.unwrap().contains("administrators_only"), "{name}");
        let restored = browser.call("restore", &[("id", &id)]).await.text().await.unwrap();
        assert_eq!(restored.contains("\"tags\":[\"v1\"]"), sees, "{name}: {restored}");
    }
    let mut nobody = app.browser();
    assert_eq!(nobody.read("trash?project=library").await.status(), StatusCode::UNAUTHORIZED);
    for (function, fields) in
        [("restore", vec![("id", "1")]), ("delete_for_good", vec![("id", "1"), ("project", "library")])]
    {
        assert_eq!(nobody.call(function, &fields).await.status(), StatusCode::UNAUTHORIZED, "{function}");
    }
    repository.push_image("v1", "it").await;
    repository.delete("manifests/v1").await;
    let id = entries(&mut admin, "library").await[0]["id"].to_string();
    assert!(admin.call("delete_for_good", &[("id", &id), ("project", "library")]).await.status().is_success());
    let gone = admin.call("restore", &[("id", &id)]).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

async fn library(app: &TestApp) -> registry::access::ProjectId {
    let name = "library".parse().unwrap();
    let project = app.registry.access.project(&registry::Actor::system(), &name, registry::access::may::Pull).await;
    project.unwrap().id()
}

#[tokio::test]
async fn a_tag_is_moved_back_by_those_who_may_push() {
    let app = TestApp::start().await;
    let mut replica = Replica::of(&app).await;
    let repository = Repository::new(app.admin(), "library/app");
    let first = repository.push_image("v1", "first").await;
    let second = repository.push_image("v1", "second").await;
    let project = library(&app).await;
    for (name, role, may) in [("guest", "guest", false), ("developer", "developer", true)] {
        let user = app.user_id(name).await;
        replica.give_role(project, user, role).await;
        app.clock.advance(time::Duration::seconds(2));
        let mut browser = app.signed_in(name).await;
        let page: Value = browser.read("tag_history?repository=library%2Fapp&tag=v1").await.json().await.unwrap();
        assert_eq!(page["items"][0]["digest"], second.as_str());
        assert_eq!(page["items"][1]["digest"], first.as_str());
        let fields = [("repository", "library/app"), ("tag", "v1"), ("digest", first.as_str())];
        browser.call("move_tag_back", &fields).await;
        app.clock.advance(time::Duration::seconds(2));
        let now = repository.get("manifests/v1").await.headers()["docker-content-digest"].clone();
        assert_eq!(now, if may { first.as_str() } else { second.as_str() }, "{name}");
    }
    let mut nobody = app.browser();
    assert_eq!(nobody.read("tag_history?repository=library%2Fapp&tag=v1").await.status(), StatusCode::UNAUTHORIZED);
    let fields = [("repository", "library/app"), ("tag", "v1"), ("digest", second.as_str())];
    assert_eq!(nobody.call("move_tag_back", &fields).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_restores_too() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_image("v1", "it").await;
    repository.delete("manifests/v1").await;
    let listed = beside(&app, &["trash", "list"]).await;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(text.contains("library/app: tag v1") && text.contains("deleted by admin"), "{text}");
    let number = text.split_whitespace().next().unwrap().to_owned();
    let restored = beside(&app, &["trash", "restore", &number]).await;
    assert_eq!(String::from_utf8_lossy(&restored.stdout), "Restored: library/app.\n");
    app.clock.advance(time::Duration::seconds(2));
    assert_eq!(repository.get("manifests/v1").await.headers()["docker-content-digest"], digest.as_str());
    let again = beside(&app, &["trash", "restore", &number]).await;
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("in the trash"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_is_told_with_the_tags_that_went_with_it() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_image("v0", "it").await;
    for tag in ["v1", "v2", "v3", "v4", "v5", "v6"] {
        assert_eq!(repository.push_image(tag, "it").await, digest);
    }
    assert_eq!(repository.delete(&format!("manifests/{digest}")).await.status(), 202);
    let told = "1 artifact, tagged v0, v1, v2, v3, v4 and 2 more";
    let page = app.signed_in("admin").await.open("/projects/library?tab=trash").await.text().await.unwrap();
    assert!(page.contains(told), "{page}");
    let listed = beside(&app, &["trash", "list"]).await;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(text.contains(&format!("library/app: {digest}, {told}  (")), "{text}");
    let listed = crate::api::value(&app.admin(), "/projects/library/trash").await;
    assert_eq!(listed[0]["tags"], 7);
    assert_eq!(listed[0]["tag_names"], serde_json::json!(["v0", "v1", "v2", "v3", "v4"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_takes_several_at_once_and_goes_on_after_one_that_fails() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let mut admin = app.signed_in("admin").await;
    let mut numbers = Vec::new();
    for tag in ["v1", "v2", "v3", "v4"] {
        repository.push_image(tag, tag).await;
        repository.delete(&format!("manifests/{tag}")).await;
        numbers.push(entries(&mut admin, "library").await[0]["id"].to_string());
    }
    let restored = beside(&app, &["trash", "restore", &numbers[0], "999999", &numbers[1]]).await;
    let (told, failed) = (String::from_utf8_lossy(&restored.stdout), String::from_utf8_lossy(&restored.stderr));
    assert_eq!(told, "Restored: library/app.\nRestored: library/app.\n");
    assert!(failed.contains("999999: there is no 999999 in the trash") && failed.contains("1 of 3 failed"), "{failed}");
    assert_eq!(restored.status.code(), Some(1));
    app.clock.advance(time::Duration::seconds(2));
    for tag in ["v1", "v2"] {
        assert_eq!(repository.get(&format!("manifests/{tag}")).await.status(), 200, "{tag}");
    }
    let deleted = beside(&app, &["trash", "delete", &numbers[2], &numbers[3]]).await;
    assert!(deleted.status.success(), "{}", String::from_utf8_lossy(&deleted.stderr));
    assert_eq!(entries(&mut admin, "library").await, Vec::<Value>::new());
    assert!(!beside(&app, &["trash", "restore"]).await.status.success(), "it says which");
}

#[tokio::test]
async fn several_entries_are_restored_and_deleted_together_without_scripts() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    for tag in ["v1", "v2", "v3", "v4"] {
        repository.push_image(tag, tag).await;
        repository.delete(&format!("manifests/{tag}")).await;
    }
    let newer = repository.push_image("v2", "newer").await;
    let mut admin = app.signed_in("admin").await;
    let mut ids: Vec<String> =
        entries(&mut admin, "library").await.iter().map(|entry| entry["id"].to_string()).collect();
    ids.reverse();
    app.user("maintainer").await;
    let library = "library".parse().unwrap();
    app.registry.members.add(&Actor::system(), &library, "maintainer", Role::Maintainer).await.unwrap();
    for (person, may_delete) in [("admin", true), ("maintainer", false)] {
        let page = app.signed_in(person).await.open("/projects/library?tab=trash").await.text().await.unwrap();
        assert_eq!(page.matches("form=\"chosen-entries\"").count(), 4, "{person}: {page}");
        assert!(page.contains("id=\"chosen-entries\""), "{person}: {page}");
        assert_eq!(page.contains("formmethod=\"get\""), may_delete, "{person}: {page}");
    }

    let fields = [("project", "library"), ("ids[]", ids[0].as_str()), ("ids[]", ids[1].as_str()), ("ids[]", "999999")];
    let told = refused(&mut admin, "restore_entries", &fields).await;
    for words in [
        "2 entries were restored. 1 failed.",
        "These tags point at something newer and stayed: v2.",
        "999999",
        "It is not in the trash any more.",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(repository.get("manifests/v1").await.status(), 200);
    assert_eq!(repository.get("manifests/v2").await.headers()["docker-content-digest"], newer.as_str());

    let chosen = format!("tab=trash&purge=chosen&ids%5B%5D={}&ids%5B%5D={}", ids[2], ids[3]);
    let dialog = admin.open(&format!("/projects/library?{chosen}")).await.text().await.unwrap();
    assert!(dialog.contains("Delete these for good?"), "{dialog}");
    for id in &ids[2..] {
        assert!(dialog.contains(&format!("type=\"hidden\" name=\"ids[]\" value=\"{id}\"")), "{id}: {dialog}");
    }
    let fields = [("project", "library"), ("ids[]", ids[2].as_str()), ("ids[]", ids[3].as_str())];
    let told = refused(&mut admin, "delete_entries", &fields).await;
    assert!(told.contains("2 entries are gone for good.") && told.contains("The trash is empty"), "{told}");
    assert_eq!(entries(&mut admin, "library").await, Vec::<Value>::new());
}

#[tokio::test]
async fn several_deleted_projects_are_restored_together() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    for name in ["quokka", "wombat"] {
        crate::api::project(&app, name, false).await;
        Repository::new(app.admin(), &format!("{name}/app")).push_image("v1", "it").await;
        admin.call("delete_project", &[("project", name), ("confirmation", name)]).await;
    }
    let deleted: Vec<Value> = admin.read("deleted_projects").await.json().await.unwrap();
    let ids: Vec<String> = deleted.iter().map(|entry| entry["id"].to_string()).collect();
    let fields = [("project", ""), ("ids[]", ids[0].as_str()), ("ids[]", ids[1].as_str())];
    let mut eve = app.signed_in("eve").await;
    let told = refused(&mut eve, "restore_entries", &fields).await;
    assert!(told.contains("2 failed.") && !told.contains("quokka"), "{told}");
    let told = refused(&mut admin, "restore_entries", &fields).await;
    assert!(told.contains("2 entries were restored.") && told.contains("No deleted projects"), "{told}");
    let list = admin.open("/projects").await.text().await.unwrap();
    assert!(list.contains("/projects/quokka\"") && list.contains("/projects/wombat\""), "{list}");
}

#[tokio::test]
async fn a_deleted_project_is_restored_on_the_page_of_deleted_projects() {
    let app = TestApp::start().await;
    crate::api::project(&app, "team", false).await;
    let repository = Repository::new(app.admin(), "team/app");
    let digest = repository.push_image("v1", "it").await;
    let mut admin = app.signed_in("admin").await;
    let dialog = admin.open("/projects/team?tab=settings&delete=1").await.text().await.unwrap();
    assert!(dialog.contains("can be restored"), "{dialog}");
    let deleted = admin.call("delete_project", &[("project", "team"), ("confirmation", "team")]).await;
    assert!(deleted.text().await.unwrap().contains("Done"));
    assert_eq!(repository.get("manifests/v1").await.status(), 404);
    let list = admin.open("/projects").await.text().await.unwrap();
    assert!(list.contains("/projects?deleted=1") && !list.contains("/projects/team"), "{list}");
    let page = admin.open("/projects?deleted=1").await.text().await.unwrap();
    assert!(page.contains(">team<") && page.contains("1 repository, 1 tag, 1 artifact"), "{page}");
    let entries: Vec<Value> = admin.read("deleted_projects").await.json().await.unwrap();
    let id = entries[0]["id"].to_string();
    let dialog = admin.open(&format!("/projects?deleted=1&purge={id}")).await.text().await.unwrap();
    assert!(dialog.contains("The project team cannot be restored any more"), "{dialog}");
    let mut eve = app.signed_in("eve").await;
    let empty = eve.open("/projects?deleted=1").await.text().await.unwrap();
    assert!(empty.contains("No deleted projects") && !empty.contains(">team<"), "{empty}");
    assert!(admin.call("restore", &[("id", &id)]).await.text().await.unwrap().contains("Done"));
    let restored = repository.get("manifests/v1").await;
    assert_eq!(restored.headers()["docker-content-digest"], digest.as_str());
}

#[tokio::test]
async fn the_dialog_that_deletes_an_index_asks_what_becomes_of_its_parts() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let child = repository.image("child").await;
    let digest = digest_of(child.to_string());
    repository.push_manifest(digest.as_str(), &child).await;
    let index = serde_json::json!({
        "schemaVersion": 2, "mediaType": oci::media_type::OCI_INDEX,
        "manifests": [{ "mediaType": oci::media_type::OCI_IMAGE, "digest": digest, "size": child.to_string().len() }],
    });
    let index = repository.push_manifest("multi", &index).await;
    let mut admin = app.signed_in("admin").await;
    let page = admin.open("/projects/library/app:multi?delete=1").await.text().await.unwrap();
    assert!(page.contains("1 part goes with it") && page.contains("It goes alone"), "{page}");
    let single = admin.open(&format!("/projects/library/app@{digest}?delete=1")).await.text().await.unwrap();
    assert!(!single.contains("It goes alone"));
    let fields = [("repository", "library/app"), ("digest", index.as_str()), ("parts", "true")];
    assert!(admin.call("delete_artifact", &fields).await.text().await.unwrap().contains("Done"));
    assert_eq!(repository.get(&format!("manifests/{digest}")).await.status(), 404);
}
